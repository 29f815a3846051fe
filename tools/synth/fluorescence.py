"""Fluorescence fields: nuclei, dim fields, cytoskeleton, puncta, tissue, and their channels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from synth.grain import blur, clouds, clouds_like, sensor
from synth.kinds import Byte, Float, Real, Rng, Style, between, to_byte
from synth.shapes import blob, scatter, stamp

BLUE, GREEN, RED = (0.06, 0.16, 1.0), (0.05, 1.0, 0.1), (1.0, 0.1, 0.06)


def nuclei_style(rng: Rng) -> Style:
    """Draw stain and density of a nuclear stain, blue or grey."""
    radius = between(rng, 4.5, 9.5)
    return {
        "look": "nuclei",
        "radius": radius,
        "per_px": between(rng, 0.12, 0.4) / (np.pi * radius**2),
        "clumping": between(rng, 0, 0.7),
        "peak": between(rng, 150, 240),
        "gain": between(rng, 0.4, 1.6),
        "grey": bool(rng.random() < 0.25),
    }


def dim_style(rng: Rng) -> Style:
    """Draw a sparse dim field: few small nuclei, some spots, much noise."""
    radius = between(rng, 2.4, 4.0)
    return nuclei_style(rng) | {
        "look": "dim",
        "radius": radius,
        "per_px": between(rng, 0.025, 0.05) / (np.pi * radius**2),
        "clumping": 0.35,
        "peak": between(rng, 90, 200),
        "gain": between(rng, 0.5, 1.2),
        "grey": False,
    }


def cell_style(rng: Rng) -> Style:
    """Draw a field of spread cells: nuclei in blue, fibres in green, dots in red."""
    radius = between(rng, 11, 17)
    return nuclei_style(rng) | {
        "look": "cells",
        "radius": radius,
        "per_px": between(rng, 0.06, 0.12) / (np.pi * radius**2),
        "clumping": 0.2,
        "fibres": bool(rng.random() < 0.7),
        "dots": bool(rng.random() < 0.7),
        "grey": False,
    }


def tissue_style(rng: Rng) -> Style:
    """Draw a confocal section: membranes as a network, nuclei inside the cells."""
    return nuclei_style(rng) | {
        "look": "tissue",
        "cell": between(rng, 22, 40),
        "line": between(rng, 1.2, 2.4),
        "colour": (GREEN, RED)[int(rng.integers(2))],
        "grey": bool(rng.random() < 0.3),
    }


def render(rng: Rng, height: int, width: int, style: Style) -> Byte:
    """Expose one field of the given style."""
    layers = channels(rng, height, width, style)
    if style["grey"]:
        total = np.maximum.reduce([layer for layer, _ in layers])
        return to_byte(total)
    return merge(layers)


def merge(layers: list[tuple[Float, tuple[float, float, float]]]) -> Byte:
    """Add the channels, each in its colour."""
    total = sum(layer[..., None] * np.asarray(colour, np.float32) for layer, colour in layers)
    return to_byte(np.asarray(total, np.float32))


def channels(
    rng: Rng, height: int, width: int, style: Style
) -> list[tuple[Float, tuple[float, float, float]]]:
    """Return each channel of one field with its colour; noise is already in."""
    if style["look"] == "tissue":
        return _tissue(rng, height, width, style)
    count = max(3, int(style["per_px"] * height * width * 1.25))
    points = scatter(rng, count, height, width, 1.5 * style["radius"], clumping=style["clumping"])
    layers = [(_noisy(rng, _nuclei(rng, height, width, points, style), style), BLUE)]
    if style["look"] == "dim":
        spots = points[rng.random(len(points)) < 0.4] + rng.normal(0, 2.0, 2)
        layers.append(
            (_noisy(rng, _dots(rng, height, width, spots, 0.5, 1), style), (0, 0.9, 0.55))
        )
    if style["look"] == "cells":
        if style["fibres"]:
            layers.append((_noisy(rng, _fibres(rng, height, width, points, style), style), GREEN))
        if style["dots"] or not style["fibres"]:
            dots = _dots(rng, height, width, points, 1.7 * style["radius"], 45)
            layers.append((_noisy(rng, dots, style), RED))
    return layers


def _noisy(rng: Rng, signal: Real, style: Style) -> Float:
    haze = 0.12 * blur(signal, 9.0) + 0.06 * blur(signal, 30.0)
    light = 1 + 0.08 * clouds_like(rng, signal, 0.9 * max(signal.shape))
    level = (blur(signal, 0.8) + haze) * style["peak"] * light + 7
    return sensor(rng, level.astype(np.float32), gain=style["gain"], read=2.4, psf_px=0.45)


def _nuclei(rng: Rng, height: int, width: int, points: NDArray[np.float64], style: Style) -> Float:
    canvas = np.zeros((height, width), np.float32)
    for x, y in points:
        radius = style["radius"] * float(np.exp(rng.normal(0, 0.16)))
        patch = blob(
            rng,
            radius,
            aspect=between(rng, 1.0, 1.8),
            angle=between(rng, 0, np.pi),
            rough=0.06,
            soft=between(rng, 0.8, 2.4),
        )
        texture = 1 + 0.22 * clouds_like(rng, patch, max(radius * 0.45, 1.5))
        bright = 1.7 if rng.random() < 0.05 else between(rng, 0.45, 1.0)
        stamp(canvas, np.asarray(bright * patch * texture, np.float32), x, y)
    return canvas


def _dots(
    rng: Rng, height: int, width: int, points: NDArray[np.float64], spread: float, each: int
) -> Float:
    canvas = np.zeros((height, width), np.float32)
    if len(points) == 0:
        return canvas
    numbers = rng.poisson(each, len(points)) + 1
    spots = np.repeat(points, numbers, axis=0)
    spots = spots + rng.normal(0, spread, spots.shape)
    levels = rng.uniform(0.3, 1, len(spots)) ** 2
    x, y = np.rint(spots).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    np.add.at(canvas, (y[inside], x[inside]), levels[inside].astype(np.float32))
    return np.asarray(9 * blur(canvas, 1.1) + 4 * blur(canvas, 6.0), np.float32)


def _fibres(rng: Rng, height: int, width: int, points: NDArray[np.float64], style: Style) -> Float:
    lines = np.zeros((height, width), np.uint8)
    bodies = np.zeros((height, width), np.float32)
    reach = 2.6 * style["radius"]
    t = np.linspace(-1, 1, 12)[:, None]
    for x, y in points:
        axis = between(rng, 0, np.pi)
        for _ in range(46):
            angle = axis + rng.normal(0, 0.55)
            ahead = np.array([np.cos(angle), np.sin(angle)])
            aside = np.array([-ahead[1], ahead[0]])
            offset = rng.normal(0, 0.45 * reach)
            bend = rng.normal(0, 0.15) * reach
            start = np.array([x, y]) + ahead * rng.normal(0, 0.3 * reach) + aside * offset
            length = reach * between(rng, 0.35, 0.9)
            path = start + t * length * ahead + t**2 * bend * aside
            shade = int(rng.integers(60, 255))
            cv2.polylines(
                lines, [np.rint(path * 16).astype(np.int32)], False, shade, 1, cv2.LINE_AA, 4
            )
        body = blob(rng, 1.7 * style["radius"], aspect=1.7, angle=axis, rough=0.15, soft=9)
        stamp(bodies, 0.25 * body, x, y)
    fibres = blur(lines.astype(np.float32) / 255, 0.7)
    return np.asarray(0.85 * fibres + bodies * 0.8, np.float32)


def _tissue(
    rng: Rng, height: int, width: int, style: Style
) -> list[tuple[Float, tuple[float, float, float]]]:
    cell = style["cell"]
    seeds = scatter(rng, int(1.6 * height * width / cell**2) + 4, height, width, 0.72 * cell)
    rows, cols = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    wobble = 0.12 * cell
    rows += wobble * clouds_like(rng, rows, cell * 0.35)
    cols += wobble * clouds_like(rng, rows, cell * 0.35)
    near, _ = cKDTree(seeds).query(np.stack([cols, rows], axis=-1), k=2)
    gap = cv2.resize((near[..., 1] - near[..., 0]).astype(np.float32), (width, height))
    light = 0.7 + 0.25 * clouds(rng, height, width, cell * 0.8)
    network = np.exp(-((gap / style["line"]) ** 2)) * np.maximum(light, 0.1)
    inner = blob_style = style | {"radius": 0.22 * cell}
    nuclei = _nuclei(rng, height, width, seeds + rng.normal(0, 0.06 * cell, seeds.shape), inner)
    spots = _dots(rng, height, width, seeds, 0.3 * cell, 2)
    first = _noisy(rng, np.asarray(network + 0.5 * spots, np.float32), blob_style)
    return [(_noisy(rng, nuclei, style), BLUE), (first, style["colour"])]
