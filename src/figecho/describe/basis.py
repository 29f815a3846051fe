"""A basis of SIFT descriptors in which mirroring and inverting only change signs.

Both operations permute the 128 bins, commute and undo themselves, so the bins split into four
blocks of 32, one for each pair of signs that the two can give. The similarity of two descriptors in
any of the four forms is then a signed sum of the same four block products.
"""

from __future__ import annotations

import numpy as np

from figecho.describe.forms import INVERTED, MIRRORED, Form, sift_in_form
from figecho.model import FloatArray

_SIGNS = ((1, 1), (-1, 1), (1, -1), (-1, -1))


def form_signs(form: Form) -> tuple[int, ...]:
    """Return the sign with which each of the four blocks enters the similarity in ``form``."""
    return tuple((m if form.mirrored else 1) * (i if form.inverted else 1) for m, i in _SIGNS)


def _basis() -> tuple[FloatArray, ...]:
    identity = np.eye(128, dtype=np.float32)
    mirror = sift_in_form(identity, MIRRORED)
    invert = sift_in_form(identity, INVERTED)
    both = sift_in_form(mirror, INVERTED)
    blocks = []
    for m, i in _SIGNS:
        projector = (identity + m * mirror + i * invert + m * i * both) / 4.0
        vectors = []
        seen = np.zeros(128, dtype=bool)
        for k in range(128):
            if not seen[k] and np.abs(projector[k]).max() > 0:
                vectors.append(projector[k] / np.linalg.norm(projector[k]))
            seen |= projector[k] != 0
        blocks.append(np.array(vectors, dtype=np.float32))
    return tuple(blocks)


_BASIS = _basis()


def in_sign_basis(descriptors: FloatArray) -> tuple[FloatArray, ...]:
    """Rotate descriptors of shape (n, 128) into four blocks of shape (n, 32)."""
    return tuple(np.ascontiguousarray(descriptors @ block.T) for block in _BASIS)
