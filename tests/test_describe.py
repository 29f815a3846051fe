"""Keypoints and descriptors: positions in panel pixels, budgets kept, forms as they must be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.config import Describe, resolve
from figecho.describe import orb, sift
from figecho.describe.basis import form_signs, in_sign_basis
from figecho.describe.features import strongest_spread
from figecho.describe.forms import (
    ALL_FORMS,
    AS_IS,
    INVERTED,
    MIRRORED,
    MIRRORED_INVERTED,
    Form,
    sift_in_form,
)
from figecho.match.consensus import find_consensus
from figecho.match.nearest import match_binary
from scenes import described, everywhere, grey, rendering

SETTINGS = Describe(max_keypoints=400)


def in_form(image: np.ndarray, form: Form) -> np.ndarray:
    image = 255 - image if form.inverted else image
    return np.ascontiguousarray(image[:, ::-1] if form.mirrored else image)


def unmirrored(xy: np.ndarray, width: int, form: Form) -> np.ndarray:
    return np.c_[width - 1 - xy[:, 0], xy[:, 1]] if form.mirrored else xy


def right_share(descriptors: np.ndarray, xy: np.ndarray, other: np.ndarray, at: np.ndarray):
    """Share of keypoints whose nearest descriptor lies at the same place, where there is one."""
    apart = np.linalg.norm(xy[:, None] - at[None], axis=2)
    twins = apart.min(axis=1) < 1.5
    assert twins.sum() > 80
    best = (descriptors[twins] @ other.T).argmax(axis=1)
    return float(np.mean(apart[twins, :][np.arange(twins.sum()), best] < 3.0))


@pytest.mark.parametrize("form", ALL_FORMS, ids=lambda f: f.words)
@pytest.mark.parametrize("name", ["eosin", "tissue"])
def test_permuted_descriptors_are_those_of_the_altered_panel(name: str, form: Form) -> None:
    image = rendering(name, 1)
    one = sift.detect(grey(image), everywhere(image), SETTINGS)
    other = in_form(image, form)
    two = sift.detect(grey(other), everywhere(other), SETTINGS)
    at = unmirrored(two.xy, image.shape[1], form)
    share = right_share(sift_in_form(one.descriptors, form), one.xy, two.descriptors, at)
    assert share > 0.8
    if form != AS_IS:
        wrong = right_share(one.descriptors, one.xy, two.descriptors, at)
        assert wrong < 0.5 * share


@given(st.integers(0, 10_000), st.sampled_from(ALL_FORMS), st.sampled_from(ALL_FORMS))
@settings(max_examples=20, deadline=None)
def test_forms_undo_themselves_and_commute(seed: int, one: Form, two: Form) -> None:
    d = np.random.default_rng(seed).random((5, 128), np.float32)
    assert np.array_equal(sift_in_form(sift_in_form(d, one), one), d)
    assert np.array_equal(
        sift_in_form(sift_in_form(d, one), two), sift_in_form(sift_in_form(d, two), one)
    )
    assert np.array_equal(np.sort(sift_in_form(d, one), axis=1), np.sort(d, axis=1))


def test_both_changes_together_are_one_after_the_other() -> None:
    d = np.random.default_rng(1).random((5, 128), np.float32)
    assert np.array_equal(
        sift_in_form(d, MIRRORED_INVERTED), sift_in_form(sift_in_form(d, MIRRORED), INVERTED)
    )


@given(st.integers(0, 10_000), st.integers(0, 7), st.integers(0, 7))
@settings(max_examples=25, deadline=None)
def test_the_sign_basis_gives_every_form_its_direct_product(seed: int, m: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal((k, 128)).astype(np.float32) for k in (m, n))
    blocks_a, blocks_b = in_sign_basis(a), in_sign_basis(b)
    assert [x.shape for x in blocks_a] == [(m, 32)] * 4
    for form in ALL_FORMS:
        fast = sum(
            s * (x @ y.T) for s, x, y in zip(form_signs(form), blocks_a, blocks_b, strict=True)
        )
        assert np.allclose(fast, sift_in_form(a, form) @ b.T, atol=2e-4)


@pytest.mark.parametrize("detector", ["sift", "orb"])
def test_keypoints_keep_to_the_panel_the_mask_and_the_budget(detector: str) -> None:
    image = rendering("eosin", 2)
    usable = everywhere(image)
    usable[:, :70] = False
    settings_ = Describe(max_keypoints=90)
    if detector == "sift":
        found = sift.detect(grey(image), usable, settings_)
        assert np.allclose(np.linalg.norm(found.descriptors, axis=1), 1.0, atol=1e-3)
    else:
        found = orb.detect(grey(image), usable, AS_IS, settings_)
        assert found.descriptors.dtype == np.uint8
    assert len(found) == 90
    assert found.xy[:, 0].min() >= 69.4
    assert (found.xy >= -0.5).all()
    assert (found.xy <= [image.shape[1] - 0.5, image.shape[0] - 0.5]).all()
    assert (found.size > 0).all()


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_positions_are_panel_pixels_at_every_working_size(factor: float) -> None:
    spot = np.full((101, 141), 220.0, np.float32)
    yy, xx = np.mgrid[0:101, 0:141]
    spot -= 150.0 * np.exp(-((xx - 90.25) ** 2 + (yy - 40.75) ** 2) / (2 * 4.0**2)).astype("f4")
    area = int(101 * 141 * factor**2)
    found = sift.detect(spot, everywhere(spot), Describe(min_working_px=area, max_working_px=area))
    assert len(found) > 0
    assert np.linalg.norm(found.xy - [90.25, 40.75], axis=1).min() < 0.3


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_panel_of_one_tone_has_no_keypoints(value: int) -> None:
    flat = np.full((60, 80), value, np.uint8)
    seen = described(flat)
    assert len(seen.sift) == 0
    assert [b.shape for b in seen.sift_blocks] == [(0, 32)] * 4
    empty = orb.detect(grey(flat), everywhere(flat), MIRRORED, SETTINGS)
    assert len(empty) == 0
    assert empty.descriptors.shape == (0, 32)


def test_a_fully_masked_panel_has_no_keypoints() -> None:
    image = rendering("eosin", 2)
    nothing = np.zeros(image.shape[:2], bool)
    assert len(sift.detect(grey(image), nothing, SETTINGS)) == 0
    assert len(orb.detect(grey(image), nothing, AS_IS, SETTINGS)) == 0


@given(st.integers(0, 10_000), st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_the_choice_of_keypoints_does_not_depend_on_their_order(seed: int, limit: int) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 100, (80, 2)).astype(np.float32)
    response = rng.integers(1, 4, 80).astype(np.float32)
    shuffle = rng.permutation(80)
    chosen = strongest_spread(xy, response, (100, 100), limit)
    again = strongest_spread(xy[shuffle], response[shuffle], (100, 100), limit)
    assert len(chosen) == limit
    assert np.array_equal(xy[chosen], xy[shuffle][again])


def test_strong_keypoints_in_one_corner_leave_room_for_the_rest() -> None:
    rng = np.random.default_rng(3)
    corner, rest = rng.uniform(0, 10, (200, 2)), rng.uniform(20, 200, (100, 2))
    xy = np.r_[corner, rest].astype(np.float32)
    response = np.r_[np.full(200, 9.0), np.full(100, 1.0)].astype(np.float32)
    chosen = strongest_spread(xy, response, (200, 200), 100)
    assert np.count_nonzero(chosen >= 200) > 60


@pytest.mark.parametrize("form", ALL_FORMS, ids=lambda f: f.words)
def test_orb_in_a_form_agrees_with_a_copy_in_that_form_only(form: Form) -> None:
    image, stranger = rendering("eosin", 3), rendering("eosin", 4)
    copy = in_form(image, form)

    def inliers(a: np.ndarray, b: np.ndarray, asked: Form) -> int:
        one = orb.detect(grey(a), everywhere(a), asked, SETTINGS)
        two = orb.detect(grey(b), everywhere(b), AS_IS, SETTINGS)
        matches = match_binary(one.descriptors, two.descriptors, ratio=0.8)
        found = find_consensus(
            one, two, matches, asked, tolerance_px=3.0, min_support=4, max_models=1
        )
        return len(found[0].support) if found else 0

    assert inliers(image, copy, form) > 60
    assert inliers(image, copy, Form(mirrored=not form.mirrored, inverted=form.inverted)) < 10
    assert inliers(image, stranger, form) < 10


def test_only_what_the_methods_need_is_described() -> None:
    image = rendering("eosin", 2)
    orb_only = described(image, config=resolve(overrides={"methods": ["orb"]}))
    assert len(orb_only.sift) == 0
    assert set(orb_only.orb) == set(ALL_FORMS)
    both = described(image, config=resolve(overrides={"methods": ["sift", "orb"]}))
    assert len(both.sift) > 50
    assert both.orb == {}


def test_describing_twice_gives_the_same_bytes() -> None:
    image = cv2.resize(rendering("tissue", 5), (120, 90))
    one, two = described(image).sift, described(image).sift
    assert one.xy.tobytes() == two.xy.tobytes()
    assert one.descriptors.tobytes() == two.descriptors.tobytes()
