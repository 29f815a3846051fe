"""One proposal in, a verified echo or none out: the pixels decide what keypoints propose."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described
from figecho.match.propose import Proposal
from figecho.model import Matrix
from figecho.verify import frame as frames
from figecho.verify import inside as within
from figecho.verify.agree import Agreement, agreement, overlay
from figecho.verify.align import align
from figecho.verify.bands import RATHER_A_GEL
from figecho.verify.outline import outline, transform_points

_SMALL_SHARE = 0.1
_MARGIN_PX = 12.0
#: So many keypoints are asked on the full grid though the coarse one says nothing: a smooth gel or
#: a small panel holds too few independent samples there.
_MANY = 12
#: Correlation of the finest octave inside a panel, around its keypoints and over all that agrees,
#: below which an alignment is not worth trying: two places that are copies begin above 0.4 under
#: the motion of their keypoints, chance ones at 0.1 to 0.3.
_SAME_GRAIN, _SAME_START = 0.35, 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Echo:
    """A region of panel A that recurs in panel B, with the evidence for it.

    Attributes
    ----------
    proposal : Proposal
        The strongest proposal that led here.
    methods : tuple of str
        Every method whose own proposal agrees.
    b_from_a : ndarray of shape (3, 3)
        Aligned geometry, panel pixels.
    polygon_a, polygon_b : ndarray of shape (n, 2)
        The region in either panel, panel pixels.
    nats, chance : float
        Evidence, and what displaced copies of the same panels reach.
    zncc : float
    rho, samples : tuple of float
        Correlation and independent samples in each octave, finest first.
    differing : float, 0..1
        Share of the textured overlap of both panels that differs, in one piece.
    overlap_a, overlap_b : float, 0..1
        Share of each panel that the other covers under the geometry.
    """

    proposal: Proposal
    methods: tuple[str, ...]
    b_from_a: Matrix
    polygon_a: NDArray[np.float64]
    polygon_b: NDArray[np.float64]
    nats: float
    chance: float
    zncc: float
    rho: tuple[float, ...]
    samples: tuple[float, ...]
    differing: float
    overlap_a: float
    overlap_b: float


def verified(a: Described, b: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Ask the pixels: first on a coarse grid, then, if they do not object, on the full one.

    A small copy would drown on the coarse grid, and an alignment of all the pixels would not see
    it: keypoints that stand close together are asked on the full grid, about their own place first.
    """
    settings = config.verify
    b_from_a = proposal.b_from_a
    local = _small(proposal, a.panel.shape)
    gates = ((settings.gate_px, settings.gate_nats), (settings.max_px, settings.min_nats))
    # Inside a panel the finest octave decides, which a coarse grid does not show.
    for budget, least in gates[1:] if local or a is b else gates:
        grid = grid_of(a, b, b_from_a, budget)
        if a is b and _grain_shared(grid, proposal) < _SAME_GRAIN:
            return None
        if local:
            near, window = _near(grid, proposal, settings.max_drift_px)
            result, geometry = _best(
                a is b, near, proposal, least, config, rough=True, panel_px=grid.panel_px
            )
            # Near the keypoints alone a small copy between panels may show little.
            near_least = least if a is b else settings.gate_nats
            if result.nats < near_least or (a is b and _worth(result, inside=True) <= 0.0):
                return None
            grid = replace(grid, start=_between(grid, near, geometry))
            wider, geometry = _best(a is b, grid, proposal, least, config)
            if _worth(wider, inside=a is b) > _worth(result, inside=a is b):
                result = wider
            else:
                result, geometry = _spread(result, window, grid), grid.start
            if result.nats < least:
                return None
        else:
            result, geometry = _best(a is b, grid, proposal, least, config)
            if a is b and result.rho[0] < _SAME_START:
                return None
            if result.nats < least:
                if budget == settings.max_px or len(proposal.points_a) < _MANY:
                    return None
                continue
        b_from_a = grid.to_panels(geometry)
    region, in_shape, nats = result.region, False, result.nats
    inverted = proposal.form.inverted
    if a is b:
        in_shape = result.rho[0] < within.SAME_GRAIN
        if not within.rigid(b_from_a):
            return None
        # In a gel lanes are mirrored along their row.
        if grid.a.banded <= RATHER_A_GEL and within.one_object(b_from_a, result.rho[0]):
            return None
        if within.symmetric(
            grid, geometry, result, inverted=inverted, min_shift_px=config.match.min_shift_px
        ):
            return None
        region = within.ahead(
            grid, geometry, within.one_side(grid, geometry, region), inverted=inverted
        )
        if np.count_nonzero(region) < result.region.sum() * 0.98:
            laid = overlay(grid, geometry, inverted=inverted)
            apart = within.apart(grid, geometry, config.match.min_shift_px)
            result = agreement(laid, within=apart & region)
            region = result.region
            if not region.any():
                return None
        # The next lane stands in a row with this one; what lies elsewhere is no lane of this gel.
        if grid.a.banded > RATHER_A_GEL and within.in_a_row(grid, geometry, region):
            result = within.away_from_bands(grid, geometry, result, inverted=inverted)
        nats = within.inside_nats(result.rho[0], result.samples[0], b_from_a)
        if nats <= 0.0:
            return None
    polygon = transform_points(grid.a_from_grid, outline(region))
    if len(polygon) < 3 or (a is b and not within.disjoint(polygon, b_from_a, in_shape=in_shape)):
        return None
    polygon = np.clip(polygon, 0.0, [a.panel.shape[1] - 1, a.panel.shape[0] - 1])
    return Echo(
        proposal=proposal,
        methods=(proposal.method,),
        b_from_a=b_from_a,
        polygon_a=polygon,
        polygon_b=transform_points(b_from_a, polygon),
        nats=nats,
        chance=0.0,
        zncc=result.zncc,
        rho=result.rho,
        samples=result.samples,
        differing=0.0,
        overlap_a=0.0,
        overlap_b=0.0,
    )


