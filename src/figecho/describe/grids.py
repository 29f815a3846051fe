"""SIFT descriptors: histograms of gradient directions in a turned grid around each keypoint.

Lowe, IJCV 2004, section 6, with rows, columns and directions in the order of OpenCV, on which
:mod:`figecho.describe.forms` relies.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.gradients import to_polar
from figecho.model import FloatArray

_GRID, _DIRECTIONS, _CELL = 4, 8, 3.0
#: Half the side of the square that counts, in cells: half a cell around the grid fades out.
_HALF = 0.5 * (_GRID + 1)
#: Rows and columns of cells with those around the grid, rounded up to a power of two.
_PADDED = 8
_CLIP = 0.2
#: With a blur of 1.8 pixels and more, every other row and column tells as much as all.
_STEP_PX = 2


@nb.njit(cache=True, error_model="numpy")
def gradient_grids(levels: FloatArray, points: NDArray[np.float64]) -> FloatArray:
    """Describe each point by the gradients around it, turned into its direction.

    Each gradient counts by its length and its nearness to the point, and is shared among the two
    nearest rows, columns and directions, so that a small shift changes little.

    Parameters
    ----------
    levels : ndarray of shape (6, h, w), float32
        One octave.
    points : ndarray of shape (n, 5), float64
        x, y, blur (pixels of the octave), level and direction (degrees, clockwise in the image).

    Returns
    -------
    ndarray of shape (n, 128), float32
        4 rows x 4 columns x 8 directions, no bin above a fifth of the length; not normalised.
    """
    grids = np.empty((points.shape[0], _GRID * _GRID * _DIRECTIONS), dtype=np.float32)
    widest = 0.0
    for n in range(points.shape[0]):
        widest = max(widest, points[n, 2])
    side = 2 * int(np.sqrt(2.0) * _HALF * _CELL * widest + 2.0) + 1
    samples = np.empty((5, side * side), dtype=np.float32)
    places = np.empty((2, side * side), dtype=np.int32)
    near = np.empty(side, dtype=np.float32)
    bins = np.empty((_PADDED + 2) * _PADDED * _DIRECTIONS, dtype=np.float32)
    for n in range(points.shape[0]):
        angle = np.deg2rad(points[n, 4])
        level, cell_px = levels[int(points[n, 3])], _CELL * points[n, 2]
        count = _collect(level, points[n, 0], points[n, 1], cell_px, angle, near, samples)
        to_polar(samples[0], samples[1], count)
        _share(samples, count, np.float32(angle / (2.0 * np.pi)), places, bins)
        _limit(bins, grids[n])
    return grids


@nb.njit(cache=True, error_model="numpy")
def _collect(
    level: FloatArray, x: float, y: float, cell_px: float, angle: float,
    near: FloatArray, samples: FloatArray,
) -> int:  # fmt: skip
    """Write gradient (right, up), weight, row and column of each pixel in the turned square."""
    height, width = level.shape
    across, up, weight, grid_row, grid_column = samples
    cosine, sine = np.cos(angle) / cell_px, np.sin(angle) / cell_px
    reach = _HALF * (abs(cosine) + abs(sine)) * cell_px * cell_px
    left, right = max(1, int(x - reach + 1.0)), min(width - 2, int(x + reach))
    top, bottom = max(1, int(y - reach + 1.0)), min(height - 2, int(y + reach))
    # The same pixels in a mirrored panel: those in step with the one in the middle.
    left, top = left + (round(x) - left) % _STEP_PX, top + (round(y) - top) % _STEP_PX
    fall = -0.5 / (0.5 * _GRID * cell_px) ** 2
    for i in range((right - left) // _STEP_PX + 1):
        near[i] = np.exp(fall * (left + _STEP_PX * i - x) ** 2)
    row_step, column_step = np.float32(-_STEP_PX * sine), np.float32(_STEP_PX * cosine)
    count = 0
    for j in range(top, bottom + 1, _STEP_PX):
        # The part of the row between both pairs of sides of the square.
        down, first, last = j - y, float(left), float(right)
        for along, shift in ((cosine, down * sine), (-sine, down * cosine)):
            if abs(along) * width > 1e-3:
                one, two = (-_HALF - shift) / along + x, (_HALF - shift) / along + x
                first, last = max(first, min(one, two)), min(last, max(one, two))
            elif abs(shift) >= _HALF:
                last = -1.0
        skipped = int(np.ceil((first - left) / _STEP_PX))
        start = left + _STEP_PX * skipped
        near_row = np.float32(np.exp(fall * down * down))
        row = np.float32(down * cosine - (start - x) * sine + _HALF)
        column = np.float32(down * sine + (start - x) * cosine + _HALF)
        above, here, below = level[j - 1], level[j], level[j + 1]
        for i in range(int(np.floor((last - start) / _STEP_PX)) + 1):
            at = start + _STEP_PX * i
            across[count] = here[at + 1] - here[at - 1]
            up[count] = above[at] - below[at]
            weight[count] = near_row * near[skipped + i]
            grid_row[count] = row + np.float32(i) * row_step
            grid_column[count] = column + np.float32(i) * column_step
            count += 1
    return count


@nb.njit(cache=True, error_model="numpy")
def _share(
    samples: FloatArray, count: int, turn: np.float32, places: NDArray[np.int32], bins: FloatArray
) -> None:
    """Add each gradient to the eight bins around it, which take more the nearer they are."""
    length, direction, weight, row, column = samples
    cells, directions = places
    bins[:] = 0.0
    # Apart from the sums, whose places differ, loops are compiled to vector instructions.
    for k in range(count):
        length[k] *= weight[k]
        r, c = np.int32(row[k]), np.int32(column[k])
        cells[k] = (r * np.int32(_PADDED) + c) * np.int32(_DIRECTIONS)
        row[k] -= np.float32(r)
        column[k] -= np.float32(c)
    for k in range(count):
        direction[k] = np.float32(_DIRECTIONS) * (direction[k] + turn)
        directions[k] = np.int32(direction[k])
        direction[k] -= np.float32(directions[k])
    for k in range(count):
        this, that = directions[k] % _DIRECTIONS, (directions[k] + 1) % _DIRECTIONS
        # Changes nothing but tells the compiler that no index is negative.
        upper = cells[k] & (_PADDED * _PADDED * _DIRECTIONS - 1)
        lower = upper + _PADDED * _DIRECTIONS
        v_lower = length[k] * row[k]
        v_upper = length[k] - v_lower
        v_lower_right, v_upper_right = v_lower * column[k], v_upper * column[k]
        v_lower_left, v_upper_left = v_lower - v_lower_right, v_upper - v_upper_right
        on = direction[k]
        rest = np.float32(1.0) - on
        bins[upper + this] += v_upper_left * rest
        bins[upper + that] += v_upper_left * on
        bins[upper + _DIRECTIONS + this] += v_upper_right * rest
        bins[upper + _DIRECTIONS + that] += v_upper_right * on
        bins[lower + this] += v_lower_left * rest
        bins[lower + that] += v_lower_left * on
        bins[lower + _DIRECTIONS + this] += v_lower_right * rest
        bins[lower + _DIRECTIONS + that] += v_lower_right * on


@nb.njit(cache=True, error_model="numpy")
def _limit(bins: FloatArray, grid: FloatArray) -> None:
    """Take the grid out of its margin and limit what one strong edge can do to it."""
    power = 0.0
    for r in range(_GRID):
        for c in range(_GRID):
            for d in range(_DIRECTIONS):
                v = bins[((r + 1) * _PADDED + c + 1) * _DIRECTIONS + d]
                grid[(r * _GRID + c) * _DIRECTIONS + d] = v
                power += v * v
    most = np.float32(_CLIP * np.sqrt(power))
    for k in range(grid.shape[0]):
        grid[k] = min(grid[k], most)
