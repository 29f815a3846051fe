"""The inverted file of ``figecho.retrieve`` beside faiss, on the descriptors of generated panels.

``python tools/bench_faiss.py --panels 200 --copies 5`` needs ``faiss-cpu``, which figecho does not.
Both hold the same descriptors and run in one thread. A cell of figecho serves all four forms of a
copy, and each descriptor visits two; faiss, whose cells serve one, has twice as many and visits two
in each form. faiss returns the nearest rows and nothing else; the time of figecho includes leaving
out a panel's own rows, one vote a panel and the count of votes by pose. Further panels are varied
copies, as in ``tools/bench_scale.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import faiss
import numpy as np

from bench_scale import varied
from figecho.config import resolve
from figecho.describe.described import describe
from figecho.model import FloatArray
from figecho.panels import panels_of
from figecho.retrieve.sketch import STEPS, Sketch, sketch_of
from figecho.retrieve.votes import Shelved
from figecho.retrieve.words import PROBES, WIDE_SIGNS, unit, vocabulary, words_for
from figecho.sources import collect
from synth.corpus import corpus

#: Rows that faiss returns for each descriptor: three panels may vote, each seldom with two rows.
NEAREST = 6
_AT_ONCE = 128


def sketches(panels: int, seed: int, copies: int) -> list[Sketch]:
    """Return the sketches of generated panels, and of varied copies of them."""
    config = resolve()
    with tempfile.TemporaryDirectory() as name:
        corpus(seed, panels).write(Path(name))
        figures = collect([Path(name)], config.limits).figures
        cut = [panel for figure in figures for panel in panels_of(figure, config)[0]]
        limit = config.retrieve.descriptors
        drawn = [sketch_of(describe(panel, config), limit, config.match) for panel in cut]
    rng = np.random.default_rng(seed)
    return drawn + [varied(rng, sketch) for _ in range(copies - 1) for sketch in drawn]


def _look_up(index: Any, rows: FloatArray) -> None:
    for form in WIDE_SIGNS:
        index.search(rows * form, NEAREST)


def seconds(task: Callable[[], object]) -> float:
    """Return how long a task takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main() -> None:
    """Print the time of both, for filling and for looking up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=200)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    held = sketches(options.panels, options.seed, options.copies)
    rows = unit(np.concatenate([sketch.descriptors for sketch in held]))
    words = words_for(len(rows))
    together = np.concatenate([sketch.descriptors for sketch in held])
    centres, theirs = vocabulary(together, words), vocabulary(together, 2 * words)
    Shelved.of(held[:2], centres[:16]).votes_among(0, 2)
    shelves: list[Shelved] = []
    filled = seconds(lambda: shelves.append(Shelved.of(held, centres)))
    looked = seconds(
        lambda: [
            shelves[0].votes_among(low, min(low + _AT_ONCE, len(held)))
            for low in range(0, len(held), _AT_ONCE)
        ]
    )
    print(f"{len(held)} panels, {len(rows)} descriptors, {words} cells")
    print(f"figecho: filled in {filled:.1f} s, votes of all in {looked:.1f} s")
    for name, kind in (("floats", None), ("bytes", faiss.ScalarQuantizer.QT_8bit_direct_signed)):
        scale = 1.0 if kind is None else STEPS
        flat = faiss.IndexFlatIP(128)
        flat.add(theirs * np.float32(scale))
        if kind is None:
            index = faiss.IndexIVFFlat(flat, 128, 2 * words, faiss.METRIC_INNER_PRODUCT)
        else:
            metric = faiss.METRIC_INNER_PRODUCT
            index = faiss.IndexIVFScalarQuantizer(flat, 128, 2 * words, kind, metric)
        index.is_trained, index.nprobe = True, PROBES
        scaled = rows * np.float32(scale)
        filled = seconds(partial(index.add, scaled))
        looked = seconds(partial(_look_up, index, scaled))
        print(f"faiss, {name}: filled in {filled:.1f} s, nearest rows of all in {looked:.1f} s")


if __name__ == "__main__":
    main()
