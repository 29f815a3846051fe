"""Flow cytometry dot plots as old software drew them: black pixels, quadrants, percentages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.kinds import Byte, Rng, Style, between
from synth.labels import text_image


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A dot plot before it is drawn: events in units of the square 0..1, y upwards."""

    events: NDArray[np.float64]
    style: Style


def style(rng: Rng) -> Style:
    """Draw what plots of one experiment share: gates, populations, axis names."""
    return {
        "gate": (between(rng, 0.3, 0.55), between(rng, 0.3, 0.55)),
        "means": rng.uniform(0.12, 0.4, (2, 2)) + np.array([[0.0, 0.0], [0.35, 0.05]]),
        "spread": rng.uniform(0.06, 0.12, 2),
        "shares": (between(rng, 0.55, 0.75), between(rng, 0.04, 0.18)),
        "count": int(rng.integers(1500, 5000)),
        "dot": int(rng.integers(1, 3)),
        "names": [("Annexin V", "PI"), ("CD4", "CD8"), ("FL1-H", "FL2-H")][int(rng.integers(3))],
    }


def events(rng: Rng, style: Style) -> NDArray[np.float64]:
    """Draw the events of one tube: two populations and scattered single ones."""
    count = style["count"]
    first, second = (int(count * share) for share in style["shares"])
    drawn = [
        rng.normal(style["means"][0], style["spread"][0], (first, 2)),
        rng.normal(style["means"][1], style["spread"][1], (second, 2)),
        np.abs(rng.normal(0, [0.4, 0.3], (count - first - second, 2))),
    ]
    return np.concatenate(drawn)


def interior(height: int, width: int) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the square of dots inside the plot, in pixels."""
    return int(0.14 * width), int(0.05 * height), int(0.96 * width), int(0.86 * height)


def draw(plot: Plot, height: int, width: int) -> Byte:
    """Draw a plot with its frame, gates, ticks and the share of each quadrant."""
    image = np.full((height, width), 255, np.uint8)
    left, top, right, bottom = interior(height, width)
    x = left + np.clip(plot.events[:, 0], 0, 1) * (right - left)
    y = bottom - np.clip(plot.events[:, 1], 0, 1) * (bottom - top)
    for dx in range(plot.style["dot"]):
        rows = np.clip(y.astype(int), top, bottom - 1)
        image[rows, np.clip(x.astype(int) + dx, left, right - 1)] = 0
    gate_x, gate_y = plot.style["gate"]
    column, row = int(left + gate_x * (right - left)), int(bottom - gate_y * (bottom - top))
    image[top:bottom, column] = image[row, left:right] = 0
    image[[top, bottom], left : right + 1] = image[top : bottom + 1, [left, right]] = 0
    for decade in range(5):
        for tick in np.log10(np.arange(1, 10)) if decade < 4 else [0.0]:
            part, size = (decade + tick) / 4, 6 if tick == 0 else 3
            image[bottom : bottom + size, min(int(left + part * (right - left)), right)] = 0
            image[max(int(bottom - part * (bottom - top)), top), left - size : left] = 0
    _write(image, plot, (left, top, right, bottom))
    return image


def _write(image: Byte, plot: Plot, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    inside = plot.events
    gate_x, gate_y = plot.style["gate"]
    for high_x in (False, True):
        for high_y in (False, True):
            share = np.mean(
                ((inside[:, 0] > gate_x) == high_x) & ((inside[:, 1] > gate_y) == high_y)
            )
            words = text_image(f"{100 * share:.1f}%", 10)
            at_x = right - words.shape[1] - 3 if high_x else left + 3
            at_y = top + 3 if high_y else bottom - words.shape[0] - 3
            image[at_y : at_y + words.shape[0], at_x : at_x + words.shape[1]] = 255 - words
    name_x, name_y = (text_image(name, 11) for name in plot.style["names"])
    start, row = (left + right - name_x.shape[1]) // 2, image.shape[0] - name_x.shape[0] - 1
    image[row : row + name_x.shape[0], start : start + name_x.shape[1]] = 255 - name_x
    turned = np.rot90(name_y)
    start = (top + bottom - turned.shape[0]) // 2
    image[start : start + turned.shape[0], 1 : 1 + turned.shape[1]] = 255 - turned


def render(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Measure and draw one tube."""
    return draw(Plot(events=events(rng, style), style=style), height, width)
