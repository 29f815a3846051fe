"""Where in a gel a copy may lie, and what its lanes do not share by nature.

Lanes of one gel resemble each other and their mirror images, down to the skirts of their bands. A
copy among them is told by the membrane between the bands, or by what runs along neither: dust,
scratches and grain, which belong to one place alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, Matrix
from figecho.verify.agree import Agreement
from figecho.verify.bands import RATHER_A_GEL, SHAPES, Octaves, squareness, tilt_rad
from figecho.verify.fields import middle
from figecho.verify.frame import Frame, around_both
from figecho.verify.outline import transform_points
from figecho.verify.overlay import Overlay, octave_by_octave

Scene = Literal["field", "gel", "turned"]

#: How far neither bands nor their smiles lean, in 430 panels that pass for gels, real ones drawn
#: more than once and some generated.
TURNED_DEG = 20.0
_ROW_SLOPE = 0.15
#: How far edges lie square to each other around both places where a panel shows a gel and more:
#: 0.43 to 0.53 around lanes, 0.29 at most in 150 fields with a planted clone.
_SQUARE = 0.35


def scene_of(b_from_a: Matrix, octaves: Octaves, banded: float) -> Scene:
    """Return where a motion takes place: in no gel, in a gel, or in a gel whose bands it turns.

    Lanes resemble each other and their mirror images, but none lies across.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    octaves : Octaves
        Of the panel.
    banded : float, 0..1
        How far it is a gel or a blot there.
    """
    if banded <= RATHER_A_GEL:
        return "field"
    linear = b_from_a[:2, :2]
    if _turned_deg(linear) > TURNED_DEG and np.linalg.det(linear) < 0:
        # A mirror image turns with the gel, in whose own directions it is to be seen.
        tilt = tilt_rad(octaves.values[SHAPES])
        upright = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        linear = upright @ linear @ upright.T
    return "turned" if _turned_deg(linear) > TURNED_DEG else "gel"


def _turned_deg(linear: NDArray[np.float64]) -> float:
    """Return how far a motion turns what is level, 0..90; upside down and mirrored it still is."""
    (xx, xy), (yx, yy) = linear
    hand = 1.0 if xx * yy >= xy * yx else -1.0
    angle = np.arctan2(yx - hand * xy, xx + hand * yy)
    return float(np.degrees(np.arcsin(min(abs(np.sin(angle)), 1.0))))


def banded_around(grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> float:
    """Return how far a panel is a gel, or the part of it that holds both places, 0..1.

    A gel above a field, with no gutter between them, is a panel that is none.
    """
    if grid.a.banded > RATHER_A_GEL:
        return grid.a.banded
    part = around_both(grid, geometry, region)
    square = squareness(middle(grid.a.values)[part], grid.a.usable[part])
    return 1.0 if square >= _SQUARE else grid.a.banded


def in_a_row(grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> bool:
    """Whether a region is moved along the gel or across it, as from a lane to the next one."""
    ys, xs = np.nonzero(region)
    centre = np.array([[xs.mean(), ys.mean()]])
    there = transform_points(grid.b_from_bgrid @ geometry, centre)
    x, y = (there - transform_points(grid.a_from_grid, centre))[0]
    along = complex(x, y) * np.exp(-1j * tilt_rad(grid.a.values[SHAPES]))
    sides = np.sort(np.abs([along.real, along.imag]))
    return bool(sides[0] <= _ROW_SLOPE * sides[1])


def away_from_bands(laid: Overlay, result: Agreement, membrane: BoolArray) -> Agreement:
    """Measure the finest octave of a region of a gel on its membrane, the calmer half of it."""
    rho, samples = octave_by_octave(laid, membrane, octaves=1)
    return replace(result, rho=(rho[0], *result.rho[1:]), samples=(samples[0], *result.samples[1:]))
