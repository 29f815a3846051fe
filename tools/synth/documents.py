"""Figures without a picture: charts, tables, browser views, blanks, gradients, flat noise."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from synth.grain import clouds, grain, jpeg
from synth.kinds import Byte, Rng, Style, between, to_byte
from synth.labels import write

INKS = ((31, 119, 180), (214, 39, 40), (44, 160, 44), (20, 20, 20), (255, 127, 14), (127, 127, 127))


def chart_style(rng: Rng) -> Style:
    """Draw the look of a chart: bars or lines, number of groups, colours."""
    return {
        "bars": bool(rng.random() < 0.6),
        "groups": int(rng.integers(3, 8)),
        "series": int(rng.integers(1, 4)),
        "inks": rng.permutation(len(INKS)),
        "name": str(rng.choice(["Relative mRNA", "Viability (%)", "Fold change", "OD 450"])),
    }


def chart(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Draw one chart with its own data."""
    big = Image.new("RGB", (2 * width, 2 * height), "white")
    draw = ImageDraw.Draw(big)
    left, top, right, bottom = 0.24 * width, 0.1 * height, 1.92 * width, 1.72 * height
    draw.line([(left, top), (left, bottom), (right, bottom)], fill=0, width=3)
    for tick in np.linspace(0, 1, 6):
        y = bottom - tick * (bottom - top)
        draw.line([(left - 10, y), (left, y)], fill=0, width=3)
    pitch = (right - left) / style["groups"]
    for series in range(style["series"]):
        ink = INKS[int(style["inks"][series])]
        values = np.clip(np.cumsum(rng.normal(0.08, 0.2, style["groups"])) + 0.4, 0.05, 0.95)
        errors = np.asarray(rng.uniform(0.01, 0.06, style["groups"]))
        points = []
        for group, (value, error) in enumerate(zip(values, errors, strict=True)):
            thick = 0.7 * pitch / style["series"]
            x = left + (group + 0.15) * pitch + (series + 0.5) * thick
            y, span = bottom - value * (bottom - top), error * (bottom - top)
            points.append((x, y))
            if style["bars"]:
                draw.rectangle([x - thick / 2, y, x + thick / 2 - 2, bottom], fill=ink, outline=0)
            draw.line([(x, y - span), (x, y + span)], fill=0, width=2)
            draw.line([(x - 8, y - span), (x + 8, y - span)], fill=0, width=2)
        if not style["bars"]:
            draw.line(points, fill=ink, width=4)
            for x, y in points:
                draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=ink)
    image = np.array(big.resize((width, height), Image.Resampling.BOX))
    write(image, style["name"], int(0.2 * width), 2, 12, 0)
    for group in range(style["groups"]):
        x = int((left + (group + 0.35) * pitch) / 2)
        write(image, f"{int(rng.integers(0, 97))}", x, int(bottom / 2) + 8, 11, 0)
    return image


def table_style(rng: Rng) -> Style:
    """Draw the size of a table."""
    return {"rows": int(rng.integers(7, 12)), "columns": int(rng.integers(3, 6))}


