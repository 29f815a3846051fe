"""Drawing on RGB arrays: text, outlines, arrows and lines that are seen on any background.

Colours are Okabe and Ito's; every stroke has a dark rim, so it shows on bright and dark pictures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from figecho.model import ByteArray, Matrix, Panel
from figecho.report.names import clean

ORANGE = (230, 159, 0)
SKY = (86, 180, 233)
BLACK = (0, 0, 0)
GREY = (95, 95, 95)
WHITE = (255, 255, 255)
_SHIFT = 4
_PLAIN = {"×": "x", "–": "-", "−": "-", "µ": "u", "μ": "u", "…": "..."}
_NO_GLYPH = "\U0010fffd"


def blank(width: int, height: int) -> ByteArray:
    """Return a white picture."""
    return np.full((height, width, 3), 255, np.uint8)


def stroke(
    rgb: ByteArray, points_px: Matrix, colour: tuple[int, int, int], *, closed: bool
) -> None:
    """Draw a line through points (x, y) in place, 2 px wide with a dark rim."""
    fixed = np.round(points_px * 2**_SHIFT).astype(np.int32)[:, None, :]
    for tone, width in ((BLACK, 5), (colour, 2)):
        cv2.polylines(rgb, [fixed], closed, tone, width, cv2.LINE_AA, _SHIFT)


def thin_lines(rgb: ByteArray, starts_px: Matrix, ends_px: Matrix) -> None:
    """Join pairs of points in place by thin, half transparent lines with a dot at either end."""
    layer = rgb.copy()
    starts = np.round(starts_px * 2**_SHIFT).astype(int)
    ends = np.round(ends_px * 2**_SHIFT).astype(int)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        cv2.line(layer, start, end, SKY, 1, cv2.LINE_AA, _SHIFT)
    rgb[:] = cv2.addWeighted(layer, 0.75, rgb, 0.25, 0)
    for x, y in [*starts.tolist(), *ends.tolist()]:
        cv2.circle(rgb, (x, y), 4 << _SHIFT, BLACK, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(rgb, (x, y), 3 << _SHIFT, SKY, -1, cv2.LINE_AA, _SHIFT)


def text_block(lines: Iterable[tuple[str, int, tuple[int, int, int]]], width: int) -> ByteArray:
    """Return lines of (text, font size, colour) as a white picture of ``width``, wrapped to it."""
    wrapped = [
        (part, size, colour) for text, size, colour in lines for part in _wrap(text, size, width)
    ]
    heights = [round(size * 1.45) for _, size, _ in wrapped]
    image = Image.new("RGB", (width, max(sum(heights), 1)), WHITE)
    draw = ImageDraw.Draw(image)
    y = 0
    for (text, size, colour), height in zip(wrapped, heights, strict=True):
        draw.text((0, y), text, fill=colour, font=_font(size))
        y += height
    return np.array(image)


def tag(rgb: ByteArray, text: str, at_px: tuple[float, float]) -> None:
    """Write a short label in place, dark on orange, its corner near a point and inside."""
    font = _font(15)
    left, top, right, bottom = font.getbbox(text)
    w, h = int(right - left) + 8, int(bottom - top) + 8
    x = int(np.clip(at_px[0] - w - 2, 0, max(rgb.shape[1] - w, 0)))
    y = int(np.clip(at_px[1] - h - 2, 0, max(rgb.shape[0] - h, 0)))
    image = Image.new("RGB", (w, h), ORANGE)
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, fill=BLACK, font=font)
    patch = rgb[y : y + h, x : x + w]
    patch[:] = np.array(image)[: patch.shape[0], : patch.shape[1]]


def panel_label(letters: str, panel: Panel, width: int) -> ByteArray:
    """Return the letter of a panel, dark on orange, and where it is from, to stand above it."""
    source, page, figure = panel.figure
    where = f"{clean(source)}{f', page {page}' if page else ''}, figure {figure}"
    font, (left, top, right, bottom) = _font(15), _font(15).getbbox(letters)
    chip = (int(right - left) + 12, int(bottom - top) + 8)
    start = chip[0] + 8
    name = text_block([(f"{where}, panel {panel.number}", 15, BLACK)], max(width - start, 40))
    label = blank(max(width, start + name.shape[1]), max(chip[1], name.shape[0]) + 6)
    image = Image.new("RGB", chip, ORANGE)
    ImageDraw.Draw(image).text((6 - left, 4 - top), letters, fill=BLACK, font=font)
    label[: chip[1], : chip[0]] = np.array(image)
    label[: name.shape[0], chip[0] + 8 : chip[0] + 8 + name.shape[1]] = name[
        :, : width - chip[0] - 8
    ]
    return label


def drawable(text: str) -> str:
    """Return ``text`` with what the built-in font lacks spelt in plain letters: 'beta-actin'."""
    return "".join(_spelt(c) for c in text)


@lru_cache(maxsize=4096)
def _spelt(character: str) -> str:
    if character.isascii() or _has_glyph(character):
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii())
    if plain:
        return plain
    words = unicodedata.name(unicodedata.normalize("NFKC", character)[0], "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        return words[words.index("LETTER") + 1].lower()
    return "?"


@lru_cache(maxsize=1024)
def _has_glyph(character: str) -> bool:
    font = _font(20)
    return bytes(font.getmask(character)) != bytes(font.getmask(_NO_GLYPH))


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=256)
def _wrap(text: str, size: int, width: int) -> tuple[str, ...]:
    font, lines = _font(size), [""]
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)
