"""A region that was moved inside its panel by whole pixels, and so kept its noise."""

from __future__ import annotations

from dataclasses import replace

from figecho.config import Config
from figecho.describe.described import Described
from figecho.echo.echo import Echo, echo_of
from figecho.match.propose import Proposal
from figecho.match.whole import same_around, whole_motion
from figecho.model import Matrix
from figecho.verify import inside as within
from figecho.verify.exact import grainy, same_pixels
from figecho.verify.frame import Frame
from figecho.verify.outline import outline
from figecho.verify.symmetry import symmetric

#: Pixels that are the same to so many nats need no other witness.
_SURE_NATS = 100.0


def is_sure(echo: Echo) -> bool:
    """Whether an echo is of one panel and the same to the pixel beyond doubt."""
    return echo.same and echo.nats >= _SURE_NATS


def unchanged(a: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Return the echo of a copy inside a panel that was only moved, and so kept its noise."""
    points = proposal.points_a
    motion = whole_motion(proposal.b_from_a, points) if len(points) else None
    if motion is None:
        return None
    b_from_a = same_around(a.panel.grey, a.panel.usable, motion, points)
    if b_from_a is None:
        return None
    full = full_size(a, b_from_a)
    min_shift_px = config.match.min_shift_px
    apart = within.apart(full, b_from_a, min_shift_px)
    found = same_pixels(full.a, b_from_a, apart, grainy(a.panel.grey))
    if found is None or found.nats < config.verify.min_nats:
        return None
    # The halves of a drawn emblem are the same to the pixel, too.
    if symmetric(full, b_from_a, found, inverted=False, min_shift_px=min_shift_px):
        return None
    polygon = outline(found.region)
    if len(polygon) < 3 or not within.disjoint(polygon, b_from_a, in_shape=False):
        return None
    return replace(echo_of(proposal, b_from_a, polygon, found), same=True)


def full_size(a: Described, b_from_a: Matrix) -> Frame:
    """Return a panel and itself on grids of all its pixels."""
    octaves, panel_from_view = a.views.at(1.0)
    return Frame(
        a=octaves, b=octaves, a_from_grid=panel_from_view, b_from_bgrid=panel_from_view,
        start=b_from_a, panel_px=octaves.usable.size,
    )  # fmt: skip
