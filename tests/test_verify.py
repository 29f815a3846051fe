"""Do the pixels agree? High for copies, nothing for strangers, low for look-alikes."""

from __future__ import annotations

import gc
import pickle
import weakref

import cv2
import numpy as np
import pytest

from figecho.config import Verify
from figecho.verify import frame as frames
from figecho.verify.agree import Agreement, agreement
from figecho.verify.align import align
from figecho.verify.bands import BANDS, directions, octaves_of
from figecho.verify.chance import chance_nats
from figecho.verify.gels import is_gel
from figecho.verify.nats import LOOK_ALIKE, LOOK_ALIKE_GELS, LOOK_ALIKE_LANES, averaged, nats_of
from figecho.verify.outline import outline, polygon_area, transform_points
from figecho.verify.overlay import overlay
from figecho.verify.planes import correlation
from figecho.verify.step import (
    descend,
    median,
    normal_equations,
    normal_equations_plain,
    robust_scale,
    sample_pairs,
)
from figecho.verify.views import Views, resize_matrix
from handmade import panel
from scenes import alike, everywhere, gamma, grey, jpeg, mean_gap_px, moved, rendering

VERIFY = Verify()
FIELDS = ("eosin", "phase", "transmission", "nuclei", "cells")


def views(image: np.ndarray, usable: np.ndarray | None = None) -> Views:
    return Views(grey(image), everywhere(image) if usable is None else usable)


def shift(x: float, y: float) -> np.ndarray:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def asked(
    a: np.ndarray, b: np.ndarray, b_from_a: np.ndarray | None = None, *, inverted: bool = False
) -> tuple[Agreement, np.ndarray]:
    """Agreement after alignment, and the aligned geometry in panel pixels."""
    start = np.eye(3) if b_from_a is None else b_from_a
    grid = frames.build(views(a), views(b), start, VERIFY.max_px)
    geometry = align(
        grid,
        inverted=inverted,
        max_iterations=VERIFY.iterations,
        max_drift_px=VERIFY.max_drift_px,
    )
    return agreement(overlay(grid, geometry, inverted=inverted)), grid.to_panels(geometry)


# Octaves


@pytest.mark.parametrize("value", [0.0, 100.0, 255.0])
def test_a_panel_of_one_tone_is_zero_in_every_octave(value: float) -> None:
    flat = np.full((40, 60), value, np.float32)
    octaves = octaves_of(flat, everywhere(flat))
    assert len(octaves.values) == len(octaves.density) == BANDS
    assert all(np.abs(v).max() < 1e-2 for v in octaves.values)
    assert all(d.sum() < 1.0 for d in octaves.density)


def cosines(p: np.ndarray, q: np.ndarray) -> list[float]:
    one, two = (octaves_of(grey(i), everywhere(i)) for i in (p, q))
    return [
        float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
        for x, y in zip(one.values, two.values, strict=True)
    ]


@pytest.mark.parametrize("name", FIELDS)
def test_brightness_contrast_and_gamma_barely_change_the_octaves(name: str) -> None:
    image = grey(rendering(name, 1)) * 0.7 + 40.0
    changed = 255.0 * ((image * 0.8 + 30.0) / 255.0) ** 0.8
    assert min(cosines(image, changed)) > 0.9
    assert max(cosines(image, grey(rendering(name, 2)))[:2]) < 0.3


def test_a_masked_part_is_zero_and_counts_no_samples() -> None:
    image = rendering("eosin", 1)
    usable = everywhere(image)
    usable[:, 60:110] = False
    octaves = octaves_of(grey(image), usable)
    for value, density in zip(octaves.values, octaves.density, strict=True):
        assert not density[:, 60:110].any()
        assert density[:, :55].sum() > 0
        assert not value[:, 60:110].any()


def test_what_lies_under_a_mask_does_not_matter() -> None:
    image = grey(rendering("eosin", 1))
    usable = everywhere(image)
    usable[50:80, 60:110] = False
    other = image.copy()
    other[50:80, 60:110] = 255.0
    one, two = octaves_of(image, usable), octaves_of(other, usable)
    assert all(np.allclose(p, q, atol=1e-4) for p, q in zip(one.values, two.values, strict=True))


