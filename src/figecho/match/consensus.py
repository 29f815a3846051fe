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
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    u, v = a - mean_a, b - mean_b
    norm = float((u * u).sum())
    if len(a) < 2 or norm < 1e-6:
        return None
    c = float((u * v).sum()) / norm
    s = float((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum()) / norm
    if c * c + s * s < 1e-8:
        return None
    matrix = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = mean_b - matrix[:2, :2] @ mean_a
    return matrix


def distinct(points_a: NDArray[np.float64], points_b: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return indices of correspondences that share no rounded position on either side."""
    seen_a: set[tuple[int, int]] = set()
    seen_b: set[tuple[int, int]] = set()
    kept = []
    for k, (p, q) in enumerate(zip(np.rint(points_a), np.rint(points_b), strict=True)):
        key_a, key_b = (int(p[0]), int(p[1])), (int(q[0]), int(q[1]))
        if key_a not in seen_a and key_b not in seen_b:
            seen_a.add(key_a)
            seen_b.add(key_b)
            kept.append(k)
    return np.array(kept, dtype=np.intp)


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
    a = features_a.xy[matches.a].astype(np.float64) @ flip[:2, :2]
    b = features_b.xy[matches.b].astype(np.float64)
    angle_a = features_a.angle_deg[matches.a]
    angle_a = 180.0 - angle_a if form.mirrored else angle_a
    turn = np.deg2rad(features_b.angle_deg[matches.b] - angle_a + (180.0 if form.inverted else 0.0))
    zoom = np.log(features_b.size[matches.b] / features_a.size[matches.a])
    left = np.arange(len(matches), dtype=np.intp)
    found: list[Consensus] = []
    while len(found) < max_models and len(left) >= min_support:
        f32 = np.float32
        votes = _votes(
            a[left, 0].astype(f32), a[left, 1].astype(f32),
            b[left, 0].astype(f32), b[left, 1].astype(f32),
            turn[left].astype(f32), zoom[left].astype(f32), tolerance_px, 0.12,
        )  # fmt: skip
        best: tuple[int, Matrix, NDArray[np.intp]] | None = None
        for seed in np.argsort(-votes, kind="stable")[:8]:
            if votes[seed] < min_support:
                break
            model, support = _refit(
                a[left], b[left], int(seed), turn[left], zoom[left], tolerance_px
            )
            if model is not None and (best is None or len(support) > best[0]):
                best = (len(support), model, support)
        if best is None or best[0] < min_support:
            break
        support = left[best[2]]
        found.append(Consensus(b_from_a=best[1] @ flip, support=support, form=form))
        everywhere = np.linalg.norm(_apply(best[1], a[left]) - b[left], axis=1)
        left = left[everywhere > 2.0 * tolerance_px]
    return found


def _apply(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def _refit(
    a: NDArray[np.float64], b: NDArray[np.float64], seed: int,
    turn: NDArray[np.float64], zoom: NDArray[np.float64], tolerance_px: float,
) -> tuple[Matrix | None, NDArray[np.intp]]:  # fmt: skip
    size = float(np.exp(zoom[seed]))
    c, s = size * np.cos(turn[seed]), size * np.sin(turn[seed])
    model: Matrix | None = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    assert model is not None
    model[:2, 2] = b[seed] - model[:2, :2] @ a[seed]
    slope = 0.12
    near: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
    for _ in range(6):
        residual = np.linalg.norm(_apply(model, a) - b, axis=1)
        distance = np.linalg.norm(a - a[seed], axis=1) * max(size, 1e-3)
        near = np.flatnonzero(residual <= tolerance_px * max(1.0, size) + slope * distance)
        if len(near) < 2:
            return None, near
        fitted = fit_similarity(a[near], b[near])
        if fitted is None:
            return None, near
        model, slope = fitted, slope * 0.4
    residual = np.linalg.norm(_apply(model, a) - b, axis=1)
    near = np.flatnonzero(residual <= tolerance_px * max(1.0, size))
    return model, near[distinct(a[near], b[near])]
