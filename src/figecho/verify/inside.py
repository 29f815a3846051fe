"""Copies inside one panel: keep the two places apart, and tell a copy from what repeats by nature.

A panel always agrees with itself in place, and lanes, cells and dishes resemble their neighbours or
their own mirror image. What two places of one picture must share to count as copies is asked here.
"""

from __future__ import annotations

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.agree import cosine
from figecho.verify.frame import Frame, grid_points, on_one_grid, sampled
from figecho.verify.lanes import Scene
from figecho.verify.outline import transform_points
from figecho.verify.overlay import overlay

#: Below this in the finest octave two places agree in shape alone.
SAME_GRAIN = 0.4
_BAND_AGREES = 0.4
#: How far around so many keypoints their grain is compared.
_CLOSE_PX, _CLOSE_POINTS = 6, 40
_DISC = np.hypot(*np.mgrid[-_CLOSE_PX : _CLOSE_PX + 1, -_CLOSE_PX : _CLOSE_PX + 1]) <= _CLOSE_PX
#: Shifts asked for a pattern: from so far on, which no grain reaches, up to this share of the
#: region; what is there must hold this share of what the region does.
_PATTERN_FROM_PX, _PATTERN_REACH, _PATTERN_LEFT = 5, 0.75, 0.3


def grain_shared(grid: Frame, points: NDArray[np.float64]) -> float:
    """Return the correlation of the finest octave close around points and where they are moved to.

    Copies share their grain where their keypoints lie; places whose keypoints only look alike do
    not. It costs a hundredth of laying one panel on the other.

    Parameters
    ----------
    grid : Frame
    points : ndarray of shape (n, 2)
        On the grid of A.
    """
    here = _close_to(points[:_CLOSE_POINTS])
    there = transform_points(grid.start, here)
    density = np.minimum(sampled(grid.a.density[0], here), sampled(grid.b.density[0], there))
    weight = np.sqrt(density)
    return cosine(
        weight * sampled(grid.a.values[0], here), weight * sampled(grid.b.values[0], there)
    )


