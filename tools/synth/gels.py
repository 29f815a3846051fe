"""Stained gels: agarose under ultraviolet light, and Coomassie blue on light ground."""

from __future__ import annotations

import numpy as np

from synth.grain import blur, clouds, grain, jpeg
from synth.kinds import Byte, Float, Rng, Style, between, to_byte


def agarose_style(rng: Rng) -> Style:
    """Draw the layout that gels of one experiment share: wells, ladder, bands of each lane."""
    lanes = int(rng.integers(6, 15))
    rungs = np.cumsum(np.geomspace(1.0, 0.35, 11))
    bands = [np.sort(rng.uniform(0.2, 0.9, int(rng.integers(1, 6)))) for _ in range(lanes)]
    common = rng.uniform(0.25, 0.85, int(rng.integers(1, 4)))
    bands = [np.concatenate([own, common[rng.random(len(common)) < 0.75]]) for own in bands]
    bands[0] = 0.16 + 0.72 * rungs / rungs[-1]
    return {
        "bands": bands,
        "levels": [rng.uniform(0.25, 1.0, len(lane)) for lane in bands],
        "thick": between(rng, 0.009, 0.016),
        "fill": between(rng, 0.62, 0.86),
        "smile": between(rng, -0.01, 0.02),
        "ground": between(rng, 12, 46),
        "coomassie": False,
    }


def coomassie_style(rng: Rng) -> Style:
    """Draw the layout of a protein gel: many bands a lane, blue on a pale ground."""
    style = agarose_style(rng)
    lanes = int(rng.integers(6, 11))
    common = np.sort(rng.uniform(0.08, 0.95, 16))
    bands = [common[rng.random(16) < 0.8] + rng.normal(0, 0.001) for _ in range(lanes)]
    bands[0] = np.linspace(0.1, 0.92, 9) ** 1.2
    strength = rng.uniform(0.1, 1, 17) ** 2
    levels = [rng.uniform(0.6, 1, len(lane)) * strength[: len(lane)] + 0.06 for lane in bands]
    return style | {"bands": bands, "levels": levels, "thick": 0.011, "coomassie": True}


def render(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Run and photograph one gel of the given layout; no two gels run equally far or straight."""
    signal = np.zeros((height, width), np.float32)
    lanes = len(style["bands"])
    pitch = width * 0.94 / lanes
    reach = max(height, 220)
    run, curve, tilt = rng.normal(0, [0.025, 0.04, 0.012])
    aside = rng.normal(0, 0.006) * width
    for lane in range(lanes):
        centre = aside + width * 0.03 + (lane + 0.5) * pitch + rng.normal(0, 0.02 * pitch)
        across = (centre / width - 0.5) * 2
        front = style["smile"] * across**2 + tilt * across + rng.normal(0, 0.004)
        load = float(np.exp(rng.normal(0, 0.18)))
        half = pitch * style["fill"] / 2
        x0, x1 = max(int(centre - half - 4), 0), min(int(centre + half + 5), width)
        u = (np.arange(x0, x1) - centre) / half
        body = 1 / (1 + np.exp((np.abs(u) - 1) * half * 1.3))
        body = body * (1 + 0.06 * clouds(rng, 1, x1 - x0, half)[0])
        for place, level in zip(style["bands"][lane], style["levels"][lane], strict=True):
            thick = style["thick"] * reach * (0.8 + 0.5 * level) * between(rng, 0.85, 1.2)
            reached = place * (1 + run + curve * (1 - place)) + front
            sag = 0.5 * u**2 * np.sign(style["smile"]) + rng.normal(0, 0.3)
            y = reached * height + thick * sag
            v = (np.arange(height)[:, None] - y) / thick
            profile = np.exp(-0.5 * np.where(v < 0, v * 0.8, v) ** 2)
            amount = 1.5 * load * level * np.exp(rng.normal(0, 0.12))
            signal[:, x0:x1] += np.asarray(amount * profile * body, np.float32)
        smear = np.exp(-0.5 * ((np.arange(height) / height - between(rng, 0.3, 0.8)) / 0.22) ** 2)
        signal[:, x0:x1] += np.asarray(0.12 * load * smear[:, None] * body, np.float32)
        if not style["coomassie"]:
            well = np.exp(
                -0.5 * ((np.arange(height) - (0.07 + 0.5 * tilt * across) * height) / 1.3) ** 2
            )
            signal[:, x0:x1] += np.asarray(0.2 * well[:, None] * body, np.float32)
    return _blue(rng, signal) if style["coomassie"] else _ultraviolet(rng, signal, style)


def _ultraviolet(rng: Rng, signal: Float, style: Style) -> Byte:
    height, width = signal.shape
    glow = 0.08 * blur(signal, 14) + blur(signal, 0.9)
    ground = style["ground"] * (1 + 0.12 * clouds(rng, height, width, 0.8 * width))
    grey = ground + 245 * (1 - np.exp(-1.1 * glow))
    grey += 1.2 * clouds(rng, height, width, 5)
    specks = (rng.random((height, width)) > 1 - 12 / (height * width)).astype(np.float32)
    grey += 900 * blur(specks, 0.8) + grain(rng, height, width, 0.6) * np.sqrt(3 + 0.05 * grey)
    return jpeg(to_byte(grey), 93)


def _blue(rng: Rng, signal: Float) -> Byte:
    height, width = signal.shape
    stain = 0.09 + 0.02 * clouds(rng, height, width, 0.5 * width) + 0.8 * blur(signal, 0.8)
    stain = stain + 0.006 * clouds(rng, height, width, 4) + 0.008 * grain(rng, height, width, 0.7)
    colour = np.array([1.0, 0.62, 0.2], np.float32)
    light = np.exp(-np.maximum(stain, 0)[..., None] * colour)
    noise = np.stack([grain(rng, height, width, 0.6) for _ in range(3)], axis=-1)
    return jpeg(to_byte(np.asarray(248 * light + 1.4 * noise, np.float32)), 93)
