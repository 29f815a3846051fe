"""Reuse of a part: lanes moved between blots, regions in other panels, clones, altered plots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from synth import blots, facs
from synth.geometry import apply, corners, texture, translation, turned
from synth.grain import blur
from synth.kinds import Byte, Matrix, Real, Rng, Style, between, to_byte


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spliced:
    """Target image, the region it shares with the source, and the geometry of the copy."""

    image: Byte
    polygon_a: Matrix
    polygon_b: Matrix
    b_from_a: Matrix
    words: str


def paste(target: Byte, source: Byte, polygon: Matrix, b_from_a: Matrix, feather_px: float) -> Byte:
    """Lay the polygon of ``source``, moved by ``b_from_a``, over ``target``."""
    height, width = target.shape[:2]
    size = (width, height)
    moved = cv2.warpAffine(
        source, b_from_a[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(apply(b_from_a, polygon)).astype(np.int32)], 255)
    share: Real = mask.astype(np.float32) / 255
    if feather_px > 0:
        share = np.clip(2 * blur(share, feather_px) - 1, 0, 1)
    if target.ndim == 3:
        share = share[..., None]
    return to_byte(moved * share + target * (1 - share))


def lanes(rng: Rng, source: Byte, target: Byte, style: Style, *, within: bool = False) -> Spliced:
    """Copy a run of lanes of one blot into another of the same layout, or elsewhere in itself.

    The copy may be mirrored; its seams fall between lanes and its level is matched to the target.
    """
    width = source.shape[1]
    boxes = _lane_boxes(style, width)
    most = max(min(len(boxes) // 2 if within else len(boxes) - 2, 5), 1)
    run = int(rng.integers(min(2, most), most + 1))
    starts = range(len(boxes) - run + 1)
    least = run if within else 0
    choices = [(f, s) for f in starts for s in starts if abs(f - s) >= least]
    first, slot = choices[int(rng.integers(len(choices)))]
    left, right = round(boxes[first][0]), round(boxes[first + run - 1][1])
    to = round(boxes[slot][0])
    mirrored = bool(rng.random() < 0.4)
    matrix = translation(to - left, 0)
    if mirrored:
        matrix = np.array([[-1.0, 0, to + right - 1], [0, 1, 0], [0, 0, 1]])
    rows = source.shape[0]
    polygon = corners(rows, right - left) + np.array([left, 0])
    level = np.median(target, axis=(0, 1)) - np.median(source, axis=(0, 1))
    matched = to_byte(source.astype(np.float32) + np.asarray(level, np.float32))
    image = paste(target, matched, polygon, matrix, 0.0 if rng.random() < 0.5 else 1.2)
    words = f"{run} lanes moved{' and mirrored' if mirrored else ''}"
    return Spliced(
        image=image,
        polygon_a=polygon,
        polygon_b=apply(matrix, polygon),
        b_from_a=matrix,
        words=words,
    )


def _lane_boxes(style: Style, width: int) -> list[tuple[float, float]]:
    if "lanes" in style:
        return blots.lane_boxes(style, width)
    count = len(style["bands"])
    pitch = width * 0.94 / count
    return [(width * 0.03 + k * pitch, width * 0.03 + (k + 1) * pitch) for k in range(count)]


def region(rng: Rng, source: Byte, target: Byte) -> Spliced:
    """Copy a fifth to two fifths of one panel into another, moved, perhaps turned or mirrored."""
    height, width = (min(s, t) for s, t in zip(source.shape[:2], target.shape[:2], strict=True))
    share = between(rng, 0.2, 0.4) ** 0.5
    rows, cols = int(share * height), int(share * width)
    return _copied(rng, source, target, rows, cols, apart=False)


def clone(rng: Rng, image: Byte, *, least_px: int = 24, most_share: float = 0.25) -> Spliced:
    """Copy a region of a panel onto another place of it, without the two touching.

    Parameters
    ----------
    rng : numpy.random.Generator
    image : ndarray of shape (H, W) or (H, W, 3), uint8
    least_px : int
        Least side of the region.
    most_share : float
        Largest region as share of the panel.

    Raises
    ------
    ValueError
        If the panel is too small for two such regions.
    """
    height, width = image.shape[:2]
    if min(height, width) < least_px:
        raise ValueError("no room for a copy")
    area = np.exp(rng.uniform(np.log(least_px**2 * 1.5), np.log(most_share * height * width)))
    aspect = between(rng, 0.7, 1.4)
    rows = int(np.clip((area * aspect) ** 0.5, min(least_px, height), 0.48 * height))
    cols = int(np.clip(area / rows, min(least_px, width), 0.48 * width))
    return _copied(rng, image, image, rows, cols, apart=True)


def _copied(rng: Rng, source: Byte, target: Byte, rows: int, cols: int, *, apart: bool) -> Spliced:
    """Try a few places, take the one with most to see, and paste what is there elsewhere."""
    whole = _outline(rng, rows, cols)
    placed = []
    for attempt in range(400):
        outline = whole * 0.97 ** (attempt // 20)
        angle = [0.0, float(90 * rng.integers(1, 4)), between(rng, 0, 360)][int(rng.integers(3))]
        mirrored = bool(rng.random() < 0.3)
        room = np.array([source.shape[1] - cols, source.shape[0] - rows])
        polygon = np.rint(outline + rng.uniform(0, room))
        linear = np.eye(3)
        linear[:2, :2] = turned(angle, mirrored=mirrored)
        place = np.rint(rng.uniform([0, 0], [target.shape[1], target.shape[0]]))
        matrix = translation(*place) @ linear @ translation(*-np.rint(polygon.mean(axis=0)))
        landed = apply(matrix, polygon)
        limit = np.array([target.shape[1] - 1, target.shape[0] - 1])
        if (landed < 0).any() or (landed > limit).any():
            continue
        if apart and not _apart(polygon, landed):
            continue
        words = "region copied" + (f", rotation {angle:.0f}°" if angle else "")
        words += ", mirrored" if mirrored else ""
        placed.append((texture(source, polygon), polygon, landed, matrix, words))
        if len(placed) == 4:
            break
    soft = 0.0 if rng.random() < 0.4 else between(rng, 0.8, 2.5)
    if not placed:
        raise ValueError("no room for a copy")
    _, polygon, landed, matrix, words = max(placed, key=lambda choice: choice[0])
    return Spliced(
        image=paste(target, source, polygon, matrix, soft),
        polygon_a=polygon,
        polygon_b=landed,
        b_from_a=matrix,
        words=words,
    )


def _outline(rng: Rng, rows: int, cols: int) -> Matrix:
    """Return a rectangle or a rounded polygon of the given size."""
    if rng.random() < 0.5:
        return corners(rows, cols)
    t = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.column_stack([np.cos(t) * (cols - 1), np.sin(t) * (rows - 1)]) / 2
    return np.asarray(ring + np.array([(cols - 1) / 2, (rows - 1) / 2]))


def _apart(one: Matrix, two: Matrix) -> bool:
    hulls = [cv2.convexHull(p.astype(np.float32)) for p in (one, two)]
    return bool(cv2.intersectConvexConvex(*hulls)[0] <= 0)


def altered(rng: Rng, panel: Byte, other: Byte) -> Spliced:
    """Show a panel again with one side of it, 25 to 45 %, replaced by other content.

    Of three sides the one is replaced that leaves most to see: nobody reuses what is bare.
    """
    height, width = panel.shape[:2]
    sides = rng.permutation(4)[:3]
    share = between(rng, 0.25, 0.45)
    kept = max((_without(int(k), share, height, width) for k in sides), key=partial(texture, panel))
    image = paste(other, panel, kept, np.eye(3), 1.5)
    words = f"same but for {100 * share:.0f} % of it"
    return Spliced(image=image, polygon_a=kept, polygon_b=kept, b_from_a=np.eye(3), words=words)


def _without(side: int, share: float, height: int, width: int) -> Matrix:
    """Return the corners of a panel without a share of its left, right, upper or lower side."""
    cut_x, cut_y = int(share * width), int(share * height)
    left, right = (cut_x if side == 0 else 0), (width - cut_x if side == 1 else width)
    top, bottom = (cut_y if side == 2 else 0), (height - cut_y if side == 3 else height)
    return np.asarray(corners(bottom - top, right - left) + np.array([left, top]))


def altered_plot(rng: Rng, height: int, width: int, style: Style) -> tuple[Byte, Spliced]:
    """Draw a dot plot twice, the second time with a cluster added and a few events removed."""
    events = facs.events(rng, style)
    first = facs.draw(facs.Plot(events=events, style=style), height, width)
    middle = np.array([between(rng, 0.5, 0.8), between(rng, 0.35, 0.75)])
    added = rng.normal(middle, between(rng, 0.03, 0.06), (int(rng.integers(60, 220)), 2))
    far = np.hypot(*(events - rng.uniform(0.15, 0.45, 2)).T)
    gone = rng.random(len(events)) < 0.5 * np.exp(-0.5 * (far / 0.06) ** 2)
    changed = np.concatenate([events[~gone], added])
    second = facs.draw(facs.Plot(events=changed, style=style), height, width)
    left, top, right, bottom = facs.interior(height, width)
    box = corners(bottom - top, right - left) + np.array([left, top])
    words = "the same events with a cluster added"
    pair = Spliced(image=second, polygon_a=box, polygon_b=box, b_from_a=np.eye(3), words=words)
    return first, pair
