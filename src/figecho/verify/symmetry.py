"""Two sides of one object: symmetric by nature, and no copies of each other.

A face, a shell or a dish agrees with its own mirror image, a power spectrum with itself after half
a turn. What tells such sides from copies is what lies between them, at the axis or the centre.
"""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, Matrix
from figecho.verify.agree import Agreement, agreeing_region, cosine
from figecho.verify.bands import RATHER_A_GEL
from figecho.verify.frame import Frame, around_both
from figecho.verify.inside import SAME_GRAIN, apart, moves
from figecho.verify.nats_inside import EXACT, rigid
from figecho.verify.overlay import Overlay, overlay

#: So many pixels near the axis tell, those that are moved by more than next to nothing; and what
#: share of the correlation of the region they have in one object.
_AXIS_PX, _TRIVIAL_PX, _AXIS_GRAIN = 60, 4.0, 0.6
#: How far a mirrored place may slide along the axis and still be the other half of one object, and
#: the correlation of the finest octave that no two halves reach.
_GLIDE_PX, _SAME_BY_COPY = 2.0, 0.9


def one_object(b_from_a: Matrix, rho: float) -> bool:
    """Whether a motion only mirrors, without sliding along the axis: the halves of a face, a shell.

    What is mirrored and pasted seldom comes to lie square across from where it was taken; where the
    grain is the same it is a copy all the same.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    rho : float
        Correlation of the finest octave.
    """
    linear = b_from_a[:2, :2] / b_from_a[2, 2]
    if np.linalg.det(linear) > 0:
        return False
    # Along its axis a reflection leaves directions as they are.
    angle = 0.5 * np.arctan2(linear[1, 0] + linear[0, 1], linear[0, 0] - linear[1, 1])
    glide_px = float(np.array([np.cos(angle), np.sin(angle)]) @ (b_from_a[:2, 2] / b_from_a[2, 2]))
    return abs(glide_px) <= _GLIDE_PX and rho < _SAME_BY_COPY


def symmetric(
    grid: Frame, geometry: Matrix, result: Agreement, *, inverted: bool, min_shift_px: float
) -> bool:
    """Whether the agreement runs on through the axis: one symmetric object, not two places.

    Near the axis of a mirroring, or the centre of a half turn, every pixel falls close to itself,
    and is left out of the region. Between two copies the panel shows something else there, though
    bands and lanes may still agree in shape: where the region keeps its grain, so must the axis.
    """
    laid = overlay(grid, geometry, inverted=inverted)
    near = (
        laid.both & ~apart(grid, geometry, 1.5 * min_shift_px) & apart(grid, geometry, _TRIVIAL_PX)
    )
    ys, xs = np.nonzero(result.region)
    between = np.zeros_like(near)
    between[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    near &= between
    if np.count_nonzero(near) < _AXIS_PX:
        return False
    if result.rho[0] >= SAME_GRAIN:
        if grid.a.banded > RATHER_A_GEL:
            # Lanes are pasted edge to edge: beside its mirror image a copy looks like one object.
            # But what is pasted keeps its shape; the two halves of a lane do so only about.
            return not rigid(grid.to_panels(geometry), stretch=EXACT, scale=EXACT)
        return _agrees(laid, near, result.rho[0])
    agreeing = agreeing_region(laid.a, laid.b, laid.both)
    return bool(agreeing[near].mean() > 0.5)


def through_axis(grid: Frame, geometry: Matrix, result: Agreement, *, inverted: bool) -> bool:
    """Whether what agrees goes on to where pixels fall on themselves, the nearest of them first.

    Of two copies side by side :func:`symmetric` sees the near sides: it asks farther off than they
    may lie apart. What is between them agrees with nothing.
    """
    laid = overlay(grid, geometry, inverted=inverted)
    _, move = moves(grid, geometry)
    far = np.hypot(move[..., 0], move[..., 1])
    asked = np.zeros_like(laid.both)
    asked[around_both(grid, geometry, result.region)] = True
    asked &= laid.both & (far >= _TRIVIAL_PX)
    if np.count_nonzero(asked) < _AXIS_PX:
        return False
    nearest = np.partition(far[asked], _AXIS_PX - 1)[_AXIS_PX - 1]
    return _agrees(laid, asked & (far <= nearest), result.rho[0])


def _agrees(laid: Overlay, where: BoolArray, rho: float) -> bool:
    """Whether the finest octave agrees about as well somewhere as it does in all."""
    weight = np.sqrt(laid.density[0][where])
    together = cosine(weight * laid.a[0][where], weight * laid.b[0][where])
    return together > _AXIS_GRAIN * rho
