"""``figecho extract`` and ``scan --panels``: files, manifest, corrected boxes, clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.cli import run
from figecho.config import Config
from figecho.errors import ConfigError
from figecho.manifest import corrections_from_json
from figecho.scan import scan
from pictures import canvas, put, tissue
from synth import pdf as make

SHEET = canvas(260, 460)
BOXES = [
    put(SHEET, tissue(220, 200, seed=3), 20, 20),
    put(SHEET, tissue(220, 200, seed=4), 240, 20),
]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    page = make.Page()
    page.put(make.flate(SHEET), (72, 100, 345, 195))
    page.put(make.jpeg(tissue(150, 200, seed=5)), (72, 400, 200, 150))
    (tmp_path / "paper.pdf").write_bytes(make.pdf([page]))
    return tmp_path / "paper.pdf"


def listing(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_figures_and_panels_are_files_with_their_place(paper: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["extract", str(paper), "--out", str(out), "--quiet"]) == 0
    first, second = listing(out)["figures"]
    assert (first["source"], first["page"], first["figure"]) == ("paper.pdf", 1, 1)
    assert (first["where"], first["made"]) == ("page 1", "embedded")
    assert [p["bbox"] for p in first["panels"]] == BOXES
    assert np.array_equal(np.array(Image.open(out / first["file"])), SHEET)
    x, y, w, h = BOXES[1]
    panel = np.array(Image.open(out / first["panels"][1]["file"]))
    assert np.array_equal(panel, SHEET[y : y + h, x : x + w])
    assert second["file"].endswith(".jpg")
    assert (out / second["file"]).read_bytes() == make.jpeg(tissue(150, 200, seed=5)).data
    names = {f["file"] for f in (first, second)} | {
        p["file"] for f in (first, second) for p in f["panels"]
    }
    assert {p.name for p in out.iterdir()} == names | {"manifest.json"}


def test_nothing_is_overwritten_and_two_runs_are_alike(paper: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    assert run(["extract", str(paper), "--out", str(out), "-q"]) == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert run(["extract", str(paper), "--out", str(out), "-q"]) == 2
    assert run(["extract", str(paper), "--out", str(again), "-q"]) == 0
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}
    assert before == {p.name: p.read_bytes() for p in again.iterdir()}


def corrected(paper: Path, tmp_path: Path, change: Any) -> Any:
    """Extract, let ``change`` edit the first figure of the manifest, and read it back."""
    out = tmp_path / "out"
    run(["extract", str(paper), "--out", str(out), "-q"])
    data = listing(out)
    change(data["figures"][0])
    return corrections_from_json(json.dumps(data))


def test_corrected_boxes_are_taken_as_they_are(paper: Path, tmp_path: Path) -> None:
    def change(figure: dict[str, Any]) -> None:
        figure["panels"] = [{"bbox": [30, 40, 180, 190]}, {"bbox": [5, 5, 400, 240]}]

    corrections = corrected(paper, tmp_path, change)
    result = scan([paper], Config(), corrections=corrections)
    boxes = [p.bbox.as_list() for p in result.panels.values() if p.figure == ("paper.pdf", 1, 1)]
    assert boxes == [[30, 40, 180, 190], [5, 5, 400, 240]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.update(figure=7), "page 1, figure 7, which is not among the figures"),
        (lambda f: f.update(source="other.pdf"), "other.pdf, page 1, figure 1, which is not"),
        (lambda f: f.update(pixels="0" * 40), "other pixels than when"),
        (lambda f: f["panels"][0].update(bbox=[400, 10, 61, 10]), "leaves its 460 x 260 px"),
        (lambda f: f["panels"][0].update(bbox=[-1, 0, 5, 5]), "leaves its 460 x 260 px"),
        (lambda f: f["panels"][0].update(bbox=[0, 0, 5]), "a box is"),
        (lambda f: f["panels"][0].update(bbox=[0, 0, 0, 5]), "holds no pixels"),
        (lambda f: f["panels"][0].update(bbox=[0.5, 0, 5, 5]), "whole pixels"),
        (lambda f: f.update(panels=[]), "has no panels"),
        (lambda f: f.pop("panels"), "not a complete manifest"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(
    paper: Path, tmp_path: Path, change: Any, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        scan([paper], Config(), corrections=corrected(paper, tmp_path, change))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": "extract-9"}'])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="manifest"):
        corrections_from_json(text)


def test_the_command_line_says_what_is_wrong(paper: Path, tmp_path: Path, capsys: Any) -> None:
    bad = tmp_path / "m.json"
    bad.write_bytes(b"\xff\xfe\x00")
    assert run(["scan", str(paper), "--panels", str(bad)]) == 2
    assert "cannot be read as a manifest" in capsys.readouterr().err
    assert run(["extract", str(bad), "--out", str(tmp_path / "x")]) == 2
    assert not (tmp_path / "x").exists()
