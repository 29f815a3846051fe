"""Small copies inside one panel are proposed by the patches around their grains."""

from __future__ import annotations

import numpy as np
import pytest

from figecho.config import Patches
from figecho.describe.patches import flattened, patches_at, points, sample_rings
from figecho.match.within import fitted, local_votes, motions_within
from scenes import everywhere, grey, jpeg, rendering

SETTINGS = Patches()


def source_of(name: str) -> tuple[int, int]:
    """Return where in the lower left of a panel 30 x 30 pixels vary most."""
    image = rendering(name, 16, 220, 260)
    places = [(x, y) for y in range(80, 180, 5) for x in range(10, 150, 5)]
    return max(places, key=lambda p: float(image[p[1] : p[1] + 30, p[0] : p[0] + 30].std()))


def cloned(name: str, turns: int, *, mirrored: bool) -> np.ndarray:
    """Copy 30 x 30 pixels of a panel that show something to another place of it."""
    image = rendering(name, 16, 220, 260).copy()
    x, y = source_of(name)
    part = image[y : y + 30, x : x + 30]
    image[20:50, 200:230] = np.rot90(part[:, ::-1] if mirrored else part, turns)
    return jpeg(image, 92)


@pytest.mark.parametrize("name", ["eosin", "transmission", "phase"])
@pytest.mark.parametrize("turns", [0, 1, 2])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_motion_of_a_small_clone_is_proposed(name: str, turns: int, mirrored: bool) -> None:
    image = grey(cloned(name, turns, mirrored=mirrored))
    found = motions_within(image, everywhere(image), SETTINGS, min_shift_px=16.0)
    x, y = source_of(name)
    here, there = np.array([x + 14.5, y + 14.5, 1.0]), np.array([214.5, 34.5, 1.0])
    hits = [
        m
        for m in found
        for p, q in ((here, there), (there, here))
        if np.linalg.norm((m.b_from_a @ p - q)[:2]) < 2.0
    ]
    assert hits
    assert hits[0].mirrored == mirrored
    assert np.sign(np.linalg.det(hits[0].b_from_a)) == (-1 if mirrored else 1)


def test_a_clone_has_more_votes_than_cells_that_look_alike() -> None:
    image = grey(cloned("eosin", 1, mirrored=False))
    first, *others = motions_within(image, everywhere(image), SETTINGS, min_shift_px=16.0)
    x, y = source_of("eosin")
    ends = np.array([[x + 14.5, y + 14.5], [214.5, 34.5]])
    assert np.linalg.norm(ends - first.points_a.mean(axis=0), axis=1).min() < 15
    assert all(first.votes > other.votes for other in others)


def test_what_is_masked_has_no_points() -> None:
    image = grey(rendering("eosin", 16, 120, 160))
    usable = everywhere(image)
    usable[:, 80:] = False
    xy = points(flattened(image, usable), usable, 500)
    assert len(xy)
    assert xy[:, 0].max() < 80


@pytest.mark.parametrize("value", [0.0, 200.0])
def test_a_flat_panel_proposes_nothing(value: float) -> None:
    flat = np.full((60, 80), value, np.float32)
    assert motions_within(flat, everywhere(flat), SETTINGS, min_shift_px=16.0) == []


def test_descriptors_do_not_depend_on_the_turn_and_mirroring_changes_the_sines() -> None:
    image = flattened(grey(rendering("eosin", 5, 61, 61)), np.ones((61, 61), bool))
    centre = np.array([[30.0, 30.0]], np.float32)
    plain, turned, mirrored = (
        patches_at(np.ascontiguousarray(i), centre)
        for i in (image, np.rot90(image), image[:, ::-1])
    )
    assert np.allclose(plain.cosines, turned.cosines, atol=1e-3)
    assert np.allclose(plain.sines, turned.sines, atol=1e-3)
    assert np.allclose(plain.cosines, mirrored.cosines, atol=1e-3)
    assert np.allclose(plain.sines, -mirrored.sines, atol=1e-3)
    assert np.linalg.norm(np.hstack([plain.cosines, plain.sines])) == pytest.approx(1.0, abs=0.01)


