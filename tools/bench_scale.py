"""What a second run, more processes, more panels, a cluster and a corpus cost.

``python tools/bench_scale.py help again jobs network growth retrieval dask corpus limits``: each
name is a row, measured on generated panels, every run in a process of its own. ``--panels`` sets
how many panels the rows use, ``--sizes`` those of ``growth``, ``--repeat`` how often a time is
taken (the median counts), ``--corpus`` how many panels the corpus has. Beyond the generated ones,
its panels are varied copies of their sketches: descriptors turned away from the original by about
30 degrees, so that they fill the cells as others would and resemble none.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from figecho.config import resolve
from figecho.evaluate import load_truth
from figecho.retrieve.sketch import STEPS, Sketch
from synth.corpus import corpus as generated

SCAN = (sys.executable, "-m", "figecho", "scan")
QUIET = ("--quiet", "--no-cnn", "--force")
_WATCH_S = 0.2
_AWAY = 0.58


def timed(*command: object, watched: bool = True) -> dict[str, float]:
    """Run a command; return its seconds and the peak memory of all its processes together.

    Where it is not ``watched`` the memory is not asked for, which costs a short run a few percent.
    """
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        if watched:
            peak = max(peak, _tree_mb(process.pid))
        time.sleep(min(_WATCH_S, 0.01 + (time.perf_counter() - start) / 20))
    if process.returncode not in (0, 3):
        raise SystemExit(f"{command} ended with {process.returncode}")
    return {"seconds": time.perf_counter() - start, "peak_mb": peak}


def starting(folder: Path, options: argparse.Namespace) -> str:
    """Time ``figecho --help`` and name heavy libraries it loads."""
    runs = [timed(sys.executable, "-m", "figecho", "--help")["seconds"] for _ in range(5)]
    trace = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "figecho", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    heavy = [n for n in ("torch", "numba", "cv2", "numpy") if f" {n}\n" in trace]
    return f"figecho --help: {median(runs):.2f} s, loads {', '.join(heavy) or 'nothing heavy'}"


def again(folder: Path, options: argparse.Namespace) -> str:
    """Time a scan, and the same scan again."""
    figures = drawn(folder, options, options.panels)
    ratios, texts = [], set()
    for turn in range(options.repeat):
        cache, report = folder / f"cache-{turn}", folder / "report.json"
        command = (*SCAN, figures, "--cache-dir", cache, "--json", report, *QUIET)
        first = timed(*command)["seconds"]
        texts.add(report.read_bytes())
        seconds = [timed(*command)["seconds"] for _ in range(3)]
        texts.add(report.read_bytes())
        ratios.append(first / median(seconds))
        last = f"{first:.1f} s, then {median(seconds):.2f} s"
    return f"second run: {median(ratios):.0f} times faster ({last}), {_alike(texts)}"


def jobs(folder: Path, options: argparse.Namespace) -> str:
    """Time a scan with one process and with two."""
    figures = drawn(folder, options, options.panels)
    report, texts = folder / "report.json", set()
    ratios = []
    for _ in range(options.repeat):
        seconds = []
        for count in (1, 2):
            command = (*SCAN, figures, "--no-cache", "--json", report, "--jobs", count, *QUIET)
            seconds.append(timed(*command)["seconds"])
            texts.add(report.read_bytes())
        ratios.append(seconds[0] / seconds[1])
    return f"--jobs 2 against 1: {median(ratios):.2f} times faster, {_alike(texts)}"


def network(folder: Path, options: argparse.Namespace) -> str:
    """Time a scan of 300 figures, and imagededup's network on their tiles, start-up of both too."""
    import bench_score

    drawn(folder, options, 300).rename(folder / "figures")
    (folder / "figures" / "truth.json").unlink()
    bench_score.cut(folder)
    child = (sys.executable, bench_score.__file__, "--side", "imagededup", "--folder", folder)
    command = (*SCAN, folder / "figures", "--no-cache", "--json", folder / "report.json", *QUIET)
    turns = [(*child,), (*command, "--jobs", 2)] * options.repeat
    seconds = [timed(*turn, watched=False)["seconds"] for turn in turns]
    theirs, ours = median(seconds[::2]), median(seconds[1::2])
    return (
        f"scan of 300 figures: {ours:.1f} s, imagededup's network on their 1,500 tiles"
        f" {theirs:.1f} s: {ours / theirs:.2f} times its time"
    )


