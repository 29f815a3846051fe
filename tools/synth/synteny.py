"""Synteny plots: ribbons from one karyotype, the same in every plot, to that of a species."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image, ImageDraw

from synth.kinds import Byte, Rng, Style
from synth.labels import write

#: Lengths of the human chromosomes 1 to 22 and X, in megabases.
HUMAN = (
    *(248, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133),
    *(114, 107, 102, 90, 83, 80, 59, 64, 47, 51, 156),
)
SPECIES = ("Mouse", "Rat", "Dog", "Cow", "Pig", "Horse", "Chicken", "Opossum", "Macaque", "Bat")


def synteny_style(rng: Rng) -> Style:
    """Draw nothing: all plots share their karyotype and colours by design."""
    return {"gap": 0.006}


def synteny(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Draw the plot of one species: its chromosomes below, ribbons of its own between."""
    big = Image.new("RGB", (2 * width, 2 * height), "white")
    draw = ImageDraw.Draw(big, "RGBA")
    top, bottom = 0.2 * 2 * height, 0.8 * 2 * height
    human = _laid(np.asarray(HUMAN, float), 2 * width, style["gap"])
    count = int(rng.integers(14, 36))
    other = _laid(rng.uniform(40, 250, count), 2 * width, style["gap"])
    bar = 0.03 * 2 * height
    for index, (left, right) in enumerate(human):
        red, green, blue = (
            int(255 * v) for v in colorsys.hsv_to_rgb(index / len(human), 0.65, 0.85)
        )
        for _ in range(int(rng.integers(2, 7))):
            a, b = np.sort(rng.uniform(left, right, 2))
            start, end = other[int(rng.integers(count))]
            c = rng.uniform(start, end)
            d = min(c + (b - a) * rng.uniform(0.6, 1.3), end)
            draw.polygon(_ribbon(a, b, c, d, top + bar, bottom), fill=(red, green, blue, 110))
        draw.rectangle([left, top, right, top + bar], fill=(red, green, blue))
    for left, right in other:
        draw.rectangle([left, bottom, right, bottom + bar], fill=(150, 150, 150))
    image = np.array(big.resize((width, height), Image.Resampling.BOX))
    write(image, "Human", 8, int(0.08 * height), 15, 0)
    write(image, str(rng.choice(SPECIES)), 8, int(0.9 * height), 15, 0)
    for index, (left, _) in enumerate(human):
        name = "X" if index == len(human) - 1 else str(index + 1)
        write(image, name, int(left / 2) + 1, int(0.145 * height), 10, 0)
    return image


def _laid(lengths: np.ndarray, width: float, gap: float) -> list[tuple[float, float]]:
    """Set chromosomes side by side over 94 % of the width."""
    room = 0.94 * width - gap * width * (len(lengths) - 1)
    sizes = lengths / lengths.sum() * room
    starts = 0.03 * width + np.concatenate([[0], np.cumsum(sizes + gap * width)[:-1]])
    return [(float(s), float(s + size)) for s, size in zip(starts, sizes, strict=True)]


def _ribbon(
    a: float, b: float, c: float, d: float, top: float, bottom: float
) -> list[tuple[float, float]]:
    """Return the outline of a band that leaves a..b and arrives at c..d, smoothly."""
    t = np.linspace(0, 1, 24)
    ease = t * t * (3 - 2 * t)
    y = top + t * (bottom - top)
    left, right = a + ease * (c - a), b + ease * (d - b)
    down = list(zip(left.tolist(), y.tolist(), strict=True))
    return down + list(zip(right[::-1].tolist(), y[::-1].tolist(), strict=True))
