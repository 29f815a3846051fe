"""One proposal in, a verified echo or none out: the pixels decide what keypoints propose."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described
from figecho.match.propose import Proposal
from figecho.match.whole import same_around, whole_motion
from figecho.model import Matrix
from figecho.verify import frame as frames
from figecho.verify import inside as within
from figecho.verify.agree import Agreement, agreement, octave_by_octave, overlay
from figecho.verify.align import align
from figecho.verify.bands import RATHER_A_GEL
from figecho.verify.exact import grainy, same_pixels
from figecho.verify.outline import filled, outline, transform_points

_SMALL_SHARE = 0.1
_MARGIN_PX = 12.0
#: So many keypoints are asked on the full grid though the coarse one says nothing: a smooth gel or
#: a small panel holds too few independent samples there.
_MANY = 12
#: Correlation of the finest octave inside a panel, around its keypoints and over all that agrees,
#: below which an alignment is not worth trying: two places that are copies begin above 0.4 under
#: the motion of their keypoints, chance ones at 0.1 to 0.3.
_SAME_GRAIN, _SAME_START = 0.35, 0.3
#: Of the evidence that an echo inside a panel needs, what its keypoints must show around them: of
#: 83 clones the least had twice as much as is needed in all, of chance ones two in three had less.
_NEAR_WORTH = 0.5
#: By how much coarser two gels are asked again.
_AFAR = 2


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
    same : bool
        Whether it is one panel, and both places are the same to the pixel.
    pattern : float
        How much the region is like what lies a little way off, where it is one panel.
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
    same: bool = False
    pattern: float = 0.0


def verified(a: Described, b: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Ask the pixels: first on a coarse grid, then, if they do not object, on the full one.

    A small copy would drown on the coarse grid, and an alignment of all the pixels would not see
    it: keypoints that stand close together are asked on the full grid, about their own place first.
    """
    settings = config.verify
    same = _same_pixels(a, proposal, config) if a is b else None
    if same is not None or proposal.whole:
        return same
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
            result, geometry = _best(a is b, near, proposal, least, config, rough=True)
            # Near the keypoints alone a small copy between panels may show little.
            near_least = least if a is b else settings.gate_nats
            near_worth = _NEAR_WORTH * settings.min_nats
            if result.nats < near_least or (a is b and _worth(result, inside=True) < near_worth):
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
            if a is not b and budget == settings.max_px and grid.banded > 0.0:
                afar, coarse, geometry_afar = _from_afar(a, b, grid, geometry, proposal, config)
                if afar.nats > result.nats:
                    result, grid, geometry = afar, coarse, geometry_afar
            if result.nats < least:
                if budget == settings.max_px or len(proposal.points_a) < _MANY:
                    return None
                continue
        b_from_a = grid.to_panels(geometry)
    region, in_shape, nats, pattern = result.region, False, result.nats, 0.0
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
        pattern = within.pattern(grid, geometry, region)
        # The next lane stands in a row with this one; what lies elsewhere is no lane of this gel.
        if grid.a.banded > RATHER_A_GEL and within.in_a_row(grid, geometry, region):
            result = within.away_from_bands(grid, geometry, result, inverted=inverted)
        nats = within.inside_nats(result.rho[0], result.samples[0], b_from_a, pattern=pattern)
        if nats <= 0.0:
            return None
    polygon = transform_points(grid.a_from_grid, outline(region))
    if len(polygon) < 3 or (a is b and not within.disjoint(polygon, b_from_a, in_shape=in_shape)):
        return None
    polygon = np.clip(polygon, 0.0, [a.panel.shape[1] - 1, a.panel.shape[0] - 1])
    if a is b and grid.size != a.panel.shape[::-1]:
        result = _in_full_size(a, polygon, b_from_a, result, config)
        nats = within.inside_nats(result.rho[0], result.samples[0], b_from_a, pattern=pattern)
        if nats <= 0.0:
            return None
    found = _echo(proposal, b_from_a, polygon, replace(result, nats=nats))
    return replace(found, pattern=pattern)


