"""The scan, from paths to a report: the pipeline reads from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from figecho import config as configuration
from figecho.config import Config
from figecho.errors import SourceError
from figecho.judge.candidate import Candidate
from figecho.judge.finding import findings_of
from figecho.judge.templates import set_templates_aside
from figecho.model import Coverage, Input, Panel, Report, Screened
from figecho.retrieve import by_content, pairs_to_compare
from figecho.sources import Collected, collect
from figecho.versions import versions
from figecho.workers import Progress, compare_all, cut_all, describe_all


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """A report, and the panels it speaks of, for evidence pictures."""

    report: Report
    panels: dict[tuple[str, int, int, int], Panel]


def scan(
    paths: Sequence[Path], config: Config, *, jobs: int = 1, progress: Progress | None = None
) -> Scan:
    """Find the regions that occur twice in the pictures under ``paths``.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    config : Config
    jobs : int
        Worker processes; the report does not depend on it.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.

    Returns
    -------
    Scan

    Raises
    ------
    SourceError
        Where nothing at all could be read.
    """
    tell = progress or (lambda stage, done, total: None)

    collected = collect(paths, config.limits)
    cut = cut_all(collected.figures, config, jobs, tell)
    panels = [panel for kept, _ in cut for panel in kept]
    screened = [item for _, aside in cut for item in aside]
    described = describe_all(panels, config, jobs, tell)
    # What is found must not depend on names, so the pixels decide which panel is taken as A.
    pairs = [by_content(panels, pair) for pair in pairs_to_compare(panels, config.scope)]
    echoes = compare_all(described, pairs, config, jobs, tell)
    candidates = [
        Candidate(a=panels[i], b=panels[j], echo=echo, turned=i > j)
        for i, j, found in echoes
        for echo in found
    ]
    candidates, templates = set_templates_aside(candidates)
    findings = findings_of(candidates, len(pairs), config.judge, keep_weak=config.keep_weak)

    not_scanned = collected.not_scanned
    if not collected.figures:
        reasons = [*collected.misused, *(f"{n.source}: {n.reason}" for n in not_scanned)]
        raise SourceError("nothing could be read: " + "; ".join(reasons[:3]))
    report = Report(
        tool=versions(),
        config=configuration.as_dict(config),
        complete=not not_scanned and not collected.misused,
        inputs=tuple(_counted(collected, cut)),
        not_scanned=not_scanned,
        screened=tuple(screened),
        coverage=Coverage(panels=len(panels), pairs_possible=len(pairs), pairs_compared=len(pairs)),
        findings=tuple(findings),
        templates=tuple(templates),
    )
    return Scan(report=report, panels={p.key: p for p in panels})


def _counted(
    collected: Collected, cut: Sequence[tuple[list[Panel], list[Screened]]]
) -> list[Input]:
    """Fill in how many panels each input gave."""
    counts: dict[str, int] = {}
    for figure, (kept, aside) in zip(collected.figures, cut, strict=True):
        counts[figure.source] = counts.get(figure.source, 0) + len(kept) + len(aside)
    return [replace(i, panels=counts.get(i.source, 0)) for i in collected.inputs]
