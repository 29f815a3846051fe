"""The directions of a keypoint: the peaks in a histogram of the gradients around it.

Lowe, IJCV 2004, section 5.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.gradients import to_polar
from figecho.model import FloatArray

BINS = 36
_SPREAD, _REACH, _PEAK = 1.5, 3.0, 0.8
#: Pixels that a compiled loop takes at once.
_VECTOR = 8


def peaks(histograms: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Find every direction that is nearly as frequent as the most frequent one.

    Parameters
    ----------
    histograms : ndarray of shape (n, 36), float32
        Output of :func:`direction_histograms`.

    Returns
    -------
    rows : ndarray of shape (m,), int
        The histogram each peak is in, ascending.
    angle_deg : ndarray of shape (m,), float32
        Clockwise in the image, 0..360, between bins by a parabola.
    """
    before, after = np.roll(histograms, 1, axis=1), np.roll(histograms, -1, axis=1)
    least = _PEAK * histograms.max(axis=1, keepdims=True)
    rows, bins = np.nonzero((histograms > before) & (histograms > after) & (histograms >= least))
    left, here, right = before[rows, bins], histograms[rows, bins], after[rows, bins]
    exact = bins + 0.5 * (left - right) / (left - 2.0 * here + right)
    angle = (-360.0 / BINS * exact) % 360.0
    return rows, np.asarray(angle, dtype=np.float32)


@nb.njit(cache=True, error_model="numpy")
def direction_histograms(levels: FloatArray, points: NDArray[np.float64]) -> FloatArray:
    """Collect the directions of the gradients around each point, near ones counting most.

    Parameters
    ----------
    levels : ndarray of shape (6, h, w), float32
        One octave.
    points : ndarray of shape (n, 4), float64
        x, y, blur (pixels of the octave) and level of each point.

    Returns
    -------
    ndarray of shape (n, 36), float32
        Smoothed; bin ``k`` is centred ``k / 36`` of a turn counter-clockwise from the right.
    """
    height, width = levels.shape[1:]
    histograms = np.empty((points.shape[0], BINS), dtype=np.float32)
    largest = 0.0
    for n in range(points.shape[0]):
        largest = max(largest, points[n, 2])
    side = 2 * int(_REACH * _SPREAD * largest + 2.0) + 1
    across = np.empty(side * side + _VECTOR, dtype=np.float32)
    up = np.empty(side * side + _VECTOR, dtype=np.float32)
    weight = np.empty(side * side + _VECTOR, dtype=np.float32)
    columns = np.empty(side + _VECTOR, dtype=np.float32)
    raw = np.empty(BINS + 4, dtype=np.float32)
    one = np.uint64(1)
    for n in range(points.shape[0]):
        x, y, blur = points[n, 0], points[n, 1], points[n, 2]
        level = levels[int(points[n, 3])]
        reach = _REACH * _SPREAD * blur
        left, right = max(1, int(x - reach + 1.0)), min(width - 2, int(x + reach))
        top, bottom = max(1, int(y - reach + 1.0)), min(height - 2, int(y + reach))
        fall = -0.5 / (_SPREAD * blur) ** 2
        length = right - left + 1
        for i in range(length):
            columns[i] = np.exp(fall * (left + i - x) ** 2)
        count = 0
        for j in range(top, bottom + 1):
            row = np.float32(np.exp(fall * (j - y) ** 2))
            above, here, below = level[j - 1], level[j], level[j + 1]
            # Places without a sign are read without a question; whole vectors write beyond the
            # end of the row, where the next one begins.
            leftmost, begin = np.uint64(left), np.uint64(count)
            for i in range(np.uint64(min(-(-length // _VECTOR) * _VECTOR, width - 1 - left))):
                place, column = begin + i, leftmost + i
                across[place] = here[column + one] - here[column - one]
                up[place] = above[column] - below[column]
                weight[place] = row * columns[i]
            count += length
        to_polar(across, up, count)
        raw[:] = 0.0
        for k in range(count):
            b = int(up[k] * np.float32(BINS) + np.float32(0.5))
            raw[b + 2 if b < BINS else 2] += across[k] * weight[k]
        raw[0], raw[1] = raw[BINS], raw[BINS + 1]
        raw[BINS + 2], raw[BINS + 3] = raw[2], raw[3]
        for b in range(BINS):
            near, far = raw[b + 1] + raw[b + 3], raw[b] + raw[b + 4]
            histograms[n, b] = (6.0 * raw[b + 2] + 4.0 * near + far) / 16.0
    return histograms
