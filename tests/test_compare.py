"""The deep comparison of one pair: every method in every form, and one strict report."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from figecho.compare import Comparison, compare, deep
from figecho.config import resolve
from figecho.describe.forms import ALL_FORMS, AS_IS, MIRRORED
from figecho.errors import SourceError
from figecho.report.to_json import to_json
from figecho.schema import report_schema
from scenes import CONFIG, jpeg, rendering

KEYPOINTS = ("sift", "orb")


def save(path: Path, image: np.ndarray) -> Path:
    Image.fromarray(np.ascontiguousarray(image)).save(path)
    return path


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("pair")
    image = rendering("cells", 31, 90, 120)
    a = save(folder / "a.png", image)
    return compare(a, save(folder / "b.png", jpeg(image[:, ::-1], 90)), CONFIG)


def test_a_pair_is_found_and_reported_by_the_schema(mirrored: Comparison) -> None:
    report = mirrored.report
    (found,) = [f for f in report.findings if f.level == "strong"]
    assert [r.source for r in found.regions] == ["a.png", "b.png"]
    assert found.transform.mirrored is True
    assert report.coverage.panels == 2
    assert report.coverage.pairs_compared == 1
    assert [i.panels for i in report.inputs] == [1, 1]
    assert report.complete is True
    jsonschema.Draft202012Validator(report_schema()).validate(json.loads(to_json(report)))


def test_every_method_and_form_leaves_a_trace(mirrored: Comparison) -> None:
    seen = [(t.method, t.form) for t in mirrored.traces if t.method != "blocks"]
    assert seen == [(m, f.words) for m in KEYPOINTS for f in ALL_FORMS]
    assert [t.method for t in mirrored.traces].count("blocks") == 1


def test_the_right_form_stands_out_in_the_traces(mirrored: Comparison) -> None:
    for method in KEYPOINTS:
        by = {t.form: t for t in mirrored.traces if t.method == method}
        right = by[MIRRORED.words]
        assert right.inliers > 5 * max(t.inliers for f, t in by.items() if f != MIRRORED.words)
        assert right.inliers == len(right.points_a) == len(right.points_b)
        assert right.inliers <= right.matches <= right.keypoints_a
        assert right.log10_nfa is not None
        assert right.log10_nfa < -6
        assert right.zncc is not None
        assert right.zncc > 0.8
        assert "mirrored" in right.transform_words
        assert by[AS_IS.words].zncc is None
        assert np.allclose(right.points_a[:, 0] + right.points_b[:, 0], 119, atol=4)


def test_the_panels_shown_are_the_pair(mirrored: Comparison) -> None:
    assert mirrored.panel_a.figure[0] == "a.png"
    assert mirrored.panel_b.figure[0] == "b.png"


def test_unrelated_panels_leave_traces_and_no_strong_finding(tmp_path: Path) -> None:
    a = save(tmp_path / "a.png", rendering("eosin", 31, 80, 100))
    b = save(tmp_path / "b.png", rendering("eosin", 32, 80, 100))
    done = compare(a, b, CONFIG)
    assert [f for f in done.report.findings if f.level != "weak"] == []
    assert len(done.traces) == 9
    assert all(t.log10_nfa is None or t.log10_nfa > -2 for t in done.traces)


def test_a_file_may_be_compared_with_itself(tmp_path: Path) -> None:
    image = rendering("eosin", 33, 100, 150).copy()
    image[45:95, 85:140] = image[5:55, 10:65]
    a = save(tmp_path / "a.png", image)
    done = compare(a, a, CONFIG)
    (found,) = [f for f in done.report.findings if f.level == "strong"]
    assert [r.source for r in found.regions] == ["a.png", "a.png"]
    assert found.category == "III"
    assert done.report.coverage.panels == 1
    assert [i.source for i in done.report.inputs] == ["a.png"]
    methods = [(t.method, t.form) for t in done.traces]
    expected = [(m, f.words) for m in KEYPOINTS for f in (AS_IS, MIRRORED)]
    assert methods[:-1] == expected
    upright = {t.method: t for t in done.traces if t.form == AS_IS.words}
    assert all(upright[m].inliers >= 10 for m in KEYPOINTS)


def test_only_the_chosen_methods_are_asked(tmp_path: Path) -> None:
    image = rendering("cells", 31, 80, 100)
    a, b = save(tmp_path / "a.png", image), save(tmp_path / "b.png", jpeg(image))
    done = compare(a, b, resolve(overrides={"methods": ["orb"]}))
    assert {t.method for t in done.traces} == {"orb"}
    assert done.report.findings[0].evidence.methods == ("orb",)


@pytest.mark.parametrize("which", ["missing", "broken", "blank"])
@pytest.mark.parametrize("first", [True, False])
def test_a_file_that_cannot_be_compared_is_named(tmp_path: Path, which: str, first: bool) -> None:
    good = save(tmp_path / "good.png", rendering("cells", 31, 80, 100))
    bad = tmp_path / "bad.png"
    if which == "broken":
        bad.write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    elif which == "blank":
        save(bad, np.full((80, 100), 250, np.uint8))
    with pytest.raises(SourceError, match="bad"):
        compare(*((bad, good) if first else (good, bad)), CONFIG)


def test_a_deep_comparison_lowers_no_bar_of_judgement() -> None:
    lifted = deep(CONFIG)
    assert lifted.judge == CONFIG.judge
    assert lifted.verify.min_nats == CONFIG.verify.min_nats
    assert lifted.describe.max_keypoints > CONFIG.describe.max_keypoints
    assert lifted.blocks.all_orientations is True
