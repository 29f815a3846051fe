"""One Gauss-Newton step of an alignment, compiled: sample B under the geometry, weigh, sum up.

An alignment takes dozens of steps and a scan aligns hundreds of proposals, so the warp, the robust
weights and the normal equations are one pass over the pixels here instead of a dozen arrays.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix

_SPREAD_SAMPLES = 2000


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
    count = 0
    affine = b_from_a[2, 0] == 0.0 and b_from_a[2, 1] == 0.0 and b_from_a[2, 2] == 1.0
    for y in range(0, height, stride):
        for x in range(0, width, stride):
            if not usable_a[y, x]:
                continue
            there_x = b_from_a[0, 0] * x + b_from_a[0, 1] * y + b_from_a[0, 2]
            there_y = b_from_a[1, 0] * x + b_from_a[1, 1] * y + b_from_a[1, 2]
            if not affine:
                depth = b_from_a[2, 0] * x + b_from_a[2, 1] * y + b_from_a[2, 2]
                if abs(depth) < 1e-9:
                    continue
                there_x, there_y = there_x / depth, there_y / depth
            if not (0.0 <= there_x <= columns - 1 and 0.0 <= there_y <= rows - 1):
                continue
            left, top = min(int(there_x), columns - 2), min(int(there_y), rows - 2)
            fx, fy = np.float32(there_x - left), np.float32(there_y - top)
            one = np.float32(1.0)
            w00, w01 = (one - fx) * (one - fy), fx * (one - fy)
            w10, w11 = (one - fx) * fy, fx * fy
            p00, p01 = planes_b[top, left], planes_b[top, left + 1]
            p10, p11 = planes_b[top + 1, left], planes_b[top + 1, left + 1]
            if w00 * p00[3] + w01 * p01[3] + w10 * p10[3] + w11 * p11[3] <= np.float32(0.99):
                continue
            values[0, count] = a[y, x]
            for k in range(3):
                values[k + 1, count] = w00 * p00[k] + w01 * p01[k] + w10 * p10[k] + w11 * p11[k]
            places[0, count] = x
            places[1, count] = y
            count += 1
    return count


@nb.njit(cache=True)
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
    # Sums over the pixels stay in registers: three products of slopes, each with six monomials of
    # the place, and the right-hand side.
    xx_uu = xx_uv = xx_vv = xx_u = xx_v = xx_1 = 0.0
    xy_uu = xy_uv = xy_vv = xy_u = xy_v = xy_1 = 0.0
    yy_uu = yy_uv = yy_vv = yy_u = yy_v = yy_1 = 0.0
    rx_u = rx_v = rx_1 = ry_u = ry_v = ry_1 = 0.0
    narrow = 1.0 / spread
    for k in range(values.shape[1]):
        residual = values[0, k] - gain * values[1, k]
        scaled = residual * narrow
        weight = 1.0 / (1.0 + scaled * scaled)
        u, v = (places[0, k] - centre_x) * unit, (places[1, k] - centre_y) * unit
        slope_x, slope_y = gain * values[2, k], gain * values[3, k]
        along_x, along_y = weight * slope_x, weight * slope_y
        xx, xy, yy = along_x * slope_x, along_x * slope_y, along_y * slope_y
        uu, uv, vv = u * u, u * v, v * v
        xx_uu += xx * uu
        xx_uv += xx * uv
        xx_vv += xx * vv
        xx_u += xx * u
        xx_v += xx * v
        xx_1 += xx
        xy_uu += xy * uu
        xy_uv += xy * uv
        xy_vv += xy * vv
        xy_u += xy * u
        xy_v += xy * v
        xy_1 += xy
        yy_uu += yy * uu
        yy_uv += yy * uv
        yy_vv += yy * vv
        yy_u += yy * u
        yy_v += yy * v
        yy_1 += yy
        rx, ry = along_x * residual, along_y * residual
        rx_u += rx * u
        rx_v += rx * v
        rx_1 += rx
        ry_u += ry * u
        ry_v += ry * v
        ry_1 += ry
    sums[0] = xx_uu, xx_uv, xx_u, xy_uu, xy_uv, xy_u, rx_u
    sums[1] = xx_uv, xx_vv, xx_v, xy_uv, xy_vv, xy_v, rx_v
    sums[2] = xx_u, xx_v, xx_1, xy_u, xy_v, xy_1, rx_1
    sums[3] = xy_uu, xy_uv, xy_u, yy_uu, yy_uv, yy_u, ry_u
    sums[4] = xy_uv, xy_vv, xy_v, yy_uv, yy_vv, yy_v, ry_v
    sums[5] = xy_u, xy_v, xy_1, yy_u, yy_v, yy_1, ry_1


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
    cross = power = 0.0
    for k in range(values.shape[1]):
        cross += values[0, k] * values[1, k]
        power += values[1, k] * values[1, k]
    gain = max(0.2, cross / (power + 1e-6))
    step = max(1, values.shape[1] // _SPREAD_SAMPLES)
    left = np.abs(values[0, ::step] - np.float32(gain) * values[1, ::step])
    return gain, 2.0 * 1.4826 * float(np.median(left)) + 2e-3


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
        gain, spread = robust_scale(values[:, :count])
        normal_equations(
            values[:, :count], places[:, :count], gain, spread, centre_x, centre_y, unit, sums
        )
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
