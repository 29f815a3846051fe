"""Medians by counting are those of NumPy, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.screen.middle import median

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.integers(1, 400), st.integers(1, 256))
@settings(max_examples=200, deadline=None)
def test_bytes(seed: int, count: int, tones: int) -> None:
    values = np.random.default_rng(seed).integers(0, tones, count).astype(np.uint8)
    assert median(values) == np.median(values)


@given(SEEDS, st.one_of(st.integers(1, 50), st.integers(16300, 16500)), st.floats(-300, 300))
@settings(max_examples=200, deadline=None)
def test_floats(seed: int, count: int, middle: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(middle, rng.choice([1e-4, 1.0, 90.0]), count).astype(np.float32)
    assert np.float32(median(values)).tobytes() == np.median(values).tobytes()


@pytest.mark.parametrize("count", [20000, 20001])
def test_ties_and_both_signs(count: int) -> None:
    values = np.resize(np.array([-2.5, 0.0, 0.0, 3.0, -2.5], np.float32), count)
    assert median(values) == np.median(values)
    assert median(np.full(count, -7.25, np.float32)) == -7.25
    assert median(np.repeat(np.array([-1, 2], np.float32), 9000)) == 0.5


def test_planes_of_any_shape_and_stride() -> None:
    plane = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    assert median(plane[::2, 5:70, 1]) == np.median(plane[::2, 5:70, 1])
    grey = plane.mean(axis=2, dtype=np.float32)
    assert np.float32(median(grey[3:])) == np.median(grey[3:])
