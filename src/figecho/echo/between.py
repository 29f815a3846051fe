"""A region of one panel that recurs in another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from figecho.config import Config
from figecho.describe.described import Described
from figecho.echo.asked import Asked, around_keypoints, best, grid_of, is_small, refined
from figecho.echo.echo import Echo, echo_of
from figecho.match.propose import Proposal
from figecho.verify.agree import agreement, agreement_from_afar
from figecho.verify.bands import RATHER_A_GEL
from figecho.verify.fields import SURE_NATS, left_of_fields
from figecho.verify.membrane import WHOLE_NATS
from figecho.verify.outline import outline, transform_points
from figecho.verify.overlay import overlay
from figecho.verify.patterns import are_bands, left_of_patterns

#: So many keypoints are asked on the full grid though the coarse one says nothing: a smooth gel or
#: a small panel holds too few independent samples there.
_MANY = 12
#: No parts of two gels of one protocol agree by so much though the panels are none.
_NO_BANDS_NATS = 400.0
#: By how much coarser two gels are asked again, and the shorter side that must be left of them.
_AFAR, _LEAST_SIDE_PX = 2, 40
#: And up to which evidence they are: the dust of a dark gel shows several times as much from afar.
_UNSURE_NATS = 3.0 * WHOLE_NATS


def between_panels(a: Described, b: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Return the echo of a proposal between two panels, None where the pixels object.

    Keypoints that stand close together are asked on the full grid, about their own place first.
    """
    if is_small(proposal, a.panel.shape):
        grid = grid_of(a, b, proposal.b_from_a, config.verify.max_px)
        asked = around_keypoints(False, grid, proposal, config)
    else:
        asked = _coarse_to_fine(a, b, proposal, config)
    if asked is None:
        return None
    asked = _beside_what_is_common(asked, inverted=proposal.form.inverted)
    if asked.found.nats < config.verify.min_nats:
        return None
    polygon = transform_points(asked.grid.a_from_grid, outline(asked.found.region))
    if len(polygon) < 3:
        return None
    polygon = np.clip(polygon, 0.0, np.array(a.panel.shape[::-1]) - 1)
    return echo_of(proposal, asked.grid.to_panels(asked.geometry), polygon, asked.found)


def _beside_what_is_common(asked: Asked, *, inverted: bool) -> Asked:
    """Leave two panels no more than they show beside what many panels of their kind share.

    Of two gels that is the pattern of their bands; of two fields the rims of dishes. Part of a
    panel may be a gel though the whole is none: that part is asked about its membrane.
    """
    found, grid = asked.found, asked.grid
    if grid.banded > RATHER_A_GEL:
        nats = left_of_patterns(found, grid.panel_px)
        return replace(asked, found=replace(found, nats=nats))
    if found.nats >= _NO_BANDS_NATS:
        return asked
    laid = overlay(grid, asked.geometry, inverted=inverted)
    nats = found.nats
    if are_bands(laid, found.region):
        nats = min(nats, agreement(laid, banded=1.0, panel_px=grid.panel_px).nats)
    elif grid.banded == 0.0 and nats < SURE_NATS:
        nats = min(nats, left_of_fields(laid, found.region))
    return replace(asked, found=replace(found, nats=nats))


def _coarse_to_fine(a: Described, b: Described, proposal: Proposal, config: Config) -> Asked | None:
    """Ask on a coarse grid and, if that does not object, on the full one."""
    settings = config.verify
    grid = grid_of(a, b, proposal.b_from_a, settings.gate_px)
    rough = proposal.method == "blocks"
    gate = best(False, grid, proposal, settings.gate_nats, config, rough=rough)
    b_from_a = proposal.b_from_a
    if gate.found.nats >= settings.gate_nats:
        b_from_a = grid.to_panels(gate.geometry)
    elif len(proposal.points_a) < _MANY:
        return None
    grid = grid_of(a, b, b_from_a, settings.max_px)
    asked = best(False, grid, proposal, settings.min_nats, config)
    unsure = grid.banded > 0.0 and asked.found.nats <= _UNSURE_NATS
    if unsure and min(grid.size) >= _AFAR * _LEAST_SIDE_PX:
        afar = _from_afar(a, b, asked, proposal, config)
        asked = afar if afar.found.nats > asked.found.nats else asked
    return asked if asked.found.nats >= settings.min_nats else None


def _from_afar(
    a: Described, b: Described, asked: Asked, proposal: Proposal, config: Config
) -> Asked:
    """Ask two gels again at half the resolution, where the noise of a dark one ends."""
    coarser_px = asked.grid.panel_px // _AFAR**2
    grid = grid_of(a, b, asked.grid.to_panels(asked.geometry), coarser_px)
    inverted = proposal.form.inverted
    better = refined(grid, config, inverted=inverted)
    laid = overlay(grid, better, inverted=inverted)
    found = agreement_from_afar(laid, banded=grid.banded)
    return Asked(found=found, grid=grid, geometry=better)
