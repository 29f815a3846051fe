"""Rims of dishes fit each other by nature, and are no evidence; what lies inside them is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.pairs import echoes
from figecho.verify.agree import agreeing_region
from figecho.verify.bands import octaves_of
from figecho.verify.fields import coherence, left_of_fields
from figecho.verify.nats import nats_of
from figecho.verify.overlay import Overlay, octave_by_octave
from scenes import CONFIG, described, everywhere, jpeg, moved

SIDE = 240


def dish(seed: int, *, colonies: int = 60, radius_px: float = 105.0) -> np.ndarray:
    """Take a picture of a dish: its rim, colonies of its own, and the noise of the camera."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    off = np.hypot(x - SIDE / 2, y - SIDE / 2) - radius_px
    image = 190.0 + 55.0 * np.exp(-(((off - 4.0) / 3.0) ** 2)) - 90.0 * np.exp(-((off / 3.0) ** 2))
    image += cv2.GaussianBlur(rng.normal(0, 60, (SIDE, SIDE)), (0, 0), 8.0)
    for _ in range(colonies):
        at, size = rng.uniform(40, SIDE - 40, 2), rng.uniform(1.5, 4.0)
        turn, long = rng.uniform(0, np.pi), rng.uniform(1.2, 2.2)
        u = (x - at[0]) * np.cos(turn) + (y - at[1]) * np.sin(turn)
        v = (y - at[1]) * np.cos(turn) - (x - at[0]) * np.sin(turn)
        image -= 120.0 * np.exp(-((u / (long * size)) ** 2) - (v / size) ** 2)
    image += rng.normal(0, 3.0, image.shape)
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)


def laid(first: np.ndarray, second: np.ndarray) -> Overlay:
    a, b = (octaves_of(i.astype(np.float32), everywhere(i)) for i in (first, second))
    return Overlay(
        a=a.values, b=b.values,
        density=[np.minimum(*d) for d in zip(a.density, b.density, strict=True)],
        steep=a.steep, both=a.usable & b.usable,
    )  # fmt: skip


def shown(over: Overlay) -> tuple[float, float]:
    """Return the evidence of all that agrees, and what rims leave of it."""
    region = agreeing_region(over.a, over.b, over.both)
    return nats_of(*octave_by_octave(over, region)), left_of_fields(over, region)


@pytest.mark.parametrize("seed", range(4))
def test_two_rims_agree_by_their_curve_alone(seed: int) -> None:
    together, beside = shown(laid(dish(2 * seed), dish(2 * seed + 1)))
    assert together > 12.0
    assert beside < 0.5 * together


@pytest.mark.parametrize("seed", range(4))
def test_a_copy_of_a_dish_agrees_by_its_colonies_as_well(seed: int) -> None:
    together, beside = shown(laid(dish(seed), jpeg(dish(seed), 70)))
    assert beside > together > 100.0


def test_a_stripe_is_coherent_and_noise_is_not() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    stripes = np.asarray(128 + 90 * np.sin(0.5 * x + 0.2 * y), np.uint8)
    noise = np.asarray(np.random.default_rng(3).integers(0, 255, (SIDE, SIDE)), np.uint8)
    inner = np.s_[20:-20, 20:-20]
    assert coherence(laid(stripes, stripes))[inner].min() > 0.9
    assert np.median(coherence(laid(noise, noise))[inner]) < 0.4


@pytest.mark.parametrize("seed", range(3))
def test_unrelated_dishes_show_little_and_a_turned_copy_much(seed: int) -> None:
    first, second = dish(seed + 20), dish(seed + 40)
    assert all(e.nats < 24.0 for e in echoes(described(first), described(second), CONFIG))
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 25.0, 1.0)
    turned = jpeg(moved(first, matrix), 85)
    (echo, *_) = echoes(described(first), described(turned), CONFIG)
    assert echo.nats > 60.0
