"""Decide whether a panel is worth comparing at all."""

from __future__ import annotations

import numpy as np

from figecho.config import Screen
from figecho.model import BoolArray, ByteArray, ScreenReason


def reason(rgb: ByteArray, usable: BoolArray, screen: Screen) -> ScreenReason | None:
    """Return why a panel is set aside, or None where it is worth comparing."""
    height, width = rgb.shape[:2]
    if min(height, width) < screen.min_side_px or height * width < screen.min_area_px:
        return "too-small"
    seen = rgb[usable]
    if seen.size == 0:
        return "text"
    low, high = np.percentile(seen.mean(axis=1), (1, 99))
    return "blank" if high - low < screen.blank_range else None
