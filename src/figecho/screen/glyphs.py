"""Letters, ticks and symbols that stand alone on the canvas of a drawn panel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs, rim
from figecho.screen.channels import change, darkest
from figecho.screen.graphics import is_drawn

_CANVAS = 215
_MIN_PX, _MAX_PX = 7, 80
_MAX_STROKE_PX = 8.0
_INK_CONTRAST = 60
_EVEN_SPREAD = 40.0
#: The rim of a letter is mostly so steep, that of a cell is not.
_STEEP, _STEEP_SHARE = 60, 0.5
#: Letters stand among letters: beside so many marks as small as dots, a mark is dots that merge.
_DOT_PX, _AMONG_DOTS = 12, 3


def glyphs(rgb: ByteArray) -> BoolArray:
    """Return the pixels of letters and symbols on the white canvas of a drawn panel.

    A glyph is a thin mark of one even tone with a sharp rim and canvas all around. The dots of a
    scatter plot are smaller, and where some merge there are others beside them. Photographed panels
    have none: nothing is masked there.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    if not is_drawn(rgb):
        return found
    paper = darkest(rgb)
    ink = paper < 255 - _INK_CONTRAST
    labels, boxes = blobs(ink)
    steep = change(rgb, 3) >= _STEEP
    depth = cv2.distanceTransform(ink.view(np.uint8), cv2.DIST_L2, 3)
    for k, (x, y, w, h, _) in enumerate(boxes[1:].tolist(), start=1):
        if not _MIN_PX <= max(w, h) <= _MAX_PX:
            continue
        top, left = max(0, y - 3), max(0, x - 3)
        window = np.s_[top : y + h + 3, left : x + w + 3]
        mark = labels[window] == k
        if float(depth[window][mark].max()) > _MAX_STROKE_PX:
            continue
        near = cv2.dilate(mark.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        far = cv2.dilate(mark.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        if steep[window][rim(mark)].mean() < _STEEP_SHARE:
            continue
        if _among_dots(labels[window], far, k, boxes):
            continue
        ring = paper[window][far & ~near & (labels[window] == 0)]
        tones = rgb[window][mark].mean(axis=1)
        inside = tones[tones <= np.median(tones)]
        if float(np.mean(ring >= _CANVAS)) > 0.6 and float(inside.std()) <= _EVEN_SPREAD:
            found[window] |= mark
    return found


def _among_dots(
    labels: NDArray[np.int32], near: BoolArray, mark: int, boxes: NDArray[np.int32]
) -> bool:
    """Whether several marks as small as the dots of a plot stand beside a mark."""
    beside = [k for k in np.unique(labels[near]) if k not in (0, mark)]
    return sum(int(boxes[k][4]) <= _DOT_PX for k in beside) >= _AMONG_DOTS
