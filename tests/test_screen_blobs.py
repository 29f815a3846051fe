"""Blobs and their measures: the kernels against plain OpenCV and numpy."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.screen.blobs import blobs, counted, in_any, runs
from figecho.screen.boxes import boxes
from figecho.screen.marks import layers, measured, totals

SIDES = st.integers(1, 40)
SEEDS = st.integers(0, 10_000)


@given(SEEDS, SIDES, SIDES, st.floats(0, 1), st.sampled_from([4, 8]))
@settings(max_examples=200, deadline=None)
def test_blobs_are_those_of_opencv(seed: int, h: int, w: int, share: float, touch: int) -> None:
    mask = np.random.default_rng(seed).random((h, w)) < share
    labels, boxes = blobs(mask, touch)
    _, expected, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=touch
    )
    assert np.array_equal(labels, expected)
    assert np.array_equal(boxes[1:], stats[1:])
    assert not boxes[0].any()


@given(SEEDS, SIDES, SIDES)
@settings(max_examples=100, deadline=None)
def test_looking_up_labels_is_plain_numpy(seed: int, h: int, w: int) -> None:
    rng = np.random.default_rng(seed)
    labels, boxes = blobs(rng.random((h, w)) < 0.4)
    chosen, mask = rng.random(len(boxes)) < 0.5, rng.random((h, w)) < 0.3
    assert np.array_equal(in_any(labels, chosen), chosen[labels])
    expected = np.bincount(labels[mask], minlength=len(boxes))
    assert np.array_equal(counted(labels, mask, len(boxes)), expected)


@given(SEEDS, SIDES, SIDES)
@settings(max_examples=100, deadline=None)
def test_totals_are_those_of_plain_numpy(seed: int, h: int, w: int) -> None:
    rng = np.random.default_rng(seed)
    labels, boxes = blobs(rng.random((h, w)) < 0.4)
    chosen = np.flatnonzero(rng.random(len(boxes)) < 0.7)
    chosen = chosen[chosen > 0]
    if not len(chosen):
        return
    index = np.full(len(boxes), -1)
    index[chosen] = np.arange(len(chosen))
    rgb = rng.integers(0, 256, (h, w, 3)).astype(np.uint8)
    depth = rng.uniform(1, 3, (h, w)).astype(np.float32)
    sharp = rng.random((h, w)) < 0.5
    tones, thickest, outline = totals(labels, index, rgb, depth, sharp)
    for k, label in enumerate(chosen):
        at = labels == label
        inside = rgb[at].astype(np.int64)
        edge = at & (depth < 1.5)
        assert np.array_equal(tones[k], [inside.sum(axis=0), (inside**2).sum(axis=0)])
        assert thickest[k] == depth[at].max()
        assert outline[k].tolist() == [edge.sum(), (edge & sharp).sum()]


def test_a_mark_is_measured_as_it_was_drawn() -> None:
    rgb = np.full((60, 80, 3), 90, np.uint8)
    rgb[20:26, 10:50] = (255, 255, 255)
    tone = rgb[..., 0] > 200
    everywhere = np.ones(tone.shape, np.bool_)
    labels, (bar,) = measured(rgb, tone, everywhere)
    assert np.array_equal(labels > 0, tone)
    assert (bar.x, bar.y, bar.w, bar.h, bar.area) == (10, 20, 40, 6, 240)
    assert bar.thickest_px == pytest.approx(5, abs=0.5)
    assert (bar.sharp, bar.spread) == (1.0, 0.0)


def test_background_and_specks_are_no_marks() -> None:
    rgb = np.zeros((60, 80, 3), np.uint8)
    rgb[:, :40] = 255
    rgb[30, 60] = 255
    tone = rgb[..., 0] > 200
    assert measured(rgb, tone, tone)[1] == ()


def test_runs_are_where_flags_are_true() -> None:
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1], np.bool_)) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(3, np.bool_)) == runs(np.zeros(0, np.bool_)) == []


def ruled(draw: Callable[[np.ndarray], object]) -> int:
    """Count the boxes in a panel on which something was drawn in white."""
    rgb = np.full((120, 160, 3), 90, np.uint8)
    draw(rgb)
    return sum(len(boxes(layer)) for layer in layers(rgb))


def test_a_box_and_a_bracket_are_drawn_with_a_ruler() -> None:
    corners = np.array([[30, 30], [30, 90], [90, 90]])
    assert ruled(lambda rgb: cv2.rectangle(rgb, (30, 30), (110, 80), (255,) * 3, 2)) == 1
    assert ruled(lambda rgb: cv2.polylines(rgb, [corners], False, (255,) * 3, 2)) == 1


def test_a_circle_and_a_slanting_line_are_not() -> None:
    assert ruled(lambda rgb: cv2.circle(rgb, (70, 60), 40, (255,) * 3, 2)) == 0
    assert ruled(lambda rgb: cv2.line(rgb, (20, 20), (110, 90), (255,) * 3, 2)) == 0
