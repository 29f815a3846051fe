"""Time and memory of ``figecho score`` beside imagededup's own ``find_duplicates``.

``python tools/bench_score.py --figures 300``: the same tiles and the same model, in one run, each
in a process of its own. figecho reads the figures, cuts, embeds and ranks; imagededup reads tiles
that were cut and written beforehand. The model has imagededup's default architecture (MobileNetV3)
with seeded weights, its normalisation measured on noise, so nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from figecho.config import resolve
from figecho.dedup.score import How, Scores, score
from figecho.panels.chop import Grid
from figecho.report.parts import part_files
from figecho.sources import collect
from synth.corpus import corpus

GRID = Grid(columns=5, rows=1)


def model() -> Any:
    """Return imagededup's default architecture with seeded weights, as a CustomModel."""
    import torch
    from imagededup.utils.models import CustomModel, MobilenetV3
    from torchvision.models import get_model

    torch.manual_seed(7)
    net = get_model("mobilenet_v3_small", weights=None)
    features = torch.nn.Sequential(net.features, net.avgpool, torch.nn.Flatten())
    for layer in features.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        features.train()(torch.randn(32, 3, 224, 224))
    return CustomModel(
        name="mobilenet_v3_small, seeded", model=features.eval(), transform=MobilenetV3.transform
    )


def ours(figures: Path, cutoff: float, *, screen: bool) -> tuple[float, Scores]:
    """Return the seconds and the scores of figecho, imports apart."""
    how = How(cutoff=cutoff, cnn=model(), grid=GRID, screen=screen)
    start = time.perf_counter()
    scores = score([figures], resolve(), how)
    return time.perf_counter() - start, scores


def theirs(tiles: Path, cutoff: float) -> tuple[float, dict[str, list[tuple[str, float]]]]:
    """Return the seconds and the result of imagededup, imports apart."""
    from imagededup.methods import CNN

    cnn = CNN(verbose=False, model_config=model())
    start = time.perf_counter()
    found = cnn.find_duplicates(tiles, min_similarity_threshold=cutoff, scores=True)
    return time.perf_counter() - start, found


def child(options: argparse.Namespace) -> None:
    """Run one side and print seconds, peak memory and pairs as JSON."""
    warnings.simplefilter("ignore")
    import imagededup.methods  # noqa: F401

    base = _peak_mb()
    pairs: list[tuple[str, str, float]] = []
    screened = 0
    if options.side == "imagededup":
        seconds, found = theirs(options.folder / "tiles", options.cutoff)
        names = ((a, b, float(s)) for a, near in found.items() for b, s in near)
        pairs = [(str(a), str(b), s) for a, b, s in names if a < b]
    else:
        seconds, scores = ours(
            options.folder / "figures", options.cutoff, screen=options.side == "figecho screened"
        )
        screened = len(scores.screened)
        for ranking in (scores.across, scores.within):
            for k, value in enumerate(ranking.value):
                a, b = (scores.tiles[int(i[k])] for i in (ranking.first, ranking.second))
                first, second = sorted(f"{t.source}-r1c{t.part}.png" for t in (a, b))
                pairs.append((first, second, float(value)))
    print(
        json.dumps(
            {"seconds": seconds, "peak_mb": _peak_mb(), "imports_mb": base, "screened": screened}
            | {"pairs": pairs}
        )
    )


def main() -> None:
    """Make the figures and the tiles, run the three sides, print a table, fail if scores differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cutoff", type=float, default=0.97)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        child(options)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus(options.seed, options.figures).write(folder / "figures")
        (folder / "figures" / "truth.json").unlink()
        cutting = cut(folder)
        sides = ("imagededup", "figecho", "figecho screened")
        results = {side: _run(side, folder, options.cutoff) for side in sides}
    print(f"{options.figures} figures, {5 * options.figures} tiles, cutoff {options.cutoff}")
    print(f"{'':18}{'seconds':>9}{'peak MB':>9}{'of that imports':>17}{'pairs':>9}{'left out':>10}")
    for side, r in results.items():
        print(
            f"{side:18}{r['seconds']:9.1f}{r['peak_mb']:9.0f}{r['imports_mb']:17.0f}"
            f"{len(r['pairs']):9}{r['screened']:10}"
        )
    print(f"(cutting and writing the tiles for imagededup: {cutting:.1f} s more)")
    _agree(results["imagededup"]["pairs"], results["figecho"]["pairs"], options.cutoff)


def cut(folder: Path) -> float:
    """Write the tiles of ``folder/figures`` to ``folder/tiles``, and return the seconds it took."""
    start = time.perf_counter()
    (folder / "tiles").mkdir()
    for file in part_files(collect([folder / "figures"], resolve().limits).figures, GRID):
        (folder / "tiles" / file.name).write_bytes(file.png())
    return time.perf_counter() - start


def _run(side: str, folder: Path, cutoff: float) -> dict[str, Any]:
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--cutoff", str(cutoff)], check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _agree(theirs: list[Any], ours: list[Any], cutoff: float) -> None:
    """Exit with an error unless both name the same pairs with the same scores to 1e-4."""
    a = {(x, y): s for x, y, s in theirs}
    b = {(x, y): s for x, y, s in ours}
    alone = [(k, s) for one, other in ((a, b), (b, a)) for k, s in one.items() if k not in other]
    apart = [k for k, s in alone if abs(s - cutoff) > 1e-4]
    largest = max((abs(a[k] - b[k]) for k in a.keys() & b.keys()), default=0.0)
    print(f"scores differ by {largest:.1e} at most; {len(apart)} pairs on one side only")
    if apart or largest > 1e-4 or not np.isfinite(largest):
        raise SystemExit(1)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
