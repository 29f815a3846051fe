"""Sub-pixel alignment: turn a rough geometry into the one under which the pixels agree best.

A Gauss-Newton search for an affine correction (Lucas and Kanade 1981, as in Baker and Matthews,
IJCV 2004), coarse octaves first, on whitened octaves rather than grey values, with weights that
fade out pixels that disagree (labels pasted on one copy, parts that were changed).
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, Matrix
from figecho.verify.frame import Frame
from figecho.verify.step import normal_equations, robust_scale, sample_pairs

_STAGES = ((2, 3), (1, 2), (0, 1))
_MIN_PIXELS = 80
_STILL_PX = 0.03
_PLENTY_PX = 30_000


def align(
    frame: Frame, *, inverted: bool, max_iterations: int, max_drift_px: float,
    within: BoolArray | None = None,
) -> Matrix:  # fmt: skip
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
    within : ndarray of bool, optional
        The pixels of A that may pull; all by default.

    Returns
    -------
    ndarray of shape (3, 3)
        Grid of B from grid of A.
    """
    width, height = frame.size
    corners = np.array([[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1] * 4])
    centre_x, centre_y, unit = (width - 1) / 2.0, (height - 1) / 2.0, 2.0 / max(width, height)
    unit_from_grid = np.array(
        [[unit, 0.0, -unit * centre_x], [0.0, unit, -unit * centre_y], [0.0, 0.0, 1.0]]
    )
    sign = np.float32(-1.0 if inverted else 1.0)
    usable_a = frame.a.usable if within is None else frame.a.usable & within
    if within is not None:
        ys, xs = np.nonzero(within)
        corners = np.array(
            [[xs.min(), xs.max()] * 2, [ys.min()] * 2 + [ys.max()] * 2, [1] * 4], dtype=np.float64
        )
    usable_b = frame.b.usable.astype(np.float32)
    values = np.empty((4, width * height), np.float32)
    places = np.empty((2, width * height), np.int32)
    sums = np.empty((6, 7))

    current = frame.start.copy()
    for stage in _STAGES:
        a = frame.a.values[stage[0]] + frame.a.values[stage[1]]
        b = sign * (frame.b.values[stage[0]] + frame.b.values[stage[1]])
        slope_x = cv2.Sobel(b, cv2.CV_32F, 1, 0, scale=0.125)
        slope_y = cv2.Sobel(b, cv2.CV_32F, 0, 1, scale=0.125)
        # Coarse octaves are smooth: every other pixel of a large grid tells the same.
        stride = 2 if stage is not _STAGES[-1] and np.count_nonzero(usable_a) > _PLENTY_PX else 1
        planes_b = cv2.merge([b, slope_x, slope_y, usable_b])
        for _ in range(max_iterations):
            count = sample_pairs(a, usable_a, planes_b, current, stride, values, places)
            if count < _MIN_PIXELS:
                return frame.start
            gain, spread = robust_scale(values[:, :count])
            normal_equations(
                values[:, :count], places[:, :count], gain, spread, centre_x, centre_y, unit, sums
            )
            step = _update(sums) @ unit_from_grid
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


def _update(sums: Matrix) -> Matrix:
    """Solve the damped normal equations for an affine update in unit grid coordinates."""
    normal = sums[:, :6]
    damping = 1e-3 * np.trace(normal) / 6.0 + 1e-9
    delta = np.linalg.solve(normal + damping * np.eye(6), sums[:, 6])
    update = np.zeros((3, 3))
    update[0], update[1] = delta[:3], delta[3:]
    return update
