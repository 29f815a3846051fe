"""A panel in octaves at the sizes that comparisons ask for, each computed once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray, FloatArray, Matrix
from figecho.verify.bands import Octaves, octaves_of
from figecho.verify.gels import one_dye
from figecho.verify.later import Later

_STEP = 1.12
_KEPT = 3


class Views:
    """Octaves of one panel on a ladder of sizes.

    Most comparisons of a panel ask for the same few sizes, so the last ones are kept. Sizes are
    rounded to a ladder of steps of 12 %: an octave is far wider than that.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    rgb : ndarray of shape (h, w, 3), uint8, optional
        Where colours tell that a panel is no gel.
    """

    def __init__(self, grey: FloatArray, usable: BoolArray, rgb: ByteArray | None = None) -> None:
        self._grey = grey
        self._usable = usable
        self._rgb = rgb
        self._kept: OrderedDict[int, tuple[Octaves, Matrix]] = OrderedDict()
        self._dye = Later(lambda _: 1.0 if rgb is None else one_dye(rgb, usable), 1)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the panel in pixels."""
        height, width = self._grey.shape
        return int(height), int(width)

    def at(self, factor: float) -> tuple[Octaves, Matrix]:
        """Return the octaves at ``factor`` (0..1) of the size, and panel-from-view pixels."""
        rung = max(0, round(-np.log(max(factor, 1e-3)) / np.log(_STEP)))
        if rung not in self._kept:
            self._kept[rung] = self._reduced(_STEP**-rung)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(rung)
        return self._kept[rung]

    def _reduced(self, factor: float) -> tuple[Octaves, Matrix]:
        if factor > 0.99:
            return self._judged(octaves_of(self._grey, self._usable)), np.eye(3)
        height, width = self._grey.shape
        size = (max(8, round(width * factor)), max(8, round(height * factor)))
        area = cv2.INTER_AREA
        small = np.asarray(cv2.resize(self._grey, size, interpolation=area), dtype=np.float32)
        share = cv2.resize(self._usable.astype(np.float32), size, interpolation=area)
        usable = np.asarray(share > 0.99)
        return self._judged(octaves_of(small, usable)), resize_matrix((height, width), size)

    def _judged(self, octaves: Octaves) -> Octaves:
        """Ask the colours whether straight edges are those of a gel."""
        # Must not refer to this object, or its planes would stay until the next collection.
        gel, dye = octaves.gel, self._dye
        return replace(octaves, gel=Later(lambda _: gel[0] * dye[0] if gel[0] else 0.0, 1))

    def __reduce__(self) -> tuple[type[Views], tuple[FloatArray, BoolArray, ByteArray | None]]:
        """Travel to worker processes without what can be computed again."""
        return (Views, (self._grey, self._usable, self._rgb))


def resize_matrix(shape: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """Return original-from-resized pixel coordinates, pixel centres at integers."""
    fx, fy = shape[1] / size[0], shape[0] / size[1]
    return np.array([[fx, 0.0, 0.5 * fx - 0.5], [0.0, fy, 0.5 * fy - 0.5], [0.0, 0.0, 1.0]])