def _close_to(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pixels around points, each once, from left to right.

    To mark them takes a third of the time of sorting them.
    """
    pixels = np.rint(points).astype(np.int64)
    low = pixels.min(axis=0) - _CLOSE_PX
    marked = np.zeros(np.ptp(pixels, axis=0) + len(_DISC), np.bool_)
    for x, y in (pixels - low - _CLOSE_PX).tolist():
        marked[x : x + len(_DISC), y : y + len(_DISC)] |= _DISC
    columns, rows = np.divmod(np.flatnonzero(marked), marked.shape[1])
    return np.asarray(np.stack([columns, rows], axis=1) + low, dtype=np.float64)


def pattern(plane: FloatArray, grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> float:
    """Return how much a region is like what lies a little way off: dashes, a mesh, a screen.

    What repeats by itself agrees as well with its next repeat as with a place far off, and a copy
    of it cannot be told. The correlation of the finest octave at the best of all short shifts: in
    copies mostly below 0.3, seldom 0.5, in dashed lines 0.6 to 0.9; shifts about as that of the
    copy itself are not asked.

    Parameters
    ----------
    plane : ndarray of shape (h, w), float32
        What is seen of A, each pixel weighed by the root of its samples.
    grid : Frame
    geometry : ndarray of shape (3, 3)
    region : ndarray of bool, shape (h, w)
        On the grid of A.
    """
    ys, xs = np.nonzero(region)
    rows, columns = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
    inside = region[rows, columns].astype(np.float32)
    down, right = (max(_PATTERN_FROM_PX + 1, int(_PATTERN_REACH * n)) for n in inside.shape)
    wide = cv2.copyMakeBorder(plane, down, down, right, right, cv2.BORDER_CONSTANT, value=0)
    around = wide[rows.start : rows.stop + 2 * down, columns.start : columns.stop + 2 * right]
    here = plane[rows, columns] * inside
    power = float((here * here).sum())
    if power <= 0.0:
        return 0.0
    together = cv2.matchTemplate(around, here, cv2.TM_CCORR)
    # In a flat region the product of two powers is too small for single precision.
    there = cv2.matchTemplate(around * around, inside, cv2.TM_CCORR).astype(np.float64)
    shift_y, shift_x = np.mgrid[-down : down + 1, -right : right + 1]
    centre = np.array([[xs.mean(), ys.mean()]])
    moved_x, moved_y = (transform_points(on_one_grid(grid, geometry), centre) - centre)[0]
    asked = (np.hypot(shift_x, shift_y) > _PATTERN_FROM_PX) & (there >= _PATTERN_LEFT * power)
    for sign in (-1, 1):
        asked &= np.hypot(shift_x - sign * moved_x, shift_y - sign * moved_y) > _PATTERN_FROM_PX
    return float((together[asked] / np.sqrt(power * there[asked])).max(initial=0.0))


def apart(grid: Frame, geometry: Matrix, min_shift_px: float) -> NDArray[np.bool_]:
    """Where the geometry really moves a pixel: a panel always agrees with itself in place."""
    there = np.ascontiguousarray(grid.b_from_bgrid @ geometry)
    apart = np.empty(grid.size[::-1], np.bool_)
    _apart(there, grid.a_from_grid, min_shift_px**2, apart)
    return apart


@nb.njit(cache=True, error_model="numpy")
def _apart(there: Matrix, here: Matrix, least: float, apart: BoolArray) -> None:
    # Read once, so that the rest runs on vectors.
    xx, xy, yx, yy = there[0, 0], there[0, 1], there[1, 0], there[1, 1]
    zx, zy, from_xx, from_xy = there[2, 0], there[2, 1], here[0, 0], here[0, 1]
    from_yx, from_yy = here[1, 0], here[1, 1]
    for y in range(apart.shape[0]):
        row = apart[y]
        base_x, base_y = xy * y + there[0, 2], yy * y + there[1, 2]
        base_z = zy * y + there[2, 2]
        from_x, from_y = from_xy * y + here[0, 2], from_yy * y + here[1, 2]
        for x in range(len(row)):
            nearer = 1.0 / (zx * x + base_z)
            move_x = (xx * x + base_x) * nearer - (from_xx * x + from_x)
            move_y = (yx * x + base_y) * nearer - (from_yx * x + from_y)
            row[x] = move_x * move_x + move_y * move_y >= least


def moves(grid: Frame, geometry: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the place of each grid pixel and how far it is moved, panel pixels, (h, w, 2) each.

    The two grids may differ in size a little, so that moves are not to be read from them.
    """
    points = grid_points(grid.size)
    here = transform_points(grid.a_from_grid, points)
    there = transform_points(grid.b_from_bgrid @ geometry, points)
    shape = (*grid.size[::-1], 2)
    return here.reshape(shape), (there - here).reshape(shape)


def one_side(grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep one of the two places: a mirrored copy also maps the copy to the original."""
    _, move = moves(grid, geometry)
    inside = move[region]
    axis = np.linalg.svd(inside[:: max(1, len(inside) // 500)], full_matrices=False)[2][0]
    ahead = region & ((move @ axis) > 0)
    behind = region & ~ahead
    larger = ahead if np.count_nonzero(ahead) >= np.count_nonzero(behind) else behind
    return np.asarray(larger, dtype=bool)


def ahead(
    grid: Frame, geometry: Matrix, region: NDArray[np.bool_], *, inverted: bool
) -> NDArray[np.bool_]:
    """Cut a region that reaches into its own image back to where it agrees best.

    Lanes and strips resemble their neighbours a little, so the region of moved lanes may run on
    into the lanes they were moved to. One window along the motion, as long as the motion, holds the
    copy; it is set where the finest octaves agree most.
    """
    here, move = moves(grid, geometry)
    mean = move[region].mean(axis=0)
    length = float(np.linalg.norm(mean))
    place = here[region] @ (mean / max(length, 1e-6))
    mirrored = np.linalg.det(geometry[:2, :2]) < 0
    if mirrored or float(np.ptp(place)) <= 1.05 * length or length < 2.0:
        return region
    laid = overlay(grid, geometry, inverted=inverted)
    gain = sum(
        (x * y - 0.5 * _BAND_AGREES * (x * x + y * y))[region]
        for x, y in zip(laid.a[:2], laid.b[:2], strict=True)
    )
    bins = np.floor(place - place.min()).astype(int)
    sums = np.concatenate([[0.0], np.cumsum(np.bincount(bins, weights=np.asarray(gain, float)))])
    reach = max(1, min(int(length), len(sums) - 1))
    start = int(np.argmax(sums[reach:] - sums[:-reach]))
    kept = np.zeros_like(region)
    kept[region] = (bins >= start) & (bins < start + reach)
    return kept


def disjoint(
    polygon: NDArray[np.float64], b_from_a: Matrix, *, in_shape: bool, scene: Scene = "field"
) -> bool:
    """Whether a region and its image lie apart.

    A mirror image in shape alone needs a gap: the two halves of one symmetric object touch. So do
    the parts of a rim, the only thing in a gel that is turned by nature.
    """
    image = transform_points(b_from_a, polygon)
    move = image.mean(axis=0) - polygon.mean(axis=0)
    length = float(np.linalg.norm(move))
    if length < 1e-6:
        return False
    halves = in_shape and np.linalg.det(b_from_a[:2, :2]) < 0
    along, there = polygon @ (move / length), image @ (move / length)
    extent = max(float(np.ptp(along)), float(np.ptp(there)))
    gap = there.min() - along.max()
    least = 0.1 if halves else 0.0 if scene == "turned" else -0.35
    return bool(gap > least * extent)
