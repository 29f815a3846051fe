"""The plain grid: cut a picture into equal parts, as ImageMagick's ``-crop NxM@`` does."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

from figecho.errors import ConfigError
from figecho.model import Box

_MAX_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """How many equal parts a picture is cut into, across and down."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a grid: where it stands in it (from 1), and where it lies in the picture."""

    row: int
    column: int
    bbox: Box


def grid_of(text: str) -> Grid:
    """Read ``"5x1"`` as five columns in one row.

    Raises
    ------
    ConfigError
        The text is no grid, or has more than a thousand parts along a side.
    """
    found = re.fullmatch(r"\s*([0-9]{1,4})\s*[x×]\s*([0-9]{1,4})\s*@?\s*", text, re.IGNORECASE)
    columns, rows = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= columns <= _MAX_PARTS and 1 <= rows <= _MAX_PARTS):
        raise ConfigError(f"a grid is COLUMNSxROWS, as in 5x1 for five vertical strips: '{text}'")
    return Grid(columns=columns, rows=rows)


def chop(width: int, height: int, grid: Grid) -> list[Part]:
    """Return the parts of a picture, row by row.

    Parameters
    ----------
    width, height : int, >= 1
        Of the picture, in pixels.
    grid : Grid

    Returns
    -------
    list of Part
        They cover every pixel once. Their sides differ by a pixel or two where the picture's do not
        divide; a side with fewer pixels than parts is cut into its pixels.
    """
    return [
        Part(row=row, column=column, bbox=Box(x=left, y=top, w=right - left, h=bottom - top))
        for row, (top, bottom) in enumerate(pairwise(cuts(height, grid.rows)), start=1)
        for column, (left, right) in enumerate(pairwise(cuts(width, grid.columns)), start=1)
    ]


def cuts(side_px: int, parts: int) -> list[int]:
    """Return where a side is cut, from 0 to ``side_px``.

    Each cut is the running sum of the part's exact width, rounded to the nearest pixel, halves up.
    The sum is kept in floating point on purpose: what it loses moves some cuts by a pixel, and the
    parts are those of ImageMagick only if the same is lost here.
    """
    step = max(side_px / parts, 1.0)
    found, offset = [0], 0.0
    while offset < side_px:
        offset += step
        cut = min(_rounded(offset), side_px)
        if cut > found[-1]:
            found.append(cut)
    return found


def _rounded(value: float) -> int:
    low, high = math.floor(value), math.ceil(value)
    return low if value - low < high - value else high
