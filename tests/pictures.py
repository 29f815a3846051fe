"""Synthetic pictures for the tests of panels and screening: textures, gels, plots, labels."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import ByteArray

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)


def rgb(grey: np.ndarray) -> ByteArray:
    return np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def tissue(height: int, width: int, seed: int = 0) -> ByteArray:
    """A field full of structure, no pixel of it white or black."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 2.5)
    return rgb(np.clip(120 + 40 * grain / grain.std(), 25, 215) + rng.normal(0, 3, grain.shape))


def cells(height: int, width: int, seed: int = 0, count: int = 12, peak: float = 150) -> ByteArray:
    """Soft bright nuclei on a dark field."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    field = np.full((height, width), 6.0)
    for _ in range(count):
        cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(4, 8)
        field += peak * np.exp(-((((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r)) ** 2))
    return rgb(field + rng.normal(0, 1, field.shape))


def strip(height: int = 40, width: int = 240, seed: int = 0, lanes: int = 6) -> ByteArray:
    """A strip of a blot: dark bands on a speckled membrane, one lane blank."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    membrane = 195 + 6 * cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 3) / 0.1
    membrane = np.clip(membrane, 170, 215) + rng.normal(0, 2, (height, width))
    for lane in range(lanes):
        depth = 0 if lane == 2 else rng.uniform(60, 150)
        cx = (lane + 0.5) * width / lanes
        away = ((x - cx) / (0.33 * width / lanes)) ** 4 + ((y - height / 2) / 5) ** 2
        membrane -= depth * np.exp(-away)
    return rgb(membrane)


def dots(height: int, width: int, count: int, seed: int = 0) -> ByteArray:
    """Events of a dot plot: small dark dots on white."""
    rng = np.random.default_rng(seed)
    plot = np.full((height, width, 3), 255, np.uint8)
    for _ in range(count):
        centre = (int(rng.integers(4, width - 4)), int(rng.integers(4, height - 4)))
        cv2.circle(plot, centre, 1, (60, 60, 60), -1, cv2.LINE_AA)
    return plot


def chart(height: int = 300, width: int = 400) -> ByteArray:
    """Axes, ticks with numbers, a curve, a title: nothing a camera saw."""
    plot = np.full((height, width, 3), 255, np.uint8)
    cv2.line(plot, (50, 20), (50, height - 40), BLACK, 1)
    cv2.line(plot, (50, height - 40), (width - 20, height - 40), BLACK, 1)
    for k in range(6):
        y = height - 40 - k * (height - 70) // 6
        write(plot, str(20 * k), (14, y + 5), 0.45, BLACK)
    x = np.arange(50, width - 20)
    y = (height / 2 - 0.3 * height * np.sin((x - 50) / 45)).astype(int)
    cv2.polylines(plot, [np.stack([x, y], axis=1).astype(np.int32)], False, (200, 30, 30), 2)
    write(plot, "Intensity over time", (110, 16), 0.5, BLACK)
    return plot


def write(
    picture: ByteArray, text: str, at: tuple[int, int], scale: float, tone: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, tone, 2, cv2.LINE_AA)


def jpeg(picture: ByteArray, quality: int = 85) -> ByteArray:
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def canvas(height: int, width: int, tone: tuple[int, int, int] = WHITE) -> ByteArray:
    return np.full((height, width, 3), tone, np.uint8)


def put(sheet: ByteArray, picture: ByteArray, x: int, y: int) -> list[int]:
    """Lay ``picture`` on ``sheet`` and return its box as the report names it."""
    h, w = picture.shape[:2]
    sheet[y : y + h, x : x + w] = picture
    return [x, y, w, h]
