"""Find the empty gutters that separate panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, Box, ByteArray
from figecho.screen.blobs import Run, count, runs
from figecho.screen.channels import lightest
from figecho.screen.middle import median

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
#: How far a pixel of canvas may be from its tone: in JPEG beside an edge, elsewhere, and in
#: pictures stored without loss.
LOOSE, STRICT, EXACT = 20, 8, 1
#: A dark field is seldom farther than this from black, which paper is not.
_DARK_TOLERANCE = 3
_CLEAN_SHARE = 0.5
#: A gutter that compression blurred, or one beside a field as pale or as dark as it: no farther
#: from canvas on average than this, and within this much of its own emptiest row.
_STEP_LEVEL, _STEP_SLACK, _STEP_CROSSED = 8.0, 1.5, 0.1
#: How far beside it, and over how many rows, the picture is looked at; it stands off canvas along
#: this share of the gutter on one side, and, a place of a grid being empty, this on the other.
_STEP_SKIP_PX, _STEP_PX, _STEP_ALONG_PX = 4, 3, 9
_STEP_SHARE, _STEP_OTHER_SHARE = 0.8, 0.4
#: It does so at once: this share of its middle tone farther in, or, past one row of smear, this
#: share of its mean. A shadow inside a field fades.
_STEP_AT_ONCE, _STEP_AT_ONCE_MEAN = 0.6, 0.33


def crop(pixels: NDArray[Any], box: Box) -> NDArray[Any]:
    """Return the view of ``pixels`` that lies in ``box``."""
    return pixels[box.y : box.y + box.h, box.x : box.x + box.w]


def shares(ink: BoolArray, *, vertical: bool) -> NDArray[np.float64]:
    """Return the share of ink in each row (column if ``vertical``); OpenCV counts bytes fastest."""
    counts = cv2.reduce(ink.view(np.uint8), 0 if vertical else 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(counts.ravel() / max(1, ink.shape[0 if vertical else 1]))


def canvases(rgb: ByteArray) -> list[Colour]:
    """Return the tones that may be canvas: white, black, and the commonest one of the border."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    # One number for each eighth of a tone in three channels.
    codes = (border // 8) @ np.array([1024, 32, 1])
    counts = np.bincount(codes)
    middle = np.median(border[codes == counts.argmax()], axis=0)
    colour = (int(middle[0]), int(middle[1]), int(middle[2]))
    plain: list[Colour] = [WHITE, BLACK]
    near = any(max(abs(a - b) for a, b in zip(colour, p, strict=True)) <= 16 for p in plain)
    frequent = bool(counts.max() >= 0.4 * len(border))
    return plain if near or not frequent else [*plain, colour]


def wide_px(side_px: int) -> float:
    """Return how wide a gutter must be to cut a region of this side without further proof."""
    return max(6.0, 0.01 * side_px)


def is_clean(rgb: ByteArray, ink: BoolArray, canvas: Colour) -> bool:
    """Whether what counts as canvas is one flat tone, as paper is and a dark field is not."""
    tolerance = STRICT if canvas == WHITE else _DARK_TOLERANCE
    empty = count(~ink)
    off = count(~ink & ink_of(rgb, canvas, tolerance))
    return empty > 0 and empty - off >= _CLEAN_SHARE * empty


def ink_of(rgb: ByteArray, canvas: Colour, tolerance: int = LOOSE) -> BoolArray:
    """Return where a pixel is farther than ``tolerance`` from the canvas in some channel."""
    low = tuple(max(tone - tolerance, 0) for tone in canvas)
    high = tuple(min(tone + tolerance, 255) for tone in canvas)
    return np.asarray(cv2.inRange(rgb, low, high) == 0)


def gutters(ink: BoolArray, width_px: float, *, vertical: bool, crossed: float = 0.0) -> list[Run]:
    """Return the runs of rows (columns if ``vertical``) that are empty and wide enough.

    Parameters
    ----------
    ink : ndarray of shape (h, w), bool
    width_px : float
        The least width.
    vertical : bool
        Look for columns instead of rows.
    crossed : float, 0..1
        The share of a row that may be ink nonetheless: arrows and leaders cross gutters.
    """
    empty = shares(ink, vertical=vertical) <= crossed
    return [(a, b) for a, b in runs(empty) if b - a >= width_px]


def away_from(rgb: ByteArray, canvas: Colour) -> ByteArray:
    """Return how far each pixel is from the canvas, in the channel where it is farthest."""
    return lightest(np.asarray(cv2.absdiff(rgb, (*canvas, 0)), np.uint8))


def stepped(away: ByteArray, width_px: float, *, vertical: bool) -> list[Run]:
    """Return gutters told by the step at their sides, where tones alone do not tell.

    Parameters
    ----------
    away : ndarray of shape (h, w), uint8
        See :func:`away_from`.
    width_px : float
        The least width.
    vertical : bool
        Look for columns instead of rows.

    Returns
    -------
    list of (int, int)
        Runs of rows near canvas from side to side, beside which the picture leaves it at once
        along most of its length; margins too. What is dark or pale inside a picture has no such
        straight sides.
    """
    if away.size == 0:
        return []
    planes = np.ascontiguousarray(away.T) if vertical else away
    sums = cv2.reduce(planes, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    level = sums / planes.shape[1]
    near = (shares(planes > LOOSE, vertical=False) <= _STEP_CROSSED) & (level <= _STEP_LEVEL)
    found: list[Run] = []
    for start, end in runs(near):
        low = float(level[start:end].min())
        for a, b in runs(level[start:end] <= max(low + _STEP_SLACK, 2 * low)):
            run = (start + a, start + b)
            if b - a >= width_px and _stands_off(planes, run, median(planes[slice(*run)])):
                found.append(run)
    return found


def _stands_off(planes: ByteArray, run: Run, level: float) -> bool:
    """Whether picture begins on both sides of ``run`` at once; so does the border of a figure."""
    shares = []
    for rows in (planes[: run[0]][::-1], planes[run[1] :]):
        beside = rows[_STEP_SKIP_PX : _STEP_SKIP_PX + _STEP_PX]
        if len(beside) == 0:
            shares.append(1.0)
            continue
        tones = cv2.blur(beside.mean(axis=0, dtype=np.float32)[None], (_STEP_ALONG_PX, 1))
        if _fades(rows, level):
            return False
        shares.append(float((tones > 1.5 * level + 2).mean()))
    return max(shares) >= _STEP_SHARE and min(shares) >= _STEP_OTHER_SHARE


def _fades(rows: ByteArray, level: float) -> bool:
    """Whether a picture leaves the canvas by and by: no side of a panel, but a shadow inside one.

    Of a dark field with few cells the middle tone tells, of a pale one whose stain is patchy the
    mean; only what fades by both is a shadow.
    """
    first, beside, farther = rows[1:][:_STEP_PX], rows[_STEP_SKIP_PX:], rows[3 * _STEP_SKIP_PX :]
    beside, farther = beside[:_STEP_PX], farther[:_STEP_PX]
    if len(farther) == 0 or median(beside) >= _STEP_AT_ONCE * median(farther):
        return False
    return bool(first.mean() - level < _STEP_AT_ONCE_MEAN * (farther.mean() - level))


def between(box: Box, separators: Sequence[Run], *, vertical: bool) -> list[Box]:
    """Return what is left of ``box`` between separators given in its own frame."""
    end = box.w if vertical else box.h
    edges = [0, *(edge for run in separators for edge in run), end]
    spans = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
    if vertical:
        return [Box(x=box.x + a, y=box.y, w=b - a, h=box.h) for a, b in spans]
    return [Box(x=box.x, y=box.y + a, w=box.w, h=b - a) for a, b in spans]
