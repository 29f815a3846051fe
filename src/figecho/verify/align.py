"""Sub-pixel alignment: turn a rough geometry into the one under which the pixels agree best.

A Gauss-Newton search for an affine correction (Lucas and Kanade 1981, as in Baker and Matthews,
IJCV 2004), coarse octaves first, on whitened octaves rather than grey values, with weights that
fade out pixels that disagree (labels pasted on one copy, parts that were changed).
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import FloatArray, Matrix
from figecho.verify.bands import whitened
from figecho.verify.frame import Frame, warp, warp_mask

_STAGES = ((2, 3), (1, 2), (0, 1))
_MIN_PIXELS = 80


def align(
    frame: Frame, b_from_grid: Matrix, *, inverted: bool, max_iterations: int, max_drift_px: float
) -> Matrix:
    """Refine a geometry by the pixels; gives the start back where they pull too far away.

    Parameters
    ----------
    frame : Frame
    b_from_grid : ndarray of shape (3, 3)
        The start: pixels of B from grid pixels.
    inverted : bool
        Whether B has its tones inverted.
    max_iterations : int
        For each of the three stages.
    max_drift_px : float
        Largest believable correction, in pixels of B at the corners of the grid.

    Returns
    -------
    ndarray of shape (3, 3)
    """
    octaves_a = whitened(frame.a, frame.usable_a)
    octaves_b = whitened(-frame.b if inverted else frame.b, frame.usable_b)
    width, height = frame.size
    corners = np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1] * 4])
    unit = np.diag([2.0 / max(width, height)] * 2 + [1.0])
    unit[:2, 2] = [-(width - 1) / max(width, height), -(height - 1) / max(width, height)]
    yy, xx = np.mgrid[0:height, 0:width]
    u = (unit[0, 0] * xx + unit[0, 2]).astype(np.float32)
    v = (unit[1, 1] * yy + unit[1, 2]).astype(np.float32)

    current = b_from_grid.astype(np.float64)
    for stage in _STAGES:
        a = sum((octaves_a[k] for k in stage), np.zeros_like(frame.a))
        b = sum((octaves_b[k] for k in stage), np.zeros_like(frame.b))
        slope_x = np.asarray(cv2.Sobel(b, cv2.CV_32F, 1, 0, scale=0.125), dtype=np.float32)
        slope_y = np.asarray(cv2.Sobel(b, cv2.CV_32F, 0, 1, scale=0.125), dtype=np.float32)
        for _ in range(max_iterations):
            both = warp_mask(frame.usable_b, current, frame.size) & frame.usable_a
            if np.count_nonzero(both) < _MIN_PIXELS:
                return b_from_grid
            step = _step(
                a[both], warp(b, current, frame.size)[both],
                warp(slope_x, current, frame.size)[both], warp(slope_y, current, frame.size)[both],
                u[both], v[both],
            )  # fmt: skip
            current = current + step @ unit
            if np.abs((step @ unit @ corners)[:2]).max() < 0.03:
                break
    moved = _project(current, corners) - _project(b_from_grid, corners)
    if not np.isfinite(moved).all() or np.abs(moved).max() > max_drift_px:
        return b_from_grid
    return current


def _project(matrix: Matrix, points: Matrix) -> Matrix:
    mapped = matrix @ points
    return np.asarray(mapped[:2] / mapped[2])


def _step(
    a: FloatArray, b: FloatArray, slope_x: FloatArray, slope_y: FloatArray,
    u: FloatArray, v: FloatArray,
) -> Matrix:  # fmt: skip
    """Weighted least-squares affine update in unit grid coordinates."""
    gain = max(0.2, float(a @ b) / (float(b @ b) + 1e-6))
    residual = a - np.float32(gain) * b
    spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-3
    weight = (1.0 / (1.0 + (residual / (2.0 * spread)) ** 2)).astype(np.float32)
    gx, gy = np.float32(gain) * slope_x, np.float32(gain) * slope_y
    jacobian = np.stack([gx * u, gx * v, gx, gy * u, gy * v, gy], axis=1)
    weighted = jacobian * weight[:, None]
    normal = (weighted.T @ jacobian).astype(np.float64)
    damping = 1e-3 * np.trace(normal) / 6.0 + 1e-9
    right = (weighted.T @ residual).astype(np.float64)
    delta = np.linalg.solve(normal + damping * np.eye(6), right)
    update = np.zeros((3, 3))
    update[0], update[1] = delta[:3], delta[3:]
    return update
