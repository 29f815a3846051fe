"""Copies inside one panel: keep the two places apart, and tell a copy from what repeats by nature.

A panel always agrees with itself in place, and lanes, cells and dishes resemble their neighbours or
their own mirror image. What two places of one picture must share to count as copies is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, Matrix
from figecho.verify.agree import Agreement, agreeing_region, cosine
from figecho.verify.bands import RATHER_A_GEL, SHAPES, Octaves, tilt_rad
from figecho.verify.frame import Frame, grid_points, sampled
from figecho.verify.membrane import calmer_half
from figecho.verify.outline import transform_points
from figecho.verify.overlay import overlay

Scene = Literal["field", "gel", "turned"]

_AXIS_PX, _TRIVIAL_PX, _AXIS_GRAIN = 60, 4.0, 0.6
#: Below this in the finest octave two places agree in shape alone.
SAME_GRAIN = 0.4
_BAND_AGREES, _ROW_SLOPE = 0.4, 0.15
#: How far a mirrored place may slide along the axis and still be the other half of one object, and
#: the correlation of the finest octave that no two halves reach.
_GLIDE_PX, _SAME_BY_COPY = 2.0, 0.9
_EXACT = 1.04
#: Correlation of the finest octave that round cells, pores and lanes of one kind share by nature,
#: and of the second one where that counts.
_BY_NATURE = (0.38, 0.6)
#: How far neither bands nor their smiles lean. In 430 panels that pass for gels, real ones drawn
#: more than once and some generated, the few proposals that turn further agree in the two finest
#: octaves by up to 0.34 and 0.55; a sparse field of cells that passed for one, by 0.46 and 0.94: so
#: much of the evidence the grain has to carry.
TURNED_DEG, _GRAIN_CARRIES = 20.0, 1.0 / 6.0
#: Samples that the fit of the motion and the choice of the places use up: of cells and pores there
#: are more to choose from than of lanes. The best of 2,000 proposals in those panels are worth 11
#: nats so, where 30 are asked for.
_FITTED_SAMPLES = {"field": 18.0, "gel": 12.0, "turned": 12.0}
#: How far around so many keypoints their grain is compared.
_CLOSE_PX, _CLOSE_POINTS = 6, 40
_DISC = np.hypot(*np.mgrid[-_CLOSE_PX : _CLOSE_PX + 1, -_CLOSE_PX : _CLOSE_PX + 1]) <= _CLOSE_PX
#: Shifts asked for a pattern: from so far on, which no grain reaches, up to this share of the
#: region; what is there must hold this share of what the region does.
_PATTERN_FROM_PX, _PATTERN_REACH, _PATTERN_LEFT = 5, 0.75, 0.3
#: From Fisher's gain to the nats of :data:`figecho.judge.background.TAILS`, which it was fitted to.
NATS_A_GAIN = 15.0


def inside_nats(
    rho: Sequence[float], samples: Sequence[float], b_from_a: Matrix,
    *, banded: float = 0.0, repeat: float = 0.0, pattern: float = 0.0, scene: Scene = "field",
) -> float:  # fmt: skip
    """Return the evidence for a copy inside a panel.

    Both places went through the same lens, scanner and compression, so a copy keeps its grain;
    round cells and lanes of one kind agree in shape alone. How far they do in the finest octave is
    measured: pores and nuclei up to 0.55, seldom 0.75 in a score of samples, lanes of one real gel
    up to 0.6, copies 0.55 to 0.9. Fisher's z counts the samples, so that a small place must agree
    better. In a gel the lanes tell by themselves how alike they are: replicates side by side agree
    like copies, but several of them do, and the evidence of each is what it exceeds the next by.
    No gel turns its bands: places that agree turned tell by the second octave as well, which is all
    that a smooth gel has. What was pasted keeps its size and shape; what only looks alike seldom
    does.

    Parameters
    ----------
    rho, samples : sequence of float
        Correlation and independent samples in each octave, finest first.
    b_from_a : ndarray of shape (3, 3)
    banded : float, 0..1
        How far the panel is a gel or a blot, and ``repeat`` counts.
    repeat : float
        The highest correlation of another motion inside the panel, where it is known.
    pattern : float
        See :func:`pattern`.
    scene : {"field", "gel", "turned"}
        See :func:`scene_of`.
    """
    known = max(banded * _z(repeat), _z(pattern))
    exact = 1.0 if rigid(b_from_a, stretch=_EXACT, scale=_EXACT) else 0.4
    gain = [
        n * max(_z(r) - max(_z(nature), known), 0.0) ** 2
        for nature, r, n in zip(_BY_NATURE, rho, samples, strict=False)
    ]

    def worth(octaves: int) -> float:
        left = 1.0 - _FITTED_SAMPLES[scene] / max(sum(samples[:octaves]), 1e-9)
        return NATS_A_GAIN * exact * 0.5 * max(left, 0.0) * sum(gain[:octaves])

    if scene != "turned":
        return worth(1)
    return min(worth(2), worth(1) / _GRAIN_CARRIES)


def scene_of(b_from_a: Matrix, octaves: Octaves) -> Scene:
    """Return where a motion takes place: in no gel, in a gel, or in a gel whose bands it turns.

    Lanes resemble each other and their mirror images, but none lies across.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    octaves : Octaves
        Of the panel.
    """
    if octaves.banded <= RATHER_A_GEL:
        return "field"
    linear = b_from_a[:2, :2]
    if _turned_deg(linear) > TURNED_DEG and np.linalg.det(linear) < 0:
        # A mirror image turns with the gel, in whose own directions it is to be seen.
        tilt = tilt_rad(octaves.values[SHAPES])
        upright = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        linear = upright @ linear @ upright.T
    return "turned" if _turned_deg(linear) > TURNED_DEG else "gel"


def _turned_deg(linear: NDArray[np.float64]) -> float:
    """Return how far a motion turns what is level, 0..90; upside down and mirrored it still is."""
    (xx, xy), (yx, yy) = linear
    hand = 1.0 if xx * yy >= xy * yx else -1.0
    angle = np.arctan2(yx - hand * xy, xx + hand * yy)
    return float(np.degrees(np.arcsin(min(abs(np.sin(angle)), 1.0))))


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


def pattern(grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> float:
    """Return how much a region is like what lies a little way off: dashes, a mesh, a screen.

    What repeats by itself agrees as well with its next repeat as with a place far off, and a copy
    of it cannot be told. The correlation of the finest octave at the best of all short shifts: in
    copies mostly below 0.3, seldom 0.5, in dashed lines 0.6 to 0.9; shifts about as that of the
    copy itself are not asked.

    Parameters
    ----------
    grid : Frame
    geometry : ndarray of shape (3, 3)
    region : ndarray of bool, shape (h, w)
        On the grid of A.
    """
    plane = np.sqrt(grid.a.density[0]) * grid.a.values[0]
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
    there = cv2.matchTemplate(around * around, inside, cv2.TM_CCORR)
    shift_y, shift_x = np.mgrid[-down : down + 1, -right : right + 1]
    centre = np.array([[xs.mean(), ys.mean()]])
    to_a = np.linalg.inv(grid.a_from_grid) @ grid.b_from_bgrid @ geometry
    moved_x, moved_y = (transform_points(to_a, centre) - centre)[0]
    asked = (np.hypot(shift_x, shift_y) > _PATTERN_FROM_PX) & (there >= _PATTERN_LEFT * power)
    for sign in (-1, 1):
        asked &= np.hypot(shift_x - sign * moved_x, shift_y - sign * moved_y) > _PATTERN_FROM_PX
    return float((together[asked] / np.sqrt(power * there[asked])).max(initial=0.0))


def in_a_row(grid: Frame, geometry: Matrix, region: NDArray[np.bool_]) -> bool:
    """Whether a region is moved along the gel or across it, as from a lane to the next one."""
    ys, xs = np.nonzero(region)
    centre = np.array([[xs.mean(), ys.mean()]])
    there = transform_points(grid.b_from_bgrid @ geometry, centre)
    x, y = (there - transform_points(grid.a_from_grid, centre))[0]
    along = complex(x, y) * np.exp(-1j * tilt_rad(grid.a.values[SHAPES]))
    sides = np.sort(np.abs([along.real, along.imag]))
    return bool(sides[0] <= _ROW_SLOPE * sides[1])


def away_from_bands(
    grid: Frame, geometry: Matrix, result: Agreement, *, inverted: bool
) -> Agreement:
    """Measure the finest octave of a region of a gel on the calmer half of it."""
    laid = overlay(grid, geometry, inverted=inverted)
    rho, samples = calmer_half(laid, result.region)
    return replace(result, rho=(rho[0], *result.rho[1:]), samples=(samples[0], *result.samples[1:]))


def _z(rho: float) -> float:
    return float(np.arctanh(np.clip(rho, 0.0, 0.995)))


def rigid(b_from_a: Matrix, *, stretch: float = 1.12, scale: float = 1.35) -> bool:
    """Whether a motion keeps size and shape about, as copies within one picture do."""
    wide, narrow = np.linalg.svd(b_from_a[:2, :2] / b_from_a[2, 2], compute_uv=False)
    size = float(np.sqrt(wide * narrow))
    return bool(wide <= stretch * narrow and 1.0 / scale <= size <= scale)


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


def _moves(grid: Frame, geometry: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
    _, move = _moves(grid, geometry)
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
    here, move = _moves(grid, geometry)
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


def one_object(b_from_a: Matrix, rho: float) -> bool:
    """Whether a motion only mirrors, without sliding along the axis: the halves of a face, a shell.

    What is mirrored and pasted seldom comes to lie square across from where it was taken; where the
    grain is the same it is a copy all the same.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    rho : float
        Correlation of the finest octave.
    """
    linear = b_from_a[:2, :2] / b_from_a[2, 2]
    if np.linalg.det(linear) > 0:
        return False
    # Along its axis a reflection leaves directions as they are.
    angle = 0.5 * np.arctan2(linear[1, 0] + linear[0, 1], linear[0, 0] - linear[1, 1])
    glide_px = float(np.array([np.cos(angle), np.sin(angle)]) @ (b_from_a[:2, 2] / b_from_a[2, 2]))
    return abs(glide_px) <= _GLIDE_PX and rho < _SAME_BY_COPY


def symmetric(
    grid: Frame, geometry: Matrix, result: Agreement, *, inverted: bool, min_shift_px: float
) -> bool:
    """Whether the agreement runs on through the axis: one symmetric object, not two places.

    Near the axis of a mirroring, or the centre of a half turn, every pixel falls close to itself,
    and is left out of the region. Between two copies the panel shows something else there, though
    bands and lanes may still agree in shape: where the region keeps its grain, so must the axis.
    """
    laid = overlay(grid, geometry, inverted=inverted)
    near = (
        laid.both & ~apart(grid, geometry, 1.5 * min_shift_px) & apart(grid, geometry, _TRIVIAL_PX)
    )
    ys, xs = np.nonzero(result.region)
    between = np.zeros_like(near)
    between[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    near &= between
    if np.count_nonzero(near) < _AXIS_PX:
        return False
    if result.rho[0] >= SAME_GRAIN:
        if grid.a.banded > RATHER_A_GEL:
            # Lanes are pasted edge to edge: beside its mirror image a copy looks like one object.
            # But what is pasted keeps its shape; the two halves of a lane do so only about.
            return not rigid(grid.to_panels(geometry), stretch=_EXACT, scale=_EXACT)
        weight = np.sqrt(laid.density[0][near])
        a, b = weight * laid.a[0][near], weight * laid.b[0][near]
        power = float(np.sqrt((a @ a) * (b @ b)))
        return power > 0.0 and float(a @ b) > _AXIS_GRAIN * result.rho[0] * power
    agreeing = agreeing_region(laid.a, laid.b, laid.both)
    return bool(agreeing[near].mean() > 0.5)


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
