"""The committed example documents: what the generator makes, and what a scan finds in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from figecho.config import Config, Limits
from figecho.evaluate import load_truth, score
from figecho.model import Held, Origin
from figecho.places import named_as
from figecho.scan import scan
from figecho.sources import collect
from handmade import finding, region, report
from make_fixtures import DEFAULT_SEED, DOCUMENTS
from synth.papers import papers


@pytest.fixture(scope="module")
def made():
    return papers(DEFAULT_SEED)


def test_the_documents_are_written_the_same_each_time(made) -> None:
    assert papers(DEFAULT_SEED).files == made.files


def test_the_committed_documents_hold_what_the_generator_makes(made, tmp_path: Path) -> None:
    made.write(tmp_path)
    names = {path.name for path in DOCUMENTS.iterdir()}
    assert names == {*made.files, "truth.json"}
    committed, fresh = (collect([folder], Limits()) for folder in (DOCUMENTS, tmp_path))
    assert [f.key for f in committed.figures] == [f.key for f in fresh.figures]
    for one, other in zip(committed.figures, fresh.figures, strict=True):
        assert one.pixels.shape == other.pixels.shape
        full = np.iinfo(one.pixels.dtype).max
        # versions of OpenCV and Pillow round warps, JPEG and letters differently
        gap = np.abs(one.pixels.astype(float) - other.pixels) / full
        assert gap.mean() < 0.01, one.key


def test_the_committed_truth_is_what_the_generator_says(made) -> None:
    truth = json.loads((DOCUMENTS / "truth.json").read_text(encoding="utf-8"))
    assert truth == json.loads(json.dumps(made.truth()))
    assert sum(path.stat().st_size for path in DOCUMENTS.iterdir()) < 2_000_000


def test_a_scan_finds_every_reuse_by_its_page_and_nothing_else() -> None:
    held = score(scan([DOCUMENTS], Config()).report, load_truth(DOCUMENTS / "truth.json"))
    assert held.perfect
    assert len(held.outcomes) == 5
    words = [w for o in held.outcomes if o.finding for w in o.finding.explanations]
    assert words == ["the same embedded file stands on slide 1 and on slide 4"]


def test_places_are_called_as_the_truth_calls_them() -> None:
    value = report(finding(a=region("p.pdf", page=3), b=region("p.pdf", page=4)))
    names = frozenset({"p.pdf, page 3, figure 1", "p.pdf, page 4"})
    named = named_as(value, names)
    assert [r.source for r in named.findings[0].regions] == [
        "p.pdf, page 3, figure 1",
        "p.pdf, page 4",
    ]
    assert named_as(value, frozenset({"p.pdf"})) is value


def test_a_place_that_was_not_read_is_absent() -> None:
    from dataclasses import replace

    from figecho.evaluate import truth_of

    value = report(finding(a=region("p.pdf", page=3), b=region("p.pdf", page=4)))
    seen = tuple(Held(page=k, figure=1, origin=Origin(where=f"page {k}")) for k in (3, 4))
    value = replace(value, inputs=tuple(replace(i, held=seen) for i in value.inputs))
    places = [f"p.pdf, page {k}" for k in (3, 4, 5)]
    truth = truth_of({"positives": [[*places[:2], "I", "known"]], "figures": places})
    assert score(value, truth).absent == ("p.pdf, page 5",)
