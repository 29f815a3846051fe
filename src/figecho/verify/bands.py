"""Frequency bands of a panel, and their local whitening: what a verification compares.

Two pictures of the same kind resemble each other in their coarse structure: lanes, bands, nuclei.
Two copies of the same picture also share the fine one: grain, speckle, the exact edge of each spot.
A panel is therefore split into four octaves (differences of Gaussians), and each is divided by its
own local contrast, so that a change of brightness, contrast or gamma cancels and a faint background
counts as much as a black band beside it. A noise floor keeps flat areas from counting at all.
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, FloatArray

SIGMAS_PX = (0.6, 1.2, 2.4, 4.8, 9.6)
BANDS = len(SIGMAS_PX) - 1
NOISE_FLOOR = 1.5
"""Grey levels (of 255) below which contrast is taken for rounding and compression."""


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur with reflected borders."""
    return np.asarray(
        cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), dtype=np.float32
    )


def octaves(grey: FloatArray, usable: BoolArray) -> list[FloatArray]:
    """Split into :data:`BANDS` band-pass images, finest first; masked pixels are filled smoothly.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool

    Returns
    -------
    list of ndarray of shape (h, w), float32
    """
    weight = usable.astype(np.float32)
    surroundings = blur(grey * weight, 6.0) / (blur(weight, 6.0) + 1e-3)
    filled = np.where(usable, grey, surroundings).astype(np.float32)
    smooth = [blur(filled, s) for s in SIGMAS_PX]
    return [fine - coarse for fine, coarse in zip(smooth[:-1], smooth[1:], strict=True)]


def whitened(grey: FloatArray, usable: BoolArray) -> list[FloatArray]:
    """Return the octaves, each divided by its local standard deviation over a few wavelengths.

    Returns
    -------
    list of ndarray of shape (h, w), float32
        About unit variance where there is texture, towards 0 where there is none.
    """
    weight = usable.astype(np.float32)
    result = []
    for octave, sigma_px in zip(octaves(grey, usable), SIGMAS_PX[1:], strict=True):
        window = 2.5 * sigma_px
        power = blur(octave * octave * weight, window) / (blur(weight, window) + 1e-3)
        result.append(octave / np.sqrt(power + NOISE_FLOOR**2))
    return result
