"""Whether two echoes speak of one geometry, or of one region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from figecho.echo.echo import Echo
from figecho.match.propose import inverse
from figecho.model import Matrix
from figecho.verify.outline import polygon_area, transform_points


def same_region(echo: Echo, other: Echo, inside: bool) -> bool:
    """Whether two echoes cover mostly the same pixels in both panels."""
    straight = (
        _overlap(echo.polygon_a, other.polygon_a) > 0.3
        and _overlap(echo.polygon_b, other.polygon_b) > 0.3
    )
    crossed = inside and (
        _overlap(echo.polygon_a, other.polygon_b) > 0.3
        and _overlap(echo.polygon_b, other.polygon_a) > 0.3
    )
    return straight or crossed


def same_geometry(b_from_a: Matrix, other: Echo, inside: bool) -> bool:
    """Whether a geometry is that of an echo; inside one panel it may be read from either end."""
    return is_close(b_from_a, other) or (inside and is_close(inverse(b_from_a), other))


def is_close(b_from_a: Matrix, echo: Echo) -> bool:
    """Whether a geometry takes the region of ``echo`` to about the same place."""
    there = transform_points(b_from_a, echo.polygon_a)
    size = np.sqrt(max(polygon_area(echo.polygon_b), 1.0))
    gap = float(np.linalg.norm(there - echo.polygon_b, axis=1).mean())
    return bool(np.isfinite(gap) and gap < max(4.0, 0.08 * size))


def _overlap(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Shared area of the bounding boxes as a share of the smaller one."""
    low = np.maximum(p.min(axis=0), q.min(axis=0))
    high = np.minimum(p.max(axis=0), q.max(axis=0))
    shared = float(np.prod(np.maximum(high - low, 0.0)))
    smaller = min(float(np.prod(np.ptp(p, axis=0))), float(np.prod(np.ptp(q, axis=0))))
    return shared / max(smaller, 1.0)
