"""Cell culture by transmitted light: phase contrast, scratch, invasion and colony assays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.grain import blur, clouds, grain, jpeg
from synth.kinds import Byte, Rng, Style, between, to_byte
from synth.shapes import blob, scatter, stamp


def phase_style(rng: Rng) -> Style:
    """Draw what cultures of one line share: cell size, elongation, density, contrast."""
    radius = between(rng, 6, 12)
    return {
        "radius": radius,
        "aspect": between(rng, 1.3, 3.8),
        "cover": between(rng, 0.25, 0.8),
        "round": between(rng, 0.02, 0.25),
        "ground": between(rng, 120, 165),
        "contrast": between(rng, 45, 85),
        "gap": None,
    }


def scratch_style(rng: Rng) -> Style:
    """Draw a wound assay: a dense layer with an open lane of a given width."""
    return phase_style(rng) | {
        "cover": between(rng, 0.75, 1.0),
        "radius": between(rng, 4, 7),
        "gap": between(rng, 0.2, 0.45),
    }


def phase(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Photograph one field in phase contrast: bright halos, dark bodies, granules."""
    radius = style["radius"]
    count = int(style["cover"] * height * width * 1.2 / (np.pi * radius**2))
    points = scatter(rng, count, height, width, 1.15 * radius, clumping=0.25)
    points = _open(rng, points, height, width, style)
    bodies = np.zeros((height, width), np.float32)
    bright = np.zeros((height, width), np.float32)
    for x, y in points:
        size = radius * float(np.exp(rng.normal(0, 0.18)))
        aspect, angle = style["aspect"] * between(rng, 0.7, 1.3), between(rng, 0, np.pi)
        if rng.random() < style["round"]:
            ball = blob(rng, 0.62 * size, rough=0.05, soft=1.5)
            core = blob(rng, 0.34 * size, rough=0.08, soft=2.0)
            stamp(bright, ball, x, y)
            stamp(bodies, 0.8 * core, x, y)
            continue
        body = blob(rng, size, aspect=max(aspect, 1), angle=angle, rough=0.16, soft=1.6)
        stamp(bodies, between(rng, 0.5, 0.85) * body, x, y, mode="over")
        nucleus = blob(rng, 0.38 * size, aspect=1.3, angle=angle, rough=0.05, soft=1.5)
        stamp(bodies, 0.45 * nucleus, x, y, mode="over")
    granules = clouds(rng, height, width, 2.6) * blur(bodies, 1.5)
    edge = blur(bodies, 4.5) - blur(bodies, 0.9)
    halo = np.clip(edge, 0, None) * 2.0 - np.clip(-edge, 0, None) * 1.3
    light = style["contrast"] * (
        halo + 0.2 * granules + 1.1 * blur(bright, 0.8) - 0.6 * blur(bright, 5)
    )
    ground = style["ground"] + 7 * clouds(rng, height, width, 0.9 * width)
    grey = ground + light + 1.5 * clouds(rng, height, width, 5)
    grey = grey + 2.6 * grain(rng, height, width, 0.5)
    return jpeg(to_byte(np.asarray(grey, np.float32)), 94)


def _open(
    rng: Rng, points: NDArray[np.float64], height: int, width: int, style: Style
) -> NDArray[np.float64]:
    """Remove the cells of the scratch; its two fronts are ragged."""
    left, right = clouds(rng, 2, height + 8, 14)
    shift = rng.normal(0, 0.04) * width
    if style["gap"] is None:
        return points
    half = style["gap"] * width / 2
    row = np.clip(np.rint(points[:, 1]).astype(int), 0, height - 1)
    from_middle = points[:, 0] - width / 2 - shift
    strays = rng.random(len(points)) < 0.04
    outside = (from_middle < -half + 7 * left[row]) | (from_middle > half + 7 * right[row])
    return np.asarray(points[outside | strays])


def invasion_style(rng: Rng) -> Style:
    """Draw a stained membrane with pores: cell size, density, how purple."""
    return {
        "radius": between(rng, 6, 9.5),
        "per_px": between(rng, 0.0006, 0.0018),
        "pores": between(rng, 0.0007, 0.0016),
        "pore": between(rng, 2.6, 4.2),
        "purple": (
            int(rng.integers(150, 215)),
            int(rng.integers(40, 90)),
            int(rng.integers(170, 225)),
        ),
        "ground": between(rng, 236, 252),
    }


