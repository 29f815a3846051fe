"""The deep scan of one pair of figures: every method by itself, every budget lifted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from figecho import config as configuration
from figecho.config import Config
from figecho.describe.described import Described, describe
from figecho.describe.features import Features
from figecho.describe.forms import Form
from figecho.echo import Echo, verified
from figecho.errors import SourceError
from figecho.farm.place import Progress
from figecho.judge.candidate import Candidate, as_read, motion_of_echo
from figecho.judge.finding import findings_of, nfa_of
from figecho.judge.nfa import Trials
from figecho.match.propose import block_proposals, keypoint_proposals, matched
from figecho.model import Coverage, Figure, Input, Panel, Report
from figecho.pairs import echoes
from figecho.panels import panels_of
from figecho.retrieve import by_content
from figecho.sources import collect
from figecho.threads import one_thread
from figecho.verify.gels import is_gel
from figecho.verify.motion import in_words
from figecho.versions import versions

#: Two pictures are compared because somebody thought them alike: as if the best of so many pairs.
_PICKED = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MethodTrace:
    """What one method saw in one form of the pair.

    Attributes
    ----------
    method : str
    form : str
    keypoints_a, keypoints_b, matches, inliers : int
        0 for block comparison, which has none.
    zncc, log10_nfa : float or None
        None where the pixels do not agree.
    transform_words : str
    points_a, points_b : ndarray of shape (n, 2)
        Inliers in panel pixels.
    """

    method: str
    form: str
    keypoints_a: int
    keypoints_b: int
    matches: int
    inliers: int
    zncc: float | None
    transform_words: str
    log10_nfa: float | None
    points_a: NDArray[np.float64]
    points_b: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A report on one pair: all its panels, and the traces of every method on the closest two."""

    report: Report
    panel_a: Panel
    panel_b: Panel
    panels: dict[tuple[str, int, int, int], Panel]
    traces: tuple[MethodTrace, ...]


def deep(config: Config) -> Config:
    """Return the configuration with every budget lifted."""
    return replace(
        config,
        keep_weak=True,
        describe=replace(config.describe, max_keypoints=6000, max_working_px=4_000_000),
        match=replace(
            config.match, max_models=8, poor_keypoints=1_000_000, glance_keypoints=1_000_000
        ),
        blocks=replace(
            config.blocks, working_px=8000, max_blocks=48, max_scales=8, all_orientations=True,
            max_proposals=16, peaks_per_view=3,
        ),
        verify=replace(config.verify, max_px=500_000, gate_nats=2.0),
    )  # fmt: skip


def compare(
    path_a: Path, path_b: Path, config: Config, *, progress: Progress | None = None
) -> Comparison:
    """Compare two figures with every method in every form; ``path_a`` may equal ``path_b``.

    Parameters
    ----------
    path_a, path_b : Path
        Image files.
    config : Config
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.

    Returns
    -------
    Comparison

    Raises
    ------
    SourceError
        Where one of the two cannot be read or shows nothing to compare.
    """
    tell = progress or (lambda stage, done, total: None)
    config = deep(config)
    same = path_a.resolve() == path_b.resolve()
    collected = collect([path_a] if same else [path_a, path_b], config.limits)
    problems = [*collected.misused, *(f"{n.source}: {n.reason}" for n in collected.not_scanned)]
    sources = list(dict.fromkeys(f.source for f in collected.figures))
    if len(sources) < (1 if same else 2):
        raise SourceError("; ".join(problems) or "nothing to compare")
    first = [f for f in collected.figures if f.source == sources[0]]
    second = first if same else [f for f in collected.figures if f.source == sources[1]]

    with one_thread():
        described_a = _described(first, config)
        described_b = described_a if same else _described(second, config)
        pairs = [
            (a, b)
            for i, a in enumerate(described_a)
            for j, b in enumerate(described_b)
            if not same or j >= i
        ]
        candidates: list[Candidate] = []
        for done, (a, b) in enumerate(pairs, start=1):
            turned = by_content((a.panel, b.panel), (0, 1)) == (1, 0)
            one, other = (b, a) if turned else (a, b)
            candidates += [
                Candidate(a=one.panel, b=other.panel, echo=echo, turned=turned)
                for echo in echoes(one, other, config)
            ]
            tell("comparing panels", done, len(pairs))
        trials = _trials(pairs)
        findings = findings_of(candidates, trials, config.judge, keep_weak=True)
        a, b = _strongest(candidates, pairs)
        traces = _traces(a, b, config, trials)
    report = Report(
        tool=versions(),
        config=configuration.as_dict(config),
        complete=not problems,
        inputs=tuple(
            Input(source=i.source, sha256=i.sha256, figures=i.figures, panels=count)
            for i, count in zip(
                [i for i in collected.inputs if i.figures],
                (len(described_a), len(described_b)),
                strict=False,
            )
        ),
        not_scanned=collected.not_scanned,
        screened=(),
        coverage=Coverage(
            panels=len(described_a) + (0 if same else len(described_b)),
            pairs_possible=len(pairs),
            pairs_compared=len(pairs),
        ),
        findings=tuple(findings),
    )
    return Comparison(
        report=report,
        panel_a=a.panel,
        panel_b=b.panel,
        panels={d.panel.key: d.panel for d in (*described_a, *described_b)},
        traces=tuple(traces),
    )


