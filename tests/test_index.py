"""Everything seen before in one folder: added once, found again in a new paper, forgotten."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.cli import run
from figecho.config import resolve
from figecho.errors import ConfigError
from figecho.index import corpus as corpus_module
from figecho.index import grow as grow_module
from figecho.index import query as query_module
from figecho.index.corpus import Corpus
from figecho.index.grow import grow
from figecho.index.query import query
from figecho.report.to_json import to_json
from figecho.scan import scan
from scenes import rendering

QUICK: dict[str, Any] = {
    "methods": ("sift",),
    "describe.max_keypoints": 200,
    "describe.min_working_px": 9000,
    "verify.max_px": 5000,
}
CONFIG = resolve(overrides=QUICK)
SETTINGS = ["--set", "methods=sift", "--set", "describe.max_keypoints=200"]
SETTINGS += ["--set", "describe.min_working_px=9000", "--set", "verify.max_px=5000"]


def save(folder: Path, **images: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    for name, image in images.items():
        Image.fromarray(np.ascontiguousarray(image)).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    cells = {f"cells{k}": rendering("cells", k, 90, 110) for k in range(5)}
    scene = rendering("eosin", 21, 100, 180)
    return save(tmp_path / "seen", field=scene[:, :120], **cells)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    scene = rendering("eosin", 21, 100, 180)
    new = rendering("cells", 77, 90, 110)
    return save(tmp_path / "paper", reused=scene[:, 150:50:-1], fresh=new)


@pytest.fixture
def corpus(tmp_path: Path) -> Any:
    made = Corpus(tmp_path / "index", create=True)
    yield made
    made.close()


def test_what_was_seen_is_found_again_and_nothing_else(
    corpus: Corpus, seen: Path, paper: Path
) -> None:
    assert grow([seen], corpus, CONFIG).added == 6
    report = query([paper], corpus, CONFIG).report
    (found,) = report.findings
    assert [r.source for r in found.regions] == ["reused.png", "corpus:field.png"]
    assert found.transform.mirrored is True
    assert (report.coverage.panels, report.coverage.pairs_possible) == (2, 12)
    assert report.coverage.chosen_by == "index"
    assert [i.source for i in report.inputs] == ["fresh.png", "reused.png"]
    # The finding is that of a scan of both files; only more pairs could have been as good.
    both = scan([paper / "reused.png", seen / "field.png"], CONFIG).report
    (plain,) = both.findings
    assert plain.fingerprint == found.fingerprint
    assert plain.evidence.zncc == pytest.approx(found.evidence.zncc, abs=1e-6)
    assert found.log10_nfa - plain.log10_nfa == pytest.approx(np.log10(12), abs=1e-6)


def test_panels_in_and_beside_the_index_are_found(
    corpus: Corpus, seen: Path, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow([seen], corpus, CONFIG)
    beside = to_json(query([paper], corpus, CONFIG).report)
    monkeypatch.setattr(corpus_module, "_TAIL", 1)
    assert corpus.build() is True
    assert corpus.build() is False
    assert to_json(query([paper], corpus, CONFIG).report) == beside
    save(seen, again=rendering("cells", 77, 90, 110)[:80])
    monkeypatch.setattr(corpus_module, "_TAIL", 1000)
    assert grow([seen], corpus, CONFIG).added == 1
    sources = {f.regions[1].source for f in query([paper], corpus, CONFIG).report.findings}
    assert sources == {"corpus:field.png", "corpus:again.png"}
    shutil.rmtree(next(corpus.folder.glob("index-*")))
    again = query([paper], corpus, CONFIG).report.findings
    assert {f.regions[1].source for f in again} == sources


def test_an_index_is_made_anew_of_all_panels(
    corpus: Corpus, seen: Path, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow([seen], corpus, CONFIG)
    beside = to_json(query([paper], corpus, CONFIG).report)
    for _ in range(2):
        assert corpus.build(force=True) is True
        built, shelved = corpus._index()
        assert shelved is not None
        assert (built, shelved.panels) == (6, 7)
        assert to_json(query([paper], corpus, CONFIG).report) == beside
    monkeypatch.setattr(corpus_module, "_KIND", corpus_module._KIND + 1)
    assert to_json(query([paper], corpus, CONFIG).report) == beside
    monkeypatch.setattr(corpus_module, "_TAIL", 1)
    assert corpus.build() is True
    assert len(list(corpus.folder.glob("index-*"))) == 1
    assert to_json(query([paper], corpus, CONFIG).report) == beside


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks workers")
def test_workers_count_the_same_votes_and_what_they_lose_is_counted_here(
    corpus: Corpus, seen: Path, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow([seen], corpus, CONFIG)
    corpus.build(force=True)
    here = to_json(query([paper], corpus, CONFIG).report)
    monkeypatch.setattr(query_module, "_AT_ONCE", 1)
    assert to_json(query([paper], corpus, CONFIG, jobs=2).report) == here

    def fails(sketches: Any, shelf: Any, *, index: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(query_module, "_votes", fails)
    assert to_json(query([paper], corpus, CONFIG).report) == here


def test_nothing_is_added_twice_and_names_are_told_apart(
    corpus: Corpus, seen: Path, tmp_path: Path
) -> None:
    grow([seen], corpus, CONFIG)
    copy = save(tmp_path / "other", field=rendering("eosin", 5, 90, 100))
    shutil.copy(seen / "field.png", copy / "same_bytes.png")
    grown = grow([seen, copy], corpus, CONFIG)
    assert (grown.added, grown.known) == (1, 7)
    names = [d.source for d in corpus.documents()]
    assert len(set(names)) == len(names) == 7
    grow([save(tmp_path / "third", field=rendering("eosin", 6, 90, 100))], corpus, CONFIG)
    assert "field.png (2)" in [d.source for d in corpus.documents()]


def test_a_paper_that_is_in_the_corpus_is_not_held_against_itself(
    corpus: Corpus, seen: Path
) -> None:
    grow([seen], corpus, CONFIG)
    report = query([seen / "field.png"], corpus, CONFIG).report
    assert report.findings == ()
    assert report.coverage.pairs_possible == 5


def test_what_is_removed_is_not_found(corpus: Corpus, seen: Path, paper: Path) -> None:
    grow([seen], corpus, CONFIG)
    corpus.build(force=True)
    held = {d.source: d.sha256 for d in corpus.documents()}
    size = corpus.store.info().total_bytes
    from figecho.store.keys import keys_for

    corpus.remove(held["field.png"], keys_for(CONFIG))
    assert query([paper], corpus, CONFIG).report.findings == ()
    assert corpus.store.info().total_bytes < size
    assert corpus.panels() == 5
    corpus.build(force=True)
    assert query([paper], corpus, CONFIG).report.coverage.pairs_possible == 10


def test_adding_goes_on_after_a_crash(
    corpus: Corpus, seen: Path, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grow_module, "_AT_ONCE", 2)
    whole = corpus.add
    calls = []

    def crash(*arguments: Any) -> None:
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(arguments)
        whole(*arguments)

    monkeypatch.setattr(corpus, "add", crash)
    with pytest.raises(KeyboardInterrupt):
        grow([seen], corpus, CONFIG)
    monkeypatch.setattr(corpus, "add", whole)
    assert corpus.panels() == 3
    assert grow([seen], corpus, CONFIG).added == 3
    assert len(query([paper], corpus, CONFIG).report.findings) == 1


def test_a_query_leaves_no_pixels_of_the_paper_in_the_corpus(
    corpus: Corpus, seen: Path, paper: Path
) -> None:
    grow([seen], corpus, CONFIG)
    before = sorted(path for path, _, _ in corpus.store.blobs.all())
    query([paper], corpus, CONFIG)
    assert sorted(path for path, _, _ in corpus.store.blobs.all()) == before


def test_lost_records_of_the_corpus_are_said(corpus: Corpus, seen: Path, paper: Path) -> None:
    grow([seen], corpus, CONFIG)
    for path, _, _ in list(corpus.store.blobs.all()):
        path.unlink()
    report = query([paper], corpus, CONFIG).report
    assert report.complete is False
    assert any("corpus:field.png" in n.source for n in report.not_scanned)


def test_the_command_adds_asks_lists_and_removes(
    seen: Path, paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ["--index", str(tmp_path / "i")]
    assert run(["index", "query", str(paper), *index]) == 2
    assert "figecho index add" in capsys.readouterr().err
    assert run(["index", "add", str(seen), *index, "--jobs", "1", *SETTINGS]) == 0
    assert "6 added, 0 there before, 6 panels kept" in capsys.readouterr().out
    code = run(
        ["index", "query", str(paper), *index, *SETTINGS, "--fail-on", "moderate", "--jobs", "1"]
    )
    assert code == 1
    assert "corpus:field.png" in capsys.readouterr().out.replace("\n", "")
    assert run(["index", "stat", *index]) == 0
    assert "6 documents, 6 panels" in capsys.readouterr().out
    assert run(["index", "remove", str(seen / "field.png"), "cells1.png", *index]) == 0
    assert run(["index", "remove", "cells1.png", *index]) == 3
    assert run(["index", "stat", *index]) == 0
    assert "4 documents, 4 panels" in capsys.readouterr().out
    assert run(["index", "ad", *index]) == 2
    assert run(["index", "add", *index]) == 2
    assert run(["index", "stat"]) == 2


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.sqlite").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ConfigError, match="cannot be opened"):
        Corpus(tmp_path)


def test_an_index_of_another_layout_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Corpus(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / "corpus.sqlite") as file:
        file.execute("pragma user_version=99")
    before = (tmp_path / "corpus.sqlite").read_bytes()
    with pytest.raises(ConfigError, match="another version"):
        Corpus(tmp_path)
    assert (tmp_path / "corpus.sqlite").read_bytes() == before


def test_gels_of_the_corpus_are_counted(tmp_path: Path, corpus: Corpus) -> None:
    gels = {f"gel{k}": rendering("membrane", k, 120, 160) for k in range(2)}
    folder = save(tmp_path / "mixed", cells=rendering("cells", 3, 90, 110), **gels)
    grow([folder], corpus, CONFIG)
    assert corpus.gels() == 2
    digest = next(d.sha256 for d in corpus.documents() if "gel0" in d.source)
    assert corpus.gels(without=[digest]) == 1
