"""The terminal report is complete, literal, and fits 80 columns."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from figecho.model import Coverage, Input, NotScanned, Report
from figecho.report.names import clean, shorten
from figecho.report.plainly import cautions
from figecho.report.terminal import ReportView, chance, summary
from handmade import finding, full_report, region, report


def shown(value: Report, width: int = 80, encoding: str = "utf-8", **console: object) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    Console(file=stream, width=width, **console).print(ReportView(value))  # type: ignore[arg-type]
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_the_summary_says_what_was_covered_and_found() -> None:
    assert summary(full_report()) == (
        "6 figures, 4 panels, 6 pairs compared · 2 strong, 1 moderate findings · "
        "1 recurring template · 2 panels screened · 1 file not scanned"
    )


def test_the_summary_breaks_only_between_its_parts() -> None:
    for width in (60, 80, 100, 200):
        lines = shown(full_report(), width).split("\n\n")[0].splitlines()
        assert " · ".join(lines) == summary(full_report())


def test_the_summary_does_not_hide_pairs_left_out() -> None:
    value = report(coverage=Coverage(panels=9, pairs_possible=36, pairs_compared=30))
    assert "30 of 36 pairs compared" in summary(value)
    assert "index" not in summary(value)
    chosen = replace(value.coverage, chosen_by="index", recall=0.99)
    assert "by an index that keeps 99% of" in summary(replace(value, coverage=chosen))
    (line,) = cautions(replace(value, coverage=chosen))
    assert "30 of 36 pairs were compared" in line
    assert "99% of the findings" in line


def test_an_incomplete_scan_says_so_even_without_a_reason() -> None:
    assert "not complete" in summary(report(complete=False))


def test_everything_a_reader_needs_is_there() -> None:
    text = shown(full_report())
    for part in (
        *("F001", "F002", "F003", "strong", "moderate", "120", "0.97", "1e-41", "0.02"),
        *("62 %", "58 %", "paper.pdf, p. 3, figure 1, panel 2", "family G1: 2 findings"),
        *("c.png at 5, 6", "c.png at 90, 6", "shifted"),
        *("may be: channels of one field", "T1", "the same 100 x 80 px block"),
        *("blank (1): blank.png", "plot (1): paper.pdf, p. 2", "truncated after 12 kB"),
        "a person must judge",
    ):
        assert part in text, part


def test_the_number_of_the_network_is_shown_where_there_is_one() -> None:
    shared = finding()
    with_number = replace(shared, evidence=replace(shared.evidence, cnn=0.914))
    assert "network similarity 0.91" in shown(report(with_number))
    assert "network similarity" not in shown(report(shared))


def test_findings_of_a_family_stand_together() -> None:
    parted = report(finding(1, family="G1"), finding(2), finding(3, family="G1"))
    text = shown(parted)
    assert text.index("F001") < text.index("F003") < text.index("F002")


def test_nothing_found_is_said_plainly_with_what_was_covered() -> None:
    text = shown(report())
    assert "No reused region found beyond chance." in text
    assert "2 panels of 2 files, 1 of 1 pairs" in text


def test_nothing_compared_is_not_nothing_found() -> None:
    text = shown(report(coverage=Coverage(panels=1, pairs_possible=0, pairs_compared=0)))
    assert "Nothing was compared" in text
    assert "No reused region" not in text


HOSTILE = [
    "[red]x[/red].png",
    "\x1b[31mx.png",
    "a\nb.png",
    "a\u202egnp.png",
    "caf\udce9.png",
    "a\x07b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_file_names_are_literal_text(name: str) -> None:
    value = report(
        finding(a=region(name)),
        not_scanned=(NotScanned(source=name, reason="[bold]empty[/bold]"),),
        complete=False,
    )
    text = shown(value, force_terminal=True, color_system="truecolor")
    assert clean(name) in text
    assert "[bold]empty[/bold]" in text
    for bad in ("\x1b[31mx", "\x07", "\u202e"):
        assert bad not in text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["x" * 200 + ".png", "図" * 90 + ".png", "a b " * 60 + ".png"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    value = report(finding(1, region(name, panel=3), region(name + "b", page=4)), finding(2))
    text = shown(value, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" in text
    assert ", panel 3" in text or width < 80


def test_without_utf8_all_is_ascii_and_still_aligned() -> None:
    text = shown(report(finding(a=region("β-actin" * 20 + ".png"))), encoding="ascii")
    assert text.isascii()
    assert "\\u03b2" in text
    assert max(map(len, text.splitlines())) <= 80


def test_no_colour_when_piped_and_colour_on_a_terminal() -> None:
    assert "\x1b" not in shown(full_report())
    assert "\x1b[" in shown(full_report(), force_terminal=True, color_system="truecolor")


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(full_report(), force_terminal=True, color_system="truecolor")
    assert "38;2" not in text


def test_a_figure_is_numbered_only_where_the_file_holds_several() -> None:
    one = Input(source="a.png", sha256="0", figures=1, panels=1)
    many = Input(source="b.png", sha256="0", figures=1, panels=4)
    text = shown(report(finding(), inputs=(one, many)))
    assert "A a.png \n" in text.replace("  ", "") or "a.png, panel" not in text
    assert "b.png, panel 1" in text


def test_many_screened_panels_are_counted_not_flooding() -> None:
    from figecho.model import Box, Screened

    box = Box(x=0, y=0, w=9, h=9)
    many = tuple(
        Screened(source=f"{n:03}.png", page=None, figure=1, panel=1, bbox=box, reason="blank")
        for n in range(300)
    )
    text = shown(report(screened=many))
    assert "blank (300)" in text
    assert "and 292 more" in text
    assert len(text.splitlines()) < 20


@pytest.mark.parametrize(
    ("log10", "words"), [(-41.2, "1e-41"), (-3.4, "1e-3"), (-1.7, "0.02"), (0.0, "1"), (0.5, "3.2")]
)
def test_chance_is_written_as_a_reader_reads_it(log10: float, words: str) -> None:
    assert chance(log10) == words


@pytest.mark.parametrize("width", range(1, 12))
def test_shortening_keeps_both_ends(width: int) -> None:
    text = shorten("abcdefghijkl.png", width)
    assert cell_len(text) <= width
    if width >= 6:
        assert text[0] == "a" and text[-1] == "g"
