"""A region of a panel that recurs inside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Config
from figecho.describe.described import Described
from figecho.echo.asked import (
    SAME_START,
    Asked,
    around_keypoints,
    best,
    between_grids,
    grid_of,
    is_small,
    points_on,
    refined,
)
from figecho.echo.echo import Echo, echo_of
from figecho.echo.unchanged import full_size
from figecho.match.propose import Proposal
from figecho.model import BoolArray, Matrix
from figecho.verify import inside as within
from figecho.verify import lanes, symmetry
from figecho.verify.across import across
from figecho.verify.agree import Agreement, agreement
from figecho.verify.exact import grainy
from figecho.verify.fields import SURE_NATS, beside_curves
from figecho.verify.frame import cropped
from figecho.verify.membrane import calmer
from figecho.verify.nats_inside import across_nats, inside_nats, rigid
from figecho.verify.outline import filled, outline, transform_points
from figecho.verify.overlay import Overlay, octave_by_octave, overlay

#: Correlation of the finest octave around the keypoints below which no alignment is worth trying.
_SAME_GRAIN = 0.35
#: Share of the samples of a region that lies where hardly a pixel is like all its neighbours: 0.5
#: and more in copies, none in a dark gel saved in blocks of a few tones.
_GRAINY = 0.25
#: A rim that agrees with itself holds so many samples at least, and is worth so many times what is
#: left beside its curves.
_MANY_SAMPLES, _BESIDE_WEIGHS = 60.0, 3.0
#: Where hardly anything is to be seen but the rim of a dish, two parts of it show more: 100 nats at
#: most in 400 drawn ones, by 0.014 samples a pixel; small copies in fields by 0.027 and more.
_SPARSE, _DISH_NATS = 0.02, 300.0
#: What no two sides of one object show: of 24 in 420 pictures, photographs among them, the most was
#: 67 nats; of ten pairs of copies that were taken for such, all but one have 200 and more.
_TWO_PLACES_NATS = 150.0


def inside_panel(a: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Return the echo of a proposal inside a panel, None where the pixels object.

    The finest octave decides, which a coarse grid does not show: all is asked on the full one.
    """
    asked = _asked(a, proposal, config)
    if asked is None:
        return None
    b_from_a = asked.grid.to_panels(asked.geometry)
    scene = lanes.scene_of(b_from_a, asked.grid.a, asked.grid.a.banded)
    least = _least_nats(asked, b_from_a, proposal, config, scene=scene)
    if least is None:
        return None
    found = _one_of_both(asked, proposal, config)
    if not found.region.any():
        return None
    banded = lanes.banded_around(asked.grid, asked.geometry, found.region)
    scene = lanes.scene_of(b_from_a, asked.grid.a, banded)
    if scene != "gel":
        asked, found = _realigned(asked, found, proposal, config, scene=scene)
        b_from_a = asked.grid.to_panels(asked.geometry)
    in_shape = asked.found.rho[0] < within.SAME_GRAIN
    place = (asked.grid, asked.geometry)
    plane = np.sqrt(asked.grid.a.density[0]) * asked.grid.a.values[0]
    pattern = within.pattern(plane, *place, found.region)
    nats_across = 0.0
    if scene != "field":
        laid = overlay(*place, inverted=proposal.form.inverted)
        membrane = calmer(laid, found.region)
        nats_across = _nats_across(asked, laid, membrane)
        # The next lane stands in a row with this one; what lies elsewhere is no lane of this gel.
        if scene == "gel" and lanes.in_a_row(*place, found.region):
            found = lanes.away_from_bands(laid, found, membrane)
    polygon = transform_points(asked.grid.a_from_grid, outline(found.region))
    if len(polygon) < 3 or not within.disjoint(polygon, b_from_a, in_shape=in_shape, scene=scene):
        return None
    polygon = np.clip(polygon, 0.0, np.array(a.panel.shape[::-1]) - 1)
    if asked.grid.size != a.panel.shape[::-1]:
        found = _in_full_size(a, polygon, b_from_a, found, config, scene=scene)
    if scene == "field" and found.samples[0] >= _MANY_SAMPLES:
        found = _beside_rims(asked, found, proposal, pattern)
    nats = inside_nats(found.rho, found.samples, b_from_a, pattern=pattern, scene=scene)
    nats = max(nats, nats_across)
    if nats <= least or not _has_grain(a, polygon):
        return None
    echo = echo_of(proposal, b_from_a, polygon, replace(found, nats=nats))
    return replace(echo, banded=banded, pattern=pattern, across=nats_across)


