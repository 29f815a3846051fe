"""Describe the sharp-edged blobs of one pure tone in a panel: letters, bars, arrows, boxes.

Whatever was drawn onto a picture has nearly one tone and an edge of a pixel or two; nuclei, bands
and cells of the same tone fade. The numbers here let :mod:`figecho.screen.labels` tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.blobs import blobs
from figecho.screen.channels import change, darkest, lightest

_LIGHT, _DARK = 190, 65
_PURE_ON, _PURE_OFF = 180, 95
#: An edge is sharp where the tone changes this much within two pixels.
SHARP_STEP = 90
#: The pixels of an outline are nearer than this to what is beside it, diagonally at most.
_OUTLINE_PX = 1.5
_MIN_AREA_PX = 4
_MAX_AREA_SHARE = 0.3
#: More blobs than this are texture, whatever they look like.
_MAX_MARKS = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """One blob: its bounding box, area and shape, all in pixels.

    ``stroke_px`` is the mean width of the lines it is drawn with, ``thickest_px`` the greatest;
    ``sharp`` is the share of its outline with a sharp edge; ``spread`` is the largest standard
    deviation of a channel inside, what compression does to a drawn mark and more in a coloured
    cell.
    """

    label: int
    x: int
    y: int
    w: int
    h: int
    area: int
    stroke_px: float
    thickest_px: float
    sharp: float
    spread: float

    @property
    def fill(self) -> float:
        """Share of the bounding box that is covered."""
        return self.area / (self.w * self.h)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """All marks of one tone.

    ``labels`` (h, w) says which pixel belongs to which mark, 0 to none; ``sharp_at`` (h, w) says
    where the panel has sharp edges; ``coloured`` is False for white and black.
    """

    coloured: bool
    labels: NDArray[np.int32]
    sharp_at: BoolArray
    marks: tuple[Mark, ...]


def layers(rgb: ByteArray) -> Iterator[Layer]:
    """Yield the marks of a panel, tone by tone: white, black, then the six pure colours.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    """
    sharp = change(rgb, 5) >= SHARP_STEP
    for index, tone in enumerate(_tones(rgb)):
        if tone.any():
            labels, marks = measured(rgb, tone, sharp)
            yield Layer(coloured=index >= 2, labels=labels, sharp_at=sharp, marks=marks)


def _tones(rgb: ByteArray) -> Iterator[BoolArray]:
    yield darkest(rgb) >= _LIGHT
    yield lightest(rgb) <= _DARK
    on = [plane >= _PURE_ON for plane in cv2.split(rgb)]
    off = [plane <= _PURE_OFF for plane in cv2.split(rgb)]
    for code in range(1, 7):
        red, green, blue = (on[c] if code >> c & 1 else off[c] for c in range(3))
        yield red & green & blue


def measured(
    rgb: ByteArray, tone: BoolArray, sharp_at: BoolArray
) -> tuple[NDArray[np.int32], tuple[Mark, ...]]:
    """Label and measure the blobs of ``tone``, a mask of shape (h, w); see :class:`Layer`."""
    labels, boxes = blobs(tone)
    area = boxes[:, 4]
    # What covers much of a panel is background; to measure it would cost the most.
    fits = (area >= _MIN_AREA_PX) & (area <= _MAX_AREA_SHARE * tone.size)
    chosen = np.flatnonzero(fits)
    if not 0 < len(chosen) <= _MAX_MARKS:
        return labels, ()
    padded = cv2.copyMakeBorder(tone.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    index = np.full(len(boxes), -1)
    index[chosen] = np.arange(len(chosen))
    tones, thickest, outline = totals(labels, index, rgb, depth, sharp_at)
    boxes, area = boxes[chosen], area[chosen]
    edge, sharp = outline.T
    mean, square = tones[:, 0] / area[:, None], tones[:, 1] / area[:, None]
    measures = np.stack(
        [
            area / np.maximum(edge / 2, 1),
            2.0 * thickest - 1,
            sharp / np.maximum(edge, 1),
            np.sqrt(np.maximum((square - mean * mean).max(axis=1), 0)),
        ],
        axis=1,
    )
    rows = zip(chosen.tolist(), boxes.tolist(), measures.tolist(), strict=True)
    return labels, tuple(Mark(label, *box, *measured) for label, box, measured in rows)


@nb.njit(cache=True)
def totals(
    labels: NDArray[np.int32], index: NDArray[np.int64], rgb: ByteArray,
    depth: NDArray[np.float32], sharp_at: BoolArray,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:  # fmt: skip
    """Add up the pixels of the labels whose ``index`` says where to, which is -1 for the others.

    Returns
    -------
    tones : ndarray of shape (n, 2, 3), int64
        Sum and sum of squares, channel by channel.
    thickest : ndarray of shape (n,), float64
        The greatest ``depth``, the distance to what is beside the label.
    outline : ndarray of shape (n, 2), int64
        Pixels on the outline, and of these the sharp ones.
    """
    n = index.max() + 1
    tones = np.zeros((n, 2, 3), np.int64)
    thickest = np.zeros(n, np.float64)
    outline = np.zeros((n, 2), np.int64)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            if labels[y, x] == 0 or index[labels[y, x]] < 0:
                continue
            k = index[labels[y, x]]
            for c in range(3):
                tone = np.int64(rgb[y, x, c])
                tones[k, 0, c] += tone
                tones[k, 1, c] += tone * tone
            thickest[k] = max(thickest[k], depth[y, x])
            if depth[y, x] < _OUTLINE_PX:
                outline[k, 0] += 1
                outline[k, 1] += sharp_at[y, x]
    return tones, thickest, outline
