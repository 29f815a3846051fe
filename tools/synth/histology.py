"""Stained tissue sections: haematoxylin and eosin, and immunohistochemistry in brown."""

from __future__ import annotations

import cv2
import numpy as np

from synth.grain import blur, clouds, clouds_like, grain, jpeg, warp
from synth.kinds import Byte, Float, Rng, Style, between, to_byte
from synth.shapes import blob, scatter, stamp

HAEMATOXYLIN = np.array([0.68, 0.72, 0.32], np.float32)
EOSIN = np.array([0.10, 0.85, 0.42], np.float32)
BROWN = np.array([0.32, 0.62, 0.95], np.float32)


def eosin_style(rng: Rng) -> Style:
    """Draw what sections of one block share: stain strengths, gland size, cell density."""
    return {
        "brown": False,
        "nucleus": between(rng, 2.6, 4.6),
        "gland": between(rng, 24, 52),
        "glands": between(rng, 0.25, 0.7),
        "stroma": between(rng, 0.35, 0.6),
        "blue": between(rng, 0.8, 1.25),
        "density": between(rng, 0.10, 0.22),
        "fibre": between(rng, 2.2, 4.0),
    }


def brown_style(rng: Rng) -> Style:
    """Draw an immunostain: brown in a share of the cells, blue counterstain."""
    return eosin_style(rng) | {
        "brown": True,
        "stroma": between(rng, 0.06, 0.16),
        "positive": between(rng, 0.15, 0.7),
        "blue": between(rng, 0.5, 0.85),
        "density": between(rng, 0.2, 0.34),
        "glands": between(rng, 0.0, 0.35),
        "where": str(rng.choice(["nuclei", "membrane"])),
    }


