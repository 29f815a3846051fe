"""The generator: truth that holds in the pixels, look-alikes that are no copies, fixed chance."""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from synth import CLASSES, MODELS, allowed, clone, plant, plant_clone
from synth.corpus import clones, corpus
from synth.geometry import Motion, apply, between_views, fitted, moved, shared, turned, window
from synth.kinds import streams
from synth.labels import decorate, label_style, text_image
from synth.motions import shift
from synth.real import Picture, plant_real

SMALL = {"strip": (40, 240)}
FIELDS = ("nuclei", "cells", "tissue", "eosin", "phase", "invasion", "transmission", "scanning")


def size_of(name: str) -> tuple[int, int]:
    return SMALL.get(name, (130, 160))


def grey(image: np.ndarray) -> np.ndarray:
    plain = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return plain.astype(np.float32)


def agreement(a, b, b_from_a, polygon_b) -> float:
    """Correlate what the truth says is shared; 1 or -1 where it is right."""
    height, width = b.shape[:2]
    aligned = cv2.warpAffine(grey(a), b_from_a[:2], (width, height))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon_b).astype(np.int32)], 1)
    inner = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0
    assert inner.sum() > 100
    return abs(float(np.corrcoef(aligned[inner], grey(b)[inner])[0, 1]))


def fine(image: np.ndarray) -> np.ndarray:
    return grey(image) - cv2.GaussianBlur(grey(image), (0, 0), 1.0)


def closest(a: np.ndarray, b: np.ndarray) -> float:
    """Return the best correlation of the finest grain over small shifts."""
    return float(cv2.matchTemplate(fine(b), fine(a)[4:-4, 4:-4], cv2.TM_CCOEFF_NORMED).max())


