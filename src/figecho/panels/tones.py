"""Turn source pixels into what a person sees and what the detectors look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray, FloatArray
from figecho.screen.channels import mean

#: Below this many usable pixels their percentiles say little, and all pixels are taken instead.
_MIN_PIXELS = 256


def to_rgb8(pixels: NDArray[Any], floor: float) -> ByteArray:
    """Show a figure as 8-bit RGB: what a person sees.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8 or uint16
        uint8 is shown as it is. uint16 is stretched once for the whole figure and all channels,
        from its 0.1 and 99.9 percentiles to 0..255, as viewers do: 12-bit data would be black.
    floor : float, > 0
        The smallest range, in source counts, that is stretched to the full scale.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
    """
    if pixels.dtype == np.uint16:
        low, high = np.percentile(pixels, (0.1, 99.9))
        pixels = np.rint(stretched(pixels, float(low), float(high), floor)).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels)


def to_grey(pixels: NDArray[Any], usable: BoolArray, floor: float) -> FloatArray:
    """Show a panel in grey at full contrast: what all detectors look at.

    The mean of the channels, taken at the depth of the source, then one linear stretch from the
    0.5 and 99.5 percentiles of the usable pixels (a burned-in label must not dim the picture) to
    0..255, clipped.

    Parameters
    ----------
    pixels : ndarray of shape (h, w) or (h, w, 3), uint8 or uint16
    usable : ndarray of shape (h, w), bool
    floor : float, > 0
        The smallest range, in source counts, that is stretched to the full scale; a smaller one
        is stretched by the same factor, so that noise on one tone stays faint.

    Returns
    -------
    ndarray of shape (h, w), float32 in 0..255
    """
    grey = mean(pixels) if pixels.ndim == 3 else pixels.astype(np.float32)
    chosen = grey[usable] if int(usable.sum()) >= _MIN_PIXELS else grey
    low, high = np.percentile(chosen, (0.5, 99.5))
    return stretched(grey, float(low), float(high), floor)


def stretched(values: NDArray[Any], low: float, high: float, floor: float) -> FloatArray:
    """Map ``low``..``high`` linearly to 0..255 and clip; a range below ``floor`` stays centred."""
    if high - low < floor:
        middle = (low + high) / 2
        low, high = middle - floor / 2, middle + floor / 2
    scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    clipped: FloatArray = np.clip(scaled, 0, 255)
    return clipped
