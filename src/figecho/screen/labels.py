"""Pick the marks that were laid over a picture: text, scale bars, boxes and arrows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.arrows import arrows
from figecho.screen.bars import thick_bars
from figecho.screen.marks import Mark, layers

_MIN_LETTER_PX = 5
_BUCKET_PX = 16
_MAX_LETTER_PX = 140
#: White and black letters are blurred to grey; a coloured cell is as pure as a coloured letter, but
#: less even.
_MAX_SPREAD, _MAX_COLOURED_SPREAD = 24.0, 12.0
#: Two letters make a word where they are large, else it takes three.
_LARGE_LETTER_PX = 12
_OPEN_SHARE = 0.6
#: A line of text has air above and below: so far from its middle, in letter heights, there are
#: fewer marks than this share of its letters. In a cloud of dots there are as many as on the line.
_PRINTED_SHARP = 0.75
_CORNER_LETTER_PX = 9
#: The length of a scale bar stands within this share of the panel of it, in letters so large.
_LENGTH_AWAY, _LENGTH_LETTER, _SMALL_PANEL_PX = 0.2, 0.12, 200
_AIR_FROM, _AIR_TO, _MARKS_IN_AIR = 0.5, 0.95, 0.5


def labels(rgb: ByteArray) -> BoolArray:
    """Return the pixels of text, scale bars, ruled boxes and arrows, their blurred rim included.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    for layer in layers(rgb):
        side = min(rgb.shape[:2])
        limit = _MAX_COLOURED_SPREAD if layer.coloured else _MAX_SPREAD
        even = [mark for mark in layer.marks if mark.spread <= limit]
        rows = _text_rows(even, rgb.shape[0], upright=False)
        rows += _text_rows(even, rgb.shape[1], upright=True)
        rows = [row for row in rows if _airy(row, even)]
        rows += _corner_letters(even, rgb.shape[:2])
        chosen = {mark.label for row in rows for mark in row}
        chosen |= {mark.label for row in rows for mark in _company(row, layer.marks)}
        bars = thick_bars(layer)
        found |= bars
        for place in _lengths(bars, layer.marks):
            found[place] = True
        chosen |= {mark.label for mark in layer.marks if _is_box(mark, side)}
        chosen |= set() if layer.coloured else {mark.label for mark in arrows(layer)}
        if chosen:
            found |= np.isin(layer.labels, sorted(chosen))
    return found


