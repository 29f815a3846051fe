"""Patches around the grains and blobs of a panel: what scale-invariant keypoints pass over.

A copy inside a panel keeps its size, so the points here need no scale: all extrema of a fine
band-pass, each described by what lies around it, as the harmonics of a few rings (the circular
harmonics of Cozzolino, Poggi and Verdoliva, IEEE TIFS 2015, at points instead of everywhere).
Turned back by the phase of the first harmonic they do not depend on how the patch is turned; their
inner product is the correlation of two patches, and mirroring only changes the sign of the sines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba as nb
import numpy as np

from figecho.describe.features import strongest_spread
from figecho.model import BoolArray, FloatArray
from figecho.verify.bands import mean_filter, smooth

_FINE_PX, _BROAD_PX, _WINDOW_PX, _FLOOR = 0.8, 3.5, 8.0, 2.0
_BLOB_PX, _PEAK_PX, _FAINT, _CLEAR_PX = 1.2, 5, 0.02, 7
_ANGLES, _HARMONICS, _DIRECTED = 16, 6, 0.2
#: Radii of the rings: of small clones in fields 133 instead of 126 of 132 are proposed so, but
#: the grain of a gel is broad.
_RINGS_PX, _RINGS_OF_GELS_PX = (1.5, 3.0, 4.5, 6.0), (2.0, 4.0, 6.0, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patches:
    """Points of a panel and the upright harmonics around each.

    Attributes
    ----------
    xy : ndarray of shape (n, 2), float32
    angle : ndarray of shape (n,), float32
        Direction of each patch, radians, clockwise in the image.
    cosines, sines : ndarray of shape (n, d), float32
        Together of unit length; those of a mirrored patch are the same but for the sign of the
        sines.
    """

    xy: FloatArray
    angle: FloatArray
    cosines: FloatArray
    sines: FloatArray


def flattened(grey: FloatArray, usable: BoolArray) -> FloatArray:
    """Return the fine structure of a panel divided by its local contrast, 0 where it is masked."""
    weight = usable.astype(np.float32)
    detail = (smooth(grey, _FINE_PX) - smooth(grey, _BROAD_PX)) * weight
    power = mean_filter(detail * detail, _WINDOW_PX) / (mean_filter(weight, _WINDOW_PX) + 1e-3)
    return np.asarray(detail / np.sqrt(power + _FLOOR**2), dtype=np.float32)


def points(flat: FloatArray, usable: BoolArray, limit: int) -> FloatArray:
    """Find the extrema of a band-pass to a fraction of a pixel: dark and bright grains and blobs.

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
        Output of :func:`flattened`.
    usable : ndarray of shape (h, w), bool
    limit : int
        At most this many, spread over the panel.

    Returns
    -------
    ndarray of shape (n, 2), float32
        From top to bottom.
    """
    size = np.abs(smooth(flat, _BLOB_PX) - smooth(flat, 2.0 * _BLOB_PX))
    highest = cv2.dilate(size, np.ones((_PEAK_PX, _PEAK_PX), np.uint8))
    clear = cv2.erode(usable.astype(np.uint8), np.ones((_CLEAR_PX, _CLEAR_PX), np.uint8)) > 0
    peak = (size >= highest) & (size > _FAINT) & clear
    peak[[0, -1]] = False
    peak[:, [0, -1]] = False
    y, x = np.nonzero(peak)
    xy = np.stack(
        [
            x + _vertex(size[y, x - 1], size[y, x], size[y, x + 1]),
            y + _vertex(size[y - 1, x], size[y, x], size[y + 1, x]),
        ],
        axis=1,
    ).astype(np.float32)
    kept = xy[strongest_spread(xy, size[y, x], flat.shape, limit)]
    return kept[np.lexsort((kept[:, 0], kept[:, 1]))]


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    """Return where a parabola through three neighbours has its top, -0.5..0.5."""
    bend = np.minimum(before - 2.0 * here + after, -1e-6)
    return np.asarray(np.clip(0.5 * (before - after) / bend, -0.5, 0.5), dtype=np.float32)


def patches_at(flat: FloatArray, xy: FloatArray, *, gel: bool = False) -> Patches:
    """Describe the patch around each point; those without a direction are left out.

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
    xy : ndarray of shape (n, 2), float32
    gel : bool
        Whether the panel is a gel, whose grain is broad.

    Returns
    -------
    Patches
    """
    radii = np.asarray(_RINGS_OF_GELS_PX if gel else _RINGS_PX, dtype=np.float32)
    waves = np.fft.rfft(sample_rings(flat, xy, radii, _ANGLES), axis=2)[:, :, :_HARMONICS]
    # A ring stands for an area that grows with it; a mean is counted once, a wave twice.
    waves = waves * np.sqrt(radii)[None, :, None]
    waves[:, :, 0] *= np.sqrt(0.5)
    first = waves[:, :, 1].sum(axis=1)
    norm = np.sqrt((np.abs(waves) ** 2).sum(axis=(1, 2))) + 1e-6
    angle = -np.angle(first)
    upright = waves * np.exp(1j * angle[:, None] * np.arange(_HARMONICS))[:, None, :]
    upright = upright.reshape(len(xy), len(radii) * _HARMONICS) / norm[:, None]
    kept = np.abs(first) > _DIRECTED * norm
    return Patches(
        xy=xy[kept],
        angle=angle[kept].astype(np.float32),
        cosines=np.ascontiguousarray(upright.real[kept], dtype=np.float32),
        sines=np.ascontiguousarray(upright.imag[kept], dtype=np.float32),
    )


@nb.njit(cache=True)
def sample_rings(flat: FloatArray, xy: FloatArray, radii: FloatArray, angles: int) -> FloatArray:
    """Sample the rings around every point (bilinear, the border repeated).

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
    xy : ndarray of shape (n, 2), float32
    radii : ndarray of shape (r,), float32
    angles : int
        How many samples a ring has.

    Returns
    -------
    ndarray of shape (n, r, angles), float32
    """
    height, width = flat.shape
    turn = 2.0 * np.pi / angles
    cosines = np.array([np.cos(turn * k) for k in range(angles)])
    sines = np.array([np.sin(turn * k) for k in range(angles)])
    rings = np.empty((xy.shape[0], radii.shape[0], angles), dtype=np.float32)
    for n in range(xy.shape[0]):
        for r in range(radii.shape[0]):
            for k in range(angles):
                x = min(max(xy[n, 0] + radii[r] * cosines[k], 0.0), width - 1.0)
                y = min(max(xy[n, 1] + radii[r] * sines[k], 0.0), height - 1.0)
                left, top = min(int(x), width - 2), min(int(y), height - 2)
                fx, fy = x - left, y - top
                upper = (1.0 - fx) * flat[top, left] + fx * flat[top, left + 1]
                lower = (1.0 - fx) * flat[top + 1, left] + fx * flat[top + 1, left + 1]
                rings[n, r, k] = (1.0 - fy) * upper + fy * lower
    return rings
