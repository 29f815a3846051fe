"""Describe the sharp-edged blobs of one pure tone in a panel: letters, bars, arrows, boxes.

Whatever was drawn onto a picture has nearly one tone and an edge of a pixel or two; nuclei, bands
and cells of the same tone fade. The numbers here let :mod:`figecho.screen.labels` tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, ByteArray
from figecho.screen.channels import change, darkest, lightest

_LIGHT, _DARK = 190, 65
_PURE_ON, _PURE_OFF = 180, 95
#: An edge is sharp where the tone changes this much within two pixels.
SHARP_STEP = 90
_MIN_AREA_PX = 4
_MAX_AREA_SHARE = 0.3
#: More blobs than this are texture, whatever they look like.
_MAX_MARKS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One blob: its bounding box, area and shape, all in pixels.

    ``stroke_px`` is the mean width of the lines it is drawn with, ``thickest_px`` the greatest;
    ``sharp`` is the share of its outline with a sharp edge, ``straight`` the share of its outline
    in level or upright runs of 9 px or more; ``spread`` is the largest standard deviation of a
    channel inside, what compression does to a drawn mark and more in a coloured cell.
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
    straight: float
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
    drawn = tone.astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    labels = np.asarray(labels, np.int32)
    area = stats[:, cv2.CC_STAT_AREA]
    # What covers much of a panel is background; to measure it would cost the most.
    fits = (area >= _MIN_AREA_PX) & (area <= _MAX_AREA_SHARE * tone.size)
    chosen = [k for k in range(1, count) if fits[k]]
    if not chosen or len(chosen) > _MAX_MARKS:
        return labels, ()
    padded = cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    measured = tone & fits[labels]
    depth, flat = depth[measured], labels[measured]
    outline = depth < 1.5
    edge = np.bincount(flat[outline], minlength=count)
    sharp = np.bincount(flat[outline & sharp_at[measured]], minlength=count)
    ruled = np.bincount(flat[outline & _straight(tone)[measured]], minlength=count)
    spread = _spread(rgb[measured], flat, count)
    thickest = np.zeros(count)
    np.maximum.at(thickest, flat, depth)
    return labels, tuple(
        Mark(
            label=k,
            x=int(stats[k, cv2.CC_STAT_LEFT]),
            y=int(stats[k, cv2.CC_STAT_TOP]),
            w=int(stats[k, cv2.CC_STAT_WIDTH]),
            h=int(stats[k, cv2.CC_STAT_HEIGHT]),
            area=int(stats[k, cv2.CC_STAT_AREA]),
            stroke_px=float(stats[k, cv2.CC_STAT_AREA] / max(edge[k] / 2, 1)),
            thickest_px=float(2 * thickest[k] - 1),
            sharp=float(sharp[k] / max(edge[k], 1)),
            straight=float(ruled[k] / max(edge[k], 1)),
            spread=float(spread[k]),
        )
        for k in chosen
    )


def _straight(tone: BoolArray) -> BoolArray:
    """Return the pixels of ``tone`` on a level or upright stretch of outline of 9 px or more."""
    found = np.zeros(tone.shape, np.bool_)
    for axis, size in ((0, (9, 1)), (1, (1, 9))):
        run = cv2.getStructuringElement(cv2.MORPH_RECT, size)
        for step in (1, -1):
            edge = (tone & ~np.roll(tone, step, axis)).astype(np.uint8)
            found |= cv2.morphologyEx(edge, cv2.MORPH_OPEN, run) > 0
    return found


def _spread(tones: NDArray[np.uint8], labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Return the largest standard deviation of a channel, label by label."""
    sizes = np.maximum(np.bincount(labels, minlength=count), 1)
    worst = np.zeros(count)
    for channel in tones.T.astype(np.float64):
        mean = np.bincount(labels, channel, count) / sizes
        square = np.bincount(labels, channel * channel, count) / sizes
        worst = np.maximum(worst, square - mean * mean)
    return np.asarray(np.sqrt(worst))
