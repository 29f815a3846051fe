"""The report for a terminal: readable at 80 columns, without colours and without UTF-8.

Colours (Okabe and Ito's, told apart by the colour-blind) only repeat what a word already says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from figecho.model import Finding, Input, Report, Screened, Template
from figecho.report.names import Located, clean, place, place_words

LEVEL_STYLES = {"strong": "bold #d55e00", "moderate": "#e69f00", "weak": "#56b4e9"}
LEVELS = ("strong", "moderate", "weak")
_NAMED = 8
_DOT = " · "
_SHARE = re.compile(r", \d+ % of the panel (shared|twice)$")
FOOTNOTE = (
    "Level: how surprising the agreement is, and over how much of the panel. Chance: how many "
    "matches as good this scan would show if nothing were shared. figecho observes similarity; "
    "a person must judge what it means."
)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A rich renderable of a whole report."""

    report: Report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the report's parts, laid out for the width and encoding at hand."""
        words = Words(options.max_width, options.encoding, self.report.inputs)
        for line in _filled(summary(self.report), options.max_width):
            yield words.text(line, "bold")
        yield from _findings(self.report, words)
        yield from _templates(self.report.templates, words)
        yield from _screened(self.report.screened, words)
        yield from _without_figures(self.report, words)
        yield from _not_scanned(self.report, words)
        if self.report.findings:
            yield Text()
            yield words.text(FOOTNOTE, "dim")


class Words:
    """How text is written on this terminal: its width, its encoding, its known inputs."""

    def __init__(self, width: int, encoding: str, inputs: Iterable[Input] = ()) -> None:
        self.width = width
        self.encoding = encoding
        self.inputs = {i.source: i for i in inputs}

    def text(self, text: str, style: str = "") -> Text:
        """Return safe, literal text: never markup, never control characters."""
        return Text(clean(text, self.encoding), style=style)

    def parts(self, where: Located, width: int) -> tuple[str, str, str]:
        """Return the file, the place inside it, and both in words of at most ``width`` cells."""
        source, inside = place(where, self.inputs)
        return source, clean(inside, self.encoding), self.place(where, width)

    def place(self, where: Located, width: int) -> str:
        """Return a place in words of at most ``width`` cells."""
        return place_words(where, self.inputs, width, self.encoding)


