"""Every view of a finished report: SARIF, COCO, table, page and one picture to publish."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import attr
import numpy as np
import pytest
import sarif_om
from PIL import Image
from pycocotools.coco import COCO

from figecho.cli import run
from figecho.config import as_dict, resolve
from figecho.model import Input
from figecho.report.coco import to_coco
from figecho.report.figure_for import figure_for
from figecho.report.sarif import to_sarif, uri
from figecho.report.to_json import to_json
from figecho.review import VERDICTS, Decision, Review
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


#: The class of Microsoft's object model for what stands under each name, from the file down.
SARIF_OBJECTS = {
    "runs": sarif_om.Run,
    "tool": sarif_om.Tool,
    "driver": sarif_om.ToolComponent,
    "rules": sarif_om.ReportingDescriptor,
    "shortDescription": sarif_om.MultiformatMessageString,
    "invocations": sarif_om.Invocation,
    "toolExecutionNotifications": sarif_om.Notification,
    "artifacts": sarif_om.Artifact,
    "results": sarif_om.Result,
    "suppressions": sarif_om.Suppression,
    "message": sarif_om.Message,
    "location": sarif_om.ArtifactLocation,
    "locations": sarif_om.Location,
    "relatedLocations": sarif_om.Location,
    "physicalLocation": sarif_om.PhysicalLocation,
    "artifactLocation": sarif_om.ArtifactLocation,
}
SARIF_FREE = {"properties", "hashes", "partialFingerprints"}
SARIF_WORDS = {
    "level": {"none", "note", "warning", "error"},
    "baselineState": {"new", "unchanged", "updated", "absent"},
    "kind": {"inSource", "external"},
    "status": {"accepted", "underReview", "rejected"},
}


def broken(value: Any, model: Any) -> list[str]:
    """Return what in a SARIF object its model does not know, misses or cannot spell."""
    fields = {a.metadata["schema_property_name"]: a for a in attr.fields(model)}
    if model is sarif_om.Suppression:
        fields["status"] = fields["state"]  # as the standard came to call it
    faults = [f"{model.__name__}.{name}" for name in value if name not in fields]
    needed = {name for name, a in fields.items() if a.default is attr.NOTHING}
    faults += [f"no {model.__name__}.{name}" for name in sorted(needed - set(value))]
    for name, held in value.items():
        if name in SARIF_WORDS and held not in SARIF_WORDS[name]:
            faults.append(f"{model.__name__}.{name}={held}")
        for item in held if isinstance(held, list) else [held]:
            if isinstance(item, dict) and name not in SARIF_FREE:
                faults += broken(item, SARIF_OBJECTS[name])
    return faults


def test_sarif_follows_the_standard() -> None:
    review = Review(
        decisions={finding(n).fingerprint: Decision(decision=d) for n, d in enumerate(VERDICTS, 1)}
    )
    for data in (to_sarif(full_report()), to_sarif(full_report(), review), to_sarif(report())):
        held = json.loads(data)
        assert held["version"] == "2.1.0"
        assert broken(held, sarif_om.SarifLog) == []
    assert broken({"version": "2.1.0", "lines": 3}, sarif_om.SarifLog) == [
        "SarifLog.lines",
        "no SarifLog.runs",
    ]


@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_coco_is_read_by_its_own_tools(tmp_path: Path, capsys: Any) -> None:
    sizes = {("a.png", 0, 1): (640, 480), ("b.png", 0, 1): (90, 70), ("c.png", 0, 1): (200, 100)}
    sizes["paper.pdf", 3, 1] = (400, 300)
    (tmp_path / "coco.json").write_text(to_coco(full_report(), sizes), encoding="utf-8")
    coco = COCO(str(tmp_path / "coco.json"))
    assert len(coco.getAnnIds()) == 6
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == [
        f"category {name}" for name in ("I", "II", "III")
    ]
    for note in coco.loadAnns(coco.getAnnIds()):
        x, y, w, h = note["bbox"]
        mask = coco.annToMask(note)
        assert mask[y + h // 2, x + w // 2] == 1
        assert mask.sum() == pytest.approx(note["area"], rel=0.1)


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
