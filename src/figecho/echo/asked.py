"""Asking the pixels about one geometry: as proposed, refined, and around its keypoints first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described
from figecho.match.propose import Proposal
from figecho.model import Matrix
from figecho.verify import inside as within
from figecho.verify import lanes
from figecho.verify.agree import Agreement, agreement
from figecho.verify.align import align
from figecho.verify.frame import Frame, build, cropped
from figecho.verify.nats_inside import inside_nats
from figecho.verify.outline import transform_points
from figecho.verify.overlay import overlay

_SMALL_SHARE = 0.1
_MARGIN_PX = 12.0
#: Correlation of the finest octave inside a panel over all that agrees, below which an alignment is
#: not worth trying: two places that are copies begin above 0.4 under the motion of their keypoints,
#: chance ones at 0.1 to 0.3.
SAME_START = 0.3
#: Of the evidence that an echo inside a panel needs, what its keypoints must show around them: of
#: 83 clones the least had twice as much as is needed in all, of chance ones nine in ten had less.
_NEAR_WORTH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What the pixels say on one grid, and the geometry under which they say it."""

    found: Agreement
    grid: Frame
    geometry: Matrix


def grid_of(a: Described, b: Described, b_from_a: Matrix, budget: int) -> Frame:
    """Bring two panels to grids of at most ``budget`` pixels under one geometry."""
    return build(a.views, b.views, b_from_a, budget)


def is_small(proposal: Proposal, shape: tuple[int, int]) -> bool:
    """Whether the keypoints of a proposal stand in a small part of panel A."""
    if len(proposal.points_a) < 3:
        return False
    area = float(np.prod(np.ptp(proposal.points_a, axis=0) + 1.0))
    return area < _SMALL_SHARE * shape[0] * shape[1]


def refined(grid: Frame, config: Config, *, inverted: bool) -> Matrix:
    """Return the geometry next to that of a grid under which the pixels agree best."""
    settings = config.verify
    return align(
        grid, inverted=inverted, max_iterations=settings.iterations,
        max_drift_px=settings.max_drift_px,
    )  # fmt: skip


def best(
    inside: bool, grid: Frame, proposal: Proposal, least: float, config: Config,
    *, rough: bool = False,
) -> Asked:  # fmt: skip
    """Agreement under the proposal or, if the pixels are worth asking, under its refinement.

    A ``rough`` proposal is refined in any case.
    """
    inverted = proposal.form.inverted
    apart = within.apart(grid, grid.start, config.match.min_shift_px) if inside else None
    # Inside a gel its other lanes tell how alike look-alikes are.
    banded = 0.0 if inside else grid.banded

    def under(geometry: Matrix, least_rho: float = 0.0) -> Agreement:
        laid = overlay(grid, geometry, inverted=inverted)
        return agreement(
            laid, within=apart, banded=banded, panel_px=grid.panel_px, least_rho=least_rho
        )

    first = under(grid.start, SAME_START if inside else 0.0)
    asked = Asked(found=first, grid=grid, geometry=grid.start)
    if inside and first.rho[0] < SAME_START:
        return asked
    if first.nats < 0.25 * least and not rough:
        return asked
    better = refined(grid, config, inverted=inverted)
    if better is grid.start:
        # A third of the alignments drift away, and give back where they began.
        return asked
    second = under(better)
    if second.nats <= first.nats:
        return asked
    return Asked(found=second, grid=grid, geometry=better)


def around_keypoints(inside: bool, grid: Frame, proposal: Proposal, config: Config) -> Asked | None:
    """Ask the surroundings of the keypoints, then the whole grid, and keep what is worth more.

    A small copy would drown on a coarse grid, and an alignment of all the pixels would not see it.
    """
    settings = config.verify
    # What look-alikes of two panels share is no measure inside one: the grain decides there.
    least = settings.gate_nats if inside else settings.min_nats
    part, window = _near(grid, proposal, settings.max_drift_px)
    near = best(inside, part, proposal, least, config, rough=True)
    # Near the keypoints alone a small copy between panels may show little.
    if near.found.nats < settings.gate_nats:
        return None
    scene = lanes.scene_of(proposal.b_from_a, grid.a, grid.a.banded) if inside else "field"
    if inside and _worth(near.found, inside=True, scene=scene) < _NEAR_WORTH * settings.min_nats:
        return None
    grid = replace(grid, start=between_grids(grid, part, near.geometry))
    asked = best(inside, grid, proposal, least, config)
    after, before = (_worth(f, inside=inside, scene=scene) for f in (asked.found, near.found))
    if after <= before:
        found = _spread(near.found, window, grid)
        asked = Asked(found=found, grid=grid, geometry=grid.start)
    return None if asked.found.nats < least else asked


def _worth(result: Agreement, *, inside: bool, scene: lanes.Scene) -> float:
    """Return the evidence by which two regions for one motion are told apart."""
    if not inside:
        return result.nats
    return inside_nats(result.rho, result.samples, np.eye(3), scene=scene)


def points_on(grid: Frame, proposal: Proposal) -> NDArray[np.float64]:
    """Return where the keypoints of a proposal lie on the grid of A."""
    grid_from_a = np.asarray(np.linalg.inv(grid.a_from_grid), dtype=np.float64)
    return transform_points(grid_from_a, proposal.points_a)


def _near(grid: Frame, proposal: Proposal, drift_px: float) -> tuple[Frame, tuple[slice, slice]]:
    """Return the surroundings of the keypoints, half as far again on each side, and their place."""
    points = points_on(grid, proposal)
    margin = np.maximum(_MARGIN_PX, 0.5 * np.ptp(points, axis=0))
    last = np.array(grid.size) - 1
    low_x, low_y = np.clip(np.floor(points.min(axis=0) - margin), 0, last).astype(int).tolist()
    high_x, high_y = np.clip(np.ceil(points.max(axis=0) + margin), 0, last).astype(int).tolist()
    near = cropped(grid, (low_x, low_y), (high_x, high_y), drift_px)
    return near, np.s_[low_y : high_y + 1, low_x : high_x + 1]


def between_grids(grid: Frame, part: Frame, geometry: Matrix) -> Matrix:
    """Turn a geometry between the grids of a part into one between those of the whole."""
    b_grid = np.linalg.inv(grid.b_from_bgrid) @ part.b_from_bgrid
    a_grid = np.linalg.inv(part.a_from_grid) @ grid.a_from_grid
    return np.asarray(b_grid @ geometry @ a_grid)


def _spread(result: Agreement, window: tuple[slice, slice], grid: Frame) -> Agreement:
    """Lay the region found in a part on the whole grid."""
    region = np.zeros(grid.size[::-1], dtype=bool)
    region[window] = result.region
    return replace(result, region=region)
