"""Sub-pixel alignment: turn a rough geometry into the one under which the pixels agree best.

A Gauss-Newton search for an affine correction (Lucas and Kanade 1981, as in Baker and Matthews,
IJCV 2004), coarse octaves first, on whitened octaves rather than grey values, with weights that
fade out pixels that disagree (labels pasted on one copy, parts that were changed).
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import FloatArray, Matrix
from figecho.verify.frame import Frame, warp, warp_linear, warp_mask

_STAGES = ((2, 3), (1, 2), (0, 1))
_MIN_PIXELS = 80
_STILL_PX = 0.03


def align(frame: Frame, *, inverted: bool, max_iterations: int, max_drift_px: float) -> Matrix:
    """Refine a geometry by the pixels; gives the start back where they pull too far away.

    Parameters
    ----------
    frame : Frame
    inverted : bool
        Whether B has its tones inverted.
    max_iterations : int
        For each of the three stages.
    max_drift_px : float
        Largest believable correction at the corners, in grid pixels of B.

    Returns
    -------
    ndarray of shape (3, 3)
        Grid of B from grid of A.
    """
    width, height = frame.size
    corners = np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1] * 4])
    longest = max(width, height)
    unit = np.diag([2.0 / longest, 2.0 / longest, 1.0])
    unit[:2, 2] = [-(width - 1) / longest, -(height - 1) / longest]
    yy, xx = np.mgrid[0:height, 0:width]
    u = (unit[0, 0] * xx + unit[0, 2]).astype(np.float32)
    v = (unit[1, 1] * yy + unit[1, 2]).astype(np.float32)
    sign = np.float32(-1.0 if inverted else 1.0)

    current = frame.start.copy()
    for stage in _STAGES:
        a = frame.a.values[stage[0]] + frame.a.values[stage[1]]
        b = sign * (frame.b.values[stage[0]] + frame.b.values[stage[1]])
        slopes = cv2.merge(
            [
                cv2.Sobel(b, cv2.CV_32F, 1, 0, scale=0.125),
                cv2.Sobel(b, cv2.CV_32F, 0, 1, scale=0.125),
            ]
        )
        for _ in range(max_iterations):
            both = warp_mask(frame.b.usable, current, frame.size) & frame.a.usable
            if np.count_nonzero(both) < _MIN_PIXELS:
                return frame.start
            slope = warp_linear(slopes, current, frame.size)[both]
            step = _step(
                a[both], warp(b, current, frame.size)[both], slope[:, 0], slope[:, 1],
                u[both], v[both],
            ) @ unit  # fmt: skip
            current = current + step
            if np.abs((step @ corners)[:2]).max() < _STILL_PX:
                break
    moved = _project(current, corners) - _project(frame.start, corners)
    if not np.isfinite(moved).all() or np.abs(moved).max() > max_drift_px:
        return frame.start
    return current


def _project(matrix: Matrix, points: Matrix) -> Matrix:
    mapped = matrix @ points
    return np.asarray(mapped[:2] / mapped[2])


def _step(
    a: FloatArray, b: FloatArray, slope_x: FloatArray, slope_y: FloatArray,
    u: FloatArray, v: FloatArray,
) -> Matrix:  # fmt: skip
    """Weighted least-squares affine update in unit grid coordinates."""
    gain = np.float32(max(0.2, float(a @ b) / (float(b @ b) + 1e-6)))
    residual = a - gain * b
    sample = np.abs(residual[:: max(1, len(residual) // 2000)])
    spread = np.float32(2.0 * 1.4826 * float(np.median(sample)) + 2e-3)
    weight = 1.0 / (1.0 + (residual / spread) ** 2)
    gx, gy = gain * slope_x, gain * slope_y
    jacobian = np.stack([gx * u, gx * v, gx, gy * u, gy * v, gy])
    weighted = jacobian * weight
    normal = (weighted @ jacobian.T).astype(np.float64)
    damping = 1e-3 * np.trace(normal) / 6.0 + 1e-9
    delta = np.linalg.solve(normal + damping * np.eye(6), (weighted @ residual).astype(np.float64))
    update = np.zeros((3, 3))
    update[0], update[1] = delta[:3], delta[3:]
    return update
