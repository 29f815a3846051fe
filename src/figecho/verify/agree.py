"""How strongly, and where, two aligned panels agree: the evidence of a finding.

For each octave the correlation of the whitened pixels is compared with what look-alikes of the same
kind reach (:data:`LOOK_ALIKE`): independent loading controls share their coarse structure, so a
coarse octave counts only where it agrees almost perfectly, a fine one as soon as it agrees at all.
With Fisher's z, ``(n - 3) / 2 * (atanh rho - atanh rho0)^2`` is the log-likelihood gained in nats
for ``n`` independent samples; ``n`` is measured from the roughness of the pixels themselves, so a
blurred, enlarged or nearly empty panel counts for what it holds, not for its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import BANDS, SIGMAS_PX, blur, whitened
from figecho.verify.frame import Frame, warp, warp_mask

LOOK_ALIKE = (0.10, 0.25, 0.50, 0.75)
_CEILING = 0.995


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """What the pixels say about one geometry.

    Attributes
    ----------
    nats : float
        Log-likelihood gained over a look-alike, all octaves together.
    zncc : float
        Correlation of the high-passed pixels inside the region, -1..1.
    rho, samples : tuple of float
        Correlation and number of independent samples in each octave, finest first.
    region : ndarray of bool, shape (h, w)
        Where the panels agree, on the grid.
    """

    nats: float
    zncc: float
    rho: tuple[float, ...]
    samples: tuple[float, ...]
    region: BoolArray


def agreement(
    frame: Frame, b_from_grid: Matrix, *, inverted: bool, within: BoolArray | None = None
) -> Agreement:
    """Measure the agreement of two aligned panels on the region where they agree.

    Parameters
    ----------
    frame : Frame
    b_from_grid : ndarray of shape (3, 3)
    inverted : bool
    within : ndarray of bool, optional
        Restricts the region (on the grid).

    Returns
    -------
    Agreement
    """
    b = warp(frame.b, b_from_grid, frame.size)
    both = frame.usable_a & warp_mask(frame.usable_b, b_from_grid, frame.size)
    if within is not None:
        both &= within
    return correlate(frame.a, -b if inverted else b, both)


def correlate(a: FloatArray, b: FloatArray, both: BoolArray) -> Agreement:
    """Measure the agreement of two pictures pixel by pixel, where ``both`` allows.

    Parameters
    ----------
    a, b : ndarray of shape (h, w), float32
    both : ndarray of shape (h, w), bool

    Returns
    -------
    Agreement
    """
    core = np.asarray(cv2.erode(both.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if np.count_nonzero(core) < 64:
        return nothing(a.shape)
    octaves_a, octaves_b = whitened(a, core), whitened(b, core)
    region = agreeing_region(octaves_a, octaves_b, core)
    if np.count_nonzero(region) < 48:
        return nothing(a.shape)
    rho, samples = [], []
    for a_k, b_k, sigma_px in zip(octaves_a, octaves_b, SIGMAS_PX[1:], strict=True):
        r, n = _correlation(a_k, b_k, region, sigma_px)
        rho.append(r)
        samples.append(n)
    high_a = sum(octaves_a[:3], np.zeros_like(a))[region]
    high_b = sum(octaves_b[:3], np.zeros_like(a))[region]
    zncc = float(high_a @ high_b) / (float(np.linalg.norm(high_a) * np.linalg.norm(high_b)) + 1e-9)
    return Agreement(
        nats=_nats(rho, samples), zncc=zncc, rho=tuple(rho), samples=tuple(samples), region=region
    )


def nothing(shape: tuple[int, ...]) -> Agreement:
    """Return the agreement of panels that do not overlap."""
    return Agreement(
        nats=0.0, zncc=0.0, rho=(0.0,) * BANDS, samples=(0.0,) * BANDS,
        region=np.zeros(shape, dtype=bool),
    )  # fmt: skip


def agreeing_region(
    octaves_a: list[FloatArray], octaves_b: list[FloatArray], core: BoolArray
) -> BoolArray:
    """Return the pixels around which the two panels agree.

    Local correlation in a window; where a window holds too little texture to tell (the white
    between the dots of a plot), wider windows decide.
    """
    together = np.zeros_like(octaves_a[0])
    energy = np.zeros_like(octaves_a[0])
    for k in range(3):
        together += octaves_a[k] * octaves_b[k]
        energy += 0.5 * (octaves_a[k] ** 2 + octaves_b[k] ** 2)
    mask = core.astype(np.float32)
    together *= mask
    energy *= mask
    window = float(np.clip(min(core.shape) / 10.0, 2.5, 6.0))
    top, bottom = np.zeros_like(mask), np.full_like(mask, 1e-4)
    trust = 1.0
    for _ in range(3):
        top += np.float32(trust) * blur(together, window)
        bottom += np.float32(trust) * blur(energy, window)
        window, trust = window * 2.5, trust * 0.1
    local = top / bottom
    agreeing = (local > 0.40) & core
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(agreeing.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return _large_parts(opened)


def _large_parts(mask: np.ndarray) -> BoolArray:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count < 2:
        return np.zeros(mask.shape, dtype=bool)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= max(40, 0.05 * areas.max())
    return np.asarray(kept[labels])


def _correlation(
    a: FloatArray, b: FloatArray, region: BoolArray, sigma_px: float
) -> tuple[float, float]:
    x, y = a[region].astype(np.float64), b[region].astype(np.float64)
    power_x, power_y = float(x @ x), float(y @ y)
    if power_x < 1e-6 or power_y < 1e-6:
        return 0.0, 0.0
    rho = float(x @ y) / np.sqrt(power_x * power_y)
    return rho, min(_independent(a, region, sigma_px), _independent(b, region, sigma_px))


def _independent(octave: FloatArray, region: BoolArray, sigma_px: float) -> float:
    """Number of independent samples in the region: its area times the local roughness.

    Roughness is taken from the determinant of the structure tensor, so that a straight edge, which
    fits every other straight edge, counts for nothing however long it is.
    """
    slope_x = np.asarray(cv2.Sobel(octave, cv2.CV_32F, 1, 0, scale=0.125), dtype=np.float32)
    slope_y = np.asarray(cv2.Sobel(octave, cv2.CV_32F, 0, 1, scale=0.125), dtype=np.float32)
    window = 2.0 * sigma_px
    xx, yy, xy = (blur(g, window) for g in (slope_x**2, slope_y**2, slope_x * slope_y))
    power = blur(octave * octave, window)
    rough = np.sqrt(np.maximum(xx * yy - xy * xy, 0.0)) / (power + 0.05)
    weight = power / (power + 0.3)
    return float((rough * weight)[region].sum(dtype=np.float64)) / np.pi


def _nats(rho: list[float], samples: list[float]) -> float:
    total = 0.0
    for r, n, r0 in zip(rho, samples, LOOK_ALIKE, strict=True):
        gain = np.arctanh(min(max(r, 0.0), _CEILING)) - np.arctanh(r0)
        if gain > 0.0 and n > 3.0:
            total += 0.5 * (n - 3.0) * gain * gain
    return float(total)