def invasion(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Photograph one field of an invasion assay: purple spindles and ring-like pores."""
    stain = np.zeros((height, width), np.float32)
    radius = style["radius"]
    for x, y in scatter(
        rng, int(style["per_px"] * height * width), height, width, radius, clumping=0.6
    ):
        angle = between(rng, 0, np.pi)
        body = blob(
            rng, 0.8 * radius, aspect=between(rng, 1.2, 2.6), angle=angle, rough=0.2, soft=2
        )
        stamp(stain, between(rng, 0.5, 0.85) * body, x, y, mode="over")
        for _ in range(int(rng.integers(1, 4))):
            way = angle + rng.choice([0, np.pi]) + rng.normal(0, 0.5)
            length = between(rng, 0.8, 2.0) * radius
            arm = blob(rng, 0.36 * length, aspect=4.5, angle=way, rough=0.15, soft=1.4)
            end_x, end_y = x + 0.8 * length * np.cos(way), y + 0.8 * length * np.sin(way)
            stamp(stain, between(rng, 0.4, 0.7) * arm, end_x, end_y, mode="over")
        nucleus = blob(rng, 0.36 * radius, aspect=1.4, angle=angle, rough=0.08, soft=1.5)
        stamp(stain, 0.5 * nucleus, x, y, mode="over")
    rings = np.zeros((height, width), np.float32)
    pores = scatter(rng, int(style["pores"] * height * width), height, width, 2 * style["pore"])
    for x, y in pores:
        outer = blob(
            rng,
            style["pore"] * between(rng, 0.8, 1.2),
            aspect=between(rng, 1, 1.7),
            angle=between(rng, 0, np.pi),
            rough=0.05,
            soft=1.2,
        )
        y0, x0 = np.indices(outer.shape) - outer.shape[0] // 2
        hole = np.exp(-0.5 * (np.hypot(x0, y0) / (0.42 * style["pore"])) ** 2)
        stamp(rings, np.asarray(outer * (1 - 0.95 * hole), np.float32), x, y)
    shade = 1 + 0.25 * clouds(rng, height, width, 3)
    stain = np.clip(blur(stain, 0.8) * shade, 0, 1)
    rings = blur(rings, 0.6)
    purple, pink = np.asarray(style["purple"], np.float32), np.array([205, 40, 105], np.float32)
    ground = style["ground"] + 2.5 * clouds(rng, height, width, 0.7 * width)
    image = np.repeat(ground[..., None], 3, axis=2)
    image = image * (1 - stain[..., None]) + purple * stain[..., None]
    ring = np.clip(0.9 * rings, 0, 1)[..., None]
    image = image * (1 - ring) + pink * ring
    noise = np.stack([grain(rng, height, width, 0.6) for _ in range(3)], axis=-1)
    return jpeg(to_byte(np.asarray(image + 2.2 * noise, np.float32)), 92)


def colony_style(rng: Rng) -> Style:
    """Draw a clonogenic plate: number, size and colour of colonies."""
    return {
        "per_px": between(rng, 0.0008, 0.004),
        "size": between(rng, 1.8, 3.2),
        "ink": (int(rng.integers(60, 110)), int(rng.integers(40, 80)), int(rng.integers(110, 165))),
        "ground": (int(rng.integers(205, 235)),) * 3,
    }


def colony(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Photograph the inside of one well with stained colonies."""
    stain = np.zeros((height, width), np.float32)
    for x, y in scatter(rng, int(style["per_px"] * height * width), height, width, 3, clumping=0.2):
        size = style["size"] * float(np.exp(rng.normal(0, 0.45)))
        disc = blob(rng, size, aspect=between(rng, 1, 1.3), rough=0.12, soft=1.4)
        stamp(stain, between(rng, 0.35, 0.95) * disc, x, y, mode="over")
    rim_y, rim_x = np.indices((height, width), dtype=np.float32)
    wide, tall = rng.uniform(0.455, 0.495, 2) * (width, height)
    middle_x, middle_y = (width, height) * rng.normal(0.5, 0.012, 2)
    far = np.hypot((rim_x - middle_x) / wide, (rim_y - middle_y) / tall)
    ground = np.asarray(style["ground"], np.float32) + 4 * clouds(rng, height, width, 80)[..., None]
    haze = 0.05 * np.clip(clouds(rng, height, width, 12), -1, 2) + 0.05
    cover = np.clip(blur(stain, 0.6) + haze, 0, 1)[..., None]
    image = ground * (1 - cover) + np.asarray(style["ink"], np.float32) * cover
    rim = np.exp(-0.5 * ((far - 1) / 0.018) ** 2) - 0.7 * np.exp(-0.5 * ((far - 1.05) / 0.02) ** 2)
    image = image - 70 * rim[..., None] - 16 * (far > 1.03)[..., None]
    noise = np.stack([grain(rng, height, width, 0.6) for _ in range(3)], axis=-1)
    return jpeg(to_byte(np.asarray(image + 1.9 * noise, np.float32)), 93)