def plural(count: int, noun: str) -> str:
    """Return count and noun, the noun with an s unless there is exactly one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def chance(log10_nfa: float) -> str:
    """Return a number of false alarms as a reader reads it: ``1e-41`` or ``0.02``."""
    return f"1e{round(log10_nfa)}" if log10_nfa < -3 else f"{10**log10_nfa:.2g}"


def percent(share: float) -> str:
    """Return a share in 0..1 as whole percent."""
    return f"{100 * share:.0f} %"


def summary(report: Report) -> str:
    """Return the one line a reader needs first: covered, found, set aside, not read."""
    cover = report.coverage
    compared = f"{plural(cover.pairs_compared, 'pair')} compared"
    if cover.pairs_compared < cover.pairs_possible:
        compared = f"{cover.pairs_compared:,} of {plural(cover.pairs_possible, 'pair')} compared"
    if cover.chosen_by == "index":
        compared += f" (chosen by an index that keeps {cover.recall:.0%} of the findings)"
    figures = plural(sum(i.figures for i in report.inputs), "figure")
    parts = [f"{figures}, {plural(cover.panels, 'panel')}, {compared}", _found(report.findings)]
    if report.templates:
        parts.append(plural(len(report.templates), "recurring template"))
    if report.screened:
        parts.append(f"{plural(len(report.screened), 'panel')} screened")
    if report.not_scanned:
        files = len({n.source for n in report.not_scanned})
        parts.append(f"{plural(files, 'file')} not scanned")
    elif not report.complete:
        parts.append("the scan is not complete")
    return _DOT.join(parts)


def _filled(parts: str, width: int) -> Iterable[str]:
    """Break a summary only between its parts, so that no count stands apart from its noun."""
    line = ""
    for part in parts.split(_DOT):
        longer = f"{line}{_DOT}{part}" if line else part
        if line and len(longer) > width:
            yield line
            longer = part
        line = longer
    yield line


def _found(findings: Sequence[Finding]) -> str:
    counts = [(sum(f.level == level for f in findings), level) for level in LEVELS]
    named = ", ".join(f"{count:,} {level}" for count, level in counts if count)
    return f"{named} finding{'' if len(findings) == 1 else 's'}" if named else "no findings"


def _findings(report: Report, words: Words) -> Iterable[RenderableType]:
    yield Text()
    if not report.findings:
        cover = report.coverage
        if cover.pairs_compared == 0:
            yield words.text("Nothing was compared: no pair of panels is left to compare.", "bold")
            return
        yield words.text("No reused region found beyond chance.", "bold")
        text = f"Covered: {plural(cover.panels, 'panel')} of {plural(len(report.inputs), 'file')}"
        yield words.text(f"{text}, {cover.pairs_compared:,} of {cover.pairs_possible:,} pairs.")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), width=words.width)
    table.add_column("Finding", no_wrap=True, min_width=8)
    table.add_column("Regions A and B", ratio=1, overflow="fold")
    for name, width in (("Shared", 6), ("Inliers", 7), ("ZNCC", 5), ("Chance", 6)):
        table.add_column(name, justify="right", overflow="fold", min_width=width)
    room = max(words.width - 46, 16)
    for family, members in _families(report.findings):
        if len(members) > 1:
            title = f"family {family}: {len(members)} findings share regions"
            table.add_row("", words.text(title, "bold"))
        for finding in members:
            table.add_row(*_row(finding, words, room))
    yield table


def _row(finding: Finding, words: Words, room: int) -> list[RenderableType]:
    evidence = finding.evidence
    names = zip("AB", _pair(finding, words, room), strict=True)
    body: list[RenderableType] = [Text(f"{side} {name}") for side, name in names]
    # The share has a column of its own; without it most transforms fit one line.
    body.append(words.text(_SHARE.sub("", finding.transform.words), "italic"))
    if evidence.cnn is not None:
        body.append(words.text(f"network similarity {evidence.cnn:.2f}", "dim"))
    body += [words.text(f"may be: {e}", "dim") for e in finding.explanations]
    level = words.text(finding.level, LEVEL_STYLES[finding.level])
    return [
        Text("\n").join([words.text(finding.id), level, words.text(finding.family or "")]),
        Padding(Group(*body), (0, 0, 1, 0)),
        f"{percent(evidence.coverage_a)}\n{percent(evidence.coverage_b)}",
        f"{evidence.inliers:,}",
        f"{evidence.zncc:.2f}",
        chance(finding.log10_nfa),
    ]


def _pair(finding: Finding, words: Words, room: int) -> list[str]:
    """Name both regions; where the names are the same, say where in the panel each one lies."""
    a, b = finding.regions
    names = [words.place(r, room) for r in finding.regions]
    if (a.source, a.page, a.figure, a.panel) != (b.source, b.page, b.figure, b.panel):
        return names
    spots = [f" at {r.bbox.x}, {r.bbox.y}" for r in finding.regions]
    return [words.place(r, room - len(s)) + s for r, s in zip(finding.regions, spots, strict=True)]


def _families(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.family or finding.id, []).append(finding)
    return list(groups.items())


def _templates(templates: Sequence[Template], words: Words) -> Iterable[RenderableType]:
    if not templates:
        return
    yield Text()
    yield words.text("Recurring templates (the same by design, so not findings)", "bold")
    for template in templates:
        yield words.text(f"  {template.id}  {template.words}: {_named(template.panels, words)}")


def _screened(screened: Sequence[Screened], words: Words) -> Iterable[RenderableType]:
    if not screened:
        return
    yield Text()
    yield words.text("Screened (nothing in them to compare)", "bold")
    by_reason = sorted(screened, key=lambda s: s.reason)
    for reason, group in groupby(by_reason, key=lambda s: s.reason):
        members = list(group)
        yield words.text(f"  {reason} ({len(members)}): {_named(members, words)}")


def _without_figures(report: Report, words: Words) -> Iterable[RenderableType]:
    empty = [i.source for i in report.inputs if i.figures == 0]
    if empty:
        shown = "; ".join(empty[:_NAMED]) + (
            f" and {len(empty) - _NAMED} more" if len(empty) > _NAMED else ""
        )
        yield Text()
        yield words.text(f"No figures in: {shown}")
    small = sum(i.left_out for i in report.inputs)
    if small:
        yield Text()
        yield words.text(f"Left out: {plural(small, 'picture')} too small for figures, or unshown")


def _not_scanned(report: Report, words: Words) -> Iterable[RenderableType]:
    if not report.not_scanned:
        return
    yield Text()
    yield words.text("Not scanned", "bold #d55e00")
    for item in report.not_scanned:
        name = words.text(item.source)
        yield Text.assemble("  ", name, words.text(f": {item.reason}"))


def _named(places: Sequence[Located], words: Words) -> str:
    names: list[str] = []
    before = ""
    for source, inside, full in dict.fromkeys(words.parts(p, words.width // 2) for p in places):
        # A list of places in one file names the file once.
        names.append(inside if source == before and inside else full)
        before = source
    rest = len(names) - _NAMED
    more = f" and {rest} more (the JSON report names all)" if rest > 0 else ""
    return "; ".join(names[:_NAMED]) + more
