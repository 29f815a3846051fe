"""Recognise an arrow by its shape: the same on both sides of its axis, unlike at its two ends."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray
from figecho.screen.marks import Layer, Mark

_MIN_AREA_PX = 40
_MAX_AREA_SHARE = 0.02
_MIN_SHARP = 0.8
_MAX_ARROWS = 16
_SAME_SIDES, _UNLIKE_ENDS = 0.7, 0.72
_SOLIDITY = (0.4, 0.93)
_MIN_ASPECT = 1.25


def arrows(layer: Layer) -> list[Mark]:
    """Return the marks of a layer that are arrows or arrowheads; none where there are too many."""
    limit = _MAX_AREA_SHARE * layer.labels.size
    found = [
        mark
        for mark in layer.marks
        if _MIN_AREA_PX <= mark.area <= limit
        and mark.sharp >= _MIN_SHARP
        and is_arrow(_shape(layer, mark))
    ]
    return found if len(found) <= _MAX_ARROWS else []


def is_arrow(shape: BoolArray) -> bool:
    """Whether a single blob is symmetric about its long axis and lopsided along it.

    Parameters
    ----------
    shape : ndarray of shape (h, w), bool
    """
    contours = cv2.findContours(shape.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    hull = cv2.contourArea(cv2.convexHull(max(contours, key=len)))
    if hull <= 0 or not _SOLIDITY[0] <= shape.sum() / hull <= _SOLIDITY[1]:
        return False
    y, x = np.nonzero(shape)
    points = np.stack([x, y], axis=1) - (x.mean(), y.mean())
    spread, axes = np.linalg.eigh(np.cov(points.T))
    if spread[1] < _MIN_ASPECT**2 * max(spread[0], 1e-6):
        return False
    across, along = (points @ axes).T
    along -= (along.min() + along.max()) / 2
    upright = _drawn(along, across)
    return (
        _overlap(upright, _drawn(along, -across)) >= _SAME_SIDES
        and _overlap(upright, _drawn(-along, across)) <= _UNLIKE_ENDS
    )


def _shape(layer: Layer, mark: Mark) -> BoolArray:
    part = layer.labels[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w] == mark.label
    return np.asarray(np.pad(part, 1), np.bool_)


def _drawn(along: np.ndarray, across: np.ndarray) -> BoolArray:
    """Draw points on a coarse grid, two pixels a cell, so that rotation leaves no holes."""
    reach = int(max(np.abs(along).max(), np.abs(across).max()) / 2) + 2
    grid = np.zeros((2 * reach + 1, 2 * reach + 1), np.bool_)
    grid[np.rint(across / 2).astype(int) + reach, np.rint(along / 2).astype(int) + reach] = True
    return grid


def _overlap(a: BoolArray, b: BoolArray) -> float:
    return float((a & b).sum() / (a | b).sum())
