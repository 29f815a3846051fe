"""Lines between panels: what is even, what is a line, and what only looks like one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.model import ByteArray
from figecho.panels.lines import are_even, halves_alike, lines, stands_out
from pictures import tissue


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 3), st.integers(1, 100))
@settings(max_examples=200, deadline=None)
def test_rows_are_even_as_plain_numpy_says(seed: int, length: int, channels: int, far: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(100 - far, 100 + far, (50, length, channels)).astype(np.uint8)
    # Most tones of a row are one, so that its mean is off its median.
    rows[rng.random(rows.shape) < rng.random((50, 1, 1))] = 100
    apart = np.abs(rows - np.median(rows, axis=1, keepdims=True)).sum(axis=1)
    assert np.array_equal(are_even(rows), apart.max(axis=1) <= 10 * length)
    half = length // 2
    steps = np.abs(rows[:, :half].astype(int) - rows[:, half : 2 * half]).sum(axis=1)
    assert np.array_equal(halves_alike(rows), steps.max(axis=1) <= 10 * length)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 3), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_line_stands_out_as_plain_numpy_says(
    seed: int, length: int, channels: int, middle: int
) -> None:
    rng = np.random.default_rng(seed)
    planes = np.clip(rng.normal(middle, 40, (9, length, channels)), 0, 255).astype(np.uint8)
    tones = (rng.integers(0, 511, channels) / 2).astype(np.float32)
    steps = tones - planes[[2, 7]].astype(np.float32)
    shares = [(steps > 24).mean(axis=1).min(axis=0), (steps < -24).mean(axis=1).min(axis=0)]
    assert stands_out(tones, planes, 2, 7) == bool(np.max(shares) >= 0.8)


def lined(wide_px: int) -> ByteArray:
    picture = tissue(200, 240)
    picture[100 : 100 + wide_px] = 255
    return picture


def test_a_line_between_pictures_is_found_level_and_upright() -> None:
    (found,) = lines(lined(2), vertical=False)
    assert found[0] <= 100 < 102 <= found[1]
    assert lines(lined(2).transpose(1, 0, 2), vertical=True) == [found]
    assert lines(lined(2), vertical=True) == []


def test_a_picture_or_a_broad_band_is_no_line() -> None:
    assert lines(tissue(200, 240), vertical=False) == []
    assert lines(lined(20), vertical=False) == []


def test_a_line_along_the_edge_of_a_lighter_field_is_none() -> None:
    # An even row is a line only if it is lighter, or darker, than both its sides.
    step = tissue(200, 240) // 2
    step[100:] = 255
    step[96:100] = 160
    assert lines(step, vertical=False) == []
