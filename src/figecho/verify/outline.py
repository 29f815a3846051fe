"""From a mask on the grid to the polygon of a region."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, Matrix


def outline(region: BoolArray, tolerance_px: float = 1.5) -> NDArray[np.float64]:
    """Return the polygon around a region: its largest part, or all parts if they lie together.

    Parameters
    ----------
    region : ndarray of bool
    tolerance_px : float
        How far the polygon may stray from the mask.

    Returns
    -------
    ndarray of shape (n, 2)
        Corners (x, y) in grid pixels, n >= 3; empty where the region is empty.
    """
    size = max(3, int(0.06 * np.sqrt(np.count_nonzero(region))) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = cv2.copyMakeBorder(region.astype(np.uint8), size, size, size, size, 0)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros((0, 2))
    areas = [cv2.contourArea(c) for c in contours]
    everything = cv2.convexHull(np.concatenate(contours))
    chosen = contours[int(np.argmax(areas))]
    if len(contours) > 1 and sum(areas) > 0.55 * cv2.contourArea(everything):
        chosen = everything
    smooth = cv2.approxPolyDP(chosen, tolerance_px, True).reshape(-1, 2)
    if len(smooth) < 3:
        x, y, w, h = cv2.boundingRect(chosen)
        smooth = np.array([[x, y], [x + w - 1, y], [x + w - 1, y + h - 1], [x, y + h - 1]])
    return np.asarray(smooth, dtype=np.float64) - size


def transform_points(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points of shape (n, 2) by a 3 x 3 transform."""
    mapped = points @ matrix[:2, :2].T + matrix[:2, 2]
    if matrix[2, 0] == matrix[2, 1] == 0.0:
        return np.asarray(mapped / matrix[2, 2])
    return np.asarray(mapped / (points @ matrix[2, :2] + matrix[2, 2])[:, None])


def filled(polygon: NDArray[np.float64], size: tuple[int, int]) -> BoolArray:
    """Return the mask of a polygon on a grid of ``size`` (width, height)."""
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon).astype(np.int32)], 1)
    return mask > 0


def polygon_area(points: NDArray[np.float64]) -> float:
    """Return the area of a simple polygon of shape (n, 2)."""
    if len(points) < 3:
        return 0.0
    x, y = points[:, 0], points[:, 1]
    return float(0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
