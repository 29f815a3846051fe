"""What a person decided about findings, kept by fingerprint from one scan to the next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from figecho.errors import SourceError
from figecho.judge.fingerprint import apart, panels_of
from figecho.model import Finding, Report

SCHEMA_VERSION = "review-1.0"
Verdict = Literal["confirmed", "explained", "dismissed"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REASONS = (
    "declared in the legend",
    "shared control",
    "channels of one field",
    "inset or magnification",
    "same membrane or gel",
    "same by design",
    "other",
)
#: How far a region's centre may move, as a share of its panel, and still be the one decided on.
_SAME_PLACE = 0.06
_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One finding as a person judged it; ``explained`` asks for a reason."""

    decision: Verdict
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Decisions by the fingerprint of their finding."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A review laid on a new report.

    Attributes
    ----------
    decided : tuple of (Finding, Decision)
    new : tuple of Finding
        Findings that nobody decided on yet.
    gone : tuple of str
        Fingerprints with a decision that this report does not find again.
    """

    decided: tuple[tuple[Finding, Decision], ...]
    new: tuple[Finding, ...]
    gone: tuple[str, ...]

    @property
    def words(self) -> str:
        """One line: how many findings were decided on before, and what is new."""
        counts = [(sum(d.decision == v for _, d in self.decided), v) for v in VERDICTS]
        parts = [f"{count} {verdict}" for count, verdict in counts if count]
        parts.append(f"{len(self.new)} new")
        if self.gone:
            parts.append(f"{len(self.gone)} of the review not found again")
        rest = f" and {len(self.new) - _NAMED} more" if len(self.new) > _NAMED else ""
        named = ": " + ", ".join(f.id for f in self.new[:_NAMED]) + rest if self.new else ""
        return "Review: " + ", ".join(parts) + named


def carried(report: Report, review: Review) -> Carried:
    """Lay the decisions of an earlier review on the findings of a report."""
    known, marks = review.decisions, _matched(report, review)
    return Carried(
        decided=tuple(
            (f, known[marks[f.fingerprint]]) for f in report.findings if f.fingerprint in marks
        ),
        new=tuple(f for f in report.findings if f.fingerprint not in marks),
        gone=tuple(sorted(set(known) - set(marks.values()))),
    )


def laid_on(report: Report, review: Review) -> Review:
    """Return the review with the decisions it shares with a report under that report's marks."""
    known, marks = review.decisions, _matched(report, review)
    rest = {mark: d for mark, d in known.items() if mark not in set(marks.values())}
    return Review(decisions={**rest, **{now: known[then] for now, then in marks.items()}})


def _matched(report: Report, review: Review) -> dict[str, str]:
    """Return the fingerprints of a report that the review knows, and under which one it does.

    The same one, or else the nearest in the same two panels, each decision going to one finding.
    """
    alike: dict[str, list[str]] = {}
    for mark in review.decisions:
        alike.setdefault(panels_of(mark), []).append(mark)
    ways = sorted(
        (apart(f.fingerprint, mark), f.fingerprint, mark)
        for f in report.findings
        for mark in alike.get(panels_of(f.fingerprint), ())
    )
    matched: dict[str, str] = {}
    taken: set[str] = set()
    for distance, mark, then in ways:
        if distance <= _SAME_PLACE and mark not in matched and then not in taken:
            matched[mark] = then
            taken.add(then)
    return matched


def to_dict(review: Review) -> dict[str, Any]:
    """Return a review as plain data, by fingerprint."""
    return {
        "schema_version": SCHEMA_VERSION,
        "decisions": {
            mark: {"decision": d.decision, "reason": d.reason, "note": d.note}
            for mark, d in sorted(review.decisions.items())
        },
    }


def review_from_json(text: str) -> Review:
    """Return the review that the page exported.

    Raises
    ------
    SourceError
        ``text`` is no review, or one of another version, or holds an unknown decision or an
        explanation without a reason.
    """
    try:
        data = json.loads(text)
        version = data["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError("not a figecho review: no 'schema_version' in it") from error
    if version != SCHEMA_VERSION:
        raise SourceError(f"review of schema {version}; this version reads {SCHEMA_VERSION}")
    try:
        return Review(
            decisions={str(k): _decision(str(k), v) for k, v in data["decisions"].items()}
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"not a complete figecho review: {error!r}") from error


def _decision(mark: str, data: Mapping[str, Any]) -> Decision:
    verdict = data["decision"]
    if verdict not in VERDICTS:
        raise SourceError(f"unknown decision '{verdict}'; valid: {', '.join(VERDICTS)}")
    reason = str(data.get("reason", "")).strip()
    if verdict == "explained" and not reason:
        raise SourceError(f"finding {mark} is 'explained' without a reason")
    return Decision(decision=verdict, reason=reason, note=str(data.get("note", "")))
