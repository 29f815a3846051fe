"""The CSV table reads back as it is meant, and no cell runs as a formula."""

from __future__ import annotations

import csv
import io

import pytest

from figecho.report.csv_rows import COLUMNS, table, to_csv
from handmade import finding, full_report, region, report


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_a_finding_with_the_numbers_of_the_report() -> None:
    got = rows(to_csv(full_report()))
    assert [r["id"] for r in got] == ["F001", "F002", "F003"]
    second = got[1]
    assert second["source_b"] == "paper.pdf"
    assert (second["page_b"], second["panel_b"], second["page_a"]) == ("3", "2", "")
    assert (second["x_a"], second["y_a"], second["w_a"], second["h_a"]) == ("10", "20", "60", "40")
    assert second["log10_nfa"] == "-41.2"
    assert second["methods"] == "sift blocks"
    assert second["mirrored"] == "no"


def test_no_findings_gives_the_header_alone() -> None:
    assert to_csv(report()) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    "name", ["=1+1.png", "+x.png", "-x.png", "@SUM(A1).png", " =x.png", "\t=x.png", "＝x.png"]
)
def test_a_name_never_runs_as_a_formula(name: str) -> None:
    cell = rows(to_csv(report(finding(a=region(name)))))[0]["source_a"]
    assert cell[0] not in "=+-@\t\r＝"
    assert cell.endswith("x.png") or "SUM" in cell or "1+1" in cell


def test_control_characters_become_visible() -> None:
    cell = rows(to_csv(report(finding(a=region("a\nb\x1b.png")))))[0]["source_a"]
    assert cell == "a\\x0ab\\x1b.png"


def test_negative_numbers_stay_numbers() -> None:
    assert table(("n",), [{"n": -1.5}]) == "n\n-1.5\n"
