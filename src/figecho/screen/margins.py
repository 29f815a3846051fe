"""Leave out what stands around the axes of a plot: ticks, numbers, titles."""

from __future__ import annotations

import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.channels import mean

#: Axes span this share of both sides, and around them lies canvas: so much of it one tone.
_SPAN, _CANVAS_SHARE, _CANVAS_TOLERANCE = 0.4, 0.8, 6.0


def margins(rgb: ByteArray, lines: BoolArray) -> BoolArray:
    """Return the pixels outside the box that the ruled lines of a plot span.

    The data of a plot stand inside its axes; what stands outside on the empty canvas is lettering
    that every plot of its kind shares.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    lines : ndarray of shape (h, w), bool
        See :func:`figecho.screen.frames.ruled_lines`.

    Returns
    -------
    ndarray of shape (h, w), bool
        All False where there are no axes in both directions, or a picture around them.
    """
    outside = np.zeros(lines.shape, np.bool_)
    height, width = lines.shape
    rows = np.flatnonzero(lines.sum(axis=1) >= _SPAN * width)
    columns = np.flatnonzero(lines.sum(axis=0) >= _SPAN * height)
    if rows.size == 0 or columns.size == 0:
        return outside
    ys, xs = np.nonzero(lines)
    outside[:] = True
    outside[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = False
    tones = mean(rgb)[outside]
    if tones.size == 0:
        return outside
    canvas = np.abs(tones - np.median(tones)) <= _CANVAS_TOLERANCE
    return outside if canvas.mean() >= _CANVAS_SHARE else np.zeros(lines.shape, np.bool_)
