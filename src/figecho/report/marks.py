"""Where to look: outlines, orientation marks and corresponding points, in pixels of the panels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import Finding, Matrix, Panel
from figecho.report.aligned import mapped, panel_matrix, panel_polygon


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """What is drawn on one of the two panels.

    Attributes
    ----------
    outline : ndarray of shape (n, 2)
        Corners (x, y) of the region.
    flag : tuple of ndarray of shape (n, 2)
        Lines of an arrow that points up in A, with a foot to the right; in B, what became of it.
    points : ndarray of shape (m, 2)
        The points the finding rests on, in the same order in A and B.
    """

    outline: Matrix
    flag: tuple[Matrix, ...]
    points: Matrix


def marks(finding: Finding, a: Panel, b: Panel, zoom: float = 1.0) -> tuple[Marks, Marks]:
    """Return what is drawn on panel A and on panel B, which are shown enlarged by ``zoom``."""
    b_from_a = panel_matrix(finding, a, b)
    outline_a, outline_b = panel_polygon(finding, 0, a), panel_polygon(finding, 1, b)
    flag = orientation_flag(outline_a, zoom)
    points_a, points_b = panel_points(finding, a, b)
    return (
        Marks(outline=outline_a, flag=flag, points=points_a),
        Marks(
            outline=outline_b,
            flag=tuple(mapped(b_from_a, line) for line in flag),
            points=points_b,
        ),
    )


def panel_points(finding: Finding, a: Panel, b: Panel) -> tuple[Matrix, Matrix]:
    """Return the corresponding points of a finding in pixels of panel A and of panel B."""
    points = np.asarray(finding.evidence.points, float).reshape(-1, 4)
    return points[:, :2] - (a.bbox.x, a.bbox.y), points[:, 2:] - (b.bbox.x, b.bbox.y)


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
