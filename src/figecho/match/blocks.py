"""Block comparison of two panels in 8 orientations and a few scales."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from figecho.config import Blocks
from figecho.match.dense import peaks, shift_evidence, tile_variances
from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import mean_filter, smooth
from figecho.verify.views import resize_matrix

ORIENTATIONS = tuple((turns, mirrored) for mirrored in (False, True) for turns in range(4))
UPRIGHT = ((0, False), (2, False), (0, True), (2, True))
_FLOOR = 0.45


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockView:
    """A panel prepared for block comparison at one working scale."""

    pixels: FloatArray
    panel_from_view: Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shift:
    """A geometry proposed by the blocks, with its evidence in nats."""

    nats: float
    b_from_a: Matrix
    inverted: bool


def view(grey: FloatArray, usable: BoolArray, scale: float) -> BlockView:
    """Resize a panel and keep its three finest octaves, whitened together."""
    height, width = grey.shape
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.float32)
    share = cv2.resize(usable.astype(np.float32), size, interpolation=method)
    clean = np.asarray(share > 0.9)
    weight = clean.astype(np.float32)
    detail = (smooth(small, 0.6) - smooth(small, 4.8)) * weight
    local = mean_filter(detail * detail, 8.0) / (mean_filter(weight, 8.0) + 1e-3)
    pixels = np.asarray(detail / np.sqrt(local + 9.0), dtype=np.float32)
    return BlockView(pixels=pixels, panel_from_view=resize_matrix((height, width), size))


def orient(view_a: BlockView, turns: int, mirrored: bool) -> BlockView:
    """Mirror (left to right), then turn by ``turns`` quarters counter-clockwise."""
    pixels = view_a.pixels[:, ::-1] if mirrored else view_a.pixels
    width = pixels.shape[1]
    matrix = np.eye(3)
    if mirrored:
        matrix = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for _ in range(turns):
        # A quarter turn: the pixel (x, y) of the turned view shows (width - 1 - y, x) of the old.
        old_from_new = np.array([[0.0, -1.0, width - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        matrix = matrix @ old_from_new
        pixels = np.rot90(pixels)
        width = pixels.shape[1]
    return BlockView(
        pixels=np.ascontiguousarray(pixels), panel_from_view=view_a.panel_from_view @ matrix
    )


def scale_hypotheses(
    shape_a: tuple[int, int], shape_b: tuple[int, int], limit: int
) -> tuple[float, ...]:
    """Return likely scales of B against A: equal pixels, heights, widths, and in between."""
    height, width = shape_b[0] / shape_a[0], shape_b[1] / shape_a[1]
    wanted = [1.0, height, width, float(np.sqrt(height * width)), 0.5, 2.0, 0.71, 1.41]
    kept: list[float] = []
    for scale in wanted:
        if 0.45 <= scale <= 2.2 and all(abs(np.log(scale / k)) > 0.035 for k in kept):
            kept.append(scale)
    return tuple(kept[:limit])


def propose(
    grey_a: FloatArray, usable_a: BoolArray, grey_b: FloatArray, usable_b: BoolArray,
    settings: Blocks, *, min_shift_px: float = 0.0,
) -> list[Shift]:  # fmt: skip
    """Propose the geometries under which most blocks of A recur in B.

    Parameters
    ----------
    grey_a, grey_b : ndarray, float32, 0..255
    usable_a, usable_b : ndarray, bool
    settings : Blocks
    min_shift_px : float
        Above 0 where both are one panel: smaller displacements are not proposed.

    Returns
    -------
    list of Shift
        Best first, at most ``settings.max_proposals``.
    """
    found: list[Shift] = []
    thin = max(_aspect(grey_a), _aspect(grey_b)) >= 2.5
    orientations = UPRIGHT if thin and not settings.all_orientations else ORIENTATIONS
    for zoom in scale_hypotheses(grey_a.shape, grey_b.shape, settings.max_scales):
        base = _working_scale(grey_a.shape, grey_b.shape, zoom, settings)
        target = view(grey_b, usable_b, base / zoom if zoom > 1.0 else base)
        source = view(grey_a, usable_a, base if zoom > 1.0 else base * zoom)
        for turns, mirrored in orientations:
            turned = orient(source, turns, mirrored)
            found += [
                s for s in _shifts(turned, target, settings)
                if min_shift_px <= 0.0 or _displacement(s, grey_a.shape) >= min_shift_px
            ]  # fmt: skip
    found.sort(key=lambda s: (-s.nats, s.inverted, tuple(s.b_from_a.ravel())))
    return found[: settings.max_proposals]


def _displacement(shift: Shift, shape: tuple[int, int]) -> float:
    centre = np.array([(shape[1] - 1) / 2.0, (shape[0] - 1) / 2.0, 1.0])
    corner = np.array([0.0, 0.0, 1.0])
    return max(float(np.linalg.norm((shift.b_from_a @ p - p)[:2])) for p in (centre, corner))


def _aspect(grey: FloatArray) -> float:
    height, width = grey.shape
    return float(max(width / height, height / width))


def _working_scale(
    shape_a: tuple[int, int], shape_b: tuple[int, int], zoom: float, settings: Blocks
) -> float:
    """Scale of the coarser panel that keeps both within the pixel budget and a strip legible."""
    area_a = shape_a[0] * shape_a[1] * min(1.0, zoom) ** 2
    area_b = shape_b[0] * shape_b[1] / max(1.0, zoom) ** 2
    thinnest = min(min(shape_a) * min(1.0, zoom), min(shape_b) / max(1.0, zoom))
    budget = np.sqrt(settings.working_px / max(area_a, area_b))
    legible = min(1.0, settings.min_thickness_px / thinnest)
    return float(min(1.0, max(budget, legible)))


def _shifts(source: BlockView, target: BlockView, settings: Blocks) -> list[Shift]:
    a, b = source.pixels, target.pixels
    margin = 2
    block_h = max(6, min(settings.block_px, a.shape[0] - 2 * margin, b.shape[0] - 2 * margin))
    block_w = max(6, min(settings.block_px, a.shape[1] - 2 * margin, b.shape[1] - 2 * margin))
    if min(a.shape[0], b.shape[0]) < block_h or min(a.shape[1], b.shape[1]) < block_w:
        return []
    corners = _corners(a, block_h, block_w, settings.max_blocks)
    if len(corners) == 0:
        return []
    evidence = np.zeros(
        (2, a.shape[0] + b.shape[0] - 2 * block_h + 1, a.shape[1] + b.shape[1] - 2 * block_w + 1),
        dtype=np.float32,
    )
    samples = np.full(len(corners), block_h * block_w / 6.0, dtype=np.float32)
    shift_evidence(a, b, corners, block_h, block_w, samples, _FLOOR, evidence)
    view_from_a = np.linalg.inv(source.panel_from_view)
    found = []
    for inverted in (False, True):
        pooled = np.asarray(cv2.blur(evidence[int(inverted)], (3, 3))) * np.float32(9.0)
        for nats, x, y in peaks(pooled, settings.peaks_per_view + 1, radius=3):
            move = np.eye(3)
            move[:2, 2] = [x - (a.shape[1] - block_w), y - (a.shape[0] - block_h)]
            b_from_a = target.panel_from_view @ move @ view_from_a
            found.append(Shift(nats=nats, b_from_a=b_from_a, inverted=inverted))
    return found


def _corners(a: FloatArray, block_h: int, block_w: int, limit: int) -> NDArray[np.int32]:
    """Tile the panel, keep the most textured tiles, in reading order."""
    ys = np.unique(np.linspace(0, a.shape[0] - block_h, -(-a.shape[0] // block_h)).astype(int))
    xs = np.unique(np.linspace(0, a.shape[1] - block_w, -(-a.shape[1] // block_w)).astype(int))
    tiles = [(x, y) for y in ys for x in xs]
    texture = tile_variances(a, np.array(tiles), block_h, block_w)
    order = np.argsort(-texture, kind="stable")[:limit]
    order = np.sort(order[texture[order] > 0.02])
    return np.array([tiles[i] for i in order], dtype=np.int32).reshape(-1, 2)
