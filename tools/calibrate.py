"""Fit, and check, how often unrelated panels agree as strongly as a finding: the NFA's background.

``python tools/calibrate.py fit`` draws unrelated panels (look-alikes and neighbours of one style
included) with the tuning seeds, compares them as a scan would, fits an exponential tail to the
evidence of each kind of comparison, and writes ``src/figecho/judge/background.py``. ``check`` does
the same with the judging seeds, and prints how many findings have an NFA of at most t, against t:
in a calibrated scan both agree. ``--data DIR...`` adds pictures of folders that share nothing with
each other; only pairs of two folders are counted then.

The curve is printed for scans of several sizes: an NFA is a share of comparisons times their
number, so the same pairs, dealt to many small scans, show what a small scan may expect.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from figecho.config import resolve
from figecho.farm.place import workplace
from figecho.farm.stages import compare_all, describe_all, likely_pairs, read_all
from figecho.judge.background import TAILS
from figecho.judge.candidate import Candidate
from figecho.judge.finding import evidence_of, pose_of, size_of
from figecho.judge.nfa import (
    DEALT,
    SEEN_BY_CHANCE,
    TAIL_FROM,
    Kind,
    Trials,
    kind_of,
    level_of,
    log10_nfa,
)
from figecho.judge.templates import set_templates_aside
from figecho.result import KeptPanels
from figecho.retrieve import by_content
from figecho.sources.walk import walk
from figecho.store.cards import Card
from figecho.store.inputs import file_digest
from figecho.store.store import scratch
from photos import pictures
from synth.corpus import corpus, labelled
from synth.kinds import Byte, Rng, streams

BACKGROUND = Path(__file__).parents[1] / "src" / "figecho" / "judge" / "background.py"
KINDS: tuple[Kind, ...] = get_args(Kind)
ACROSS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "within")
TUNING, JUDGING = (31, *range(33, 41)), (131, 133, 134, 135)
#: What a scan passes over early on is part of the background.
BARS_LIFTED = {"verify.min_nats": 2.0, "verify.gate_nats": 1.0}
LEVELS = (0.01, 0.1, 1.0, 10.0)
SCAN_PANELS = (30, 100, 360)
#: Fewest findings a scan must have stated for the seen ones to say anything.
TELLING = 3.0
#: A number of false alarms at which only its size can make a finding weak.
SURE = -99.0
#: Short side of panels that are cut small.
SMALL_PX = (28, 110)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What unrelated panels gave: how many comparisons, and the evidence of those with any."""

    panels: int
    trials: Trials
    evidence: dict[Kind, list[float]]


def observed(
    folder: Path, jobs: int, strangers: Callable[[str, str], bool], *, inside: bool
) -> Observed:
    """Compare the pictures of a folder as a scan would.

    Parameters
    ----------
    folder : Path
    jobs : int
    strangers : callable
        Says of two file names whether their panels have nothing in common.
    inside : bool
        Whether the panels repeat nothing inside themselves.
    """
    config = resolve("default", BARS_LIFTED)
    with workplace(config, scratch(), jobs, lambda stage, done, total: None) as place:
        entries, _ = walk([folder])
        files = read_all(entries, [file_digest(e, config.limits) for e in entries], place)
        cards = [
            card
            for file in files
            for figure in file.figures
            if figure.cut
            for card in figure.cut.panels
        ]
        describe_all(cards, place)
        panels = [card.panel for card in cards]
        apart = [
            by_content(panels, (i, j))
            for i, j in sorted(likely_pairs(cards, place))
            if strangers(cards[i].key[0], cards[j].key[0])
        ]
        alone = [(k, k) for k, card in enumerate(cards) if inside and not card.drawn]
        found = compare_all(cards, [*apart, *alone], place)
        kept = KeptPanels(cards, place.store, lambda: None)
        whole = {k: kept[cards[k].key] for i, j, _ in found for k in (i, j)}
    candidates = [
        Candidate(a=whole[i], b=whole[j], echo=echo) for i, j, seen in found for echo in seen
    ]
    gel = {card.key: card.gel for card in cards}
    # A scan is surprised once by a pair, however often the two agree.
    strongest: dict[tuple[Kind, object, object], float] = {}
    for candidate in set_templates_aside(candidates)[0]:
        area_px, coverage = size_of(candidate)
        inside_one = candidate.a is candidate.b
        level = level_of(SURE, SEEN_BY_CHANCE, area_px, coverage, config.judge, inside=inside_one)
        if level == "weak":
            continue
        gels = gel[candidate.a.key] and gel[candidate.b.key]
        kind = kind_of(pose_of(candidate), gels=gels)
        pair = (kind, candidate.a.key, candidate.b.key)
        strongest[pair] = max(strongest.get(pair, 0.0), evidence_of(candidate))
    evidence: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    for (kind, _, _), value in strongest.items():
        evidence[kind].append(value)
    return Observed(
        panels=len(cards), trials=_trials(cards, strangers, len(alone)), evidence=evidence
    )