def test_fine_octaves_hold_more_samples_than_coarse_ones() -> None:
    image = np.random.default_rng(1).uniform(60, 200, (120, 160)).astype(np.float32)
    samples = [float(d.sum()) for d in octaves_of(image, everywhere(image)).density]
    assert samples == sorted(samples, reverse=True)
    assert samples[0] > 3 * samples[2]
    assert samples[0] <= image.size


def test_a_straight_edge_counts_almost_no_samples() -> None:
    edge = np.full((120, 160), 40.0, np.float32)
    edge[:, 80:] = 210.0
    slanted = moved(edge, cv2.getRotationMatrix2D((80, 60), 30, 1.0))
    texture = np.random.default_rng(1).uniform(60, 200, (120, 160)).astype(np.float32)

    def samples(image: np.ndarray) -> float:
        inner = octaves_of(image, everywhere(image)).density
        return float(sum(d[20:-20, 20:-20].sum() for d in inner))

    assert samples(edge) < 0.02 * samples(texture)
    assert samples(slanted) < 0.05 * samples(texture)


# Views


@pytest.mark.parametrize("factor", [1.0, 0.8, 0.5, 0.21])
def test_a_view_is_about_as_large_as_asked_and_keeps_the_corners(factor: float) -> None:
    image = rendering("eosin", 1)
    octaves, panel_from_view = views(image).at(factor)
    height, width = octaves.usable.shape
    assert height == pytest.approx(factor * 130, rel=0.08)
    assert width == pytest.approx(factor * 160, rel=0.08)
    outer = np.array([[-0.5, width - 0.5], [-0.5, height - 0.5], [1.0, 1.0]])
    assert np.allclose((panel_from_view @ outer)[:2], [[-0.5, 159.5], [-0.5, 129.5]])


def test_a_reduced_view_shows_things_where_they_are() -> None:
    spot = np.zeros((120, 160), np.float32)
    cv2.circle(spot, (100, 40), 9, 200.0, -1)
    octaves, panel_from_view = views(spot).at(0.4)
    y, x = np.unravel_index(int(octaves.values[3].argmax()), octaves.values[3].shape)
    assert np.linalg.norm((panel_from_view @ [x, y, 1.0])[:2] - [100, 40]) < 4.0


def test_views_travel_without_what_can_be_computed_again() -> None:
    image = rendering("eosin", 1)
    seen = views(image)
    before = seen.at(0.5)[0].values[1]
    again = pickle.loads(pickle.dumps(seen))
    assert np.array_equal(again.at(0.5)[0].values[1], before)
    assert len(pickle.dumps(seen)) < 6 * image.shape[0] * image.shape[1]


def test_octaves_of_panels_no_longer_needed_leave_memory_at_once() -> None:
    seen = views(rendering("eosin", 1))
    octaves, _ = seen.at(0.5)
    planes = [weakref.ref(octaves.values[0]), weakref.ref(octaves.density[1])]
    gc.disable()
    try:
        del seen, octaves
        assert [plane() for plane in planes] == [None, None]
    finally:
        gc.enable()


def test_resizing_by_nothing_changes_nothing() -> None:
    assert np.array_equal(resize_matrix((30, 50), (50, 30)), np.eye(3))


# Frames


@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.0])
def test_both_panels_come_to_the_coarser_resolution(zoom: float) -> None:
    image = rendering("eosin", 1)
    matrix = resize_matrix((130, 160), (round(160 / zoom), round(130 / zoom)))
    other = cv2.resize(image, (round(160 * zoom), round(130 * zoom)))
    matrix = np.linalg.inv(resize_matrix((130, 160), other.shape[1::-1]))
    grid = frames.build(views(image), views(other), matrix, 100_000)
    assert abs(np.linalg.det(grid.start)) == pytest.approx(1.0, rel=0.2)
    assert grid.size[0] == pytest.approx(160 * min(1.0, zoom), rel=0.1)
    assert mean_gap_px(grid.to_panels(grid.start), matrix, (130, 160)) < 1e-6


