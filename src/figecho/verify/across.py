"""What two gels share that runs neither along their bands nor along their lanes.

Lanes of one protocol share the shape of every band, its skirts and the streaks between lanes: all
of it changes along one direction and hardly along the other. The mixed second derivative along both
is zero for anything of the kind, and dust, scratches, grain and ragged edges are what it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from figecho.model import FloatArray
from figecho.verify.bands import SHAPES, SIGMAS_PX, density, mean_filter, smooth, tilt_rad
from figecho.verify.later import Later
from figecho.verify.overlay import Overlay

#: So many octaves are asked: of the coarsest one a membrane holds few samples.
OCTAVES = 3
#: What the mixed derivative leaves of the standard deviation of an octave of noise, and the share
#: of it below which nothing is there.
_LEFT, _FLOOR = (2.24, 0.49, 0.13), 0.3


def across(laid: Overlay) -> Overlay:
    """Return two aligned gels without what runs along their bands and lanes, in three octaves.

    Each octave is computed when it is first asked for.
    """
    turned_rad = tilt_rad(laid.a[SHAPES])
    weight = laid.both.astype(np.float32)

    def mixed(octaves: Sequence[FloatArray]) -> Sequence[FloatArray]:
        return Later(lambda k: _mixed(octaves[k], k, turned_rad, weight), OCTAVES)

    a, b = mixed(laid.a), mixed(laid.b)

    def rough(k: int) -> FloatArray:
        return np.minimum(*(density(left[k], 2.0 * SIGMAS_PX[k + 1], weight) for left in (a, b)))

    return Overlay(a=a, b=b, density=Later(rough, OCTAVES), steep=laid.steep, both=laid.both)


def _mixed(octave: FloatArray, k: int, turned_rad: float, weight: FloatArray) -> FloatArray:
    """Return the mixed derivative of an octave along two directions, at about unit variance."""
    plane = octave if k == 0 else smooth(octave, SIGMAS_PX[k])
    along_x, along_y, mixed = (
        cv2.Sobel(plane, cv2.CV_32F, *orders) for orders in ((2, 0), (0, 2), (1, 1))
    )
    turned = 0.5 * np.sin(2.0 * turned_rad) * (along_y - along_x) + np.cos(2.0 * turned_rad) * mixed
    left = np.asarray(turned * (weight / _LEFT[k]), dtype=np.float32)
    window_px = 2.5 * SIGMAS_PX[k + 1]
    power = mean_filter(left * left, window_px) / (mean_filter(weight, window_px) + 1e-3)
    return np.asarray(left / np.sqrt(power + _FLOOR**2), dtype=np.float32)
