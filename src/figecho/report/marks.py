"""Where to look: outlines, orientation marks and corresponding points, in pixels of the panels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import Finding, Matrix, Panel
from figecho.report.aligned import mapped, panel_matrix, panel_polygon

_POINTS = 12
_APART = 0.6
"""Least distance of two points, as a share of the spacing of as many points on a square grid."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """What is drawn on one of the two panels.

    Attributes
    ----------
    outline : ndarray of shape (n, 2)
        Corners (x, y) of the region.
    flag : tuple of ndarray of shape (n, 2)
        Lines of an arrow that points up in A, with a foot to the right; in B, what became of it.
    points : ndarray of shape (m, 2), m <= 12
        Details inside the region, in the same order in A and B.
    """

    outline: Matrix
    flag: tuple[Matrix, ...]
    points: Matrix


def marks(finding: Finding, a: Panel, b: Panel, zoom: float = 1.0) -> tuple[Marks, Marks]:
    """Return what is drawn on panel A and on panel B, which are shown enlarged by ``zoom``."""
    b_from_a = panel_matrix(finding, a, b)
    outline_a, outline_b = panel_polygon(finding, 0, a), panel_polygon(finding, 1, b)
    flag = orientation_flag(outline_a, zoom)
    points = _details(a, outline_a)
    there = mapped(b_from_a, points) if len(points) else points
    h, w = b.shape
    seen = np.all((there >= 0) & (there <= (w - 1, h - 1)), axis=1)
    return (
        Marks(outline=outline_a, flag=flag, points=points[seen]),
        Marks(
            outline=outline_b,
            flag=tuple(mapped(b_from_a, line) for line in flag),
            points=there[seen],
        ),
    )


def orientation_flag(outline: Matrix, zoom: float = 1.0) -> tuple[Matrix, ...]:
    """Return the lines of an arrow up with a foot to the right, low on the left of a region."""
    low, size = outline.min(axis=0), np.ptp(outline, axis=0)
    reach = float(np.clip(0.3 * size.min(), 14 / zoom, 44 / zoom))
    foot = low + (0.08, 0.92) * size
    if cv2.pointPolygonTest(outline.astype(np.float32)[:, None], foot.tolist(), False) < 0:
        foot = outline.mean(axis=0)
    x, y = foot - (0, reach)
    head = 0.28 * reach
    return (
        np.array([(x, y), foot, (foot[0] + 0.6 * reach, foot[1])]),
        np.array([(x - head, y + head), (x, y), (x + head, y + head)]),
    )


def _details(panel: Panel, outline: Matrix) -> Matrix:
    """Return a few spots of the region that stand out from what is around them."""
    mask = np.zeros(panel.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)[:, None]], 255)
    mask[~panel.usable] = 0
    spacing = float(np.sqrt(max(int(np.count_nonzero(mask)), 1) / _POINTS))
    tones = np.clip(panel.grey, 0, 255).astype(np.uint8)
    spots = cv2.goodFeaturesToTrack(tones, _POINTS, 0.01, max(_APART * spacing, 3.0), mask=mask)
    found = np.zeros((0, 2)) if spots is None else np.asarray(spots, float).reshape(-1, 2)
    return found[np.lexsort((found[:, 0], found[:, 1]))]
