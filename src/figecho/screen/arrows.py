"""Recognise an arrow by its outline: a head that narrows to a tip, alike on both sides."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import share
from figecho.screen.marks import Layer, Mark

_MIN_AREA_PX, _MIN_LENGTH_PX = 25, 10
_MAX_AREA_SHARE = 0.02
_MIN_SHARP, _MAX_FILL = 0.8, 0.85
_MAX_ARROWS = 16
#: Both sides of the axis are alike to this share of the width.
_SAME_SIDES = 0.82
#: The widest place of an arrow stands within these shares of its length, that of a bare head at
#: its end; so far may their outline be from straight, in shares of its width.
_WIDEST, _BARE_WIDEST = (0.2, 0.9), 0.75
_STRAIGHT_HEAD, _STRAIGHT_BARE, _EVEN_SHAFT = 0.15, 0.1, 0.1
_SHAFT, _HEAD_PX, _MIN_ASPECT = 0.66, 4, 1.5
#: The end of the shaft is cut square, askew to the pixels but for one of them, and the head is
#: suddenly wider; a band tapers and swells.
_SQUARE, _BARB_PX, _BARB = 0.6, 3, 0.75
#: A letter of that outline is hollow.
_SOLID = 0.6
#: What is printed is of one tone, and this share of its outline is a step from pixel to pixel.
_EVEN_TONE, _STEEP_SHARE = 12.0, 0.75


def arrows(
    layer: Layer, rgb: ByteArray, steep_at: BoolArray, known: Collection[int] = ()
) -> list[Mark]:
    """Return the marks of a layer that are arrows or arrowheads; none where there are too many.

    Parameters
    ----------
    layer : Layer
    rgb : ndarray of shape (h, w, 3), uint8
        The panel of the layer.
    steep_at : ndarray of shape (h, w), bool
        Where its tone changes from one pixel to the next.
    known : collection of int
        Labels of marks that are known for something else.
    """
    limit = _MAX_AREA_SHARE * layer.labels.size
    found = []
    for mark in layer.marks:
        if not (_MIN_AREA_PX <= mark.area <= limit and mark.sharp >= _MIN_SHARP):
            continue
        if mark.label in known:
            continue
        # Longer than that is its diagonal at least; a box is no arrow.
        if max(mark.w, mark.h) < 0.7 * _MIN_LENGTH_PX or mark.fill > _MAX_FILL:
            continue
        window = np.s_[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w]
        shape = np.asarray(layer.labels[window] == mark.label, np.bool_)
        if _is_printed(shape, rgb[window], steep_at[window]) and is_arrow(shape):
            found.append(mark)
    return found if len(found) <= _MAX_ARROWS else []


def is_arrow(shape: BoolArray) -> bool:
    """Whether a single blob is an even shaft with a head that narrows to a tip, or such a head.

    Parameters
    ----------
    shape : ndarray of shape (h, w), bool
    """
    left, right, aspect = _profile(shape)
    width = left + right
    if len(width) < _MIN_LENGTH_PX or _apart(left, right) > 1 - _SAME_SIDES:
        return False
    solid = shape.sum() >= _SOLID * width.sum()
    return any(
        (solid and _is_head(w)) or (aspect >= _MIN_ASPECT and _has_shaft(w))
        for w in (width, width[::-1])
    )


def _is_head(width: NDArray[np.float64]) -> bool:
    """Whether a blob grows evenly from its tip to its far end."""
    widest = int(width.argmax())
    ramp = width[: widest + 1]
    straight = _apart(ramp, np.linspace(0, ramp[-1], len(ramp))) <= _STRAIGHT_BARE
    return straight and widest >= _BARE_WIDEST * len(width)


def _has_shaft(width: NDArray[np.float64]) -> bool:
    """Whether a blob is of one width, cut square, before a head that narrows to a tip."""
    widest = int(width.argmax())
    head, shaft = width[widest:], width[1 : max(2, int(0.7 * widest))]
    thick = float(np.median(shaft))
    return (
        _WIDEST[0] <= widest / len(width) <= _WIDEST[1]
        and thick <= _SHAFT * width[widest]
        and width[1:3].max() >= _SQUARE * thick
        and width[max(widest - _BARB_PX, 0)] <= _BARB * width[widest]
        and float(np.abs(shaft - thick).mean()) <= _EVEN_SHAFT * width[widest]
        and len(head) >= _HEAD_PX
        and _apart(head, np.linspace(head[0], 0, len(head))) <= _STRAIGHT_HEAD
    )


def _is_printed(shape: BoolArray, rgb: ByteArray, steep_at: BoolArray) -> bool:
    """Whether a blob is even inside and ends within a pixel, as no hole between cells does."""
    square = np.ones((3, 3), np.uint8)
    inner = cv2.erode(
        shape.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0
    ) > 0  # fmt: skip
    even = not inner.any() or float(rgb[inner].std(axis=0).max()) <= _EVEN_TONE
    return even and share(steep_at[shape & ~inner]) >= _STEEP_SHARE


def _profile(shape: BoolArray) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return how far a blob reaches to both sides of its long axis, and its aspect."""
    y, x = np.nonzero(shape)
    points = np.stack([x, y], axis=1) - (x.mean(), y.mean())
    spread, axes = np.linalg.eigh(points.T @ points / len(points))
    across, along = (points @ axes).T
    step = np.floor(along - along.min()).astype(int)
    left, right = np.zeros(step.max() + 1), np.zeros(step.max() + 1)
    np.maximum.at(left, step, across + 0.5)
    np.maximum.at(right, step, 0.5 - across)
    return left, right, float(np.sqrt(spread[1] / max(spread[0], 1e-6)))


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return how unlike two profiles are: 0 the same, 1 nothing in common."""
    return float(np.abs(a - b).sum() / max((a + b).sum(), 1e-9))
