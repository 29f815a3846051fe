"""One echo asked on the grids of both panels: a copy shows as much on either, chance does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from figecho.echo.echo import Echo
from figecho.echo.same import same_geometry
from figecho.echo.unchanged import is_sure

#: What shows so much on the grid of one panel is not asked on that of the other: of 747,000
#: unrelated pairs none showed more than 21.
_CLEAR_NATS = 60.0


def is_clear(echo: Echo) -> bool:
    """Whether an echo needs no second opinion; grain that is the same has had one."""
    return echo.same or echo.nats >= _CLEAR_NATS


def either_way(
    found: Sequence[Echo], back: Sequence[Echo], least: float, *, inside: bool
) -> list[Echo]:
    """Leave what is not clear the mean of what the grids of both panels show.

    Copies show as much on either, to within a third mostly. What agrees by chance does so on one,
    for the other is sampled and rounded elsewhere: on both it shows half as much.

    Parameters
    ----------
    found : sequence of Echo
        As seen on the grid of panel A.
    back : sequence of Echo
        As seen on that of panel B, with panel A as A all the same.
    least : float
        Nats below which an echo is none.
    inside : bool
        Whether A and B are one panel.

    Returns
    -------
    list of Echo
        In the order of :func:`by_strength`.
    """
    asked = []
    for echo in found:
        nothing = replace(echo, nats=0.0, alike=0.0)
        again = (e for e in back if same_geometry(e.b_from_a, echo, inside))
        asked.append(echo if is_clear(echo) else _mean(echo, next(again, nothing)))
    return sorted((e for e in asked if e.nats >= least), key=by_strength)


def _mean(echo: Echo, again: Echo) -> Echo:
    """Return an echo with the mean evidence of two."""
    return replace(
        echo,
        nats=(echo.nats + again.nats) / 2.0,
        chance=(echo.chance + again.chance) / 2.0,
        alike=(echo.alike + again.alike) / 2.0,
    )


def by_strength(echo: Echo) -> tuple[bool, float, str, tuple[float, ...]]:
    """Sort what is surely the same first, then the strongest."""
    geometry = tuple(np.round(echo.b_from_a, 6).ravel())
    return not is_sure(echo), -_rank(echo), echo.proposal.method, geometry


def _rank(echo: Echo) -> float:
    """Evidence, the plainest motion first: a symmetric shape also fits its own mirror image."""
    plain = np.linalg.det(echo.b_from_a[:2, :2]) > 0 and not echo.proposal.form.inverted
    return echo.nats * (1.3 if plain else 1.0)
