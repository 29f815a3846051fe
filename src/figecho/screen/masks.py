"""Leave out the pixels that labels, scale bars, frames and ruled lines cover."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.frames import border_frames, ruled_lines, scale_bars
from figecho.screen.labels import labels

_RIM_PX = 2
#: A mask that would take more than this of what is textured has taken picture for label.
_MAX_SHARE = 0.4
_TEXTURE = 6.0


def usable(rgb: ByteArray) -> BoolArray:
    """Return where a panel shows data.

    False on burned-in text, scale bars, boxes, ruled lines and the frame along the border, with a
    rim of two pixels for what compression smears. Should the labels take more than 40 % of all
    textured pixels, then picture was taken for text, and only the frame is left out.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    frame = border_frames(rgb)
    textured = _textured(rgb) & ~frame
    drawn = np.zeros_like(frame)
    for part in (labels(rgb), ruled_lines(rgb), scale_bars(rgb)):
        rim = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)
        wide = cv2.dilate(part.astype(np.uint8), rim) > 0
        if int((wide & textured).sum()) <= _MAX_SHARE * int(textured.sum()):
            drawn |= wide
    return ~(frame | drawn)


def _textured(rgb: ByteArray) -> BoolArray:
    grey = rgb.astype(np.float32).mean(axis=2)
    mean = cv2.blur(grey, (5, 5))
    square = cv2.blur(grey * grey, (5, 5))
    return np.asarray(square - mean * mean > _TEXTURE**2, np.bool_)
