"""Nearest neighbours and consensus: the true geometry is found, too little gives nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.describe.basis import in_sign_basis
from figecho.describe.features import Features
from figecho.describe.forms import ALL_FORMS, AS_IS, INVERTED, MIRRORED, Form, sift_in_form
from figecho.match.consensus import Consensus, distinct, find_consensus, fit_similarity
from figecho.match.grow import plausible, residuals_px, simplest_geometry
from figecho.match.nearest import Matches, match_binary, match_forms, match_within

TOLERANCE_PX = 3.0
SHAPE = (200, 300)


def unit(rng: np.random.Generator, count: int) -> np.ndarray:
    d = rng.random((count, 128), np.float32) ** 3
    return np.asarray(d / np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-9), np.float32)


def plain_matches(a: np.ndarray, b: np.ndarray, ratio: float, least: float) -> dict[int, int]:
    """The ratio test in a few lines: the oracle."""
    kept = {}
    if len(b) >= 2:
        for k, line in enumerate(a.astype(np.float64) @ b.astype(np.float64).T):
            first, second = np.argsort(-line, kind="stable")[:2]
            far = np.sqrt(2.0 - 2.0 * line[second])
            if line[first] >= least and np.sqrt(max(2.0 - 2.0 * line[first], 0.0)) < ratio * far:
                kept[k] = int(first)
    return kept


@given(
    st.integers(0, 10_000), st.integers(0, 150), st.integers(0, 40), st.sampled_from(ALL_FORMS),
    st.sampled_from([0.6, 0.85, 0.97]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_matching_in_forms_equals_a_plain_ratio_test(
    seed: int, m: int, n: int, form: Form, ratio: float
) -> None:
    rng = np.random.default_rng(seed)
    b = unit(rng, n)
    a = unit(rng, m)
    copied = min(m, n) // 2
    a[:copied] = sift_in_form(b, form)[:copied] + 0.02 * rng.random((copied, 128), np.float32)
    a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-9)
    found = match_forms(in_sign_basis(a), in_sign_basis(b), ratio=ratio, min_cosine=0.7)
    assert list(found) == list(ALL_FORMS)
    for asked, matches in found.items():
        expected = plain_matches(sift_in_form(a, asked), b, ratio, 0.7)
        assert dict(zip(matches.a.tolist(), matches.b.tolist(), strict=True)) == expected
        assert (matches.cosine >= 0.7).all()
    if n >= 2 and copied:
        assert set(range(copied)) <= set(found[form].a.tolist())


@pytest.mark.parametrize(("m", "n"), [(0, 0), (0, 5), (5, 0), (5, 1), (1, 1)])
def test_nothing_to_compare_with_gives_no_match(m: int, n: int) -> None:
    rng = np.random.default_rng(1)
    blocks = in_sign_basis(unit(rng, m)), in_sign_basis(unit(rng, n))
    assert all(len(f) == 0 for f in match_forms(*blocks, ratio=0.9, min_cosine=-1.0).values())
    bits = [rng.integers(0, 256, (k, 32), np.uint8) for k in (m, n)]
    assert len(match_binary(*bits, ratio=0.9)) == 0


def test_a_single_descriptor_matches_its_own_among_others() -> None:
    rng = np.random.default_rng(2)
    b = unit(rng, 30)
    found = match_forms(in_sign_basis(b[7:8]), in_sign_basis(b), ratio=0.8, min_cosine=0.7)
    assert found[AS_IS].b.tolist() == [7]
    assert found[AS_IS].cosine[0] == pytest.approx(1.0, abs=1e-4)


def test_two_equal_neighbours_are_ambiguous_and_dropped() -> None:
    b = unit(np.random.default_rng(3), 20)
    b[5] = b[4]
    found = match_forms(in_sign_basis(b[4:5]), in_sign_basis(b), ratio=0.9, min_cosine=0.5)
    assert len(found[AS_IS]) == 0


def test_binary_matches_are_the_nearest_by_bits() -> None:
    rng = np.random.default_rng(4)
    b = rng.integers(0, 256, (40, 32), np.uint8)
    a = b[[3, 9]].copy()
    a[0, 0] ^= 0b1010
    found = match_binary(a, b, ratio=0.8)
    assert found.b.tolist() == [3, 9]
    assert found.cosine.tolist() == pytest.approx([1.0 - 2 / 256, 1.0])


@pytest.mark.parametrize("form", [AS_IS, MIRRORED], ids=lambda f: f.words)
def test_inside_one_panel_only_distant_twins_match(form: Form) -> None:
    rng = np.random.default_rng(5)
    d = unit(rng, 30)
    xy = np.c_[np.arange(30) * 40.0, np.zeros(30)].astype(np.float32)
    d[20] = sift_in_form(d[2:3], form)[0]
    d[11] = sift_in_form(d[10:11], form)[0]
    xy[11] = xy[10] + [6, 0]

    def pairs(least: float) -> set[tuple[int, int]]:
        found = match_within(
            in_sign_basis(d), xy, (AS_IS, MIRRORED), ratio=0.7, min_cosine=0.8, min_shift_px=least
        )[form]
        shift = np.linalg.norm(xy[found.a] - xy[found.b], axis=1)
        assert (shift >= least).all()
        return set(zip(found.a.tolist(), found.b.tolist(), strict=True))

    assert pairs(16.0) >= {(2, 20), (20, 2)}
    assert not pairs(16.0) & {(10, 11), (11, 10)}
    assert {(10, 11), (11, 10)} <= pairs(4.0)


def test_inside_one_panel_a_thing_seen_three_times_matches_both_others() -> None:
    d = unit(np.random.default_rng(6), 30)
    d[12] = d[22] = d[2]
    xy = np.c_[np.arange(30) * 40.0, np.zeros(30)].astype(np.float32)
    found = match_within(
        in_sign_basis(d), xy, (AS_IS,), ratio=0.7, min_cosine=0.8, min_shift_px=16.0
    )[AS_IS]
    assert set(found.b[found.a == 2].tolist()) == {12, 22}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_inside_one_panel_too_few_keypoints_match_nothing(count: int) -> None:
    d = unit(np.random.default_rng(7), count)
    xy = np.c_[np.arange(count) * 40.0, np.zeros(count)].astype(np.float32)
    found = match_within(
        in_sign_basis(d), xy, (AS_IS,), ratio=0.9, min_cosine=0.0, min_shift_px=1.0
    )
    assert len(found[AS_IS]) == 0


def cloud(
    seed: int, matrix: np.ndarray, form: Form, *, true: int, false: int, noise_px: float = 0.4
) -> tuple[Features, Features, Matches]:
    """Keypoints of which the first ``true`` follow the matrix, with believable sizes and angles."""
    rng = np.random.default_rng(seed)
    count = true + false
    a = rng.uniform([0, 0], [SHAPE[1], SHAPE[0]], (count, 2))
    b = rng.uniform([0, 0], [SHAPE[1], SHAPE[0]], (count, 2)) * 2.0
    b[:true] = a[:true] @ matrix[:2, :2].T + matrix[:2, 2] + rng.normal(0, noise_px, (true, 2))
    angle_a, size_a = rng.uniform(0, 360, count), rng.uniform(3, 20, count)
    angle_b, size_b = rng.uniform(0, 360, count), rng.uniform(3, 20, count)
    heading = np.deg2rad(angle_a[:true])
    turned = np.c_[np.cos(heading), np.sin(heading)] @ matrix[:2, :2].T
    angle_b[:true] = np.rad2deg(np.arctan2(turned[:, 1], turned[:, 0]))
    angle_b[:true] += rng.normal(0, 4, true) + (180.0 if form.inverted else 0.0)
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    size_b[:true] = size_a[:true] * scale * np.exp(rng.normal(0, 0.08, true))

    def features(xy: np.ndarray, size: np.ndarray, angle: np.ndarray) -> Features:
        return Features(
            xy=xy.astype(np.float32), size=size.astype(np.float32),
            angle_deg=(angle % 360).astype(np.float32), descriptors=np.zeros((count, 128), "f4"),
        )  # fmt: skip

    index = np.arange(count, dtype=np.int32)
    matches = Matches(a=index, b=index, cosine=np.ones(count, np.float32))
    return features(a, size_a, angle_a), features(b, size_b, angle_b), matches


def similarity(angle_deg: float, scale: float, mirrored: bool, x: float, y: float) -> np.ndarray:
    t = np.deg2rad(angle_deg)
    linear = scale * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    matrix[:2, 2] = [x, y]
    return matrix


def consensus(data: tuple[Features, Features, Matches], form: Form, models: int = 1):
    return find_consensus(*data, form, tolerance_px=TOLERANCE_PX, min_support=4, max_models=models)


@given(
    st.integers(0, 10_000), st.floats(-180, 180), st.floats(0.5, 2.0), st.sampled_from(ALL_FORMS),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_a_similarity_is_found_among_twenty_times_as_many_false_matches(
    seed: int, angle_deg: float, scale: float, form: Form
) -> None:
    truth = similarity(angle_deg, scale, form.mirrored, 210.0, 130.0)
    best = consensus(cloud(seed, truth, form, true=20, false=380), form)[0]
    assert best.form == form
    assert np.count_nonzero(best.support < 20) >= 17
    assert np.count_nonzero(best.support >= 20) <= 5
    found = best.b_from_a[:2, :2]
    size = np.sqrt(abs(np.linalg.det(found)))
    assert size == pytest.approx(scale, rel=0.03)
    turn = found @ truth[:2, :2].T / (size * scale)
    assert abs(np.rad2deg(np.arctan2(turn[1, 0], turn[0, 0]))) < 1.5
    assert (np.linalg.det(found) < 0) == form.mirrored
    there = np.array([150.0, 100.0, 1.0])
    assert np.linalg.norm((best.b_from_a - truth) @ there) < 3.0


def test_two_geometries_are_found_one_after_the_other() -> None:
    one, two = similarity(20, 1.2, False, 30, 40), similarity(-60, 0.8, False, 200, 220)
    first = cloud(1, one, AS_IS, true=40, false=0)
    second = cloud(2, two, AS_IS, true=25, false=60)

    def joined(p: Features, q: Features) -> Features:
        return Features(
            xy=np.r_[p.xy, q.xy], size=np.r_[p.size, q.size],
            angle_deg=np.r_[p.angle_deg, q.angle_deg],
            descriptors=np.r_[p.descriptors, q.descriptors],
        )  # fmt: skip

    index = np.arange(125, dtype=np.int32)
    data = (
        joined(first[0], second[0]),
        joined(first[1], second[1]),
        Matches(a=index, b=index, cosine=np.ones(125, np.float32)),
    )
    found: list[Consensus] = consensus(data, AS_IS, models=3)
    assert len(found) >= 2
    assert np.allclose(found[0].b_from_a[:2, :2], one[:2, :2], atol=0.03)
    assert np.allclose(found[1].b_from_a[:2, :2], two[:2, :2], atol=0.03)
    assert not set(found[0].support) & set(found[1].support)
    assert len(consensus(data, AS_IS, models=1)) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_matches_give_no_model(count: int) -> None:
    data = cloud(3, np.eye(3), AS_IS, true=count, false=0)
    assert consensus(data, AS_IS) == []


def test_matches_at_one_place_are_one_witness() -> None:
    data = cloud(4, np.eye(3), AS_IS, true=12, false=0, noise_px=0.0)
    for features in data[:2]:
        features.xy[:] = features.xy[0]
    assert consensus(data, AS_IS) == []


def test_chance_matches_support_little() -> None:
    most = 0
    for seed in range(5):
        found = consensus(cloud(seed, np.eye(3), AS_IS, true=0, false=300), AS_IS)
        most = max([most, *(len(f.support) for f in found)])
    assert most <= 8


@given(st.integers(0, 10_000), st.floats(-180, 180), st.floats(0.3, 3.0))
@settings(max_examples=25, deadline=None)
def test_a_similarity_is_fitted_exactly_to_exact_points(
    seed: int, angle_deg: float, scale: float
) -> None:
    truth = similarity(angle_deg, scale, False, -40.0, 25.0)
    a = np.random.default_rng(seed).uniform(0, 100, (5, 2))
    fitted = fit_similarity(a, a @ truth[:2, :2].T + truth[:2, 2])
    assert fitted is not None
    assert np.allclose(fitted, truth, atol=1e-8)


def test_points_that_determine_nothing_fit_nothing() -> None:
    one = np.array([[3.0, 4.0]])
    assert fit_similarity(one, one) is None
    assert (
        fit_similarity(np.repeat(one, 5, axis=0), np.random.default_rng(0).random((5, 2))) is None
    )
    assert fit_similarity(np.eye(2) * 50, np.repeat(one, 2, axis=0)) is None


def test_distinct_counts_each_place_once_on_both_sides() -> None:
    a = np.array([[0, 0], [0.2, 0.1], [10, 0], [20, 0], [30, 0]], float)
    b = np.array([[5, 5], [50, 50], [5.3, 4.8], [70, 0], [80, 0]], float)
    assert distinct(a, b).tolist() == [0, 3, 4]
    assert distinct(np.zeros((0, 2)), np.zeros((0, 2))).tolist() == []


def grown(truth: np.ndarray, start: np.ndarray, noise_px: float = 0.5, count: int = 120):
    rng = np.random.default_rng(8)
    a = rng.uniform([0, 0], [SHAPE[1], SHAPE[0]], (count, 2))
    mapped = np.c_[a, np.ones(count)] @ truth.T
    b = mapped[:, :2] / mapped[:, 2:] + rng.normal(0, noise_px, (count, 2))
    outliers = rng.uniform([0, 0], [SHAPE[1], SHAPE[0]], (count // 4, 2))
    a = np.r_[a, outliers]
    b = np.r_[b, rng.permutation(outliers)]
    return simplest_geometry(start, a, b, SHAPE, tolerance_px=TOLERANCE_PX), count


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_similarity_stays_one(mirrored: bool) -> None:
    truth = similarity(30, 1.1, mirrored, 100, 20)
    geometry, count = grown(truth, truth)
    assert geometry.model == "similarity"
    assert np.count_nonzero(geometry.inliers < count) > 0.9 * count


def test_a_stretch_needs_the_affine_model() -> None:
    truth = np.array([[1.15, 0.05, 5.0], [0.0, 0.95, 8.0], [0.0, 0.0, 1.0]])
    start = similarity(0, np.sqrt(1.15 * 0.95), False, 20, 3)
    geometry, count = grown(truth, start)
    assert geometry.model == "affine"
    assert np.count_nonzero(geometry.inliers < count) > 0.6 * count
    assert np.count_nonzero(geometry.inliers >= count) < 5
    assert np.allclose(geometry.b_from_a[:2, :2], truth[:2, :2], atol=0.02)


def test_perspective_needs_the_homography() -> None:
    truth = np.array([[1.0, 0.02, 4.0], [0.01, 1.0, 3.0], [4e-4, -3e-4, 1.0]])
    geometry, count = grown(truth, similarity(0, 1.0, False, 0, 0))
    assert geometry.model == "homography"
    assert np.count_nonzero(geometry.inliers < count) > 0.8 * count


def test_no_match_near_the_similarity_leaves_it_alone() -> None:
    start = similarity(0, 1.0, False, 0, 0)
    a = np.random.default_rng(9).uniform(0, 100, (20, 2))
    geometry = simplest_geometry(start, a, a + 90.0, SHAPE, tolerance_px=TOLERANCE_PX)
    assert len(geometry.inliers) == 0
    assert np.array_equal(geometry.b_from_a, start)


def test_residuals_are_distances_in_b() -> None:
    a = np.array([[10.0, 20.0], [0.0, 0.0]])
    b = np.array([[23.0, 44.0], [0.0, 0.0]])
    assert residuals_px(np.diag([2.0, 2.0, 1.0]), a, b).tolist() == [5.0, 0.0]
    assert residuals_px(np.diag([4.0, 4.0, 2.0]), a, b).tolist() == [5.0, 0.0]


@pytest.mark.parametrize(
    "matrix",
    [
        similarity(77, 0.5, True, 3, 4),
        similarity(-10, 3.0, False, 3, 4),
        np.diag([1.2, 0.9, 1.0]),
        np.array([[1.0, 0, 0], [0, 1.0, 0], [5e-4, 0, 1.0]]),
        7.0 * similarity(5, 1.0, False, 3, 4),
    ],
    ids=["mirrored half", "triple", "stretch", "mild perspective", "scaled by a factor"],
)
def test_what_a_copy_may_be_is_plausible(matrix: np.ndarray) -> None:
    assert plausible(matrix, SHAPE)


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([1e-6, 1e-6, 1.0]),
        np.diag([1.0, 0.0, 1.0]),
        np.array([[1.0, 2.5, 0], [0, 1.0, 0], [0, 0, 1.0]]),
        similarity(0, 5.0, False, 0, 0),
        similarity(0, 0.2, False, 0, 0),
        np.array([[1.0, 0, 0], [0, 1.0, 0], [-0.01, 0, 1.0]]),
        np.array([[1.0, 0, 0], [0, 1.0, 0], [0.02, 0, 1.0]]),
        np.full((3, 3), np.nan),
        np.diag([np.inf, 1.0, 1.0]),
    ],
    ids=["collapse", "line", "shear", "x5", "x0.2", "folding", "steep", "nan", "inf"],
)
def test_what_no_copy_is_is_refused(matrix: np.ndarray) -> None:
    assert not plausible(matrix, SHAPE)


def test_inversion_turns_the_reference_direction_by_half_a_turn() -> None:
    data = cloud(11, similarity(15, 1.0, False, 10, 10), INVERTED, true=30, false=60)
    assert len(consensus(data, INVERTED)[0].support) > 25
    wrong = consensus(data, AS_IS)
    assert not wrong or len(wrong[0].support) < 10
