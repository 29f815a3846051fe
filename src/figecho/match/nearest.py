"""Nearest-neighbour search between two sets of RootSIFT descriptors, all forms at once.

In the basis of :mod:`figecho.describe.basis` the similarity in any form is a signed sum of the same
four block products, so four forms cost the multiplications of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.basis import form_signs
from figecho.describe.forms import ALL_FORMS, MIRRORED, Form
from figecho.match.apart import nearest_apart
from figecho.model import BoolArray, FloatArray

#: Pairs that are multiplied at once: their products stay in the cache until they are compared.
_ROWS_AT_ONCE, _TARGETS_AT_ONCE = 64, 256
_DEPTH, _ROUNDING = 6, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Putative correspondences ``a[k] -> b[k]`` with the cosine of their descriptors."""

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    cosine: FloatArray

    def __len__(self) -> int:
        return int(self.a.shape[0])


@nb.njit(cache=True)
def _two_best(
    p0: FloatArray, p1: FloatArray, p2: FloatArray, p3: FloatArray,
    first: int, signs: FloatArray, best: FloatArray, second: FloatArray, index: NDArray[np.int32],
) -> None:  # fmt: skip
    # Targets outside, queries inside: the inner loop has no sum or maximum across its own steps,
    # so it runs on vectors without reordering anything.
    targets, queries = p0.shape
    for f in range(signs.shape[0]):
        s0, s1, s2, s3 = signs[f, 0], signs[f, 1], signs[f, 2], signs[f, 3]
        top, runner_up, where = best[f], second[f], index[f]
        for t in range(targets):
            for q in range(queries):
                value = s0 * p0[t, q] + s1 * p1[t, q] + s2 * p2[t, q] + s3 * p3[t, q]
                old = top[q]
                runner_up[q] = max(runner_up[q], min(value, old))
                where[q] = first + t if value > old else where[q]
                top[q] = max(old, value)


