"""Two described panels in, verified echoes out: each method alone, each kind of reuse."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.config import Config, resolve
from figecho.echo import Echo
from figecho.judge.nfa import Trials, log10_nfa, relative_evidence
from figecho.match.propose import keypoint_proposals
from figecho.pairs import echoes
from figecho.verify.symmetry import one_object
from scenes import CONFIG, alike, described, gamma, grey, jpeg, mean_gap_px, moved, rendering
from synth import blots, splice
from synth.kinds import streams
from synth.models import CLASSES, MODELS

ALONE = {m: resolve(overrides={"methods": [m]}) for m in ("sift", "orb", "blocks")}
CLEAR_NATS = 40.0


def found(a: np.ndarray, b: np.ndarray, config: Config = CONFIG) -> list[Echo]:
    return echoes(described(a, "a.png", config), described(b, "b.png", config), config)


def found_inside(image: np.ndarray, config: Config = CONFIG) -> list[Echo]:
    one = described(image, "a.png", config)
    return echoes(one, one, config)


def inside_log10_nfa(echo: Echo) -> float:
    """Return the number of false alarms of a copy inside one of ten panels."""
    trials = Trials(gels=0, others=45, within=10)
    return log10_nfa(relative_evidence(echo.nats, echo.chance, echo.alike), trials, "within")


def shift(x: float, y: float) -> np.ndarray:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def shown(echo: Echo, truth: np.ndarray, shape: tuple[int, ...], gap_px: float = 2.0) -> bool:
    return mean_gap_px(echo.b_from_a, truth, shape[:2]) < gap_px


def box_of(polygon: np.ndarray) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = polygon.min(axis=0), polygon.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


# Each method alone


@pytest.mark.parametrize("method", ALONE)
@pytest.mark.parametrize("name", ["eosin", "phase"])
def test_each_method_alone_finds_an_overlapping_field(name: str, method: str) -> None:
    scene = rendering(name, 11, 130, 210)
    (best, *_) = found(scene[:, :140], jpeg(gamma(scene[:, 60:200], 1.3), 80), ALONE[method])
    assert best.methods == (method,)
    assert best.nats > CLEAR_NATS
    assert shown(best, shift(-60, 0), (130, 140))
    left, _, right, _ = box_of(best.polygon_a)
    assert left > 50
    assert right > 130


@pytest.mark.parametrize("method", ALONE)
@pytest.mark.parametrize("name", ["eosin", "nuclei"])
def test_each_method_alone_finds_nothing_in_unrelated_panels(name: str, method: str) -> None:
    assert found(rendering(name, 11, 90, 120), rendering(name, 12, 90, 120), ALONE[method]) == []


@pytest.mark.parametrize("method", ALONE)
@pytest.mark.parametrize("seed", range(1, 4))
def test_each_method_alone_keeps_look_alike_strips_far_below_a_copy(seed: int, method: str) -> None:
    one, two, three = alike("strip", seed)
    copy = max((e.nats for e in found(one, jpeg(one, 85), ALONE[method])), default=0.0)
    other = [e.nats for b in (two, three) for e in found(one, b, ALONE[method])]
    assert copy > CLEAR_NATS
    assert max(other, default=0.0) < 0.25 * copy


# Kinds of reuse


def turned(image: np.ndarray, angle_deg: float, scale: float, mirrored: bool) -> np.ndarray:
    height, width = image.shape[:2]
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = np.vstack([cv2.getRotationMatrix2D(centre, angle_deg, scale), [0, 0, 1]])
    flip = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    return np.asarray(matrix @ flip if mirrored else matrix)


@pytest.mark.parametrize(
    ("angle_deg", "scale", "mirrored", "inverted"),
    [
        (0, 1.0, False, False),
        (0, 1.0, True, False),
        (37, 1.0, True, False),
        (-120, 0.8, False, False),
        (0, 1.7, False, False),
        (15, 1.3, True, True),
        (0, 1.0, False, True),
    ],
    ids=["same", "mirror", "mirror+turn", "turn", "zoom", "all", "invert"],
)
@pytest.mark.parametrize("name", ["cells"])
def test_a_moved_copy_is_found_with_its_geometry(
    name: str, angle_deg: float, scale: float, mirrored: bool, inverted: bool
) -> None:
    image = rendering(name, 13, 120, 150)
    truth = turned(image, angle_deg, scale, mirrored)
    copy = jpeg(moved(image, truth), 85)
    (best, *_) = found(image, 255 - copy if inverted else copy)
    assert best.nats > CLEAR_NATS
    assert best.proposal.form.inverted is inverted
    assert (np.linalg.det(best.b_from_a[:2, :2]) < 0) == mirrored
    middle = [[75.0, 60.0, 1.0], [65.0, 50.0, 1.0]]
    for point in middle:
        assert np.linalg.norm((best.b_from_a - truth) @ point) < 2.0


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_of_a_strip_is_found(mirrored: bool) -> None:
    strip = alike("strip", 4)[0]
    part = strip[:, 70:210]
    truth = np.array([[-1.0, 0, 209], [0, 1, 0], [0, 0, 1]]) if mirrored else shift(-70, 0)
    (best, *_) = found(strip, jpeg(part[:, ::-1] if mirrored else part, 90))
    assert best.nats > CLEAR_NATS
    assert np.linalg.norm((best.b_from_a - truth) @ [140.0, 22.0, 1.0]) < 2.0


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_lanes_moved_to_another_blot_are_found(seed: int) -> None:
    rng = streams(seed, 9)
    style = blots.strip_style(rng)
    first, other = (blots.render(rng, 52, 320, style) for _ in range(2))
    planted = splice.lanes(rng, first, other, style)
    (best, *_) = found(jpeg(first, 92), jpeg(planted.image, 90))
    assert best.nats > 12.0
    centre = np.append(planted.polygon_a.mean(axis=0), 1.0)
    assert np.linalg.norm((best.b_from_a - planted.b_from_a) @ centre) < 4.0
    left, right = planted.polygon_a[:, 0].min(), planted.polygon_a[:, 0].max()
    low, _, high, _ = box_of(best.polygon_a)
    assert min(high, right) - max(low, left) > 0.5 * (right - left)


def test_panels_of_one_figure_are_matched_whole_however_little_a_sample_shows() -> None:
    hasty = resolve(overrides={"methods": ["sift"], "match.glance_keypoints": 30})
    a, b = rendering("eosin", 3), rendering("eosin", 4).copy()
    b[70:120, 90:150] = a[20:70, 30:90]
    one, same, other = (
        described(image, source, hasty)
        for image, source in ((a, "a.png"), (b, "a.png"), (b, "b.png"))
    )
    assert any(shown(e, shift(60, 50), a.shape) for e in echoes(one, same, hasty))
    assert echoes(one, other, hasty) == []


def test_two_separate_reuses_in_one_pair_are_two_echoes() -> None:
    a = rendering("eosin", 14, 170, 260)
    b = rendering("eosin", 15, 170, 260).copy()
    b[15:85, 20:110] = a[90:160, 150:240]
    b[90:160, 140:230] = a[10:80, 10:100][:, ::-1]
    moves = [shift(20 - 150, 15 - 90), np.array([[-1.0, 0, 239], [0, 1, 80], [0, 0, 1]])]
    seen = found(a, jpeg(b, 90))
    for truth, centre in zip(moves, ([195, 125, 1.0], [55, 45, 1.0]), strict=True):
        near = [np.linalg.norm((e.b_from_a - truth) @ centre) < 2.0 for e in seen]
        assert sum(near) == 1
    assert len(seen) == 2


# Inside one panel


@pytest.mark.parametrize("method", ["sift", "orb", "blocks"])
def test_a_region_cloned_inside_a_panel_is_found(method: str) -> None:
    image = rendering("eosin", 16, 150, 240).copy()
    image[70:140, 140:220] = image[10:80, 20:100]
    (best, *_) = found_inside(jpeg(image, 92), ALONE[method])
    assert best.nats > CLEAR_NATS
    move = best.polygon_b.mean(axis=0) - best.polygon_a.mean(axis=0)
    assert np.abs(np.abs(move) - [120, 60]).max() < 3.0
    assert np.prod(np.ptp(best.polygon_a, axis=0)) > 0.5 * 70 * 80


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_clone_is_found(mirrored: bool) -> None:
    image = rendering("eosin", 16, 150, 240).copy()
    part = image[10:80, 20:90]
    image[70:140, 140:210] = np.rot90(part[:, ::-1] if mirrored else part)
    (best, *_) = found_inside(jpeg(image, 92))
    assert best.nats > CLEAR_NATS
    assert (np.linalg.det(best.b_from_a[:2, :2]) < 0) == mirrored


@pytest.mark.parametrize("name", ["transmission", "eosin", "nuclei"])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_small_clone_is_found(name: str, turns: int) -> None:
    image = rendering(name, 16, 220, 260).copy()
    y, x = (100, 60) if name != "nuclei" else textured_place(image, 40)
    image[20:60, 200:240] = np.rot90(image[y : y + 40, x : x + 40], turns)
    seen = found_inside(jpeg(image, 92))
    numbers = [inside_log10_nfa(e) for e in seen]
    assert min(numbers, default=9.0) <= CONFIG.judge.moderate_log10_nfa
    ends = [middle(p) for e in seen[:1] for p in (e.polygon_a, e.polygon_b)]
    for place in ([x + 20, y + 20], [220, 40]):
        assert min(np.linalg.norm(end - place) for end in ends) < 12


def middle(polygon: np.ndarray) -> np.ndarray:
    """Return where the area of a polygon is centred, however its corners are spread."""
    of = cv2.moments(np.asarray(polygon, np.float32).reshape(-1, 1, 2))
    return np.array([of["m10"], of["m01"]]) / of["m00"]


def textured_place(image: np.ndarray, side: int) -> tuple[int, int]:
    """Return where a square of the lower left half varies most."""
    places = [(y, x) for y in range(80, 170, 5) for x in range(5, 150, 5)]
    return max(places, key=lambda p: float(image[p[0] : p[0] + side, p[1] : p[1] + side].std()))


def test_a_region_pasted_twice_links_all_three() -> None:
    image = rendering("transmission", 9, 140, 200).copy()
    image[75:135, 80:140] = image[8:68, 132:192] = image[8:68, 8:68]
    places = np.array([[38, 38], [110, 105], [162, 38]], float)
    seen = found_inside(jpeg(image, 92))
    linked: set[int] = set()
    for e in seen:
        for polygon in (e.polygon_a, e.polygon_b):
            near = np.linalg.norm(places - polygon.mean(axis=0), axis=1)
            assert near.min() < 15
            linked.add(int(near.argmin()))
    assert linked == {0, 1, 2}
    assert len(seen) >= 2


@pytest.mark.parametrize("name", ["eosin", "phase", "nuclei", "cells", "invasion", "transmission"])
def test_a_panel_without_clone_holds_none_that_counts(name: str) -> None:
    numbers = [inside_log10_nfa(e) for e in found_inside(rendering(name, 17, 120, 160))]
    assert min(numbers, default=9.0) > CONFIG.judge.moderate_log10_nfa


def dashed(seed: int, period_px: float) -> np.ndarray:
    """A map of noise with dashed rulers drawn over its whole height."""
    rng = np.random.default_rng(seed)
    shades = 70 + 14 * rng.normal(0, 1, (220, 160))
    on = (np.arange(220) / period_px) % 1.0 < 0.6
    for x, wide in ((60, 2), (70, 2), (74, 3), (84, 3)):
        shades[on, x : x + wide] = 4
    return np.clip(np.rint(shades), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("period_px", [9.0, 8.9, 13.3])
def test_dashed_lines_are_no_clone_of_themselves(seed: int, period_px: float) -> None:
    numbers = [inside_log10_nfa(e) for e in found_inside(dashed(seed, period_px))]
    assert min(numbers, default=9.0) > CONFIG.judge.moderate_log10_nfa


def test_a_clone_beside_dashed_lines_is_found() -> None:
    image = dashed(0, 9.0)
    part = rendering("eosin", 16, 220, 260)[40:90, 40:80]
    part = part if part.ndim == 2 else part.mean(axis=2)
    image[20:70, 8:48] = image[150:200, 104:144] = part
    assert any(
        shown(e, shift(96, 130), image.shape) or shown(e, shift(-96, -130), image.shape)
        for e in found_inside(image)
    )


def test_a_symmetric_object_is_no_clone() -> None:
    yy, xx = np.mgrid[0:90, 0:120].astype(np.float32)
    ring = 120 + 80 * np.cos(np.hypot(xx - 59.5, yy - 44.5) / 6)
    noise = np.random.default_rng(1).normal(0, 6, ring.shape)
    assert found_inside(np.clip(ring + noise, 0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("turn", [False, True])
def test_a_drawn_symmetric_object_is_no_clone_however_exact(turn: bool) -> None:
    """A logo: its halves are alike to the last pixel."""
    half = rendering("eosin", 3, 120, 60)
    whole = np.hstack([half, half[::-1, ::-1] if turn else half[:, ::-1]])
    yy, xx = np.mgrid[0:120, 0:120]
    disc = np.hypot(xx - 59.5, yy - 59.5) < 58
    page = np.full((180, 180, *half.shape[2:]), 250, np.uint8)
    page[30:150, 30:150][disc] = whole[disc]
    assert found_inside(jpeg(page, 90)) == []


@pytest.mark.parametrize("gap_px", [8, 20, 60])
@pytest.mark.parametrize("way", ["mirrored", "half a turn"])
def test_a_copy_pasted_beside_its_original_is_no_symmetric_object(way: str, gap_px: int) -> None:
    image = rendering("eosin", 21, 200, 260).copy()
    part = image[60:130, 20:90]
    left = 90 + gap_px
    image[60:130, left : left + 70] = part[:, ::-1] if way == "mirrored" else part[::-1, ::-1]
    (echo,) = found_inside(jpeg(image, 85))
    assert (np.linalg.det(echo.b_from_a[:2, :2]) < 0) == (way == "mirrored")
    assert abs(echo.b_from_a[0, 2] - (89 + left + 69) + 69) < 2.0


def test_a_power_spectrum_is_no_clone_of_its_other_half() -> None:
    for seed in range(3):
        field = grey(rendering("tissue", seed, 201, 201))
        window = np.hanning(201)
        power = np.abs(np.fft.fftshift(np.fft.fft2(field * np.outer(window, window))))
        tones = np.log(power + 1.0)
        seen = np.rint(255 * (tones - tones.min()) / np.ptp(tones)).astype(np.uint8)
        assert found_inside(seen) == []
        assert found_inside(jpeg(seen, 90)) == []


@pytest.mark.parametrize("seed", [1034, 1052, 1138, 1180])
def test_parts_of_the_rim_of_a_dish_are_no_clones(seed: int) -> None:
    rng = streams(seed, CLASSES.index("colony"))
    model = MODELS["colony"]
    assert found_inside(model.render(rng, *model.size(rng), model.style(rng))) == []


# What an echo says


def test_every_method_that_agrees_is_named() -> None:
    image = rendering("eosin", 18, 90, 120)
    (best, *_) = found(image, jpeg(gamma(image, 1.2), 85))
    assert {"sift", "orb"} <= set(best.methods)
    without = resolve(overrides={"methods": ["sift"]})
    assert found(image, image, without)[0].methods == ("sift",)


def test_shares_of_a_copy_an_overlap_and_an_alteration() -> None:
    scene, other = rendering("eosin", 19, 110, 180), rendering("eosin", 20, 110, 180)
    (same, *_) = found(scene, jpeg(scene, 90))
    assert min(same.overlap_a, same.overlap_b) > 0.9
    assert same.differing < 0.02
    (part, *_) = found(scene, jpeg(scene[:, 90:], 90))
    assert part.overlap_a == pytest.approx(0.5, abs=0.05)
    assert part.overlap_b > 0.9
    changed = scene.copy()
    changed[:, 60:] = other[:, 60:]
    (altered, *_) = found(scene, jpeg(changed, 90))
    assert altered.overlap_a > 0.9
    assert altered.differing > 0.3


def test_the_order_of_the_panels_does_not_decide_what_is_found() -> None:
    scene = rendering("phase", 11, 90, 150)
    a, b = scene[:, :100], jpeg(scene[:, 40:140], 85)
    one, two = found(a, b)[0], found(b, a)[0]
    assert mean_gap_px(one.b_from_a, np.linalg.inv(two.b_from_a), (90, 100)) < 1.0
    assert one.nats == pytest.approx(two.nats, rel=0.25)


@pytest.mark.parametrize("name", ["eosin", "phase", "nuclei"])
def test_keypoints_propose_the_same_whichever_panel_is_the_first(name: str) -> None:
    scene = rendering(name, 21, 150, 210)
    whole, part = described(scene, "a.png"), described(jpeg(scene[30:110, 60:150], 70), "b.png")
    one = keypoint_proposals(whole, part, "sift", CONFIG)
    two = keypoint_proposals(part, whole, "sift", CONFIG)
    assert one
    assert len(one) == len(two)
    for straight, back in zip(one, two, strict=True):
        assert straight.form == back.form
        assert np.allclose(straight.points_a, back.points_b)
        together = straight.b_from_a @ back.b_from_a
        assert np.allclose(together / together[2, 2], np.eye(3), atol=1e-6)


def dark_gel(seed: int, dust: int, noise: int) -> np.ndarray:
    """Draw lanes of one protocol on a dusty membrane, dark and noisy as a photograph of it is."""
    rng = np.random.default_rng(dust)
    image = np.full((360, 360), 20.0)
    for x in range(25, 330, 62):
        for at in np.random.default_rng(seed).uniform(30, 330, 7):
            rows = np.exp(-(((np.arange(360)[:, None] - at) / 5.0) ** 2))
            image[:, x : x + 40] += 25.0 * rows
    specks = np.zeros((360, 360))
    specks[rng.integers(0, 360, 1500), rng.integers(0, 360, 1500)] = rng.uniform(60, 250, 1500)
    image += cv2.GaussianBlur(specks, None, 1.4)
    image += np.random.default_rng(noise).normal(0.0, 4.0, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("turns", [0, 2])
def test_a_noisy_gel_is_known_by_its_dust_and_not_by_its_bands(turns: int) -> None:
    first = dark_gel(1, 1, 1)
    copies = found(first, np.rot90(dark_gel(1, 1, 2), turns).copy())
    assert copies and copies[0].nats > 200.0
    for seed in (2, 3, 4):
        look_alikes = found(first, np.rot90(dark_gel(1, seed, seed), turns).copy())
        assert all(relative_evidence(e.nats, e.chance, e.alike) < 5.0 for e in look_alikes)


def test_a_tiny_and_a_large_panel_are_compared() -> None:
    image = rendering("eosin", 18, 200, 260)
    small = image[60:120, 80:150]
    (best, *_) = found(image, jpeg(small, 92))
    assert np.linalg.norm((best.b_from_a - shift(-80, -60)) @ [115, 90, 1.0]) < 1.0


def test_flat_panels_have_no_echo() -> None:
    flat = np.full((60, 80), 200, np.uint8)
    assert found(flat, flat) == []
    assert found(flat, rendering("eosin", 18, 90, 120)) == []
    assert found_inside(flat) == []


@pytest.mark.parametrize("angle_deg", [0.0, 33.0, 90.0])
@pytest.mark.parametrize(("glide_px", "one"), [(0.0, True), (1.5, True), (15.0, False)])
def test_mirroring_without_sliding_is_one_object(
    angle_deg: float, glide_px: float, one: bool
) -> None:
    t = np.deg2rad(angle_deg)
    along, across = np.array([np.cos(t), np.sin(t)]), np.array([-np.sin(t), np.cos(t)])
    motion = np.eye(3)
    motion[:2, :2] = np.outer(along, along) - np.outer(across, across)
    motion[:2, 2] = 80.0 * across + glide_px * along
    assert one_object(motion, 0.7) is one
    assert not one_object(motion, 0.95)
    turned = motion @ np.diag([-1.0, 1.0, 1.0])
    assert not one_object(turned, 0.7)
