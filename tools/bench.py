"""Time and memory of a scan beside a plain SIFT + RANSAC loop over the same panels.

``python tools/bench.py --panels 100 --jobs 1 2``: generated panels, all pairs, each side in a
process of its own, one after the other in one run. The plain loop is what a capable script does:
SIFT once a panel and once for its mirror image, then for each pair a brute-force ratio test and
``estimateAffinePartial2D``, upright and mirrored. It is given the pixels; the scan reads the files,
cuts, screens, verifies and judges as well. Its settings are those without which SIFT finds
little on blots and small crops: contrast threshold 0.01, panels enlarged to 400 px, RootSIFT, ratio
0.85.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from figecho.config import resolve
from figecho.evaluate import load_truth
from figecho.evaluate import score as held_against
from figecho.scan import scan
from synth.corpus import corpus

RATIO = 0.85
TOLERANCE_PX = 4.0
INLIERS = 8
KEYPOINTS = 1000
SIDE_PX = 400
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def plain(folder: Path) -> dict[str, Any]:
    """Match all pairs with plain OpenCV; return seconds, pairs and how many reach 8 inliers."""
    cv2.setNumThreads(1)
    panels = [np.asarray(Image.open(path).convert("L")) for path in pictures(folder)]
    start = time.perf_counter()
    upright = [described(panel) for panel in panels]
    mirrored = [described(np.ascontiguousarray(panel[:, ::-1])) for panel in panels]
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    pairs = list(combinations(range(len(panels)), 2))
    found = sum(
        max(inliers(matcher, upright[i], other[j]) for other in (upright, mirrored)) >= INLIERS
        for i, j in pairs
    )
    return {"seconds": time.perf_counter() - start, "pairs": len(pairs), "found": found}


def ours(folder: Path, jobs: int) -> dict[str, Any]:
    """Scan the folder; return seconds, pairs compared, findings, recall and false findings."""
    start = time.perf_counter()
    report = scan([folder], resolve(), jobs=jobs).report
    seconds = time.perf_counter() - start
    score = held_against(report, load_truth(folder / "truth.json"))
    return {
        "seconds": seconds,
        "pairs": report.coverage.pairs_compared,
        "found": len(report.findings),
        "known": len(score.outcomes),
        "missed": len(score.missed),
        "false": len(score.false),
    }


def main() -> None:
    """Draw the panels, run every side in a process of its own, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side, _, jobs = options.side.partition(":")
        before = _peak_mb()
        done = plain(options.folder) if side == "plain" else ours(options.folder, int(jobs))
        print(json.dumps(done | {"peak_mb": _peak_mb(), "imports_mb": before}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus(options.seed, options.panels).write(folder)
        sides = {"plain SIFT + RANSAC": "plain"}
        sides |= {f"figecho, {jobs} job{'s'[: jobs > 1]}": f"scan:{jobs}" for jobs in options.jobs}
        results = {label: _run(side, folder) for label, side in sides.items()}
    _table(results, options)


def _table(results: dict[str, dict[str, Any]], options: argparse.Namespace) -> None:
    base = results["plain SIFT + RANSAC"]["seconds"]
    print(f"{options.panels} generated panels, seed {options.seed}, all pairs")
    print(f"{'':22}{'seconds':>9}{'x plain':>9}{'peak MB':>9}{'pairs':>8}{'found':>7}")
    for label, r in results.items():
        print(
            f"{label:22}{r['seconds']:9.1f}{r['seconds'] / base:9.2f}{r['peak_mb']:9.0f}"
            f"{r['pairs']:8}{r['found']:7}"
        )
    for label, r in results.items():
        if "known" in r:
            print(f"{label}: {r['missed']} of {r['known']} missed, {r['false']} false")


def described(panel: Any) -> tuple[Any, Any]:
    """Return keypoints and RootSIFT descriptors of a panel."""
    zoom = max(1.0, SIDE_PX / max(panel.shape))
    view = cv2.resize(panel, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    sift = cv2.SIFT_create(nfeatures=KEYPOINTS, contrastThreshold=0.01)
    points, descriptors = sift.detectAndCompute(view, None)
    if descriptors is not None:
        descriptors = np.sqrt(descriptors / (descriptors.sum(axis=1, keepdims=True) + 1e-9))
    return points, descriptors


def inliers(matcher: Any, a: tuple[Any, Any], b: tuple[Any, Any]) -> int:
    """Count the inliers of the best similarity between two described panels."""
    (points_a, descriptors_a), (points_b, descriptors_b) = a, b
    if descriptors_a is None or descriptors_b is None or len(descriptors_b) < 2:
        return 0
    nearest = matcher.knnMatch(descriptors_a, descriptors_b, k=2)
    kept = [p[0] for p in nearest if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(kept) < 3:
        return 0
    source = np.array([points_a[m.queryIdx].pt for m in kept], np.float32)
    target = np.array([points_b[m.trainIdx].pt for m in kept], np.float32)
    _, mask = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=TOLERANCE_PX
    )
    return 0 if mask is None else int(mask.sum())


def pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder, sorted."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)


def _run(side: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _peak_mb() -> float:
    """Return the peak of this process plus the largest of its children, which share pages."""
    usage = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_maxrss for u in usage) / 1024


if __name__ == "__main__":
    main()
