"""Pick the marks that were laid over a picture: text, scale bars, boxes and arrows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.arrows import arrows
from figecho.screen.bars import thick_bars
from figecho.screen.blobs import blobs
from figecho.screen.boxes import boxes
from figecho.screen.channels import change
from figecho.screen.marks import SHARP_STEP, Layer, Mark, layers
from figecho.screen.plates import plates
from figecho.screen.rows import (
    PRINTED_SHARP,
    airy,
    by_chance,
    fine_rows,
    is_letter,
    reads,
    text_rows,
)
from figecho.screen.strokes import strokes

#: White and black letters are blurred to grey, and compression does as much to coloured ones; a
#: coloured cell is as pure as a coloured letter, but less even, or has not so sharp an outline.
_MAX_SPREAD, _MAX_COLOURED_SPREAD, _COLOURED_SHARP = 24.0, 12.0, 0.98
_CORNER_LETTER_PX = 9
#: A strip is so many times as long as it is wide: a title, the name of an axis.
STRIP = 4
#: The length of a scale bar stands within this share of the panel of it, in letters so large.
_LENGTH_AWAY, _LENGTH_LETTER, _SMALL_PANEL_PX = 0.2, 0.12, 200


def labels(rgb: ByteArray) -> tuple[BoolArray, BoolArray]:
    """Return the pixels of text, scale bars, ruled boxes and arrows, and of the plates under them.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    marks, grounds : ndarray of shape (h, w), bool
        What was drawn, its blurred rim included; and the plates, with all that stands on them.
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    text = np.zeros_like(found)
    steep = change(rgb, 3) >= SHARP_STEP
    for layer in layers(rgb):
        even = [mark for mark in layer.marks if _is_even(mark, layer)]
        rows = text_rows(even, _room_px(*rgb.shape[:2]), upright=False)
        rows += text_rows(even, _room_px(*rgb.shape[1::-1]), upright=True)
        rows = [row for row in rows if airy(row, even) and not by_chance(row, even, rgb.shape[:2])]
        rows += _corner_letters(even, rgb.shape[:2])
        chosen = {mark.label for row in rows for mark in row}
        chosen |= {mark.label for row in rows for mark in _company(row, layer.marks)}
        _draw(text, layer, chosen)
        bars = thick_bars(layer)
        found |= bars
        for place in _lengths(bars, layer.marks):
            found[place] = True
        chosen = {mark.label for mark in arrows(layer, rgb, steep, known=chosen)}
        chosen |= {mark.label for mark in boxes(layer)}
        _draw(found, layer, chosen)
    for layer in strokes(rgb, steep):
        rows = [r for r in fine_rows(layer.marks, rgb.shape[:2]) if airy(r, layer.marks)]
        chosen = {mark.label for row in rows for mark in row}
        chosen |= {mark.label for row in rows for mark in _company(row, layer.marks)}
        _draw(text, layer, chosen)
        _draw(found, layer, {mark.label for mark in arrows(layer, rgb, steep, known=chosen)})
    return found | text, plates(rgb, text, steep)


def _is_even(mark: Mark, layer: Layer) -> bool:
    """Whether a mark has one tone, as far as compression leaves it."""
    sure = not layer.coloured or mark.sharp >= _COLOURED_SHARP
    return mark.spread <= (_MAX_SPREAD if sure else _MAX_COLOURED_SPREAD)


def _room_px(across_px: int, along_px: int) -> int:
    """Return the height of the panel that letters are held against; a line cut out is all letters.

    Letters have a share of the height of a panel at most, of a strip all of it.
    """
    return STRIP * across_px if along_px >= STRIP * across_px else across_px


def _draw(found: BoolArray, layer: Layer, chosen: set[int]) -> None:
    for mark in layer.marks:
        if mark.label in chosen:
            window = np.s_[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w]
            found[window] |= layer.labels[window] == mark.label


def _corner_letters(marks: Sequence[Mark], shape: tuple[int, int]) -> Iterator[list[Mark]]:
    """Yield single letters that stand alone in a corner: the A, B, C of panels."""
    height, width = shape
    sharp = [m for m in marks if m.sharp >= PRINTED_SHARP]
    for m in sharp:
        away_x = min(m.x, width - m.x - m.w)
        away_y = min(m.y, height - m.y - m.h)
        near = max(away_x, away_y) <= m.h and is_letter(m, height, upright=False)
        if not near or m.h < _CORNER_LETTER_PX or not reads([m, m, m], upright=False):
            continue
        x0, y0, x1, y1 = m.x - m.h, m.y - m.h // 2, m.x + m.w + m.h, m.y + m.h + m.h // 2
        crowd = sum(
            o is not m and x0 <= o.x + o.w / 2 <= x1 and y0 <= o.y + o.h / 2 <= y1 for o in sharp
        )
        if crowd <= 1:
            yield [m]


def _company(row: Sequence[Mark], marks: Sequence[Mark]) -> Iterator[Mark]:
    """Yield the points, signs and wide letters that stand in a row of text."""
    size = max(min(m.w, m.h) for m in row)
    size = max(size, min(max(m.h for m in row), max(m.w for m in row)))
    x0, x1 = min(m.x for m in row) - size, max(m.x + m.w for m in row) + size
    y0, y1 = min(m.y for m in row) - size // 3, max(m.y + m.h for m in row) + size // 3
    for m in marks:
        inside = x0 <= m.x and m.x + m.w <= x1 and y0 <= m.y and m.y + m.h <= y1
        if inside and m.sharp >= 0.5:
            yield m


def _lengths(bars: BoolArray, marks: Sequence[Mark]) -> Iterator[tuple[slice, slice]]:
    """Yield where the length of a level bar is written, in letters however broken.

    Only of small panels, whose small letters break: in large ones they read as text.
    """
    side = min(bars.shape)
    if side > _SMALL_PANEL_PX:
        return
    reach, letter = _LENGTH_AWAY * side, _LENGTH_LETTER * side
    small = [m for m in marks if max(m.w, m.h) <= letter and m.sharp >= PRINTED_SHARP]
    for x, y, w, h, _ in blobs(bars)[1][1:].tolist():
        if w < h:
            continue
        along = [m for m in small if x - 0.5 * w <= m.x + m.w / 2 <= x + 1.5 * w]
        above = [m for m in along if y - reach <= m.y and m.y + m.h <= y]
        below = [m for m in along if y + h <= m.y and m.y + m.h <= y + h + reach]
        for row in (above, below):
            if len(row) >= 2:
                rows = slice(min(m.y for m in row), max(m.y + m.h for m in row))
                yield rows, slice(min(m.x for m in row), max(m.x + m.w for m in row))
