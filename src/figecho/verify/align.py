"""Sub-pixel alignment: turn a rough geometry into the one under which the pixels agree best.

A Gauss-Newton search for an affine correction (Lucas and Kanade 1981, as in Baker and Matthews,
IJCV 2004), coarse octaves first, on whitened octaves rather than grey values, with weights that
fade out pixels that disagree (labels pasted on one copy, parts that were changed).
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import Matrix
from figecho.verify.frame import Frame
from figecho.verify.step import descend

_STAGES = ((2, 3), (1, 2), (0, 1))
_MIN_PIXELS = 80
_STILL_PX = 0.03
#: So many pixels tell an alignment to a few hundredths of a pixel; the coarser its octaves, the
#: farther apart they may be taken.
_PLENTY_PX = 4_000
_MOST_STRIDE = (3, 2, 1)


def align(
    frame: Frame, *, inverted: bool, max_iterations: int, max_drift_px: float
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

    Returns
    -------
    ndarray of shape (3, 3)
        Grid of B from grid of A.
    """
    width, height = frame.size
    corners = np.array(
        [[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1] * 4], dtype=np.float64
    )
    centre_x, centre_y, unit = (width - 1) / 2.0, (height - 1) / 2.0, 2.0 / max(width, height)
    unit_from_grid = np.array(
        [[unit, 0.0, -unit * centre_x], [0.0, unit, -unit * centre_y], [0.0, 0.0, 1.0]]
    )
    sign = np.float32(-1.0 if inverted else 1.0)
    usable_a = frame.a.usable
    usable_b = frame.b.usable.astype(np.float32)
    stride = int(np.ceil(np.sqrt(np.count_nonzero(usable_a) / _PLENTY_PX)))
    current = frame.start
    for stage, most_stride in zip(_STAGES, _MOST_STRIDE, strict=True):
        a = frame.a.values[stage[0]] + frame.a.values[stage[1]]
        b = sign * (frame.b.values[stage[0]] + frame.b.values[stage[1]])
        slope_x = cv2.Sobel(b, cv2.CV_32F, 1, 0, scale=0.125)
        slope_y = cv2.Sobel(b, cv2.CV_32F, 0, 1, scale=0.125)
        planes_b = cv2.merge([b, slope_x, slope_y, usable_b])
        current, enough = descend(
            a, usable_a, planes_b, current, corners, unit_from_grid,
            max(1, min(stride, most_stride)), max_iterations, _STILL_PX, _MIN_PIXELS,
        )  # fmt: skip
        if not enough:
            return frame.start
    moved = _project(current, corners) - _project(frame.start, corners)
    if not np.isfinite(moved).all() or np.abs(moved).max() > max_drift_px:
        return frame.start
    return current


def _project(matrix: Matrix, points: Matrix) -> Matrix:
    mapped = matrix @ points
    return np.asarray(mapped[:2] / mapped[2])
