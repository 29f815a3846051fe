"""One Gauss-Newton step of an alignment, compiled: sample B under the geometry, weigh, sum up.

An alignment takes dozens of steps and a scan aligns hundreds of proposals, so the warp, the robust
weights and the normal equations are one pass over the pixels here instead of a dozen arrays.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.planes import REORDERED

_SPREAD_SAMPLES = 2000
_BINS, _SHIFT, _AT_ONCE = 2048, 20, 256


@nb.njit(cache=True)
def sample_pairs(
    a: FloatArray, usable_a: BoolArray, planes_b: FloatArray, b_from_a: Matrix,
    stride: int, values: FloatArray, places: NDArray[np.int32],
) -> int:  # fmt: skip
    """Collect the pixels of A that fall on usable pixels of B, with B sampled there (bilinear).

    Parameters
    ----------
    a : ndarray of shape (h, w), float32
    usable_a : ndarray of shape (h, w), bool
    planes_b : ndarray of shape (H, W, 4), float32
        Value, slope in x, slope in y, and 1 where usable.
    b_from_a : ndarray of shape (3, 3)
    stride : int
        Every how many rows and columns a pixel of A is taken.
    values : ndarray of shape (4, h * w), float32
        Written: A, B, and the two slopes of B.
    places : ndarray of shape (2, h * w), int32
        Written: x and y of the pixel.

    Returns
    -------
    int
        How many pixels were written.
    """
    height, width = a.shape
    rows, columns = planes_b.shape[0], planes_b.shape[1]
    if min(rows, columns) < 2:
        height = 0
    there = np.empty((2, width))
    corner = np.empty((2, width), np.int32)
    part = np.empty((2, width), np.float32)
    inside = np.empty(width, np.bool_)
    left, top, part_x, part_y = corner[0], corner[1], part[0], part[1]
    one, most = np.float32(1.0), np.float32(0.99)
    # Places in one long row, and counted without a sign, are read without a question.
    planes = planes_b.reshape(-1)
    right, below, count = np.uint64(4), np.uint64(4 * columns), np.uint64(0)
    for y in range(0, height, stride):
        _places_in_b(b_from_a, y, stride, rows, columns, there, corner, part, inside)
        for k in range(-(-width // stride)):
            x = k * stride
            if not (usable_a[y, x] and inside[k]):
                continue
            fx, fy = part_x[k], part_y[k]
            w00, w01 = (one - fx) * (one - fy), fx * (one - fy)
            w10, w11 = (one - fx) * fy, fx * fy
            p00 = np.uint64(4 * (top[k] * columns + left[k]))
            p01, p10 = p00 + right, p00 + below
            p11 = p10 + right
            m = np.uint64(3)
            usable_b = w00 * planes[p00 + m] + w01 * planes[p01 + m]
            if usable_b + w10 * planes[p10 + m] + w11 * planes[p11 + m] <= most:
                continue
            values[0, count] = a[y, x]
            for plane in range(3):
                m = np.uint64(plane)
                upper = w00 * planes[p00 + m] + w01 * planes[p01 + m]
                values[plane + 1, count] = upper + w10 * planes[p10 + m] + w11 * planes[p11 + m]
            places[0, count] = x
            places[1, count] = y
            count += np.uint64(1)
    return int(np.int64(count))


@nb.njit(cache=True)
def _places_in_b(
    b_from_a: Matrix, y: int, stride: int, rows: int, columns: int,
    there: Matrix, corner: NDArray[np.int32], part: FloatArray, inside: BoolArray,
) -> None:  # fmt: skip
    """Write where every so many pixels of a row of A fall: the pixel of B, how far on, and whether.

    Without a branch, so that it runs on vectors.
    """
    there_x, there_y = there[0], there[1]
    m = b_from_a
    for k in range(len(there_x)):
        x = k * stride
        there_x[k] = m[0, 0] * x + m[0, 1] * y + m[0, 2]
        there_y[k] = m[1, 0] * x + m[1, 1] * y + m[1, 2]
    if not (m[2, 0] == 0.0 and m[2, 1] == 0.0 and m[2, 2] == 1.0):
        for k in range(len(there_x)):
            depth = m[2, 0] * (k * stride) + m[2, 1] * y + m[2, 2]
            # Far outside where the plane is seen from its edge.
            near = abs(depth) < 1e-9
            there_x[k] = -1.0 if near else there_x[k] / depth
            there_y[k] = -1.0 if near else there_y[k] / depth
    last_x, last_y = np.float64(columns - 1), np.float64(rows - 1)
    left, top, part_x, part_y = corner[0], corner[1], part[0], part[1]
    for k in range(len(there_x)):
        px, py = there_x[k], there_y[k]
        inside[k] = (px >= 0.0) & (px <= last_x) & (py >= 0.0) & (py <= last_y)
        # What lies outside is not read; it only must not overflow.
        px, py = min(max(px, 0.0), last_x), min(max(py, 0.0), last_y)
        left[k] = min(np.int32(px), np.int32(columns - 2))
        top[k] = min(np.int32(py), np.int32(rows - 2))
        part_x[k] = px - left[k]
        part_y[k] = py - top[k]


@nb.njit(cache=True, error_model="numpy")
def normal_equations(
    values: FloatArray, places: NDArray[np.int32], gain: float, spread: float,
    centre_x: float, centre_y: float, unit: float, sums: Matrix,
) -> None:  # fmt: skip
    """Add up the weighted normal equations of an affine update.

    Parameters
    ----------
    values, places : ndarray
        As written by :func:`sample_pairs`, cut to their count.
    gain, spread : float
        Contrast of A over B, and the residual at which a weight falls to one half.
    centre_x, centre_y, unit : float
        Unit coordinates are ``(x - centre_x) * unit``.
    sums : ndarray of shape (6, 7), float64
        Written: the matrix, and the right-hand side as its last column.
    """
    # Three products of slopes, each with six monomials of the place, and two right-hand sides with
    # three: a few hundred pixels at a time, so that all of it stays in the cache.
    count = values.shape[1]
    told = np.empty((7, _AT_ONCE))
    total = np.zeros((5, 6))
    narrow = 1.0 / spread
    for start in range(0, count, _AT_ONCE):
        some = slice(start, min(start + _AT_ONCE, count))
        value_a, value_b = values[0, some], values[1, some]
        slopes_x, slopes_y = values[2, some], values[3, some]
        at_x, at_y = places[0, some], places[1, some]
        pixels = len(value_a)
        xx, xy, yy = told[0, :pixels], told[1, :pixels], told[2, :pixels]
        rx, ry = told[3, :pixels], told[4, :pixels]
        u, v = told[5, :pixels], told[6, :pixels]
        for k in range(pixels):
            residual = value_a[k] - gain * value_b[k]
            scaled = residual * narrow
            weight = 1.0 / (1.0 + scaled * scaled)
            slope_x, slope_y = gain * slopes_x[k], gain * slopes_y[k]
            along_x, along_y = weight * slope_x, weight * slope_y
            xx[k], xy[k], yy[k] = along_x * slope_x, along_x * slope_y, along_y * slope_y
            rx[k], ry[k] = along_x * residual, along_y * residual
            u[k], v[k] = (at_x[k] - centre_x) * unit, (at_y[k] - centre_y) * unit
        for m in range(5):
            _add_moments(told[m, :pixels], u, v, total[m])
    for m, (row, column) in enumerate(((0, 0), (0, 3), (3, 3))):
        uu, uv, vv, along_u, along_v, one = total[m]
        block = sums[row : row + 3, column : column + 3]
        block[0, 0], block[0, 1], block[0, 2] = uu, uv, along_u
        block[1, 0], block[1, 1], block[1, 2] = uv, vv, along_v
        block[2, 0], block[2, 1], block[2, 2] = along_u, along_v, one
    sums[3:, :3] = sums[:3, 3:6]
    sums[:3, 6], sums[3:, 6] = total[3, 3:], total[4, 3:]


@nb.njit(cache=True, fastmath=REORDERED)
def _add_moments(
    weights: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:  # fmt: skip
    """Add the weighted sums of uu, uv, vv, u, v and 1."""
    uu = uv = vv = along_u = along_v = one = 0.0
    for k in range(len(weights)):
        by_u, by_v = weights[k] * u[k], weights[k] * v[k]
        uu += by_u * u[k]
        uv += by_u * v[k]
        vv += by_v * v[k]
        along_u += by_u
        along_v += by_v
        one += weights[k]
    total[0] += uu
    total[1] += uv
    total[2] += vv
    total[3] += along_u
    total[4] += along_v
    total[5] += one


def normal_equations_plain(
    values: FloatArray, places: NDArray[np.int32], gain: float, spread: float,
    centre_x: float, centre_y: float, unit: float,
) -> Matrix:  # fmt: skip
    """Do what :func:`normal_equations` does in plain numpy: the oracle of its tests."""
    a, b, slope_x, slope_y = values.astype(np.float64)
    u, v = (places[0] - centre_x) * unit, (places[1] - centre_y) * unit
    residual = a - gain * b
    weight = 1.0 / (1.0 + (residual / spread) ** 2)
    gx, gy = gain * slope_x, gain * slope_y
    jacobian = np.stack([gx * u, gx * v, gx, gy * u, gy * v, gy])
    return np.asarray((jacobian * weight) @ np.vstack([jacobian, residual]).T)


@nb.njit(cache=True)
def robust_scale(values: FloatArray) -> tuple[float, float]:
    """Return the contrast of A over B and the spread of what it leaves.

    Parameters
    ----------
    values : ndarray of shape (4, n), float32
        As written by :func:`sample_pairs`, n > 0.
    """
    cross, power = _products(values[0], values[1])
    gain = max(0.2, cross / (power + 1e-6))
    step = max(1, values.shape[1] // _SPREAD_SAMPLES)
    left = np.abs(values[0, ::step] - np.float32(gain) * values[1, ::step])
    return gain, 2.0 * 1.4826 * median(left) + 2e-3


@nb.njit(cache=True, fastmath=REORDERED)
def _products(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    cross = power = 0.0
    for k in range(len(a)):
        cross += a[k] * b[k]
        power += b[k] * b[k]
    return cross, power


@nb.njit(cache=True)
def median(sizes: FloatArray) -> float:
    """Return the median of numbers of which none is negative.

    Their bits rise as they do, so a histogram of the highest bits leaves a few of them to sort.

    Parameters
    ----------
    sizes : ndarray of shape (n,), float32
        n > 0.
    """
    bits = sizes.view(np.int32)
    bins = np.zeros(_BINS, np.int32)
    for k in range(len(bits)):
        bins[bits[k] >> _SHIFT] += 1
    low, high = (len(bits) - 1) // 2, len(bits) // 2
    first, before = 0, 0
    while before + bins[first] <= low:
        before += bins[first]
        first += 1
    last, until = first, before + bins[first]
    while until <= high:
        last += 1
        until += bins[last]
    middle = np.empty(until - before, np.float32)
    count = 0
    for k in range(len(bits)):
        if first <= bits[k] >> _SHIFT <= last:
            middle[count] = sizes[k]
            count += 1
    middle.sort()
    return 0.5 * (np.float64(middle[low - before]) + np.float64(middle[high - before]))


@nb.njit(cache=True)
def descend(
    a: FloatArray, usable_a: BoolArray, planes_b: FloatArray, start: Matrix, corners: Matrix,
    unit_from_grid: Matrix, stride: int, most: int, still_px: float, least: int,
) -> tuple[Matrix, bool]:  # fmt: skip
    """Take Gauss-Newton steps until the corners stand still.

    Parameters
    ----------
    a, usable_a, planes_b, stride
        As in :func:`sample_pairs`.
    start : ndarray of shape (3, 3)
        Grid of B from grid of A.
    corners : ndarray of shape (3, n)
        Homogeneous points of the grid of A.
    unit_from_grid : ndarray of shape (3, 3)
        Scaling and shift to unit coordinates.
    most : int
        Steps at most.
    still_px : float
    least : int
        Fewest pixels that a step may rest on.

    Returns
    -------
    geometry : ndarray of shape (3, 3)
    whether there were pixels enough : bool
    """
    values = np.empty((4, a.size), np.float32)
    places = np.empty((2, a.size), np.int32)
    sums = np.empty((6, 7))
    unit = unit_from_grid[0, 0]
    centre_x, centre_y = -unit_from_grid[0, 2] / unit, -unit_from_grid[1, 2] / unit
    current = start.copy()
    for _ in range(most):
        count = sample_pairs(a, usable_a, planes_b, current, stride, values, places)
        if count < least:
            return start, False
        # On strided slices the sums compile to code without vectors.
        told, at = np.ascontiguousarray(values[:, :count]), np.ascontiguousarray(places[:, :count])
        gain, spread = robust_scale(told)
        normal_equations(told, at, gain, spread, centre_x, centre_y, unit, sums)
        normal = np.ascontiguousarray(sums[:, :6])
        damping = 1e-3 * np.trace(normal) / 6.0 + 1e-9
        delta = np.linalg.solve(normal + damping * np.eye(6), np.ascontiguousarray(sums[:, 6]))
        update = np.zeros((3, 3))
        update[0], update[1] = delta[:3], delta[3:]
        step = update @ unit_from_grid
        current = current + step
        if np.abs((step @ corners)[:2]).max() < still_px:
            break
    return current, True