def _trials(cards: Sequence[Card], strangers: Callable[[str, str], bool], within: int) -> Trials:
    apart = [
        a.gel and b.gel
        for k, a in enumerate(cards)
        for b in cards[k + 1 :]
        if strangers(a.key[0], b.key[0])
    ]
    return Trials(gels=sum(apart), others=len(apart) - sum(apart), within=within)


def generated(seed: int, panels: int, jobs: int) -> Observed:
    """Compare unrelated drawn panels; two of one screenshot style share their chrome by design."""

    def strangers(a: str, b: str) -> bool:
        return not all("browser" in name or "tracks" in name for name in (a, b))

    with tempfile.TemporaryDirectory() as name:
        made = corpus(seed, panels, 0.0)
        rng = streams(seed, 10**6)
        made.images = [some_small(rng, k, image) for k, image in enumerate(made.images)]
        made.write(Path(name))
        return observed(Path(name), jobs, strangers, inside=True)


def some_small(rng: Rng, number: int, image: Byte) -> Byte:
    """Cut every third panel down to the size that panels of dense figures have."""
    height, width = image.shape[:2]
    short = int(rng.integers(*SMALL_PX))
    if number % 3 or min(height, width) <= short:
        return image
    factor = short / min(height, width)
    rows, cols = max(short, int(height * factor)), max(short, int(width * factor))
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - cols + 1))
    return np.ascontiguousarray(image[top : top + rows, left : left + cols])


def real(folders: Sequence[Path], draw: int, jobs: int) -> Observed:
    """Compare pictures of folders that share nothing, another choice with each ``draw``."""
    with tempfile.TemporaryDirectory() as name:
        rng = streams(0, draw)
        for n, picture in enumerate(pictures(folders, draw)):
            image = labelled(rng, some_small(rng, n, picture.image), picture.laned)
            Image.fromarray(image).save(Path(name) / f"{picture.group:02d}-{n:03d}.png")
        return observed(Path(name), jobs, lambda a, b: a[:2] != b[:2], inside=False)


def fit(runs: Sequence[Observed]) -> dict[Kind, tuple[float, float, float]]:
    """Return, for each kind, share and decay of the exponential tail, and the share with any.

    The decay is the likeliest, across panels less one standard error, for that reaches far beyond
    the pairs that were compared, and a false accusation costs more than a miss.

    All kinds across panels fall alike, for few of them are seen often enough to tell their tail;
    one that was never seen counts as seen once.
    """
    above = {
        kind: np.array([e for run in runs for e in run.evidence[kind] if e >= TAIL_FROM])
        for kind in KINDS
    }
    across = np.concatenate([above[kind] for kind in ACROSS])
    tails = {}
    for kind, seen in above.items():
        fitted = seen if kind == "within" else across
        tests = max(1, sum(run.trials.of(kind) for run in runs))
        decay = 1.0 / max(float((fitted - TAIL_FROM).mean()), 1.0) if len(fitted) else 0.25
        if kind != "within":
            decay *= 1.0 - 1.0 / np.sqrt(len(fitted) + 1.0)
        share = min(1.0, max(1, len(seen)) / tests * float(np.exp(decay * TAIL_FROM)))
        share, decay = float(f"{share:.3g}"), round(float(decay), 3)
        ever = min(1.0, max(1, sum(len(run.evidence[kind]) for run in runs)) / tests)
        # Where all that reach any evidence reach the tail, rounding must not part the two.
        ever = max(float(f"{ever:.3g}"), float(f"{1.001 * share * np.exp(-decay * TAIL_FROM):.4g}"))
        tails[kind] = (share, decay, ever)
    return tails


