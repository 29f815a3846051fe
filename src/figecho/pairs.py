"""Two described panels in, verified echoes out: the heart that ``scan`` and ``compare`` share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described
from figecho.describe.forms import ALL_FORMS, Form
from figecho.match.grow import residuals_px
from figecho.match.propose import Proposal, block_proposals, keypoint_proposals, patch_proposals
from figecho.model import Matrix
from figecho.verify import frame as frames
from figecho.verify import inside as within
from figecho.verify.agree import Agreement, agreement, overlay
from figecho.verify.align import align
from figecho.verify.chance import chance_nats
from figecho.verify.outline import outline, polygon_area, transform_points

_SMALL_SHARE = 0.1
_MARGIN_PX = 12.0
_SAME_PX = 1.0


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
    agreeing : float, 0..1
        Share of the textured overlap of both panels that agrees.
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
    agreeing: float
    overlap_a: float
    overlap_b: float


def echoes(a: Described, b: Described, config: Config) -> list[Echo]:
    """Find the regions that two panels share, or that recur inside one (``a is b``).

    Parameters
    ----------
    a, b : Described
    config : Config

    Returns
    -------
    list of Echo
        Strongest first; no two describe the same region.
    """
    found = [e for p in proposals(a, b, config) if (e := verified(a, b, p, config)) is not None]
    if a is b and found:
        found = _standing_out(found, a.views.at(1.0)[0].banded, config.verify.min_nats)
    found.sort(key=lambda e: (-_rank(e), e.proposal.method, tuple(np.round(e.b_from_a, 6).ravel())))
    kept: list[Echo] = []
    for echo in found:
        twin = next((k for k, other in enumerate(kept) if _same(echo, other, a is b)), None)
        if twin is None:
            kept.append(echo)
        elif _same_geometry(echo.b_from_a, kept[twin], a is b):
            kept[twin] = _joined(kept[twin], echo)
    measured = [_measured(a, b, e, config) for e in kept]
    return _witnessed(a, b, measured, config)


def proposals(a: Described, b: Described, config: Config) -> list[Proposal]:
    """Gather proposals, the dense and slower method only where keypoints are few."""
    found: list[Proposal] = []
    if "sift" in config.methods:
        found += keypoint_proposals(a, b, "sift", config)
    elif "orb" in config.methods:
        found += keypoint_proposals(a, b, "orb", config)
    plenty = max((len(p.points_a) for p in found), default=0) >= 20
    if "blocks" in config.methods and a is b:
        found += [p for p in patch_proposals(a, config) if not any(_repeats(p, q) for q in found)]
    elif "blocks" in config.methods and not plenty and _few_keypoints(a, b, config):
        found += block_proposals(a, b, config)
    return found


def _repeats(proposal: Proposal, other: Proposal) -> bool:
    """Whether another proposal takes the points of this one to the same places."""
    gaps = residuals_px(other.b_from_a, proposal.points_a, proposal.points_b)
    return bool(gaps.mean() < _SAME_PX)


def _few_keypoints(a: Described, b: Described, config: Config) -> bool:
    """Whether keypoints may miss a copy: few of them, or both panels small or thin."""
    settings = config.match
    if "sift" not in config.methods or min(len(a.sift), len(b.sift)) < settings.poor_keypoints:
        return True
    thinnest = max(min(a.panel.shape), min(b.panel.shape))
    return thinnest < settings.thin_px and min(len(a.sift), len(b.sift)) < settings.thin_keypoints


def verified(a: Described, b: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Ask the pixels: first on a coarse grid, then, if they do not object, on the full one.

    A small copy would drown on the coarse grid, and an alignment of all the pixels would not see
    it: keypoints that stand close together are asked on the full grid, about their own place first.
    """
    settings = config.verify
    b_from_a = proposal.b_from_a
    local = _small(proposal, a.panel.shape)
    gates = ((settings.gate_px, settings.gate_nats), (settings.max_px, settings.min_nats))
    for budget, least in gates[1:] if local else gates:
        grid = _grid(a, b, b_from_a, budget)
        if local:
            near, window = _near(grid, proposal, settings.max_drift_px)
            result, geometry = _best(a is b, near, proposal, least, config, rough=True)
            if result.nats < least or (a is b and _worth(result, inside=True) <= 0.0):
                return None
            grid = replace(grid, start=_between(grid, near, geometry))
            wider, geometry = _best(a is b, grid, proposal, least, config)
            if _worth(wider, inside=a is b) > _worth(result, inside=a is b):
                result = wider
            else:
                result, geometry = _spread(result, window, grid), grid.start
        else:
            result, geometry = _best(a is b, grid, proposal, least, config)
            if result.nats < least:
                return None
        b_from_a = grid.to_panels(geometry)
    region, in_shape, nats = result.region, False, result.nats
    inverted = proposal.form.inverted
    if a is b:
        in_shape = result.rho[0] < within.SAME_GRAIN
        if not within.rigid(b_from_a):
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
        agreeing=0.0,
        overlap_a=0.0,
        overlap_b=0.0,
    )


