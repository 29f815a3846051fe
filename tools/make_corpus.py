"""Write a benchmark: ``python tools/make_corpus.py --seed 1 --panels 400 --out DIR``.

``--clones`` gives panels of which every second has a part repeated inside; ``--real DIR`` plants
into the PNG, JPEG and TIFF pictures of a folder instead of generating panels (see
``tools/recall.py`` for several folders).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from synth.collection import Collection
from synth.corpus import clones, corpus
from synth.kinds import Byte
from synth.models import CLASSES
from synth.real import Picture, plant_real

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def main() -> None:
    """Parse the command line and write the folder with its ``truth.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--panels", type=int, default=400)
    parser.add_argument("--share", type=float, default=0.35, help="share of panels with reuse")
    parser.add_argument("--classes", nargs="+", default=list(CLASSES), choices=CLASSES)
    parser.add_argument("--transforms", nargs="+", default=None)
    parser.add_argument("--clones", action="store_true")
    parser.add_argument("--real", type=Path, default=None)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made = _made(options)
    made.write(options.out)
    print(f"{len(made.images)} figures, {len(made.pairs)} reuses in {options.out}")


def _made(options: argparse.Namespace) -> Collection:
    if options.clones:
        return clones(options.seed, options.panels, classes=options.classes)
    if options.real is None:
        return corpus(
            options.seed,
            options.panels,
            options.share,
            classes=options.classes,
            transforms=options.transforms,
        )
    paths = sorted(p for p in options.real.rglob("*") if p.suffix.lower() in SUFFIXES)
    images = [
        Picture(image=read(path), group=k, laned=False)
        for k, path in enumerate(paths[: options.panels])
    ]
    if options.transforms is None:
        return plant_real(images, options.seed, options.share)
    return plant_real(images, options.seed, options.share, transforms=options.transforms)


def read(path: Path) -> Byte:
    """Read one picture as 8-bit grey or RGB, stretching deeper ones to their range."""
    with Image.open(path) as picture:
        if picture.mode.startswith(("I", "F")):
            values = np.asarray(picture, dtype=np.float64)
            low, high = np.percentile(values, [0.5, 99.5])
            return np.asarray(np.clip((values - low) / max(high - low, 1), 0, 1) * 255, np.uint8)
        return np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))


if __name__ == "__main__":
    main()
