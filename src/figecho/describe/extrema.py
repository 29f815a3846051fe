"""Where differences of Gaussians have their extrema, to the pixel.

Lowe, IJCV 2004, section 3.1. The differences are never stored: an octave is looked through in
strips of columns, and those of three rows of a strip fit into the fastest memory.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.pyramid import BORDER_PX, LAYERS
from figecho.model import FloatArray

_STRIP = 128
# All that is held lies in one array, at distances known when this is compiled, and places have no
# sign: so the compiler sees that nothing overlaps and makes vector instructions of each loop.
_WIDE, _ONE = np.uint64(_STRIP + 16), np.uint64(1)
#: Of a row: the three differences in the middle; the highest and the lowest of three layers each;
#: the same over three columns.
_HERE, _HIGH, _LOW, _HIGHEST, _LOWEST, _ROW = (np.uint64(3 * k) * _WIDE for k in range(6))
#: After three rows: how far the middle one exceeds what it must exceed, in each layer and at most.
_EXCESS, _MOST, _ALL = (np.uint64(3 * k) * _WIDE for k in (15, 16, 17))


@nb.njit(cache=True, error_model="numpy")
def candidates(levels: FloatArray, threshold: np.float32) -> NDArray[np.int32]:
    """Find every difference that none of its 26 neighbours exceeds.

    Parameters
    ----------
    levels : ndarray of shape (6, h, w), float32
        One octave.
    threshold : float32
        What a difference must exceed on either side of 0, in grey levels.

    Returns
    -------
    ndarray of shape (n, 3), int32
        Layer (1..3), row and column, from strip to strip and from row to row.
    """
    height, width = levels.shape[1:]
    planes = np.zeros(_ALL, dtype=np.float32)
    # As integers, whose conjunction is negative where all of a row are: one test for many.
    signs = planes.view(np.int32)
    found = np.empty((1024, 3), dtype=np.int32)
    count = 0
    for left in range(BORDER_PX - 1, width - BORDER_PX - 1, _STRIP):
        last = min(_STRIP, width - BORDER_PX - 1 - left)
        for row in range(BORDER_PX - 1, height - BORDER_PX + 1):
            _take_row(levels, row, np.uint64(left), np.uint64(last + 2), planes)
            if row < BORDER_PX + 1:
                continue
            _compare(planes, np.uint64((row - 1) % 3), np.uint64(last + 1), threshold)
            negative = np.int32(-1)
            for k in range(_MOST + _ONE, _MOST + np.uint64(last + 1)):
                negative &= signs[k]
            if negative < 0:
                continue
            for x in range(1, last + 1):
                if signs[_MOST + np.uint64(x)] < 0:
                    continue
                for s in range(LAYERS):
                    if planes[_EXCESS + np.uint64(s) * _WIDE + np.uint64(x)] >= 0.0:
                        if count == found.shape[0]:
                            longer = np.empty((2 * count, 3), dtype=np.int32)
                            longer[:count] = found
                            found = longer
                        found[count, 0], found[count, 1], found[count, 2] = s + 1, row - 1, left + x
                        count += 1
    return found[:count]


@nb.njit(cache=True, error_model="numpy")
def _take_row(
    levels: FloatArray, row: int, left: np.uint64, count: np.uint64, planes: FloatArray
) -> None:
    """Write the differences of a row, and the extrema of those beside each other."""
    l0, l1, l2, l3, l4, l5 = (
        levels[0, row], levels[1, row], levels[2, row],
        levels[3, row], levels[4, row], levels[5, row],
    )  # fmt: skip
    slot = np.uint64(row % 3) * _ROW
    here, high, low = slot + _HERE, slot + _HIGH, slot + _LOW
    for x in range(count):
        i = left + x
        d0, d1, d2, d3 = l1[i] - l0[i], l2[i] - l1[i], l3[i] - l2[i], l4[i] - l3[i]
        d4 = l5[i] - l4[i]
        planes[here + x] = d1
        planes[here + _WIDE + x] = d2
        planes[here + _WIDE + _WIDE + x] = d3
        lower, upper = _more(d1, d2), _more(d2, d3)
        planes[high + x] = _more(d0, lower)
        planes[high + _WIDE + x] = _more(lower, d3)
        planes[high + _WIDE + _WIDE + x] = _more(upper, d4)
        lower, upper = _less(d1, d2), _less(d2, d3)
        planes[low + x] = _less(d0, lower)
        planes[low + _WIDE + x] = _less(lower, d3)
        planes[low + _WIDE + _WIDE + x] = _less(upper, d4)
    for s in range(LAYERS):
        high, low = slot + _HIGH + np.uint64(s) * _WIDE, slot + _LOW + np.uint64(s) * _WIDE
        for x in range(_ONE, count - _ONE):
            k = high + x
            top = _more(planes[k - _ONE], planes[k + _ONE])
            planes[k + (_HIGHEST - _HIGH)] = _more(top, planes[k])
            k = low + x
            bottom = _less(planes[k - _ONE], planes[k + _ONE])
            planes[k + (_LOWEST - _LOW)] = _less(bottom, planes[k])


@nb.njit(cache=True, error_model="numpy")
def _compare(planes: FloatArray, middle: np.uint64, stop: np.uint64, threshold: np.float32) -> None:
    """Write how far the row in the middle exceeds its neighbours; from 0 on it is an extremum."""
    for s in range(LAYERS):
        layer = np.uint64(s) * _WIDE
        here = middle * _ROW + _HERE + layer
        for x in range(_ONE, stop):
            k = _HIGHEST + layer + x
            top = _more(_more(planes[k], planes[k + _ROW]), planes[k + _ROW + _ROW])
            k = _LOWEST + layer + x
            bottom = _less(_less(planes[k], planes[k + _ROW]), planes[k + _ROW + _ROW])
            above = planes[here + x] - _more(top, threshold)
            below = _less(bottom, -threshold) - planes[here + x]
            planes[_EXCESS + layer + x] = _more(above, below)
    for x in range(_ONE, stop):
        k = _EXCESS + x
        planes[_MOST + x] = _more(_more(planes[k], planes[k + _WIDE]), planes[k + _WIDE + _WIDE])


@nb.njit(cache=True, error_model="numpy")
def _more(a: np.float32, b: np.float32) -> np.float32:
    return a if a > b else b


@nb.njit(cache=True, error_model="numpy")
def _less(a: np.float32, b: np.float32) -> np.float32:
    return a if a < b else b
