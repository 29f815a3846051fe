"""Hold a report against a known truth: what is found, missed and false.

The truth names files, or places in documents (:mod:`figecho.places`). A pair counts as found if a
strong or moderate finding links its two files, a copy inside one picture if a finding has both
regions in that file. Every finding between two judged files that the truth does not know is false;
findings that touch other files are listed, not judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from figecho.deviation import Deviation, deviation
from figecho.errors import SourceError
from figecho.judge.templates import MIN_FIGURES
from figecho.model import Finding, Report
from figecho.places import named_as

COUNTED = ("strong", "moderate")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One reuse the truth knows: two files, or one file twice for a copy inside it."""

    a: str
    b: str
    category: str
    name: str
    transform: str | None = None
    region: Mapping[str, Any] | None = None

    @property
    def pair(self) -> Pair:
        """The two files, sorted."""
        return pair_of(self.a, self.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known about the figures of a folder."""

    known: tuple[Known, ...]
    ignore: frozenset[Pair]
    judged: frozenset[str]
    screened: Mapping[str, str]
    templates: tuple[frozenset[str], ...]

    @property
    def names(self) -> frozenset[str]:
        """All names the truth uses: files, or places in documents."""
        pairs = {name for k in self.known for name in k.pair} | {n for p in self.ignore for n in p}
        return self.judged | pairs | frozenset(self.screened) | frozenset().union(*self.templates)

    @property
    def negative_pairs(self) -> int:
        """Number of pairs of different judged files that must not be reported."""
        n = len(self.judged)
        apart = {k.pair for k in self.known if k.a != k.b} | {
            p for p in self.ignore if p[0] != p[1]
        }
        return n * (n - 1) // 2 - len(apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One known reuse, the finding that shows it best, and how far its region is off."""

    known: Known
    finding: Finding | None
    deviation: Deviation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A report held against a truth.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One for each known reuse, in the order of the truth.
    false : tuple of Finding
        The most surprising finding of each pair of judged files (or single file) that the truth
        does not know.
    not_judged : tuple of Finding
        Findings that touch a file the truth does not name.
    absent : tuple of str
        Judged files the scan did not read.
    screened_right, screened_wrong : tuple
        Files with the expected reason; (file, expected, reasons given) for the others.
    templates_seen, templates_unseen : tuple of tuple of str
        Groups of files that share a block by design, named by one template of the report or not.
        Informs only: what they must not do is give findings.
    negative_pairs : int
        How many pairs of judged files had to stay without a finding.
    """

    outcomes: tuple[Outcome, ...]
    false: tuple[Finding, ...]
    not_judged: tuple[Finding, ...]
    absent: tuple[str, ...]
    screened_right: tuple[str, ...]
    screened_wrong: tuple[tuple[str, str, tuple[str, ...]], ...]
    templates_seen: tuple[tuple[str, ...], ...]
    templates_unseen: tuple[tuple[str, ...], ...]
    negative_pairs: int

    @property
    def missed(self) -> tuple[Known, ...]:
        """The known reuses no finding shows."""
        return tuple(o.known for o in self.outcomes if o.finding is None)

    @property
    def perfect(self) -> bool:
        """True if everything known is found and nothing else is reported."""
        return not (self.missed or self.false or self.screened_wrong or self.absent)


def load_truth(path: Path) -> Truth:
    """Read ``truth.json``.

    Raises
    ------
    SourceError
        The file is missing, no JSON, or does not have the form of a truth.
    """
    try:
        return truth_of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SourceError(f"no truth to score against: {path.name} cannot be read") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"{path.name} does not have the form of a truth: {error}") from error


def truth_of(data: Mapping[str, Any]) -> Truth:
    """Return the truth that the plain data of a ``truth.json`` describe."""
    words, regions = data.get("transforms", {}), data.get("regions", {})
    inside = ((a, a, category, name) for a, category, name in data.get("within", ()))
    known = tuple(
        Known(
            a=a,
            b=b,
            category=category,
            name=name,
            transform=words.get(name),
            region=regions.get(name),
        )
        for a, b, category, name in (*data["positives"], *inside)
    )
    templates = tuple(frozenset(files) for files in data.get("templates", ()))
    # A block in fewer figures than make a template stays a finding, neither right nor wrong.
    few = (pair for group in templates if len(group) < MIN_FIGURES for pair in _pairs_of(group))
    ignore = frozenset([*(pair_of(a, b) for a, b in data.get("ignore", ())), *few])
    named = {f for k in known for f in k.pair} | {f for pair in ignore for f in pair}
    return Truth(
        known=known,
        ignore=ignore,
        judged=frozenset(data.get("figures", named)),
        screened=dict(data.get("screened", {})),
        templates=templates,
    )


def score(report: Report, truth: Truth) -> Score:
    """Hold the strong and moderate findings of ``report`` against ``truth``."""
    report = named_as(report, truth.names)
    by_pair: dict[Pair, list[Finding]] = {}
    for finding in report.findings:
        if finding.level in COUNTED:
            by_pair.setdefault(files_of(finding), []).append(finding)
    expected = {k.pair for k in truth.known} | truth.ignore
    unknown = {pair: found for pair, found in by_pair.items() if pair not in expected}
    right, wrong = _screened(report, truth)
    blocks = [{p.source for p in t.panels} for t in report.templates]

    def seen(group: frozenset[str]) -> bool:
        return any(group <= files for files in blocks)

    return Score(
        outcomes=_outcomes(truth.known, by_pair),
        false=tuple(
            min(found, key=lambda f: f.log10_nfa)
            for pair, found in sorted(unknown.items())
            if truth.judged.issuperset(pair)
        ),
        not_judged=tuple(
            finding
            for pair, found in sorted(unknown.items())
            if not truth.judged.issuperset(pair)
            for finding in found
        ),
        absent=tuple(sorted(truth.judged - {i.source for i in report.inputs})),
        screened_right=right,
        screened_wrong=wrong,
        templates_seen=tuple(tuple(sorted(g)) for g in truth.templates if seen(g)),
        templates_unseen=tuple(tuple(sorted(g)) for g in truth.templates if not seen(g)),
        negative_pairs=truth.negative_pairs,
    )


def pair_of(a: str, b: str) -> Pair:
    """Return two file names as one sorted pair."""
    return (a, b) if a <= b else (b, a)


def _pairs_of(files: frozenset[str]) -> Iterable[Pair]:
    return combinations(sorted(files), 2)


def files_of(finding: Finding) -> Pair:
    """Return the two files a finding links, sorted; twice the same for a copy inside one."""
    a, b = finding.regions
    return pair_of(a.source, b.source)


def _outcomes(
    known: Iterable[Known], by_pair: Mapping[Pair, Sequence[Finding]]
) -> tuple[Outcome, ...]:
    outcomes = []
    for item in known:
        found = by_pair.get(item.pair, ())
        if not found:
            outcomes.append(Outcome(known=item, finding=None))
        elif item.region is None:
            best = min(found, key=lambda f: f.log10_nfa)
            outcomes.append(Outcome(known=item, finding=best))
        else:
            rated = [(deviation(f, item.region, first=item.a), f) for f in found]
            off, best = max(rated, key=lambda r: (r[0].iou, -r[1].log10_nfa))
            outcomes.append(Outcome(known=item, finding=best, deviation=off))
    return tuple(outcomes)


def _screened(
    report: Report, truth: Truth
) -> tuple[tuple[str, ...], tuple[tuple[str, str, tuple[str, ...]], ...]]:
    given: dict[str, set[str]] = {}
    for item in report.screened:
        given.setdefault(item.source, set()).add(item.reason)
    right, wrong = [], []
    for file, reason in sorted(truth.screened.items()):
        reasons = given.get(file, set())
        if reason in reasons:
            right.append(file)
        else:
            wrong.append((file, reason, tuple(sorted(reasons))))
    return tuple(right), tuple(wrong)