def _same_pixels(a: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Return the echo of a copy inside a panel that was only moved, and so kept its noise."""
    points = proposal.points_a
    motion = whole_motion(proposal.b_from_a, points) if len(points) else None
    if motion is None:
        return None
    b_from_a = same_around(a.panel.grey, a.panel.usable, motion, points)
    if b_from_a is None:
        return None
    full = _full_size(a, b_from_a)
    min_shift_px = config.match.min_shift_px
    apart = within.apart(full, b_from_a, min_shift_px)
    found = same_pixels(full.a, b_from_a, apart, grainy(a.panel.grey))
    if found is None or found.nats < config.verify.min_nats:
        return None
    # The halves of a drawn emblem are the same to the pixel, too.
    if within.symmetric(full, b_from_a, found, inverted=False, min_shift_px=min_shift_px):
        return None
    polygon = outline(found.region)
    if len(polygon) < 3 or not within.disjoint(polygon, b_from_a, in_shape=False):
        return None
    return replace(_echo(proposal, b_from_a, polygon, found), same=True)


def _echo(
    proposal: Proposal, b_from_a: Matrix, polygon: NDArray[np.float64], found: Agreement
) -> Echo:
    """Return an echo with what its verification tells; the rest is measured if it survives."""
    return Echo(
        proposal=proposal,
        methods=(proposal.method,),
        b_from_a=b_from_a,
        polygon_a=polygon,
        polygon_b=transform_points(b_from_a, polygon),
        nats=found.nats,
        chance=0.0,
        zncc=found.zncc,
        rho=found.rho,
        samples=found.samples,
        differing=0.0,
        overlap_a=0.0,
        overlap_b=0.0,
    )


def _full_size(a: Described, b_from_a: Matrix) -> frames.Frame:
    """Return a panel and itself on grids of all its pixels."""
    octaves, panel_from_view = a.views.at(1.0)
    return frames.Frame(
        a=octaves, b=octaves, a_from_grid=panel_from_view, b_from_bgrid=panel_from_view,
        start=b_from_a, panel_px=octaves.usable.size,
    )  # fmt: skip


def _in_full_size(
    a: Described, polygon: NDArray[np.float64], b_from_a: Matrix, result: Agreement, config: Config
) -> Agreement:
    """Measure the finest octave of a copy inside a large panel on all its pixels, if it is less.

    On a smaller grid the finest octave is no longer that of the grain: there windows and tiles
    agree as well as copies do, and only in full size they do not.
    """
    settings = config.verify
    last = np.array(a.panel.shape[::-1]) - 1
    low = np.clip(np.floor(polygon.min(axis=0)), 0, last).astype(int)
    high = np.clip(np.ceil(polygon.max(axis=0)), 0, last).astype(int)
    part = frames.cropped(
        _full_size(a, b_from_a), (low[0], low[1]), (high[0], high[1]), settings.max_drift_px
    )
    better = align(
        part, inverted=False, max_iterations=settings.iterations,
        max_drift_px=settings.max_drift_px,
    )  # fmt: skip
    where = filled(polygon - low, part.size)
    grain = []
    for geometry in (part.start, better):
        laid = overlay(part, geometry, inverted=False)
        rho, samples = octave_by_octave(laid, where & laid.both)
        grain.append((within.inside_nats(rho[0], samples[0], b_from_a), rho[0], samples[0]))
    nats, rho_0, samples_0 = max(grain)
    if nats >= within.inside_nats(result.rho[0], result.samples[0], b_from_a):
        return result
    return replace(result, rho=(rho_0, *result.rho[1:]), samples=(samples_0, *result.samples[1:]))


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


def _from_afar(
    a: Described, b: Described, grid: frames.Frame, geometry: Matrix, proposal: Proposal,
    config: Config,
) -> tuple[Agreement, frames.Frame, Matrix]:  # fmt: skip
    """Ask two gels again at half the resolution, where the noise of a dark or rescanned one ends.

    Whatever they share is judged as a part of either: the membrane between the bands must agree in
    its finest octaves, for the coarser ones show the bands.
    """
    coarse = grid_of(a, b, grid.to_panels(geometry), int(grid.panel_px) // _AFAR**2)
    parts = replace(coarse, panel_px=math.inf)
    result, geometry = _best(False, parts, proposal, config.verify.min_nats, config, rough=True)
    return result, coarse, geometry


def _spread(result: Agreement, window: tuple[slice, slice], grid: frames.Frame) -> Agreement:
    """Lay the region found in a part on the whole grid."""
    region = np.zeros(grid.size[::-1], dtype=bool)
    region[window] = result.region
    return replace(result, region=region)


def _best(
    inside: bool, grid: frames.Frame, proposal: Proposal, least: float, config: Config,
    *, rough: bool = False,
) -> tuple[Agreement, Matrix]:  # fmt: skip
    """Agreement under the proposal or, if the pixels are worth asking, under its refinement.

    A ``rough`` proposal is refined in any case.
    """
    inverted = proposal.form.inverted
    settings = config.verify
    apart = within.apart(grid, grid.start, config.match.min_shift_px) if inside else None
    # Inside a gel its other lanes tell how alike look-alikes are.
    banded = 0.0 if inside else grid.banded

    def under(geometry: Matrix) -> Agreement:
        laid = overlay(grid, geometry, inverted=inverted)
        return agreement(laid, within=apart, banded=banded, panel_px=grid.panel_px)

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
