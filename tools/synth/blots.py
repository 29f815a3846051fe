"""Western blots: strips of one protein and whole membranes, on film or by camera."""

from __future__ import annotations

import numpy as np

from synth.grain import blur, clouds, grain, jpeg, tinted
from synth.kinds import Byte, Float, Rng, Style, between, to_byte
from synth.shapes import blob, stamp

LOOKS = ("film", "camera", "faint")
TINTS = (None, None, ((20, 26, 34), (236, 241, 244)), ((12, 14, 12), (226, 230, 222)))


def strip_style(rng: Rng) -> Style:
    """Draw what loading controls of one protocol share: lanes, band shape, exposure."""
    lanes = int(rng.integers(5, 13))
    return {
        "lanes": lanes,
        "rows": np.array([between(rng, 0.46, 0.56)]),
        "levels": rng.uniform(0.55, 1.0, size=(1, lanes)),
        "thick": between(rng, 0.09, 0.2),
        "fill": between(rng, 0.72, 1.02),
        "strength": between(rng, 2.2, 6.0),
        "bridge": between(rng, 0.0, 0.08) if rng.random() < 0.5 else 0.0,
        "shadow": between(rng, 0.02, 0.09) if rng.random() < 0.4 else 0.0,
        "seams": between(rng, 0.3, 2.2),
        "steady": between(rng, 0.5, 1.1),
        "grain": between(rng, 0.45, 1.15),
        "square": between(rng, 2.2, 7.0),
        "smile": between(rng, -0.12, 0.25),
        "look": str(rng.choice(LOOKS, p=[0.45, 0.4, 0.15])),
        "paper": between(rng, 180, 236),
        "tint": TINTS[int(rng.integers(len(TINTS)))],
        "margin": between(rng, 0.01, 0.03),
        "ladder": False,
    }


def sibling(rng: Rng, style: Style) -> Style:
    """Draw another protein on the same membrane: same lanes and exposure, other bands."""
    own = strip_style(rng)
    levels = rng.uniform(0.4, 1.0, size=(1, style["lanes"]))
    bands = {key: own[key] for key in ("rows", "square", "smile", "steady")}
    bands["thick"] = style["thick"] * between(rng, 0.8, 1.25)
    return style | bands | {"levels": levels}


def whole_style(rng: Rng) -> Style:
    """Draw the layout of a whole membrane: several bands a lane, a ladder on the left."""
    style = strip_style(rng)
    rows = int(rng.integers(3, 8))
    lanes = int(rng.integers(5, 11))
    levels = rng.uniform(0.1, 0.9, size=(rows, lanes)) * rng.uniform(0.2, 1, size=(rows, 1))
    levels[rng.random((rows, lanes)) < 0.2] *= 0.1
    place = np.sort(rng.uniform(0.1, 0.92, size=rows))
    return style | {
        "lanes": lanes,
        "rows": place,
        "levels": levels,
        "thick": between(rng, 0.012, 0.022),
        "look": str(rng.choice(LOOKS[:2])),
        "margin": 0.04,
        "ladder": bool(rng.random() < 0.7),
    }


def lane_boxes(style: Style, width: int) -> list[tuple[float, float]]:
    """Return (left, right) in pixels of every lane of a rendering that is ``width`` wide."""
    margin = style["margin"] * width
    pitch = (width - 2 * margin) / style["lanes"]
    return [(margin + k * pitch, margin + (k + 1) * pitch) for k in range(style["lanes"])]


