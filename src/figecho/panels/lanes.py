"""Lanes of one gel on a dark ground: what looks like panels side by side, but is one picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import cv2
import numpy as np

from figecho.model import Box, ByteArray, FloatArray
from figecho.panels.gutters import crop

#: Bands are told from the smear of a lane by what is left of its profile after this much blur.
_SMEAR_PX = 4.0
#: How much of what varies along a lane is alike across it, 0.7 and more where it is one and 0.2 to
#: 0.5 in a gel of many; and how alike its neighbour's is.
_ACROSS, _ALIKE = 0.6, 0.6
#: Lanes stand at most twice the width of the narrower one apart, and overlap in this share of rows.
_GAP, _ROWS = 2.0, 0.8
_LEAST_PX = 16


def are_lanes(rgb: ByteArray, boxes: Sequence[Box]) -> bool:
    """Whether two neighbours among the parts of a picture have their bands at the same heights.

    Fields side by side, even channels of one field, vary along their rows as much as from row to
    row; the bands of a gel run straight across each lane, but not from lane to lane.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
    boxes : sequence of Box
        The parts.
    """
    return any(
        _neighbours(*sorted(pair, key=lambda box: box.x)) and _one_gel(rgb, *pair)
        for pair in combinations(boxes, 2)
    )


def _neighbours(left: Box, right: Box) -> bool:
    gap = right.x - (left.x + left.w)
    rows = min(left.y + left.h, right.y + right.h) - max(left.y, right.y)
    return 0 <= gap <= _GAP * min(left.w, right.w) and rows >= max(
        _LEAST_PX, _ROWS * max(left.h, right.h)
    )


def _one_gel(rgb: ByteArray, a: Box, b: Box) -> bool:
    top, end = max(a.y, b.y), min(a.y + a.h, b.y + b.h)
    profiles = []
    for box in (a, b):
        part = crop(rgb, Box(x=box.x, y=top, w=box.w, h=end - top)).mean(axis=2, dtype=np.float32)
        bands = part - cv2.GaussianBlur(part, (1, 0), sigmaX=1e-3, sigmaY=_SMEAR_PX)
        profile = bands.mean(axis=1)
        if float(profile.var()) < _ACROSS * float(bands.var(axis=0).mean()):
            return False
        profiles.append(profile)
    return _correlation(*profiles) >= _ALIKE


def _correlation(a: FloatArray, b: FloatArray) -> float:
    power = float(a.var()) * float(b.var())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / float(np.sqrt(power)) if power else 0.0
