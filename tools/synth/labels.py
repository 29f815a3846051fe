"""What authors lay over a panel: letters, scale bars, times, counts, arrows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synth.kinds import Byte, Real, Rng, Style, between

BARS = ("20 µm", "50 µm", "100 µm", "200 µm", "10 µm")
TIMES = (
    "0 h",
    "24 h",
    "48 h",
    "72 h",
    "Ctrl",
    "siRNA",
    "Vehicle",
    "+TNF",
    "WT",
    "KO",
    "2Gy",
    "PBS",
)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def text_image(words: str, size: int) -> Byte:
    """Draw words as white on black, tightly cropped; the micro sign is a u with a tail.

    Pillow's built-in font has no Greek letter.
    """
    font = _font(size)
    plain = words.replace("µ", "u")
    box = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), plain, font=font)
    width, height = int(box[2]) + 2, int(box[3]) + 2
    image = Image.new("L", (max(width, 1), max(height, 1)))
    draw = ImageDraw.Draw(image)
    draw.text((0, 0), plain, font=font, fill=255)
    for index, sign in enumerate(words):
        if sign == "µ":
            x = font.getlength(plain[:index]) + 0.09 * size
            draw.line([(x, 0.6 * size), (x, 1.14 * size)], fill=255, width=max(1, size // 12))
    pixels = np.asarray(image)
    rows, cols = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if len(rows) == 0:
        return np.zeros((1, 1), np.uint8)
    return np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1])


def write(image: Byte, words: str, x: int, y: int, size: int, colour: int) -> None:
    """Lay words on the image in place, their top-left at (x, y), in one grey."""
    _lay(image, text_image(words, size), x, y, colour)


def _lay(image: Byte, mask: Byte, x: int, y: int, colour: int) -> None:
    height, width = image.shape[:2]
    mask = mask[: max(height - y, 0), : max(width - x, 0)]
    if x < 0 or y < 0 or mask.size == 0:
        return
    view = image[y : y + mask.shape[0], x : x + mask.shape[1]]
    share: Real = mask.astype(np.float32) / 255
    if image.ndim == 3:
        share = share[..., None]
    view[:] = np.rint(view * (1 - share) + colour * share).astype(np.uint8)


def label_style(rng: Rng) -> Style:
    """Draw which labels a panel carries and where; panels of one figure share a style."""
    counted = bool(rng.random() < 0.2)
    return {
        "letter": str(rng.choice(list("ABCDEFGH"))) if rng.random() < 0.6 else "",
        "bar": str(rng.choice(BARS)) if rng.random() < 0.7 else "",
        "bar_share": between(rng, 0.14, 0.26),
        "bar_left": bool(rng.random() < 0.25) and not counted,
        "words": str(rng.choice(TIMES)) if rng.random() < 0.55 else "",
        "count": f"{between(rng, 2, 60):.1f}±{between(rng, 0.5, 8):.2f}" if counted else "",
        "arrow": (between(rng, 0.2, 0.8), between(rng, 0.2, 0.8)) if rng.random() < 0.2 else None,
    }


def decorate(image: Byte, style: Style) -> Byte:
    """Return the panel with letters, scale bar, condition, count and arrow on it."""
    out = image.copy()
    height, width = out.shape[:2]
    size = int(np.clip(min(height, width) / 13, 11, 26))
    colour = 255 if out.mean() < 110 else 0
    if style["letter"]:
        write(out, style["letter"], 5, 5, int(size * 1.3), colour)
    if style["words"]:
        mask = text_image(style["words"], size)
        _lay(out, mask, width - mask.shape[1] - 6, 6, colour)
    if style["bar"]:
        length = int(style["bar_share"] * width)
        x = 8 if style["bar_left"] else width - length - 8
        out[height - 11 : height - 8, x : x + length] = colour
        mask = text_image(style["bar"], max(size - 3, 9))
        _lay(out, mask, x + (length - mask.shape[1]) // 2, height - 15 - mask.shape[0], colour)
    if style["count"]:
        write(out, style["count"], 6, height - 8 - size, int(size * 1.15), colour)
    if style["arrow"] is not None:
        _arrow(out, style["arrow"], colour)
    return out


def _arrow(image: Byte, place: tuple[float, float], colour: int) -> None:
    height, width = image.shape[:2]
    mask = Image.new("L", (width, height))
    x, y, long = place[0] * width, place[1] * height, 0.09 * width
    draw = ImageDraw.Draw(mask)
    draw.line([(x - long, y - long), (x, y)], fill=255, width=2)
    draw.polygon([(x + 2, y + 2), (x - 0.4 * long, y), (x, y - 0.4 * long)], fill=255)
    _lay(image, np.asarray(mask), 0, 0, colour)
