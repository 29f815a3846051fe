"""Find plates: level rectangles of one tone, laid over a picture with a label on them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.channels import darkest, lightest

_LIGHT, _DARK = 200, 55
#: Opened by squares of these sides, bright picture falls off a plate; what is left fills its box.
_SIDES_PX = (48, 33, 23, 16, 11, 8)
_FILL, _MAX_AREA_SHARE = 0.93, 0.25
#: A label is two letters at least, each of this share of the height, with sharp edges.
_LETTERS, _LETTER_SHARE, _LETTER_PX, _SHARP = 2, 0.25, 4, 0.5
#: Or letters that were found cover this much of the plate.
_WRITTEN = (0.06, 0.6)


def plates(rgb: ByteArray, text: BoolArray, sharp_at: BoolArray) -> BoolArray:
    """Return the pixels of white and black plates, the label on them included.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    text : ndarray of shape (h, w), bool
        Letters that were found.
    sharp_at : ndarray of shape (h, w), bool
        Where the panel has sharp edges.

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    inked = cv2.dilate(text.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    for ground in (darkest(rgb) >= _LIGHT, lightest(rgb) <= _DARK):
        holes, stats = _holes(ground, sharp_at)
        if len(stats) < _LETTERS and not text.any():
            continue
        whole = (ground | holes | inked).astype(np.uint8)
        for side in _SIDES_PX:
            opened = _open(whole, side)
            boxes = cv2.connectedComponentsWithStats(opened, connectivity=4)[2][1:]
            full = boxes[:, 4] >= _FILL * boxes[:, 2] * boxes[:, 3]
            full &= boxes[:, 4] <= _MAX_AREA_SHARE * ground.size
            for x, y, w, h in boxes[full, :4].tolist():
                written = _WRITTEN[0] <= text[y : y + h, x : x + w].mean() <= _WRITTEN[1]
                if written or _letters_on((x, y, w, h), stats) >= _LETTERS:
                    found[y : y + h, x : x + w] = True
    return found


def _holes(ground: BoolArray, sharp_at: BoolArray) -> tuple[BoolArray, NDArray[np.int32]]:
    """Return what is enclosed by ``ground``, and the boxes of it that have sharp edges."""
    inverse = (~ground).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inverse, connectivity=8)
    height, width = ground.shape
    x, y, w, h = (stats[:, k] for k in range(4))
    inside = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    inside[0] = False
    sharp = np.bincount(labels[sharp_at & ~ground], minlength=count)
    letters = inside & (sharp >= _SHARP * stats[:, cv2.CC_STAT_AREA])
    return np.asarray(inside[labels], np.bool_), np.asarray(stats[letters, :4], np.int32)


def _letters_on(plate: tuple[int, int, int, int], holes: NDArray[np.int32]) -> int:
    x, y, w, h = holes.T
    inside = (x >= plate[0]) & (y >= plate[1])
    inside &= (x + w <= plate[0] + plate[2]) & (y + h <= plate[1] + plate[3])
    least = max(_LETTER_PX, _LETTER_SHARE * min(plate[2:]))
    return int(
        (inside & (np.maximum(w, h) >= least) & (np.minimum(w, h) <= 0.9 * min(plate[2:]))).sum()
    )


def _open(mask: ByteArray, side_px: int) -> ByteArray:
    """Open by a square of any size, the border of the panel being no edge of a plate."""
    kernel = np.ones((side_px, side_px), np.uint8)
    pad = cv2.copyMakeBorder(mask, *(side_px,) * 4, cv2.BORDER_REPLICATE)
    back = (side_px - 1 - side_px // 2,) * 2
    opened = cv2.dilate(cv2.erode(pad, kernel), kernel, anchor=back)
    return np.asarray(opened[side_px:-side_px, side_px:-side_px], np.uint8)
