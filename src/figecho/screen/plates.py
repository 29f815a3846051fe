"""Find plates: level rectangles of one tone, laid over a picture with a label on them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.bars import opened
from figecho.screen.blobs import blobs, counted, in_any
from figecho.screen.channels import darkest, lightest

_LIGHT, _DARK = 200, 55
#: Opened by squares of these sides, bright picture falls off a plate; what is left fills its box.
_SIDES_PX = (8, 11, 16, 23, 33, 48)
_FILL, _MAX_AREA_SHARE = 0.93, 0.25
#: A label is two letters at least, each of this share of the height, with sharp edges.
_LETTERS, _LETTER_SHARE, _LETTER_PX, _SHARP = 2, 0.25, 4, 0.5
#: From side to side of a panel a plate is even beside its letters: of 1,352 places three in four
#: have no more than this, the light membrane between two bands of a gel has 2 to 12.
_MOTTLED, _BESIDE_PX = 1.5, 5
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
    grounds = (darkest(rgb) >= _LIGHT, lightest(rgb) <= _DARK)
    for ground in grounds:
        if not ground.any():
            continue
        holes, letters = _holes(ground, sharp_at)
        window = _window(text, letters, len(letters) >= _LETTERS)
        part = text[window].astype(np.uint8)
        if not part.size:
            continue
        inked = cv2.dilate(part, np.ones((3, 3), np.uint8)) > 0
        whole = (ground[window] | holes[window] | inked).astype(np.uint8)
        top, left = window[0].start, window[1].start
        for side in _SIDES_PX:
            kept = _open(whole, side)
            if not kept.any():
                break
            boxes = blobs(kept, connectivity=4)[1][1:]
            full = boxes[:, 4] >= _FILL * boxes[:, 2] * boxes[:, 3]
            full &= boxes[:, 4] <= _MAX_AREA_SHARE * ground.size
            full &= _ends_in(boxes, window, ground.shape)
            for x, y, w, h in boxes[full, :4].tolist():
                share = float(part[y : y + h, x : x + w].mean())
                written = _WRITTEN[0] <= share <= _WRITTEN[1]
                plate = (left + x, top + y, w, h)
                place = np.s_[top + y : top + y + h, left + x : left + x + w]
                if written or _letters_on(plate, letters) >= _LETTERS:
                    spans = w == ground.shape[1] or h == ground.shape[0]
                    found[place] |= not spans or _is_even(rgb[place], ground[place])
    return found


def _window(text: BoolArray, letters: NDArray[np.int32], enclosed: bool) -> tuple[slice, slice]:
    """Return where plates may lie: around the text and the enclosed letters, or nowhere."""
    x, y, w, h = cv2.boundingRect(text.astype(np.uint8))
    ends = np.array([(x, y, x + w, y + h)] if w else np.zeros((0, 4), int))
    if enclosed:
        ends = np.vstack([ends, np.hstack([letters[:, :2], letters[:, :2] + letters[:, 2:]])])
    if not len(ends):
        return slice(0, 0), slice(0, 0)
    x0, y0 = np.maximum(ends[:, :2].min(axis=0) - _SIDES_PX[-1], 0).tolist()
    x1, y1 = (ends[:, 2:].max(axis=0) + _SIDES_PX[-1]).tolist()
    return slice(y0, y1), slice(x0, x1)


def _ends_in(
    boxes: NDArray[np.int32], window: tuple[slice, slice], shape: tuple[int, ...]
) -> BoolArray:
    """Whether boxes end inside the window, or where the panel does: what it cuts is ground."""
    ends = np.ones(len(boxes), np.bool_)
    for side, axis in enumerate((1, 0)):
        low, high = window[axis].start, min(window[axis].stop, shape[axis])
        ends &= (boxes[:, side] > 0) | (low == 0)
        ends &= (low + boxes[:, side] + boxes[:, side + 2] < high) | (high == shape[axis])
    return np.asarray(ends, np.bool_)


def _holes(ground: BoolArray, sharp_at: BoolArray) -> tuple[BoolArray, NDArray[np.int32]]:
    """Return what is enclosed by ``ground``, and the boxes of it that have sharp edges."""
    labels, boxes = blobs(~ground)
    height, width = ground.shape
    x, y, w, h, area = boxes.T
    inside = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    inside[0] = False
    sharp = counted(labels, sharp_at & ~ground, len(boxes))
    letters = inside & (sharp >= _SHARP * area)
    letters &= np.maximum(w, h) >= _LETTER_PX
    return in_any(labels, inside), np.asarray(boxes[letters, :4], np.int32)


def _letters_on(plate: tuple[int, int, int, int], holes: NDArray[np.int32]) -> int:
    x, y, w, h = holes.T
    inside = (x >= plate[0]) & (y >= plate[1])
    inside &= (x + w <= plate[0] + plate[2]) & (y + h <= plate[1] + plate[3])
    least = max(_LETTER_PX, _LETTER_SHARE * min(plate[2:]))
    return int(
        (inside & (np.maximum(w, h) >= least) & (np.minimum(w, h) <= 0.9 * min(plate[2:]))).sum()
    )


def _is_even(rgb: ByteArray, ground: BoolArray) -> bool:
    """Whether a plate has one tone where nothing is written on it."""
    beside = cv2.erode(ground.astype(np.uint8), np.ones((_BESIDE_PX, _BESIDE_PX), np.uint8)) > 0
    return not beside.any() or bool(rgb[beside].std(axis=0).max() <= _MOTTLED)


def _open(mask: ByteArray, side_px: int) -> ByteArray:
    """Open by a square of any size, the border of the panel being no edge of a plate."""
    pad = cv2.copyMakeBorder(mask, *(side_px,) * 4, cv2.BORDER_REPLICATE)
    kept = opened(pad, (side_px, side_px))
    return np.asarray(kept[side_px:-side_px, side_px:-side_px], np.uint8)
