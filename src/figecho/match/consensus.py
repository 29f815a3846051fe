"""Which similarity explains most of the matches? Every match is asked in turn.

A SIFT match carries position, size and direction at both ends, so one match alone proposes a whole
similarity. Trying each of them against all the others is exhaustive, costs n^2 for n matches, needs
no randomness and finds a model that holds for three matches in a hundred, where sampling pairs of
matches would need thousands of rounds. The direction of a single keypoint is uncertain, so the
tolerance of a proposal grows with the distance from it; the best proposals are then refitted to
their supporters with a fixed tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from figecho.describe.features import Features
from figecho.describe.forms import Form
from figecho.match.nearest import Matches
from figecho.model import Matrix

_MAX_TURN = np.float32(np.deg2rad(30.0))
_MAX_LOG_ZOOM = np.float32(np.log(1.6))
#: How fast the tolerance of a proposal grows with the distance from it; how often it is refitted.
_SLOPE, _REFITS = 0.12, 6
#: How many of the proposals with most votes are refitted.
_SEEDS = 8
_VANISHING = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consensus:
    """A similarity and the matches that agree with it.

    Attributes
    ----------
    b_from_a : ndarray of shape (3, 3), float64
        Panel pixels; mirrored forms included, so its determinant may be negative.
    support : ndarray of int
        Indices into the matches, one for each distinct keypoint position on both sides.
    form : Form
    """

    b_from_a: Matrix
    support: NDArray[np.intp]
    form: Form


@nb.njit(cache=True)
def _votes(
    ax: NDArray[np.float32], ay: NDArray[np.float32], bx: NDArray[np.float32],
    by: NDArray[np.float32], turn: NDArray[np.float32], zoom: NDArray[np.float32],
    base: float, slope: float,
) -> NDArray[np.int32]:  # fmt: skip
    n = ax.shape[0]
    votes = np.zeros(n, dtype=np.int32)
    for i in range(n):
        c = np.exp(zoom[i]) * np.cos(turn[i])
        s = np.exp(zoom[i]) * np.sin(turn[i])
        size = max(np.exp(zoom[i]), 1e-3)
        for j in range(n):
            d_turn = turn[j] - turn[i]
            d_turn -= 2 * np.pi * np.round(d_turn / (2 * np.pi))
            if abs(d_turn) > _MAX_TURN or abs(zoom[j] - zoom[i]) > _MAX_LOG_ZOOM:
                continue
            dx, dy = ax[j] - ax[i], ay[j] - ay[i]
            rx = bx[j] - bx[i] - (c * dx - s * dy)
            ry = by[j] - by[i] - (s * dx + c * dy)
            tolerance = base * max(1.0, size) + slope * size * np.sqrt(dx * dx + dy * dy)
            if rx * rx + ry * ry <= tolerance * tolerance:
                votes[i] += 1
    return votes


def fit_similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> Matrix | None:
    """Least-squares similarity without reflection taking ``a`` to ``b``; None if undetermined.

    Parameters
    ----------
    a, b : ndarray of shape (n, 2)

    Returns
    -------
    ndarray of shape (3, 3) or None
    """
    c, s, x, y = _fit(a, b, np.arange(len(a), dtype=np.intp))
    if c * c + s * s < _VANISHING:
        return None
    return np.array([[c, -s, x], [s, c, y], [0.0, 0.0, 1.0]])


@nb.njit(cache=True)
def _fit(
    a: NDArray[np.float64], b: NDArray[np.float64], chosen: NDArray[np.intp]
) -> tuple[float, float, float, float]:
    """Return cosine and sine, times the scale, and shift of the best similarity; zeros if none."""
    n = len(chosen)
    ax = ay = bx = by = 0.0
    for k in chosen:
        ax += a[k, 0]
        ay += a[k, 1]
        bx += b[k, 0]
        by += b[k, 1]
    if n < 2:
        return 0.0, 0.0, 0.0, 0.0
    ax, ay, bx, by = ax / n, ay / n, bx / n, by / n
    norm = c = s = 0.0
    for k in chosen:
        ux, uy, vx, vy = a[k, 0] - ax, a[k, 1] - ay, b[k, 0] - bx, b[k, 1] - by
        norm += ux * ux + uy * uy
        c += ux * vx + uy * vy
        s += ux * vy - uy * vx
    if norm < 1e-6:
        return 0.0, 0.0, 0.0, 0.0
    c, s = c / norm, s / norm
    return c, s, bx - (c * ax - s * ay), by - (s * ax + c * ay)


@nb.njit(cache=True)
def _distinct(
    a: NDArray[np.float64], b: NDArray[np.float64], chosen: NDArray[np.intp]
) -> NDArray[np.intp]:
    seen_a, seen_b = set(), set()
    kept = np.empty(len(chosen), np.intp)
    count = 0
    for k in chosen:
        key_a = (np.int64(np.rint(a[k, 0])), np.int64(np.rint(a[k, 1])))
        key_b = (np.int64(np.rint(b[k, 0])), np.int64(np.rint(b[k, 1])))
        if key_a not in seen_a and key_b not in seen_b:
            seen_a.add(key_a)
            seen_b.add(key_b)
            kept[count] = k
            count += 1
    return kept[:count]


def distinct(points_a: NDArray[np.float64], points_b: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return indices of correspondences that share no rounded position on either side."""
    return np.asarray(_distinct(points_a, points_b, np.arange(len(points_a), dtype=np.intp)))