def table(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Set one table of numbers in type."""
    image = np.full((height, width, 3), 255, np.uint8)
    pitch = height / (style["rows"] + 1)
    heads = rng.permutation(["Group", "n", "Mean", "SD", "P", "OR", "95% CI", "Age"])
    for column in range(style["columns"]):
        x = int(8 + column * (width - 16) / style["columns"])
        write(image, str(heads[column]), x, int(0.25 * pitch), 12, 0)
        for row in range(1, style["rows"]):
            value = f"{between(rng, 0, 90):.{int(rng.integers(1, 4))}f}"
            write(image, value, x, int((row + 0.35) * pitch), 12, 30)
    for y in (1, int(pitch), height - 3):
        image[y : y + 1, 4 : width - 4] = 0
    return image


def browser_style(rng: Rng) -> Style:
    """Draw the window that a series of screenshots shares: bars, buttons, gene model."""
    exons = np.sort(rng.uniform(0.05, 0.95, 12))
    return {
        "chrome": int(rng.integers(190, 235)),
        "tabs": int(rng.integers(3, 6)),
        "names": [
            str(n)
            for n in rng.choice(
                ["H3K27ac", "H3K4me3", "Input", "CTCF", "RNA", "ATAC", "Pol2"], 4, replace=False
            )
        ],
        "exons": exons,
        "inks": rng.permutation(len(INKS))[:4],
        "place": f"chr{int(rng.integers(1, 22))}:{int(rng.integers(10**6, 10**8)):,}",
    }


def browser(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Take one screenshot of the window, with the tracks of another sample in it."""
    image = np.full((height, width, 3), 255, np.uint8)
    bar = max(int(0.09 * height), 18)
    image[:bar] = style["chrome"]
    image[bar : 2 * bar] = (style["chrome"] + 255) // 2
    for tab in range(style["tabs"]):
        x = 6 + tab * 74
        image[4:bar, x : x + 70] = 250
        write(image, f"Track {tab + 1}", x + 6, 7, 11, 60)
    write(image, style["place"], 10, bar + 5, 12, 20)
    for button in range(5):
        x = width - 24 * (button + 1)
        image[bar + 4 : 2 * bar - 4, x : x + 18] = (90, 140, 200)
    row = (height - 2 * bar) // 6
    for track in range(4):
        base = 2 * bar + (track + 1) * row - 2
        ink = INKS[int(style["inks"][track])]
        smooth = np.clip(clouds(rng, 1, width, 12)[0] - 0.6, 0, None)
        depth = smooth * between(rng, 0.4, 0.8) + 0.06 * np.abs(grain(rng, 1, width)[0])
        for x, value in enumerate(depth[64 : width - 6], start=64):
            image[base - min(int(value * row * 0.7), row - 5) : base, x] = ink
        write(image, style["names"][track], 6, base - row // 2, 10, 0)
        image[base, 60 : width - 4] = 190
    base = 2 * bar + 5 * row
    image[base : base + 1, 64 : width - 6] = (0, 0, 120)
    for exon in style["exons"]:
        x = int(64 + exon * (width - 80))
        image[base - 5 : base + 6, x : x + 9] = (0, 0, 120)
    return image


def blank_style(rng: Rng) -> Style:
    """Draw one tone of an empty canvas and whether JPEG has been over it."""
    return {"tone": int(rng.choice([255, 255, 0, 128, 236])), "lossy": bool(rng.random() < 0.5)}


def blank(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Return an empty canvas."""
    image = np.full((height, width, 3), style["tone"], np.uint8)
    if style["lossy"]:
        image = to_byte(image + 0.6 * grain(rng, height, width, 0.8)[..., None])
        image = jpeg(image, 80)
    return image


def gradient_style(rng: Rng) -> Style:
    """Draw direction and range of a gradient, or a vignette."""
    return {"angle": between(rng, 0, 6.28), "vignette": bool(rng.random() < 0.4)}


def gradient(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Return a smooth ramp or a vignette with faint noise."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ramp = x * np.cos(style["angle"]) + y * np.sin(style["angle"])
    shape = 1 - 0.45 * (x**2 + y**2) if style["vignette"] else 0.5 + 0.33 * ramp
    return jpeg(to_byte(np.asarray(225 * shape + 0.5 * grain(rng, height, width), np.float32)), 85)


def noise_style(rng: Rng) -> Style:
    """Draw level and strength of a tile that holds only noise."""
    return {"tone": between(rng, 4, 60), "noise": between(rng, 0.6, 2.0)}


def noise(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Return a dark tile with sensor noise and nothing else."""
    level = style["tone"] + style["noise"] * grain(rng, height, width, 0.5)
    return to_byte(np.asarray(level, np.float32))
