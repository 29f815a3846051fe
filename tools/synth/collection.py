"""A set of figures with its truth: names, pairs, regions, and how they are written to disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from synth.geometry import translation
from synth.kinds import Byte, Matrix, streams
from synth.plant import Planted

Offset = tuple[int, int]
FORMATS = ("png", "png", "png", "jpg", "jpg", "tif")


@dataclass(slots=True)
class Collection:
    """Figures in the order they were added; file names are given when all are there.

    Names carry a shuffled figure number and a subject, so that neither tells which belong
    together; with ``tokens`` a random word in place of the number, so that names do not depend on
    how many figures there are. Everything else here mirrors ``truth.json``.
    """

    seed: int
    tokens: bool = False
    images: list[Byte] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[tuple[int, int]] = field(default_factory=list)
    screened: dict[int, str] = field(default_factory=dict)
    templates: list[list[int]] = field(default_factory=list)
    lookalikes: list[list[int]] = field(default_factory=list)

    def add(self, subject: str, image: Byte, screened: str = "") -> int:
        """Take a figure in and return its number; ``screened`` is the reason to set it aside."""
        self.images.append(image)
        self.subjects.append(subject)
        if screened:
            self.screened[len(self.images) - 1] = screened
        return len(self.images) - 1

    def pair(
        self, a: int, b: int, planted: Planted, at_a: Offset = (0, 0), at_b: Offset = (0, 0)
    ) -> None:
        """Note that figures ``a`` and ``b`` share the planted region, at ``at`` in them."""
        to_b, from_a = translation(*at_b), translation(-at_a[0], -at_a[1])
        self.pairs.append(
            {
                "a": a,
                "b": b,
                "category": planted.category,
                "name": f"{len(self.pairs) + 1:03d}-{planted.name}-{planted.transform}",
                "words": planted.words,
                "polygon_a": planted.polygon_a + np.asarray(at_a),
                "polygon_b": planted.polygon_b + np.asarray(at_b),
                "matrix": to_b @ planted.b_from_a @ from_a,
            }
        )

    def names(self) -> list[str]:
        """Return the file name of every figure."""
        order = streams(self.seed, 10**6).permutation(len(self.images))
        names = []
        for index, subject in enumerate(self.subjects):
            place = int(order[index])
            own = streams(self.seed, 10**6 + 1, index)
            kind = FORMATS[int(own.integers(len(FORMATS)))]
            if self.tokens:
                names.append(f"{int(own.integers(2**32)):08x}_{subject}.{kind}")
                continue
            letter = "abcdef"[place % 6]
            names.append(f"fig{place // 6 + 1}{letter}_{subject}.{kind}")
        return names

    def items(self) -> list[tuple[str, Byte]]:
        """Return (file name, pixels) of every figure, in the order they were added."""
        return list(zip(self.names(), self.images, strict=True))

    def truth(self) -> dict[str, Any]:
        """Return what ``truth.json`` holds."""
        names = self.names()
        across = [pair for pair in self.pairs if pair["a"] != pair["b"]]
        inside = [pair for pair in self.pairs if pair["a"] == pair["b"]]
        return {
            "seed": self.seed,
            "figures": sorted(names),
            "positives": [[names[p["a"]], names[p["b"]], p["category"], p["name"]] for p in across],
            "within": [[names[p["a"]], p["category"], p["name"]] for p in inside],
            "ignore": [[names[a], names[b]] for a, b in self.ignored],
            "transforms": {p["name"]: p["words"] for p in self.pairs},
            "regions": {
                p["name"]: {
                    "polygon_a": _rounded(p["polygon_a"], 1),
                    "polygon_b": _rounded(p["polygon_b"], 1),
                    "matrix_b_from_a": _rounded(p["matrix"], 6),
                }
                for p in self.pairs
            },
            "screened": {names[k]: reason for k, reason in self.screened.items()},
            "templates": [sorted(names[k] for k in group) for group in self.templates],
            "lookalikes": [sorted(names[k] for k in group) for group in self.lookalikes],
        }

    def write(self, folder: Path) -> None:
        """Write all figures and ``truth.json``; files of those names are overwritten."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, image in self.items():
            save(folder / name, image)
        text = json.dumps(self.truth(), indent=1, ensure_ascii=False)
        (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def save(path: Path, image: Byte) -> None:
    """Write one figure in the format its suffix names."""
    options: dict[str, dict[str, Any]] = {
        ".png": {"optimize": True},
        ".jpg": {"quality": 92, "subsampling": 0},
        ".tif": {"compression": "tiff_adobe_deflate"},
    }
    Image.fromarray(image).save(path, **options[path.suffix])


def _rounded(values: Matrix, digits: int) -> list[list[float]]:
    return [[round(float(v), digits) + 0.0 for v in row] for row in values]