def test_a_grid_keeps_to_its_budget() -> None:
    grid = frames.build(views(rendering("eosin", 1)), views(rendering("eosin", 1)), np.eye(3), 4000)
    assert 2500 < grid.size[0] * grid.size[1] < 4900


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_resolution_does_not_depend_on_which_panel_is_a(mirrored: bool) -> None:
    image = rendering("eosin", 1, 200, 240)
    crop = image[50:150, 60:180]
    b_from_a = np.array([[2.0, 0.0, -120.0], [0.0, 2.0, -100.0], [0.0, 0.0, 1.0]])
    if mirrored:
        b_from_a = np.diag([-1.0, 1.0, 1.0]) @ b_from_a + np.array(
            [[0, 0, 239.0], [0] * 3, [0] * 3]
        )
    other = cv2.resize(crop, (240, 200))
    there = frames.build(views(image), views(other), b_from_a, 9000)
    back = frames.build(views(other), views(image), np.linalg.inv(b_from_a), 9000)
    zoom_there, zoom_back = (f.a_from_grid[0, 0] * m for f, m in ((there, 1.0), (back, 0.5)))
    assert zoom_there == pytest.approx(zoom_back, rel=0.13)
    assert there.panel_px == pytest.approx(9000, rel=0.3)


@pytest.mark.parametrize("turned", [False, True])
def test_a_small_copy_keeps_its_pixels_in_a_large_panel(turned: bool) -> None:
    image = rendering("eosin", 1, 500, 600)
    crop, b_from_a = image[200:260, 300:360], np.eye(3)
    b_from_a[:2, 2] = (-300.0, -200.0)
    pair = (views(image), views(crop))
    if turned:
        grid = frames.build(*pair[::-1], np.linalg.inv(b_from_a), 12_000)
    else:
        grid = frames.build(*pair, b_from_a, 12_000)
    crop_px = min(grid.a.usable.size, grid.b.usable.size)
    assert 0.6 * 60 * 60 < crop_px <= 60 * 60
    apart = frames.build(*pair, np.array([[1.0, 0, 900], [0, 1.0, 0], [0, 0, 1.0]]), 12_000)
    assert apart.panel_px < 20 * 12_000


def test_a_strip_stays_high_enough_beside_a_tall_panel() -> None:
    image = rendering("eosin", 1, 260, 420)
    strip, b_from_a = image[100:146], np.eye(3)
    b_from_a[1, 2] = 100.0
    grid = frames.build(views(strip), views(image), b_from_a, 12_000)
    assert grid.a.usable.shape[0] >= 28


# Alignment


@pytest.mark.parametrize("name", ["eosin", "nuclei", "strip"])
@pytest.mark.parametrize(
    "truth",
    [
        shift(0.4, -0.7),
        shift(-2.3, 1.6),
        np.array([[1.012, 0.006, -1.0], [-0.008, 0.99, 1.0], [0, 0, 1.0]]),
    ],
    ids=["sub-pixel", "two pixels", "affine"],
)
def test_small_misalignments_are_recovered(name: str, truth: np.ndarray) -> None:
    image = alike("strip", 1)[0] if name == "strip" else rendering(name, 1)
    a, b = grey(image), moved(grey(image), truth)
    result, found = asked(a, b)
    height, width = a.shape
    assert mean_gap_px(found, truth, (height, width)) < 0.15
    assert result.zncc > 0.9


def test_alignment_sees_through_inversion() -> None:
    image = grey(rendering("eosin", 2))
    truth = shift(1.3, 0.8)
    _, found = asked(image, 255.0 - moved(image, truth), inverted=True)
    assert mean_gap_px(found, truth, image.shape) < 0.15


def test_alignment_ignores_a_label_pasted_on_one_copy() -> None:
    image = grey(rendering("eosin", 2))
    truth = shift(1.3, -0.8)
    other = moved(image, truth)
    other[10:50, 15:70] = 255.0
    cv2.circle(other, (40, 30), 12, 0.0, 4)
    _, found = asked(image, other)
    assert mean_gap_px(found, truth, image.shape) < 0.3


def test_alignment_never_drifts_further_than_allowed() -> None:
    a, b = grey(rendering("eosin", 2)), grey(rendering("eosin", 5))
    grid = frames.build(views(a), views(b), np.eye(3), VERIFY.max_px)
    geometry = align(grid, inverted=False, max_iterations=20, max_drift_px=0.5)
    assert mean_gap_px(geometry, grid.start, a.shape) <= 0.5


# Agreement


