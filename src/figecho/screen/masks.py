"""Leave out the pixels that labels, scale bars, frames and ruled lines cover."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import count, share
from figecho.screen.channels import mean
from figecho.screen.frames import border_frames, ruled_lines, scale_bars
from figecho.screen.gaps import gaps
from figecho.screen.glyphs import glyphs
from figecho.screen.graphics import is_drawn
from figecho.screen.labels import labels
from figecho.screen.margins import margins
from figecho.screen.ticks import ticks

_RIM_PX = 2
#: A mask that would take more than this of what is textured has taken picture for label.
_MAX_SHARE = 0.4
#: But a field that shows next to nothing may well be mostly label,
_MAX_AREA = 0.15
#: and a strip cut off below a picture nothing else: letters, with the ground between them.
_ALL, _GROUND = 0.9, 0.6
_TEXTURE = 6.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """What was laid over a picture, each kind an array of shape (h, w), bool, without a rim."""

    frame: BoolArray
    labels: BoolArray
    plates: BoolArray
    lines: BoolArray
    bars: BoolArray
    margins: BoolArray
    glyphs: BoolArray


def overlay(rgb: ByteArray) -> Overlay:
    """Find the frame, the labels, the ruled lines, the scale bars and the ticks of a panel.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    """
    lines = ruled_lines(rgb)
    marks, grounds = labels(rgb)
    drawn = is_drawn(rgb)
    none = np.zeros(rgb.shape[:2], np.bool_)
    return Overlay(
        frame=border_frames(rgb),
        labels=marks,
        plates=grounds,
        lines=lines,
        bars=scale_bars(rgb) | ticks(rgb),
        margins=margins(rgb, lines) | (gaps(rgb) if drawn else none),
        glyphs=glyphs(rgb) if drawn else none,
    )


def usable(rgb: ByteArray, over: Overlay) -> BoolArray:
    """Return where a panel shows data.

    False on burned-in text, scale bars, boxes, arrows, ruled lines and the frame along the border,
    with a rim of two pixels for what compression smears. A kind that would take more than 40 % of
    all textured pixels, and more than 15 % of the panel, is left in: then picture was taken for
    label, unless it is all that the panel shows. Glyphs on a white canvas and the margins of a
    plot are beyond doubt and always left out.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    over : Overlay
        Of the same panel.

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    textured = _textured(rgb) & ~over.frame
    drawn = over.frame.copy()
    # A box along the frame is the frame once more, not what labels take from the picture.
    inner = ~rimmed(over.frame | over.lines)
    kinds = ((over.labels, inner), (over.plates, inner), (over.lines, True), (over.bars, True))
    for part, counted in kinds:
        wide = rimmed(part)
        area = share(wide & counted)
        taken = count(wide & textured & counted) / max(1, count(textured))
        nothing_else = taken >= _ALL and area <= 1.0 - _GROUND
        if area <= _MAX_AREA or taken <= _MAX_SHARE or nothing_else:
            drawn |= wide
    return ~(drawn | rimmed(over.glyphs) | over.margins)


def rimmed(mask: BoolArray) -> BoolArray:
    """Widen a mask by the rim that compression and smoothing blur."""
    kernel = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0, np.bool_)


def _textured(rgb: ByteArray) -> BoolArray:
    grey = mean(rgb)
    local = cv2.blur(grey, (5, 5))
    square = cv2.blur(grey * grey, (5, 5))
    return np.asarray(square - local * local > _TEXTURE**2, np.bool_)