def _text_rows(marks: Sequence[Mark], span_px: int, *, upright: bool) -> list[list[Mark]]:
    """Group letter-like marks of like height that stand close together on one line."""
    letters = sorted(
        (m for m in marks if _is_letter(m, span_px, upright=upright)),
        key=lambda m: (_along(m, upright), _across(m, upright)),
    )
    rows: list[list[Mark]] = []
    # A row is looked up by where its last letter stands, or a page of print would take minutes.
    near: dict[int, list[int]] = {}
    for letter in letters:
        size = _size(letter, upright)
        middle = _across(letter, upright) + size // 2
        reach = range((middle - size) // _BUCKET_PX, (middle + size) // _BUCKET_PX + 1)
        tried = sorted({index for bucket in reach for index in near.get(bucket, ())})
        follows = (k for k in tried if _follows(rows[k][-1], letter, upright=upright))
        index = next(follows, len(rows))
        if index == len(rows):
            rows.append([])
        rows[index].append(letter)
        near.setdefault(middle // _BUCKET_PX, []).append(index)
    return [row for row in rows if _reads(row, upright=upright)]


def _reads(row: Sequence[Mark], *, upright: bool) -> bool:
    """Whether a row is long enough for a word, and half of it strokes around empty space.

    Bands of a gel stand in rows too, but they are solid.
    """
    least = 2 if _size(row[0], upright) >= _LARGE_LETTER_PX and not upright else 3
    open_shapes = sum(m.thickest_px <= _OPEN_SHARE * min(m.w, m.h) for m in row)
    return len(row) >= least and open_shapes >= len(row) / 2


def _corner_letters(marks: Sequence[Mark], shape: tuple[int, int]) -> Iterator[list[Mark]]:
    """Yield single letters that stand alone in a corner: the A, B, C of panels."""
    height, width = shape
    sharp = [m for m in marks if m.sharp >= _PRINTED_SHARP]
    for m in sharp:
        away_x = min(m.x, width - m.x - m.w)
        away_y = min(m.y, height - m.y - m.h)
        near = max(away_x, away_y) <= m.h and _is_letter(m, height, upright=False)
        if not near or m.h < _CORNER_LETTER_PX or not _reads([m, m, m], upright=False):
            continue
        x0, y0, x1, y1 = m.x - m.h, m.y - m.h // 2, m.x + m.w + m.h, m.y + m.h + m.h // 2
        crowd = sum(
            o is not m and x0 <= o.x + o.w / 2 <= x1 and y0 <= o.y + o.h / 2 <= y1 for o in sharp
        )
        if crowd <= 1:
            yield [m]


def _airy(row: Sequence[Mark], marks: Sequence[Mark]) -> bool:
    """Whether a row stands alone, as lines of print do."""
    x0, x1 = min(m.x for m in row), max(m.x + m.w for m in row)
    y0, y1 = min(m.y for m in row), max(m.y + m.h for m in row)
    upright = y1 - y0 > x1 - x0
    middle = (x0 + x1) / 2 if upright else (y0 + y1) / 2
    size = float(np.median([_size(m, upright) for m in row]))
    low, high = (y0, y1) if upright else (x0, x1)
    crowd = 0
    for m in marks:
        if m.sharp < _PRINTED_SHARP:
            continue
        along = m.y + m.h / 2 if upright else m.x + m.w / 2
        away = abs((m.x + m.w / 2 if upright else m.y + m.h / 2) - middle)
        crowd += low <= along <= high and _AIR_FROM * size < away <= _AIR_TO * size
    return crowd <= _MARKS_IN_AIR * len(row)


def _is_letter(mark: Mark, span_px: int, *, upright: bool) -> bool:
    height, width = _size(mark, upright), mark.h if upright else mark.w
    return (
        _MIN_LETTER_PX <= height <= min(_MAX_LETTER_PX, 0.45 * span_px, max(24, 0.25 * span_px))
        and width <= 2.5 * height
        and 0.12 <= mark.fill <= 0.95
        and mark.stroke_px <= 0.38 * height
        and mark.thickest_px <= 0.5 * height
        and mark.sharp >= _PRINTED_SHARP
    )


def _follows(last: Mark, mark: Mark, *, upright: bool) -> bool:
    a, b = _size(last, upright), _size(mark, upright)
    gap = _along(mark, upright) - _along(last, upright) - (last.h if upright else last.w)
    low, high = _across(last, upright), _across(mark, upright)
    shared = min(low + a, high + b) - max(low, high)
    return -0.2 * a <= gap <= 0.6 * max(a, b) and shared >= 0.75 * min(a, b) >= 0.45 * max(a, b)


def _size(mark: Mark, upright: bool) -> int:
    return mark.w if upright else mark.h


def _along(mark: Mark, upright: bool) -> int:
    return mark.y if upright else mark.x


def _across(mark: Mark, upright: bool) -> int:
    return mark.x if upright else mark.y


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
    small = [m for m in marks if max(m.w, m.h) <= letter and m.sharp >= _PRINTED_SHARP]
    for x, y, w, h, _ in cv2.connectedComponentsWithStats(bars.astype(np.uint8))[2][1:].tolist():
        if w < h:
            continue
        along = [m for m in small if x - 0.5 * w <= m.x + m.w / 2 <= x + 1.5 * w]
        above = [m for m in along if y - reach <= m.y and m.y + m.h <= y]
        below = [m for m in along if y + h <= m.y and m.y + m.h <= y + h + reach]
        for row in (above, below):
            if len(row) >= 2:
                rows = slice(min(m.y for m in row), max(m.y + m.h for m in row))
                yield rows, slice(min(m.x for m in row), max(m.x + m.w for m in row))


def _is_box(mark: Mark, side_px: int) -> bool:
    """Whether a mark is drawn of level and upright strokes: a box, a bracket, an axis."""
    return (
        mark.straight >= 0.8
        and mark.sharp >= 0.6
        and mark.spread <= _MAX_SPREAD
        and max(mark.w, mark.h) >= max(24, 0.15 * side_px)
        and mark.thickest_px <= max(3.0, 0.12 * side_px)
        and max(mark.w, mark.h) >= 4 * mark.thickest_px
    )
