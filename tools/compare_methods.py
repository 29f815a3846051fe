"""What each method sees: imagededup's hashes and network beside figecho, on sets with truth.

``python tools/compare_methods.py [--data DIR/bik2016] [--seed 1 --panels 60]`` prints a table in
Markdown for the example figures, for a generated set, and for the folder ``--data`` names. Hashes
and network run as they are (whole figures), on five vertical strips, and on strips after screening;
figecho runs as ``figecho scan`` does. Each at its default threshold; then, without any threshold,
how much is found before the first false pair.

The network needs its weights (``--cnn-weights FILE``, torch hub's cache, or ``--online``). Without
them its rows say so; ``--untrained`` fills them with seeded random weights, and says that too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bench_score import model as untrained
from figecho.config import resolve
from figecho.dedup.hashes import HASHERS
from figecho.dedup.score import How, score
from figecho.dedup.settings import CnnSettings, Unavailable
from figecho.evaluate import COUNTED, Pair, Truth, files_of, load_truth, pair_of
from figecho.panels.chop import Grid
from figecho.scan import scan
from synth.corpus import corpus

STRIPS = Grid(columns=5, rows=1)
FORMS: Mapping[str, dict[str, Any]] = {
    "whole": {"screen": False},
    "5x1": {"grid": STRIPS, "screen": False},
    "5x1 screened": {"grid": STRIPS, "screen": True},
}
#: imagededup's own thresholds, and for its network also that of the strips recipe.
CUTOFFS = {"cnn": (0.9, 0.97)} | dict.fromkeys(HASHERS, (10.0,))
#: Low enough to rank every pair.
ALL = {"cnn": -1.0} | dict.fromkeys(HASHERS, 64.0)
CATEGORIES = ("I", "II", "III")
SHOWCASE = Path(__file__).parents[1] / "fixtures" / "showcase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a method says about a set: how close each pair of files is, and which it reports."""

    value: Mapping[Pair, float]
    reported: frozenset[Pair]
    seconds: float


def by_imagededup(folder: Path, how: How, cutoff: float) -> Seen:
    """Score every pair of files by their closest pictures; a file with itself by its strips."""
    start = time.perf_counter()
    scores = score([folder], resolve(), how)
    seconds = time.perf_counter() - start
    sign = 1 if how.method == "cnn" else -1
    value: dict[Pair, float] = {}
    for ranking in (scores.across, scores.within):
        for k, found in enumerate(ranking.value):
            a, b = (scores.tiles[int(i[k])].source for i in (ranking.first, ranking.second))
            value.setdefault(pair_of(a, b), sign * float(found))
    reported = frozenset(pair for pair, v in value.items() if v >= sign * cutoff)
    return Seen(value=value, reported=reported, seconds=seconds)


def by_figecho(folder: Path, jobs: int) -> Seen:
    """Scan as the program does; a pair of files is as close as its most surprising finding."""
    start = time.perf_counter()
    report = scan([folder], resolve("default", {"keep_weak": True}), jobs=jobs).report
    seconds = time.perf_counter() - start
    value: dict[Pair, float] = {}
    for finding in report.findings:
        pair = files_of(finding)
        value[pair] = max(value.get(pair, -finding.log10_nfa), -finding.log10_nfa)
    reported = frozenset(files_of(f) for f in report.findings if f.level in COUNTED)
    return Seen(value=value, reported=reported, seconds=seconds)


def row(name: str, threshold: str, seen: Seen, truth: Truth) -> str:
    """Return one line of the table."""
    known = {k.pair for k in truth.known}
    judged = {p for p in seen.value if truth.judged.issuperset(p)} - known - truth.ignore
    worst = max((seen.value[p] for p in judged), default=float("-inf"))
    clear = frozenset(p for p, v in seen.value.items() if v > worst)
    cells = [name, threshold, _share(truth, seen.reported, None)]
    cells += [_share(truth, seen.reported, category) for category in CATEGORIES]
    cells += [str(len(judged & seen.reported)), _share(truth, clear, None), f"{seen.seconds:.1f}"]
    return _line(cells)


