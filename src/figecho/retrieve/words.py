"""Visual words: descriptors sorted into cells, so that only those of one cell are compared.

The cells are those of k-means (an inverted file: Sivic and Zisserman, ICCV 2003). A descriptor that
is looked for visits its two nearest cells, in each of the four forms of a copy; in the basis of
:mod:`figecho.describe.basis` that costs the products of one.
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
_ROUNDS = 4
_SAMPLES_A_WORD = 16

SIGNS = np.array([form_signs(form) for form in ALL_FORMS], dtype=np.float32)
#: The signs of each form for all 128 coordinates.
WIDE_SIGNS = np.repeat(SIGNS, 32, axis=1)


def unit(descriptors: NDArray[np.int8]) -> FloatArray:
    """Return descriptors of a sketch as floats of about unit length."""
    return descriptors.astype(np.float32) / np.float32(STEPS)


def words_for(count: int) -> int:
    """Return how many words suit ``count`` descriptors: four times the root, a power of two."""
    return int(2 ** np.clip(np.round(np.log2(4.0 * np.sqrt(max(count, 1)))), 4, 15))


def vocabulary(descriptors: NDArray[np.int8], words: int) -> FloatArray:
    """Return the centres of cells, by k-means on a sample that rests on the order alone.

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
    sample = unit(descriptors[chosen])
    centres = sample[:words].copy()
    for _ in range(_ROUNDS):
        home = np.concatenate(
            [
                (sample[k : k + _TILE] @ centres.T).argmax(axis=1)
                for k in range(0, len(sample), _TILE)
            ]
        )
        order = np.argsort(home, kind="stable")
        held = np.bincount(home, minlength=words)
        first = np.r_[0, np.cumsum(held)[:-1]]
        used = held > 0
        sums = np.add.reduceat(sample[order], first[used], axis=0)
        centres[used] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return centres


@nb.njit(cache=True)
def _two_nearest(
    p0: FloatArray, p1: FloatArray, p2: FloatArray, p3: FloatArray, signs: FloatArray,
    from_word: int, best: FloatArray, word: NDArray[np.int32],
) -> None:  # fmt: skip
    words, queries = p0.shape
    for f in range(signs.shape[0]):
        s0, s1, s2, s3 = signs[f, 0], signs[f, 1], signs[f, 2], signs[f, 3]
        top, second = best[f, 0], best[f, 1]
        first, other = word[f, 0], word[f, 1]
        for t in range(words):
            for q in range(queries):
                value = s0 * p0[t, q] + s1 * p1[t, q] + s2 * p2[t, q] + s3 * p3[t, q]
                ahead = value > top[q]
                between = value > second[q]
                this = np.int32(from_word + t)
                other[q] = first[q] if ahead else (this if between else other[q])
                second[q] = top[q] if ahead else (value if between else second[q])
                first[q] = this if ahead else first[q]
                top[q] = value if ahead else top[q]


def home_of(descriptors: NDArray[np.int8], centres: FloatArray) -> NDArray[np.int32]:
    """Return the nearest word of each descriptor as it is, shape (n,), int32."""
    found = np.zeros(len(descriptors), np.int32)
    for low in range(0, len(descriptors), _TILE):
        part = unit(descriptors[low : low + _TILE])
        found[low : low + _TILE] = (part @ centres.T).argmax(axis=1)
    return found


def homes(descriptors: NDArray[np.int8], centres: FloatArray) -> NDArray[np.int32]:
    """Return the nearest words of descriptors in every form.

    Parameters
    ----------
    descriptors : ndarray of shape (n, 128), int8
    centres : ndarray of shape (words, 128), float32

    Returns
    -------
    ndarray of shape (4, 2, n), int32
        For each form the nearest word and the next.
    """
    found = np.zeros((len(ALL_FORMS), PROBES, len(descriptors)), np.int32)
    columns = [slice(k, k + 32) for k in range(0, 128, 32)]
    blocks = [np.ascontiguousarray(centres[:, c]) for c in columns]
    for low in range(0, len(descriptors), _TILE):
        part = unit(descriptors[low : low + _TILE]).T
        word = np.zeros((len(ALL_FORMS), PROBES, part.shape[1]), np.int32)
        best = np.full(word.shape, -2.0, np.float32)
        for at in range(0, len(centres), _TILE):
            products = [b[at : at + _TILE] @ part[c] for b, c in zip(blocks, columns, strict=True)]
            _two_nearest(*products, SIGNS, at, best, word)
        found[:, :, low : low + _TILE] = word
    return found
