"""What the exit code says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from figecho.model import Report

COMPLETE = 0
FOUND = 1
USAGE = 2
INCOMPLETE = 3
INTERRUPTED = 130
TERMINATED = 143


class FailOn(StrEnum):
    """The level from which findings make the program fail."""

    none = "none"
    moderate = "moderate"
    strong = "strong"


_FAILING = {
    FailOn.none: frozenset[str](),
    FailOn.moderate: frozenset({"moderate", "strong"}),
    FailOn.strong: frozenset({"strong"}),
}


def exit_code(report: Report, fail_on: FailOn = FailOn.none) -> int:
    """Return the exit code of a report: unread inputs are stronger than findings."""
    if not report.inputs:
        return USAGE
    if not report.complete or report.not_scanned:
        return INCOMPLETE
    failing = _FAILING[fail_on]
    return FOUND if any(f.level in failing for f in report.findings) else COMPLETE
