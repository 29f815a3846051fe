"""An echo together with the panels it lies in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figecho.echo import Echo, turned_echo
from figecho.judge.looks import Looks
from figecho.model import Panel
from figecho.verify.motion import Motion, motion_of

#: A run of lanes is as long as its gel and not as wide; moved, it stands this share of it off.
_LANE_LONG, _LANE_WIDE, _MOVED_SHARE = 0.8, 0.75, 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """What judgement is passed on; ``turned`` where a reader meets panel B first.

    The panels need not hold their pixels: :class:`~figecho.judge.looks.Looks` looks at those.
    """

    a: Panel
    b: Panel
    echo: Echo
    turned: bool = False


def as_read(candidate: Candidate) -> Candidate:
    """Return the candidate with the panel that a reader meets first as A."""
    if not candidate.turned:
        return candidate
    return Candidate(a=candidate.b, b=candidate.a, echo=turned_echo(candidate.echo))


def motion_of_echo(echo: Echo) -> Motion:
    """Return how the region of panel A moves, at its centre."""
    x, y = echo.polygon_a.mean(axis=0)
    return motion_of(echo.b_from_a, float(x), float(y))


def lanes_moved(candidate: Candidate, looks: Looks) -> bool:
    """Whether the regions are whole lanes of gels that stand at another place."""
    ends = ((candidate.a, candidate.echo.polygon_a), (candidate.b, candidate.echo.polygon_b))
    spans = np.array([(np.ptp(region, axis=0) + 1.0) / p.shape[::-1] for p, region in ends])
    places = [region.mean(axis=0) / panel.shape[::-1] for panel, region in ends]
    moved = float(np.abs(places[0] - places[1]).max()) > _MOVED_SHARE
    lanes = float(spans.max()) > _LANE_LONG and float(spans.min()) < _LANE_WIDE
    # Whether a panel is a gel may take a look at all its pixels, so it is asked last.
    return moved and lanes and all(looks.gel(panel) for panel, _ in ends)
