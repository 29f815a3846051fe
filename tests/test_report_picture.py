"""Evidence pictures show what the finding says, for any panel, and leave the panels alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.model import Finding, Panel
from figecho.report.aligned import aligned
from figecho.report.drawing import ORANGE, SKY, drawable
from figecho.report.figure_for import figure_for
from figecho.report.picture import WIDTH, evidence_picture, pair_picture
from handmade import finding, panel, region, transform

CORNERS = ((20.0, 15.0), (120.0, 15.0), (120.0, 85.0), (20.0, 85.0))


def texture(height: int = 100, width: int = 150, seed: int = 0) -> Any:
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip(128 + 45 * smooth / smooth.std(), 0, 255)


def echo(matrix: Any, grey: Any, size: tuple[int, int], *, inverted: bool = False) -> Any:
    warped = cv2.warpPerspective(grey, np.asarray(matrix, float), size, borderValue=128)
    return 200 - 0.6 * warped if inverted else 30 + 0.6 * warped


def linked(matrix: Any, a: Panel, b: Panel, **fields: Any) -> Finding:
    """A finding whose matrix maps panel pixels as given, wherever the panels lie."""
    into, out_of = np.eye(3), np.eye(3)
    into[:2, 2], out_of[:2, 2] = (-a.bbox.x, -a.bbox.y), (b.bbox.x, b.bbox.y)
    moved = cv2.perspectiveTransform(np.array([CORNERS]), np.asarray(matrix, float))[0]
    places = []
    for where, corners in ((a, CORNERS), (b, moved.tolist())):
        polygon = tuple((x + where.bbox.x, y + where.bbox.y) for x, y in corners)
        places.append(replace(region(where.figure[0]), polygon=polygon, bbox=where.bbox))
    return finding(1, *places, transform=transform(out_of @ matrix @ into, **fields))


MOVES = {
    "as it is": np.eye(3),
    "rotated": np.array([[0.0, -1, 110], [1, 0, 5], [0, 0, 1]]),
    "mirrored": np.array([[-1.0, 0, 149], [0, 1, 0], [0, 0, 1]]),
    "enlarged": np.array([[2.0, 0, -20], [0, 2, -10], [0, 0, 1]]),
    "shrunk": np.array([[0.5, 0, 8], [0, 0.5, 6], [0, 0, 1]]),
    "in perspective": np.array([[1.0, 0.05, 2], [0.02, 1, 3], [1e-4, 2e-4, 1]]),
}


def middle(picture: Any) -> Any:
    """The core of the region in a cut-out made with the standard margin of CORNERS."""
    h, w = picture.shape[:2]
    return picture[h // 4 : -h // 4, w // 4 : -w // 4]


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("name", MOVES)
def test_an_echo_leaves_no_difference_and_a_grey_overlay(name: str, inverted: bool) -> None:
    grey = texture()
    a = panel(grey, x=40, y=7)
    b = panel(echo(MOVES[name], grey, (300, 260), inverted=inverted), "b.png", x=11, y=300)
    parts = aligned(linked(MOVES[name], a, b, inverted=inverted), a, b)
    assert middle(parts.difference).mean() < 40
    overlay = middle(parts.overlay).astype(int)
    assert np.abs(overlay[..., 0] - overlay[..., 1]).mean() < 25


@pytest.mark.parametrize("name", ["rotated", "mirrored", "enlarged"])
def test_what_is_no_echo_stays_visible(name: str) -> None:
    a = panel(texture(seed=1))
    b = panel(echo(MOVES[name], texture(seed=2), (300, 260)), "b.png")
    parts = aligned(linked(MOVES[name], a, b), a, b)
    assert middle(parts.difference).mean() > 90
    overlay = middle(parts.overlay).astype(int)
    assert np.abs(overlay[..., 0] - overlay[..., 1]).mean() > 40


def test_the_inversion_matters() -> None:
    grey = texture()
    a, b = panel(grey), panel(echo(np.eye(3), grey, (150, 100), inverted=True), "b.png")
    assert middle(aligned(linked(np.eye(3), a, b, inverted=False), a, b).difference).mean() > 90


@pytest.mark.parametrize(
    ("shape_a", "shape_b"),
    [
        ((100, 150), (90, 140)),
        ((44, 350), (44, 350)),
        ((350, 44), (300, 60)),
        ((3, 3), (5, 4)),
        ((16, 2400), (1800, 2400)),
        ((2000, 3000), (60, 60)),
    ],
)
def test_any_panels_give_a_picture_of_one_width(
    shape_a: tuple[int, int], shape_b: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    a = panel(rng.integers(0, 255, shape_a))
    b = panel(rng.integers(0, 255, shape_b), "b.png")
    before = a.rgb.copy(), b.rgb.copy()
    for picture in (evidence_picture(linked(np.eye(3), a, b), a, b), pair_picture(a, b)):
        assert picture.dtype == np.uint8
        assert picture.shape[1:] == (WIDTH, 3)
        assert 100 < picture.shape[0] < 3000
    assert np.array_equal(a.rgb, before[0]) and np.array_equal(b.rgb, before[1])


def test_the_same_panel_is_drawn_once_unless_the_regions_overlap() -> None:
    a = panel(texture(60, 400))
    heights = [
        evidence_picture(
            finding(a=region("a.png", 0, 5, 90, 40), b=region("a.png", x, 5, 90, 40)), a, a
        ).shape[0]
        for x in (200, 20)
    ]
    assert heights[0] < heights[1] - 100
    assert pair_picture(a, a).shape[1] == WIDTH


def count(picture: Any, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(axis=2).sum())


def pointed(item: Finding, points: Any) -> Finding:
    rows = tuple((float(xa), float(ya), float(xb), float(yb)) for xa, ya, xb, yb in points)
    return replace(item, evidence=replace(item.evidence, points=rows))


def test_outlines_are_drawn_and_lines_join_the_points_of_the_finding() -> None:
    a, b = panel(texture(), x=30, y=9), panel(texture(), "b.png", x=5)
    item = linked(np.eye(3), a, b)
    assert count(evidence_picture(item, a, b), ORANGE) > 300
    assert count(evidence_picture(item, a, b), SKY) == 0
    few = pointed(item, [(60, 39, 35, 30), (130, 79, 105, 70)])
    assert count(evidence_picture(few, a, b), SKY) > 30


def test_many_points_stay_readable() -> None:
    a, b = panel(texture()), panel(texture(), "b.png")
    item = linked(np.eye(3), a, b)
    many = np.random.default_rng(0).uniform((20, 15), (120, 85), (24, 2))
    pictures = [evidence_picture(pointed(item, np.c_[many[:n], many[:n]]), a, b) for n in (12, 24)]
    assert count(pictures[1], SKY) < 1.3 * count(pictures[0], SKY)


def test_letters_and_names_stand_above_the_panels_and_cover_nothing() -> None:
    a, b = panel(texture(300, 300)), panel(texture(300, 300, seed=4), "b.png")
    whole = tuple((x, y) for x, y in ((0.0, 0.0), (299.0, 0.0), (299.0, 299.0), (0.0, 299.0)))
    item = linked(np.eye(3), a, b)
    item = replace(item, regions=tuple(replace(r, polygon=whole) for r in item.regions))
    orange = (evidence_picture(item, a, b) == ORANGE).all(axis=2).sum(axis=1)
    assert np.flatnonzero(orange > 10)[0] < np.flatnonzero(orange > 400)[0] - 15
    orange = (figure_for(item, a, b) == ORANGE).all(axis=2).sum(axis=1)
    assert np.flatnonzero(orange > 10)[-1] > np.flatnonzero(orange > 400)[-1] + 315


@pytest.mark.parametrize("dark", [False, True])
def test_what_lies_around_the_region_fades_without_glare(dark: bool) -> None:
    grey = texture() * (0.15 if dark else 1.0)
    a, b = panel(grey), panel(grey, "b.png")
    parts = aligned(linked(np.eye(3), a, b), a, b)
    for picture in (parts.a, parts.b):
        edge = picture[0].mean()
        assert (40 < edge < 100) if dark else edge > 200
        assert abs(middle(picture).mean() - middle(grey).mean()) < 12


def test_pictures_are_the_same_every_time() -> None:
    a, b = panel(texture()), panel(texture(), "b.png")
    item = linked(MOVES["rotated"], a, b)
    assert np.array_equal(evidence_picture(item, a, b), evidence_picture(item, a, b))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-50, 250), st.floats(-50, 250)), min_size=3, max_size=9),
    st.sampled_from(sorted(MOVES)),
    st.booleans(),
)
def test_no_region_however_odd_breaks_a_picture(
    corners: list[tuple[float, float]], name: str, flat: bool
) -> None:
    a = panel(np.zeros((100, 150)) if flat else texture())
    b = panel(texture(60, 80), "b.png")
    odd = replace(region("a.png"), polygon=tuple(corners))
    item = finding(1, odd, transform=transform(MOVES[name]))
    assert evidence_picture(item, a, b).shape[1] == WIDTH


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("β-actin 90°", "beta-actin 90°"),
        ("café × 2", "cafe x 2"),
        ("5 µm", "5 um"),
        ("図1", "?1"),
        ("Ω–Δ", "omega-delta"),
        ("plain", "plain"),
    ],
)
def test_what_the_font_lacks_is_spelt_out(text: str, plain: str) -> None:
    assert drawable(text) == plain
