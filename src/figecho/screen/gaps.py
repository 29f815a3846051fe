"""Leave out what stands between the plots of a row: colour bars, their numbers, legends, names.

Where several plots lie in one panel, the margin of each but the outer ones lies inside the panel.
"""

from __future__ import annotations

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray
from figecho.screen.bars import opened
from figecho.screen.blobs import blobs, share
from figecho.screen.channels import darkest
from figecho.screen.graphics import is_drawn

_CANVAS = 235
#: A plot is what a closed frame holds, or a map filled to its edges: a block that fills its box,
#: too large for a colour bar. Strokes thinner than the first are no part of it.
_STROKE_PX, _MIN_SIDE_PX, _FILL, _LIKE_AREA = 9, 48, 0.97, 0.25
#: Plots of a row share this much of their height, and the gap between two is narrower than they
#: are, or a plot without a frame may stand there; so much of it is canvas.
_SAME_ROW, _NARROW, _CANVAS_SHARE = 0.8, 0.75, 0.7

_Box = tuple[int, int, int, int]


def gaps(rgb: ByteArray) -> BoolArray:
    """Return the pixels between the plots of a row or a column, and beyond the last as far.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h, w), bool
        All False where a panel is photographed, or shows one plot.
    """
    found = np.zeros(rgb.shape[:2], np.bool_)
    if not is_drawn(rgb):
        return found
    canvas = darkest(rgb) >= _CANVAS
    plots = _plots(canvas)
    for marked, light, boxes in (
        (found, canvas, plots),
        (found.T, canvas.T, [(y, x, h, w) for x, y, w, h in plots]),
    ):
        for part in _between(boxes):
            if share(light[part]) >= _CANVAS_SHARE:
                marked[part] = True
    return found


def _plots(canvas: BoolArray) -> list[_Box]:
    """Return the boxes (x, y, w, h) of the blocks that the canvas around does not reach."""
    around = cv2.copyMakeBorder(canvas.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    reached = cv2.connectedComponents(around, connectivity=4)[1]
    held = (reached != reached[0, 0])[1:-1, 1:-1].astype(np.uint8)
    blocks = opened(held, (_STROKE_PX, _STROKE_PX))
    stats = blobs(blocks, connectivity=4)[1][1:]
    stats = stats[np.minimum(stats[:, 2], stats[:, 3]) >= _MIN_SIDE_PX]
    stats = stats[stats[:, 4] >= _FILL * stats[:, 2] * stats[:, 3]]
    stats = stats[stats[:, 4] >= _LIKE_AREA * stats[:, 4].max(initial=0)]
    return [(x, y, w, h) for x, y, w, h, _ in stats.tolist()]


def _between(plots: list[_Box]) -> list[tuple[slice, slice]]:
    """Return the rows and columns between plots side by side, and right of the last as wide."""
    found = []
    beyond = dict.fromkeys(plots, 0)
    for plot in sorted(plots):
        x, y, w, h = plot
        right = min((p for p in plots if _right_of(plot, p)), default=None)
        if right is None:
            found.append(np.s_[y : y + h, x + w : x + w + beyond[plot]])
        elif right[0] - x - w <= _NARROW * min(w, right[2]):
            rows = slice(min(y, right[1]), max(y + h, right[1] + right[3]))
            found.append((rows, slice(x + w, right[0])))
            beyond[right] = right[0] - x - w
    return found


def _right_of(plot: _Box, other: _Box) -> bool:
    """Whether another plot stands to the right of one, in a row with it."""
    shared = min(plot[1] + plot[3], other[1] + other[3]) - max(plot[1], other[1])
    return other[0] >= plot[0] + plot[2] and shared >= _SAME_ROW * max(plot[3], other[3])
