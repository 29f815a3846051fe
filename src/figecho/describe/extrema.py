"""Where differences of Gaussians have their extrema, to the pixel.

Lowe, IJCV 2004, section 3.1. The differences are never stored: one pass over the rows of an octave
holds those of three rows.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.pyramid import BORDER_PX, LAYERS
from figecho.model import FloatArray

_BLOCK = 32
_DOGS = LAYERS + 2


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
        Layer (1..3), row and column.
    """
    height, width = levels.shape[1:]
    dog = np.empty((3, _DOGS, width), dtype=np.float32)
    # Over three columns and three layers, of each of the last three rows.
    highest = np.empty((3, LAYERS, width), dtype=np.float32)
    lowest = np.empty((3, LAYERS, width), dtype=np.float32)
    # How far the middle row exceeds what it must exceed; from 0 on it is an extremum.
    excess = np.empty((LAYERS, width), dtype=np.float32)
    most = np.empty(width, dtype=np.float32)
    # As integers, whose conjunction is negative where all of a block are: one test for many.
    signs = most.view(np.int32)
    found = np.empty((1024, 3), dtype=np.int32)
    count = 0
    for row in range(BORDER_PX - 1, height - BORDER_PX + 1):
        slot = row % 3
        for s in range(_DOGS):
            lower, upper, d = levels[s, row], levels[s + 1, row], dog[slot, s]
            for x in range(width):
                d[x] = upper[x] - lower[x]
        for s in range(LAYERS):
            d0, d1, d2 = dog[slot, s], dog[slot, s + 1], dog[slot, s + 2]
            high, low = highest[slot, s], lowest[slot, s]
            for x in range(width):
                top = d0[x] if d0[x] > d1[x] else d1[x]
                most[x] = top if top > d2[x] else d2[x]
            for x in range(1, width - 1):
                top = most[x - 1] if most[x - 1] > most[x + 1] else most[x + 1]
                high[x] = top if top > most[x] else most[x]
            for x in range(width):
                bottom = d0[x] if d0[x] < d1[x] else d1[x]
                most[x] = bottom if bottom < d2[x] else d2[x]
            for x in range(1, width - 1):
                bottom = most[x - 1] if most[x - 1] < most[x + 1] else most[x + 1]
                low[x] = bottom if bottom < most[x] else most[x]
        if row < BORDER_PX + 1:
            continue
        middle = (row - 1) % 3
        for s in range(LAYERS):
            d, beyond = dog[middle, s + 1], excess[s]
            h0, h1, h2 = highest[0, s], highest[1, s], highest[2, s]
            b0, b1, b2 = lowest[0, s], lowest[1, s], lowest[2, s]
            for x in range(1, width - 1):
                top = h0[x] if h0[x] > h1[x] else h1[x]
                top = top if top > h2[x] else h2[x]
                bottom = b0[x] if b0[x] < b1[x] else b1[x]
                bottom = bottom if bottom < b2[x] else b2[x]
                above = d[x] - (top if top > threshold else threshold)
                below = (bottom if bottom < -threshold else -threshold) - d[x]
                beyond[x] = above if above > below else below
        e0, e1, e2 = excess[0], excess[1], excess[2]
        for x in range(1, width - 1):
            top = e0[x] if e0[x] > e1[x] else e1[x]
            most[x] = top if top > e2[x] else e2[x]
        for start in range(BORDER_PX, width - BORDER_PX, _BLOCK):
            stop = min(start + _BLOCK, width - BORDER_PX)
            negative = np.int32(-1)
            for x in range(start, stop):
                negative &= signs[x]
            if negative < 0:
                continue
            for x in range(start, stop):
                for s in range(LAYERS):
                    if excess[s, x] >= 0.0:
                        if count == found.shape[0]:
                            longer = np.empty((2 * count, 3), dtype=np.int32)
                            longer[:count] = found
                            found = longer
                        found[count, 0], found[count, 1], found[count, 2] = s + 1, row - 1, x
                        count += 1
    return found[:count]
