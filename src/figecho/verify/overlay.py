"""Two panels laid on each other, octave by octave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import BANDS
from figecho.verify.frame import Frame, warp_linear, warp_mask, warp_together
from figecho.verify.later import Later, in_groups
from figecho.verify.nats import averaged
from figecho.verify.planes import correlation

#: Which octaves are brought to the grid of A together: three tell the region.
_TOGETHER = ((0, 1, 2), (3,))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """Two panels laid on each other, octave by octave, on one grid; its planes may come later."""

    a: Sequence[FloatArray]
    b: Sequence[FloatArray]
    density: Sequence[FloatArray]
    steep: Sequence[FloatArray]
    both: BoolArray

    @property
    def steepness(self) -> FloatArray:
        """That of panel A, see :class:`figecho.verify.bands.Octaves`."""
        return self.steep[0]


def overlay(frame: Frame, geometry: Matrix, *, inverted: bool) -> Overlay:
    """Bring the octaves of B onto the grid of A.

    Parameters
    ----------
    frame : Frame
    geometry : ndarray of shape (3, 3)
        Grid of B from grid of A.
    inverted : bool
        Whether B has its tones inverted.
    """
    a, b, size = frame.a, frame.b, frame.size

    def values(some: tuple[int, ...]) -> Sequence[FloatArray]:
        planes = warp_together([b.values[k] for k in some], geometry, size)
        return [-plane for plane in planes] if inverted else planes

    def density(k: int) -> FloatArray:
        return np.minimum(a.density[k], warp_linear(b.density[k], geometry, size))

    both = a.usable & warp_mask(b.usable, geometry, size)
    core = np.asarray(cv2.erode(both.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    return Overlay(
        a=a.values,
        b=in_groups(values, _TOGETHER),
        density=Later(density, BANDS),
        steep=a.steep,
        both=core,
    )


def octave_by_octave(
    laid: Overlay, where: BoolArray, octaves: int = BANDS
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the correlation and the independent samples of each octave on some pixels."""
    planes = zip(laid.a[:octaves], laid.b[:octaves], laid.density[:octaves], strict=True)
    found = [correlation(a, b, density, where) for a, b, density in planes]
    return tuple(rho for rho, _ in found), tuple(samples for _, samples in found)


def averaged_octaves(
    laid: Overlay, where: BoolArray, octaves: int = BANDS
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what :func:`octave_by_octave` does, as it counts between two panels.

    See :func:`figecho.verify.nats.averaged`.
    """
    rho, samples = octave_by_octave(laid, where, octaves)
    return averaged(rho), samples