def changed(image: np.ndarray, how: str) -> np.ndarray:
    return {
        "same": lambda: np.asarray(image),
        "gamma": lambda: gamma(image, 1.6),
        "jpeg 75": lambda: jpeg(image, 75),
        "inverted": lambda: 255 - image,
    }[how]()


@pytest.mark.parametrize("how", ["same", "gamma", "jpeg 75", "inverted"])
@pytest.mark.parametrize("name", [*FIELDS, "strip"])
def test_a_copy_agrees_whatever_was_done_to_its_tones(name: str, how: str) -> None:
    image = alike("strip", 1)[0] if name == "strip" else rendering(name, 3)
    result, _ = asked(image, changed(image, how), inverted=how == "inverted")
    assert result.nats > 5 * VERIFY.min_nats
    assert result.zncc > 0.75
    assert np.mean(result.region) > 0.3
    assert all(-1.0 <= r <= 1.0 + 1e-6 for r in result.rho)


@pytest.mark.parametrize("name", FIELDS)
def test_unrelated_panels_agree_on_nothing(name: str) -> None:
    result, _ = asked(rendering(name, 3), rendering(name, 4))
    copy, _ = asked(rendering(name, 3), jpeg(rendering(name, 3)))
    assert result.nats < VERIFY.min_nats
    assert result.nats < 0.02 * copy.nats


def test_inverted_tones_do_not_agree_upright() -> None:
    image = rendering("eosin", 3)
    assert asked(image, 255 - image)[0].nats < VERIFY.min_nats


@pytest.mark.parametrize("seed", range(1, 9))
def test_look_alike_strips_stay_far_below_a_copy(seed: int) -> None:
    one, two, three = alike("strip", seed)
    copy, _ = asked(one, jpeg(gamma(one, 1.3), 80))
    others = [asked(p, q)[0].nats for p, q in ((one, two), (one, three), (two, three))]
    assert copy.nats > 5 * VERIFY.min_nats
    assert max(others) < 0.2 * copy.nats


def test_featureless_panels_and_panels_apart_agree_on_nothing() -> None:
    flat = np.full((60, 80), 200, np.uint8)
    assert asked(flat, flat)[0].nats == 0.0
    image = rendering("eosin", 3)
    result, _ = asked(image, image, shift(500, 0))
    assert result.nats == 0.0
    assert not result.region.any()


def test_noise_below_rounding_is_no_evidence() -> None:
    rng = np.random.default_rng(1)
    pattern = rng.integers(0, 2, (100, 120)).astype(np.float32) * 0.3 + 200.0
    grainy = rng.normal(200, 12, (100, 120)).astype(np.float32)
    assert asked(pattern, pattern)[0].nats < 0.1 * asked(grainy, grainy)[0].nats


def test_the_region_may_be_restricted() -> None:
    image = rendering("eosin", 3)
    grid = frames.build(views(image), views(image), np.eye(3), VERIFY.max_px)
    left = everywhere(image)
    left[:, 80:] = False
    whole = agreement(overlay(grid, grid.start, inverted=False))
    half = agreement(overlay(grid, grid.start, inverted=False), within=left)
    assert not half.region[:, 80:].any()
    assert 0.35 * whole.nats < half.nats < 0.7 * whole.nats


# Region and outline


@pytest.mark.parametrize("name", ["eosin", "phase", "transmission"])
def test_the_region_is_what_two_overlapping_fields_share(name: str) -> None:
    scene = rendering(name, 6, 150, 260)
    a, b = scene[:, :170], jpeg(scene[:, 80:250], 90)
    result, _ = asked(a, b, shift(-80, 0))
    truth = np.zeros(a.shape[:2], bool)
    truth[:, 80:] = True
    assert iou(result.region, truth) > 0.7
    polygon = outline(result.region)
    drawn = np.zeros(a.shape[:2], np.uint8)
    cv2.fillPoly(drawn, [np.rint(polygon).astype(np.int32)], 1)
    assert iou(drawn > 0, truth) > 0.7


def test_the_region_leaves_out_what_was_replaced() -> None:
    a, other = rendering("eosin", 6, 150, 200), rendering("eosin", 7, 150, 200)
    b = a.copy()
    b[:, 110:] = other[:, 110:]
    truth = np.zeros(a.shape[:2], bool)
    truth[:, :110] = True
    assert iou(asked(a, b)[0].region, truth) > 0.7


