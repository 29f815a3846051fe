"""A few corresponding points that let a person follow an echo from A to B."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.echo import Echo
from figecho.verify.outline import polygon_area, transform_points

MOST = 24
_NEAR_PX = 6.0
_AROUND = 0.1
_ENOUGH = 8

Points = NDArray[np.float64]


def corresponding(echo: Echo, *, inside: bool) -> tuple[Points, Points]:
    """Return points of the region in A and, in the same order, in B: panel pixels.

    Matched keypoints that follow its motion, those in or just around the region unless they are
    few; where only blocks were compared, the centres of blocks that agree. At most :data:`MOST`,
    far from one another.

    Parameters
    ----------
    echo : Echo
    inside : bool
        Whether both regions lie in one panel, where a match may lead from B to A as well.
    """
    a, b = echo.proposal.points_a, echo.proposal.points_b
    if len(a) == 0:
        a = block_centres(echo.polygon_a)
        b = transform_points(echo.b_from_a, a)
    follows = _gap(echo, a, b) < _NEAR_PX
    if inside:
        back = ~follows & (_gap(echo, b, a) < _NEAR_PX)
        a, b = np.where(back[:, None], b, a), np.where(back[:, None], a, b)
        follows |= back
    a, b = a[follows], b[follows]
    around = _AROUND * float(np.sqrt(polygon_area(echo.polygon_a)))
    close = distance_inside(a, echo.polygon_a) >= -around
    if np.count_nonzero(close) >= _ENOUGH:
        a, b = a[close], b[close]
    chosen = spread(a, MOST)
    return a[chosen], b[chosen]


def _gap(echo: Echo, a: Points, b: Points) -> Points:
    return np.asarray(np.hypot(*(transform_points(echo.b_from_a, a) - b).T))


def distance_inside(points: Points, polygon: Points) -> Points:
    """Return how deep points (x, y) lie in a polygon, in pixels; negative outside."""
    corners = polygon.astype(np.float32)[:, None]
    return np.array([cv2.pointPolygonTest(corners, p, True) for p in points.tolist()])


def spread(points: Points, count: int) -> NDArray[np.intp]:
    """Return the indices of at most ``count`` points, each as far as can be from those before."""
    chosen: list[int] = []
    distance = np.full(len(points), np.inf)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(np.argmax(distance)) if chosen else int(np.argmin(points.sum(axis=1))))
        distance = np.minimum(distance, np.hypot(*(points - points[chosen[-1]]).T))
    return np.array(chosen, dtype=np.intp)


def block_centres(polygon: Points) -> Points:
    """Return the centres of square blocks that tile a polygon's bounding box."""
    low, size = polygon.min(axis=0), np.maximum(np.ptp(polygon, axis=0), 1.0)
    side = float(max(np.sqrt(size.prod() / (1.5 * MOST)), 1.0))
    xs, ys = (
        start + length * (np.arange(n) + 0.5) / n
        for start, length, n in zip(low, size, np.maximum(size // side, 1).astype(int), strict=True)
    )
    return np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)], axis=1)