def _nats_across(asked: Asked, laid: Overlay, membrane: BoolArray) -> float:
    """Return the evidence for a copy in a gel that is neither bands nor lanes."""
    left = across(laid)
    shared = octave_by_octave(left, membrane, octaves=2)
    plane = np.sqrt(left.density[0]) * left.a[0]
    pattern = within.pattern(plane, asked.grid, asked.geometry, membrane)
    return across_nats(*shared, asked.grid.to_panels(asked.geometry), pattern=pattern)


def _beside_rims(asked: Asked, found: Agreement, proposal: Proposal, pattern: float) -> Agreement:
    """Measure a field beside its curves where little is left there: a rim fits itself by nature."""
    b_from_a = asked.grid.to_panels(asked.geometry)
    nats = inside_nats(found.rho, found.samples, b_from_a, pattern=pattern)
    sparse = found.samples[0] < _SPARSE * np.count_nonzero(found.region)
    if nats >= (_DISH_NATS if sparse else SURE_NATS):
        return found
    laid = overlay(asked.grid, asked.geometry, inverted=proposal.form.inverted)
    rho, samples = octave_by_octave(laid, beside_curves(laid, found.region))
    beside = inside_nats(rho, samples, b_from_a, pattern=pattern)
    return replace(found, rho=rho, samples=samples) if _BESIDE_WEIGHS * beside < nats else found


def _has_grain(a: Described, polygon: NDArray[np.float64]) -> bool:
    """Whether a region shows more than a few flat tones, whose steps agree wherever blocks meet."""
    octaves = a.views.at(1.0)[0]
    low = np.floor(polygon.min(axis=0)).astype(int)
    high = np.ceil(polygon.max(axis=0)).astype(int) + 1
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    where = filled(polygon - low, (high[0] - low[0], high[1] - low[1]))
    samples = octaves.density[0][window] * where
    told = samples * grainy(a.panel.grey[window])
    return bool(told.sum() >= _GRAINY * samples.sum())


def _asked(a: Described, proposal: Proposal, config: Config) -> Asked | None:
    """Ask on the full grid, about the surroundings of the keypoints first where they are close."""
    grid = grid_of(a, a, proposal.b_from_a, config.verify.max_px)
    points = points_on(grid, proposal)
    if len(points) and within.grain_shared(grid, points) < _SAME_GRAIN:
        return None
    if is_small(proposal, a.panel.shape):
        return around_keypoints(True, grid, proposal, config)
    least = config.verify.gate_nats
    asked = best(True, grid, proposal, least, config)
    if asked.found.rho[0] < SAME_START or asked.found.nats < least:
        return None
    return asked


def _least_nats(
    asked: Asked, b_from_a: Matrix, proposal: Proposal, config: Config, *, scene: lanes.Scene
) -> float | None:
    """Return the evidence that a motion must exceed, None for what is none of a copy.

    It bends, or turns one symmetric object onto itself; two sides of such an object are no copies
    unless they show more than any did, and agree with nothing between them.
    """
    if not rigid(b_from_a):
        return None
    # In a gel lanes are mirrored along their row; the two halves of a rim are smooth, and agree.
    rho = 0.0 if scene == "turned" else asked.found.rho[0]
    place, inverted = (asked.grid, asked.geometry, asked.found), proposal.form.inverted
    one = (scene != "gel" and symmetry.one_object(b_from_a, rho)) or symmetry.symmetric(
        *place, inverted=inverted, min_shift_px=config.match.min_shift_px
    )
    if not one:
        return 0.0
    if scene != "field" or symmetry.through_axis(*place, inverted=inverted):
        return None
    return _TWO_PLACES_NATS


