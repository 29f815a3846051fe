"""What is asked of every pixel of two panels, each in one compiled pass instead of many arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numba as nb
import numpy as np

from figecho.model import BoolArray, ByteArray, FloatArray

#: Sums may be added up in another order: they run on vectors then, and differ in the last digits.
REORDERED = {"reassoc", "nsz"}
_ZERO, _HALF, _QUARTER, _PI = np.float32(0.0), np.float32(0.5), np.float32(0.25), np.float32(np.pi)
#: Below this power two planes are flat.
_FLAT = 1e-9


def products(
    octaves_a: Sequence[FloatArray], octaves_b: Sequence[FloatArray], core: BoolArray
) -> FloatArray:
    """Return the product and the mean energy of two panels over three octaves, as two planes.

    Parameters
    ----------
    octaves_a, octaves_b : three ndarrays of shape (h, w), float32
    core : ndarray of bool, shape (h, w)
        Elsewhere both are 0.

    Returns
    -------
    ndarray of shape (h, w, 2), float32
    """
    planes = np.empty((*core.shape, 2), np.float32)
    _products(*octaves_a, *octaves_b, core, planes)
    return planes


@nb.njit(cache=True)
def _products(
    a0: FloatArray, a1: FloatArray, a2: FloatArray, b0: FloatArray, b1: FloatArray,
    b2: FloatArray, core: BoolArray, planes: FloatArray,
) -> None:  # fmt: skip
    # A row is computed on vectors first, which writing every other number would prevent.
    together, energy = np.empty(core.shape[1], np.float32), np.empty(core.shape[1], np.float32)
    for y in range(len(core)):
        p0, p1, p2, q0, q1, q2 = a0[y], a1[y], a2[y], b0[y], b1[y], b2[y]
        here, row = core[y], planes[y]
        for x in range(len(here)):
            one = np.float32(here[x])
            together[x] = (p0[x] * q0[x] + p1[x] * q1[x] + p2[x] * q2[x]) * one
            energy[x] = one * (
                _HALF * (p0[x] * p0[x] + q0[x] * q0[x])
                + _HALF * (p1[x] * p1[x] + q1[x] * q1[x])
                + _HALF * (p2[x] * p2[x] + q2[x] * q2[x])
            )
        for x in range(len(here)):
            row[x, 0] = together[x]
            row[x, 1] = energy[x]


@nb.njit(cache=True)
def agreeing_pixels(
    near: FloatArray, far: FloatArray, farther: FloatArray, core: BoolArray,
    trust: np.float32, least: np.float32,
) -> ByteArray:  # fmt: skip
    """Return 1 where two panels agree about a pixel, and 0 elsewhere.

    Parameters
    ----------
    near, far, farther : ndarray of shape (h, w, 2), float32
        The planes of :func:`products`, averaged over windows.
    core : ndarray of bool, shape (h, w)
    trust : float
        How much a wider window counts beside the one before.
    least : float
        The local correlation at which they agree.

    Returns
    -------
    ndarray of shape (h, w), uint8
    """
    height, width = core.shape
    agreeing = np.empty((height, width), np.uint8)
    totals = np.empty((2, width), np.float32)
    together, energy = totals[0], totals[1]
    none = np.float32(1e-4)
    for y in range(height):
        here, found, a, b, c = core[y], agreeing[y], near[y], far[y], farther[y]
        for x in range(width):
            together[x] = a[x, 0] + trust * (b[x, 0] + trust * c[x, 0])
            energy[x] = a[x, 1] + trust * (b[x, 1] + trust * c[x, 1])
        for x in range(width):
            found[x] = here[x] & (together[x] > least * (energy[x] + none))
    return agreeing


@nb.njit(cache=True, fastmath=REORDERED, error_model="numpy")
def correlation(
    a: FloatArray, b: FloatArray, density: FloatArray, where: BoolArray
) -> tuple[float, float]:
    """Return the correlation of two whitened planes about zero, and the samples it rests on.

    Parameters
    ----------
    a, b : ndarray of shape (h, w), float32
    density : ndarray of shape (h, w), float32
        Independent samples a pixel, by which it weighs.
    where : ndarray of bool, shape (h, w)

    Returns
    -------
    correlation : float
        0 where one of them is flat.
    samples : float
    """
    height, width = where.shape
    samples = together = power_a = power_b = 0.0
    for y in range(height):
        for x in range(width):
            weight = np.float64(density[y, x]) if where[y, x] else 0.0
            p, q = np.float64(a[y, x]), np.float64(b[y, x])
            samples += weight
            together += weight * p * q
            power_a += weight * p * p
            power_b += weight * q * q
    power = power_a * power_b
    return (together / np.sqrt(power) if power > _FLAT else 0.0), samples


@nb.njit(cache=True)
def tensor(slope_x: FloatArray, slope_y: FloatArray, white: FloatArray) -> FloatArray:
    """Return the squares of both slopes, their product, and the power of a plane: four planes."""
    height, width = white.shape
    planes = np.empty((height, width, 4), np.float32)
    for y in range(height):
        for x in range(width):
            planes[y, x, 0] = slope_x[y, x] * slope_x[y, x]
            planes[y, x, 1] = slope_y[y, x] * slope_y[y, x]
            planes[y, x, 2] = slope_x[y, x] * slope_y[y, x]
            planes[y, x, 3] = white[y, x] * white[y, x]
    return planes


@nb.njit(cache=True, error_model="numpy")
def roughness(means: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the independent samples a pixel of a plane.

    Parameters
    ----------
    means : ndarray of shape (h, w, 4), float32
        The planes of :func:`tensor`, averaged over a window.
    weight : ndarray of shape (h, w), float32
        1 where the plane is usable, and 0 elsewhere.

    Returns
    -------
    ndarray of shape (h, w), float32
        From the smaller eigenvalue.
    """
    height, width = weight.shape
    density = np.empty((height, width), np.float32)
    parts = np.empty((4, width), np.float32)
    xx, yy, xy, power = parts[0], parts[1], parts[2], parts[3]
    faint, some = np.float32(0.05), np.float32(0.3)
    for y in range(height):
        row, here, found = means[y], weight[y], density[y]
        # Taken apart first: on every fourth number the rest would not run on vectors.
        for x in range(width):
            xx[x], yy[x], xy[x], power[x] = row[x, 0], row[x, 1], row[x, 2], row[x, 3]
        for x in range(width):
            half = np.sqrt(_QUARTER * ((xx[x] - yy[x]) * (xx[x] - yy[x])) + xy[x] * xy[x])
            least = _HALF * (xx[x] + yy[x]) - half
            rough = (least if least > _ZERO else _ZERO) / (power[x] + faint)
            samples = rough * power[x] / (power[x] + some)
            found[x] = (samples if samples > _ZERO else _ZERO) / _PI * here[x]
    return density
