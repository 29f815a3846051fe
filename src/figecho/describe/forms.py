"""The four forms in which a copy can come, and how a SIFT descriptor looks in each.

SIFT finds nothing between a panel and its mirror image or its negative. But the descriptor of the
altered copy is a fixed permutation of the descriptor of the original, so one extraction serves all
four forms: mirroring reverses the rows of the 4 x 4 grid (its rows run across the reference
direction) and the sense of the 8 directions; inversion turns all gradients, and with them the
reference direction, by 180 degrees, which reverses the grid in both directions and leaves the
directions as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figecho.model import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Whether a copy is mirrored (left to right) and whether its tones are inverted."""

    mirrored: bool
    inverted: bool

    @property
    def words(self) -> str:
        """Name of the form as a report shows it."""
        parts = [w for w, on in (("mirrored", self.mirrored), ("inverted", self.inverted)) if on]
        return ", ".join(parts) or "as is"


AS_IS = Form(mirrored=False, inverted=False)
MIRRORED = Form(mirrored=True, inverted=False)
INVERTED = Form(mirrored=False, inverted=True)
MIRRORED_INVERTED = Form(mirrored=True, inverted=True)
ALL_FORMS = (AS_IS, MIRRORED, INVERTED, MIRRORED_INVERTED)


def _bins() -> np.ndarray:
    return np.arange(128).reshape(4, 4, 8)


def _permutation(form: Form) -> np.ndarray:
    bins = _bins()
    if form.mirrored:
        bins = bins[::-1, :, :][:, :, (-np.arange(8)) % 8]
    if form.inverted:
        bins = bins[::-1, ::-1, :]
    return bins.reshape(128)


_PERMUTATIONS = {form: _permutation(form) for form in ALL_FORMS}


def sift_in_form(descriptors: FloatArray, form: Form) -> FloatArray:
    """Return what SIFT would give for the same keypoints of the panel in ``form``.

    Parameters
    ----------
    descriptors : ndarray of shape (n, 128), float32
        OpenCV layout: 4 rows x 4 columns x 8 directions.
    form : Form
        The form of the copy.

    Returns
    -------
    ndarray of shape (n, 128), float32
    """
    return np.ascontiguousarray(descriptors[:, _PERMUTATIONS[form]])