def iou(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.count_nonzero(p & q) / np.count_nonzero(p | q))


def test_an_outline_follows_its_region() -> None:
    region = np.zeros((80, 120), bool)
    region[20:60, 30:100] = True
    polygon = outline(region)
    assert polygon.min(axis=0).tolist() == pytest.approx([30, 20], abs=1.5)
    assert polygon.max(axis=0).tolist() == pytest.approx([99, 59], abs=1.5)
    assert polygon_area(polygon) == pytest.approx(69 * 39, rel=0.05)
    assert outline(np.zeros((20, 20), bool)).shape == (0, 2)


def test_an_outline_at_the_border_stays_on_the_panel() -> None:
    polygon = outline(np.ones((40, 60), bool))
    assert polygon.min() >= -1e-9
    assert polygon.max(axis=0).tolist() == [59, 39]


def test_parts_that_lie_together_share_one_outline_and_far_ones_do_not() -> None:
    region = np.zeros((60, 200), bool)
    region[5:55, 5:60] = region[5:55, 75:140] = True
    assert outline(region)[:, 0].max() > 135
    region[:] = False
    region[5:55, 5:60] = region[25:35, 180:190] = True
    assert outline(region)[:, 0].max() < 70


def test_points_and_areas() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
    assert polygon_area(square) == polygon_area(square[::-1]) == 100.0
    assert polygon_area(square[:2]) == 0.0
    there = square + np.array([3.0, 4.0])
    assert np.allclose(transform_points(2.0 * shift(3, 4), square), there)


# Chance


def chance_of(image: np.ndarray) -> tuple[float, float]:
    grid = frames.build(views(image), views(image), np.eye(3), VERIFY.chance_px)
    laid = overlay(grid, grid.start, inverted=False)
    found = agreement(laid)
    return chance_nats(laid, found.region), found.nats


def test_periodic_texture_agrees_with_itself_by_chance() -> None:
    yy, xx = np.mgrid[0:130, 0:160]
    noise = np.random.default_rng(1).normal(0, 3, (130, 160))
    waves = 128 + 50 * np.sin(xx * 0.9) * np.sin(yy * 0.8) + noise
    periodic, texture = chance_of(np.clip(waves, 0, 255)), chance_of(rendering("eosin", 8))
    assert periodic[0] > 10 * max(texture[0], 1.0)
    assert texture[0] < 0.02 * texture[1]


def test_no_region_has_no_chance() -> None:
    image = rendering("eosin", 8)
    grid = frames.build(views(image), views(image), np.eye(3), VERIFY.chance_px)
    laid = overlay(grid, grid.start, inverted=False)
    assert chance_nats(laid, np.zeros_like(laid.both)) == 0.0


# The compiled step of an alignment


def test_the_compiled_equations_are_those_of_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 500)).astype(np.float32)
    places = rng.integers(0, 90, (2, 500)).astype(np.int32)
    sums = np.empty((6, 7))
    settings = (1.3, 0.8, 44.5, 30.0, 0.02)
    normal_equations(values, places, *settings, sums)
    plain = normal_equations_plain(values, places, *settings)
    assert np.allclose(sums, plain, rtol=1e-4, atol=1e-4 * np.abs(plain).max())


