"""A common pixel grid for two panels under a proposed geometry, as fine as the coarser one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import Octaves
from figecho.verify.later import Later
from figecho.verify.outline import transform_points
from figecho.verify.views import Views

_CUBIC = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
_LINEAR = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
#: What two panels share is shown with this part of the pixels that a whole panel may have, or a
#: small copy would be lost in a large panel; so small a share of the panel is not gone after.
_LEAST_SHOWN, _LEAST_SHARED = 0.25, 1.0 / 64.0
#: And a strip in a tall panel is shown so high, if it is.
_LEAST_SIDE_PX = 32.0


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
    panel_px : int
        Pixels of the larger of the whole panels on its grid.
    """

    a: Octaves
    b: Octaves
    a_from_grid: Matrix
    b_from_bgrid: Matrix
    start: Matrix
    panel_px: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the common grid, as OpenCV wants it."""
        height, width = self.a.usable.shape
        return (width, height)

    @property
    def banded(self) -> float:
        """How far both panels are gels or blots, 0..1."""
        # Telling it takes a while: B is only asked where A is one.
        return min(self.a.banded, self.b.banded) if self.a.banded > 0.0 else 0.0

    def to_panels(self, geometry: Matrix) -> Matrix:
        """Turn a geometry between the grids into b_from_a in panel pixels."""
        matrix = self.b_from_bgrid @ geometry @ np.linalg.inv(self.a_from_grid)
        return np.asarray(matrix / matrix[2, 2])


def on_one_grid(frame: Frame, geometry: Matrix) -> Matrix:
    """Return where a motion inside one panel takes the grid of A, as a place on that grid.

    The two grids may differ in size a little.
    """
    return np.asarray(np.linalg.inv(frame.a_from_grid) @ frame.b_from_bgrid @ geometry)


def around_both(frame: Frame, geometry: Matrix, region: BoolArray) -> tuple[slice, slice]:
    """Return the rows and columns of the grid of A that hold a region and where it is moved to."""
    ys, xs = np.nonzero(region)
    here = np.array([[x, y] for x in (xs.min(), xs.max()) for y in (ys.min(), ys.max())])
    places = np.concatenate([here, transform_points(on_one_grid(frame, geometry), here)])
    left, top = np.maximum(np.floor(places.min(axis=0)), 0).astype(int)
    right, bottom = np.ceil(places.max(axis=0)).astype(int) + 1
    return np.s_[top:bottom, left:right]


def local_scale(matrix: Matrix, x: float, y: float) -> float:
    """Return the linear scale of a projective transform at the point (x, y)."""
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    if abs(depth) < 1e-9:
        return 0.0
    return float(np.sqrt(abs(np.linalg.det(matrix)) / abs(depth) ** 3))


def build(views_a: Views, views_b: Views, b_from_a: Matrix, max_px: int) -> Frame:
    """Bring both panels to the resolution of the coarser one, and to about ``max_px`` pixels.

    It is the same resolution whichever of them is A: a finer grid would see more of their noise.

    Parameters
    ----------
    views_a, views_b : Views
    b_from_a : ndarray of shape (3, 3)
        Panel pixels.
    max_px : int
        Most pixels that either panel may have, unless what they share is a small part of it.

    Returns
    -------
    Frame
    """
    height, width = views_a.shape
    zoom = max(local_scale(b_from_a, (width - 1) / 2.0, (height - 1) / 2.0), 1e-6)
    factor_a = min(1.0, zoom, _factor(views_a.shape, views_b.shape, b_from_a, zoom, max_px))
    a, a_from_grid = views_a.at(factor_a)
    b, b_from_bgrid = views_b.at(min(1.0, factor_a / zoom))
    return Frame(
        a=a,
        b=b,
        a_from_grid=a_from_grid,
        b_from_bgrid=b_from_bgrid,
        start=np.linalg.inv(b_from_bgrid) @ b_from_a @ a_from_grid,
        panel_px=max(a.usable.size, b.usable.size),
    )


def _factor(
    shape_a: tuple[int, int], shape_b: tuple[int, int], b_from_a: Matrix, zoom: float, max_px: int
) -> float:
    """Return the size of the common grid as a factor of that of panel A."""
    larger_px = max(np.prod(shape_a), np.prod(shape_b) / zoom**2)
    rect_a, rect_b = (_corners(shape) for shape in (shape_a, shape_b))
    b_on_a = cv2.perspectiveTransform(rect_b, np.linalg.inv(b_from_a))
    shared_px, shared = cv2.intersectConvexConvex(rect_a, b_on_a.astype(np.float32))
    shown_px = max(shared_px, _LEAST_SHARED * larger_px)
    factor = float(np.sqrt(max_px / min(larger_px, shown_px / _LEAST_SHOWN)))
    if shared_px < _LEAST_SHARED * larger_px:
        return factor
    return max(factor, _LEAST_SIDE_PX / float(np.ptp(shared.reshape(-1, 2), axis=0).min()))


def _corners(shape: tuple[int, int]) -> FloatArray:
    height, width = shape
    right, below = width - 0.5, height - 0.5
    corners = [[-0.5, -0.5], [right, -0.5], [right, below], [-0.5, below]]
    return np.array([corners], dtype=np.float32)


def cropped(frame: Frame, low: tuple[int, int], high: tuple[int, int], margin_px: float) -> Frame:
    """Return the part of a frame that a small copy needs: asking it costs what the copy is worth.

    Parameters
    ----------
    frame : Frame
    low, high : (x, y)
        First and last pixel of the part, on the grid of A.
    margin_px : float
        How far beyond the image of the part the grid of B is kept, its pixels.

    Returns
    -------
    Frame
        Its grids begin elsewhere, which ``a_from_grid``, ``b_from_bgrid`` and ``start`` know.
    """
    corners = np.array([[low[0], high[0]] * 2, [low[1]] * 2 + [high[1]] * 2, [1] * 4], dtype=float)
    there = frame.start @ corners
    there = there[:2] / there[2]
    last_b = np.array(frame.b.usable.shape[::-1]) - 1
    low_b = np.clip(np.floor(there.min(axis=1) - margin_px), 0, np.maximum(last_b - 1, 0))
    high_b = np.clip(np.ceil(there.max(axis=1) + margin_px), low_b + 1, last_b)
    to_a, to_b = _shifted(low), _shifted(low_b)
    return Frame(
        a=_window(frame.a, low, high),
        b=_window(frame.b, low_b.astype(int), high_b.astype(int)),
        a_from_grid=frame.a_from_grid @ to_a,
        b_from_bgrid=frame.b_from_bgrid @ to_b,
        start=np.linalg.inv(to_b) @ frame.start @ to_a,
        panel_px=frame.panel_px,
    )


def _shifted(origin: Sequence[float] | NDArray[np.float64]) -> Matrix:
    matrix = np.eye(3)
    matrix[:2, 2] = origin
    return matrix


def _window(
    octaves: Octaves, low: Sequence[int] | NDArray[Any], high: Sequence[int] | NDArray[Any]
) -> Octaves:
    window = np.s_[low[1] : high[1] + 1, low[0] : high[0] + 1]

    def cut(planes: Sequence[FloatArray]) -> Sequence[FloatArray]:
        return Later(lambda k: np.ascontiguousarray(planes[k][window]), len(planes))

    return replace(
        octaves,
        values=cut(octaves.values),
        density=cut(octaves.density),
        steep=cut(octaves.steep),
        usable=np.ascontiguousarray(octaves.usable[window]),
    )


def warp(image: FloatArray, geometry: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample an image of B on the common grid (cubic); outside B it is 0."""
    return np.asarray(cv2.warpPerspective(image, geometry, size, flags=_CUBIC), dtype=np.float32)


