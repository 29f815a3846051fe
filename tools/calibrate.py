"""Fit, and check, how often unrelated panels agree as strongly as a finding: the NFA's background.

``python tools/calibrate.py fit`` draws unrelated panels (look-alikes and neighbours of one style
included) with the tuning seeds, scans them with every bar lifted, fits an exponential tail to the
evidence for each pose, and writes ``src/figecho/judge/background.py``. ``check`` does the same with
the judging seeds, and prints how many findings have an NFA of at most t, against t: in a calibrated
scan both agree. ``--data DIR...`` adds pictures of folders that share nothing with each other; only
pairs of two folders are counted then.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from figecho.config import resolve
from figecho.judge.background import TAILS
from figecho.judge.nfa import Pose
from figecho.model import Finding, Report
from figecho.scan import scan
from make_corpus import SUFFIXES
from recall import panel
from synth.corpus import corpus

BACKGROUND = Path(__file__).parents[1] / "src" / "figecho" / "judge" / "background.py"
POSES: tuple[Pose, ...] = ("in place", "moved", "within")
TUNING, JUDGING = (31, 33, 34), (131, 133, 134)
#: Evidence from which the tail is fitted, and the fewest findings a fit may rest on.
FROM, LEAST = 6.0, 8
LEVELS = (0.01, 0.1, 1.0, 10.0)
ALL_BARS_LIFTED = {"keep_weak": True, "judge.weak_log10_nfa": 9.0, "judge.min_coverage": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one scan of unrelated panels gave: log10 NFA and evidence by pose."""

    trials: dict[Pose, int]
    nfa: dict[Pose, list[float]]
    evidence: dict[Pose, list[float]]


def pose_of(finding: Finding) -> Pose:
    """Return how the two regions of a finding lie."""
    a, b = finding.regions
    if (a.source, a.page, a.figure, a.panel) == (b.source, b.page, b.figure, b.panel):
        return "within"
    t = finding.transform
    upright = abs(t.rotation_deg) < 3.0 and not t.mirrored and abs(np.log(t.scale)) < 0.1
    return "in place" if upright and not t.inverted else "moved"


def measured(report: Report, strange: set[tuple[str, str]] | None = None) -> Run:
    """Read the evidence back from the NFA of every finding of a report.

    Parameters
    ----------
    report : Report
        Of a scan with every bar lifted.
    strange : set of (str, str), optional
        Count only these pairs of sources; all but those sharing a template by default.
    """
    panels = report.coverage.panels
    across = report.coverage.pairs_possible - panels if strange is None else len(strange)
    trials: dict[Pose, int] = {"in place": across, "moved": across, "within": panels}
    nfa: dict[Pose, list[float]] = {pose: [] for pose in POSES}
    evidence: dict[Pose, list[float]] = {pose: [] for pose in POSES}
    for finding in report.findings:
        pose = pose_of(finding)
        a, b = sorted((finding.regions[0].source, finding.regions[1].source))
        if strange is not None and (a, b) not in strange:
            continue
        share, decay = TAILS[pose]
        tests = max(1, panels if pose == "within" else report.coverage.pairs_possible - panels)
        nfa[pose].append(finding.log10_nfa)
        evidence[pose].append((np.log10(tests * share) - finding.log10_nfa) * np.log(10) / decay)
    return Run(trials=trials, nfa=nfa, evidence=evidence)