def growth(folder: Path, options: argparse.Namespace) -> str:
    """Time scans of more and more panels, and fit the exponent."""
    lines, seconds = [], []
    for size in options.sizes:
        figures, report = drawn(folder, options, size), folder / "report.json"
        command = (*SCAN, figures, "--no-cache", "--json", report, "--jobs", 2, *QUIET)
        runs = [timed(*command) for _ in range(options.repeat)]
        seconds.append(median(r["seconds"] for r in runs))
        cover = json.loads(report.read_text())["coverage"]
        lines.append(
            f"  {size:5} panels: {seconds[-1]:7.1f} s, {cover['pairs_compared']:7,} of"
            f" {cover['pairs_possible']:9,} pairs, peak {max(r['peak_mb'] for r in runs):5.0f} MB"
        )
    exponent = np.polyfit(np.log(options.sizes), np.log(seconds), 1)[0]
    return "\n".join([f"growth: exponent {exponent:.2f}", *lines])


def retrieval(folder: Path, options: argparse.Namespace) -> str:
    """Count the findings of all pairs that the index keeps."""
    figures = drawn(folder, options, options.panels)
    found = []
    for limit in (10**9, 1):
        report, cache = folder / "report.json", folder / "cache-retrieval"
        setting = f"retrieve.all_pairs_panels={limit}"
        timed(*SCAN, figures, "--cache-dir", cache, "--json", report, "--set", setting, *QUIET)
        found.append(json.loads(report.read_text()))
    everything, kept = ({f["fingerprint"] for f in r["findings"]} for r in found)
    cover = found[1]["coverage"]
    share = cover["pairs_compared"] / max(cover["pairs_possible"], 1)
    return (
        f"index: {len(everything & kept)} of {len(everything)} findings of all pairs kept,"
        f" {share:.1%} of the pairs compared"
    )


def dask(folder: Path, options: argparse.Namespace) -> str:
    """Scan on two Dask workers of which one is killed in the middle, and hold it to a local one."""
    from distributed import LocalCluster

    from figecho.report.to_json import to_json
    from figecho.scan import scan

    figures = drawn(folder, options, options.panels)
    plain = to_json(scan([figures], resolve()).report)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=60
    ) as cluster:
        workers = [worker.pid for worker in cluster.workers.values()]

        def kill_one(stage: str, done: int, total: int) -> None:
            if stage == "comparing pairs" and done > total // 2 and len(workers) == 2:
                os.kill(workers.pop(), signal.SIGKILL)

        start = time.perf_counter()
        report = scan(
            [figures], resolve(), scheduler=cluster.scheduler_address, progress=kill_one
        ).report
        seconds = time.perf_counter() - start
    killed = "one killed" if len(workers) == 1 else "none killed"
    alike = _alike({plain, to_json(report)})
    return f"Dask, two workers, {killed}: {seconds:.1f} s, {alike} as here"


def corpus(folder: Path, options: argparse.Namespace) -> str:
    """Fill a corpus, ask for a paper of 30 panels, and count the planted reuse that is found."""
    from figecho.index.corpus import Corpus
    from figecho.index.grow import grow
    from figecho.index.query import query

    config = resolve()
    figures = drawn(folder, options, options.panels)
    truth = load_truth(figures / "truth.json")
    planted = [p for p in truth.known if p.a != p.b][:30]
    paper = folder / "paper"
    paper.mkdir()
    for pair in planted:
        (figures / pair.b).rename(paper / pair.b)
    made = Corpus(folder / "corpus", create=True)
    start = time.perf_counter()
    grow([figures], made, config, jobs=2)
    added = time.perf_counter() - start
    own = made.panels()
    _enlarge(made, options.corpus - own)
    start = time.perf_counter()
    made.build(force=True)
    built = time.perf_counter() - start
    seconds = []
    for _ in range(options.repeat + 1):
        start = time.perf_counter()
        report = query([paper], made, config, jobs=2).report
        seconds.append(time.perf_counter() - start)
    pairs = {tuple(r.source.removeprefix("corpus:") for r in f.regions) for f in report.findings}
    screened = {s.source for s in report.screened}
    comparable = [p for p in planted if p.b not in screened]
    hits = sum((p.b, p.a) in pairs for p in comparable)
    return (
        f"corpus of {made.panels():,} panels ({own:,} real ones added in {added:.0f} s; index in"
        f" {built:.0f} s): query of {report.coverage.panels} panels {median(seconds[1:]):.1f} s,"
        f" {hits} of {len(comparable)} planted reuses found"
    )