def warp_linear(image: FloatArray, geometry: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample an image of B on the common grid (linear); outside B it is 0."""
    return np.asarray(cv2.warpPerspective(image, geometry, size, flags=_LINEAR), dtype=np.float32)


def warp_together(
    images: Sequence[FloatArray], geometry: Matrix, size: tuple[int, int]
) -> Sequence[FloatArray]:
    """Sample some images of B as :func:`warp` does: three together cost little more than two.

    With linear sampling each by itself is faster.
    """
    if len(images) == 1:
        return [warp(images[0], geometry, size)]
    joined = np.asarray(cv2.merge(list(images)), dtype=np.float32)
    return list(cv2.split(warp(joined, geometry, size)))


def warp_mask(mask: BoolArray, geometry: Matrix, size: tuple[int, int]) -> BoolArray:
    """Return where the common grid samples B from True pixels only."""
    return np.asarray(warp_linear(mask.astype(np.float32), geometry, size) > 0.99)


def sampled(image: FloatArray, points: NDArray[np.float64]) -> FloatArray:
    """Sample an image (linear) at points of shape (n, 2); outside it is 0."""
    x, y = points.astype(np.float32).T[:, :, None]
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR)[:, 0], dtype=np.float32)


def grid_points(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the (x, y) of every grid pixel in reading order, shape (h * w, 2)."""
    yy, xx = np.mgrid[0 : size[1], 0 : size[0]]
    return np.stack([xx.ravel(), yy.ravel()], axis=1).astype(np.float64)
