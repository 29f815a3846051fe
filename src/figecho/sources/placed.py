"""How a picture lies on its page: which way up, what shows of it, in which order it is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from figecho.model import Made, Origin
from figecho.sources.parts import Picture
from figecho.sources.pixels import Pixels

BoxPt = tuple[float, float, float, float]
Vector = tuple[float, float]

#: Smaller pictures are bullets, rules and icons: no reuse could be told in them.
MIN_SIDE_PX, MIN_AREA_PX, MAX_ASPECT = 16, 1500, 40.0
MIN_SIDE_PT = 8.0
ICON_PT = 36.0
#: A badge in a line of text is no higher than the line and no longer than a word.
BADGE_PT = (12.0, 54.0)
#: Off-axis share below which a picture counts as upright or turned by quarters.
_SKEW = 0.02
_LINE_PT = 12.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """One picture of a page before it has a number."""

    pixels: Pixels
    box_pt: BoxPt | None
    media: str = ""
    media_sha256: str | None = None
    made: Made = "embedded"
    changes: tuple[str, ...] = ()
    original: bytes | None = None


def turned(pixels: Pixels, right: Vector, down: Vector) -> tuple[Pixels, bool]:
    """Turn a picture by quarters, and mirror it, as its page shows it.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, C)
    right, down : tuple of 2 float
        Where the directions along its rows and along its columns point on the page, y downwards.

    Returns
    -------
    pixels : ndarray
        As given where it lies askew: resampling would change what is compared.
    changed : bool
    """
    (a, b), (c, d) = right, down
    if abs(b) <= _SKEW * abs(a) and abs(c) <= _SKEW * abs(d):
        across, along = a < 0, d < 0
    elif abs(a) <= _SKEW * abs(b) and abs(d) <= _SKEW * abs(c):
        pixels = np.swapaxes(pixels, 0, 1)
        across, along = c < 0, b < 0
        pixels = pixels[:: -1 if along else 1, :: -1 if across else 1]
        return np.ascontiguousarray(pixels), True
    else:
        return pixels, False
    if not (across or along):
        return pixels, False
    return np.ascontiguousarray(pixels[:: -1 if along else 1, :: -1 if across else 1]), True


def cropped(
    pixels: Pixels, left: float, top: float, right: float, bottom: float
) -> tuple[Pixels, bool]:
    """Cut off these shares (0..1) of a picture's sides; negative ones, which pad, count as 0."""
    height, width = pixels.shape[:2]
    x0, x1 = round(max(left, 0.0) * width), width - round(max(right, 0.0) * width)
    y0, y1 = round(max(top, 0.0) * height), height - round(max(bottom, 0.0) * height)
    if (x0, y0, x1, y1) == (0, 0, width, height) or x1 <= x0 or y1 <= y0:
        return pixels, False
    return np.ascontiguousarray(pixels[y0:y1, x0:x1]), True


def is_decoration(width_px: int, height_px: int, box_pt: BoxPt | None) -> bool:
    """Whether a picture is too small to be a figure: by its pixels, or as it is shown."""
    short, long = sorted((width_px, height_px))
    if short < MIN_SIDE_PX or width_px * height_px < MIN_AREA_PX or long > MAX_ASPECT * short:
        return True
    if box_pt is None:
        return False
    low, wide = sorted(box_pt[2:])
    badge = low < BADGE_PT[0] and wide < BADGE_PT[1]
    return low < MIN_SIDE_PT or wide < ICON_PT or badge


def numbered(
    placed: Sequence[Placed], *, page: int | None, where: str, first: int = 1
) -> list[Picture]:
    """Number the pictures of a page in reading order: line by line, from left to right."""
    ordered = sorted(range(len(placed)), key=lambda k: (*_line(placed[k].box_pt), k))
    return [
        Picture(
            pixels=p.pixels,
            page=page,
            number=number,
            origin=Origin(
                where=where,
                media=p.media,
                media_sha256=p.media_sha256,
                box_pt=p.box_pt,
                made=p.made,
                changes=p.changes,
            ),
            original=p.original,
        )
        for number, p in enumerate((placed[k] for k in ordered), start=first)
    ]


def box_around(points: Iterable[Vector]) -> BoxPt:
    """Return the upright box of some points, rounded to a hundredth of a point."""
    xs, ys = zip(*points, strict=True)
    left, top = min(xs), min(ys)
    return (
        round(left, 2) + 0.0,
        round(top, 2) + 0.0,
        round(max(xs) - left, 2),
        round(max(ys) - top, 2),
    )


def shared_pt2(a: BoxPt, b: BoxPt) -> float:
    """Return the area two boxes share, in square points."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(tall, 0.0)


def with_change(placed: Placed, change: str, pixels: Pixels) -> Placed:
    """Return a picture whose pixels its document changes; the embedded file shows it no longer."""
    return replace(placed, pixels=pixels, changes=(*placed.changes, change), original=None)


def _line(box: BoxPt | None) -> tuple[float, float]:
    return (0.0, 0.0) if box is None else (round(box[1] / _LINE_PT), box[0])
