"""What a scan finds, by class and transform, beside a plain SIFT judge and imagededup's hashes.

``python tools/recall.py --set generated --panels 400 --seed 5`` draws panels of every class with
planted reuse, look-alikes and singles; ``--set cells`` draws planted reuse only, class by transform
in turn (about 600 panels are a round); ``--set blots`` draws gels and blots only, ``--set clones``
panels of which every second repeats a part of itself; ``--set real --data DIR...`` plants the same
transforms into the pictures of folders, whose own pairs of one folder are not judged, for they may
share a field or a membrane. Everything is written to files first and read as a user's
would be. Seeds below 100 were used for tuning; judge with others.

The plain judge is what a capable script does (see ``tools/bench.py``): a pair is reported from 8
inliers on. *At no false pair* lowers or raises a method's own bar to just above its strongest false
pair.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import bench
from compare_methods import ALL, CUTOFFS, Seen, by_imagededup, row
from figecho.config import resolve
from figecho.dedup.hashes import HASHERS
from figecho.dedup.score import How
from figecho.deviation import Deviation
from figecho.evaluate import COUNTED, Known, Outcome, Score, files_of, load_truth, pair_of
from figecho.evaluate import score as held_against
from figecho.model import Report
from figecho.scan import scan
from photos import pictures
from synth.collection import Collection
from synth.corpus import clones, corpus
from synth.plant import LANED
from synth.real import plant_real

SETS = ("generated", "cells", "blots", "clones", "real")
ANGLE_DEG, SCALE, IOU = 2.0, 0.03, 0.7


def drawn(options: argparse.Namespace) -> Collection:
    """Return the set that the options name."""
    if options.set == "clones":
        return clones(options.seed, options.panels)
    if options.set == "real":
        return plant_real(pictures(options.data, options.seed)[: options.panels], options.seed)
    if options.set == "cells":
        return corpus(options.seed, options.panels, 1.0)
    if options.set == "blots":
        return corpus(options.seed, options.panels, classes=sorted(LANED))
    return corpus(options.seed, options.panels)


def way_of(known: Known) -> tuple[str, str]:
    """Return class and transform of a planted reuse from its name, ``007-strip-lanes``."""
    _, name, way = known.name.split("-", 2)
    return name, way


def table(outcomes: Sequence[Outcome], part: int) -> Iterator[str]:
    """Yield recall by class (``part`` 0) or transform (1), the worst first."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        groups[way_of(outcome.known)[part]].append(outcome.finding is not None)
    order = sorted(groups, key=lambda g: (np.mean(groups[g]), g))
    yield ", ".join(f"{g} {sum(groups[g])}/{len(groups[g])}" for g in order)


def grid(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a row for each class: how many of its planted reuses were found, by transform."""
    cells: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        name, way = way_of(outcome.known)
        cells[name][way].append(outcome.finding is not None)
    for name in sorted(cells):
        row = (f"{way} {sum(hits)}/{len(hits)}" for way, hits in sorted(cells[name].items()))
        yield f"  {name}: " + ", ".join(row)


def accuracy(outcomes: Sequence[Outcome]) -> str:
    """Return how well place, transform and category of what was found agree with the truth."""
    hits = [(o, o.finding, o.deviation) for o in outcomes if o.finding and o.deviation]
    if not hits:
        return "nothing found"
    category = [f.category == o.known.category for o, f, _ in hits]
    near = [_near(d) for _, _, d in hits]
    iou = np.median([d.iou for _, _, d in hits])
    return (
        f"category {np.mean(category):.2f}, mirrored or not "
        f"{np.mean([d.mirrored_right for _, _, d in hits]):.2f}, angle within {ANGLE_DEG:g}° and "
        f"scale within {SCALE:.0%} {np.mean(near):.2f}, median IoU {iou:.2f}"
    )


def _near(deviation: Deviation) -> bool:
    if deviation.angle_deg is None or deviation.scale is None:
        return False
    return deviation.angle_deg <= ANGLE_DEG and deviation.scale <= SCALE


def seen_by(report: Report, seconds: float) -> Seen:
    """Return what a report says about each pair of files."""
    value: dict[tuple[str, str], float] = {}
    for finding in report.findings:
        pair = files_of(finding)
        value[pair] = max(value.get(pair, -finding.log10_nfa), -finding.log10_nfa)
    reported = frozenset(files_of(f) for f in report.findings if f.level in COUNTED)
    return Seen(value=value, reported=reported, seconds=seconds)


def plain(folder: Path) -> Seen:
    """Match every pair of files with plain SIFT and RANSAC, upright and mirrored."""
    start = time.perf_counter()
    cv2.setNumThreads(1)
    paths = bench.pictures(folder)
    panels = [np.asarray(Image.open(path).convert("L")) for path in paths]
    upright = [bench.described(panel) for panel in panels]
    mirrored = [bench.described(np.ascontiguousarray(panel[:, ::-1])) for panel in panels]
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    value = {
        pair_of(paths[i].name, paths[j].name): float(
            max(bench.inliers(matcher, upright[i], other[j]) for other in (upright, mirrored))
        )
        for i, j in combinations(range(len(paths)), 2)
    }
    reported = frozenset(pair for pair, count in value.items() if count >= bench.INLIERS)
    return Seen(value=value, reported=reported, seconds=time.perf_counter() - start)


def lines(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield the report of one set."""
    truth = load_truth(folder / "truth.json")
    start = time.perf_counter()
    report = scan([folder], resolve("default", {"keep_weak": True}), jobs=options.jobs).report
    seconds = time.perf_counter() - start
    result: Score = held_against(report, truth)
    found = sum(o.finding is not None for o in result.outcomes)
    known = len(result.outcomes)
    yield (
        f"{options.set}, seed {options.seed}: {report.coverage.panels} panels, "
        f"{report.coverage.pairs_compared} of {report.coverage.pairs_possible} pairs, "
        f"{seconds:.0f} s"
    )
    yield f"recall {found}/{known} = {found / max(known, 1):.3f}, false {len(result.false)}"
    yield "by class: " + "; ".join(table(result.outcomes, 0))
    yield "by transform: " + "; ".join(table(result.outcomes, 1))
    if options.set == "cells":
        yield "class by transform:"
        yield from grid(result.outcomes)
    yield accuracy(result.outcomes)
    for item in result.missed:
        yield f"  missed: {item.name} ({item.transform}): {item.a} {item.b}"
    for finding in result.false:
        a, b = files_of(finding)
        yield f"  false: {a} {b} {finding.level} {finding.log10_nfa:.1f} {finding.transform.words}"
    if options.alone:
        return
    yield ""
    yield "| method | default | found | I | II | III | false | found at 0 false | s |"
    yield row("figecho", "moderate", seen_by(report, seconds), truth)
    yield row("SIFT + RANSAC", f"≥ {bench.INLIERS} inliers", plain(folder), truth)
    for method in HASHERS:
        how = How(method=method, cutoff=ALL[method], screen=False)
        seen = by_imagededup(folder, how, CUTOFFS[method][0])
        yield row(method, f"≤ {CUTOFFS[method][0]:g} bits", seen, truth)


def main() -> None:
    """Draw the set, scan it, print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="generated")
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--panels", type=int, default=400)
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="folders, for --set real")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="leave the other methods out")
    parser.add_argument("--keep", type=Path, default=None, help="keep the figures in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        drawn(options).write(folder)
        for line in lines(folder, options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