def match_forms(
    blocks_a: tuple[FloatArray, ...],
    blocks_b: tuple[FloatArray, ...],
    *,
    ratio: float,
    min_cosine: float,
    forms: tuple[Form, ...] = ALL_FORMS,
) -> dict[Form, Matches]:
    """Match every descriptor of A to its nearest one in B, for B in each form, by ratio test.

    Parameters
    ----------
    blocks_a, blocks_b : tuple of four ndarrays
        Output of :func:`figecho.describe.basis.in_sign_basis`.
    ratio : float, 0..1
        A match is kept where its distance is below ``ratio`` times that of the runner-up (Lowe).
    min_cosine : float, -1..1
        And where the cosine of the two descriptors is at least this.
    forms : tuple of Form

    Returns
    -------
    dict of Form to Matches
    """
    count_a, count_b = blocks_a[0].shape[0], blocks_b[0].shape[0]
    signs = np.array([form_signs(f) for f in forms], dtype=np.float32)
    # One contiguous slab a chunk: on strided slices the kernel compiles to code without vectors.
    chunks = -(-count_a // _ROWS_AT_ONCE)
    slabs = (chunks, len(forms), _ROWS_AT_ONCE)
    best = np.full(slabs, -1.0, np.float32)
    second = np.full(slabs, -1.0, np.float32)
    index = np.zeros(slabs, np.int32)
    if count_b >= 2:
        for k in range(chunks):
            rows = slice(k * _ROWS_AT_ONCE, (k + 1) * _ROWS_AT_ONCE)
            # Short products run a fifth faster where nothing is left to be transposed.
            queries = [np.ascontiguousarray(a[rows].T) for a in blocks_a]
            for first in range(0, count_b, _TARGETS_AT_ONCE):
                targets = slice(first, first + _TARGETS_AT_ONCE)
                products: list[Any] = [
                    b[targets] @ a for a, b in zip(queries, blocks_b, strict=True)
                ]
                _two_best(*products, first, signs, best[k], second[k], index[k])
    best, second, index = (
        np.concatenate(list(x), axis=1)[:, :count_a]
        if chunks
        else np.zeros((len(forms), 0), x.dtype)
        for x in (best, second, index)
    )
    kept = (1.0 - best < ratio * ratio * (1.0 - second)) & (best >= min_cosine)
    return {
        form: Matches(
            a=np.flatnonzero(kept[k]).astype(np.int32),
            b=index[k, kept[k]],
            cosine=best[k, kept[k]],
        )
        for k, form in enumerate(forms)
    }


def match_binary(
    a: NDArray[np.uint8], b: NDArray[np.uint8], *, ratio: float, allowed: BoolArray | None = None
) -> Matches:
    """Match binary descriptors by Hamming distance and ratio test.

    Parameters
    ----------
    a, b : ndarray of shape (n, 32), uint8
    ratio : float, 0..1
    allowed : ndarray of bool, shape (len(a), len(b)), optional
        Pairs that may match at all; inside one panel every point would else match itself.

    Returns
    -------
    Matches
        ``cosine`` holds 1 minus the share of bits that differ.
    """
    if len(a) == 0 or len(b) < 2:
        none = np.zeros(0, np.int32)
        return Matches(a=none, b=none, cosine=np.zeros(0, np.float32))
    mask = None if allowed is None else allowed.astype(np.uint8)
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(a, b, k=2, mask=mask)
    kept = [p[0] for p in pairs if len(p) == 2 and p[0].distance < ratio * p[1].distance]
    return Matches(
        a=np.array([m.queryIdx for m in kept], np.int32),
        b=np.array([m.trainIdx for m in kept], np.int32),
        cosine=np.array([1.0 - m.distance / 256.0 for m in kept], np.float32),
    )


def match_within(
    blocks: tuple[FloatArray, ...], xy: FloatArray, forms: Sequence[Form], *,
    ratio: float, min_cosine: float, min_shift_px: float,
) -> dict[Form, Matches]:  # fmt: skip
    """Match the descriptors of one panel among themselves, at least ``min_shift_px`` apart (g2NN).

    A region may occur more than twice, and its copies are then equally near, so all neighbours are
    accepted up to the last that is clearly nearer than the next one (after the g2NN of Amerini et
    al., IEEE TIFS 2011, which stops at the first that is not).

    Parameters
    ----------
    blocks : tuple of four ndarrays
        Output of :func:`figecho.describe.basis.in_sign_basis`.
    xy : ndarray of shape (n, 2)
        Positions in panel pixels.
    forms : sequence of Form
        As is and mirrored at most: inside a panel nothing is inverted.
    ratio, min_cosine : float
        As in :func:`match_forms`.
    min_shift_px : float

    Returns
    -------
    dict of Form to Matches
    """
    kept = np.array(form_signs(MIRRORED)) > 0
    even, odd = (
        np.hstack([b for b, same in zip(blocks, kept, strict=True) if same == which])
        for which in (True, False)
    )
    depth = min(_DEPTH, len(xy) - 1)
    if depth < 2:
        none = np.zeros(0, np.int32)
        return {form: Matches(a=none, b=none, cosine=np.zeros(0, np.float32)) for form in forms}
    # What is less alike than this is far from any match, however much less.
    floor = max(-1.0, 1.0 - (1.0 - min_cosine) / ratio**2 - _ROUNDING)
    top, order = nearest_apart(even, odd, xy, depth=depth, floor=floor, min_shift_px=min_shift_px)
    near, far = 1.0 - top[:, :, :-1], 1.0 - top[:, :, 1:]
    clear = (top[:, :, :-1] >= min_cosine) & (near < ratio * ratio * far)
    # Everything up to the last clear neighbour of each row.
    taken = np.logical_or.accumulate(clear[:, :, ::-1], axis=2)[:, :, ::-1]
    found = {}
    for form in forms:
        which = int(form.mirrored)
        rows, ranks = np.nonzero(taken[which])
        found[form] = Matches(
            a=rows.astype(np.int32), b=order[which, rows, ranks], cosine=top[which, rows, ranks]
        )
    return found
