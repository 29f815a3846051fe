"""Measure whether a panel is drawn, as charts and text are, and holds nothing but drawing.

A picture has soft texture away from its edges, or dots by the dozen. A chart is canvas, strokes
and flat fills; what compression adds stays close to the strokes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs, count, share
from figecho.screen.channels import change, mean

_CANVAS_TOLERANCE = 6
_INK_STEP = 40
_EDGE_STEP = 60
#: How far compression smears an edge.
_SMEAR_PX = 8
_SOFT_STEP = 5
_DOT_PX, _DOT_SQUARE, _DOT_FILL = 12, 0.7, 0.55
_CURVE_SHARE, _CURVE_FILL = 0.4, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How drawn a panel is; shares are of its area.

    ``canvas`` is the share of the commonest tone, ``soft`` that of soft texture away from edges,
    ``edges`` that near edges, ``lettered`` the share of all ink that labels and lines cover,
    ``printed`` that of labels alone; ``dots`` counts
    small blobs that belong to no label, ``curves`` thin blobs that span much of the panel.
    ``beside`` is the share of what stands off the canvas far from all print and every sharp edge.
    """

    canvas: float
    soft: float
    edges: float
    lettered: float
    printed: float
    beside: float
    dots: int
    curves: int
    tones: int


def drawing(rgb: ByteArray, printed: BoolArray, ruled: BoolArray) -> Drawing:
    """Measure a panel.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    printed, ruled : ndarray of shape (h, w), bool
        Where text, bars and boxes are, and where ruled lines are.
    """
    grey = np.rint(mean(rgb)).astype(np.uint8)
    counts = np.bincount(grey.ravel(), minlength=256)
    canvas = int(counts.argmax())
    away = np.abs(grey.astype(np.int16) - canvas)
    steps = change(rgb, 3)
    smear = np.ones((2 * _SMEAR_PX + 1, 2 * _SMEAR_PX + 1), np.uint8)
    near_edge = cv2.dilate((steps >= _EDGE_STEP).astype(np.uint8), smear) > 0
    soft = (steps >= _SOFT_STEP) & ~near_edge
    ink = (away > _INK_STEP) | (steps >= _EDGE_STEP)
    inked = max(count(ink), 1)
    off = away > _CANVAS_TOLERANCE
    print_near = cv2.dilate((printed | ruled).astype(np.uint8), smear) > 0
    dots, curves = _blobs(ink & ~printed & ~ruled)
    return Drawing(
        canvas=share(~off),
        soft=share(soft),
        edges=share(near_edge),
        lettered=count(ink & (printed | ruled)) / inked,
        printed=count(ink & printed) / inked,
        beside=count(off & ~near_edge & ~print_near) / max(count(off), 1),
        dots=dots,
        curves=curves,
        tones=int((counts >= max(1, 0.0005 * grey.size)).sum()),
    )


def _blobs(ink: BoolArray) -> tuple[int, int]:
    """Count the dots and the curves among the blobs of ``ink``."""
    height, width = ink.shape
    w, h, area = blobs(ink)[1][1:, 2:].T
    short, side = np.minimum(w, h), np.maximum(w, h)
    # Letters are small too, but neither as square nor as full as the dot of an event.
    dots = (side <= _DOT_PX) & (short >= _DOT_SQUARE * side) & (area >= _DOT_FILL * w * h)
    long = (w >= _CURVE_SHARE * width) | (h >= _CURVE_SHARE * height)
    return int(dots.sum()), int((long & (area <= _CURVE_FILL * w * h)).sum())