def _share(truth: Truth, found: frozenset[Pair], category: str | None) -> str:
    hits = [k.pair in found for k in truth.known if category in (None, k.category)]
    return f"{sum(hits)}/{len(hits)}" if hits else "-"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def rows(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table for one set."""
    truth = load_truth(folder / "truth.json")
    yield _line(["method", "default", "found", *CATEGORIES, "false", "found at 0 false", "s"])
    yield _line([":--", ":--", *["--:"] * 7])
    for method, cutoffs in CUTOFFS.items():
        for form, settings in FORMS.items():
            name = f"{_name(method, options)}, {form}"
            for cutoff in cutoffs:
                how = How(method=method, cutoff=ALL[method], cnn=options.cnn, **settings)
                try:
                    seen = by_imagededup(folder, how, cutoff)
                except Unavailable:
                    yield _line([name, "not measured: no weights at hand", *["-"] * 7])
                    break
                bound = f"≥ {cutoff:g}" if method == "cnn" else f"≤ {cutoff:g} bits"
                yield row(name, bound, seen, truth)
    yield row("**figecho scan**", "moderate", by_figecho(folder, options.jobs), truth)


def _name(method: str, options: argparse.Namespace) -> str:
    if method != "cnn":
        return method
    return "CNN, untrained" if options.untrained else "CNN"


def canvases(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield how alike two empty canvases of unlike size look, before and after screening."""
    for name, size in {"a.png": (300, 200), "b.png": (260, 240)}.items():
        Image.new("RGB", size, "white").save(folder / name)
    for method in CUTOFFS:
        name = _name(method, options)
        try:
            blind, screened = (
                score(
                    [folder],
                    resolve(),
                    How(method=method, cutoff=ALL[method], cnn=options.cnn, screen=screen),
                )
                for screen in (False, True)
            )
        except Unavailable:
            yield f"- {name}: not measured: no weights at hand"
            continue
        value = blind.across.value[0]
        said = f"{value:.4f}" if method == "cnn" else f"{value:.0f} bits apart"
        reasons = ", ".join(s.reason for s in screened.screened)
        left = len(screened.across)
        yield f"- {name}: {said} unscreened; screened, {left} pairs are left ({reasons})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="a folder with truth.json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--panels", type=int, default=60, help="of the generated set; 0 for none")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model", default="mobilenet")
    parser.add_argument("--cnn-weights", type=Path, default=None)
    parser.add_argument("--online", action="store_true")
    parser.add_argument("--untrained", action="store_true")
    options = parser.parse_args()
    options.cnn = CnnSettings(
        model=options.model, weights=options.cnn_weights, online=options.online, cache=None
    )
    if options.untrained:
        options.cnn = untrained()
    _warm_up(options)
    with tempfile.TemporaryDirectory() as made:
        sets = {"Example figures (fixtures/showcase)": SHOWCASE}
        if options.panels:
            corpus(options.seed, options.panels).write(Path(made))
            sets[f"Generated (seed {options.seed}, {options.panels} panels)"] = Path(made)
        if options.data is not None:
            sets[options.data.name] = options.data
        for title, folder in sets.items():
            print(f"\n{title}\n")
            for line in rows(folder, options):
                print(line, flush=True)
    print("\nTwo empty canvases\n")
    with tempfile.TemporaryDirectory() as empty:
        for line in canvases(Path(empty), options):
            print(line)


def _warm_up(options: argparse.Namespace) -> None:
    """Import what is slow before the clock runs."""
    blank = [SHOWCASE / "fig3c_canvas.png"]
    score(blank, resolve(), How(method="phash"))
    try:
        score(blank, resolve(), How(cnn=options.cnn, screen=False))
    except Unavailable as error:
        print(f"The network is not measured: {error}.")


if __name__ == "__main__":
    main()
