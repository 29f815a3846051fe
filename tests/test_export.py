"""Every view of a finished report: SARIF, COCO, table, page and one picture to publish."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.cli import run
from figecho.config import as_dict, resolve
from figecho.model import Input
from figecho.report.coco import to_coco
from figecho.report.figure_for import figure_for
from figecho.report.sarif import to_sarif, uri
from figecho.report.to_json import to_json
from figecho.review import Decision, Review
from handmade import finding, full_report, panel, region, report
from test_html import textured

SHOWCASE = Path(__file__).parents[1] / "fixtures" / "showcase"


def sarif(*arguments: Any) -> dict[str, Any]:
    return dict(json.loads(to_sarif(*arguments))["runs"][0])


def test_sarif_holds_one_located_result_a_finding() -> None:
    held = sarif(full_report())
    second = held["results"][1]
    assert [r["properties"]["id"] for r in held["results"]] == ["F001", "F002", "F003"]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.png"
    related = second["relatedLocations"][0]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "paper.pdf"
    assert related["properties"]["page"] == 3
    rules = {rule["id"] for rule in held["tool"]["driver"]["rules"]}
    assert {r["ruleId"] for r in held["results"]} <= rules
    assert held["invocations"][0]["executionSuccessful"] is False
    assert "truncated" in str(held["invocations"][0]["toolExecutionNotifications"])


def test_sarif_carries_a_review() -> None:
    review = Review(
        decisions={
            finding(1).fingerprint: Decision(decision="dismissed", note="a logo"),
            finding(2).fingerprint: Decision(decision="confirmed"),
        }
    )
    one, two, three = sarif(report(finding(1), finding(2), finding(3)), review)["results"]
    assert one["suppressions"][0]["justification"] == "dismissed; a logo"
    assert (two["baselineState"], "suppressions" in two) == ("unchanged", False)
    assert three["baselineState"] == "new"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b.png", "a%20b.png"),
        ("x/é.png", "x/%C3%A9.png"),
        ("<a>:?#.png", "%3Ca%3E%3A%3F%23.png"),
        ("b\udcff.png", "b%FF.png"),
    ],
)
def test_a_name_is_a_valid_uri(name: str, expected: str) -> None:
    assert uri(name) == expected


def test_coco_pairs_two_annotations_a_finding() -> None:
    data = json.loads(to_coco(full_report(), {("a.png", 0, 1): (640, 480)}))
    notes = data["annotations"]
    assert len(notes) == 6
    by_id = {n["id"]: n for n in notes}
    assert all(by_id[n["partner_id"]]["partner_id"] == n["id"] for n in notes)
    assert {n["image_id"] for n in notes} == {i["id"] for i in data["images"]}
    assert notes[0]["bbox"] == [10, 20, 60, 40]
    assert notes[0]["area"] == 59 * 39
    sized = [i for i in data["images"] if "width" in i]
    assert [(i["file_name"], i["width"], i["height"]) for i in sized] == [("a.png", 640, 480)]


def test_the_picture_to_publish_holds_the_untouched_originals() -> None:
    a, b = panel(textured(), "a.png"), panel(textured(seed=1), "b.png")
    rgb = figure_for(finding(), a, b)
    zoom = 6
    for original in (a, b):
        large = np.kron(original.rgb, np.ones((zoom, zoom, 1))).astype(np.uint8)
        assert found(rgb, large), original.figure
    marked = np.all(rgb == (230, 159, 0), axis=2)
    assert marked.any()


def found(rgb: Any, part: Any) -> bool:
    """Whether ``part`` stands in ``rgb`` with every pixel."""
    h, w = part.shape[:2]
    corners = np.all(rgb[: rgb.shape[0] - h + 1, : rgb.shape[1] - w + 1] == part[0, 0], axis=2)
    corners &= np.all(rgb[h - 1 :, w - 1 :] == part[-1, -1], axis=2)
    spots = np.argwhere(corners).tolist()
    return any(np.array_equal(rgb[y : y + h, x : x + w], part) for y, x in spots)


def test_wide_panels_stand_below_one_another() -> None:
    strip = textured(60, 400)
    rgb = figure_for(finding(), panel(strip, "a.png"), panel(strip, "b.png"))
    assert rgb.shape[0] > 4 * 60 * 3


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """A report and its pictures, moved and renamed since the scan."""
    folder = tmp_path / "moved"
    folder.mkdir()
    inputs = []
    for name, picture in (("a.png", "fig4a_phase.png"), ("b.png", "fig6b_morphology.png")):
        data = (SHOWCASE / picture).read_bytes()
        (folder / f"renamed {name}").write_bytes(data)
        inputs.append(Input(source=name, sha256=sha256(data).hexdigest(), figures=1, panels=1))
    held = replace(report(finding()), inputs=tuple(inputs), config=as_dict(resolve()))
    (tmp_path / "r.json").write_text(to_json(held), encoding="utf-8")
    return tmp_path


def test_report_writes_every_view_and_knows_pictures_by_content(scanned: Path) -> None:
    names = ("page.html", "t.csv", "s.sarif", "c.json", "f.png")
    page, table, issues, regions, shot = (scanned / name for name in names)
    asked: list[Any] = ["report", scanned / "r.json", "--root", scanned / "moved"]
    asked += ["--html", page, "--csv", table, "--sarif", issues, "--coco", regions]
    assert run([str(a) for a in [*asked, "--figure-for", "F001", shot]]) == 0
    assert page.read_text(encoding="utf-8").count("data:image/webp") == 6
    assert len(list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))) == 1
    assert json.loads(issues.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads(regions.read_text(encoding="utf-8"))["images"][0]["width"] > 100
    assert Image.open(shot).width > 500


def test_report_without_pictures_says_so(scanned: Path, capsys: Any) -> None:
    page = scanned / "page.html"
    assert run(["report", str(scanned / "r.json"), "--html", str(page)]) == 0
    assert "without pictures" in page.read_text(encoding="utf-8")
    asked = ["report", str(scanned / "r.json"), "--figure-for", "F001", str(scanned / "f.png")]
    assert run(asked) == 2
    assert "--root" in capsys.readouterr().err


def test_a_picture_that_changed_is_not_shown(scanned: Path, capsys: Any) -> None:
    Image.fromarray(textured()).save(scanned / "moved" / "renamed b.png")
    page = scanned / "page.html"
    asked = ["report", scanned / "r.json", "--root", scanned / "moved", "--html", page]
    assert run([str(a) for a in asked]) == 0
    assert "b.png" in capsys.readouterr().err
    assert "data:image/webp" not in page.read_text(encoding="utf-8")


def test_report_shows_what_the_scan_showed(scanned: Path, capsys: Any) -> None:
    assert run(["report", str(scanned / "r.json")]) == 0
    assert "F001" in capsys.readouterr().out


def test_an_unknown_finding_is_named(scanned: Path, capsys: Any) -> None:
    asked = ["report", str(scanned / "r.json"), "--figure-for", "F099", str(scanned / "f.png")]
    assert run(asked) == 2
    assert "no finding 'F099'" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--html", "--csv", "--sarif", "--coco"])
def test_nothing_is_overwritten(scanned: Path, option: str) -> None:
    mine = scanned / "mine"
    mine.write_text("mine", encoding="utf-8")
    assert run(["report", str(scanned / "r.json"), option, str(mine)]) == 2
    assert mine.read_text(encoding="utf-8") == "mine"


def test_the_page_is_for_an_editor_or_an_author(scanned: Path, capsys: Any) -> None:
    page = scanned / "page.html"
    asked = ["report", str(scanned / "r.json"), "--html", str(page), "--audience"]
    assert run([*asked, "jury"]) == 2
    assert "valid: editor, author" in capsys.readouterr().err
    assert run([*asked, "author"]) == 0
    assert "before you submit" in page.read_text(encoding="utf-8")


def test_a_region_of_a_pdf_says_its_page() -> None:
    held = finding(a=region("p.pdf", page=4))
    assert sarif(report(held))["results"][0]["locations"][0]["properties"]["page"] == 4
