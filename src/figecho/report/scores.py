"""A score of a report against a truth: for a terminal, as data, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from figecho.evaluate import Known, Outcome, Score, files_of
from figecho.model import Finding
from figecho.report.csv_rows import table as csv_table
from figecho.report.names import clean, shorten
from figecho.report.terminal import Words, chance, plural
from figecho.report.to_json import rounded

CSV_COLUMNS = (
    *("kind", "name", "a", "b", "category", "transform", "found", "level", "category_found"),
    *("log10_nfa", "iou", "angle_error_deg", "scale_error", "mirrored_right"),
)

_NUMBERS = re.compile(r"(?<!\w)(?:to |by |of )?[-+]?\d")


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A rich renderable of a score."""

    score: Score

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield recall first, then what is missed, what is false, and what was not judged."""
        words = Words(options.max_width, options.encoding)
        score = self.score
        yield words.text(headline(score), "bold")
        yield Text()
        yield _recall_table(score, words)
        yield from _regions(score, words)
        yield from _list("Missed", [_missed(k, words) for k in score.missed], words)
        yield from _list("False", [_false([f], words) for f in score.false], words)
        yield from _screening(score, words)
        yield from _templates(score, words)
        yield from _list("Named in the truth, but not read", score.absent, words)
        unnamed = [_false(list(g), words) for _, g in groupby(score.not_judged, key=files_of)]
        yield from _list("Not judged: the truth does not name these files", unnamed, words)


def headline(score: Score) -> str:
    """Return the line that says it all: found of known, false of negatives."""
    found = sum(o.finding is not None for o in score.outcomes)
    pairs, inside = _false_pairs(score)
    text = f"{found} of {len(score.outcomes)} known found · {plural(pairs, 'false pair')}"
    text += f" in {plural(score.negative_pairs, 'negative pair')} judged"
    return text + (f" · {inside} false within a figure" if inside else "")


def kind(words: str) -> str:
    """Return a transform in words without its numbers: 'mirrored, rotation 278°' is of one kind."""
    parts = (_NUMBERS.split(part.strip())[0].strip() for part in words.split(","))
    kept = [part for part in parts if part]
    return ", ".join(kept) or words


def score_dict(score: Score) -> dict[str, Any]:
    """Return the score as plain data, rounded and sorted."""
    pairs, inside = _false_pairs(score)
    return {
        "known": len(score.outcomes),
        "found": sum(o.finding is not None for o in score.outcomes),
        "recall": {
            "overall": _share(_hits(score.outcomes)),
            "by_category": {k: _share(_hits(v)) for k, v in _by(score, _category)},
            "by_transform": {k: _share(_hits(v)) for k, v in _by(score, _transform)},
        },
        "category_right": _share(_categories_right(score)),
        "negative_pairs_judged": score.negative_pairs,
        "false_pairs": pairs,
        "false_within": inside,
        "regions": _medians(score),
        "outcomes": [_outcome(o) for o in score.outcomes],
        "false": [_brief(f) for f in score.false],
        "not_judged": [_brief(f) for f in score.not_judged],
        "absent": list(score.absent),
        "screened_right": list(score.screened_right),
        "screened_wrong": [
            {"source": f, "expected": e, "given": list(g)} for f, e, g in score.screened_wrong
        ],
        "templates_seen": [list(group) for group in score.templates_seen],
        "templates_unseen": [list(group) for group in score.templates_unseen],
    }


def score_csv(score: Score) -> str:
    """Return one row for each known reuse and each finding the truth does not know."""
    rows = [{"kind": "known", **_outcome(o)} for o in score.outcomes]
    rows += [{"kind": "false", **_brief(f)} for f in score.false]
    rows += [{"kind": "not judged", **_brief(f)} for f in score.not_judged]
    return csv_table(CSV_COLUMNS, rows)


def _recall_table(score: Score, words: Words) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("Recall")
    grid.add_column("Found", justify="right")
    grid.add_column("Known", justify="right")
    grid.add_column("Share", justify="right")

    def add(name: str, hits: list[bool]) -> None:
        share = _share(hits)
        shown = "-" if share is None else f"{share:.2f}"
        grid.add_row(words.text(name), str(sum(hits)), str(len(hits)), shown)

    add("all", _hits(score.outcomes))
    for name, outcomes in _by(score, _category):
        add(f"category {name}", _hits(outcomes))
    for name, outcomes in _by(score, _transform):
        add(name, _hits(outcomes))
    add("category named right, of those found", _categories_right(score))
    return grid


def _regions(score: Score, words: Words) -> Iterable[RenderableType]:
    values = _medians(score)
    if values is None:
        return
    angle, scale = values["median_angle_error_deg"], values["median_scale_error"]
    yield Text()
    yield words.text(
        f"Regions of {values['count']} found: median overlap (IoU) {values['median_iou']:.2f}, "
        f"angle off by {'-' if angle is None else f'{angle:.2f}'}°, "
        f"scale off by {'-' if scale is None else f'{100 * scale:.1f} %'}, "
        f"mirroring right in {values['mirrored_right']}"
    )


def _screening(score: Score, words: Words) -> Iterable[RenderableType]:
    if not score.screened_right and not score.screened_wrong:
        return
    known = len(score.screened_right) + len(score.screened_wrong)
    yield Text()
    yield words.text(f"Screened as expected: {len(score.screened_right)} of {known}")
    for file, expected, given in score.screened_wrong:
        yield words.text(f"  {file}: expected {expected}, got {', '.join(given) or 'not screened'}")


def _templates(score: Score, words: Words) -> Iterable[RenderableType]:
    seen, unseen = score.templates_seen, score.templates_unseen
    if seen or unseen:
        yield Text()
        yield words.text(f"Recurring templates named: {len(seen)} of {len(seen) + len(unseen)}")


def _list(title: str, lines: Iterable[str], words: Words) -> Iterable[RenderableType]:
    shown = list(lines)
    if not shown:
        return
    yield Text()
    yield words.text(f"{title} ({len(shown)})", "bold")
    for line in shown:
        yield words.text(f"  {line}")


def _missed(known: Known, words: Words) -> str:
    start = f"{known.name}: "
    return start + _link((known.a, known.b), words, used=len(start))


def _false(findings: Sequence[Finding], words: Words) -> str:
    """Name the files of findings on one pair, the most surprising of them, and their number."""
    best = min(findings, key=lambda f: f.log10_nfa)
    start = f"{best.id} {best.level}, chance {chance(best.log10_nfa)}: "
    end = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return start + _link(files_of(best), words, used=len(start + end)) + end


def _link(files: tuple[str, str], words: Words, used: int) -> str:
    """Name two files, or one twice, in what a line has left after ``used`` cells."""
    room = words.width - used - 2
    a, b = (clean(file, words.encoding) for file in files)
    ellipsis = clean("…", words.encoding)
    if files[0] == files[1]:
        return f"within {shorten(a, max(room - 7, 12), ellipsis)}"
    return " = ".join(shorten(name, max((room - 3) // 2, 12), ellipsis) for name in (a, b))


def _false_pairs(score: Score) -> tuple[int, int]:
    pairs = sum(len(set(files_of(f))) == 2 for f in score.false)
    return pairs, len(score.false) - pairs


def _hits(outcomes: Iterable[Outcome]) -> list[bool]:
    return [o.finding is not None for o in outcomes]


def _share(hits: list[bool]) -> float | None:
    return rounded(sum(hits) / len(hits), 4) if hits else None


def _category(outcome: Outcome) -> str | None:
    return outcome.known.category


def _transform(outcome: Outcome) -> str | None:
    words = outcome.known.transform
    return None if words is None else kind(words)


def _by(score: Score, key: Callable[[Outcome], str | None]) -> list[tuple[str, list[Outcome]]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in score.outcomes:
        name = key(outcome)
        if name is not None:
            groups.setdefault(name, []).append(outcome)
    return sorted(groups.items())


def _categories_right(score: Score) -> list[bool]:
    return [o.finding.category == o.known.category for o in score.outcomes if o.finding is not None]


def _medians(score: Score) -> dict[str, Any] | None:
    off = [o.deviation for o in score.outcomes if o.deviation is not None]
    if not off:
        return None
    angles = [d.angle_deg for d in off if d.angle_deg is not None]
    scales = [d.scale for d in off if d.scale is not None]
    return {
        "count": len(off),
        "median_iou": rounded(median(d.iou for d in off), 4),
        "median_angle_error_deg": rounded(median(angles), 3) if angles else None,
        "median_scale_error": rounded(median(scales), 4) if scales else None,
        "mirrored_right": sum(d.mirrored_right for d in off),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    known, finding, off = outcome.known, outcome.finding, outcome.deviation
    values: dict[str, Any] = {
        "name": known.name,
        "a": known.a,
        "b": known.b,
        "category": known.category,
        "transform": known.transform,
        "found": finding is not None,
    }
    if finding is not None:
        values["level"] = finding.level
        values["category_found"] = finding.category
        values["log10_nfa"] = rounded(finding.log10_nfa, 1)
    if off is not None:
        values["iou"] = rounded(off.iou, 4)
        values["mirrored_right"] = off.mirrored_right
        values["angle_error_deg"] = None if off.angle_deg is None else rounded(off.angle_deg, 3)
        values["scale_error"] = None if off.scale is None else rounded(off.scale, 4)
    return values


def _brief(finding: Finding) -> dict[str, Any]:
    a, b = files_of(finding)
    return {
        "name": finding.id,
        "a": a,
        "b": b,
        "category_found": finding.category,
        "level": finding.level,
        "log10_nfa": rounded(finding.log10_nfa, 1),
    }
