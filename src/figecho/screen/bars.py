"""Find scale bars that are too thick to be ruled lines: solid, level or upright, sharp-edged."""

from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray
from figecho.screen.blobs import blobs, share
from figecho.screen.marks import Layer

_MIN_THICK_PX, _MAX_THICK_SHARE = 2, 0.1
#: Shortest bar: so long, in a small panel so much of it but no less than the last.
_MIN_LENGTH_PX, _MIN_LENGTH_SHARE, _LEAST_LENGTH_PX = 20, 0.115, 12
_ASPECT, _FILL, _ALONE = 3.5, 0.88, 0.75
#: Scale bars come alone or in pairs; more bars of one tone are the bands of a gel.
_MAX_BARS = 2


def thick_bars(layer: Layer) -> BoolArray:
    """Return the bars among the marks of a layer, even where picture of the same tone adjoins.

    Parameters
    ----------
    layer : Layer

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    tone = (layer.labels > 0).view(np.uint8)
    found = np.zeros(tone.shape, np.bool_)
    length = min(_MIN_LENGTH_PX, max(_LEAST_LENGTH_PX, int(_MIN_LENGTH_SHARE * min(tone.shape))))
    for size in ((length, _MIN_THICK_PX), (_MIN_THICK_PX, length)):
        kept = opened(tone, size)
        if not kept.any():
            continue
        labels, boxes = blobs(kept, connectivity=4)
        bars = (
            k
            for k in np.flatnonzero(_are_bars(boxes, min(tone.shape))).tolist()
            if _stands_alone(labels, k, boxes[k], tone, layer.sharp_at)
        )
        some = list(islice(bars, _MAX_BARS + 1))
        if len(some) <= _MAX_BARS:
            for k in some:
                found |= labels == k
    return found


def opened(tone: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Open a mask by a box of any size; OpenCV's own opening moves by a pixel where one is even."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, size)
    back = (size[0] - 1 - size[0] // 2, size[1] - 1 - size[1] // 2)
    return np.asarray(cv2.dilate(cv2.erode(tone, kernel), kernel, anchor=back))


def _are_bars(boxes: NDArray[np.int32], side_px: int) -> BoolArray:
    w, h, area = boxes[:, 2:].T
    thick, length = np.minimum(w, h), np.maximum(w, h)
    slim = (thick > 0) & (thick <= max(4.0, _MAX_THICK_SHARE * side_px))
    return np.asarray(slim & (length >= _ASPECT * thick) & (area >= _FILL * w * h), np.bool_)


def _stands_alone(
    labels: NDArray[np.int32],
    label: int,
    box: NDArray[np.int32],
    tone: np.ndarray,
    sharp_at: BoolArray,
) -> bool:
    """Whether most of what surrounds a bar is of another tone, across a sharp edge."""
    x, y, w, h = (int(v) for v in box[:4])
    near = np.s_[max(y - 1, 0) : y + h + 1, max(x - 1, 0) : x + w + 1]
    bar = labels[near] == label
    ring = (cv2.dilate(bar.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~bar
    alone = sharp_at[near] & (tone[near] == 0)
    return bool(ring.any()) and share(alone[ring]) >= _ALONE
