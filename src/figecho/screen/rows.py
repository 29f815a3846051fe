"""Group letter-like marks into rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from figecho.screen.marks import Mark

_MIN_LETTER_PX = 5
_BUCKET_PX = 16
MAX_LETTER_PX = 140
#: Two letters make a word where they are large, else it takes three.
_LARGE_LETTER_PX = 12
_OPEN_SHARE = 0.6
#: Letters that follow each other in line by chance: so many, if those around stand anywhere in a
#: strip a letter long and three pixels high.
_PLACE, _CHANCE = 3.0, 0.05
#: A line of text has air above and below: so far from its middle, in letter heights, there are
#: fewer marks than this share of its letters. In a cloud of dots there are as many as on the line.
PRINTED_SHARP = 0.75
_AIR_FROM, _AIR_TO, _MARKS_IN_AIR = 0.5, 0.95, 0.5


def text_rows(marks: Sequence[Mark], span_px: int, *, upright: bool) -> list[list[Mark]]:
    """Group letter-like marks of like height that stand close together on one line."""
    return [row for row in _rows(marks, span_px, upright=upright) if reads(row, upright=upright)]


def fine_rows(marks: Sequence[Mark], shape: tuple[int, int]) -> list[list[Mark]]:
    """Return the rows of whole letters, small ones too, that do not stand in line by chance.

    Parameters
    ----------
    marks : sequence of Mark
        As :func:`figecho.screen.strokes.strokes` finds them.
    shape : (int, int)
        Height and width of the panel.
    """
    found: list[list[Mark]] = []
    for upright in (False, True):
        rows = [row for row in _rows(marks, shape[upright], upright=upright) if _is_open(row)]
        lines = [_line(row, upright) for row in rows]
        sure = {
            line
            for row, line in zip(rows, lines, strict=True)
            if len(row) >= 2 and not by_chance(row, marks, shape)
        }
        # The numbers of an axis stand on one line, however short each.
        found += [
            row
            for row, line in zip(rows, lines, strict=True)
            if any(_in_line(line, other) for other in sure)
        ]
    return found


def _line(row: Sequence[Mark], upright: bool) -> tuple[float, float]:
    """Return where the letters of a row begin and end across it, in the median."""
    low = median(_across(m, upright) for m in row)
    return low, low + median(_size(m, upright) for m in row)


def _in_line(line: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two rows are of one height and on one line, to the pixel."""
    return max(abs(line[0] - other[0]), abs(line[1] - other[1])) <= 1


def by_chance(row: Sequence[Mark], marks: Sequence[Mark], shape: tuple[int, int]) -> bool:
    """Whether marks of that size, if they stood anywhere in the panel, would make such a row."""
    x, y = [m.x for m in row], [m.y for m in row]
    upright = max(y) - min(y) > max(x) - min(x)
    size = median(_size(m, upright) for m in row)
    low, high = 0.6 * size, 1.6 * size
    alike = sum(low <= (m.w if upright else m.h) <= high for m in marks)
    follows = max(alike - len(row), 1) * _PLACE * size / (shape[0] * shape[1])
    return alike * follows ** (len(row) - 1) > _CHANCE


def _rows(marks: Sequence[Mark], span_px: int, *, upright: bool) -> list[list[Mark]]:
    letters = sorted(
        (m for m in marks if is_letter(m, span_px, upright=upright)),
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
    return rows


def reads(row: Sequence[Mark], *, upright: bool) -> bool:
    """Whether a row is long enough for a word, and half of it strokes around empty space.

    Bands of a gel stand in rows too, but they are solid.
    """
    least = 2 if _size(row[0], upright) >= _LARGE_LETTER_PX and not upright else 3
    return len(row) >= least and _is_open(row)


def _is_open(row: Sequence[Mark]) -> bool:
    return sum(m.thickest_px <= _OPEN_SHARE * min(m.w, m.h) for m in row) >= len(row) / 2


def airy(row: Sequence[Mark], marks: Sequence[Mark]) -> bool:
    """Whether a row stands alone, as lines of print do."""
    x0, x1 = min(m.x for m in row), max(m.x + m.w for m in row)
    y0, y1 = min(m.y for m in row), max(m.y + m.h for m in row)
    upright = y1 - y0 > x1 - x0
    middle = (x0 + x1) / 2 if upright else (y0 + y1) / 2
    size = median(_size(m, upright) for m in row)
    low, high = (y0, y1) if upright else (x0, x1)
    crowd = 0
    for m in marks:
        if m.sharp < PRINTED_SHARP:
            continue
        along = m.y + m.h / 2 if upright else m.x + m.w / 2
        away = abs((m.x + m.w / 2 if upright else m.y + m.h / 2) - middle)
        crowd += low <= along <= high and _AIR_FROM * size < away <= _AIR_TO * size
    return crowd <= _MARKS_IN_AIR * len(row)


def is_letter(mark: Mark, span_px: int, *, upright: bool) -> bool:
    """Whether a mark has the size and the strokes of a letter, in a panel of ``span_px``."""
    height, width = _size(mark, upright), mark.h if upright else mark.w
    return (
        mark.sharp >= PRINTED_SHARP
        and _MIN_LETTER_PX <= height <= min(MAX_LETTER_PX, 0.45 * span_px, max(24, 0.25 * span_px))
        and width <= 2.5 * height
        and 0.12 <= mark.fill <= 0.95
        and mark.stroke_px <= max(2.0, 0.38 * height)
        and mark.thickest_px <= 0.5 * height
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