def render(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Expose one membrane of the given layout; background, grain and band shapes are its own."""
    density = _background(rng, height, width, style)
    thick = style["thick"] * (height if height < 90 else max(height, 240))
    wave = clouds(rng, 1, width, 0.3 * width)[0] * thick * 0.22
    tilt = rng.normal(0, 0.25 * thick)
    for row, levels in zip(style["rows"], style["levels"], strict=True):
        for lane, (left, right) in enumerate(lane_boxes(style, width)):
            ladder = style["ladder"] and lane == 0
            jitter = style["steady"]
            level = levels[lane] * float(np.exp(rng.normal(0, 0.12 * jitter)))
            level *= 0.5 if ladder else 1.0
            centre = (left + right) / 2 + rng.normal(0, 0.03 * jitter) * (right - left)
            y = row * height + tilt * (centre / width - 0.5)
            _band(rng, density, centre, (right - left) / 2, y, level, thick, wave, style)
    return _expose(rng, density, style)


def _band(
    rng: Rng,
    density: Float,
    centre: float,
    half: float,
    y: float,
    level: float,
    thick: float,
    wave: Float,
    style: Style,
) -> None:
    """Add one band to the optical density, in place: flat-topped, smiling, sharper in front."""
    height, width = density.shape
    steady = style["steady"]
    reach = half * 1.35
    x0, x1 = max(int(centre - reach), 0), min(int(centre + reach) + 1, width)
    y0, y1 = max(int(y - 4.5 * thick), 0), min(int(y + 3.5 * thick) + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    u = (np.arange(x0, x1) - centre) / (half * style["fill"] * (1 + rng.normal(0, 0.05 * steady)))
    lean, sag = rng.normal(0, 0.14 * steady), style["smile"] + rng.normal(0, 0.07 * steady)
    middle = y + wave[x0:x1] + thick * (lean * u - 2.2 * sag * np.minimum(u**2, 1.6))
    ripple = 1 + 0.11 * steady * clouds(rng, 1, x1 - x0, max(half * 0.5, 3))[0]
    body = np.exp(-(np.abs(u) ** style["square"])) * ripple
    lens = np.sqrt(np.clip(1 - 0.55 * u**2, 0.12, 1)) * (0.75 + 0.35 * level)
    v = (np.arange(y0, y1)[:, None] - middle) / (thick * 0.5 * lens)
    trail = between(rng, 0.55, 0.85)
    profile = np.exp(-0.5 * np.abs(np.where(v < 0, v * trail, v)) ** 2.3)
    share = {"film": 1.0, "camera": 0.6, "faint": 0.09}[style["look"]]
    bridge = style["bridge"] * np.exp(-0.5 * (u / 1.1) ** 2)
    above = style["shadow"] * np.exp(-0.5 * ((v + 3.2) / 0.8) ** 2) * body
    amount = style["strength"] * share * level * ((body + bridge) * profile + above)
    density[y0:y1, x0:x1] += np.asarray(amount, dtype=np.float32)
    haze = np.exp(-(np.abs(u) ** 4)) * between(rng, 0.0, 0.045) * level
    density[:, x0:x1] += np.asarray(haze, dtype=np.float32)


def _background(rng: Rng, height: int, width: int, style: Style) -> Float:
    """Draw the empty membrane: clouds, streaks along the run, dust, bubbles, scratches."""
    short = min(height, width)
    density = 0.05 + 0.018 * clouds(rng, height, width, short * 1.3)
    density += 0.012 * clouds(rng, height, width, short * 0.3)
    density += 0.008 * clouds(rng, height, width, 6.0)
    density += 0.01 * clouds(rng, height, width, short * 2.0, 0.08)
    for left, _ in lane_boxes(style, width)[1:]:
        edge = np.exp(-0.5 * ((np.arange(width) - left - rng.normal(0, 1)) / 1.6) ** 2)
        density += np.float32(style["seams"] * rng.normal(0.006, 0.012)) * edge.astype(np.float32)
    marks = np.zeros((height, width), np.float32)
    for _ in range(int(rng.poisson(2.0 + height * width / 9000))):
        y, x = rng.integers(height), rng.integers(width)
        size = int(rng.integers(1, 3))
        marks[y : y + size, x : x + size] += rng.choice([0.6, 0.3, -0.22, -0.15])
    for _ in range(int(rng.poisson(1.2))):
        length, angle = between(rng, 8, 0.35 * width), between(rng, 0, np.pi)
        t = np.linspace(0, 1, int(length) * 2)
        bend = between(rng, -0.2, 0.2) * length * t * (1 - t)
        xs = rng.uniform(0, width) + length * t * np.cos(angle) + bend * np.sin(angle)
        ys = rng.uniform(0, height) + length * t * np.sin(angle) - bend * np.cos(angle)
        inside = (xs > 0) & (xs < width - 1) & (ys > 0) & (ys < height - 1)
        marks[ys[inside].astype(int), xs[inside].astype(int)] += rng.choice([0.1, -0.08, 0.18])
    for _ in range(int(rng.poisson(0.9))):
        bubble = between(rng, 0.05, 0.2) * blob(rng, between(rng, 1.5, 4.5), rough=0.2, soft=2.0)
        stamp(marks, -bubble, rng.uniform(0, width), rng.uniform(0, height), mode="add")
    return np.asarray(density + blur(marks, 0.75), dtype=np.float32)


def _expose(rng: Rng, density: Float, style: Style) -> Byte:
    """Turn optical density into grey levels: saturating film, or a camera's noise."""
    height, width = density.shape
    film = style["look"] == "film"
    density = density + (0.012 if film else 0.006) * grain(rng, height, width, 0.9)
    density = blur(np.asarray(density, np.float32), 0.7)
    light = np.exp(-np.maximum(density, 0) * (1.15 if film else 1.0))
    grey = 6 + (style["paper"] - 6) * light / np.exp(-0.05)
    if style["look"] == "faint":
        grey = 150 + (grey - 150) * 1.25 - 14
    grey = grey + style["grain"] * grain(rng, height, width, 0.75) * (2.6 if film else 3.2)
    grey = grey + style["grain"] * grain(rng, height, width, 0.0) * 0.9
    image = jpeg(to_byte(grey), int(rng.integers(86, 96)))
    tint = style["tint"]
    return image if tint is None else tinted(image.astype(np.float32), *tint)
