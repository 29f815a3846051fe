"""What is printed over pictures: labels, plates, arrows, frames with ticks, for tests of masks."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from figecho.model import ByteArray
from pictures import BLACK, WHITE
from scenes import rendering

Stamp = Callable[[ByteArray, np.random.Generator], ByteArray]
HERSHEY = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
TEXTS = ("Fe2O4", "100 nm", "control", "siRNA 24 h", "x400", "KO-7", "DAPI")
FIELDS = ("eosin", "cells", "tissue", "scanning", "phase", "nuclei")


def field(seed: int, height: int = 130, width: int = 160) -> ByteArray:
    """One of many unrelated pictures, light and dark."""
    image = rendering(FIELDS[seed % len(FIELDS)], 300 + seed, height, width)
    grey = np.asarray(image[..., None] if image.ndim == 2 else image)
    return np.ascontiguousarray(np.broadcast_to(grey, (*grey.shape[:2], 3)), np.uint8)


def ink_for(picture: ByteArray, box: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """White on dark, black on light, as people choose it."""
    x, y, w, h = box
    return WHITE if picture[max(y, 0) : y + h, max(x, 0) : x + w].mean() < 128 else BLACK


def label(picture: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Text of 9 to 22 px, at the place that the generator says."""
    size, text = int(rng.integers(9, 23)), str(rng.choice(TEXTS))
    return _print(picture, text, size, rng)


def digits(picture: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Three thin digits."""
    return _print(picture, str(rng.integers(100, 999)), int(rng.integers(9, 13)), rng)


def plate(picture: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Text on a white or a black box."""
    size, text = int(rng.integers(10, 20)), str(rng.choice(TEXTS))
    paper, ink = (WHITE, BLACK) if rng.integers(2) else (BLACK, WHITE)
    draw = ImageDraw.Draw(page := Image.fromarray(picture))
    x, y, wide, tall = _place(draw, text, size, picture, rng)
    draw.rectangle((x - 3, y - 3, x + wide + 3, y + tall + 3), fill=paper)
    _text(draw, (x, y), text, size, ink)
    return np.array(page)


def arrow(picture: ByteArray, rng: np.random.Generator) -> ByteArray:
    """A shaft with a head, in any direction."""
    height, width = picture.shape[:2]
    turn, length = rng.uniform(0, 2 * np.pi), rng.uniform(20, 38)
    thick = rng.uniform(2, 5)
    wide, head = thick * rng.uniform(2.2, 3.2), thick * rng.uniform(2.2, 4)
    half = np.array([[0, 1], [length - head, 1], [length - head, wide / thick], [length, 0]])
    half *= (1, thick / 2)
    outline = np.vstack([half, half[::-1] * (1, -1)]) - (length / 2, 0)
    c, s = np.cos(turn), np.sin(turn)
    middle = rng.uniform((30, 30), (width - 30, height - 30))
    points = np.rint((outline @ np.array([[c, s], [-s, c]]) + middle) * 16).astype(np.int32)
    ink = ink_for(picture, (int(middle[0]) - 15, int(middle[1]) - 15, 30, 30))
    return np.asarray(cv2.fillPoly(picture.copy(), [points], ink, cv2.LINE_AA, 4))


def ticks(picture: ByteArray, rng: np.random.Generator) -> ByteArray:
    """A frame with ticks and numbers inside, along two sides."""
    marked = picture.copy()
    height, width = marked.shape[:2]
    ink = ink_for(picture, (0, 0, width, height))
    cv2.rectangle(marked, (0, 0), (width - 1, height - 1), ink, 2)
    step = int(rng.integers(24, 34))
    for k in range(step, width - 12, step):
        marked[height - 8 :, k : k + 2] = ink
        cv2.putText(marked, str(k), (k - 8, height - 11), HERSHEY[0], 0.35, ink, 1, cv2.LINE_AA)
    for k in range(step, height - 12, step):
        marked[k : k + 2, :8] = ink
    return marked


STAMPS: dict[str, Stamp] = {
    "label": label,
    "digits": digits,
    "plate": plate,
    "arrow": arrow,
    "ticks": ticks,
}


def _print(picture: ByteArray, text: str, size: int, rng: np.random.Generator) -> ByteArray:
    if rng.integers(3) == 0:
        scale, face = size / 22, HERSHEY[int(rng.integers(len(HERSHEY)))]
        (wide, tall), _ = cv2.getTextSize(text, face, scale, 1)
        x, y = _spot(picture, wide, tall, rng)
        ink = ink_for(picture, (x, y, wide, tall))
        marked = picture.copy()
        return np.asarray(
            cv2.putText(marked, text, (x, y + tall), face, scale, ink, 1, cv2.LINE_AA)
        )
    draw = ImageDraw.Draw(page := Image.fromarray(picture))
    x, y, wide, tall = _place(draw, text, size, picture, rng)
    _text(draw, (x, y), text, size, ink_for(picture, (x, y, wide, tall)))
    return np.array(page)


def _place(
    draw: ImageDraw.ImageDraw, text: str, size: int, picture: ByteArray, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = draw.textbbox((0, 0), text, font=ImageFont.load_default(size))
    wide, tall = int(x1 - x0), int(y1 - y0)
    return *_spot(picture, wide, tall, rng), wide, tall


def _spot(picture: ByteArray, wide: int, tall: int, rng: np.random.Generator) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return (
        int(rng.integers(6, max(width - wide - 6, 7))),
        int(rng.integers(6, max(height - tall - 6, 7))),
    )


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: tuple[int, int, int]
) -> None:
    font = ImageFont.load_default(size)
    x0, y0, _, _ = draw.textbbox((0, 0), text, font=font)
    draw.text((at[0] - x0, at[1] - y0), text, fill=ink, font=font)
