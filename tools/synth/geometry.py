"""Two views of one scene, and what they share: the exact truth behind every planted pair."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from synth.kinds import Byte, Matrix, Real


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A window on a scene: ``from_scene`` maps scene pixels to the pixels of the window."""

    from_scene: Matrix
    height: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """How a second view lies on the first.

    Attributes
    ----------
    linear : ndarray of shape (2, 2)
        Rotation, mirror, scale, stretch: second view from first.
    at : tuple of float
        Point (x, y) of the first view, relative to its centre, that the second is centred on.
    height, width : int
        Size of the second view in its own pixels.
    words : str
        The motion for a reader.
    """

    linear: Matrix
    at: tuple[float, float]
    height: int
    width: int
    words: str


def translation(x: float, y: float) -> Matrix:
    """Return the 3 x 3 matrix that adds (x, y)."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def turned(angle_deg: float, scale: float = 1.0, *, mirrored: bool = False) -> Matrix:
    """Return the 2 x 2 matrix of a rotation after an optional mirror of x."""
    angle = np.deg2rad(angle_deg)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(scale * rotation @ np.diag([-1.0 if mirrored else 1.0, 1.0]))


def window(x: float, y: float, height: int, width: int) -> View:
    """Return the upright view whose top-left pixel is scene pixel (x, y)."""
    return View(from_scene=translation(-x, -y), height=height, width=width)


def moved(view: View, motion: Motion) -> View:
    """Return the second view, which a motion describes relative to the first."""
    x = (view.width - 1) / 2 + motion.at[0]
    y = (view.height - 1) / 2 + motion.at[1]
    linear = np.eye(3)
    linear[:2, :2] = motion.linear
    to = translation((motion.width - 1) / 2, (motion.height - 1) / 2)
    matrix = to @ linear @ translation(-x, -y) @ view.from_scene
    return View(from_scene=matrix, height=motion.height, width=motion.width)


def corners(height: int, width: int) -> Matrix:
    """Return the centres of the four corner pixels as (4, 2), clockwise from top-left."""
    right, bottom = width - 1.0, height - 1.0
    return np.array([[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]])


def apply(matrix: Real, points: Matrix) -> Matrix:
    """Map points (n, 2) by a 3 x 3 matrix."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def inside(view: View, height: int, width: int) -> bool:
    """Tell whether the whole view lies on a scene of the given size."""
    seen = apply(np.linalg.inv(view.from_scene), corners(view.height, view.width))
    limit = np.array([width - 1.0, height - 1.0]) + 1e-6
    return bool((seen >= -1e-6).all() and (seen <= limit).all())


def fitted(view: View, height: int, width: int) -> View:
    """Shrink a view about its centre until it lies on the scene."""
    for share in np.linspace(1.0, 0.2, 41):
        rows, cols = max(int(view.height * share), 8), max(int(view.width * share), 8)
        shift = translation((cols - view.width) / 2, (rows - view.height) / 2)
        small = View(from_scene=shift @ view.from_scene, height=rows, width=cols)
        if inside(small, height, width):
            return small
    raise ValueError("the view lies outside the scene")


def seen(scene: Byte, view: View) -> Byte:
    """Resample the scene as the view shows it, low-passed first where that makes it smaller."""
    matrix = view.from_scene
    if np.allclose(matrix[:2, :2], np.eye(2)) and np.allclose(matrix, np.rint(matrix)):
        left, top = (int(v) for v in -np.rint(matrix[:2, 2]))
        return np.ascontiguousarray(scene[top : top + view.height, left : left + view.width])
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale < 0.95:
        scene = cv2.GaussianBlur(scene, (0, 0), 0.45 * np.sqrt(1 / scale**2 - 1) + 0.1)
    out = cv2.warpAffine(
        scene,
        matrix[:2],
        (view.width, view.height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(out, dtype=np.uint8)


def texture(image: Byte, polygon: Matrix) -> float:
    """Return the deviation of grey levels in the upright box of a polygon, 0 for an empty one."""
    if len(polygon) == 0:
        return 0.0
    limit = np.array([image.shape[1], image.shape[0]])
    (left, top), (right, bottom) = np.clip(
        [polygon.min(axis=0), polygon.max(axis=0) + 1], 0, limit
    ).astype(int)
    part = image[top:bottom:3, left:right:3]
    return float(part.std()) if part.size else 0.0


def between_views(a: View, b: View) -> Matrix:
    """Return ``b_from_a``."""
    return np.asarray(b.from_scene @ np.linalg.inv(a.from_scene))


def shared(a: View, b: View) -> Matrix:
    """Return the polygon (n, 2) in pixels of ``a`` that both views show; empty where none."""
    other = apply(np.linalg.inv(between_views(a, b)), corners(b.height, b.width))
    mine = corners(a.height, a.width)
    area, polygon = cv2.intersectConvexConvex(mine.astype(np.float32), other.astype(np.float32))
    if area <= 0 or polygon is None:
        return np.zeros((0, 2))
    return np.asarray(polygon.reshape(-1, 2), dtype=np.float64)
