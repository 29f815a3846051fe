"""Decisions survive from one scan to the next, by what is shared and not by names or order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from figecho.cli import run
from figecho.errors import SourceError
from figecho.report.from_json import from_json
from figecho.report.to_json import dump, to_json
from figecho.review import Decision, Review, carried, laid_on, review_from_json, to_dict
from handmade import finding, full_report, report

ROOT = Path(__file__).parents[1]
SHOWCASE = ROOT / "fixtures" / "showcase"
REVIEW = Review(
    decisions={
        "0000000000000001": Decision(decision="explained", reason="other", note="see\nlegend"),
        "ffffffffffffffff": Decision(decision="dismissed"),
    }
)


def test_a_review_comes_back_as_it_went() -> None:
    assert review_from_json(dump(to_dict(REVIEW))) == REVIEW


def test_what_is_decided_new_and_gone() -> None:
    result = carried(report(finding(1), finding(2)), REVIEW)
    assert [(f.id, d.decision) for f, d in result.decided] == [("F001", "explained")]
    assert [f.id for f in result.new] == ["F002"]
    assert result.gone == ("ffffffffffffffff",)
    assert result.words == "Review: 1 explained, 1 new, 1 of the review not found again: F002"


def test_many_new_findings_are_counted_not_named() -> None:
    words = carried(report(*(finding(n) for n in range(1, 31))), Review()).words
    assert words.startswith("Review: 30 new: F001, ")
    assert words.endswith("F012 and 18 more")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema_version": "review-9.0", "decisions": {}}',
        '{"schema_version": "review-1.0"}',
        '{"schema_version": "review-1.0", "decisions": []}',
        '{"schema_version": "review-1.0", "decisions": {"x": 1}}',
        '{"schema_version": "review-1.0", "decisions": {"x": {"decision": "guilty"}}}',
        '{"schema_version": "review-1.0", "decisions": {"x": {"decision": "explained"}}}',
        dump(to_dict(Review(decisions={"x": Decision(decision="explained", reason=" ")}))),
    ],
)
def test_what_is_no_review_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        review_from_json(text)


def test_report_carries_a_review_over(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "r.json").write_text(to_json(full_report()), encoding="utf-8")
    (tmp_path / "review.json").write_text(dump(to_dict(REVIEW)), encoding="utf-8")
    page = tmp_path / "page.html"
    asked = ["report", tmp_path / "r.json", "--review", tmp_path / "review.json", "--html", page]
    assert run([str(a) for a in asked]) == 3  # the report itself is not complete
    assert "2 new" in capsys.readouterr().err
    assert "data-new" in page.read_text(encoding="utf-8")


def test_a_broken_review_stops_before_any_work(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "review.json").write_text("no", encoding="utf-8")
    asked = ["scan", str(SHOWCASE), "--review", str(tmp_path / "review.json")]
    assert run(asked) == 2
    assert "not a figecho review" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("first_name", "second_name"),
    [("k.png", "z.png"), ("z.png", "a.png")],
    ids=["renamed", "renamed and in another order"],
)
def test_a_decision_survives(tmp_path: Path, first_name: str, second_name: str) -> None:
    names = {"fig4a_phase.png": first_name, "fig6b_morphology.png": second_name}
    results = []
    for folder, renamed in ((tmp_path / "one", False), (tmp_path / "two", True)):
        folder.mkdir()
        for old, new in names.items():
            (folder / (new if renamed else old)).write_bytes((SHOWCASE / old).read_bytes())
        target = tmp_path / f"{folder.name}.json"
        assert run(["scan", str(folder), "--json", str(target), "--quiet"]) == 0
        results.append(from_json(target.read_text(encoding="utf-8")))
    first, second = results
    assert len(first.findings) == 1
    assert first.findings[0].regions[0].source == "fig4a_phase.png"
    assert second.findings[0].regions[0].source == min(first_name, second_name)
    mark = first.findings[0].fingerprint
    again = carried(second, Review(decisions={mark: Decision(decision="confirmed")}))
    assert again.new == ()
    assert again.gone == ()
    assert second.findings[0].fingerprint == mark


def named(where: str, panels: str = "0" * 12) -> str:
    return f"{panels}-{where}"


def decided_on(*marks: str) -> Review:
    return Review(decisions={m: Decision(decision="dismissed", note=m) for m in marks})


@pytest.mark.parametrize(
    ("mark", "known"),
    [
        (named("40404040"), True),
        (named("3c44403f"), True),  # the outline changed a little
        (named("40408040"), False),  # elsewhere in panel B
        (named("40404040", "1" * 12), False),  # other panels
        (named("40404040") + "-2", False),  # the same picture saved once more
        ("40404040", False),
    ],
)
def test_a_decision_goes_to_the_same_place_of_the_same_panels(mark: str, known: bool) -> None:
    held = report(replace(finding(), fingerprint=named("40404040")))
    result = carried(held, decided_on(mark))
    assert [d.note for _, d in result.decided] == ([mark] if known else [])
    assert result.gone == (() if known else (mark,))
    moved = laid_on(held, decided_on(mark)).decisions
    assert set(moved) == {named("40404040") if known else mark}


def test_each_decision_goes_to_one_finding_and_the_nearest() -> None:
    near, nearer = named("40404044"), named("40404041")
    held = report(
        replace(finding(1), fingerprint=named("40404040")),
        replace(finding(2), fingerprint=named("40404043")),
    )
    both = carried(held, decided_on(near, nearer))
    assert [(f.id, d.note) for f, d in both.decided] == [("F001", nearer), ("F002", near)]
    alone = carried(held, decided_on(near))
    assert [f.id for f, _ in alone.decided] == ["F002"]
    assert [f.id for f in alone.new] == ["F001"]
