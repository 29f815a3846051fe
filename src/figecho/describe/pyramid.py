"""The Gaussian scale space of a view, built once and read by every stage of SIFT.

Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, section 3: the view
at twice its size, blurred in steps of a third of an octave; each octave starts from every second
pixel of the one before, where the blur has doubled.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray

LAYERS = 3
"""Scales an octave at which extrema are sought."""
SIGMA_PX = 1.6
"""Blur of the first level of an octave, in pixels of that octave."""
BORDER_PX = 5
"""Margin of an octave without extrema: its levels are made of reflections there."""
_CAMERA_PX = 0.5
"""Blur that a view is taken to have."""
_MARGIN_PX = 12
"""How far the two blurs at half the size reach."""
_ENLARGED_PX = 0.5
"""Blur that ``cv2.pyrUp`` adds: its binomial kernel, in pixels of the smaller image."""


def gaussian_octaves(view: FloatArray) -> tuple[FloatArray, ...]:
    """Blur a view into octaves of Gaussian levels, so that blobs of every size have one to fit.

    Pixel ``x`` of octave ``o`` lies at ``(x * 2**o + 0.5) / 2 - 0.5`` in the view.

    Parameters
    ----------
    view : ndarray of shape (h, w), float32

    Returns
    -------
    tuple of ndarrays of shape (6, h_o, w_o), float32
        Level ``i`` has a blur of ``1.6 * 2**(i / 3)`` pixels of its octave. Empty where the view is
        too small for an extremum.
    """
    size = (2 * view.shape[1], 2 * view.shape[0])
    doubled = cv2.resize(view, size, interpolation=cv2.INTER_LINEAR)
    first = cv2.GaussianBlur(doubled, (0, 0), _added(2.0 * _CAMERA_PX, SIGMA_PX))
    octaves: list[FloatArray] = []
    while min(first.shape) > 2 * BORDER_PX:
        octaves.append(_levels(first))
        first = np.ascontiguousarray(octaves[-1][LAYERS, ::2, ::2])
    return tuple(octaves)


def _levels(first: FloatArray) -> FloatArray:
    """Blur the first level of an octave step by step into all of them.

    The last two are blurred at half their size, where they lose nothing, which is far cheaper.
    """
    levels = np.empty((LAYERS + 3, *first.shape), dtype=np.float32)
    levels[0] = first
    blur = blur_at(np.arange(LAYERS + 3.0))
    for i in range(1, LAYERS + 1):
        cv2.GaussianBlur(levels[i - 1], (0, 0), _added(blur[i - 1], blur[i]), dst=levels[i])
    rows, columns = ((n + 1) // 2 for n in first.shape)
    half, before = _half(levels[LAYERS]), 0.5 * blur[LAYERS]
    for i in (LAYERS + 1, LAYERS + 2):
        after = _added(_ENLARGED_PX, 0.5 * blur[i])
        half = cv2.GaussianBlur(half, (0, 0), _added(before, after))
        cv2.pyrUp(half[:rows, :columns], dst=levels[i], dstsize=first.shape[::-1])
        before = after
    return levels


def _half(level: FloatArray) -> FloatArray:
    """Take every second pixel, and beyond the far borders those of the level's reflection."""
    # The last pixel is the mirror; where it is left out, the one before it comes twice.
    down, right = (cv2.BORDER_REFLECT_101 if n % 2 else cv2.BORDER_REFLECT for n in level.shape)
    half = cv2.copyMakeBorder(level[::2, ::2], 0, _MARGIN_PX, 0, 0, down)
    return np.asarray(cv2.copyMakeBorder(half, 0, 0, 0, _MARGIN_PX, right), dtype=np.float32)


def blur_at(level: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the blur at levels, also between two, in pixels of their octave."""
    return np.asarray(SIGMA_PX * 2.0 ** (level / LAYERS), dtype=np.float64)


def _added(before: float, after: float) -> float:
    """Return the blur that makes ``after`` of ``before``."""
    return float(np.sqrt(after**2 - before**2))
