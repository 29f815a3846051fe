"""Small copies inside one panel: which motions do the patches of some place follow together?

Scale-invariant keypoints pass over what a small cloned region shows: a smooth nucleus, a lane, the
grain between. A match of two patches (:mod:`figecho.describe.patches`) proposes a whole motion, and
the matches around it vote: chance matches agree with far ones within a tolerance that grows, but
seldom with near ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.config import Patches as Settings
from figecho.describe.patches import Patches, flattened, patches_at, points
from figecho.match.apart import nearest_apart
from figecho.match.whole import whole_motions
from figecho.model import BoolArray, FloatArray, Matrix
from figecho.verify.lanes import TURNED_DEG

_NEAREST = 2
_REACH_PX, _NEAR_PX, _SLOPE, _MOST_TURN = 40.0, 1.5, 0.10, float(np.deg2rad(30.0))
_LEAST, _TAKEN_PX = 3, 4.0
#: Sine of the angle from which on a motion turns the bands of a gel.
_TURNED = float(np.sin(np.deg2rad(TURNED_DEG)))


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
    whole : bool
        Whether it is by whole pixels and keeps the noise around the points.
    """

    b_from_a: Matrix
    mirrored: bool
    points_a: NDArray[np.float64]
    points_b: NDArray[np.float64]
    votes: float
    matches: int
    whole: bool = False


def motions_within(
    grey: FloatArray, usable: BoolArray, settings: Settings,
    *, min_shift_px: float, gel: bool = False,
) -> list[Motion]:  # fmt: skip
    """Propose the motions that most patches of some place follow, those with most votes first.

    Parameters
    ----------
    grey : ndarray of shape (h, w), float32, 0..255
    usable : ndarray of shape (h, w), bool
    settings : Settings
    min_shift_px : float
        Patches nearer to each other are not compared.
    gel : bool
        Whether lanes repeat by nature, among which what lies turned would get no hearing.

    Returns
    -------
    list of Motion
        At most ``settings.max_motions``, upright and mirrored together, and in a gel as many more
        that turn its bands, of ``settings.min_votes`` or more: of drawn clones all but one in a
        hundred reach that, of chance motions a third.
    """
    flat = flattened(grey, usable)
    patches = patches_at(flat, points(flat, usable, settings.max_points), gel=gel)
    found: tuple[list[Motion], list[Motion]] = ([], [])
    same: list[Motion] = []
    for mirrored, matched in zip(
        (False, True), matches(patches, settings.min_cosine, min_shift_px), strict=True
    ):
        for level, motions in enumerate(
            _motions(patches, *matched, mirrored=mirrored, most=settings.max_motions, gel=gel)
        ):
            found[level].extend(m for m in motions if m.votes >= settings.min_votes)
        same += _same(grey, usable, patches, matched, mirrored=mirrored, most=settings.max_whole)
    best: list[Motion] = []
    for motions in found:
        motions.sort(key=lambda m: (-m.votes, m.mirrored, tuple(m.b_from_a.ravel())))
        best += motions[: settings.max_motions]
    return best + same


def matches(
    patches: Patches, min_cosine: float, min_shift_px: float
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]]:
    """Match every patch with the few most like it, and like its mirror image, some way off.

    Returns
    -------
    two tuples, as they are and mirrored
        ``source`` and ``target``, ndarray of int, shape (m,), and ``cosine``, float32.
    """
    floor = float(np.nextafter(np.float32(min_cosine), np.float32(-1.0)))
    top, order = nearest_apart(
        patches.cosines, patches.sines, patches.xy,
        depth=_NEAREST, floor=floor, min_shift_px=min_shift_px,
    )  # fmt: skip
    found = []
    for k in range(2):
        source, rank = np.nonzero(top[k] >= min_cosine)
        found.append((source, order[k, source, rank].astype(np.intp), top[k, source, rank]))
    return found


