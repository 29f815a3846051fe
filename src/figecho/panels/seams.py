"""Find where two pictures are set edge to edge: no gutter, no line, but the picture jumps."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.model import Box, ByteArray, FloatArray
from figecho.panels.filled import has_texture
from figecho.panels.gutters import crop
from figecho.screen.channels import lightest
from figecho.screen.graphics import is_drawn

#: Each picture beside a seam is this wide at least, and takes this share of the whole.
_SIDE_PX = 64
_AREA_SHARE = 0.08
_STRIP_ASPECT = 3.0
_MAX_DEPTH = 4
_SAMPLES = 96
#: A pixel jumps by this many tones, and by this much more than its picture does beside the seam.
_STEP, _FACTOR = 12.0, 2.0
#: Share of a side that must jump; and how far above what other places in the picture show.
_SHARE, _ABOVE = 0.5, 0.35
#: The lanes of a gel jump too, but in many places.
_PERCENT = 95
#: Two pictures have texture of their own beside the seam, it does not go on across it, and neither
#: is the lighter one everywhere; the edge of a band or of a gel fails in one of these.
_MIN_TEXTURE, _MAX_CORRELATION, _MIN_MINORITY = 9.0, 0.5, 0.03
_TREND_PX = 33


def seamed(rgb: ByteArray, depth: int = 0) -> list[Box]:
    """Cut a picture where it jumps along a whole side; return it whole where it does not.

    Strips of a blot are left whole, for lanes may be spliced, and so are drawings, for bars and
    tables are full of edges.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    depth : int
        How often it was cut already.
    """
    height, width = rgb.shape[:2]
    whole = Box(x=0, y=0, w=width, h=height)
    short, long = sorted((height, width))
    if depth >= _MAX_DEPTH or long < 2 * _SIDE_PX or short < _SIDE_PX:
        return [whole]
    if long >= _STRIP_ASPECT * short and depth == 0:
        return [whole]
    for parts in _ways(rgb, whole):
        fine = all(
            min(b.w, b.h) >= _SIDE_PX
            and b.area_px >= _AREA_SHARE * whole.area_px
            and has_texture(rgb, b)
            for b in parts
        )
        if fine and not is_drawn(rgb):
            return [
                Box(x=b.x + inner.x, y=b.y + inner.y, w=inner.w, h=inner.h)
                for b in parts
                for inner in seamed(crop(rgb, b), depth + 1)
            ]
    return [whole]


def jumps(rgb: ByteArray) -> FloatArray:
    """Return for each row the share of it, 0..1, in which the picture jumps from the row above.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8

    Returns
    -------
    ndarray of shape (h,), float32
        0 for the first and last rows, beside which too little is known.
    """
    rows = np.ascontiguousarray(rgb[:, :: max(1, rgb.shape[1] // _SAMPLES)])
    shares = np.zeros(rgb.shape[0], np.float32)
    if len(rows) < 12:
        return shares
    # JPEG smears an edge over a pixel on either side, so the step is taken across three.
    across = lightest(cv2.absdiff(rows[5:-3], rows[2:-6]))
    before = lightest(cv2.absdiff(rows[2:-6], rows[:-8]))
    after = lightest(cv2.absdiff(rows[7:-1], rows[5:-3]))
    jump = (across > _STEP) & (across > _FACTOR * np.maximum(before, after))
    shares[4:-4] = jump.mean(axis=1)
    return shares


def are_strangers(rgb: ByteArray, at: int) -> bool:
    """Whether what lies above and below a row are two pictures, and not two parts of one.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
    at : int
        The first row of the lower one.
    """
    above = rgb[at - 5 : at - 2].mean(axis=(0, 2))
    below = rgb[at + 2 : at + 5].mean(axis=(0, 2))
    one, other = above - _trend(above), below - _trend(below)
    if min(one.std(), other.std()) < _MIN_TEXTURE:
        return False
    step = (below - above)[np.abs(below - above) > _STEP]
    minority = min((step > 0).mean(), (step < 0).mean()) if step.size else 0.0
    together = float(np.corrcoef(one, other)[0, 1])
    return bool(together <= _MAX_CORRELATION and minority >= _MIN_MINORITY)


def _trend(values: NDArray[np.float64]) -> NDArray[np.float64]:
    size = min(_TREND_PX, len(values) // 2 * 2 - 1)
    padded = np.pad(values, size // 2, "edge")
    return np.convolve(padded, np.full(size, 1 / size), "valid")


def _ways(rgb: ByteArray, whole: Box) -> Iterator[list[Box]]:
    """Yield the picture cut at its clearest seam, the clearer of rows and columns first."""
    found = []
    for vertical in (False, True):
        planes = rgb.transpose(1, 0, 2) if vertical else rgb
        shares = jumps(planes)
        inner = shares[_SIDE_PX:-_SIDE_PX]
        if inner.size == 0:
            continue
        at = int(inner.argmax()) + _SIDE_PX
        if shares[at] < _SHARE:
            continue
        least = max(_SHARE, _ABOVE + float(np.percentile(shares, _PERCENT)))
        if shares[at] >= least and are_strangers(planes, at):
            found.append((float(shares[at]), vertical, at))
    for _, vertical, at in sorted(found, reverse=True):
        if vertical:
            yield [
                Box(x=0, y=0, w=at, h=whole.h),
                Box(x=at, y=0, w=whole.w - at, h=whole.h),
            ]
        else:
            yield [
                Box(x=0, y=0, w=whole.w, h=at),
                Box(x=0, y=at, w=whole.w, h=whole.h - at),
            ]