def _enlarge(made: Any, count: int) -> None:
    """Put varied copies of the panels of a corpus into it."""
    held = made._sketches(after=0)
    cards = made.cards(number for number, _ in held)
    rng = np.random.default_rng(1)
    for k in range(max(0, count)):
        number, sketch = held[k % len(held)]
        name = f"varied {k}"
        made.add(name, name, [cards[number]], [varied(rng, sketch)])


def varied(rng: np.random.Generator, sketch: Sketch) -> Sketch:
    """Turn the descriptors of a sketch away from the original by about 30 degrees."""
    noise = rng.normal(0.0, _AWAY / np.sqrt(128.0), sketch.descriptors.shape)
    values = sketch.descriptors / STEPS + noise
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    away = np.clip(np.rint(values * STEPS), -127, 127).astype(np.int8)
    return replace(sketch, descriptors=away)


def drawn(folder: Path, options: argparse.Namespace, panels: int) -> Path:
    """Return a folder of generated panels, drawn once."""
    place = folder / f"panels-{panels}"
    if not place.exists():
        generated(options.seed, panels).write(place)
    return place


def _alike(texts: set[Any]) -> str:
    return "same bytes" if len(texts) == 1 else f"{len(texts)} DIFFERENT reports"


def _tree_mb(pid: int) -> float:
    """Return the memory of a process and its children, shared pages counted once (Linux)."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return total
    return total + sum(_tree_mb(int(child)) for child in children)


def limits(folder: Path, options: argparse.Namespace) -> str:
    """Hold matching against one large product of matrices, and extraction against a copy."""
    import cv2

    from figecho.describe import sift
    from figecho.describe.basis import in_sign_basis
    from figecho.match.nearest import match_forms
    from figecho.threads import one_thread

    config, rng = resolve(), np.random.default_rng(options.seed)
    values = rng.random((1200, 128), np.float32)
    blocks = in_sign_basis(values / np.linalg.norm(values, axis=1, keepdims=True))
    square = rng.random((2000, 2000), np.float32)
    files = sorted(drawn(folder, options, options.panels).glob("*.*g"))[:40]
    read = (cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files)
    greys = [grey.astype(np.float32) for grey in read if grey is not None]

    def extracted() -> None:
        for grey in greys:
            sift.detect(grey, np.ones(grey.shape, np.bool_), config.describe)

    def matched() -> None:
        match_forms(blocks, blocks, ratio=config.match.ratio, min_cosine=config.match.min_cosine)

    with one_thread():
        matching = _fastest(matched)
        product = _fastest(lambda: square @ square)
        extracting = _fastest(extracted)
        copying = _fastest(lambda: [grey.copy() for grey in greys])
    size = sum(grey.nbytes for grey in greys)
    return (
        f"matching in all forms {1200**2 * 128 / matching / 1e9:.1f} of"
        f" {2000**3 / product / 1e9:.1f} thousand million multiply-adds a second, extraction"
        f" {size / extracting / 1e6:.1f} million bytes a second (a copy {size / copying / 1e6:.0f})"
    )


def _fastest(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


ROWS: dict[str, Callable[[Path, argparse.Namespace], str]] = {
    "help": starting,
    "again": again,
    "jobs": jobs,
    "network": network,
    "growth": growth,
    "retrieval": retrieval,
    "dask": dask,
    "corpus": corpus,
    "limits": limits,
}


def main() -> None:
    """Measure the rows asked for, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="+", choices=list(ROWS))
    parser.add_argument("--panels", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 500, 1000, 2000])
    parser.add_argument("--corpus", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for row in options.rows:
        with tempfile.TemporaryDirectory() as name:
            print(ROWS[row](Path(name), options), flush=True)


if __name__ == "__main__":
    main()