def _trials(pairs: list[tuple[Described, Described]]) -> Trials:
    """Count the comparisons of each kind, those that were made as the best of many."""
    gel = {id(d): is_gel(d.panel) for pair in pairs for d in pair}
    apart = [gel[id(a)] and gel[id(b)] for a, b in pairs if a is not b]
    gels, others = sum(apart), len(apart) - sum(apart)
    return Trials(
        gels=max(_PICKED, gels) if gels else 0,
        others=max(_PICKED, others) if others else 0,
        within=len(pairs) - len(apart),
    )


def _described(figures: list[Figure], config: Config) -> list[Described]:
    kept = [panel for figure in figures for panel in panels_of(figure, config)[0]]
    if not kept:
        raise SourceError(f"{figures[0].source}: shows nothing that could be compared")
    return [describe(panel, config) for panel in kept]


def _strongest(
    candidates: list[Candidate], pairs: list[tuple[Described, Described]]
) -> tuple[Described, Described]:
    if candidates:
        best = as_read(max(candidates, key=lambda c: c.echo.nats))
        return next(p for p in pairs if p[0].panel is best.a and p[1].panel is best.b)
    return max(pairs, key=lambda p: p[0].panel.bbox.area_px + p[1].panel.bbox.area_px)


def _traces(a: Described, b: Described, config: Config, trials: Trials) -> list[MethodTrace]:
    traces = []

    def nfa(echo: Echo) -> float:
        return nfa_of(Candidate(a=a.panel, b=b.panel, echo=echo), trials)

    for method in (m for m in ("sift", "orb") if m in config.methods):
        proposals = keypoint_proposals(a, b, method, config)
        for form, (features_a, features_b, matches) in matched(a, b, method, config).items():
            of_form = [p for p in proposals if p.form == form]
            tried = [(verified(a, b, p, config), p) for p in of_form[:3]]
            good = [(e, p) for e, p in tried if e is not None]
            echo = max((e for e, _ in good), key=lambda e: e.nats, default=None)
            proposal = echo.proposal if echo else (of_form[0] if of_form else None)
            points = np.zeros((0, 2))
            traces.append(
                _trace(
                    method, form, (features_a, features_b), len(matches), echo, nfa,
                    a is b,
                    (proposal.points_a, proposal.points_b) if proposal else (points, points),
                )
            )  # fmt: skip
    if "blocks" in config.methods:
        tried_blocks = [verified(a, b, p, config) for p in block_proposals(a, b, config)]
        echo = max((e for e in tried_blocks if e is not None), key=lambda e: e.nats, default=None)
        none = np.zeros((0, 2))
        form = echo.proposal.form if echo else Form(mirrored=False, inverted=False)
        traces.append(_trace("blocks", form, None, 0, echo, nfa, a is b, (none, none)))
    return traces


def _trace(
    method: str, form: Form, features: tuple[Features, Features] | None, matches: int,
    echo: Echo | None, nfa_of: Callable[[Echo], float], inside: bool,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> MethodTrace:  # fmt: skip
    words = ""
    nfa = None
    if echo is not None:
        motion = motion_of_echo(echo)
        words = in_words(motion, inverted=form.inverted, shared=None, inside=inside)
        nfa = nfa_of(echo)
    return MethodTrace(
        method=method,
        form=form.words,
        keypoints_a=len(features[0]) if features else 0,
        keypoints_b=len(features[1]) if features else 0,
        matches=matches,
        inliers=len(points[0]),
        zncc=echo.zncc if echo else None,
        transform_words=words,
        log10_nfa=nfa,
        points_a=points[0],
        points_b=points[1],
    )
