"""Nearest neighbours among the descriptors of one panel, as they are and mirrored, some way off.

Mirroring only changes the sign of half of a descriptor, so one pair of products serves both. And
both similarities are symmetric, so each pair is multiplied once and offered to both of its points.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray

#: Pairs that are multiplied at once, so that the products stay in the cache, and how many of a row
#: are told from those near enough before the next ones.
_ROWS_AT_ONCE, _COLUMNS_AT_ONCE, _TOGETHER = 64, 512, 256


def nearest_apart(
    even: FloatArray, odd: FloatArray, xy: FloatArray,
    *, depth: int, floor: float, min_shift_px: float,
) -> tuple[FloatArray, NDArray[np.int32]]:  # fmt: skip
    """Return for each descriptor the few nearest ones that are far enough away.

    Parameters
    ----------
    even, odd : ndarray of shape (n, d), float32
        The parts of unit descriptors that mirroring keeps, and whose sign it changes.
    xy : ndarray of shape (n, 2), float32
        Where they stand.
    depth : int, > 0
        How many neighbours are wanted.
    floor : float
        Cosine above which a neighbour counts.
    min_shift_px : float

    Returns
    -------
    top : ndarray of shape (2, n, depth), float32
        Cosines in falling order, upright and mirrored; ``floor`` where there are no more.
    order : ndarray of shape (2, n, depth), int32
        Of which descriptors; of equal ones the first comes first.
    """
    count = len(xy)
    top = np.full((2, count, depth), floor, np.float32)
    order = np.zeros((2, count, depth), np.int32)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    # Short products run a fifth faster where nothing is left to be transposed.
    even_of, odd_of = np.ascontiguousarray(even.T), np.ascontiguousarray(odd.T)
    for row in range(0, count, _ROWS_AT_ONCE):
        rows = slice(row, row + _ROWS_AT_ONCE)
        for column in range(row, count, _COLUMNS_AT_ONCE):
            columns = slice(column, column + _COLUMNS_AT_ONCE)
            kept, turned = even[rows] @ even_of[:, columns], odd[rows] @ odd_of[:, columns]
            _offer(kept, turned, x, y, row, column, np.float32(min_shift_px**2), top, order)
    return top, order


@nb.njit(cache=True)
def _offer(
    kept: FloatArray, turned: FloatArray, x: FloatArray, y: FloatArray, row: int, column: int,
    apart: np.float32, top: FloatArray, order: NDArray[np.int32],
) -> None:  # fmt: skip
    """Offer some products to their rows and, beyond the square of the same points, their columns.

    Rows and columns come in rising order, or of equal ones not the first would be kept.
    """
    rows, columns = kept.shape
    # What the last of the neighbours so far of each column are alike, upright or mirrored.
    least = np.empty(columns, np.float32)
    for c in range(columns):
        least[c] = min(top[0, column + c, -1], top[1, column + c, -1])
    near = np.zeros(-(-columns // 8) * 8, np.uint8)
    # Most are far: eight are passed over at once.
    eights, none = near.view(np.uint64), np.uint64(0)
    for r in range(rows):
        here = row + r
        even, odd = kept[r], turned[r]
        for first in range(0, columns, _TOGETHER):
            enough = min(top[0, here, -1], top[1, here, -1])
            stop = min(first + _TOGETHER, columns)
            # Without a branch, so that it runs on vectors.
            some_even, some_odd, some_least = even[first:stop], odd[first:stop], least[first:stop]
            some_near = near[first:stop]
            for k in range(len(some_even)):
                likest = some_even[k] + abs(some_odd[k])
                some_near[k] = (likest > some_least[k]) | (likest > enough)
            for eight in range(first // 8, -(-stop // 8)):
                if eights[eight] == none:
                    continue
                for c in range(8 * eight, min(8 * eight + 8, stop)):
                    there = column + c
                    if near[c] == 0 or even[c] + abs(odd[c]) <= min(enough, least[c]):
                        continue
                    dx, dy = x[here] - x[there], y[here] - y[there]
                    if dx * dx + dy * dy < apart:
                        continue
                    upright, mirrored = even[c] + odd[c], even[c] - odd[c]
                    _insert(top, order, 0, here, upright, there)
                    _insert(top, order, 1, here, mirrored, there)
                    enough = min(top[0, here, -1], top[1, here, -1])
                    if there >= row + rows:
                        _insert(top, order, 0, there, upright, here)
                        _insert(top, order, 1, there, mirrored, here)
                        least[c] = min(top[0, there, -1], top[1, there, -1])


@nb.njit(cache=True, inline="always")
def _insert(
    top: FloatArray, order: NDArray[np.int32], form: int, row: int, value: np.float32, which: int
) -> None:
    k = top.shape[2] - 1
    if value <= top[form, row, k]:
        return
    while k > 0 and top[form, row, k - 1] < value:
        top[form, row, k] = top[form, row, k - 1]
        order[form, row, k] = order[form, row, k - 1]
        k -= 1
    top[form, row, k] = value
    order[form, row, k] = which
