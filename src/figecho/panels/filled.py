"""Is a part of a figure a picture that fills its rectangle? What separates panels from labels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, Box, ByteArray, FloatArray
from figecho.panels.gutters import crop, shares
from figecho.screen.blobs import share
from figecho.screen.channels import mean
from figecho.screen.middle import median

#: A side of a filled rectangle is ink along this share of its length; all four on average more.
_SIDE_SHARE = 0.7
_MEAN_SHARE = 0.9
_SURE_SHARE = 0.95
_LABELLED_SHARE = 0.3
#: Letters cover less of their box than a picture does.
_MIN_INK = 0.75
_HALF_INK, _HALF_SIDE = 0.5, 0.25
#: How deep inside the box the sides are looked at: past a frame line and its JPEG ringing.
_INSET_PX = 5
_FRAME_PX = 2
_MAX_FRAME_PX, _FRAME_SPREAD, _FRAME_STEP = 3, 8.0, 40.0
#: Standard deviation across rows and across columns that a picture has and a colour bar lacks.
_MIN_TEXTURE = 1.0
#: A dark field is flat but for some cells: its busiest rows count.
_BUSY_PERCENT = 90
#: Letters leave this much canvas, and this share of their ink is within a spread of tones.
_LETTER_CANVAS = 0.12
_PAPER_TONE = 250
_LETTER_SHARE = 0.4
_LETTER_SPREAD = 50


def trimmed(ink: BoolArray, box: Box, least: float = 0.0) -> Box | None:
    """Shrink ``box`` until each side holds more than ``least`` of ink; None if nothing is left.

    Parameters
    ----------
    ink : ndarray of shape (H, W), bool
        True where a pixel is not canvas.
    box : Box
    least : float, 0..1
        0 trims the empty margin only; more also trims ringing and letters that touch a side.
    """
    while True:
        part = crop(ink, box)
        rows = np.flatnonzero(shares(part, vertical=False) > least)
        columns = np.flatnonzero(shares(part, vertical=True) > least)
        if rows.size == 0 or columns.size == 0:
            return None
        smaller = Box(
            x=box.x + int(columns[0]),
            y=box.y + int(rows[0]),
            w=int(columns[-1] - columns[0]) + 1,
            h=int(rows[-1] - rows[0]) + 1,
        )
        # What holds no ink at all can be left out without changing what any other line holds.
        if smaller == box or least == 0.0:
            return smaller
        box = smaller


def grown(ink: BoolArray, box: Box, least: float = 0.5) -> Box:
    """Move each side of ``box`` outward as long as the next line holds that share of ink.

    With a stricter ``ink`` than the one that found the box this regains the pale rim of a strip.
    """
    x0, y0, x1, y1 = box.x, box.y, box.x + box.w, box.y + box.h
    while y0 > 0 and ink[y0 - 1, x0:x1].mean() > least:
        y0 -= 1
    while y1 < ink.shape[0] and ink[y1, x0:x1].mean() > least:
        y1 += 1
    while x0 > 0 and ink[y0:y1, x0 - 1].mean() > least:
        x0 -= 1
    while x1 < ink.shape[1] and ink[y0:y1, x1].mean() > least:
        x1 += 1
    return Box(x=x0, y=y0, w=x1 - x0, h=y1 - y0)


def is_dense(ink: BoolArray, side_px: int) -> BoolArray:
    """Return the centres of squares of ``side_px`` that hold as much ink as a picture does."""
    filled = cv2.boxFilter(ink.view(np.uint8), cv2.CV_32F, (side_px, side_px))
    return np.asarray(filled >= _MIN_INK, np.bool_)


def is_filled(ink: BoolArray, rgb: ByteArray, box: Box) -> bool:
    """Whether picture reaches all four sides of ``box``; lines, text and bars do not."""
    part = crop(ink, box)
    inset = min(_INSET_PX, min(box.w, box.h) // 6)
    return share(part) >= _MIN_INK and _sides_hold(part, inset) and has_texture(rgb, box)


def is_half_filled(ink: BoolArray, rgb: ByteArray, box: Box) -> bool:
    """Whether picture covers most of ``box`` and reaches every side of it somewhere."""
    part = crop(ink, box)
    return (
        share(part) >= _HALF_INK
        and _sides_hold(part, 0, _HALF_SIDE, _HALF_SIDE)
        and has_texture(rgb, box)
    )


def is_framed(ink: BoolArray, rgb: ByteArray, box: Box) -> bool:
    """Whether ``box`` is drawn as a frame line on all four sides around something textured."""
    return _sides_hold(crop(ink, box), 0, 0.95) and has_texture(rgb, box)


def unframed(rgb: ByteArray, box: Box) -> Box:
    """Leave a frame line of at most three pixels out of ``box``; a plot keeps its axes."""
    depths = [_line_depth(np.rot90(crop(rgb, box), turns)) for turns in range(4)]
    if min(depths) == 0 or min(box.w, box.h) < 4 * _MAX_FRAME_PX or is_paper(crop(rgb, box)):
        return box
    top, right, bottom, left = depths
    return Box(x=box.x + left, y=box.y + top, w=box.w - left - right, h=box.h - top - bottom)


def _line_depth(rgb: ByteArray) -> int:
    """Return how many of the first rows are one line of one tone, unlike what lies below it."""
    rows = mean(np.ascontiguousarray(rgb[: 2 * _MAX_FRAME_PX]))
    for depth in range(1, _MAX_FRAME_PX + 1):
        line, below = rows[:depth], rows[min(depth, len(rows) - 1)]
        tone = median(line)
        even = float(np.abs(line - tone).mean()) <= _FRAME_SPREAD
        if even and share(np.abs(below - tone) > _FRAME_STEP) >= _SIDE_SHARE:
            return depth
    return 0


def is_paper(rgb: ByteArray) -> bool:
    """Whether most of a part is pure white: the quadrant of a dot plot, a table, a text."""
    white = cv2.inRange(rgb, (_PAPER_TONE,) * 3, (255,) * 3)
    return bool(cv2.countNonZero(white) >= 0.5 * white.size)


def has_texture(rgb: ByteArray, box: Box) -> bool:
    """Whether tones vary along rows and along columns, the frame left out."""
    edge = min(_INSET_PX, min(box.w, box.h) // 6)
    part = crop(rgb, box)[edge : box.h - edge, edge : box.w - edge]
    # Three times the tones: whole numbers, whose squares and sums are exact.
    tones = cv2.transform(part.astype(np.float32), np.ones((1, 3), np.float32))
    across, along = (np.percentile(_spreads(tones, axis) / 3, _BUSY_PERCENT) for axis in (1, 0))
    return bool(min(across, along) >= _MIN_TEXTURE)


def _spreads(tones: FloatArray, axis: int) -> NDArray[np.float64]:
    """Return the standard deviations along an axis; OpenCV sums several times as fast as NumPy."""
    total, square = (
        cv2.reduce(values, axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel() / tones.shape[axis]
        for values in (tones, tones * tones)
    )
    return np.asarray(np.sqrt(np.maximum(square - total * total, 0.0)))


def _sides_hold(
    part: BoolArray, inset: int, least: float = _SIDE_SHARE, average: float = _MEAN_SHARE
) -> bool:
    band = slice(inset, inset + _FRAME_PX)
    low, *others = sorted(share(np.rot90(part, turns)[band]) for turns in range(4))
    if low >= least and (low + sum(others)) / 4 >= max(least, average):
        return True
    # A white label in a corner may hide most of one side.
    return least < min(others) and min(others) >= _SURE_SHARE and low >= _LABELLED_SHARE


def is_two_tone(ink: BoolArray, rgb: ByteArray) -> bool:
    """Whether all is canvas and one dark ink, as bold letters are even where they fill a line."""
    if not ink.any() or share(ink) > 1 - _LETTER_CANVAS:
        return False
    grey = rgb[ink].mean(axis=1)
    return bool((grey <= np.percentile(grey, 1) + _LETTER_SPREAD).mean() >= _LETTER_SHARE)