def _standing_out(found: list[Echo], banded: float, least: float) -> list[Echo]:
    """Weigh each echo inside a panel against the best of the others, and keep what remains."""
    kept = []
    for echo in found:
        others = [e.rho[0] for e in found if not _same_geometry(e.b_from_a, echo, True)]
        nats = within.inside_nats(
            echo.rho[0], echo.samples[0], echo.b_from_a,
            banded=banded, repeat=max(others, default=0.0),
        )  # fmt: skip
        if nats >= least:
            kept.append(replace(echo, nats=nats))
    return kept


def _worth(result: Agreement, *, inside: bool) -> float:
    """Return the evidence by which two regions for one motion are told apart."""
    if not inside:
        return result.nats
    return within.inside_nats(result.rho[0], result.samples[0], np.eye(3))


def _grid(a: Described, b: Described, b_from_a: Matrix, budget: int) -> frames.Frame:
    return frames.build(a.views, b.views, b_from_a, budget)


def _small(proposal: Proposal, shape: tuple[int, int]) -> bool:
    """Whether the keypoints of a proposal stand in a small part of panel A."""
    if len(proposal.points_a) < 3:
        return False
    area = float(np.prod(np.ptp(proposal.points_a, axis=0) + 1.0))
    return area < _SMALL_SHARE * shape[0] * shape[1]


def _near(
    grid: frames.Frame, proposal: Proposal, drift_px: float
) -> tuple[frames.Frame, tuple[slice, slice]]:
    """Return the surroundings of the keypoints, half as far again on each side, and their place."""
    grid_from_a = np.asarray(np.linalg.inv(grid.a_from_grid), dtype=np.float64)
    points = transform_points(grid_from_a, proposal.points_a)
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
    first = agreement(overlay(grid, grid.start, inverted=inverted), within=apart, banded=banded)
    rough = rough or (proposal.method == "blocks" and least == settings.gate_nats)
    if first.nats < 0.25 * least and not rough:
        return first, grid.start
    better = align(
        grid, inverted=inverted, max_iterations=settings.iterations,
        max_drift_px=settings.max_drift_px,
    )  # fmt: skip
    second = agreement(overlay(grid, better, inverted=inverted), within=apart, banded=banded)
    return (second, better) if second.nats > first.nats else (first, grid.start)


