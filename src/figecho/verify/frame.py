"""A common pixel grid for two panels under a proposed geometry, never finer than the coarser one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import blur


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """Panel A resampled onto the common grid, and what is needed to bring panel B there.

    Attributes
    ----------
    a, usable_a : ndarray of shape (h, w)
        Panel A on the grid.
    b, usable_b : ndarray of shape (H, W)
        Panel B in its own pixels, smoothed so that sampling it on the grid does not alias.
    a_from_grid : ndarray of shape (3, 3)
        Panel pixels of A from grid pixels.
    """

    a: FloatArray
    usable_a: BoolArray
    b: FloatArray
    usable_b: BoolArray
    a_from_grid: Matrix

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the grid, as OpenCV wants it."""
        return (self.a.shape[1], self.a.shape[0])


def scale_of(matrix: Matrix) -> float:
    """Return the linear scale of a 2-D transform at the origin."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def resize_matrix(shape: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """Return original-from-resized pixel coordinates, pixel centres at integers."""
    fx, fy = shape[1] / size[0], shape[0] / size[1]
    return np.array([[fx, 0.0, 0.5 * fx - 0.5], [0.0, fy, 0.5 * fy - 0.5], [0.0, 0.0, 1.0]])


def build(
    grey_a: FloatArray, usable_a: BoolArray, grey_b: FloatArray, usable_b: BoolArray,
    b_from_a: Matrix, max_px: int,
) -> Frame:  # fmt: skip
    """Lay the grid: A's own pixels, coarsened where B has fewer or ``max_px`` would be exceeded.

    Parameters
    ----------
    grey_a, grey_b : ndarray, float32, 0..255
    usable_a, usable_b : ndarray, bool
    b_from_a : ndarray of shape (3, 3)
    max_px : int
        Most pixels the grid may have.

    Returns
    -------
    Frame
    """
    height, width = grey_a.shape
    centre = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    factor = min(1.0, local_scale(b_from_a, centre), np.sqrt(max_px / (height * width)))
    if factor < 0.98:
        size = (max(8, round(width * factor)), max(8, round(height * factor)))
        a = np.asarray(cv2.resize(grey_a, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        share = cv2.resize(usable_a.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        ok_a = np.asarray(share > 0.99)
        a_from_grid = resize_matrix((height, width), size)
    else:
        a, ok_a, a_from_grid = grey_a, usable_a, np.eye(3)
    shrink = local_scale(b_from_a @ a_from_grid, np.array([a.shape[1] / 2.0, a.shape[0] / 2.0]))
    b = blur(grey_b, 0.45 * np.sqrt(shrink**2 - 1.0)) if shrink > 1.1 else grey_b
    return Frame(a=a, usable_a=ok_a, b=b, usable_b=usable_b, a_from_grid=a_from_grid)


def local_scale(matrix: Matrix, point: FloatArray | Matrix) -> float:
    """Return the linear scale of a projective transform at ``point``."""
    x, y = float(point[0]), float(point[1])
    w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    if abs(w) < 1e-9:
        return 0.0
    return float(np.sqrt(abs(np.linalg.det(matrix)) / abs(w) ** 3))


def warp(image: FloatArray, b_from_grid: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample an image of B on the grid (cubic); outside B it is 0."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(image, b_from_grid, size, flags=flags), dtype=np.float32)


def warp_mask(mask: BoolArray, b_from_grid: Matrix, size: tuple[int, int]) -> BoolArray:
    """Return where the grid samples B from usable pixels only."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(mask.astype(np.float32), b_from_grid, size, flags=flags) > 0.99
    )
