"""Find what is drawn with a ruler: frame lines along the border, and long thin lines inside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs
from figecho.screen.channels import lightest

#: A frame line steps this much, with one sign, along this share of the side.
_FRAME_STEP = 12
_FRAME_SHARE = 0.85
_FRAME_DEPTH_PX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruler:
    """Which lines count: how long, how far from their surroundings, how even, and how many.

    ``share`` and ``most`` are the least and greatest length in shares of the width; a line nearer
    than ``border_px`` to the top or bottom does not count. It stands out of what lies ``reach_px``
    around it, or the ticks of an axis would hide it.

    More parallel lines than ``at_most`` are texture: the bands of a gel, the stripes of a cloth.
    """

    share: float
    min_px: int
    step: int
    spread: float
    at_most: int
    most: float = 1.0
    border_px: int = 0
    reach_px: int = 7


_AXES = _Ruler(share=0.3, min_px=24, step=50, spread=16.0, at_most=8, reach_px=25)
_SCALE_BARS = _Ruler(share=0.08, min_px=20, step=36, spread=13.0, at_most=2, most=0.35, border_px=4)
#: The ticks of an axis stand at less than half of its length, densely as they may.
_THIN_SHARE = 0.5
#: Thicker lines are left to :mod:`figecho.screen.labels`.
_LINE_PX = 5
#: The caption of a scale bar stands within this share of its length.
_CAPTION_SHARE = 0.3
_CAPTION_PX = 24
#: Scale bars stand near the upper or the lower border.
_BAR_ZONE = 0.25


def border_frames(rgb: ByteArray) -> BoolArray:
    """Return the uniform lines that run along the sides of a panel.

    Where a frame lies, the rows of the border differ from the rows further in by a step of one
    sign nearly everywhere; where the picture itself reaches the border, they do not.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
        True on frame lines, the pixel blurred by compression beside them included.
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    for turns in range(4):
        np.rot90(found, turns)[: _frame_depth(np.rot90(rgb, turns))] = True
    return found


def ruled_lines(rgb: ByteArray) -> BoolArray:
    """Return long, thin, even, level or upright lines: axes, quadrant and grid lines.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    for view, turned in ((found, rgb), (found.T, np.asarray(cv2.transpose(rgb), np.uint8))):
        for box in _level_lines(turned, _AXES):
            view[_slices(box)] = True
    return found


def scale_bars(rgb: ByteArray) -> BoolArray:
    """Return thin level bars too short for an axis, with the place where their caption stands.

    The caption of a small picture is a smear no reader of letters finds; the bar beside it is the
    evenest line there is.
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    height = rgb.shape[0]
    for x, y, w, h in _level_lines(rgb, _SCALE_BARS):
        if _BAR_ZONE * height < y + h / 2 < (1 - _BAR_ZONE) * height:
            continue
        rim = min(_CAPTION_PX, round(_CAPTION_SHARE * w))
        found[_slices((max(x - 3, 0), max(y - rim, 0), w + 6, h + 2 * rim))] = True
    return found


def _slices(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    x, y, w, h = box
    return slice(y, y + h), slice(x, x + w)


def _frame_depth(rgb: ByteArray) -> int:
    """How many rows from the top belong to a frame; 0 for none."""
    reach = min(_FRAME_DEPTH_PX, rgb.shape[0] // 6)
    rows = rgb[: reach + 2].astype(np.int16)
    depth = 0
    for row in range(reach):
        step = rows[row + 2] - rows[row] if row + 2 < len(rows) else rows[row] * 0
        share = max(
            (step > _FRAME_STEP).mean(axis=0).max(), (step < -_FRAME_STEP).mean(axis=0).max()
        )
        if share >= _FRAME_SHARE:
            depth = row + 2
        elif row > depth:
            break
    return depth


def _level_lines(rgb: ByteArray, ruler: _Ruler) -> list[tuple[int, int, int, int]]:
    """Return the boxes (x, y, w, h) of the level lines that fit ``ruler``."""
    height, width = rgb.shape[:2]
    length = max(ruler.min_px, round(ruler.share * width))
    if width < length or height < 2 * _LINE_PX:
        return []
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (1, _LINE_PX + 2))
    across = cv2.getStructuringElement(cv2.MORPH_RECT, (1, ruler.reach_px))
    along = cv2.getStructuringElement(cv2.MORPH_RECT, (length, 1))
    found: list[tuple[int, int, int, int]] = []
    for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        contrast = lightest(cv2.morphologyEx(rgb, kind, across))
        drawn = (contrast >= ruler.step).astype(np.uint8)
        # Half a line is enough at the border, so few rows can hold one, and opening takes long.
        full = np.count_nonzero(drawn, axis=1) >= length // 2
        drawn[~full] = 0
        if full.any():
            drawn[full] = cv2.morphologyEx(drawn[full], cv2.MORPH_OPEN, along)
        if not drawn.any():
            continue
        boxes = [(x, y, w, h) for x, y, w, h, _ in blobs(drawn)[1][1:].tolist()]
        thin = lightest(cv2.morphologyEx(rgb, kind, near)) >= ruler.step
        boxes = [b for b in boxes if thin[_slices(b)].any(axis=0).mean() >= _THIN_SHARE]
        inner = [b for b in boxes if b[1] >= ruler.border_px <= height - b[1] - b[3]]
        even = [b for b in inner if b[2] <= ruler.most * width and _spread(rgb, b) <= ruler.spread]
        found += even if len(even) <= ruler.at_most else []
    return found


def _spread(rgb: ByteArray, box: tuple[int, int, int, int]) -> float:
    """How much the evenest row of a line varies in brightness along it, blurred ends left out."""
    end = max(2, box[2] // 8)
    rows = rgb[_slices(box)][:, end:-end].mean(axis=2)
    low, high = np.percentile(rows, (10, 90), axis=1)
    return float((high - low).min() / 2.56)