def curve(runs: Sequence[Observed]) -> Iterator[str]:
    """Yield how many findings have an NFA of at most t, beside what that states.

    Of small scans an NFA of at most 1 or 10 states less than that: fewer pairs than this reach any
    evidence at all.
    """
    pairs = sum(run.trials.gels + run.trials.others for run in runs)
    gels = sum(run.trials.gels for run in runs)
    panels = sum(run.panels for run in runs)
    yield f"{pairs} unrelated pairs, {gels} of them of two gels; {panels} panels"
    for size in SCAN_PANELS:
        dealt = [_scan_of(run, size) for run in runs]
        seen = [
            log10_nfa(value, trials, kind)
            for run, (_, trials) in zip(runs, dealt, strict=True)
            for kind in ACROSS
            for value in run.evidence[kind]
        ]
        for level in LEVELS:
            stated = sum(scans * _stated(level, trials) for scans, trials in dealt)
            if stated >= TELLING:
                count = sum(value <= np.log10(level) for value in seen)
                yield f"{size:5d} panels, NFA <= {level:<5g} {stated:8.1f} stated {count:6d} seen"


def _scan_of(run: Observed, size: int) -> tuple[float, Trials]:
    """Return into how many scans of a size the pairs can be dealt, and what each compares."""
    share = (size * (size - 1) / 2) / (run.trials.gels + run.trials.others)
    trials = Trials(
        gels=round(run.trials.gels * share), others=round(run.trials.others * share), within=size
    )
    return 1.0 / share, trials


def _stated(level: float, trials: Trials) -> float:
    """Return how many findings across panels have an NFA of at most ``level`` in one scan."""
    return sum(min(level * DEALT[kind], trials.of(kind) * TAILS[kind][2]) for kind in ACROSS)


def main() -> None:
    """Fit the tails, or print the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fit", "check"))
    parser.add_argument("--panels", type=int, default=360)
    parser.add_argument("--seeds", type=int, nargs="+", default=None)
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--draws", type=int, nargs="+", default=[*range(6)], help="from --data")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    seeds = options.seeds or (TUNING if options.what == "fit" else JUDGING)
    runs = [generated(seed, options.panels, options.jobs) for seed in seeds]
    runs += [real(options.data, draw, options.jobs) for draw in options.draws if options.data]
    if options.what == "fit":
        tails = fit(runs)
        kinds = f"generated panels, seeds {', '.join(map(str, seeds))}, {options.panels} each"
        kinds += f", and pictures of {len(options.data)} folders" if options.data else ""
        seen = ", ".join(f"{sum(run.trials.of(kind) for run in runs)} {kind}" for kind in KINDS)
        BACKGROUND.write_text(_module(tails, f"{kinds}; comparisons: {seen}"), encoding="utf-8")
        print(*tails.items(), sep="\n")
    else:
        print(*curve(runs), sep="\n")


def _module(tails: dict[Kind, tuple[float, float, float]], provenance: str) -> str:
    rows = "".join(f'    "{kind}": {tail},\n' for kind, tail in tails.items())
    lines = "".join(f'    "{line} "\n' for line in textwrap.wrap(provenance, 80))
    return (
        '"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""\n\n'
        f"PROVENANCE = (\n{lines})\n\n"
        "#: Kind to (share of unrelated comparisons, decay of it for each unit of relative\n"
        f"#: evidence, share that reaches any).\nTAILS = {{\n{rows}}}\n"
    )


if __name__ == "__main__":
    main()
