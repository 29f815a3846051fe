"""How far a finding's regions and transform are from the known ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from figecho.model import Finding, Matrix

_SHIFT = 4
_MAX_SIDE_PX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """What lies between a finding and the truth.

    Attributes
    ----------
    iou : float in 0..1
        Mean intersection over union of the two regions.
    mirrored_right : bool
        Whether the finding is mirrored where the truth is, and only there.
    angle_deg, scale : float or None
        Absolute error of the rotation, in degrees, and of the scale, as a share; None where the
        mirroring is wrong, for then neither is defined.
    """

    iou: float
    mirrored_right: bool
    angle_deg: float | None
    scale: float | None


def deviation(finding: Finding, region: Mapping[str, Any], first: str) -> Deviation:
    """Compare a finding with a known region, whichever of the two files it names first.

    Parameters
    ----------
    finding : Finding
        Its polygons and matrix are in pixels of the figures.
    region : mapping
        ``polygon_a``, ``polygon_b`` and ``matrix_b_from_a`` of the truth, in the same frames.
    first : str
        The file the truth calls *a*. A copy inside one file fits in either direction: the better
        one counts.
    """
    a, b = finding.regions
    ways = [False, True] if a.source == b.source else [a.source != first]
    return max((_one_way(finding, region, swapped=s) for s in ways), key=lambda d: d.iou)


def polygon_iou(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]) -> float:
    """Return intersection over union of two polygons (x, y), by counting pixels."""
    one, two = np.asarray(first, float), np.asarray(second, float)
    both = np.concatenate([one, two])
    low, size = both.min(axis=0), np.ptp(both, axis=0).max()
    zoom = min(1.0, _MAX_SIDE_PX / max(size, 1.0))
    w, h = (np.ceil(np.ptp(both, axis=0) * zoom) + 3).astype(int)
    masks = []
    for polygon in (one, two):
        mask = np.zeros((h, w), np.uint8)
        corners = np.round(((polygon - low) * zoom + 1) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [corners[:, None, :]], 1, shift=_SHIFT)
        masks.append(mask.astype(bool))
    union = np.count_nonzero(masks[0] | masks[1])
    return np.count_nonzero(masks[0] & masks[1]) / union if union else 0.0


def linear_at(matrix: Matrix, point: Sequence[float]) -> Matrix:
    """Return the 2 x 2 Jacobian of a 3 x 3 homogeneous map at a point (x, y)."""
    x, y, w = matrix @ np.array([point[0], point[1], 1.0])
    rows: Matrix = (matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w
    return rows


def _one_way(finding: Finding, region: Mapping[str, Any], *, swapped: bool) -> Deviation:
    polygons = [r.polygon for r in finding.regions]
    matrix = np.asarray(finding.transform.matrix_b_from_a, float)
    if swapped:
        polygons.reverse()
        matrix = np.linalg.inv(matrix)
    ious = [polygon_iou(p, region[f"polygon_{s}"]) for p, s in zip(polygons, "ab", strict=True)]
    centre = np.mean(np.asarray(region["polygon_a"], float), axis=0)
    known = linear_at(np.asarray(region["matrix_b_from_a"], float), centre)
    rest = linear_at(matrix, centre) @ np.linalg.inv(known)
    area = float(np.linalg.det(rest))
    angle = math.degrees(math.atan2(rest[1, 0] - rest[0, 1], rest[0, 0] + rest[1, 1]))
    return Deviation(
        iou=float(np.mean(ious)),
        mirrored_right=area > 0,
        angle_deg=abs(angle) if area > 0 else None,
        scale=abs(math.sqrt(area) - 1) if area > 0 else None,
    )
