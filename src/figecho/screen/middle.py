"""The median without sorting: counted by the leading bits of numbers, then by the rest of them.

The same numbers as NumPy's, which parts and averages arrays so carefully that most of the time
goes by beside the work.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

#: Below this many numbers, counting takes longer than parting them.
_FEW = 16384
_SIGN, _ALL = np.uint32(0x80000000), np.uint32(0xFFFFFFFF)
_HALF_BITS, _HALF = np.uint32(16), np.uint32(0xFFFF)


def median(values: NDArray[Any]) -> float:
    """Return the median of numbers, uint8 or float32, of any shape and none of them NaN."""
    flat = np.ravel(values)
    return float(_of_bytes(flat) if flat.dtype == np.uint8 else of_floats(flat))


@nb.njit(cache=True)
def _of_bytes(values: NDArray[np.uint8]) -> float:
    counts = np.zeros(256, np.int32)
    for value in values:
        counts[value] += 1
    low, high = _place(counts, (len(values) - 1) // 2), _place(counts, len(values) // 2)
    return float(low[0] + high[0]) / 2.0


@nb.njit(cache=True)
def of_floats(values: NDArray[np.float32]) -> float:
    """Return the median of a line of float32."""
    count = len(values)
    if count < _FEW:
        return float(np.median(values))
    # As whole numbers in the order of the floats: the bits of negative ones run the other way.
    bits = values.view(np.uint32)
    keys = np.empty(count, np.uint32)
    counts = np.zeros(1 << 16, np.int32)
    for k in range(count):
        keys[k] = bits[k] ^ (_ALL if bits[k] & _SIGN else _SIGN)
        counts[keys[k] >> _HALF_BITS] += 1
    upper, rank = _place(counts, count // 2)
    counts[:] = 0
    for key in keys:
        if key >> _HALF_BITS == upper:
            counts[key & _HALF] += 1
    lower, rank = _place(counts, rank)
    both = np.empty(2, np.uint32)
    both[0] = both[1] = np.uint32((upper << 16) | lower)
    if count % 2 == 0 and rank == 0:
        both[0] = _next_below(keys, both[1])
    for k in range(2):
        both[k] ^= _SIGN if both[k] & _SIGN else _ALL
    low, high = both.view(np.float32)
    return float((low + high) / np.float32(2))


@nb.njit(cache=True)
def _next_below(keys: NDArray[np.uint32], key: np.uint32) -> np.uint32:
    most = np.uint32(0)
    for k in range(len(keys)):
        most = max(most, keys[k]) if keys[k] < key else most
    return most


@nb.njit(cache=True)
def _place(counts: NDArray[np.int32], rank: int) -> tuple[int, int]:
    """Return the bin a rank falls into, and its rank in there."""
    place = 0
    while rank >= counts[place]:
        rank -= counts[place]
        place += 1
    return place, rank