@nb.njit(cache=True)
def local_votes(
    a: FloatArray, b: FloatArray, turn: FloatArray, weight: FloatArray,
    reach_px: float, near_px: float, slope: float, most_turn: float,
) -> FloatArray:  # fmt: skip
    """Add up, for the motion of each match, the weights of the matches around it that follow it.

    Parameters
    ----------
    a, b : ndarray of shape (m, 2), float32
        Matched points, from the top of A to its bottom; those of one point of A one after the
        other, of which one counts.
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
    # Upright strips as wide as the reach, each from the top down: only neighbouring ones are asked.
    strip = ((a[:, 0] - a[:, 0].min()) / np.float64(reach_px)).astype(np.int64)
    order = np.argsort(strip, kind="mergesort")
    begin = np.searchsorted(strip[order], np.arange(strip.max() + 2))
    ax, ay = a[order, 0], a[order, 1]
    bx, by = b[order, 0], b[order, 1]
    full = np.float32(2.0 * np.pi)
    angle = (turn - full * np.rint(turn / full))[order]
    reach, near, more = np.float32(reach_px), np.float32(near_px), np.float32(slope)
    most = np.float32(most_turn)
    cosines, sines = np.cos(turn)[order], np.sin(turn)[order]
    weighs = weight[order]
    follows = np.empty(len(a) + 8, np.uint8)
    # Most do not follow: eight are passed over at once.
    eights, none = follows[: len(follows) // 8 * 8].view(np.uint64), np.uint64(0)
    found = weighs.copy()
    for here in range(len(begin) - 1):
        for there in range(max(here - 1, 0), min(here + 2, len(begin) - 1)):
            first = last = begin[there]
            for i in range(begin[here], begin[here + 1]):
                while first < begin[there + 1] and ay[i] - ay[first] > reach:
                    first += 1
                while last < begin[there + 1] and ay[last] - ay[i] <= reach:
                    last += 1
                c, s = cosines[i], sines[i]
                # All tests without a branch, so that they run on vectors.
                some = slice(first, last)
                near_x, near_y, there_x, there_y = ax[some], ay[some], bx[some], by[some]
                count = last - first
                turned, passed = angle[some], follows[:count]
                follows[count : count + 8] = 0
                for k in range(count):
                    dx, dy = near_x[k] - ax[i], near_y[k] - ay[i]
                    off = abs(turned[k] - angle[i])
                    distance = np.sqrt(dx * dx + dy * dy)
                    rx = there_x[k] - bx[i] - (c * dx - s * dy)
                    ry = there_y[k] - by[i] - (s * dx + c * dy)
                    allowed = near + more * distance
                    passed[k] = (
                        (distance <= reach)
                        & (distance > 0)
                        & ((off <= most) | (full - off <= most))
                        & (rx * rx + ry * ry <= allowed * allowed)
                    )
                last_x, last_y = ax[i], ay[i]
                for eight in range(-(-count // 8)):
                    if eights[eight] == none:
                        continue
                    for j in range(first + 8 * eight, min(first + 8 * eight + 8, last)):
                        if follows[j - first] and (ax[j] != last_x or ay[j] != last_y):
                            found[i] += weighs[j]
                            last_x, last_y = ax[j], ay[j]
    votes = np.empty_like(found)
    votes[order] = found
    return votes


def _same(
    grey: FloatArray, usable: BoolArray, patches: Patches,
    matched: tuple[NDArray[np.intp], NDArray[np.intp], FloatArray], *, mirrored: bool, most: int,
) -> list[Motion]:  # fmt: skip
    """Return the motions by whole pixels around whose patches the noise is the same, too."""
    source, target, cosine = matched
    a, b = patches.xy[source].astype(np.float64), patches.xy[target].astype(np.float64)
    turn = _turns(patches, source, target, mirrored=mirrored)
    return [
        Motion(
            b_from_a=b_from_a,
            mirrored=mirrored,
            points_a=points_a,
            points_b=points_a @ b_from_a[:2, :2].T + b_from_a[:2, 2],
            votes=float(len(points_a)),
            matches=len(source),
            whole=True,
        )
        for b_from_a, points_a in whole_motions(
            grey, usable, a, b, turn, cosine, mirrored=mirrored, most=most
        )
    ]


def _turns(
    patches: Patches, source: NDArray[np.intp], target: NDArray[np.intp], *, mirrored: bool
) -> FloatArray:
    """Return the rotation that each match tells, after A is mirrored left to right, radians."""
    angle_a = np.pi - patches.angle[source] if mirrored else patches.angle[source]
    return np.asarray(patches.angle[target] - angle_a, dtype=np.float32)


def _motions(
    patches: Patches, source: NDArray[np.intp], target: NDArray[np.intp], cosine: FloatArray,
    *, mirrored: bool, most: int, gel: bool,
) -> tuple[list[Motion], list[Motion]]:  # fmt: skip
    """Return the motions with most votes, and further ones that turn the bands of a gel."""
    if len(source) < _LEAST:
        return [], []
    flip = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    a, b = patches.xy[source] @ flip[:2, :2], patches.xy[target].astype(np.float64)
    turn = _turns(patches, source, target, mirrored=mirrored)
    # A match weighs what it is worth among the matches of this panel: most of them are chance.
    rank = np.empty(len(cosine))
    rank[np.argsort(-cosine, kind="stable")] = np.arange(len(cosine))
    weight = -np.log((rank + 1.0) / len(rank))
    votes = local_votes(
        a.astype(np.float32), b.astype(np.float32), turn.astype(np.float32),
        weight.astype(np.float32), _REACH_PX, _NEAR_PX, _SLOPE, _MOST_TURN,
    )  # fmt: skip
    order = np.argsort(-votes, kind="stable")
    turned = gel & (np.abs(np.sin(turn)) > _TURNED)
    free = np.ones(len(a), dtype=bool)

    def followed(seed: int) -> Motion | None:
        matrix, gap, follows = fitted(a, b, seed, float(turn[seed]), _REACH_PX, _NEAR_PX, _SLOPE)
        near = np.flatnonzero(follows)
        free[gap < _TAKEN_PX] = False
        if len(near) < _LEAST:
            return None
        return Motion(
            b_from_a=matrix @ flip,
            mirrored=mirrored,
            points_a=patches.xy[source[near]].astype(np.float64),
            points_b=b[near],
            votes=float(votes[seed]),
            matches=len(source),
        )

    def best(seeds: NDArray[np.intp]) -> list[Motion]:
        found: list[Motion] = []
        for seed in seeds[: 20 * most]:
            if len(found) == most:
                break
            if free[seed] and (motion := followed(int(seed))) is not None:
                found.append(motion)
        return found

    return best(order), best(order[turned[order]])


@nb.njit(cache=True)
def fitted(
    a: NDArray[np.float64], b: NDArray[np.float64], seed: int, turn: float,
    reach_px: float, near_px: float, slope: float,
) -> tuple[Matrix, NDArray[np.float64], BoolArray]:  # fmt: skip
    """Fit a rotation and shift to the followers of a match, from near ones to far ones.

    Parameters
    ----------
    a, b : ndarray of shape (m, 2)
        Matched points.
    seed : int
        The match whose surroundings are followed.
    turn : float
        Rotation that it tells, radians.
    reach_px, near_px, slope : float
        As in :func:`local_votes`; each of four rounds looks farther and allows less.

    Returns
    -------
    b_from_a : ndarray of shape (3, 3)
    gap : ndarray of shape (m,)
        How far each mapped point of A is from its partner.
    follows : ndarray of bool, shape (m,)
    """
    count = a.shape[0]
    gap = np.empty(count)
    follows = np.zeros(count, np.bool_)
    c, s = np.cos(turn), np.sin(turn)
    x0, y0, u0, v0 = a[seed, 0], a[seed, 1], b[seed, 0], b[seed, 1]
    # Where the seed goes, off its partner: all places are taken from the seed and its partner.
    off_x = off_y = 0.0
    for turns in range(5):
        last = turns == 4
        allowed = 0.0 if last else slope
        n = sum_x = sum_y = sum_u = sum_v = dot = cross = 0.0
        for k in range(count):
            x, y, u, v = a[k, 0] - x0, a[k, 1] - y0, b[k, 0] - u0, b[k, 1] - v0
            gap[k] = np.sqrt((c * x - s * y + off_x - u) ** 2 + (s * x + c * y + off_y - v) ** 2)
            distance = np.sqrt(x * x + y * y)
            follows[k] = gap[k] <= near_px + allowed * distance and distance <= reach_px
            if follows[k]:
                n += 1.0
                sum_x += x
                sum_y += y
                sum_u += u
                sum_v += v
                dot += x * u + y * v
                cross += x * v - y * u
        if last:
            break
        if n < 2.0:
            slope = 0.0
            continue
        turn = np.arctan2(
            cross - (sum_x * sum_v - sum_y * sum_u) / n, dot - (sum_x * sum_u + sum_y * sum_v) / n
        )
        c, s = np.cos(turn), np.sin(turn)
        off_x = (sum_u - c * sum_x + s * sum_y) / n
        off_y = (sum_v - s * sum_x - c * sum_y) / n
        slope, reach_px = 0.4 * slope, 1.6 * reach_px
    matrix = np.eye(3)
    matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1] = c, -s, s, c
    matrix[0, 2] = u0 + off_x - c * x0 + s * y0
    matrix[1, 2] = v0 + off_y - s * x0 - c * y0
    return matrix, gap, follows
