"""A lane that was copied along its row is told by what runs along neither bands nor lanes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.describe.described import describe
from figecho.echo import Echo
from figecho.pairs import echoes
from figecho.verify.nats_inside import across_nats, inside_nats
from handmade import panel
from scenes import CONFIG, grey, jpeg, rendering
from test_gels import smooth_gel


def dusty_gel(seed: int, *, same_bands: bool, copied: bool) -> np.ndarray:
    """Take a picture of six lanes on a dusty membrane, one perhaps pasted over the next but one."""
    rng = np.random.default_rng(seed)
    image = smooth_gel(seed, same_bands=same_bands).astype(np.float32)
    dust = np.zeros(image.shape, np.float32)
    for x, y in rng.integers(0, image.shape[::-1], (260, 2)).tolist():
        cv2.circle(dust, (x, y), int(rng.integers(1, 3)), float(rng.uniform(10, 40)), -1)
    image -= cv2.GaussianBlur(dust, (0, 0), 0.8)
    if copied:
        image[:, 150:198] = image[:, 54:102]
    image += rng.normal(0, 0.7, image.shape)
    return jpeg(np.clip(np.rint(image), 0, 255).astype(np.uint8), 92)


def found_inside(image: np.ndarray) -> list[Echo]:
    one = describe(panel(image), CONFIG)
    return echoes(one, one, CONFIG)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("same_bands", [False, True])
def test_a_lane_copied_along_its_row_is_told_across_its_bands(seed: int, same_bands: bool) -> None:
    (echo,) = found_inside(dusty_gel(seed, same_bands=same_bands, copied=True))
    assert abs(abs(echo.b_from_a[0, 2]) - 96.0) < 2.0
    assert echo.across > 30.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("same_bands", [False, True])
def test_lanes_side_by_side_are_no_copies_however_alike(seed: int, same_bands: bool) -> None:
    assert found_inside(dusty_gel(seed, same_bands=same_bands, copied=False)) == []


def above_a_field(seed: int, *, copied: bool) -> np.ndarray:
    """Set a gel on a field of two dyes; four samples are loaded twice, or a part is copied."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:150.0, :240.0]
    gel = np.full(y.shape, 40.0)
    samples = [(rng.uniform(12, 140, 9), rng.uniform(60, 170, 9)) for _ in range(8)]
    for lane, (at, heights) in enumerate(samples if copied else 2 * samples[:4]):
        across = 1.0 / (1.0 + np.exp(-(11.0 - np.abs(x - 16.0 - 29.7 * lane)) / 0.8))
        for place, height in zip(at, heights, strict=True):
            band = height * rng.uniform(0.9, 1.1) * np.exp(-(((y - place) / 1.2) ** 2))
            gel += across * band
    red, green = (grey(rendering("nuclei", seed + 50 * k, 140, 240)) for k in range(2))
    if copied:
        for field in (red, green):
            field[20:80, 150:210] = field[20:80, 20:80]
    blue = np.zeros_like(red)
    image = np.dstack([np.vstack([gel, field]) for field in (red, green, blue)])
    image += rng.normal(0, 0.7, (*image.shape[:2], 1))
    return jpeg(np.clip(np.rint(image), 0, 255).astype(np.uint8), 92)


@pytest.mark.parametrize("seed", range(4))
def test_lanes_above_a_field_are_no_copies(seed: int) -> None:
    assert found_inside(above_a_field(seed, copied=False)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_copy_in_a_field_below_a_gel_is_one(seed: int) -> None:
    (echo,) = found_inside(above_a_field(seed, copied=True))
    shift = np.abs((echo.polygon_b - echo.polygon_a).mean(axis=0))
    assert np.hypot(*(shift - [130.0, 0.0])) < 1.0
    assert min(echo.polygon_a[:, 1].min(), echo.polygon_b[:, 1].min()) > 150.0


def test_what_lies_across_counts_only_with_its_grain() -> None:
    samples = (300.0, 200.0)
    copy, smooth = (
        across_nats(rho, samples, np.eye(3), pattern=0.1) for rho in ((0.5, 0.8), (0.12, 0.85))
    )
    assert copy > 100.0
    assert smooth == 0.0


def test_what_lies_across_counts_less_mirrored_and_nothing_in_a_pattern() -> None:
    shared = ((0.6, 0.8), (60.0, 50.0))
    upright = across_nats(*shared, np.eye(3), pattern=0.1)
    assert 0.0 < across_nats(*shared, np.diag([-1.0, 1.0, 1.0]), pattern=0.1) < 0.5 * upright
    assert across_nats(*shared, np.eye(3), pattern=0.7) == 0.0


def test_many_samples_of_a_field_need_not_agree_as_well_as_few() -> None:
    few, many = 30.0, 120.0
    assert inside_nats((0.52,), (many,), np.eye(3)) > 30.0
    assert inside_nats((0.52,), (few,), np.eye(3)) < 10.0
    assert inside_nats((0.30,), (1000.0,), np.eye(3)) == 0.0
    assert inside_nats((0.52,), (many,), np.eye(3), pattern=0.6) == 0.0
