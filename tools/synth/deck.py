"""A supplement as a deck: many figures that look alike by design, and a few real reuses.

Screenshots of one genome browser share their window, synteny plots one karyotype; blots and
micrographs stand between them. Five reuses are planted among the latter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from synth import compose, office
from synth.kinds import Byte, Rng, streams
from synth.models import MODELS
from synth.plant import plant
from synth.synteny import synteny, synteny_style

SLIDES = 70
SCREENSHOTS, PLOTS = 30, 18
REUSES = (
    ("nuclei", "rotate"),
    ("eosin", "mirror"),
    ("phase", "shift"),
    ("strip", "lanes"),
    ("transmission", "crop"),
)
OTHERS = ("eosin", "brown", "cells", "dim", "scanning", "membrane", "strip", "phase")


@dataclass
class Deck:
    """The file, and the slides that share something."""

    data: bytes
    pairs: list[tuple[int, int, str, str]] = field(default_factory=list)
    templates: list[list[int]] = field(default_factory=list)

    def truth(self, name: str, slides: int) -> dict[str, Any]:
        """Return what ``truth.json`` holds."""

        def place(slide: int) -> str:
            return f"{name}, page {slide}"

        return {
            "figures": [place(k) for k in range(1, slides + 1)],
            "positives": [
                [place(a), place(b), category, words] for a, b, category, words in self.pairs
            ],
            "templates": [[place(k) for k in group] for group in self.templates],
        }


def deck(seed: int, slides: int = SLIDES) -> Deck:
    """Return a deck of at least 60 slides, one figure each, in shuffled order."""
    rng = streams(seed, 0)
    browser = MODELS["browser"]
    window, karyotype = browser.style(rng), synteny_style(rng)
    figures: list[tuple[str, Byte]] = []
    for k in range(SCREENSHOTS):
        figures.append(("browser", browser.render(streams(seed, 1, k), 460, 860, window)))
    for k in range(PLOTS):
        figures.append(("synteny", synteny(streams(seed, 2, k), 480, 900, karyotype)))
    planted = []
    for k, (name, way) in enumerate(REUSES):
        own = streams(seed, 3, k)
        pair = plant(own, name, way)
        first: Byte = pair.a
        if name == "strip":
            first, _ = compose.stack(_strips(own, pair.a), ["p53", "ERK", "Actin"], "A")
        planted.append((len(figures), len(figures) + 1, pair.category, f"{k + 1:03d}-{name}-{way}"))
        figures += [(name, first), (name, pair.b)]
    for k in range(slides - len(figures)):
        own, name = streams(seed, 4, k), OTHERS[k % len(OTHERS)]
        model = MODELS[name]
        figures.append((name, model.render(own, *model.size(own), model.style(own))))
    order = rng.permutation(len(figures))
    slide_of = {int(index): slide for slide, index in enumerate(order, start=1)}
    media, shown = {}, []
    for slide, index in enumerate(order, start=1):
        kind, image = figures[int(index)]
        drawn = kind in {"browser", "synteny"}
        name = f"image{slide}.{'png' if drawn else 'jpg'}"
        media[name] = office.png(image) if drawn else office.jpg(image)
        rows, cols = image.shape[:2]
        zoom = min(800 / cols, 400 / rows)
        box = (60.0, 80.0, cols * zoom, rows * zoom)
        shown.append(
            office.Slide([office.Shown(media=name, box=box)], f"Supplementary Figure {slide}")
        )
    return Deck(
        data=office.zipped(office.pptx(shown, media)),
        pairs=[(slide_of[a], slide_of[b], category, words) for a, b, category, words in planted],
        templates=[
            sorted(slide_of[k] for k, (kind, _) in enumerate(figures) if kind == which)
            for which in ("browser", "synteny")
        ],
    )


def _strips(rng: Rng, first: Byte) -> list[Byte]:
    model = MODELS["strip"]
    rows, cols = first.shape[:2]
    return [first, *(model.render(rng, rows, cols, model.style(rng)) for _ in range(2))]
