"""Region A, region B laid on it, both over one another, and what is left between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from figecho.model import BoolArray, ByteArray, Finding, FloatArray, Matrix, Panel

_SPREAD = 2.5
"""Standard deviations either side of the mean that the overlay shows."""
_MARGIN = 0.08
_DARK, _DIM = 64, 88
_MAX_SIDE_PX = 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Four pictures of one size, in the frame of region A.

    Attributes
    ----------
    a, b : ndarray of shape (h, w, 3), uint8
        Region A with a margin, and region B warped onto it; faded outside the region: to white, or
        to a dark grey beside dark pictures, which glare would make hard to see.
    overlay : ndarray of shape (h, w, 3), uint8
        A in magenta, B in green, contrast made equal: grey where they agree. White outside.
    difference : ndarray of shape (h, w, 3), uint8
        Black where they agree, white where they differ by two standard deviations or more, and
        outside.
    """

    a: ByteArray
    b: ByteArray
    overlay: ByteArray
    difference: ByteArray


def panel_matrix(finding: Finding, a: Panel, b: Panel) -> Matrix:
    """Return the 3 x 3 map from pixels of panel A to pixels of panel B."""
    into, out_of = np.eye(3), np.eye(3)
    into[:2, 2] = (a.bbox.x, a.bbox.y)
    out_of[:2, 2] = (-b.bbox.x, -b.bbox.y)
    matrix: Matrix = out_of @ np.asarray(finding.transform.matrix_b_from_a, float) @ into
    return matrix


def panel_polygon(finding: Finding, side: int, panel: Panel) -> Matrix:
    """Return region 0 (A) or 1 (B) as corners (x, y) in pixels of its panel."""
    corners: Matrix = np.asarray(finding.regions[side].polygon, float)
    return corners - (panel.bbox.x, panel.bbox.y)


def mapped(matrix: Matrix, points: Matrix) -> Matrix:
    """Return points (x, y) under a 3 x 3 homogeneous map."""
    moved = np.c_[points, np.ones(len(points))] @ matrix.T
    flat: Matrix = moved[:, :2] / moved[:, 2:]
    return flat


def aligned(finding: Finding, a: Panel, b: Panel) -> Aligned:
    """Lay region B of a finding on region A.

    Where B is inverted against A, it is inverted back for the overlay and the difference. Contrast
    and brightness are made equal inside the region, for a reuse seldom keeps them.
    """
    polygon = panel_polygon(finding, 0, a)
    frame, (width, height) = _frame(polygon, a)
    onto_b = panel_matrix(finding, a, b) @ frame
    mask = np.zeros((height, width), np.uint8)
    within = np.asarray(np.linalg.inv(frame), float)
    corners = np.round(mapped(within, polygon) * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners[:, None, :]], 1, shift=4)

    seen = _warp(np.ones(b.shape, np.float32), onto_b, (width, height)) > 0.5
    inside = mask.astype(bool) & seen
    rgb_a = _warp(a.rgb, frame, (width, height))
    grounds = [_ground(p.rgb) for p in (a, b)]
    rgb_b = np.where(seen[..., None], _warp(b.rgb, onto_b, (width, height)), grounds[1])
    grey_a = _warp(a.grey, frame, (width, height))
    grey_b = _warp(b.grey, onto_b, (width, height))
    if finding.transform.inverted:
        grey_b = 255 - grey_b
    score_a, score_b = _standard(grey_a, inside), _standard(grey_b, inside)
    tones_a, tones_b = _tones(score_a), _tones(score_b)
    off = np.clip(np.abs(score_a - score_b) / 2, 0, 1) * 255
    return Aligned(
        a=_faded(rgb_a, mask.astype(bool), grounds[0]),
        b=_faded(rgb_b, inside, grounds[1]),
        overlay=_only(np.dstack([tones_a, tones_b, tones_a]), inside),
        difference=_only(np.repeat(off.astype(np.uint8)[..., None], 3, axis=2), inside),
    )


def _frame(polygon: Matrix, a: Panel) -> tuple[Matrix, tuple[int, int]]:
    """Return the map from the cut-out's pixels to panel A's, and the cut-out's size."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    margin = np.maximum((high - low) * _MARGIN, 4)
    h, w = a.shape
    x0, y0 = np.floor(np.clip(low - margin, 0, (w - 1, h - 1)))
    x1, y1 = np.ceil(np.clip(high + margin, 0, (w - 1, h - 1)))
    size = np.array([x1 - x0 + 1, y1 - y0 + 1])
    step = max(1.0, size.max() / _MAX_SIDE_PX)
    width, height = np.maximum(size / step, 2).astype(int).tolist()
    return np.array([[step, 0, x0], [0, step, y0], [0, 0, 1]]), (width, height)


def _warp(image: FloatArray | ByteArray, matrix: Matrix, size: tuple[int, int]) -> FloatArray:
    """Sample ``image`` at ``matrix`` @ (x, y) of the output, smoothed first where it shrinks."""
    x, y = size[0] / 2, size[1] / 2
    left, right = mapped(matrix, np.array([[x - 0.5, y], [x + 0.5, y]]))
    step = float(np.hypot(*(right - left)))
    if step > 1.3:
        image = cv2.GaussianBlur(image, (0, 0), 0.4 * step)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped: FloatArray = cv2.warpPerspective(image, matrix, size, flags=flags)
    return warped


def _standard(grey: FloatArray, inside: BoolArray) -> FloatArray:
    values = grey[inside]
    if values.size == 0:
        return np.zeros_like(grey)
    score: FloatArray = (grey - values.mean()) / max(float(values.std()), 1e-3)
    return score


def _tones(score: FloatArray) -> ByteArray:
    scaled = np.clip((score + _SPREAD) / (2 * _SPREAD), 0, 1) * 255
    tones: ByteArray = scaled.astype(np.uint8)
    return tones


def _ground(rgb: ByteArray) -> int:
    return 255 if float(np.median(rgb)) > _DARK else _DIM


def _faded(rgb: FloatArray | ByteArray, inside: BoolArray, ground: int) -> ByteArray:
    """Return ``rgb`` with what lies outside the region three quarters towards a tone."""
    faint = ground + (rgb.astype(np.float32) - ground) * 0.25
    out: ByteArray = np.where(inside[..., None], rgb, faint).astype(np.uint8)
    return out


def _only(rgb: ByteArray, inside: BoolArray) -> ByteArray:
    """Return ``rgb`` with everything outside the region white."""
    out: ByteArray = np.where(inside[..., None], rgb, np.uint8(255))
    return out
