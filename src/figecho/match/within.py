"""Small copies inside one panel: every grain and blob is a point, and its surroundings its name.

Scale-invariant keypoints pass over what a small cloned region shows: a smooth nucleus, a lane, the
grain between. A copy inside a panel keeps its size, so the points here need no scale: all extrema
of a fine band-pass, each described by what lies around it, as the harmonics of a few rings (the
circular harmonics of Cozzolino, Poggi and Verdoliva, IEEE TIFS 2015, at points instead of
everywhere). Turned back by the phase of the first harmonic they do not depend on how the patch is
turned; their inner product is the correlation of two patches, and mirroring only changes the sign
of the sines. A match proposes a whole motion, and the matches around it vote: chance matches agree
with far ones within a tolerance that grows, but seldom with near ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.config import Patches
from figecho.describe.features import strongest_spread
from figecho.match.nearest import best_apart
from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.bands import mean_filter, smooth

_FINE_PX, _BROAD_PX, _WINDOW_PX, _FLOOR = 0.8, 3.5, 8.0, 2.0
_BLOB_PX, _PEAK_PX, _FAINT, _CLEAR_PX = 1.2, 5, 0.02, 7
_RINGS_PX, _ANGLES, _HARMONICS, _DIRECTED = (2.0, 4.0, 6.0, 8.0), 16, 6, 0.2
_NEAREST, _ROWS_AT_ONCE = 2, 512
_REACH_PX, _NEAR_PX, _SLOPE, _MOST_TURN = 40.0, 1.5, 0.10, float(np.deg2rad(30.0))
_LEAST, _TAKEN_PX = 3, 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Described:
    """Points of a panel and the upright harmonics around each.

    Attributes
    ----------
    xy : ndarray of shape (n, 2), float32
    angle : ndarray of shape (n,), float32
        Direction of each patch, radians, clockwise in the image.
    cosines, sines : ndarray of shape (n, d), float32
        Together of unit length; those of a mirrored patch are the same but for the sign of the
        sines.
    """

    xy: FloatArray
    angle: FloatArray
    cosines: FloatArray
    sines: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """A rigid motion inside a panel that patches around one place follow.

    Attributes
    ----------
    b_from_a : ndarray of shape (3, 3)
    mirrored : bool
    points_a, points_b : ndarray of shape (n, 2)
        Patches that follow it.
    votes : float
        How much more they are alike than other matches of the panel, in nats.
    matches : int
        Matches it was found among.
    """

    b_from_a: Matrix
    mirrored: bool
    points_a: NDArray[np.float64]
    points_b: NDArray[np.float64]
    votes: float
    matches: int


def motions_within(
    grey: FloatArray, usable: BoolArray, settings: Patches, *, min_shift_px: float
) -> list[Motion]:
    """Propose the motions that most patches of some place follow, those with most votes first.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    settings : Patches
    min_shift_px : float
        Patches nearer to each other are not compared.

    Returns
    -------
    list of Motion
        At most ``settings.max_motions``, upright and mirrored together.
    """
    flat = flattened(grey, usable)
    patches = described(flat, points(flat, usable, settings.max_points))
    found = [
        motion
        for mirrored in (False, True)
        for motion in _motions(
            patches, *matches(patches, mirrored, settings.min_cosine, min_shift_px),
            mirrored=mirrored, most=settings.max_motions,
        )
    ]  # fmt: skip
    found.sort(key=lambda m: (-m.votes, m.mirrored, tuple(m.b_from_a.ravel())))
    return found[: settings.max_motions]


def flattened(grey: FloatArray, usable: BoolArray) -> FloatArray:
    """Return the fine structure of a panel divided by its local contrast, 0 where it is masked."""
    weight = usable.astype(np.float32)
    detail = (smooth(grey, _FINE_PX) - smooth(grey, _BROAD_PX)) * weight
    power = mean_filter(detail * detail, _WINDOW_PX) / (mean_filter(weight, _WINDOW_PX) + 1e-3)
    return np.asarray(detail / np.sqrt(power + _FLOOR**2), dtype=np.float32)


def points(flat: FloatArray, usable: BoolArray, limit: int) -> FloatArray:
    """Find the extrema of a band-pass to a fraction of a pixel: dark and bright grains and blobs.

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
        Output of :func:`flattened`.
    usable : ndarray of shape (h, w), bool
    limit : int
        At most this many, spread over the panel.

    Returns
    -------
    ndarray of shape (n, 2), float32
    """
    size = np.abs(smooth(flat, _BLOB_PX) - smooth(flat, 2.0 * _BLOB_PX))
    highest = cv2.dilate(size, np.ones((_PEAK_PX, _PEAK_PX), np.uint8))
    clear = cv2.erode(usable.astype(np.uint8), np.ones((_CLEAR_PX, _CLEAR_PX), np.uint8)) > 0
    peak = (size >= highest) & (size > _FAINT) & clear
    peak[[0, -1]] = False
    peak[:, [0, -1]] = False
    y, x = np.nonzero(peak)
    xy = np.stack(
        [
            x + _vertex(size[y, x - 1], size[y, x], size[y, x + 1]),
            y + _vertex(size[y - 1, x], size[y, x], size[y + 1, x]),
        ],
        axis=1,
    ).astype(np.float32)
    return xy[strongest_spread(xy, size[y, x], flat.shape, limit)]


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    """Return where a parabola through three neighbours has its top, -0.5..0.5."""
    bend = np.minimum(before - 2.0 * here + after, -1e-6)
    return np.asarray(np.clip(0.5 * (before - after) / bend, -0.5, 0.5), dtype=np.float32)


def described(flat: FloatArray, xy: FloatArray) -> Described:
    """Describe the patch around each point; those without a direction are left out.

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
    xy : ndarray of shape (n, 2), float32

    Returns
    -------
    Described
    """
    radii = np.asarray(_RINGS_PX, dtype=np.float32)
    waves = np.fft.rfft(sample_rings(flat, xy, radii, _ANGLES), axis=2)[:, :, :_HARMONICS]
    # A ring stands for an area that grows with it; a mean is counted once, a wave twice.
    waves = waves * np.sqrt(radii)[None, :, None]
    waves[:, :, 0] *= np.sqrt(0.5)
    first = waves[:, :, 1].sum(axis=1)
    norm = np.sqrt((np.abs(waves) ** 2).sum(axis=(1, 2))) + 1e-6
    angle = -np.angle(first)
    upright = waves * np.exp(1j * angle[:, None] * np.arange(_HARMONICS))[:, None, :]
    upright = upright.reshape(len(xy), len(radii) * _HARMONICS) / norm[:, None]
    kept = np.abs(first) > _DIRECTED * norm
    return Described(
        xy=xy[kept],
        angle=angle[kept].astype(np.float32),
        cosines=np.ascontiguousarray(upright.real[kept], dtype=np.float32),
        sines=np.ascontiguousarray(upright.imag[kept], dtype=np.float32),
    )


@nb.njit(cache=True)
def sample_rings(flat: FloatArray, xy: FloatArray, radii: FloatArray, angles: int) -> FloatArray:
    """Sample the rings around every point (bilinear, the border repeated).

    Parameters
    ----------
    flat : ndarray of shape (h, w), float32
    xy : ndarray of shape (n, 2), float32
    radii : ndarray of shape (r,), float32
    angles : int
        How many samples a ring has.

    Returns
    -------
    ndarray of shape (n, r, angles), float32
    """
    height, width = flat.shape
    turn = 2.0 * np.pi / angles
    cosines = np.array([np.cos(turn * k) for k in range(angles)])
    sines = np.array([np.sin(turn * k) for k in range(angles)])
    rings = np.empty((xy.shape[0], radii.shape[0], angles), dtype=np.float32)
    for n in range(xy.shape[0]):
        for r in range(radii.shape[0]):
            for k in range(angles):
                x = min(max(xy[n, 0] + radii[r] * cosines[k], 0.0), width - 1.0)
                y = min(max(xy[n, 1] + radii[r] * sines[k], 0.0), height - 1.0)
                left, top = min(int(x), width - 2), min(int(y), height - 2)
                fx, fy = x - left, y - top
                upper = (1.0 - fx) * flat[top, left] + fx * flat[top, left + 1]
                lower = (1.0 - fx) * flat[top + 1, left] + fx * flat[top + 1, left + 1]
                rings[n, r, k] = (1.0 - fy) * upper + fy * lower
    return rings


def matches(
    patches: Described, mirrored: bool, min_cosine: float, min_shift_px: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
    """Match every patch with the few most like it, or like its mirror image, some way off.

    Returns
    -------
    source, target : ndarray of int, shape (m,)
    cosine : ndarray of shape (m,), float32
    """
    count = len(patches.xy)
    own = np.hstack([patches.cosines, patches.sines])
    other = np.hstack([patches.cosines, -patches.sines]) if mirrored else own
    top = np.full((count, _NEAREST), -1.0, np.float32)
    order = np.zeros((count, _NEAREST), np.int32)
    for lo in range(0, count, _ROWS_AT_ONCE):
        rows = slice(lo, lo + _ROWS_AT_ONCE)
        best_apart(own[rows] @ other.T, patches.xy, lo, min_shift_px, top[rows], order[rows])
    source, rank = np.nonzero(top >= min_cosine)
    return source, order[source, rank].astype(np.intp), top[source, rank]


@nb.njit(cache=True)
def local_votes(
    a: FloatArray, b: FloatArray, turn: FloatArray, weight: FloatArray,
    reach_px: float, near_px: float, slope: float, most_turn: float,
) -> FloatArray:  # fmt: skip
    """Add up, for the motion of each match, the weights of the matches around it that follow it.

    Parameters
    ----------
    a, b : ndarray of shape (m, 2), float32
        Matched points; those of one point of A one after the other, of which one counts.
    turn : ndarray of shape (m,), float32
        Rotation that each match tells, radians.
    weight : ndarray of shape (m,), float32
    reach_px : float
        How far around its point of A a match is followed.
    near_px, slope : float
        Allowed error in B, at the point and more for each pixel away from it.
    most_turn : float
        Largest difference of two rotations, radians.

    Returns
    -------
    ndarray of shape (m,), float32
    """
    votes = weight.copy()
    for i in range(a.shape[0]):
        c, s = np.cos(turn[i]), np.sin(turn[i])
        last_x, last_y = a[i, 0], a[i, 1]
        for j in range(a.shape[0]):
            dx, dy = a[j, 0] - a[i, 0], a[j, 1] - a[i, 1]
            if abs(dx) > reach_px or abs(dy) > reach_px:
                continue
            distance = np.sqrt(dx * dx + dy * dy)
            if distance == 0.0 or distance > reach_px:
                continue
            off = turn[j] - turn[i]
            off -= 2.0 * np.pi * np.round(off / (2.0 * np.pi))
            if abs(off) > most_turn:
                continue
            rx = b[j, 0] - b[i, 0] - (c * dx - s * dy)
            ry = b[j, 1] - b[i, 1] - (s * dx + c * dy)
            if np.sqrt(rx * rx + ry * ry) > near_px + slope * distance:
                continue
            if a[j, 0] != last_x or a[j, 1] != last_y:
                votes[i] += weight[j]
                last_x, last_y = a[j, 0], a[j, 1]
    return votes


def _motions(
    patches: Described, source: NDArray[np.intp], target: NDArray[np.intp], cosine: FloatArray,
    *, mirrored: bool, most: int,
) -> list[Motion]:  # fmt: skip
    if len(source) < _LEAST:
        return []
    flip = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    a, b = patches.xy[source] @ flip[:2, :2], patches.xy[target].astype(np.float64)
    angle_a = np.pi - patches.angle[source] if mirrored else patches.angle[source]
    turn = patches.angle[target] - angle_a
    # A match weighs what it is worth among the matches of this panel: most of them are chance.
    rank = np.argsort(np.argsort(-cosine, kind="stable"), kind="stable")
    weight = -np.log((rank + 1.0) / len(rank))
    votes = local_votes(
        a.astype(np.float32), b.astype(np.float32), turn.astype(np.float32),
        weight.astype(np.float32), _REACH_PX, _NEAR_PX, _SLOPE, _MOST_TURN,
    )  # fmt: skip
    free = np.ones(len(a), dtype=bool)
    found: list[Motion] = []
    for seed in np.argsort(-votes, kind="stable")[: 20 * most]:
        if len(found) == most:
            break
        if not free[seed]:
            continue
        matrix, near, gap = _fitted(a, b, int(seed), float(turn[seed]))
        free[gap < _TAKEN_PX] = False
        if len(near) >= _LEAST:
            found.append(
                Motion(
                    b_from_a=matrix @ flip,
                    mirrored=mirrored,
                    points_a=patches.xy[source[near]].astype(np.float64),
                    points_b=b[near],
                    votes=float(votes[seed]),
                    matches=len(source),
                )
            )
    return found


def _fitted(
    a: NDArray[np.float64], b: NDArray[np.float64], seed: int, turn: float
) -> tuple[Matrix, NDArray[np.intp], NDArray[np.float64]]:
    """Fit a motion to the followers of a match, from near ones to far ones; with all errors."""
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = b[seed] - matrix[:2, :2] @ a[seed]
    distance = np.linalg.norm(a - a[seed], axis=1)
    slope, reach = _SLOPE, _REACH_PX
    for _ in range(4):
        gap = np.linalg.norm(a @ matrix[:2, :2].T + matrix[:2, 2] - b, axis=1)
        near = np.flatnonzero((gap <= _NEAR_PX + slope * distance) & (distance <= reach))
        if len(near) < 2:
            break
        matrix, slope, reach = rigid(a[near], b[near]), 0.4 * slope, 1.6 * reach
    gap = np.linalg.norm(a @ matrix[:2, :2].T + matrix[:2, 2] - b, axis=1)
    return matrix, np.flatnonzero((gap <= _NEAR_PX) & (distance <= reach)), gap


def rigid(a: NDArray[np.float64], b: NDArray[np.float64]) -> Matrix:
    """Return the least-squares rotation and shift that takes points of shape (n, 2) to others."""
    centre_a, centre_b = a.mean(axis=0), b.mean(axis=0)
    u, v = a - centre_a, b - centre_b
    turn = np.arctan2((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum(), (u * v).sum())
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = centre_b - matrix[:2, :2] @ centre_a
    return matrix
