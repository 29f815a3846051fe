"""Find the ticks of an axis: short even strokes from the border inwards, at regular distances."""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import runs
from figecho.screen.channels import darkest, lightest

_LIGHT, _DARK = 190, 65
#: How long and how wide a tick may be, and how far from the border one begins: a cut may leave a
#: row of the axis, or blur it.
_MIN_LONG_PX, _MAX_LONG_PX, _MAX_WIDE_PX, _BORDER_PX = 3, 20, 6, 3
#: Ticks of one axis are alike to a pixel or two, three at least, and stand on one ruler.
_LIKE_PX, _LEAST, _OFF_PX, _MIN_STEP_PX = 2, 3, 1.5, 8


def ticks(rgb: ByteArray) -> BoolArray:
    """Return the ticks of axes along the sides of a panel.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    if min(found.shape) < 2 * _MAX_LONG_PX:
        return found
    for turns in range(4):
        marked = np.rot90(found, turns)
        band = np.ascontiguousarray(np.rot90(rgb, turns)[: _MAX_LONG_PX + _BORDER_PX + 1])
        for tone in (darkest(band) >= _LIGHT, lightest(band) <= _DARK):
            for x, wide, end in _on_one_ruler(_strokes(tone)):
                marked[:end, x : x + wide] = True
    return found


def _strokes(band: BoolArray) -> list[tuple[int, int, int]]:
    """Return the strokes from the upper border down: left end, width, and the row they end at."""
    begins = band[:_BORDER_PX].any(axis=0) & band[_BORDER_PX]
    strokes = []
    for left, right in runs(begins):
        rows = band[_BORDER_PX:, left:right]
        gone = np.flatnonzero(~rows.any(axis=1))
        end = _BORDER_PX + (int(gone[0]) if len(gone) else len(rows))
        straight = rows[: end - _BORDER_PX].mean() >= 0.8
        if right - left <= _MAX_WIDE_PX and _MIN_LONG_PX <= end < len(band) and straight:
            strokes.append((left, right - left, end))
    return strokes


def _on_one_ruler(strokes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the strokes that are alike and stand at multiples of one distance."""
    best: list[tuple[int, int, int]] = []
    for first in strokes:
        alike = [
            s
            for s in strokes
            if abs(s[1] - first[1]) <= _LIKE_PX and abs(s[2] - first[2]) <= _LIKE_PX
        ]
        at = np.array([x + wide / 2 for x, wide, _ in alike])
        if len(at) < _LEAST:
            continue
        step = float(np.diff(at).min())
        off = np.abs((at - at[0]) / step - np.rint((at - at[0]) / step)) * step
        if step >= _MIN_STEP_PX and float(np.median(off)) <= _OFF_PX and len(alike) > len(best):
            best = alike
    return best
