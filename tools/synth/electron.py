"""Electron micrographs: sections in transmission and particles in scanning."""

from __future__ import annotations

import numpy as np

from synth.grain import blur, clouds, clouds_like, grain
from synth.kinds import Byte, Float, Rng, Style, between, to_byte
from synth.shapes import blob, scatter, stamp


def transmission_style(rng: Rng) -> Style:
    """Draw a preparation: vesicles, organelles with cristae or both, and the electron dose."""
    return {
        "vesicle": between(rng, 6, 15),
        "vesicles": between(rng, 0.1, 0.4),
        "organelle": between(rng, 26, 46),
        "organelles": between(rng, 0.0, 0.35),
        "noise": between(rng, 6, 13),
        "ground": between(rng, 140, 190),
    }


def transmission(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Photograph one section: dark membranes on a grainy grey ground."""
    dark = np.zeros((height, width), np.float32)
    size = style["organelle"]
    count = int(style["organelles"] * height * width / (np.pi * size**2))
    for x, y in scatter(rng, count, height, width, 1.9 * size):
        _mitochondrion(rng, dark, x, y, size * between(rng, 0.6, 1.0))
    small = style["vesicle"]
    count = int(style["vesicles"] * height * width / (np.pi * small**2))
    for x, y in scatter(rng, count, height, width, 1.6 * small, clumping=0.4):
        radius = small * float(np.exp(rng.normal(0, 0.3)))
        state = rng.integers(2**31)
        shape = {"aspect": between(rng, 1, 1.4), "angle": between(rng, 0, np.pi), "rough": 0.06}
        outer = blob(np.random.default_rng(state), radius, soft=1.2, **shape)
        inner = np.clip((outer - 0.5) * 2, 0, 1)
        ring = 4 * outer * (1 - outer) + 0.5 * blur(outer * (1 - inner), 1.2)
        stamp(dark, np.asarray(0.75 * ring + between(rng, 0, 0.3) * outer, np.float32), x, y)
    dots = (rng.random((height, width)) > 0.993).astype(np.float32)
    texture = 0.10 * clouds(rng, height, width, 4) + 0.07 * clouds(rng, height, width, 14)
    density = blur(dark, 0.7) + 2.2 * blur(dots, 1.0) * (0.6 + 0.4 * clouds(rng, height, width, 50))
    ground = style["ground"] + 8 * clouds(rng, height, width, 0.8 * width)
    light = ground * np.exp(-0.95 * np.maximum(density + texture, -0.3))
    noise = style["noise"] * (grain(rng, height, width, 0.7) + 0.5 * grain(rng, height, width))
    return to_byte(np.asarray(light + noise, np.float32))


def _mitochondrion(rng: Rng, dark: Float, x: float, y: float, radius: float) -> None:
    angle = between(rng, 0, np.pi)
    body = blob(rng, radius, aspect=between(rng, 1.3, 2.3), angle=angle, rough=0.06, soft=2.0)
    rows, cols = np.indices(body.shape, dtype=np.float32)
    along = cols * np.cos(angle) + rows * np.sin(angle)
    bend = 3 * clouds_like(rng, body, 0.5 * radius)
    stripes = np.cos(2 * np.pi * (along + bend) / between(rng, 6, 9))
    cristae = np.clip(stripes - 0.35 + 0.3 * clouds_like(rng, body, 8), 0, 1)
    edge = 4 * body * (1 - body)
    stamp(dark, np.asarray(0.9 * edge + body * (0.35 + 0.7 * cristae), np.float32), x, y)


def scanning_style(rng: Rng) -> Style:
    """Draw a powder or a surface: grain size, roughness, where the detector is."""
    return {
        "radius": between(rng, 9, 24),
        "facets": between(rng, 0.0, 1.0),
        "light": between(rng, 0, 2 * np.pi),
        "noise": between(rng, 3, 7),
        "gain": between(rng, 55, 95),
    }


def scanning(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Photograph one surface: piled particles, bright edges, shaded flanks."""
    relief = 0.12 * style["radius"] * clouds(rng, height, width, style["radius"])
    count = int(1.5 * height * width / style["radius"] ** 2)
    for x, y in scatter(rng, count, height, width, 0.9 * style["radius"]):
        radius = style["radius"] * float(np.exp(rng.normal(0, 0.4)))
        mask = blob(
            rng, radius, aspect=between(rng, 1, 1.6), angle=between(rng, 0, np.pi), rough=0.08
        )
        rows, cols = (np.indices(mask.shape) - mask.shape[0] // 2) / radius
        dome = np.sqrt(np.clip(1 - 0.7 * (rows**2 + cols**2), 0.02, 1))
        plane = 1 + rng.normal(0, 0.35) * rows + rng.normal(0, 0.35) * cols
        top = (1 - style["facets"]) * dome + style["facets"] * np.clip(plane, 0.2, 2)
        body = radius * (top + between(rng, 0, 0.8)) * (mask > 0.5)
        stamp(relief, np.asarray(body, np.float32), x, y)
    relief = blur(relief, 0.8) + 0.25 * clouds(rng, height, width, 3.0)
    slope_y, slope_x = np.gradient(relief)
    lit = slope_x * np.cos(style["light"]) + slope_y * np.sin(style["light"])
    edges = np.tanh(np.hypot(slope_x, slope_y))
    deep = (relief - blur(relief, 12)) / style["radius"]
    grey = 105 + style["gain"] * (0.45 * np.tanh(0.8 * lit) + 0.55 * edges - 0.2) + 45 * deep
    noise = style["noise"] * (grain(rng, height, width, 0.5) + 0.5 * grain(rng, height, width))
    return to_byte(np.asarray(blur(grey.astype(np.float32), 0.6) + noise, np.float32))
