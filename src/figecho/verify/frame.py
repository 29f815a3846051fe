"""A common pixel grid for two panels under a proposed geometry, never finer than the coarser one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import Octaves, octaves_of

_CUBIC = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
_LINEAR = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """Both panels at about the same resolution, each in octaves on its own grid.

    The grid of A is the common one; ``geometry`` starts as the proposal brought to these grids.

    Attributes
    ----------
    a, b : Octaves
    a_from_grid, b_from_bgrid : ndarray of shape (3, 3)
        Panel pixels from grid pixels.
    start : ndarray of shape (3, 3)
        The proposed geometry: grid of B from grid of A.
    """

    a: Octaves
    b: Octaves
    a_from_grid: Matrix
    b_from_bgrid: Matrix
    start: Matrix

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the common grid, as OpenCV wants it."""
        height, width = self.a.usable.shape
        return (width, height)

    def to_panels(self, geometry: Matrix) -> Matrix:
        """Turn a geometry between the grids into b_from_a in panel pixels."""
        matrix = self.b_from_bgrid @ geometry @ np.linalg.inv(self.a_from_grid)
        return np.asarray(matrix / matrix[2, 2])


def resize_matrix(shape: tuple[int, ...], size: tuple[int, int]) -> Matrix:
    """Return original-from-resized pixel coordinates, pixel centres at integers."""
    fx, fy = shape[1] / size[0], shape[0] / size[1]
    return np.array([[fx, 0.0, 0.5 * fx - 0.5], [0.0, fy, 0.5 * fy - 0.5], [0.0, 0.0, 1.0]])


def local_scale(matrix: Matrix, x: float, y: float) -> float:
    """Return the linear scale of a projective transform at the point (x, y)."""
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    if abs(depth) < 1e-9:
        return 0.0
    return float(np.sqrt(abs(np.linalg.det(matrix)) / abs(depth) ** 3))


def build(
    grey_a: FloatArray, usable_a: BoolArray, grey_b: FloatArray, usable_b: BoolArray,
    b_from_a: Matrix, max_px: int,
) -> Frame:  # fmt: skip
    """Bring both panels to the resolution of the coarser one, and to ``max_px`` pixels at most.

    Parameters
    ----------
    grey_a, grey_b : ndarray, float32, 0..255
    usable_a, usable_b : ndarray, bool
    b_from_a : ndarray of shape (3, 3)
        Panel pixels.
    max_px : int
        Most pixels the common grid may have.

    Returns
    -------
    Frame
    """
    height, width = grey_a.shape
    zoom = local_scale(b_from_a, (width - 1) / 2.0, (height - 1) / 2.0)
    factor_a = min(1.0, zoom, np.sqrt(max_px / (height * width)))
    factor_b = min(1.0, factor_a / max(zoom, 1e-6))
    a, a_from_grid = _reduced(grey_a, usable_a, factor_a)
    b, b_from_bgrid = _reduced(grey_b, usable_b, factor_b)
    start = np.linalg.inv(b_from_bgrid) @ b_from_a @ a_from_grid
    return Frame(a=a, b=b, a_from_grid=a_from_grid, b_from_bgrid=b_from_bgrid, start=start)


def _reduced(grey: FloatArray, usable: BoolArray, factor: float) -> tuple[Octaves, Matrix]:
    if factor > 0.97:
        return octaves_of(grey, usable), np.eye(3)
    height, width = grey.shape
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    share = cv2.resize(usable.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return octaves_of(small, np.asarray(share > 0.99)), resize_matrix(grey.shape, size)


def warp(image: FloatArray, geometry: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample an image of B on the common grid (cubic); outside B it is 0."""
    return np.asarray(cv2.warpPerspective(image, geometry, size, flags=_CUBIC), dtype=np.float32)


def warp_linear(image: FloatArray, geometry: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample an image of B on the common grid (linear); outside B it is 0."""
    return np.asarray(cv2.warpPerspective(image, geometry, size, flags=_LINEAR), dtype=np.float32)


def warp_mask(mask: BoolArray, geometry: Matrix, size: tuple[int, int]) -> BoolArray:
    """Return where the common grid samples B from True pixels only."""
    return np.asarray(warp_linear(mask.astype(np.float32), geometry, size) > 0.99)


def grid_points(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the (x, y) of every grid pixel in reading order, shape (h * w, 2)."""
    yy, xx = np.mgrid[0 : size[1], 0 : size[0]]
    return np.stack([xx.ravel(), yy.ravel()], axis=1).astype(np.float64)
