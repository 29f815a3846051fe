"""Panels without a gutter, pale panels, and grids with an empty place; and what must stay whole."""

from __future__ import annotations

import numpy as np
import pytest

from figecho.model import ByteArray
from figecho.panels.cut import split
from figecho.panels.seams import seamed
from pictures import canvas, cells, chart, jpeg, put, rgb, strip, tissue
from synth import compose
from synth.kinds import streams
from synth.models import MODELS


def lists(picture: ByteArray) -> list[list[int]]:
    return [box.as_list() for box in split(picture)]


def coarse(height: int, width: int, seed: int, tone: int) -> ByteArray:
    """A field with bold structure around its own tone."""
    shifted = tissue(height, width, seed).astype(int) + tone
    return np.clip(shifted, 5, 235).astype(np.uint8)


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_set_edge_to_edge_are_told_apart(packed: bool) -> None:
    sheet = np.concatenate([coarse(200, 260, 1, -40), coarse(200, 240, 2, 30)], axis=1)
    sheet = jpeg(sheet, 92) if packed else sheet
    (first, second) = lists(sheet)
    assert first[2] == pytest.approx(260, abs=2)
    assert second[:2] == [first[2], 0]
    assert first[2] + second[2] == 500


def test_pictures_without_gutters_in_two_rows() -> None:
    above = np.concatenate([coarse(180, 220, 1, 35), coarse(180, 200, 2, -45)], axis=1)
    below = np.concatenate([coarse(180, 220, 3, -45), coarse(180, 200, 4, 35)], axis=1)
    found = seamed(np.concatenate([above, below]))
    assert len(found) >= 2
    assert sum(box.area_px for box in found) == 360 * 420


@pytest.mark.parametrize(
    "picture",
    [
        tissue(240, 300, seed=5),
        cells(240, 300, seed=5),
        strip(60, 400),
        strip(150, 300, lanes=5),
        chart(),
        np.repeat(np.repeat(rgb(np.linspace(60, 200, 256)[:, None] // 64 * 64), 256, axis=1), 1, 0),
    ],
    ids=["tissue", "cells", "strip", "membrane", "chart", "bands"],
)
def test_one_picture_stays_whole(picture: ByteArray) -> None:
    assert len(seamed(np.ascontiguousarray(picture))) == 1


def test_bands_across_a_whole_lane_are_no_seams() -> None:
    rng = np.random.default_rng(3)
    tones = np.full(256, 200.0)
    for top in (40, 90, 170):
        tones[top : top + 22] = 70
    assert len(seamed(rgb(tones[:, None] + rng.normal(0, 2, (256, 256))))) == 1


def test_lanes_of_a_gel_are_no_seams() -> None:
    model = MODELS["agarose"]
    for seed in range(4):
        own = streams(seed, 9)
        gel = model.render(own, 190, 260, model.style(own))
        gel = gel if gel.ndim == 3 else np.repeat(gel[..., None], 3, axis=2)
        assert len(seamed(gel)) == 1


@pytest.mark.parametrize("count", [4, 5, 7])
def test_a_grid_with_empty_places_gives_every_panel(count: int) -> None:
    panels = [tissue(120, 150, seed=k) for k in range(count)]
    figure, offsets = compose.grid(panels, 3, gutter=4)
    assert sorted(lists(figure)) == sorted([x, y, 150, 120] for x, y in offsets)


def test_pale_panels_are_cut_at_a_pure_white_gutter() -> None:
    sheet = canvas(220, 470)
    rng = np.random.default_rng(8)
    boxes = []
    for k in range(2):
        pale = rgb(rng.normal(246, 2, (200, 220)).clip(238, 252))
        for _ in range(14):
            x, y = int(rng.integers(10, 200)), int(rng.integers(10, 180))
            pale[y : y + 14, x : x + 14] = tissue(14, 14, seed=k)
        boxes.append(put(sheet, pale, 10 + 230 * k, 10))
    assert lists(sheet) == boxes


def test_compound_figures_of_the_generator() -> None:
    """Mean overlap with the truth at least 0.9, each panel at least 0.75."""
    overlaps = []
    for seed, name in enumerate(["eosin", "nuclei", "invasion", "brown", "scanning", "phase"]):
        own = streams(seed, 78)
        model = MODELS[name]
        style, (height, width) = model.style(own), model.size(own)
        panels = [model.render(own, height, width, style) for _ in range(4 + seed % 3)]
        figure, offsets = compose.grid(panels, 2 + seed % 2, gutter=2 + 2 * (seed % 3))
        if figure.ndim == 2:
            figure = np.repeat(figure[..., None], 3, axis=2)
        found = lists(figure)
        for x, y in offsets:
            overlaps.append(max(overlap([x, y, width, height], box) for box in found))
    assert np.mean(overlaps) >= 0.9
    assert min(overlaps) >= 0.75


def overlap(a: list[int], b: list[int]) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(tall, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


@pytest.mark.parametrize("thick", [1, 2, 3])
def test_the_frame_line_around_a_strip_is_left_out(thick: int) -> None:
    sheet = canvas(120, 420)
    sheet[30 - thick : 70 + thick, 40 - thick : 340 + thick] = 0
    laid = put(sheet, strip(40, 300), 40, 30)
    assert lists(sheet) == [laid]
