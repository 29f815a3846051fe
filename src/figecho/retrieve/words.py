"""Visual words: descriptors sorted into cells, so that only those of one cell are compared.

The cells are those of k-means (an inverted file: Sivic and Zisserman, ICCV 2003). A cell holds what
lies near its centre in any of the four forms of a copy, so a descriptor and all its forms share
their cells, and the two nearest are visited once for all four; in the basis of
:mod:`figecho.describe.basis` the four forms of a product cost one.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.basis import form_signs
from figecho.describe.forms import ALL_FORMS
from figecho.model import FloatArray
from figecho.retrieve.sketch import STEPS

#: Cells in which a descriptor is looked for.
PROBES = 2
#: Descriptors and words whose products are held at once: they must fit the cache of a core.
_TILE = 512
_ROUNDS = 2
_SAMPLES_A_WORD = 16

SIGNS = np.array([form_signs(form) for form in ALL_FORMS], dtype=np.float32)
#: The signs of each form for all 128 coordinates.
WIDE_SIGNS = np.repeat(SIGNS, 32, axis=1)


def unit(descriptors: NDArray[np.int8]) -> FloatArray:
    """Return descriptors of a sketch as floats of about unit length."""
    return descriptors.astype(np.float32) / np.float32(STEPS)


def words_for(count: int) -> int:
    """Return how many words suit ``count`` descriptors: twice the root, a power of two."""
    return int(2 ** np.clip(np.round(np.log2(2.0 * np.sqrt(max(count, 1)))), 4, 15))


def vocabulary(descriptors: NDArray[np.int8], words: int) -> FloatArray:
    """Return the centres of cells, by k-means on a sample that rests on the order alone.

    A descriptor counts in the form in which it lies nearest to its centre.

    Parameters
    ----------
    descriptors : ndarray of shape (n, 128), int8
    words : int

    Returns
    -------
    ndarray of shape (min(n, words), 128), float32
        Of unit length.
    """
    words = min(words, len(descriptors))
    rng = np.random.default_rng(20_000)
    chosen = rng.permutation(len(descriptors))[: words * _SAMPLES_A_WORD]
    sample = descriptors[chosen]
    as_they_are = unit(sample)
    centres = as_they_are[:words].copy()
    for _ in range(_ROUNDS):
        home = homes(sample, centres)[0]
        products = (as_they_are * centres[home]).reshape(-1, 4, 32).sum(axis=2)
        turned = as_they_are * WIDE_SIGNS[(products @ SIGNS.T).argmax(axis=1)]
        order = np.argsort(home, kind="stable")
        held = np.bincount(home, minlength=words)
        first = np.r_[0, np.cumsum(held)[:-1]]
        used = held > 0
        sums = np.add.reduceat(turned[order], first[used], axis=0)
        centres[used] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return centres


@nb.njit(cache=True)
def _nearest_words(
    p0: FloatArray, p1: FloatArray, p2: FloatArray, p3: FloatArray, from_word: int,
    best: FloatArray, word: NDArray[np.int32],
) -> None:  # fmt: skip
    """Note for each query the two words with the largest sum of products in any form."""
    words, queries = p0.shape
    top, second = best
    first, other = word
    for t in range(words):
        this = np.int32(from_word + t)
        for q in range(queries):
            even = p1[t, q] + abs(p2[t, q] + p3[t, q])
            odd = abs(p2[t, q] - p3[t, q]) - p1[t, q]
            value = p0[t, q] + (even if even > odd else odd)
            ahead = value > top[q]
            between = value > second[q]
            other[q] = first[q] if ahead else (this if between else other[q])
            second[q] = top[q] if ahead else (value if between else second[q])
            first[q] = this if ahead else first[q]
            top[q] = value if ahead else top[q]


def homes(descriptors: NDArray[np.int8], centres: FloatArray) -> NDArray[np.int32]:
    """Return the words to which descriptors lie nearest in the form that suits each best.

    Parameters
    ----------
    descriptors : ndarray of shape (n, 128), int8
    centres : ndarray of shape (words, 128), float32

    Returns
    -------
    ndarray of shape (2, n), int32
        The nearest word and the next.
    """
    found = np.zeros((PROBES, len(descriptors)), np.int32)
    columns = [slice(k, k + 32) for k in range(0, 128, 32)]
    blocks = [np.ascontiguousarray(centres[:, c]) for c in columns]
    for low in range(0, len(descriptors), _TILE):
        part = unit(descriptors[low : low + _TILE]).T
        word = np.zeros((PROBES, part.shape[1]), np.int32)
        best = np.full(word.shape, -2.0, np.float32)
        for at in range(0, len(centres), _TILE):
            products = [b[at : at + _TILE] @ part[c] for b, c in zip(blocks, columns, strict=True)]
            _nearest_words(*products, at, best, word)
        found[:, low : low + _TILE] = word
    return found