#: A small turn or stretch, a slight crop or another size alone is no repositioning.
CATEGORIES = {
    **dict.fromkeys(("duplicate", "jpeg", "gamma", "contrast", "invert", "blur"), ("I",)),
    **dict.fromkeys(("rescan", "rotate", "scale", "stretch"), ("I", "II")),
    **dict.fromkeys(("altered", "region"), ("III",)),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_bytes_of_the_size_asked_for_and_the_same_for_the_same_seed(name):
    height, width = size_of(name)
    one, again = (MODELS[name](streams(1, 2), height, width) for _ in range(2))
    assert one.dtype == np.uint8
    assert one.shape[:2] == (height, width)
    assert one.ndim == 2 or one.shape[2] == 3
    np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("name", CLASSES)
def test_another_seed_gives_another_panel(name):
    one, other = (MODELS[name](streams(1, k), *size_of(name)) for k in range(2))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", FIELDS)
def test_renderings_of_one_style_share_no_grain_but_a_duplicate_does(name):
    model = MODELS[name]
    style = model.style(streams(3, 0))
    one, other = (model.render(streams(3, k), 130, 160, style) for k in (1, 2))
    assert closest(one, other) < 0.15
    pair = plant(streams(3, 3), name, "quarter", size=(130, 160), style=style)
    turned_back = cv2.warpAffine(
        grey(pair.b), pair.b_from_a[:2], (160, 130), flags=cv2.WARP_INVERSE_MAP
    )
    assert closest(pair.a, turned_back) > 0.3


def test_loading_controls_of_one_layout_look_alike_and_are_not_the_same():
    model = MODELS["strip"]
    style = model.style(streams(4, 0)) | {"look": "film"}
    one, other = (grey(model.render(streams(4, k), 44, 320, style)) for k in (1, 2))
    assert 0.6 < np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.97


@pytest.mark.parametrize(
    ("name", "transform"),
    [(name, way) for name in ("strip", "phase") for way in allowed(name)]
    + [("dotplot", "altered"), ("coomassie", "lanes"), ("cells", "rotate"), ("eosin", "combined")],
)
def test_the_truth_of_a_pair_holds_in_its_pixels(name, transform):
    pair = plant(streams(5, 1), name, transform, size=size_of(name))
    # "altered" content inside a dot plot's frame is part of the shared region by definition
    least = 0.6 if name == "dotplot" else 0.85
    assert agreement(pair.a, pair.b, pair.b_from_a, pair.polygon_b) > least
    np.testing.assert_allclose(apply(pair.b_from_a, pair.polygon_a), pair.polygon_b, atol=1e-3)
    assert pair.category in CATEGORIES.get(transform, ("II",))
    assert pair.words


def test_a_wrong_matrix_does_not_pass_for_the_truth():
    pair = plant(streams(5, 2), "phase", "shift", size=(130, 160))
    wrong = pair.b_from_a.copy()
    wrong[0, 2] += 9
    assert agreement(pair.a, pair.b, wrong, pair.polygon_b) < 0.6


@pytest.mark.parametrize("transform", ["altered", "region", "lanes"])
def test_outside_the_copied_region_the_content_is_another(transform):
    name = "strip" if transform == "lanes" else "phase"
    pair = plant(streams(6, 3), name, transform, size=size_of(name))
    outside = np.ones(pair.b.shape[:2], np.uint8)
    cv2.fillPoly(outside, [np.rint(pair.polygon_b).astype(np.int32)], 0)
    outside = cv2.erode(outside, np.ones((7, 7), np.uint8)) > 0
    height, width = pair.b.shape[:2]
    aligned = cv2.warpAffine(fine(pair.a), pair.b_from_a[:2], (width, height))
    assert outside.sum() > 300
    assert abs(np.corrcoef(aligned[outside], fine(pair.b)[outside])[0, 1]) < 0.35


@pytest.mark.parametrize("name", ["phase", "eosin", "strip", "agarose"])
def test_a_clone_repeats_a_region_of_the_panel_in_another_place(name):
    for seed in range(4):
        planted = plant_clone(streams(7, seed), name, size=size_of(name))
        assert planted.a is planted.b
        assert agreement(planted.a, planted.a, planted.b_from_a, planted.polygon_b) > 0.85
        hulls = [p.astype(np.float32) for p in (planted.polygon_a, planted.polygon_b)]
        hulls = [cv2.convexHull(hull) for hull in hulls]
        smaller = min(cv2.contourArea(hull) for hull in hulls)
        assert cv2.intersectConvexConvex(*hulls)[0] < 0.1 * smaller


def test_views_of_one_scene_share_what_geometry_says():
    first = window(0, 0, 100, 100)
    half = Motion(linear=np.eye(2), at=(50, 0), height=100, width=100, words="")
    second = moved(first, half)
    polygon = shared(first, second)
    assert cv2.contourArea(polygon.astype(np.float32)) == pytest.approx(49 * 99, abs=1)
    np.testing.assert_allclose(apply(between_views(first, second), polygon)[:, 0].min(), 0)
    assert len(shared(first, window(500, 0, 10, 10))) == 0


def test_a_view_that_does_not_fit_shrinks_and_an_impossible_one_is_refused():
    first = window(0, 0, 100, 100)
    tilted = Motion(linear=turned(45), at=(0, 0), height=100, width=100, words="")
    inner = fitted(moved(first, tilted), 100, 100)
    assert 60 <= inner.height < 75
    with pytest.raises(ValueError, match="outside"):
        fitted(window(900, 900, 50, 50), 100, 100)


def test_shifted_windows_share_between_a_fifth_and_three_quarters():
    for seed in range(40):
        motion = shift(streams(8, seed), 200, 300, seed % 2 == 0)
        share = (1 - abs(motion.at[0]) / 300) * (1 - abs(motion.at[1]) / 200)
        assert 0.2 < share < 0.78


def test_labels_are_laid_over_and_the_micro_sign_has_a_tail():
    panel = np.full((120, 160), 200, np.uint8)
    labelled = decorate(panel, label_style(streams(9, 0)) | {"bar": "50 µm", "words": "24 h"})
    assert (panel == 200).all()
    assert 0 < (labelled != 200).mean() < 0.2
    assert text_image("µ", 20).shape[0] > text_image("u", 20).shape[0]


def test_a_corpus_is_the_same_at_its_start_however_long_it_is():
    short, long = corpus(11, 8, 0.5), corpus(11, 12, 0.5)
    for (name, image), (other_name, other) in zip(short.items(), long.items(), strict=False):
        assert name == other_name
        np.testing.assert_array_equal(image, other)


def test_a_corpus_holds_the_share_asked_for_and_names_every_figure_once():
    made = corpus(12, 30, 0.4, classes=["strip", "dim", "agarose"])
    truth = made.truth()
    assert len(truth["positives"]) + len(truth["within"]) == 6
    assert len(set(truth["figures"])) == len(made.images) == 30
    planted = {name for pair in truth["positives"] for name in pair[:2]}
    alike = {name for group in truth["lookalikes"] for name in group}
    assert alike
    assert not planted & alike
    assert set(truth["regions"]) == set(truth["transforms"])
    json.dumps(truth)


def test_a_corpus_visits_classes_evenly():
    made = corpus(13, 24, 1.0, classes=["strip", "dim", "agarose"])
    names = [pair["name"].split("-")[1] for pair in made.pairs]
    assert {name: names.count(name) for name in names} == {"strip": 4, "dim": 4, "agarose": 4}


def test_transforms_that_no_class_knows_are_refused():
    with pytest.raises(ValueError, match="no class"):
        corpus(1, 4, classes=["dotplot"], transforms=["rotate"])


def test_every_second_of_the_clone_panels_has_one():
    made = clones(14, 6, classes=["dim", "strip", "agarose"])
    assert [pair["a"] for pair in made.pairs] == [0, 2, 4]
    assert all(pair["a"] == pair["b"] for pair in made.pairs)


def test_reuse_is_planted_into_given_panels_and_tiny_ones_pass_through():
    images = [MODELS["phase"](streams(15, k), 150, 180) for k in range(8)]
    images += [np.zeros((6, 6), np.uint8), MODELS["eosin"](streams(15, 9), 150, 180)]
    ways = ("crop", "rotate", "mirror", "clone", "altered")
    shown = [Picture(image=image, group=k, laned=False) for k, image in enumerate(images)]
    made = plant_real(shown, 15, 1.0, transforms=ways)
    assert len(made.pairs) >= 5
    for pair in made.pairs:
        assert all(np.isfinite(pair["matrix"]).ravel())
    assert {pair["name"].split("-")[2] for pair in made.pairs} >= {"crop", "rotate", "mirror"}
    assert all(image.dtype == np.uint8 for image in made.images)


def test_a_panel_without_room_for_a_copy_says_so():
    with pytest.raises(ValueError, match="room"):
        clone(streams(16, 0), np.zeros((5, 5), np.uint8))


# Reuse planted into given pictures


def given(count: int, *, laned: bool) -> list[Picture]:
    name = "membrane" if laned else "eosin"
    return [
        Picture(image=MODELS[name](streams(k, 1), 200, 240), group=k % 2, laned=laned)
        for k in range(count)
    ]


def test_pairs_of_one_group_are_not_judged_but_planted_ones_are() -> None:
    made = plant_real(given(8, laned=False), 7, transforms=("duplicate", "mirror"))
    ignored = set(made.ignored)
    planted = {(p["a"], p["b"]) for p in made.pairs}
    assert len(planted) == 4
    assert not ignored & planted
    groups = {0: [], 1: []}  # type: dict[int, list[int]]
    number = 0
    for case in range(8):
        shown = 2 if case % 2 else 1
        groups[case % 2] += range(number, number + shown)
        number += shown
    kin = {frozenset(pair) for members in groups.values() for pair in combinations(members, 2)}
    assert {frozenset(pair) for pair in ignored | planted} == kin


@pytest.mark.parametrize(("laned", "transform"), [(True, "lanes"), (False, "crop")])
def test_lanes_are_moved_between_gels_only(laned: bool, transform: str) -> None:
    made = plant_real(given(6, laned=laned), 7, transforms=("lanes",))
    assert {pair["name"].rsplit("-", 1)[1] for pair in made.pairs} == {transform}


def test_the_same_pictures_and_seed_give_the_same_collection() -> None:
    first, second = (plant_real(given(6, laned=True), 3) for _ in range(2))
    assert first.truth() == second.truth()
    assert all(np.array_equal(a, b) for a, b in zip(first.images, second.images, strict=True))
