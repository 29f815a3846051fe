"""The running mean of a running mean, in one compiled pass down the columns and one along the rows.

Most of a comparison was spent in running means: a pass that keeps both sums goes over a plane once
where two passes go over it twice, and runs on vectors.
"""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np

from figecho.model import FloatArray

#: So many columns at once leave the rows that are still in the window in the cache.
_COLUMNS_AT_ONCE = 256


def mean_of_means(image: FloatArray, size: int) -> FloatArray:
    """Average over a square window, twice, with reflected borders.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c), float32
    size : int, odd
        Of the window in pixels.

    Returns
    -------
    ndarray like ``image``
    """
    turned = cv2.transpose(_down(np.ascontiguousarray(image), size))
    return np.asarray(cv2.transpose(_down(turned, size)), dtype=np.float32)


def _down(image: FloatArray, size: int) -> FloatArray:
    rows = image.reshape(len(image), -1)
    means = np.empty_like(rows)
    _means_down(rows, size, means)
    return means.reshape(image.shape)


@nb.njit(cache=True)
def _means_down(image: FloatArray, size: int, means: FloatArray) -> None:
    """Write the running mean of the running mean down each column."""
    height, width = image.shape
    reach = size // 2
    share = 1.0 / (size * size)
    kept = np.empty((size, _COLUMNS_AT_ONCE))
    for left in range(0, width, _COLUMNS_AT_ONCE):
        some = slice(left, min(left + _COLUMNS_AT_ONCE, width))
        columns = some.stop - left
        once, twice = np.zeros(columns), np.zeros(columns)
        for y in range(-2 * reach - 1, 0):
            line = image[_reflected(y, height), some]
            for x in range(columns):
                once[x] += line[x]
        for step in range(height + 2 * reach):
            y = step - reach
            into = image[_reflected(y + reach, height), some]
            out_of = image[_reflected(y - reach - 1, height), some]
            row = kept[step % size, :columns]
            if step < size:
                row[:] = 0.0
            for x in range(columns):
                total = once[x] + (np.float64(into[x]) - np.float64(out_of[x]))
                once[x] = total
                twice[x] += total - row[x]
                row[x] = total
            if y >= reach:
                mean = means[y - reach, some]
                for x in range(columns):
                    mean[x] = twice[x] * share


@nb.njit(cache=True)
def _reflected(k: int, length: int) -> int:
    while k < 0 or k >= length:
        k = -1 - k if k < 0 else 2 * length - 1 - k
    return k