def _one_of_both(asked: Asked, proposal: Proposal, config: Config) -> Agreement:
    """Keep one of the two places, for each of them is found as the copy of the other."""
    grid, geometry, found = asked.grid, asked.geometry, asked.found
    inverted = proposal.form.inverted
    one = within.one_side(grid, geometry, found.region)
    region = within.ahead(grid, geometry, one, inverted=inverted)
    if np.count_nonzero(region) >= found.region.sum() * 0.98:
        return replace(found, region=region)
    laid = overlay(grid, geometry, inverted=inverted)
    apart = within.apart(grid, geometry, config.match.min_shift_px)
    return agreement(laid, within=apart & region)


def _realigned(
    asked: Asked, found: Agreement, proposal: Proposal, config: Config, *, scene: lanes.Scene
) -> tuple[Asked, Agreement]:
    """Align a region once more by itself, if it is worth more then; not among upright lanes.

    What lies around it was moved by nothing, and pulls.
    """
    grid, inverted = asked.grid, proposal.form.inverted
    ys, xs = np.nonzero(found.region)
    low, high = (int(xs.min()), int(ys.min())), (int(xs.max()), int(ys.max()))
    drift_px = config.verify.max_drift_px
    part = cropped(replace(grid, start=asked.geometry), low, high, drift_px)
    alone = part.a.usable & found.region[low[1] : high[1] + 1, low[0] : high[0] + 1]
    own = replace(part, a=replace(part.a, usable=alone))
    better = refined(own, config, inverted=inverted)
    if better is own.start:
        return asked, found
    geometry = between_grids(grid, part, better)
    apart = within.apart(grid, geometry, config.match.min_shift_px)
    again = replace(
        asked, geometry=geometry,
        found=agreement(overlay(grid, geometry, inverted=inverted), within=apart),
    )  # fmt: skip
    if not again.found.region.any():
        return asked, found
    second = _one_of_both(again, proposal, config)
    if not second.region.any():
        return asked, found
    before, after = (
        inside_nats(f.rho, f.samples, x.grid.to_panels(x.geometry), scene=scene)
        for f, x in ((found, asked), (second, again))
    )
    return (again, second) if after > before else (asked, found)


def _in_full_size(
    a: Described, polygon: NDArray[np.float64], b_from_a: Matrix, result: Agreement, config: Config,
    *, scene: lanes.Scene,
) -> Agreement:  # fmt: skip
    """Measure a copy inside a large panel on all its pixels, if it is worth less there.

    On a smaller grid the finest octave is no longer that of the grain: there windows and tiles
    agree as well as copies do, and only in full size they do not.
    """
    settings = config.verify
    last = np.array(a.panel.shape[::-1]) - 1
    low = np.clip(np.floor(polygon.min(axis=0)), 0, last).astype(int)
    high = np.clip(np.ceil(polygon.max(axis=0)), 0, last).astype(int)
    part = cropped(
        full_size(a, b_from_a), (low[0], low[1]), (high[0], high[1]), settings.max_drift_px
    )
    better = refined(part, config, inverted=False)
    where = filled(polygon - low, part.size)
    grain = []
    for geometry in (part.start, better):
        laid = overlay(part, geometry, inverted=False)
        rho, samples = octave_by_octave(laid, where & laid.both)
        nats = inside_nats(rho, samples, b_from_a, scene=scene)
        grain.append((nats, rho, samples))
    nats, rho, samples = max(grain)
    if nats >= inside_nats(result.rho, result.samples, b_from_a, scene=scene):
        return result
    return replace(result, rho=rho, samples=samples)
