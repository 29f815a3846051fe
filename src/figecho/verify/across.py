"""What two gels share that runs neither along their bands nor along their lanes.

Lanes of one protocol share the shape of every band, its skirts and the streaks between lanes: all
of it changes along one direction and hardly along the other. The mixed second derivative along both
is zero for anything of the kind, and dust, scratches, grain and ragged edges are what it leaves.
Where bands are steep their corners still agree, so it is asked on the membrane between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray
from figecho.verify.bands import SIGMAS_PX, density, mean_filter, smooth, tilt_rad
from figecho.verify.planes import correlation

#: So many octaves, finest first, are asked: the membrane holds few samples of the coarsest one.
OCTAVES = 3
#: The octave that shows how a gel is turned.
_SHAPES = 2
#: What the mixed derivative leaves of the standard deviation of an octave of noise, and the share
#: of it below which nothing is there.
_LEFT, _FLOOR = (2.24, 0.49, 0.13), 0.3


def correlation_across(
    a: Sequence[FloatArray], b: Sequence[FloatArray], both: BoolArray, where: BoolArray
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return how far two aligned gels agree in what is neither bands nor lanes.

    Parameters
    ----------
    a, b : sequence of ndarray of shape (h, w), float32
        Whitened octaves on one grid, finest first.
    both : ndarray of bool, shape (h, w)
        Where both can be asked.
    where : ndarray of bool, shape (h, w)
        Where they are asked.

    Returns
    -------
    correlation, samples : tuple of float
        For each octave, with the independent samples that it rests on.
    """
    turned_rad = tilt_rad(a[_SHAPES])
    weight = both.astype(np.float32)
    found = []
    for k in range(OCTAVES):
        planes = [_across(octaves[k], k, turned_rad, weight) for octaves in (a, b)]
        window_px = 2.0 * SIGMAS_PX[k + 1]
        rough = np.minimum(*(density(plane, window_px, weight) for plane in planes))
        found.append(correlation(planes[0], planes[1], rough, where))
    return tuple(rho for rho, _ in found), tuple(samples for _, samples in found)


def _across(octave: FloatArray, k: int, turned_rad: float, weight: FloatArray) -> FloatArray:
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
