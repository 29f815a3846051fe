"""Dense block comparison: the kernel against its plain twin, and planted shifts found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.config import Blocks
from figecho.match.blocks import (
    ORIENTATIONS,
    orient,
    propose,
    scale_hypotheses,
    view,
)
from figecho.match.dense import correlate_block, correlate_block_plain, peaks, place_weights
from scenes import alike, everywhere, gamma, grey, jpeg, mean_gap_px, rendering

THOROUGH = replace(Blocks(), all_orientations=True)


def normal(block: np.ndarray) -> np.ndarray:
    block = (block - block.mean()).astype(np.float32)
    return np.asarray(block / max(float(np.linalg.norm(block)), 1e-6), np.float32)


@given(
    st.integers(0, 10_000), st.integers(2, 9), st.integers(2, 9), st.integers(0, 14),
    st.integers(0, 14), st.sampled_from(["noise", "flat half", "flat", "ramp"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_kernel_does_what_plain_numpy_does(
    seed: int, h: int, w: int, more_h: int, more_w: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    target = rng.standard_normal((h + more_h, w + more_w)).astype(np.float32)
    if kind == "flat half":
        target[:, : target.shape[1] // 2] = 0.25
    elif kind == "flat":
        target[:] = -0.5
    elif kind == "ramp":
        target += np.linspace(0, 3, target.shape[1], dtype=np.float32)
    block = normal(rng.standard_normal((h, w)))
    out = np.full((more_h + 1, more_w + 1), np.nan, np.float32)
    correlate_block(block, target, place_weights(target, *block.shape), out)
    plain = correlate_block_plain(block, target)
    assert np.allclose(out, plain, atol=2e-3)
    if kind == "flat":
        assert not out.any()


def test_a_block_correlates_fully_with_itself_and_oppositely_with_its_negative() -> None:
    target = np.random.default_rng(1).standard_normal((30, 40)).astype(np.float32)
    block = normal(target[7:15, 20:30])
    out = np.zeros((23, 31), np.float32)
    correlate_block(block, target, place_weights(target, *block.shape), out)
    assert np.unravel_index(out.argmax(), out.shape) == (7, 20)
    assert out.max() == pytest.approx(1.0, abs=1e-3)
    correlate_block(block, -target, place_weights(target, *block.shape), out)
    assert out[7, 20] == pytest.approx(-1.0, abs=1e-3)


def test_peaks_are_the_highest_and_lie_apart() -> None:
    evidence = np.zeros((20, 30), np.float32)
    evidence[5, 6], evidence[6, 7], evidence[15, 20] = 9.0, 8.0, 4.0
    assert peaks(evidence, 5, radius=3) == [(9.0, 6, 5), (4.0, 20, 15)]
    assert peaks(evidence, 1, radius=3) == [(9.0, 6, 5)]
    assert peaks(evidence, 5, radius=0)[1] == (8.0, 7, 6)
    assert peaks(np.zeros((5, 5), np.float32), 3, radius=1) == []
    assert evidence[5, 6] == 9.0


@pytest.mark.parametrize("shape", [(40, 60), (33, 71)])
@pytest.mark.parametrize(("turns", "mirrored"), ORIENTATIONS)
def test_a_pixel_of_an_oriented_view_knows_its_place_in_the_panel(
    shape: tuple[int, int], turns: int, mirrored: bool
) -> None:
    image = grey(rendering("eosin", 1, *shape))
    upright = view(image, everywhere(image), 1.0)
    turned = orient(upright, turns, mirrored)
    expected = np.rot90(upright.pixels[:, ::-1] if mirrored else upright.pixels, turns)
    assert np.array_equal(turned.pixels, expected)
    height, width = turned.pixels.shape
    for x, y in [(0, 0), (width - 1, 0), (0, height - 1), (width // 3, height // 2)]:
        px, py, one = turned.panel_from_view @ [x, y, 1.0]
        assert one == pytest.approx(1.0)
        assert px == pytest.approx(round(px), abs=1e-9)
        assert turned.pixels[y, x] == upright.pixels[round(py), round(px)]


def test_a_reduced_view_keeps_the_corners_of_its_panel() -> None:
    image = grey(rendering("eosin", 1, 60, 90))
    small = view(image, everywhere(image), 0.5)
    assert small.pixels.shape == (30, 45)
    outer = np.array([[-0.5, 44.5], [-0.5, 29.5], [1.0, 1.0]])
    assert np.allclose((small.panel_from_view @ outer)[:2], [[-0.5, 89.5], [-0.5, 59.5]])


def test_masked_pixels_are_nothing_in_a_view() -> None:
    image = grey(rendering("eosin", 1, 60, 90))
    usable = everywhere(image)
    usable[:, 40:] = False
    seen = view(image, usable, 1.0)
    assert not seen.pixels[:, 41:].any()
    assert np.abs(seen.pixels[:, :38]).mean() > 0.1


def test_scales_are_few_distinct_and_start_with_equal_pixels() -> None:
    assert scale_hypotheses((40, 200), (40, 200), 1) == (1.0,)
    wanted = scale_hypotheses((40, 200), (52, 260), 8)
    assert wanted[0] == 1.0
    assert any(abs(s - 1.3) < 0.02 for s in wanted)
    assert all(abs(np.log(p / q)) > 0.03 for p in wanted for q in wanted if p is not q)
    assert all(0.4 < s < 2.5 for s in scale_hypotheses((10, 10), (900, 900), 8))


def oriented(image: np.ndarray, turns: int, mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
    """The copy and ``copy_from_image``, worked out from the positions of pixels."""
    height, width = image.shape
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = (np.rot90(p[:, ::-1] if mirrored else p, turns) for p in (xx, yy))
    old = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    ny, nx = np.mgrid[0 : x.shape[0], 0 : x.shape[1]]
    new = np.stack([nx.ravel(), ny.ravel(), np.ones(x.size)])
    matrix = np.linalg.lstsq(old.T, new.T, rcond=None)[0].T
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if mirrored else image, turns)), matrix


def best(a: np.ndarray, b: np.ndarray, settings_: Blocks = THOROUGH, **more: float):
    return propose(grey(a), everywhere(a), grey(b), everywhere(b), settings_, **more)


@pytest.mark.parametrize(("turns", "mirrored"), ORIENTATIONS)
def test_an_overlapping_field_is_found_in_each_orientation(turns: int, mirrored: bool) -> None:
    scene = grey(rendering("phase", 2, 110, 170))
    a = scene[:, :110]
    copy, turn = oriented(np.ascontiguousarray(scene[:, 45:155]), turns, mirrored)
    slide = np.eye(3)
    slide[0, 2] = -45
    found = best(a, copy)
    assert found[0].inverted is False
    assert mean_gap_px(found[0].b_from_a, turn @ slide, (110, 110)) < 3.0


@pytest.mark.parametrize("settings_", [Blocks(), THOROUGH], ids=["default", "thorough"])
@pytest.mark.parametrize("scale", [1.0, 1.3])
@pytest.mark.parametrize(("turns", "mirrored"), [(0, False), (2, False), (0, True)])
def test_a_part_of_a_strip_is_found_at_two_scales(
    settings_: Blocks, scale: float, turns: int, mirrored: bool
) -> None:
    strip = np.ascontiguousarray(grey(alike("strip", 3)[0]))
    part, turn = oriented(strip[:, 60:220], turns, mirrored)
    size = (round(160 * scale), round(44 * scale))
    part = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
    fx, fy = size[0] / 160, size[1] / 44
    zoom = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]])
    slide = np.eye(3)
    slide[0, 2] = -60
    gaps = [
        mean_gap_px(s.b_from_a, zoom @ turn @ slide, (44, 260))
        for s in best(strip, jpeg(np.clip(part, 0, 255).astype(np.uint8), 85), settings_)
    ]
    assert min(gaps) < 4.0 * scale


def test_a_copy_outweighs_a_look_alike_by_far() -> None:
    one, two, _ = alike("strip", 5)
    copy = best(one, jpeg(gamma(one, 1.4), 80))
    other = best(one, two)
    assert copy[0].nats > 2.0 * max([s.nats for s in other], default=0.0)


def test_inverted_tones_are_named() -> None:
    strip = grey(alike("strip", 6)[0])
    found = best(strip, 255.0 - strip)
    assert found[0].inverted is True
    assert mean_gap_px(found[0].b_from_a, np.eye(3), (44, 260)) < 2.0


def test_a_panel_is_not_proposed_to_itself_in_place() -> None:
    strip = grey(alike("strip", 7)[0])
    found = best(strip, strip, min_shift_px=16.0)
    gaps = [mean_gap_px(s.b_from_a, np.eye(3), (44, 260)) for s in found]
    assert min(gaps, default=99.0) > 4.0
    assert mean_gap_px(best(strip, strip)[0].b_from_a, np.eye(3), (44, 260)) < 1.5


@pytest.mark.parametrize("shape", [(5, 5), (8, 200), (40, 60)])
def test_flat_and_tiny_panels_propose_nothing(shape: tuple[int, int]) -> None:
    flat = np.full(shape, 200.0, np.float32)
    assert best(flat, flat) == []
    assert best(grey(alike("strip", 7)[0]), flat) == []
