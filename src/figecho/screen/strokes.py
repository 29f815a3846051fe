"""Find small print by its strokes: thin, far lighter or darker than both their sides.

A stroke of a pixel or two is smoothed to grey in places, so that no single tone holds a small
letter together; its contrast to what is just beside it does, on any ground.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs, counted, in_any
from figecho.screen.channels import darkest, lightest
from figecho.screen.marks import Layer, measured

#: Strokes are thinner than this, and stand out by this much at least.
_THICK_PX, _STEP = 7, 60
#: Somewhere a printed letter is nearly white or nearly black.
_PURE = 190
_LETTER_PX = (5, 40)
#: Letters so small touch: a blob wider than this is a word, one letter so wide for its height.
_WIDE, _WORD, _LETTER_WIDTH = 1.2, 10, 0.65
#: Where thin strokes of other sizes cover more than this of what is near, all of it is texture.
_NEAR_PX, _CROWD = 15, 0.12


def strokes(rgb: ByteArray, steep_at: BoolArray) -> Iterator[Layer]:
    """Yield the marks of a panel that are drawn with thin strokes: the light, then the dark.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    steep_at : ndarray of shape (h, w), bool
        Where its tone changes from one pixel to the next; only there a stroke is sharp.
    """
    kernel = np.ones((_THICK_PX, _THICK_PX), np.uint8)
    for plane in (darkest(rgb), cv2.bitwise_not(lightest(rgb))):
        contrast = cv2.morphologyEx(plane, cv2.MORPH_TOPHAT, kernel)
        thin = _letters(np.asarray(contrast, np.uint8), plane >= _PURE)
        if not thin.any():
            continue
        labels, marks = measured(rgb, thin, steep_at)
        yield Layer(coloured=False, labels=labels, sharp_at=steep_at, marks=marks)


def _letters(contrast: ByteArray, pure: BoolArray) -> BoolArray:
    """Return the blobs that have the size of letters and are pure somewhere, words cut apart."""
    tone = contrast >= _STEP
    labels, boxes = blobs(tone)
    w, h = boxes[:, 2], boxes[:, 3]
    kept = counted(labels, pure & tone, len(boxes)) > 0
    kept &= (np.maximum(w, h) >= _LETTER_PX[0]) & (h <= _LETTER_PX[1]) & (w <= _WORD * h)
    found = in_any(labels, kept)
    rest = tone & ~found
    for k in np.flatnonzero(kept & (w >= _WIDE * h)):
        x, y, _, height = (int(v) for v in boxes[k, :4])
        part = np.where(
            labels[y : y + height, x : x + w[k]] == k, contrast[y : y + height, x : x + w[k]], 0
        )
        for column in _gaps(part.sum(axis=0, dtype=np.int64), height):
            found[y : y + height, x + column] &= labels[y : y + height, x + column] != k
    crowded = cv2.blur(rest.astype(np.float32), (_NEAR_PX, _NEAR_PX)) > _CROWD
    return np.asarray(found & ~crowded, np.bool_)


def _gaps(ink: NDArray[np.int64], height_px: int) -> list[int]:
    """Return the columns with the least ink near where letters that touch would part."""
    letters = round(len(ink) / (_LETTER_WIDTH * height_px))
    step = len(ink) / max(letters, 1)
    gaps = []
    for k in range(1, letters):
        low, high = round((k - 0.3) * step), round((k + 0.3) * step) + 1
        gaps.append(low + int(ink[low:high].argmin()))
    return gaps
