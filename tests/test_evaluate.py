"""Scores say what was found, missed and false, and nothing is dropped in silence."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from figecho.deviation import deviation, polygon_iou
from figecho.errors import SourceError
from figecho.evaluate import Score, load_truth, score, truth_of
from figecho.model import Box, Screened
from figecho.report.scores import ScoreView, headline, kind, score_csv, score_dict
from handmade import finding, full_report, region, report, transform

POSITIVES = [["a.png", "b.png", "I", "first"], ["c.png", "d.png", "II", "second"]]
FILES = ["a.png", "b.png", "c.png", "d.png"]


def link(number: int, a: str, b: str, **fields: Any) -> Any:
    return finding(number, region(a), region(b, 70), **fields)


def scored(*findings: Any, truth: dict[str, Any] | None = None, **fields: Any) -> Score:
    every = [link(99, "a.png", f) for f in FILES]
    inputs = report(*every).inputs
    value = report(*findings, **({"inputs": inputs} | fields))
    return score(value, truth_of({"positives": POSITIVES} | (truth or {})))


def shown(value: Score, width: int = 80) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(ScoreView(value))
    return stream.getvalue()


def test_all_found_and_nothing_else_is_perfect() -> None:
    value = scored(link(1, "a.png", "b.png"), link(2, "d.png", "c.png"))
    assert value.perfect
    assert value.negative_pairs == 4
    assert headline(value) == "2 of 2 known found · 0 false pairs in 4 negative pairs judged"


def test_a_missed_pair_is_named() -> None:
    value = scored(link(1, "a.png", "b.png"))
    assert [k.name for k in value.missed] == ["second"]
    assert not value.perfect
    assert "second: c.png = d.png" in shown(value)


def test_a_false_pair_counts_once_with_its_most_surprising_finding() -> None:
    false = [link(n, "a.png", "c.png", log10_nfa=-n) for n in (5, 6, 7)]
    value = scored(*false)
    assert [f.id for f in value.false] == ["F007"]
    assert "F007 strong, chance 1e-7: a.png = c.png" in shown(value)


def test_weak_findings_neither_help_nor_harm() -> None:
    value = scored(link(1, "a.png", "b.png", level="weak"), link(2, "a.png", "c.png", level="weak"))
    assert len(value.missed) == 2
    assert not value.false


def test_an_ignored_pair_is_judged_neither_way() -> None:
    value = scored(link(1, "a.png", "c.png"), truth={"ignore": [["c.png", "a.png"]]})
    assert not value.false
    assert value.negative_pairs == 3


def test_a_copy_inside_a_figure_needs_both_regions_there() -> None:
    truth = {"within": [["c.png", "III", "inside"]]}
    assert "inside" not in {k.name for k in scored(link(1, "c.png", "c.png"), truth=truth).missed}
    assert "inside" in {k.name for k in scored(link(1, "c.png", "d.png"), truth=truth).missed}


def test_a_false_copy_inside_is_no_false_pair() -> None:
    data = score_dict(scored(link(1, "a.png", "a.png")))
    assert (data["false_pairs"], data["false_within"]) == (0, 1)


def test_findings_on_unnamed_files_are_listed_not_judged() -> None:
    value = scored(link(1, "a.png", "zzz.png"))
    assert not value.false
    assert [f.id for f in value.not_judged] == ["F001"]
    text = shown(value)
    assert "Not judged: the truth does not name these files" in text
    assert "zzz.png" in text


def test_many_findings_on_one_unnamed_pair_are_one_line() -> None:
    value = scored(*(link(n, "a.png", "zzz.png", log10_nfa=-n) for n in range(1, 9)))
    assert len(value.not_judged) == 8
    lines = [line for line in shown(value).splitlines() if "zzz.png" in line]
    assert lines == ["  F008 strong, chance 1e-8: a.png = zzz.png (and 7 more)"]


def test_long_names_stay_on_one_line_each() -> None:
    long = "folder/" + "x" * 90 + ".png"
    lines = shown(scored(link(1, "a.png", long), link(2, long, long))).splitlines()
    assert sum(line.strip().startswith(("F001", "F002")) for line in lines) == 2
    assert all(line.endswith(".png") for line in lines if "…" in line)


def test_figures_widens_what_is_judged() -> None:
    value = scored(link(1, "a.png", "e.png"), truth={"figures": [*FILES, "e.png"]})
    assert len(value.false) == 1
    assert value.negative_pairs == 10 - 2
    assert value.absent == ("e.png",)
    assert not value.perfect


def test_negative_pairs_of_28_files_with_14_pairs_and_4_ignored_are_360() -> None:
    names = [f"{n:02}.png" for n in range(28)]
    truth = truth_of(
        {
            "positives": [[names[n], names[n + 1], "I", names[n]] for n in range(0, 28, 2)],
            "ignore": [[names[0], names[n]] for n in (3, 5, 7, 9)],
        }
    )
    assert truth.negative_pairs == 360


def test_recall_by_category_and_transform() -> None:
    truth = {"transforms": {"first": "rotated 90°", "second": "mirrored"}}
    data = score_dict(scored(link(1, "a.png", "b.png", category="I"), truth=truth))
    assert data["recall"] == {
        "overall": 0.5,
        "by_category": {"I": 1.0, "II": 0.0},
        "by_transform": {"mirrored": 0.0, "rotated": 1.0},
    }
    assert data["category_right"] == 1.0


def test_category_share_counts_the_found_only() -> None:
    data = score_dict(scored(link(1, "a.png", "b.png", category="III"), link(2, "c.png", "d.png")))
    assert data["category_right"] == 0.5


def test_screened_files_are_held_against_the_reason() -> None:
    box = Box(x=0, y=0, w=9, h=9)
    screened = tuple(
        Screened(source=s, page=None, figure=1, panel=1, bbox=box, reason=r)
        for s, r in (("x.png", "blank"), ("y.png", "text"))
    )
    expected = {"x.png": "blank", "y.png": "plot", "z.png": "blank"}
    value = scored(screened=screened, truth={"screened": expected})
    assert value.screened_right == ("x.png",)
    assert value.screened_wrong == (("y.png", "plot", ("text",)), ("z.png", "blank", ()))
    text = shown(value)
    assert "Screened as expected: 1 of 3" in text
    assert "z.png: expected blank, got not screened" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "mirrored, rotation 278°, scale 0.88, JPEG quality 72",
            "mirrored, rotation, scale, JPEG quality",
        ),
        ("crop to 58 % of the panel, brightness -16", "crop, brightness"),
        ("mirrored left to right", "mirrored left to right"),
        ("3 lanes moved", "3 lanes moved"),
    ],
)
def test_transforms_are_grouped_by_kind_not_by_number(words: str, expected: str) -> None:
    assert kind(words) == expected


def test_templates_are_held_against_the_groups() -> None:
    truth = truth_of({"positives": [], "templates": [["a.png", "b.png"], ["a.png", "c.png"]]})
    value = score(full_report(), truth)
    assert value.templates_seen == (("a.png", "b.png"),)
    assert value.templates_unseen == (("a.png", "c.png"),)
    assert "Recurring templates named: 1 of 2" in shown(value)


def test_views_agree_and_read_back() -> None:
    value = scored(link(1, "a.png", "b.png"), link(2, "a.png", "c.png"), link(3, "a.png", "q.png"))
    data = json.loads(json.dumps(score_dict(value)))
    assert data["found"] == 1
    rows = score_csv(value).splitlines()
    assert [r.split(",")[0] for r in rows[1:]] == ["known", "known", "false", "not judged"]
    assert max(map(len, shown(value).splitlines())) <= 80


def test_markup_in_names_stays_text() -> None:
    value = scored(link(1, "a.png", "[red]q.png"))
    assert "[red]q.png" in shown(value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"positives": [["a"]]}', '{"positives": 3}', "\xff"]
)
def test_a_truth_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceError, match=r"truth\.json"):
        load_truth(path)


def test_a_missing_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"truth\.json"):
        load_truth(tmp_path / "truth.json")


SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100]]


def similarity(angle_deg: float, scale: float, mirrored: bool, at: float = 20.0) -> Any:
    a = math.radians(angle_deg)
    linear = scale * np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    if mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, [at, 2 * at]
    return matrix


def moved(matrix: Any) -> list[list[float]]:
    corners = np.c_[np.asarray(SQUARE, float), np.ones(4)] @ matrix.T
    return [[float(x), float(y)] for x, y in corners[:, :2]]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("angle", [0.0, 90.0, 179.5, -60.0])
def test_errors_of_a_transform_are_measured_in_either_order(
    angle: float, swapped: bool, mirrored: bool
) -> None:
    true, seen = similarity(angle, 2.0, mirrored), similarity(angle + 3.0, 2.1, mirrored)
    known = {"polygon_a": SQUARE, "polygon_b": moved(true), "matrix_b_from_a": true.tolist()}
    a = replace(region("a.png"), polygon=tuple(map(tuple, SQUARE)))
    b = replace(region("b.png"), polygon=tuple(map(tuple, moved(seen))))
    item = finding(1, a, b, transform=transform(seen))
    if swapped:
        item = finding(1, b, a, transform=transform(np.linalg.inv(seen)))
    off = deviation(item, known, first="a.png")
    assert off.mirrored_right
    assert off.angle_deg == pytest.approx(3.0, abs=1e-6)
    assert off.scale == pytest.approx(0.05, abs=1e-6)
    assert 0.8 < off.iou < 1


def test_a_wrong_mirroring_is_said_and_has_no_angle() -> None:
    true, seen = similarity(0, 1, True), similarity(0, 1, False)
    known = {"polygon_a": SQUARE, "polygon_b": SQUARE, "matrix_b_from_a": true.tolist()}
    off = deviation(finding(transform=transform(seen)), known, first="a.png")
    assert not off.mirrored_right
    assert off.angle_deg is None and off.scale is None


def test_a_copy_inside_fits_in_either_direction() -> None:
    move = similarity(0, 1, False, at=300.0)
    known = {"polygon_a": SQUARE, "polygon_b": moved(move), "matrix_b_from_a": move.tolist()}
    a = replace(region("a.png"), polygon=tuple(map(tuple, moved(move))))
    b = replace(region("a.png"), polygon=tuple(map(tuple, SQUARE)))
    off = deviation(finding(1, a, b, transform=transform(np.linalg.inv(move))), known, "a.png")
    assert off.iou == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (50, 1 / 3), (100, 0.0), (5000, 0.0)])
def test_overlap_of_two_squares(shift: float, expected: float) -> None:
    other = [[x + shift, y] for x, y in SQUARE]
    assert polygon_iou(SQUARE, other) == pytest.approx(expected, abs=0.02)


def test_overlap_of_a_notched_polygon_counts_the_notch_out() -> None:
    notched = [[0, 0], [100, 0], [100, 100], [50, 0.1], [0, 100]]
    assert polygon_iou(SQUARE, notched) == pytest.approx(0.5, abs=0.03)


def test_the_medians_of_regions_are_shown() -> None:
    move = similarity(0, 1, False)
    truth = {
        "regions": {
            "first": {
                "polygon_a": SQUARE,
                "polygon_b": moved(move),
                "matrix_b_from_a": move.tolist(),
            }
        }
    }
    a = replace(region("a.png"), polygon=tuple(map(tuple, SQUARE)))
    b = replace(region("b.png"), polygon=tuple(map(tuple, moved(move))))
    value = scored(finding(1, a, b, transform=transform(move)), truth=truth)
    assert "median overlap (IoU) 1.00, angle off by 0.00°" in " ".join(shown(value).split())
    assert score_dict(value)["regions"]["mirrored_right"] == 1
