"""Random fields: clouds, grain, sensor noise, and the losses of print and JPEG.

Noise is always Gaussian with a variance that follows the signal, never drawn by ``poisson``: the
number of random draws must not depend on pixel values, or a rounding difference between library
versions would change everything drawn after it.
"""

from __future__ import annotations

import cv2
import numpy as np

from synth.kinds import Byte, Float, Real, Rng, to_byte


def blur(image: Real, sigma_px: float) -> Float:
    """Blur by a Gaussian; below a tenth of a pixel the image comes back as it is."""
    if sigma_px < 0.1:
        return np.asarray(image, dtype=np.float32)
    out = cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(out, dtype=np.float32)


def grain(rng: Rng, height: int, width: int, sigma_px: float = 0.0) -> Float:
    """Draw white noise of zero mean and unit deviation, correlated over ``sigma_px``."""
    white = rng.standard_normal((height, width), dtype=np.float32)
    if sigma_px < 0.1:
        return white
    kernel = cv2.getGaussianKernel(2 * int(4 * sigma_px + 1) + 1, sigma_px)
    return np.asarray(blur(white, sigma_px) / float((kernel**2).sum()), dtype=np.float32)


def clouds(rng: Rng, height: int, width: int, scale_px: float, stretch: float = 1.0) -> Float:
    """Draw a smooth field of zero mean and about unit deviation.

    Parameters
    ----------
    rng : numpy.random.Generator
    height, width : int
    scale_px : float, > 0
        Size of the blobs along y.
    stretch : float
        How many times longer the blobs are along x.
    """
    step_y, step_x = max(scale_px / 2, 1.0), max(scale_px * stretch / 2, 1.0)
    rows, cols = int(height / step_y) + 6, int(width / step_x) + 6
    grid = grain(rng, rows, cols, 1.0)
    size = (int(cols * step_x), int(rows * step_y))
    field = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    top, left = int(2 * step_y), int(2 * step_x)
    return np.asarray(field[top : top + height, left : left + width], dtype=np.float32)


def clouds_like(rng: Rng, image: Real, scale_px: float) -> Float:
    """Draw :func:`clouds` of the size of an image."""
    return clouds(rng, image.shape[0], image.shape[1], scale_px)


def warp(image: Real, dx: Float, dy: Float) -> Float:
    """Displace the pixels of an image by smooth fields in pixels."""
    rows, cols = np.indices(image.shape[:2], dtype=np.float32)
    out = cv2.remap(image, cols + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(out, dtype=np.float32)


def sensor(rng: Rng, signal: Real, *, gain: float, read: float, psf_px: float = 0.0) -> Float:
    """Add shot noise (variance ``gain`` times the signal) and read noise, in grey levels.

    ``psf_px`` correlates the noise, as demosaicing and resampling do.
    """
    height, width = signal.shape[:2]
    channels = 1 if signal.ndim == 2 else signal.shape[2]
    noise = np.stack([grain(rng, height, width, psf_px) for _ in range(channels)], axis=-1)
    deviation = np.sqrt(gain * np.maximum(signal, 0) + read**2)
    return np.asarray(signal + deviation * noise.reshape(signal.shape), dtype=np.float32)


def jpeg(image: Byte, quality: int) -> Byte:
    """Return the image after one JPEG compression."""
    bgr = image if image.ndim == 2 else image[..., ::-1]
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    out = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
    return np.ascontiguousarray(out if image.ndim == 2 else out[..., ::-1], dtype=np.uint8)


def tinted(grey: Real, low: tuple[int, int, int], high: tuple[int, int, int]) -> Byte:
    """Map grey 0..255 linearly on the way from one colour to another."""
    share = np.clip(grey, 0, 255)[..., None] / 255
    return to_byte(np.asarray(low, np.float32) * (1 - share) + np.asarray(high, np.float32) * share)
