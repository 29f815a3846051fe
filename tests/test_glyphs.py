"""Letters on the canvas of a drawn panel are masked, cells on a white ground and dots are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from figecho.screen.glyphs import glyphs

SIDE = 200


def cells_on_white(seed: int) -> np.ndarray:
    """Draw soft cells on a ground that the camera clipped, as in an inverted fluorescence field."""
    rng = np.random.default_rng(seed)
    image = np.full((SIDE, SIDE), 255.0)
    y, x = np.mgrid[:SIDE, :SIDE]
    for _ in range(12):
        at, radius = rng.uniform(20, SIDE - 20, 2), rng.uniform(5, 8)
        image -= 150.0 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / radius**2)
    return np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def dot_plot(seed: int) -> np.ndarray:
    """Draw a dense cluster of dots, some of which merge, below a percentage."""
    image = np.full((SIDE, SIDE, 3), 255, np.uint8)
    rng = np.random.default_rng(seed)
    for x, y in np.rint(rng.normal((120, 120), 12, (140, 2))).astype(int):
        image[y : y + 2, x : x + 2] = 0
    cv2.putText(image, "12.4%", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return image


@pytest.mark.parametrize("seed", range(4))
def test_soft_cells_on_white_are_no_letters(seed: int) -> None:
    picture = cells_on_white(seed)
    ink = picture.min(axis=2) < 195
    assert glyphs(picture)[ink].mean() < 0.15


@pytest.mark.parametrize("seed", range(4))
def test_dots_that_merge_are_no_letters_and_letters_are(seed: int) -> None:
    picture = dot_plot(seed)
    masked, ink = glyphs(picture), picture.min(axis=2) < 195
    assert masked[:40][ink[:40]].mean() > 0.9
    assert masked[60:][ink[60:]].mean() < 0.15
