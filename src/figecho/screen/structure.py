"""Measure whether a panel holds anything beyond one tone, a gradient and noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray, FloatArray
from figecho.screen.channels import mean
from figecho.screen.middle import median

#: Smoothing that leaves a fifth of white noise and nearly all of a cell or a band.
_SIGMA_PX = 1.5
#: What stands out of the background is farther from it than this, in tones and in its spreads.
_STEP, _SPREADS = 2.5, 6.0
#: A picture keeps this much, and this share, of its variation under the smoothing; white noise
#: keeps a share of 0.19.
_KEPT, _KEPT_SHARE = 1.2, 0.35
#: Standard deviation of a normal distribution in median absolute deviations.
_DEVIATION = np.float32(1.4826)
_FIT_SIDE_PX, _FIT_MIN_PX, _FIT_DEGREE = 40, 64, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What is left of a panel's tones (0..255) once a smooth background is taken away.

    ``standing_px`` counts the pixels that stand out of the rest after smoothing; ``textured`` says
    that variation on the scale of a few pixels is everywhere.
    """

    standing_px: int
    textured: bool


def structure(rgb: ByteArray, usable: BoolArray) -> Structure:
    """Measure a panel where it is usable.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    usable : ndarray of shape (h, w), bool
        With at least one True.
    """
    grey = mean(rgb)
    rest = np.where(usable, grey - background(grey, usable), 0).astype(np.float32)
    smooth = cv2.GaussianBlur(rest, (0, 0), _SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    middle, kept = _bulk(smooth[usable])
    away = np.abs(smooth - middle) > max(_STEP, _SPREADS * kept)
    return Structure(
        standing_px=int(np.count_nonzero(away & usable)),
        textured=kept >= _KEPT and kept >= _KEPT_SHARE * _bulk(rest[usable])[1],
    )


def span(tones: NDArray[np.float32]) -> float:
    """Return the span of the 1 to 99 percentiles of some tones."""
    low, high = np.percentile(tones, (1, 99))
    return float(high - low)


def entropy_bits(tones: NDArray[np.float32]) -> float:
    """Return the entropy of some tones, 0..255, taken as whole numbers."""
    counts = np.bincount(np.rint(tones).astype(int), minlength=256)
    share = counts[counts > 0] / tones.size
    return float(-(share * np.log2(share)).sum())


def background(grey: FloatArray, usable: BoolArray) -> FloatArray:
    """Fit a surface of degree 5 to the usable tones: a vignette, a gradient, uneven light.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32
    usable : ndarray of shape (h, w), bool

    Returns
    -------
    ndarray of shape (h, w), float32
    """
    height, width = grey.shape
    rows = np.unique(np.linspace(0, height - 1, _FIT_SIDE_PX).astype(int))
    columns = np.unique(np.linspace(0, width - 1, _FIT_SIDE_PX).astype(int))
    grid = np.ix_(rows, columns)
    chosen = usable[grid]
    if chosen.sum() < _FIT_MIN_PX:
        return np.full(grey.shape, median(grey[usable]), np.float32)
    # Legendre polynomials are nearly orthogonal on the grid: normal equations stay well posed.
    up = legvander(np.linspace(-1, 1, height), _FIT_DEGREE)
    across = legvander(np.linspace(-1, 1, width), _FIT_DEGREE)
    terms = [(i, j) for i in range(_FIT_DEGREE + 1) for j in range(_FIT_DEGREE + 1 - i)]
    a = np.stack([np.outer(up[rows, i], across[columns, j])[chosen] for i, j in terms], axis=1)
    ridge = 1e-6 * len(a) * np.eye(len(terms))
    factors = np.linalg.solve(a.T @ a + ridge, a.T @ grey[grid][chosen].astype(np.float64))
    table = np.zeros((_FIT_DEGREE + 1, _FIT_DEGREE + 1))
    for factor, (i, j) in zip(factors, terms, strict=True):
        table[i, j] = factor
    return np.asarray((up @ table).astype(np.float32) @ across.T.astype(np.float32), np.float32)


def _bulk(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return the middle and the standard deviation of the bulk, deaf to what stands out of it."""
    middle = median(values)
    return middle, float(_DEVIATION * np.float32(median(np.abs(values - middle))))
