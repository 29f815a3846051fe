"""Bring decoded arrays of any depth and layout to the two forms a figure may have: grey or RGB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from figecho.config import Limits
from figecho.errors import SourceError

Pixels = NDArray[Any]


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture that would cost too much, before a single pixel is decoded.

    Raises
    ------
    SourceError
        A side or the number of pixels is over the limit, or a side is zero.
    """
    if width < 1 or height < 1:
        raise SourceError(f"holds no pixels: {width} x {height} px")
    if max(width, height) > limits.max_side_px:
        raise SourceError(f"too large: {width} x {height} px, limit {limits.max_side_px} px a side")
    if width * height > limits.max_pixels:
        raise SourceError(f"too large: {width} x {height} px, limit {limits.max_pixels} px in all")


def settled(pixels: Pixels) -> Pixels:
    """Return decoded samples in one of the two forms of a figure.

    Raises
    ------
    SourceError
        A damaged header led to an array that is no picture.
    """
    if pixels.ndim not in (2, 3) or pixels.size == 0 or (pixels.ndim == 3 and pixels.shape[2] > 4):
        raise SourceError(f"samples of shape {pixels.shape} are no picture")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return np.ascontiguousarray(on_white(to_unsigned(pixels)))


def on_white(pixels: Pixels) -> Pixels:
    """Lay grey + alpha or RGB + alpha on white; other arrays pass through.

    Parameters
    ----------
    pixels : ndarray of shape (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), uint8 or uint16
        The last of 2 or 4 channels is straight (not premultiplied) opacity.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), of the same type
    """
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    full = np.iinfo(pixels.dtype).max
    colour, alpha = pixels[..., :-1], pixels[..., -1:]
    if bool(np.all(alpha == full)):
        laid = colour
    else:
        share = alpha.astype(np.float32) / full
        laid = np.rint(colour * share + full * (1 - share)).astype(pixels.dtype)
    return np.ascontiguousarray(laid[..., 0] if laid.shape[2] == 1 else laid)


def to_unsigned(pixels: Pixels) -> Pixels:
    """Bring booleans, signed, wide and floating samples to uint8 or uint16.

    uint8 and uint16 stay as they are, booleans become 0 and 255, all others are stretched
    linearly from their 0.1 and 99.9 percentiles to the full range of uint16, one stretch for all
    channels. Values that are not finite count as the smallest finite one.
    """
    if pixels.dtype in (np.dtype(np.uint8), np.dtype(np.uint16)):
        return pixels
    if pixels.dtype == np.dtype(np.bool_):
        return pixels.astype(np.uint8) * np.uint8(255)
    if np.iscomplexobj(pixels):
        raise SourceError("complex samples are not pixels")
    values = pixels.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint16)
    low, high = np.percentile(values[finite], (0.1, 99.9))
    values[~finite] = low
    if high <= low:
        low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(values.shape, np.uint16)
    wide: Pixels = np.rint(np.clip((values - low) / (high - low), 0, 1) * 65535).astype(np.uint16)
    return wide


def orient(pixels: Pixels, orientation: int) -> Pixels:
    """Turn an array upright as its EXIF or TIFF orientation (1..8) says; other values: as is."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
