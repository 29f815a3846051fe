"""Every pair once, best first: the pairs of a set that are as close as asked, in little memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.model import FloatArray

_ROWS = 256
#: Sums of float32 differ in their last digits from one way of adding to another.
_DECIMALS = 6
_ONES = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """Pairs of a set, best first; equal ones in the order of the set.

    Attributes
    ----------
    first, second : ndarray of shape (n,), int32
        Indices, ``first < second``.
    value : ndarray of shape (n,), float64
        Cosine similarity in -1..1 (more is closer) or Hamming distance in bits (less is closer).
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    def where(self, chosen: NDArray[np.bool_]) -> Ranking:
        """Return the chosen pairs in the same order."""
        return Ranking(
            first=self.first[chosen], second=self.second[chosen], value=self.value[chosen]
        )


def by_cosine(vectors: FloatArray, cutoff: float) -> Ranking:
    """Return the pairs whose cosine similarity is at least ``cutoff``.

    Parameters
    ----------
    vectors : ndarray of shape (n, features), float32
        A row of zeros is like nothing: 0.
    cutoff : float in -1..1
    """
    unit = normalised(vectors)

    def rows(start: int, stop: int) -> NDArray[Any]:
        cosine = np.clip(unit[start:stop] @ unit[start:].T, -1, 1)
        return np.asarray(np.round(cosine, _DECIMALS))

    return _ranked(len(unit), rows, lambda values: values >= np.float32(cutoff), sign=-1)


def by_hamming(hashes: NDArray[np.uint64], cutoff: int) -> Ranking:
    """Return the pairs whose hashes differ in at most ``cutoff`` bits.

    Parameters
    ----------
    hashes : ndarray of shape (n,), uint64
    cutoff : int in 0..64
    """
    data = hashes.view(np.uint8).reshape(-1, 8)

    def rows(start: int, stop: int) -> NDArray[Any]:
        differ = _ONES[data[start:stop, None] ^ data[None, start:]]
        return np.asarray(differ.sum(axis=2, dtype=np.uint8))

    return _ranked(len(hashes), rows, lambda values: values <= cutoff, sign=1)


def normalised(vectors: FloatArray) -> FloatArray:
    """Return rows of length 1; rows of zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return unit


def _ranked(
    count: int,
    rows: Callable[[int, int], NDArray[Any]],
    close: Callable[[NDArray[Any]], NDArray[np.bool_]],
    sign: int,
) -> Ranking:
    """Go through the upper triangle a few rows at a time and keep what is close."""
    i_all, j_all = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    values: list[NDArray[np.float64]] = [np.zeros(0)]
    for start in range(0, count, _ROWS):
        block = rows(start, min(start + _ROWS, count))
        i, j = np.nonzero(np.triu(close(block), k=1))
        i_all.append((i + start).astype(np.int32))
        j_all.append((j + start).astype(np.int32))
        values.append(np.asarray(np.round(block[i, j].astype(np.float64), _DECIMALS)))
    first, second, value = np.concatenate(i_all), np.concatenate(j_all), np.concatenate(values)
    order = np.lexsort((second, first, sign * value))
    return Ranking(first=first[order], second=second[order], value=value[order])
