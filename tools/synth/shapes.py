"""Where things lie and what outline they have: scattering, irregular blobs, stamping, cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from synth.kinds import Float, Rng


def scatter(
    rng: Rng, count: int, height: int, width: int, gap_px: float, *, clumping: float = 0.0
) -> NDArray[np.float64]:
    """Draw up to ``count`` points (x, y) at least ``gap_px`` apart, also beyond the border.

    Parameters
    ----------
    rng : numpy.random.Generator
    count, height, width : int
    gap_px : float
        Least distance; where the field is full, fewer points come back.
    clumping : float in 0..1
        Share of points drawn around a few common centres.
    """
    margin = 0.06 * max(height, width)
    low, high = np.array([-margin, -margin]), np.array([width + margin, height + margin])
    draws = rng.uniform(low, high, size=(3 * count + 8, 2))
    centres = rng.uniform(low, high, size=(max(3, count // 12), 2))
    which = rng.integers(0, len(centres), size=len(draws))
    spread = rng.normal(0, 3.0 * gap_px + 0.05 * width, size=draws.shape)
    clumped = rng.random(len(draws)) < clumping
    draws[clumped] = (centres[which] + spread)[clumped]
    kept: list[int] = []
    blocked = np.zeros(len(draws), dtype=bool)
    neighbours = cKDTree(draws).query_ball_point(draws, gap_px) if gap_px > 0 else [[]] * len(draws)
    for index, near in enumerate(neighbours):
        if blocked[index]:
            continue
        kept.append(index)
        blocked[near] = True
        if len(kept) == count:
            break
    return np.asarray(draws[kept], dtype=np.float64)


def blob(
    rng: Rng,
    radius_px: float,
    *,
    aspect: float = 1.0,
    angle: float = 0.0,
    rough: float = 0.08,
    soft: float = 0.8,
) -> Float:
    """Draw one filled outline, 0 outside to 1 inside, on the smallest odd square that holds it.

    Parameters
    ----------
    rng : numpy.random.Generator
    radius_px : float
        Geometric mean of the half axes.
    aspect : float
        Long half axis over short.
    angle : float
        Direction of the long axis, radians.
    rough : float
        Relative deviation of the outline from an ellipse.
    soft : float
        Width of the edge in pixels.
    """
    long = radius_px * np.sqrt(aspect)
    short = radius_px / np.sqrt(aspect)
    half = int(np.ceil(long * (1 + 3 * rough) + 3 * soft)) + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    u = x * np.cos(angle) + y * np.sin(angle)
    v = -x * np.sin(angle) + y * np.cos(angle)
    theta = np.arctan2(v / short, u / long)
    limit = np.ones_like(theta)
    for order in (2, 3, 4, 5):
        height, phase = rng.normal(0, rough / order**0.5), rng.uniform(0, 2 * np.pi)
        limit += np.float32(height) * np.cos(order * theta + np.float32(phase))
    distance = (limit - np.hypot(u / long, v / short)) * short
    return np.asarray(1 / (1 + np.exp(-np.clip(distance / (soft / 2), -30, 30))), dtype=np.float32)


def stamp(canvas: Float, patch: Float, x: float, y: float, *, mode: str = "max") -> None:
    """Lay a patch on the canvas, centred at the pixel nearest to (x, y), in place.

    ``mode`` is ``max``, ``add`` or ``over`` (screen: what is bright stays bright).
    """
    height, width = canvas.shape
    half_y, half_x = patch.shape[0] // 2, patch.shape[1] // 2
    top, left = round(float(y)) - half_y, round(float(x)) - half_x
    y0, y1 = max(top, 0), min(top + patch.shape[0], height)
    x0, x1 = max(left, 0), min(left + patch.shape[1], width)
    if y0 >= y1 or x0 >= x1:
        return
    part = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    view = canvas[y0:y1, x0:x1]
    if mode == "add":
        view += part
    elif mode == "over":
        view[:] = 1 - (1 - view) * (1 - part)
    else:
        np.maximum(view, part, out=view)
