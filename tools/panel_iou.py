"""Hold panel boxes against truth: ``python tools/panel_iou.py --seeds 101 102 103 104 105``.

Compound figures of the generator are cut as a scan cuts them: grids of fields with labels on white
or on black, half of them through JPEG, and stacks of blot strips with letters and names. Every
panel that was laid is held against the box that overlaps it most, and boxes that are no panel are
counted. Exits with 1 where the mean IoU is below 0.9 or any panel is below 0.75, and names those.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figecho.model import Box
from figecho.panels.cut import split
from figecho.panels.tones import to_rgb8
from synth import compose
from synth.grain import jpeg
from synth.kinds import Byte, streams
from synth.labels import decorate, label_style
from synth.models import CLASSES, MODELS

MEAN, LEAST = 0.9, 0.75
QUALITY = 90
#: Strips stand in stacks; dot plots are drawings, and drawings are left together.
FIELDS = tuple(name for name in CLASSES if name not in {"strip", "dotplot"})
PROTEINS = ("p65", "AKT", "GAPDH", "Actin")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A compound figure, what it is called, and where its panels were laid."""

    name: str
    image: Byte
    laid: list[Box]


def sheets(seed: int, fields: Sequence[str] = FIELDS) -> list[Sheet]:
    """Draw a grid on white and one on black of every field, and as many stacks of strips.

    A sheet is the same whichever other ``fields`` are drawn.
    """
    made = []
    for name in fields:
        number = FIELDS.index(name)
        rng, model = streams(seed, number), MODELS[name]
        for tone in (255, 0):
            style, size = model.style(rng), model.size(rng)
            labels = label_style(rng)
            panels = [
                decorate(model.render(rng, *size, style), labels | {"letter": letter})
                for letter in "ABCDEF"[: int(rng.integers(2, 7))]
            ]
            gutter = int(rng.integers(4, 13))
            columns = int(rng.integers(1, min(len(panels), 3) + 1))
            figure, offsets = compose.grid(panels, columns, gutter, tone=tone)
            label = f"{name} on {'white' if tone else 'black'}"
            made.append(_sheet(label, figure, panels, offsets, packed=bool(rng.random() < 0.5)))
        model = MODELS["strip"]
        style, size = model.style(rng), model.size(rng)
        strips = [model.render(rng, *size, style) for _ in range(int(rng.integers(2, 5)))]
        figure, offsets = compose.stack(strips, list(PROTEINS[: len(strips)]), "A")
        made.append(_sheet("stack of strips", figure, strips, offsets, bool(rng.random() < 0.5)))
    return made


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0..1."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(width, 0) * max(height, 0)
    return shared / (one.area_px + other.area_px - shared)


def _sheet(
    name: str, figure: Byte, panels: list[Byte], offsets: list[compose.Offset], packed: bool
) -> Sheet:
    laid = [
        Box(x=x, y=y, w=panel.shape[1], h=panel.shape[0])
        for panel, (x, y) in zip(panels, offsets, strict=True)
    ]
    return Sheet(
        name + (", JPEG" if packed else ""), jpeg(figure, QUALITY) if packed else figure, laid
    )


def main() -> None:
    """Parse the command line, cut, and print a line for each kind of figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103, 104, 105])
    options = parser.parse_args()
    kinds: dict[str, list[float]] = defaultdict(list)
    short, strangers = [], 0
    for seed in options.seeds:
        for sheet in sheets(seed):
            found = split(to_rgb8(sheet.image, floor=1.0))
            strangers += sum(max(overlap(b, o) for o in sheet.laid) < LEAST / 2 for b in found)
            for number, box in enumerate(sheet.laid, start=1):
                value = max(overlap(box, other) for other in found)
                kinds[sheet.name.partition(",")[0]].append(value)
                if value < LEAST:
                    short.append(f"seed {seed}, {sheet.name}, panel {number}: {value:.2f}")
    every = [value for values in kinds.values() for value in values]
    for name, values in [*sorted(kinds.items()), ("all", every)]:
        print(
            f"{name:24}{len(values):5} panels, mean {np.mean(values):.3f}, least {min(values):.3f}"
        )
    print(f"{strangers} boxes that are no panel", *short, sep="\n")
    sys.exit(int(bool(short) or np.mean(every) < MEAN))


if __name__ == "__main__":
    main()