def test_compiled_rings_are_those_of_plain_numpy() -> None:
    flat = np.random.default_rng(1).normal(size=(40, 50)).astype(np.float32)
    xy = np.array([[20.3, 15.8], [1.2, 38.0], [49.0, 0.0]], np.float32)
    radii = np.array([2.0, 7.0], np.float32)
    rings = sample_rings(flat, xy, radii, 8)
    turn = 2 * np.pi * np.arange(8) / 8
    for n, (x0, y0) in enumerate(xy):
        for r, radius in enumerate(radii):
            x = np.clip(x0 + radius * np.cos(turn), 0, 49)
            y = np.clip(y0 + radius * np.sin(turn), 0, 39)
            left, top = np.minimum(x.astype(int), 48), np.minimum(y.astype(int), 38)
            fx, fy = x - left, y - top
            upper = (1 - fx) * flat[top, left] + fx * flat[top, left + 1]
            lower = (1 - fx) * flat[top + 1, left] + fx * flat[top + 1, left + 1]
            assert np.allclose(rings[n, r], (1 - fy) * upper + fy * lower, atol=1e-4)


def test_compiled_votes_are_those_of_plain_numpy() -> None:
    rng = np.random.default_rng(2)
    a = rng.uniform(0, 90, (70, 2)).astype(np.float32)
    a = a[np.argsort(a[:, 1])]
    b = (a + np.array([30.0, -4.0]) + rng.normal(0, 1.5, a.shape)).astype(np.float32)
    turn = rng.normal(0, 0.2, 70).astype(np.float32)
    weight = rng.uniform(0.1, 2.0, 70).astype(np.float32)
    votes = local_votes(a, b, turn, weight, 30.0, 1.5, 0.1, 0.5)
    assert (votes > weight).any()
    for i in range(70):
        c, s = np.cos(turn[i]), np.sin(turn[i])
        move = a - a[i]
        distance = np.hypot(*move.T)
        error = np.hypot(*(b - b[i] - move @ np.array([[c, s], [-s, c]])).T)
        follows = (distance <= 30.0) & (distance > 0) & (np.abs(turn - turn[i]) <= 0.5)
        follows &= error <= 1.5 + 0.1 * distance
        assert votes[i] == pytest.approx(weight[i] + weight[follows].sum(), rel=1e-4)


def test_a_rigid_motion_is_fitted_to_those_who_follow_it_as_plain_numpy_does() -> None:
    rng = np.random.default_rng(3)
    a = rng.uniform(0, 120, (80, 2))
    c, s = np.cos(0.7), np.sin(0.7)
    b = a @ np.array([[c, s], [-s, c]]) + [3.0, -8.0] + rng.normal(0, 0.2, a.shape)
    b[40:] = rng.uniform(0, 120, (40, 2))
    matrix, gap, follows = fitted(a, b, 0, 0.8, 40.0, 1.5, 0.1)
    assert np.allclose(matrix[:2, :2], [[c, -s], [s, c]], atol=0.01)
    assert np.allclose(gap, np.linalg.norm(a @ matrix[:2, :2].T + matrix[:2, 2] - b, axis=1))
    distance = np.linalg.norm(a - a[0], axis=1)
    assert (follows == ((gap <= 1.5) & (distance <= 40.0 * 1.6**4))).all()
    assert follows[:40].all()
    # The last fit is the least-squares one (Kabsch) of those that followed before it.
    u, _, v = np.linalg.svd((a[follows] - a[follows].mean(0)).T @ (b[follows] - b[follows].mean(0)))
    assert np.allclose(v.T @ u.T, matrix[:2, :2], atol=5e-3)


def test_a_match_that_nobody_follows_keeps_its_own_motion() -> None:
    a = np.array([[10.0, 10.0], [15.0, 10.0]])
    b = np.array([[50.0, 50.0], [90.0, 10.0]])
    matrix, gap, follows = fitted(a, b, 0, np.pi / 2, 40.0, 1.5, 0.1)
    assert np.allclose(matrix, [[0, -1, 60], [1, 0, 40], [0, 0, 1]])
    assert gap == pytest.approx([0.0, np.hypot(40.0, 45.0)])
    assert follows.tolist() == [True, False]
