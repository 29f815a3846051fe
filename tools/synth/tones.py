"""The tone changes of reuse: gamma, contrast, inversion, blur, JPEG, scanner noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synth.grain import blur, grain, jpeg
from synth.kinds import Byte, Rng, between, to_byte

Tone = Callable[[Rng, Byte], tuple[Byte, str]]


def recompressed(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Save once more as JPEG of good quality."""
    return jpeg(image, int(rng.integers(80, 96))), ""


def compressed(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Save as JPEG of quality 50 to 75."""
    quality = int(rng.integers(50, 76))
    return jpeg(image, quality), f"JPEG quality {quality}"


def gamma(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Bend the tone curve by 0.5 to 0.8 or 1.25 to 2."""
    power = between(rng, 1.25, 2.0)
    power = power if rng.random() < 0.5 else 1 / power
    return to_byte(255 * (image.astype(np.float32) / 255) ** power), f"gamma {power:.2f}"


def contrast(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Change contrast about the mean, and brightness."""
    factor = between(rng, 1.2, 1.7) if rng.random() < 0.6 else between(rng, 0.55, 0.8)
    lift = between(rng, -25, 25)
    middle = float(image.mean())
    words = f"contrast {factor:.2f}, brightness {lift:+.0f}"
    return to_byte((image.astype(np.float32) - middle) * factor + middle + lift), words


def inverted(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Swap dark and bright."""
    return 255 - image, "inverted"


def blurred(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Lose sharpness."""
    sigma = between(rng, 0.8, 1.5)
    return to_byte(blur(image.astype(np.float32), sigma)), f"blur {sigma:.1f} px"


def perhaps(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Only save once more in two of three cases; change the tone as well in the third."""
    return recompressed(rng, image) if rng.random() < 0.67 else any_tone(rng, image)


def rescanned(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Pass through paper: less contrast, soft, with the scanner's own noise."""
    height, width = image.shape[:2]
    values = blur(image.astype(np.float32), between(rng, 0.5, 0.9))
    values = values * between(rng, 0.82, 0.95) + between(rng, 4, 14)
    noise = between(rng, 2.0, 4.5) * grain(rng, height, width, 0.6)
    values = values + (noise if image.ndim == 2 else noise[..., None])
    return jpeg(to_byte(values), int(rng.integers(70, 90))), ""


def any_tone(rng: Rng, image: Byte) -> tuple[Byte, str]:
    """Apply one of gamma, contrast, blur, JPEG, or none."""
    chosen = (recompressed, gamma, contrast, blurred, compressed)[int(rng.integers(5))]
    return chosen(rng, image)
