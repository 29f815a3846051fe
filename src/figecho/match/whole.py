"""Motions by whole pixels, turned by quarters or mirrored at most: they keep every pixel as it is.

What was moved so inside a picture agrees with its source down to the noise, in smooth parts as
well as at edges. Tiles, facades and lattices repeat by nature, but not their noise: it tells which
of the many motions that fit the edges is that of a copy.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.model import BoolArray, FloatArray, Matrix

#: How far the turn and the scale of a motion may be off those of a whole one: keypoints a few dozen
#: pixels apart fix them to about that.
_OFF = 0.06
#: Patches of places that are the same differ by compression alone; so many must tell one motion.
_ALIKE, _LEAST = 0.94, 3
#: Half the side of the surroundings of a point that are compared, and how well the finest detail
#: must agree there: saved at quality 100 it does by 0.97, and at 90 often still by this.
_AROUND_PX, _SAME = 7, 0.93
#: Mean square of the detail (grey levels) below which there is nothing to compare; the detail
#: that is none, and the share of pixels without any that a photograph has not where it has grain:
#: in drawings and type half of the pixels are like all their neighbours.
_FAINT, _NONE, _BARE = 0.5, 0.1, 0.4
#: How many points of a proposal are asked, and by how far its motion may be wrong.
_ASKED, _WRONG_PX = 24, 1


def whole_motion(b_from_a: Matrix, points: NDArray[np.float64]) -> Matrix | None:
    """Return the motion by whole pixels next to another one, None where that turns or scales.

    Parameters
    ----------
    b_from_a : ndarray of shape (3, 3)
    points : ndarray of shape (n, 2)
        Where the two should agree.
    """
    centre = np.array([*points.mean(axis=0), 1.0])
    there = b_from_a @ centre
    turn = np.rint(b_from_a[:2, :2] / there[2])
    off = np.abs(b_from_a[:2, :2] / there[2] - turn).max()
    if off > _OFF or np.abs(turn).sum() != 2.0 or abs(np.linalg.det(turn)) != 1.0:
        return None
    return _moved(turn, there[:2] / there[2] - turn @ centre[:2])


def whole_motions(
    grey: FloatArray, usable: BoolArray, a: NDArray[np.float64], b: NDArray[np.float64],
    turn: FloatArray, cosine: FloatArray, *, mirrored: bool, most: int,
) -> list[tuple[Matrix, NDArray[np.float64]]]:  # fmt: skip
    """Find the whole motions under which the noise around most matches is the same.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    a, b : ndarray of shape (m, 2)
        Matched points.
    turn : ndarray of shape (m,), float32
        Rotation that each match tells, radians, after A is mirrored left to right.
    cosine : ndarray of shape (m,), float32
        How alike the matched patches are.
    mirrored : bool
    most : int
        At most this many motions.

    Returns
    -------
    list of (b_from_a, points of A that follow it)
        Those with most points first, each motion in one of its two directions.
    """
    quarters = np.rint(turn / (0.5 * np.pi))
    alike = (cosine >= _ALIKE) & (np.abs(turn - quarters * 0.5 * np.pi) < _OFF)
    if np.count_nonzero(alike) < _LEAST:
        return []
    a, b, which = a[alike], b[alike], quarters[alike].astype(int) % 4
    # Read every match downwards, for a motion and its inverse are one.
    ahead = np.rint(b) - np.rint(a)
    up = (ahead[:, 1] < 0) | ((ahead[:, 1] == 0) & (ahead[:, 0] < 0))
    a, b = np.where(up[:, None], b, a), np.where(up[:, None], a, b)
    which = which if mirrored else np.where(up, -which % 4, which)
    turns = np.stack([_quarter(k) @ np.diag([-1.0 if mirrored else 1.0, 1.0]) for k in range(4)])
    shift = np.rint(b - np.einsum("kij,kj->ki", turns[which], a))
    moves = np.unique(np.c_[which, shift, np.rint(a)], axis=0).astype(np.int64)
    same = detail_alike(grey, usable, moves[:, 3:], turns[moves[:, 0]], moves[:, 1:3])
    moves = moves[same >= _SAME]
    keys, member, count = np.unique(moves[:, :3], axis=0, return_inverse=True, return_counts=True)
    best = np.argsort(-count, kind="stable")
    return [
        (_moved(turns[keys[k, 0]], keys[k, 1:]), moves[member.ravel() == k, 3:].astype(float))
        for k in best[count[best] >= _LEAST][:most]
    ]


def same_around(
    grey: FloatArray, usable: BoolArray, motion: Matrix, points: NDArray[np.float64]
) -> Matrix | None:
    """Return a whole motion, mended by a pixel, if the noise about its points is the same.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    motion : ndarray of shape (3, 3)
        See :func:`whole_motion`.
    points : ndarray of shape (n, 2)

    Returns
    -------
    ndarray of shape (3, 3)
        None where it is the same about fewer than three points.
    """
    asked = points[np.linspace(0, len(points) - 1, min(len(points), _ASKED)).astype(int)]
    here = np.rint(asked).astype(np.int64)
    turns = np.broadcast_to(motion[:2, :2], (len(here), 2, 2))
    best: tuple[int, Matrix] | None = None
    for x, y in np.ndindex(2 * _WRONG_PX + 1, 2 * _WRONG_PX + 1):
        mended = _moved(motion[:2, :2], motion[:2, 2] + [x - _WRONG_PX, y - _WRONG_PX])
        shifts = np.broadcast_to(mended[:2, 2].astype(np.int64), (len(here), 2))
        count = int((detail_alike(grey, usable, here, turns, shifts) >= _SAME).sum())
        if count >= _LEAST and (best is None or count > best[0]):
            best = (count, mended)
    return None if best is None else best[1]


@nb.njit(cache=True)
def detail_alike(
    grey: FloatArray, usable: BoolArray, points: NDArray[np.int64], turns: NDArray[np.float64],
    shifts: NDArray[np.int64],
) -> FloatArray:  # fmt: skip
    """Correlate the finest detail around each point with that where a whole motion takes it.

    Detail is what a pixel has that its four neighbours have not.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32
    usable : ndarray of shape (h, w), bool
    points : ndarray of shape (n, 2), int
    turns : ndarray of shape (n, 2, 2)
        Of entries -1, 0 and 1.
    shifts : ndarray of shape (n, 2), int

    Returns
    -------
    ndarray of shape (n,), float32
        0 where one of the two is flat, drawn, masked in part, or beyond the border.
    """
    height, width = grey.shape
    side = 2 * _AROUND_PX + 1
    found = np.zeros(points.shape[0], np.float32)
    for n in range(points.shape[0]):
        x0, y0 = points[n, 0], points[n, 1]
        xx, xy, yx, yy = turns[n, 0, 0], turns[n, 0, 1], turns[n, 1, 0], turns[n, 1, 1]
        u0 = int(xx * x0 + xy * y0) + shifts[n, 0]
        v0 = int(yx * x0 + yy * y0) + shifts[n, 1]
        reach = _AROUND_PX + 1
        if min(x0, y0, u0, v0) < reach or max(x0, u0) >= width - reach:
            continue
        if max(y0, v0) >= height - reach:
            continue
        whole = True
        bare = 0
        aa = bb = ab = 0.0
        for dy in range(-_AROUND_PX, _AROUND_PX + 1):
            for dx in range(-_AROUND_PX, _AROUND_PX + 1):
                x, y = x0 + dx, y0 + dy
                u, v = u0 + int(xx * dx + xy * dy), v0 + int(yx * dx + yy * dy)
                if not (usable[y, x] and usable[v, u]):
                    whole = False
                    break
                a = grey[y, x] - 0.25 * (
                    grey[y - 1, x] + grey[y + 1, x] + grey[y, x - 1] + grey[y, x + 1]
                )
                b = grey[v, u] - 0.25 * (
                    grey[v - 1, u] + grey[v + 1, u] + grey[v, u - 1] + grey[v, u + 1]
                )
                bare += abs(a) < _NONE
                aa += a * a
                bb += b * b
                ab += a * b
            if not whole:
                break
        pixels = side * side
        if whole and bare < _BARE * pixels and min(aa, bb) > _FAINT * pixels:
            found[n] = ab / np.sqrt(aa * bb)
    return found


def _quarter(turns: int) -> NDArray[np.float64]:
    c, s = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[turns]
    return np.array([[c, -s], [s, c]])


def _moved(turn: NDArray[np.float64], shift: NDArray[np.floating] | NDArray[np.int_]) -> Matrix:
    motion = np.eye(3)
    motion[:2, :2], motion[:2, 2] = turn, np.rint(shift)
    return motion