def find_consensus(
    features_a: Features,
    features_b: Features,
    matches: Matches,
    form: Form,
    *,
    tolerance_px: float,
    min_support: int,
    max_models: int,
) -> list[Consensus]:
    """Find the similarities that explain the most matches, each on what the last one left.

    Parameters
    ----------
    features_a, features_b : Features
        In panel pixels.
    matches : Matches
    form : Form
        The form of B in which the matches were found.
    tolerance_px : float, > 0
        Largest distance, in pixels of B, of a supporting match from its predicted place.
    min_support : int
        Fewest distinct matches a model needs.
    max_models : int
        At most this many models, strongest first.

    Returns
    -------
    list of Consensus
    """
    if len(matches) < min_support:
        return []
    flip = np.diag([-1.0, 1.0, 1.0]) if form.mirrored else np.eye(3)
    a = features_a.xy[matches.a].astype(np.float64)
    if form.mirrored:
        a[:, 0] = -a[:, 0]
    b = features_b.xy[matches.b].astype(np.float64)
    angle_a = features_a.angle_deg[matches.a]
    angle_a = 180.0 - angle_a if form.mirrored else angle_a
    turn = np.deg2rad(features_b.angle_deg[matches.b] - angle_a + (180.0 if form.inverted else 0.0))
    zoom = np.log(features_b.size[matches.b] / features_a.size[matches.a])
    left = np.arange(len(matches), dtype=np.intp)
    found: list[Consensus] = []
    while len(found) < max_models and len(left) >= min_support:
        here_a, here_b = a[left], b[left]
        (c, s, x, y), supporters = _strongest(
            here_a, here_b, turn[left], zoom[left], tolerance_px, min_support
        )
        if len(supporters) < min_support:
            break
        model = np.array([[c, -s, x], [s, c, y], [0.0, 0.0, 1.0]])
        found.append(Consensus(b_from_a=model @ flip, support=left[supporters], form=form))
        everywhere = np.linalg.norm(_apply(model, here_a) - here_b, axis=1)
        left = left[everywhere > 2.0 * tolerance_px]
    return found


def _apply(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ matrix[:2, :2].T + matrix[:2, 2]


@nb.njit(cache=True)
def _strongest(
    a: NDArray[np.float64], b: NDArray[np.float64], turn: NDArray[np.float32],
    zoom: NDArray[np.float32], tolerance_px: float, least: int,
) -> tuple[tuple[float, float, float, float], NDArray[np.intp]]:  # fmt: skip
    """Return the proposal with most supporters of those with most votes, and its supporters."""
    f32 = np.float32
    votes = _votes(
        a[:, 0].astype(f32), a[:, 1].astype(f32), b[:, 0].astype(f32), b[:, 1].astype(f32),
        turn, zoom, tolerance_px, _SLOPE,
    )  # fmt: skip
    best, most = (0.0, 0.0, 0.0, 0.0), np.empty(0, np.intp)
    for _ in range(min(_SEEDS, len(votes))):
        seed = int(votes.argmax())
        if votes[seed] < least:
            break
        votes[seed] = -1
        model, support = _refit(a, b, seed, float(turn[seed]), float(zoom[seed]), tolerance_px)
        if len(support) > len(most):
            best, most = model, support
    return best, most


@nb.njit(cache=True)
def _refit(
    a: NDArray[np.float64], b: NDArray[np.float64], seed: int, turn: float, zoom: float,
    tolerance_px: float,
) -> tuple[tuple[float, float, float, float], NDArray[np.intp]]:  # fmt: skip
    """Refit the proposal of one match to its supporters; return it and them, none if it fails."""
    size = np.exp(zoom)
    c, s = size * np.cos(turn), size * np.sin(turn)
    x = b[seed, 0] - (c * a[seed, 0] - s * a[seed, 1])
    y = b[seed, 1] - (s * a[seed, 0] + c * a[seed, 1])
    slope = _SLOPE
    near = np.empty(len(a), np.intp)
    for turns in range(_REFITS + 1):
        count = 0
        for k in range(len(a)):
            rx = c * a[k, 0] - s * a[k, 1] + x - b[k, 0]
            ry = s * a[k, 0] + c * a[k, 1] + y - b[k, 1]
            tolerance = tolerance_px * max(1.0, size)
            if turns < _REFITS:
                tolerance += slope * size * np.hypot(a[k, 0] - a[seed, 0], a[k, 1] - a[seed, 1])
            if rx * rx + ry * ry <= tolerance * tolerance:
                near[count] = k
                count += 1
        if turns == _REFITS:
            break
        c, s, x, y = _fit(a, b, near[:count])
        if c * c + s * s < _VANISHING:
            return (0.0, 0.0, 0.0, 0.0), near[:0]
        slope *= 0.4
    return (c, s, x, y), _distinct(a, b, near[:count])
