"""Which pairs are compared: all that the scope allows, each once, in a fixed order."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.model import Panel
from figecho.retrieve import by_content, pairs_to_compare
from figecho.screen.graphics import flat_share, is_drawn
from handmade import panel
from scenes import jpeg, rendering


def drawn() -> np.ndarray:
    page = np.full((90, 120, 3), 255, np.uint8)
    cv2.polylines(page, [np.array([[10, 70], [50, 20], [110, 60]])], False, (30, 30, 30), 2)
    return page


def photographed(source: str, number: int = 1) -> Panel:
    return panel(rendering("eosin", 1, 60, 80), source, number)


PANELS = [photographed("a.png", 1), photographed("a.png", 2), photographed("b.png", 1)]


@pytest.mark.parametrize(
    ("scope", "pairs"),
    [
        ("both", [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]),
        ("within", [(0, 0), (0, 1), (1, 1), (2, 2)]),
        ("across", [(0, 2), (1, 2)]),
    ],
)
def test_the_scope_decides(scope: str, pairs: list[tuple[int, int]]) -> None:
    assert pairs_to_compare(PANELS, [False] * len(PANELS), scope) == pairs  # type: ignore[arg-type]


def test_pages_and_figures_of_one_file_are_different_figures() -> None:
    from dataclasses import replace

    one = photographed("a.tif")
    pages = [replace(one, figure=("a.tif", 1, 1)), replace(one, figure=("a.tif", 2, 1))]
    assert pairs_to_compare(pages, [False] * len(pages), "across") == [(0, 1)]


def test_a_drawn_panel_is_compared_with_others_but_not_with_itself() -> None:
    panels = [panel(drawn(), "a.png"), panel(drawn(), "b.png"), photographed("c.png")]
    drawings = [is_drawn(p.rgb) for p in panels]
    assert pairs_to_compare(panels, drawings, "both") == [(0, 1), (0, 2), (1, 2), (2, 2)]


def test_the_pixels_say_which_panel_comes_first() -> None:
    from dataclasses import replace

    panels = [replace(PANELS[0], pixels_sha256=digest) for digest in ("b", "a", "b")]
    pairs = [(0, 1), (1, 2), (0, 2), (1, 1)]
    assert [by_content(panels, p) for p in pairs] == [(1, 0), (1, 2), (0, 2), (1, 1)]


def test_nothing_and_one_panel() -> None:
    assert pairs_to_compare([], [], "both") == []
    assert pairs_to_compare(PANELS[:1], [False], "across") == []


def test_a_plot_is_drawn_and_a_photograph_is_not() -> None:
    assert is_drawn(drawn())
    assert flat_share(drawn()) > 0.8
    for name in ("eosin", "phase", "nuclei", "invasion"):
        image = rendering(name, 1)
        colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        assert not is_drawn(colour)


def test_a_black_background_is_not_drawn() -> None:
    dark = np.zeros((90, 120, 3), np.uint8)
    dark[30:60, 30:60] = jpeg(rendering("eosin", 1))[30:60, 30:60]
    assert not is_drawn(dark)