def render(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Cut, stain and photograph one field of the given style."""
    stroma, lumen, wall = _tissue(rng, height, width, style)
    blue = np.zeros((height, width), np.float32)
    dark = np.zeros((height, width), np.float32)
    halo = np.zeros((height, width), np.float32)
    radius = style["nucleus"]
    count = int(style["density"] * height * width * 1.2 / (np.pi * radius**2))
    for x, y in scatter(rng, count, height, width, 1.7 * radius, clumping=0.15):
        _cell(rng, x, y, radius, style, wall, lumen, blue, dark, halo)
    for x, y in _ring_points(wall, radius, rng):
        _nucleus(rng, x, y, radius * 1.05, between(rng, 1.1, 1.7), blue)
    open_space = 1 - lumen
    blue = blur(blue, 0.6) * open_space
    if style["brown"]:
        brown = blur(dark + halo, 0.7) * open_space
        stains = blue[..., None] * style["blue"] * HAEMATOXYLIN + brown[..., None] * BROWN
        stains += (0.12 * stroma * open_space)[..., None] * HAEMATOXYLIN
        stains += (style["stroma"] * stroma * open_space)[..., None] * BROWN * 0.5
    else:
        pink = style["stroma"] * (0.35 + stroma + 0.5 * wall) * open_space
        stains = blue[..., None] * style["blue"] * HAEMATOXYLIN + pink[..., None] * EOSIN
    return _photograph(rng, np.asarray(stains, np.float32))


def _tissue(rng: Rng, height: int, width: int, style: Style) -> tuple[Float, Float, Float]:
    """Return stroma (fibres, 0 to about 1), lumen and wall masks."""
    scale = style["fibre"]
    fibres = (
        0.5 + 0.22 * clouds(rng, height, width, scale, 7) + 0.1 * clouds(rng, height, width, 2.2)
    )
    bend = clouds(rng, height, width, 60) * 22
    shift = clouds(rng, height, width, 45) * 16
    fibres = warp(np.asarray(fibres, np.float32), shift, bend)
    cracks = np.clip((clouds(rng, height, width, 2.6 * scale, 5) - 1.25) * 2.5, 0, 1)
    cracks = warp(np.asarray(cracks, np.float32), shift, bend)
    lumen = 0.85 * cracks
    wall = np.zeros((height, width), np.float32)
    gland = style["gland"]
    count = int(style["glands"] * height * width / (np.pi * gland**2) * 0.9)
    for x, y in scatter(rng, count, height, width, 2.1 * gland):
        size = gland * between(rng, 0.55, 1.0)
        aspect, angle = between(rng, 1.0, 1.9), between(rng, 0, np.pi)
        state = rng.integers(2**31)
        outer = blob(
            np.random.default_rng(state), size, aspect=aspect, angle=angle, rough=0.1, soft=2
        )
        share = between(rng, 0.3, 0.62)
        inner = blob(
            np.random.default_rng(state),
            size * share,
            aspect=aspect,
            angle=angle,
            rough=0.16,
            soft=1.4,
        )
        stamp(wall, outer, x, y)
        stamp(lumen, inner, x, y)
    wall = np.clip(wall - lumen, 0, 1)
    stroma = np.clip(fibres, 0, 1.4) * (1 - 0.75 * wall)
    return np.asarray(stroma, np.float32), np.clip(lumen, 0, 1), wall


def _ring_points(wall: Float, radius: float, rng: Rng) -> Float:
    """Place nuclei along the outer side of the gland walls."""
    height, width = wall.shape
    points = scatter(rng, int(0.3 * height * width / radius**2), height, width, 2.0 * radius)
    x, y = np.rint(points).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    points, x, y = points[inside], x[inside], y[inside]
    return np.asarray(points[wall[y, x] > 0.5], np.float32)


def _nucleus(rng: Rng, x: float, y: float, radius: float, level: float, blue: Float) -> None:
    patch = blob(
        rng,
        radius * float(np.exp(rng.normal(0, 0.15))),
        aspect=between(rng, 1.0, 1.7),
        angle=between(rng, 0, np.pi),
        rough=0.07,
        soft=0.9,
    )
    texture = 1 + 0.3 * clouds_like(rng, patch, max(0.5 * radius, 1.5))
    stamp(blue, np.asarray(level * patch * np.clip(texture, 0.3, 2), np.float32), x, y)


def _cell(
    rng: Rng,
    x: float,
    y: float,
    radius: float,
    style: Style,
    wall: Float,
    lumen: Float,
    blue: Float,
    dark: Float,
    halo: Float,
) -> None:
    """Add one stromal cell: spindle or round, and in an immunostain perhaps brown."""
    positive, spindle = rng.random() < style.get("positive", 0), rng.random() < 0.45
    angle, level = between(rng, 0, np.pi), between(rng, 0.6, 1.25)
    aspect = between(rng, 1.8, 3.6) if spindle and not style["brown"] else between(rng, 1.0, 1.6)
    body = blob(rng, radius, aspect=aspect, angle=angle, rough=0.07, soft=0.9)
    texture = 1 + 0.25 * clouds_like(rng, body, max(0.5 * radius, 1.5))
    cytoplasm = blob(rng, 2.1 * radius, aspect=1.2, angle=angle, rough=0.1, soft=2.5)
    row, col = round(float(y)), round(float(x))
    if 0 <= row < wall.shape[0] and 0 <= col < wall.shape[1] and wall[row, col] > 0.4:
        return
    patch = np.asarray(level * body * np.clip(texture, 0.3, 2), np.float32)
    if positive and style.get("where") == "nuclei":
        stamp(dark, 1.1 * patch, x, y)
        return
    stamp(blue, patch, x, y)
    if positive:
        ring = cytoplasm * (1 - 0.7 * cv2.resize(body, cytoplasm.shape[::-1]))
        stamp(halo, np.asarray(0.9 * level * ring, np.float32), x, y)


def _photograph(rng: Rng, stains: Float) -> Byte:
    height, width = stains.shape[:2]
    light = 243 * np.exp(-1.15 * np.maximum(stains, 0))
    noise = np.stack([grain(rng, height, width, 0.6) for _ in range(3)], axis=-1)
    light *= (1 + 0.015 * clouds(rng, height, width, 0.8 * width))[..., None]
    luma = grain(rng, height, width, 0.5)[..., None]
    return jpeg(to_byte(np.asarray(light + 2.0 * noise + 2.2 * luma, np.float32)), 93)