def _measured(a: Described, b: Described, echo: Echo, config: Config) -> Echo:
    """Add what only a surviving echo needs: the chance level and the shares."""
    grid = _grid(a, b, echo.b_from_a, config.verify.chance_px)
    laid = overlay(grid, grid.start, inverted=echo.proposal.form.inverted)
    apart = within.apart(grid, grid.start, config.match.min_shift_px) if a is b else None
    found = agreement(laid, within=apart, banded=0.0 if a is b else grid.banded)
    inside = frames.warp_mask(np.ones_like(grid.b.usable), grid.start, grid.size)
    covered = float(np.count_nonzero(inside)) / inside.size
    scale = abs(float(np.linalg.det(echo.b_from_a[:2, :2])))
    reduced = max(1.0, echo.nats / max(found.nats, 1.0))
    ratio = float(a.panel.bbox.area_px * scale / b.panel.bbox.area_px)
    return replace(
        echo,
        chance=chance_nats(laid, found.region) * reduced,
        agreeing=float(np.count_nonzero(found.region)) / max(1, int(np.count_nonzero(laid.both))),
        overlap_a=covered,
        overlap_b=float(min(1.0, covered * ratio)),
    )


def _witnessed(a: Described, b: Described, found: list[Echo], config: Config) -> list[Echo]:
    """Ask ORB for its own opinion where others proposed: it is named only if it agrees."""
    if "orb" not in config.methods or a is b or all("orb" in e.methods for e in found):
        return found
    forms = sorted({_form_of(e) for e in found}, key=ALL_FORMS.index)
    opinion = keypoint_proposals(a, b, "orb", config, forms=forms)
    return [
        replace(echo, methods=tuple(sorted({*echo.methods, "orb"})))
        if any(_close(p.b_from_a, echo) for p in opinion)
        else echo
        for echo in found
    ]


def _form_of(echo: Echo) -> Form:
    mirrored = bool(np.linalg.det(echo.b_from_a[:2, :2]) < 0)
    return Form(mirrored=mirrored, inverted=echo.proposal.form.inverted)


def _rank(echo: Echo) -> float:
    """Evidence, the plainest motion first: a symmetric shape also fits its own mirror image."""
    plain = np.linalg.det(echo.b_from_a[:2, :2]) > 0 and not echo.proposal.form.inverted
    return echo.nats * (1.3 if plain else 1.0)


def _joined(kept: Echo, other: Echo) -> Echo:
    """Merge two echoes of one geometry: the stronger pixels, all methods, the most inliers."""
    proposal = max((kept.proposal, other.proposal), key=lambda p: len(p.points_a))
    return replace(kept, proposal=proposal, methods=tuple(sorted({*kept.methods, *other.methods})))


def _same(echo: Echo, other: Echo, inside: bool) -> bool:
    """Whether two echoes cover mostly the same pixels in both panels."""
    straight = (
        _overlap(echo.polygon_a, other.polygon_a) > 0.3
        and _overlap(echo.polygon_b, other.polygon_b) > 0.3
    )
    crossed = inside and (
        _overlap(echo.polygon_a, other.polygon_b) > 0.3
        and _overlap(echo.polygon_b, other.polygon_a) > 0.3
    )
    return straight or crossed


def _same_geometry(b_from_a: Matrix, other: Echo, inside: bool) -> bool:
    back = np.asarray(np.linalg.inv(b_from_a), dtype=np.float64)
    return _close(b_from_a, other) or (inside and _close(back, other))


def _close(b_from_a: Matrix, echo: Echo) -> bool:
    """Whether a geometry takes the region of ``echo`` to about the same place."""
    there = transform_points(b_from_a, echo.polygon_a)
    size = np.sqrt(max(polygon_area(echo.polygon_b), 1.0))
    gap = float(np.linalg.norm(there - echo.polygon_b, axis=1).mean())
    return bool(np.isfinite(gap) and gap < max(4.0, 0.08 * size))


def _overlap(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Shared area of the bounding boxes as a share of the smaller one."""
    low = np.maximum(p.min(axis=0), q.min(axis=0))
    high = np.minimum(p.max(axis=0), q.max(axis=0))
    shared = float(np.prod(np.maximum(high - low, 0.0)))
    smaller = min(float(np.prod(np.ptp(p, axis=0))), float(np.prod(np.ptp(q, axis=0))))
    return shared / max(smaller, 1.0)
