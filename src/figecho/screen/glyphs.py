"""Letters, ticks and symbols that stand alone on the canvas of a drawn panel."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs
from figecho.screen.channels import darkest
from figecho.screen.graphics import is_drawn

_CANVAS = 215
_MIN_PX, _MAX_PX = 7, 80
_MAX_STROKE_PX = 8.0
_INK_CONTRAST = 60
_EVEN_SPREAD = 40.0


def glyphs(rgb: ByteArray) -> BoolArray:
    """Return the pixels of letters and symbols on the white canvas of a drawn panel.

    A glyph is a thin mark of one even tone with canvas all around. The dots of a scatter plot are
    smaller; where many of them merge, the merged cluster is taken for a mark and only its fringe
    stays. Photographed panels have none: nothing is masked there.

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
        ring = paper[window][far & ~near & (labels[window] == 0)]
        tones = rgb[window][mark].mean(axis=1)
        inside = tones[tones <= np.median(tones)]
        if float(np.mean(ring >= _CANVAS)) > 0.6 and float(inside.std()) <= _EVEN_SPREAD:
            found[window] |= mark
    return found