def _worth(result: Agreement, *, inside: bool) -> float:
    """Return the evidence by which two regions for one motion are told apart."""
    if not inside:
        return result.nats
    return within.inside_nats(result.rho[0], result.samples[0], np.eye(3))


def grid_of(a: Described, b: Described, b_from_a: Matrix, budget: int) -> frames.Frame:
    """Bring two panels to grids of at most ``budget`` pixels under one geometry."""
    return frames.build(a.views, b.views, b_from_a, budget)


def _small(proposal: Proposal, shape: tuple[int, int]) -> bool:
    """Whether the keypoints of a proposal stand in a small part of panel A."""
    if len(proposal.points_a) < 3:
        return False
    area = float(np.prod(np.ptp(proposal.points_a, axis=0) + 1.0))
    return area < _SMALL_SHARE * shape[0] * shape[1]


def _grain_shared(grid: frames.Frame, proposal: Proposal) -> float:
    if len(proposal.points_a) == 0:
        return 1.0
    return within.grain_shared(grid, _points_on(grid, proposal))


def _points_on(grid: frames.Frame, proposal: Proposal) -> NDArray[np.float64]:
    """Return where the keypoints of a proposal lie on the grid of A."""
    grid_from_a = np.asarray(np.linalg.inv(grid.a_from_grid), dtype=np.float64)
    return transform_points(grid_from_a, proposal.points_a)


def _near(
    grid: frames.Frame, proposal: Proposal, drift_px: float
) -> tuple[frames.Frame, tuple[slice, slice]]:
    """Return the surroundings of the keypoints, half as far again on each side, and their place."""
    points = _points_on(grid, proposal)
    margin = np.maximum(_MARGIN_PX, 0.5 * np.ptp(points, axis=0))
    last = np.array(grid.size) - 1
    low_x, low_y = np.clip(np.floor(points.min(axis=0) - margin), 0, last).astype(int).tolist()
    high_x, high_y = np.clip(np.ceil(points.max(axis=0) + margin), 0, last).astype(int).tolist()
    near = frames.cropped(grid, (low_x, low_y), (high_x, high_y), drift_px)
    return near, np.s_[low_y : high_y + 1, low_x : high_x + 1]


def _between(grid: frames.Frame, part: frames.Frame, geometry: Matrix) -> Matrix:
    """Turn a geometry between the grids of a part into one between those of the whole."""
    b_grid = np.linalg.inv(grid.b_from_bgrid) @ part.b_from_bgrid
    a_grid = np.linalg.inv(part.a_from_grid) @ grid.a_from_grid
    return np.asarray(b_grid @ geometry @ a_grid)


def _spread(result: Agreement, window: tuple[slice, slice], grid: frames.Frame) -> Agreement:
    """Lay the region found in a part on the whole grid."""
    region = np.zeros(grid.size[::-1], dtype=bool)
    region[window] = result.region
    return replace(result, region=region)


def _best(
    inside: bool, grid: frames.Frame, proposal: Proposal, least: float, config: Config,
    *, rough: bool = False, panel_px: int = 0,
) -> tuple[Agreement, Matrix]:  # fmt: skip
    """Agreement under the proposal or, if the pixels are worth asking, under its refinement.

    A ``rough`` proposal is refined in any case. ``panel_px`` are the pixels of the larger panel
    where the grid shows but a part of it.
    """
    inverted = proposal.form.inverted
    settings = config.verify
    apart = within.apart(grid, grid.start, config.match.min_shift_px) if inside else None
    # Inside a gel its other lanes tell how alike look-alikes are.
    banded = 0.0 if inside else grid.banded
    panel_px = panel_px or grid.panel_px

    def under(geometry: Matrix) -> Agreement:
        laid = overlay(grid, geometry, inverted=inverted)
        return agreement(laid, within=apart, banded=banded, panel_px=panel_px)

    first = under(grid.start)
    if inside and first.rho[0] < _SAME_START:
        return first, grid.start
    rough = rough or (proposal.method == "blocks" and least == settings.gate_nats)
    if first.nats < 0.25 * least and not rough:
        return first, grid.start
    better = align(
        grid, inverted=inverted, max_iterations=settings.iterations,
        max_drift_px=settings.max_drift_px,
    )  # fmt: skip
    second = under(better)
    return (second, better) if second.nats > first.nats else (first, grid.start)