def generated(seed: int, panels: int, jobs: int) -> Run:
    """Scan unrelated drawn panels; pairs of one screenshot style share their chrome by design."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus(seed, panels, 0.0).write(folder)
        report = scan([folder], resolve("default", ALL_BARS_LIFTED), jobs=jobs).report
    drawn = ("browser", "tracks")
    kept = [f for f in report.findings if not all(_is(r.source, drawn) for r in f.regions)]
    return measured(replace(report, findings=tuple(kept)))


def real(folders: Sequence[Path], jobs: int) -> Run:
    """Scan the pictures of folders that share nothing; only pairs of two folders count."""
    with tempfile.TemporaryDirectory() as name:
        names: list[list[str]] = []
        for k, folder in enumerate(folders):
            paths = (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES)
            images = [image for p in paths if (image := panel(p)) is not None][:60]
            names.append([f"{k:02d}-{n:03d}.png" for n in range(len(images))])
            for file, image in zip(names[-1], images, strict=True):
                Image.fromarray(image).save(Path(name) / file)
        report = scan([Path(name)], resolve("default", ALL_BARS_LIFTED), jobs=jobs).report
    strange = {
        (a, b)
        for i, first in enumerate(names)
        for second in names[i + 1 :]
        for a in first
        for b in second
    }
    return measured(report, strange)


def fit(runs: Sequence[Run], pose: Pose) -> tuple[float, float]:
    """Return share and decay of the exponential tail above :data:`FROM` (maximum likelihood)."""
    values = np.array([e for run in runs for e in run.evidence[pose] if e >= FROM])
    if len(values) < LEAST:
        return TAILS[pose]
    decay = 1.0 / float((values - FROM).mean())
    share = len(values) / sum(run.trials[pose] for run in runs) * float(np.exp(decay * FROM))
    return round(share, 4), round(decay, 4)


def curve(runs: Sequence[Run]) -> Iterator[str]:
    """Yield how many findings a run has at an NFA of at most t, beside the t it states."""
    tests = {pose: sum(run.trials[pose] for run in runs) for pose in POSES}
    yield f"{len(runs)} scans, {tests['moved']} unrelated pairs, {tests['within']} panels"
    yield f"{'NFA <=':>8} {'stated':>8} {'seen':>8}   " + "   ".join(POSES)
    for level in LEVELS:
        seen = {
            pose: sum(v <= np.log10(level) for run in runs for v in run.nfa[pose]) for pose in POSES
        }
        # Every pose states its own expectation, and each run is one experiment.
        stated = level * len(runs) * len(POSES)
        each = "   ".join(f"{seen[pose]:>{len(pose)}}" for pose in POSES)
        yield f"{level:8g} {stated:8.2f} {sum(seen.values()):8}   {each}"


def main() -> None:
    """Fit the tails, or print the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fit", "check"))
    parser.add_argument("--panels", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=None)
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    seeds = options.seeds or (TUNING if options.what == "fit" else JUDGING)
    runs = [generated(seed, options.panels, options.jobs) for seed in seeds]
    runs += [real(options.data, options.jobs)] if options.data else []
    for line in curve(runs):
        print(line)
    if options.what == "fit":
        tails = {pose: fit(runs, pose) for pose in POSES}
        if sum(e >= FROM for run in runs for e in run.evidence["in place"]) < LEAST:
            # Too few to fit: they fall as the others do, and are at most half as many.
            tails["in place"] = (tails["moved"][0] / 2, tails["moved"][1])
        kinds = f"generated panels, seeds {', '.join(map(str, seeds))}, {options.panels} each"
        kinds += f", and pictures of {len(options.data)} folders" if options.data else ""
        pairs = sum(run.trials["moved"] for run in runs)
        panels = sum(run.trials["within"] for run in runs)
        provenance = f"{kinds}: {pairs} pairs, {panels} panels"
        BACKGROUND.write_text(_module(tails, provenance), encoding="utf-8")
        print(*tails.items(), sep="\n")


def _module(tails: dict[Pose, tuple[float, float]], provenance: str) -> str:
    rows = "".join(f'    "{pose}": {tail},\n' for pose, tail in tails.items())
    lines = "".join(f'    "{line}"\n' for line in textwrap.wrap(provenance, 80))
    return (
        '"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""\n\n'
        f"PROVENANCE = (\n{lines})\n\n"
        "#: Pose to (share of unrelated comparisons, decay of it for each unit of relative "
        f"evidence).\nTAILS = {{\n{rows}}}\n"
    )


def _is(source: str, subjects: Sequence[str]) -> bool:
    return any(subject in source for subject in subjects)


if __name__ == "__main__":
    main()