@pytest.mark.parametrize("stride", [1, 2])
def test_the_compiled_sampling_is_a_warp(stride: int) -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 40, 50)).astype(np.float32)
    slopes = rng.normal(size=(2, 40, 50)).astype(np.float32)
    usable_a, usable_b = rng.random((2, 40, 50)) > 0.1
    turn = np.deg2rad(11.0)
    b_from_a = np.array(
        [[np.cos(turn), -np.sin(turn), 4.3], [np.sin(turn), np.cos(turn), -2.6], [1e-4, 0.0, 1.0]]
    )
    values, places = np.empty((4, a.size), np.float32), np.empty((2, a.size), np.int32)
    planes = cv2.merge([b, slopes[0], slopes[1], usable_b.astype(np.float32)])
    count = sample_pairs(a, usable_a, planes, b_from_a, stride, values, places)
    yy, xx = np.mgrid[0:40, 0:50]
    there = transform_points(b_from_a, np.stack([xx.ravel(), yy.ravel()], axis=1).astype(float))
    maps = there.reshape(40, 50, 2).astype(np.float32)
    warped = cv2.remap(planes, maps, None, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    x, y = places[:, :count]
    assert np.array_equal(values[0, :count], a[y, x])
    # OpenCV rounds a place to 1/32 of a pixel.
    assert np.abs(values[1:, :count].T - warped[y, x, :3]).max() < 0.2
    assert (usable_a[y, x] & (warped[y, x, 3] > 0.9)).all()
    expected = usable_a & (warped[..., 3] > 0.999)
    assert count >= np.count_nonzero(expected[::stride, ::stride])
    assert (x % stride == 0).all() and (y % stride == 0).all()


def test_the_compiled_scale_is_that_of_plain_numpy() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(size=(4, 5001)).astype(np.float32)
    values[0] = 1.7 * values[1] + 0.3 * values[0]
    gain, spread = robust_scale(values)
    assert gain == pytest.approx(float(values[0] @ values[1]) / float(values[1] @ values[1]))
    left = np.abs(values[0, ::2] - np.float32(gain) * values[1, ::2])
    assert spread == pytest.approx(2.0 * 1.4826 * float(np.median(left)) + 2e-3, rel=1e-5)


@pytest.mark.parametrize("count", [1, 2, 7, 2000, 2001])
def test_the_compiled_median_is_that_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    for sizes in (
        np.abs(rng.normal(size=count)),
        rng.integers(0, 3, count),
        np.exp(rng.normal(0, 9, count)),
        np.zeros(count),
    ):
        assert median(sizes.astype(np.float32)) == pytest.approx(
            float(np.median(sizes.astype(np.float64))), rel=1e-6
        )


def steps(least: int) -> tuple[np.ndarray, bool]:
    """Descend from two pixels away to where two equal pictures lie on each other."""
    b = cv2.GaussianBlur(np.random.default_rng(5).normal(size=(60, 80)).astype(np.float32), None, 4)
    b /= b.std()
    slopes = [cv2.Sobel(b, cv2.CV_32F, *d, scale=0.125) for d in ((1, 0), (0, 1))]
    planes = cv2.merge([b, *slopes, np.ones_like(b)])
    corners = np.array([[0, 79, 0, 79], [0, 0, 59, 59], [1] * 4], dtype=float)
    unit = np.array([[0.025, 0, -1.0], [0, 0.025, -0.7], [0, 0, 1.0]])
    return descend(
        b, everywhere(b), planes, shift(1.5, -1.2), corners, unit, 1, 20, 0.01, least
    )  # fmt: skip


def test_the_compiled_descent_ends_where_the_pictures_agree() -> None:
    geometry, enough = steps(least=80)
    assert enough
    assert np.abs(geometry - np.eye(3)).max() < 0.02


def test_the_compiled_descent_stays_where_it_began_without_pixels_enough() -> None:
    geometry, enough = steps(least=10**6)
    assert not enough
    assert np.array_equal(geometry, shift(1.5, -1.2))


# A part of a frame


def test_a_part_of_a_frame_shows_what_the_whole_shows_there() -> None:
    scene = rendering("eosin", 4)
    a, b = scene[:, :-20], scene[:, 20:]
    whole = frames.build(views(a), views(b), shift(-20.0, 0.0), VERIFY.max_px)
    part = frames.cropped(whole, (40, 30), (99, 79), 12.0)
    assert part.size == (60, 50)
    assert max(part.b.usable.shape) < 60 + 2 * 12 + 2
    whole_laid, part_laid = (overlay(f, f.start, inverted=False) for f in (whole, part))
    window = np.s_[30:80, 40:100]
    assert all(np.array_equal(x[window], y) for x, y in zip(whole_laid.a, part_laid.a, strict=True))
    assert all(
        np.abs(x[window] - y).max() < 1e-3 for x, y in zip(whole_laid.b, part_laid.b, strict=True)
    )
    assert np.allclose(part.to_panels(part.start), whole.to_panels(whole.start))


def test_a_part_of_a_frame_may_reach_beyond_the_other_panel() -> None:
    scene = rendering("eosin", 4)
    whole = frames.build(views(scene), views(scene), shift(500.0, 0.0), VERIFY.max_px)
    part = frames.cropped(whole, (0, 0), (20, 20), 5.0)
    assert not overlay(part, part.start, inverted=False).both.any()


# Which panels are gels and blots


@pytest.mark.parametrize("name", ["strip", "membrane", "agarose", "coomassie"])
@pytest.mark.parametrize("turned", [False, True])
def test_gels_and_blots_have_straight_edges_however_they_lie(name: str, turned: bool) -> None:
    image = grey(rendering(name, 5))
    if turned:
        height, width = image.shape
        about = cv2.getRotationMatrix2D((width / 2, height / 2), 12.0, 1.0)
        image = cv2.warpAffine(image, about, (width, height), borderMode=cv2.BORDER_REFLECT)
    image = np.asarray(image, np.float32)
    assert max(directions(image, everywhere(image))) > 0.15
    assert octaves_of(image, everywhere(image)).banded == 1.0
    assert is_gel(panel(image))


@pytest.mark.parametrize("name", FIELDS)
def test_cells_and_tissue_have_edges_any_way(name: str) -> None:
    image = grey(rendering(name, 5))
    assert max(directions(image, everywhere(image))) < 0.15
    assert octaves_of(image, everywhere(image)).banded == 0.0
    assert not is_gel(panel(image))


# What look-alikes reach by themselves

MANY = (500.0, 200.0, 60.0, 20.0)


@pytest.mark.parametrize(
    ("banded", "look_alike"),
    [(0.0, LOOK_ALIKE), (1.0, LOOK_ALIKE_GELS), (1.0, LOOK_ALIKE_LANES)],
)
def test_only_what_look_alikes_do_not_reach_is_evidence(
    banded: float, look_alike: tuple[float, ...]
) -> None:
    gels = look_alike if banded else LOOK_ALIKE_GELS
    nothing = pytest.approx(0.0, abs=1e-9)
    assert nats_of(look_alike, MANY, banded=banded, gels=gels) == nothing
    for k in range(BANDS):
        better = [rho + (0.1 * (1.0 - rho) if j == k else 0.0) for j, rho in enumerate(look_alike)]
        worse = [rho - (0.1 if j == k else 0.0) for j, rho in enumerate(look_alike)]
        assert nats_of(better, MANY, banded=banded, gels=gels) > 0.01
        assert nats_of(worse, MANY, banded=banded, gels=gels) == nothing


def test_shape_without_grain_is_no_evidence_in_gels_and_grain_is() -> None:
    loading_controls = (0.29, 0.74, 0.94, 0.97)
    copies = (0.80, 0.95, 0.98, 0.99)
    assert nats_of(loading_controls, MANY, banded=1.0) == 0.0
    assert nats_of(loading_controls, MANY, banded=0.0) > 50.0
    assert nats_of(copies, MANY, banded=1.0) > 500.0


def test_octaves_of_few_samples_say_nothing() -> None:
    assert nats_of((0.9,) * BANDS, (3.0,) * BANDS) == 0.0
    assert nats_of((0.9,) * BANDS, (30.0,) * BANDS) < nats_of((0.9,) * BANDS, (60.0,) * BANDS)


def test_the_finest_octave_of_copies_agrees_no_better_than_the_next() -> None:
    rng = np.random.default_rng(5)
    scene = cv2.GaussianBlur(rng.normal(0, 160, (160, 160)), (0, 0), 0.8) + 128
    taken = [jpeg(np.clip(scene + rng.normal(0, 12, scene.shape), 0, 255), 85) for _ in range(2)]
    a, b = (octaves_of(i.astype(np.float32), everywhere(i)) for i in taken)
    whole = np.ones(scene.shape, bool)
    planes = zip(a.values, b.values, a.density, strict=True)
    rho = [correlation(p, q, density, whole)[0] for p, q, density in planes]
    assert averaged(rho) == tuple(rho)
    assert averaged((0.86, 0.57, 0.93, 0.99)) == (0.57, 0.57, 0.93, 0.99)
    assert averaged((0.65, 0.57, 0.93, 0.99), beyond=0.1) == (0.65, 0.57, 0.93, 0.99)
    assert averaged((0.76, 0.57, 0.93, 0.99), beyond=0.1) == (0.57, 0.57, 0.93, 0.99)
