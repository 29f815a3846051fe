"""How well figures are cut into panels: the boxes found against the boxes of drawn figures.

``python tools/panel_iou.py --seeds 1 2 3 --figures 12`` draws compound figures (grids and uneven
rows, white and black gutters, frames, letters beside and on the panels, headings, row labels, blot
stacks, a chart between micrographs, compressed or not), cuts each, and prints the mean overlap
(intersection over union) of the true boxes with the best box found, and the worst ones by name.
``--draw DIR`` draws the boxes over the worst figures.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from figecho.config import resolve
from figecho.model import Box, Figure
from figecho.panels import panels_of
from synth import compose
from synth.grain import jpeg
from synth.kinds import Byte, Rng, streams
from synth.labels import write
from synth.models import MODELS

FIELDS = ("cells", "nuclei", "tissue", "eosin", "brown", "phase", "transmission", "scanning")
#: Dark fields on black have no sides that anyone could see.
BRIGHT = ("eosin", "phase", "transmission", "scanning")
LEAST = 0.75


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """A figure, and where its panels are."""

    name: str
    image: Byte
    boxes: tuple[Box, ...]


def rows_of_panels(rng: Rng) -> Drawn:
    """Set panels in rows of their own heights, with letters, headings and row labels."""
    dark = bool(rng.random() < 0.2)
    gutter = int(rng.integers(4, 15))
    framed = bool(rng.random() < 0.2) and not dark and gutter >= 6
    inside = bool(rng.random() < 0.3)
    left, top = int(rng.integers(4, 60)), int(rng.integers(4, 40))
    placed: list[tuple[int, int, Byte]] = []
    y, width = top, 0
    for _ in range(int(rng.integers(1, 4))):
        height = int(rng.integers(84, 200))
        kinds = BRIGHT if dark else FIELDS
        name = kinds[int(rng.integers(len(kinds)))]
        style = MODELS[name].style(rng)
        x = left
        for _ in range(int(rng.integers(1, 5))):
            across = int(height * rng.uniform(0.8, 1.6))
            placed.append((x, y, MODELS[name].render(rng, height, across, style)))
            x += across + gutter
        width = max(width, x)
        y += height + (gutter if inside or dark else max(gutter, 26))
    figure = np.full((y + 8, width + 8, 3), 0 if dark else 255, np.uint8)
    for k, (x, row, panel) in enumerate(placed):
        rows, cols = panel.shape[:2]
        if framed:
            figure[row - 1 : row + rows + 1, x - 1 : x + cols + 1] = 0
        figure[row : row + rows, x : x + cols] = panel if panel.ndim == 3 else panel[..., None]
        letter = chr(ord("A") + k)
        if inside:
            write(figure, letter, x + 4, row + 4, 18, 255 if panel.mean() < 128 else 0)
        elif not dark:
            write(figure, letter, x, max(row - 22, 0), 18, 0)
    if left > 45 and not dark:
        write(figure, "WT", 6, top + 40, 15, 0)
    boxes = tuple(Box(x=x, y=y, w=p.shape[1], h=p.shape[0]) for x, y, p in placed)
    return Drawn(name="rows", image=figure, boxes=boxes)


def grid(rng: Rng) -> Drawn:
    """Set panels of one size in a grid."""
    name = FIELDS[int(rng.integers(len(FIELDS)))]
    height, width = int(rng.integers(80, 180)), int(rng.integers(90, 220))
    style = MODELS[name].style(rng)
    count = int(rng.integers(2, 9))
    panels = [MODELS[name].render(rng, height, width, style) for _ in range(count)]
    columns = int(rng.integers(1, min(count, 4) + 1))
    figure, at = compose.grid(panels, columns, gutter=int(rng.integers(3, 16)))
    return Drawn(name="grid", image=figure, boxes=_boxes(panels, at))


def blots(rng: Rng) -> Drawn:
    """Set strips of blots below each other, with their names."""
    width = int(rng.integers(180, 380))
    panels = []
    for _ in range(int(rng.integers(2, 6))):
        style = MODELS["strip"].style(rng)
        panels.append(MODELS["strip"].render(rng, int(rng.integers(26, 60)), width, style))
    names = ["p53", "ERK", "p-AKT", "GAPDH", "Actin"][: len(panels)]
    figure, at = compose.stack(panels, names, "B")
    return Drawn(name="blots", image=figure, boxes=_boxes(panels, at))


def _boxes(panels: list[Byte], at: list[compose.Offset]) -> tuple[Box, ...]:
    return tuple(
        Box(x=x, y=y, w=p.shape[1], h=p.shape[0]) for p, (x, y) in zip(panels, at, strict=True)
    )


def iou(a: Box, b: Box) -> float:
    """Return the overlap of two boxes."""
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    tall = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    shared = max(wide, 0) * max(tall, 0)
    return shared / (a.area_px + b.area_px - shared)


def found_in(image: Byte) -> list[Box]:
    """Cut a figure as a scan does."""
    rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    pixels = np.ascontiguousarray(rgb)
    figure = Figure(source="drawn", page=None, number=1, pixels=pixels, sha256="")
    panels, screened = panels_of(figure, resolve())
    return [p.bbox for p in panels] + [s.bbox for s in screened]


def main() -> None:
    """Draw, cut, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--figures", type=int, default=12, help="of each of the three layouts")
    parser.add_argument("--draw", type=Path, default=None)
    options = parser.parse_args()
    overlaps: list[tuple[float, str]] = []
    for seed in options.seeds:
        for k in range(3 * options.figures):
            rng = streams(seed, k)
            drawn = (rows_of_panels, grid, blots)[k % 3](rng)
            image = jpeg(drawn.image, int(rng.integers(70, 96))) if k % 2 else drawn.image
            boxes = found_in(image)
            each = [max((iou(box, b) for b in boxes), default=0.0) for box in drawn.boxes]
            name = f"{seed}-{k:03d}-{drawn.name}"
            overlaps += [(value, f"{name} panel {n}") for n, value in enumerate(each, start=1)]
            if options.draw and min(each) < LEAST:
                _draw(options.draw / f"{name}.png", image, boxes)
    values = np.array([value for value, _ in overlaps])
    print(f"{len(values)} panels, mean {values.mean():.3f}, least {values.min():.3f}, ", end="")
    print(f"{np.mean(values >= LEAST):.3f} of them {LEAST} or more")
    for value, name in sorted(overlaps)[:10]:
        if value < LEAST:
            print(f"  {name}: {value:.2f}")


def _draw(path: Path, image: Byte, boxes: list[Box]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(image).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        pen.rectangle((box.x, box.y, box.x + box.w - 1, box.y + box.h - 1), outline=(255, 0, 0))
    picture.save(path)


if __name__ == "__main__":
    main()
