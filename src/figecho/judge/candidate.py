"""An echo together with the panels it lies in."""

from __future__ import annotations

from dataclasses import dataclass

from figecho.judge.motion import Motion, motion_of
from figecho.model import Panel
from figecho.pairs import Echo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """What judgement is passed on."""

    a: Panel
    b: Panel
    echo: Echo


def motion_of_echo(echo: Echo) -> Motion:
    """Return how the region of panel A moves, at its centre."""
    x, y = echo.polygon_a.mean(axis=0)
    return motion_of(echo.b_from_a, float(x), float(y))
