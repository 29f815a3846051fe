"""Find boxes, brackets and axes among marks: thin, and drawn of level and upright strokes."""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray
from figecho.screen.blobs import rim, share
from figecho.screen.marks import Layer, Mark

_MAX_SPREAD, _MIN_SHARP = 24.0, 0.6
_MIN_LENGTH_PX, _MIN_LENGTH_SHARE = 24, 0.15
_MAX_THICK_PX, _MAX_THICK_SHARE, _ASPECT = 3.0, 0.12, 4
#: This share of its outline lies in level or upright runs of so many pixels.
_STRAIGHT, _RUN_PX = 0.8, 9


def boxes(layer: Layer) -> list[Mark]:
    """Return the marks of a layer that are drawn with a ruler."""
    found = [mark for mark in layer.marks if _is_thin(mark, min(layer.labels.shape))]
    # What is thin and long is rare, and to look for straight runs takes time.
    if not found:
        return []
    tone = layer.labels > 0
    outline = rim(tone)
    straight = _straight(tone)
    return [mark for mark in found if _share(layer, mark, outline, straight) >= _STRAIGHT]


def _is_thin(mark: Mark, side_px: int) -> bool:
    long = max(mark.w, mark.h)
    return (
        mark.sharp >= _MIN_SHARP
        and mark.spread <= _MAX_SPREAD
        and long >= max(_MIN_LENGTH_PX, _MIN_LENGTH_SHARE * side_px)
        and mark.thickest_px <= max(_MAX_THICK_PX, _MAX_THICK_SHARE * side_px)
        and long >= _ASPECT * mark.thickest_px
    )


def _share(layer: Layer, mark: Mark, outline: BoolArray, straight: BoolArray) -> float:
    window = np.s_[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w]
    own = outline[window] & (layer.labels[window] == mark.label)
    return share(straight[window][own])


def _straight(tone: BoolArray) -> BoolArray:
    """Return the pixels of ``tone`` on a level or upright stretch of outline."""
    found = np.zeros(tone.shape, np.bool_)
    for axis, size in ((0, (_RUN_PX, 1)), (1, (1, _RUN_PX))):
        run = cv2.getStructuringElement(cv2.MORPH_RECT, size)
        for step in (1, -1):
            edge = tone & ~np.roll(tone, step, axis)
            found |= cv2.morphologyEx(edge.view(np.uint8), cv2.MORPH_OPEN, run) > 0
    return found
