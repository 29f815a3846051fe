"""From echoes in panels to findings in figures: numbered, levelled, grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from figecho.config import Judge
from figecho.judge.candidate import Candidate, as_read, lanes_moved, motion_of_echo
from figecho.judge.category import category_of
from figecho.judge.explain import explanations
from figecho.judge.fingerprint import End, fingerprint, unlike
from figecho.judge.looks import Looks
from figecho.judge.nfa import (
    DRAWN_FACTOR,
    Pose,
    Trials,
    kind_of,
    level_of,
    log10_nfa,
    relative_evidence,
)
from figecho.judge.points import corresponding
from figecho.model import (
    Box,
    Evidence,
    Finding,
    Level,
    Matrix,
    MotionModel,
    Panel,
    Region,
    Transform,
)
from figecho.verify.motion import in_words
from figecho.verify.outline import polygon_area


def findings_of(
    candidates: Sequence[Candidate], trials: Trials, settings: Judge, *, keep_weak: bool,
    looks: Looks | None = None,
) -> list[Finding]:  # fmt: skip
    """Judge all echoes of a run together.

    Parameters
    ----------
    candidates : sequence of Candidate
    trials : Trials
        Comparisons of this run.
    settings : Judge
    keep_weak : bool
    looks : Looks, optional
        Looks at the panels, where they do not hold their pixels.

    Returns
    -------
    list of Finding
        Strongest first, numbered from F001.
    """
    judged = []
    looks = looks or Looks()
    for candidate in candidates:
        finding = _finding(candidate, trials, settings, looks)
        if finding is not None and (keep_weak or finding.level != "weak"):
            judged.append(finding)
    rank: dict[Level, int] = {"strong": 0, "moderate": 1, "weak": 2}
    judged.sort(key=lambda f: (rank[f.level], f.log10_nfa, f.fingerprint))
    families = _families(judged)
    names = unlike([f.fingerprint for f in judged])
    return [
        replace(f, id=f"F{k:03d}", fingerprint=name, family=family)
        for k, (f, name, family) in enumerate(zip(judged, names, families, strict=True), start=1)
    ]


def _finding(candidate: Candidate, trials: Trials, settings: Judge, looks: Looks) -> Finding | None:
    """Judge a candidate as it was compared, and describe it as a reader meets it."""
    a, b, echo = candidate.a, candidate.b, candidate.echo
    inside = a.key == b.key
    area_px, coverage = size_of(candidate)
    motion = motion_of_echo(echo)
    nfa = nfa_of(candidate, trials, looks)
    evidence = evidence_of(candidate, looks)
    level = level_of(nfa, evidence, area_px, coverage, settings, inside=inside)
    if level is None:
        return None
    category = category_of(
        motion, inside=inside, differing=echo.differing, lanes=lanes_moved(candidate, looks),
        drawn=looks.drawn(a) and looks.drawn(b),
        overlap_a=echo.overlap_a, overlap_b=echo.overlap_b,
    )  # fmt: skip
    read = as_read(candidate)
    return Finding(
        id="",
        fingerprint=fingerprint(_end(a, echo.polygon_a), _end(b, echo.polygon_b)),
        level=level,
        category=category,
        log10_nfa=nfa,
        regions=(_region(read.a, read.echo.polygon_a), _region(read.b, read.echo.polygon_b)),
        transform=_transform(read, coverage),
        evidence=_evidence(read, _points(candidate)),
        explanations=explanations(read.a, read.b, read.echo, lit=looks.lit),
    )


def size_of(candidate: Candidate) -> tuple[float, float]:
    """Return the pixels of the smaller region, and the larger share of a panel that one covers."""
    echo = candidate.echo
    area_px = min(polygon_area(echo.polygon_a), polygon_area(echo.polygon_b))
    shares = _share(echo.polygon_a, candidate.a), _share(echo.polygon_b, candidate.b)
    return area_px, max(shares)


def nfa_of(candidate: Candidate, trials: Trials, looks: Looks | None = None) -> float:
    """Return the decimal logarithm of the number of false alarms of a candidate."""
    looks = looks or Looks()
    gels = looks.gel(candidate.a) and looks.gel(candidate.b)
    kind = kind_of(pose_of(candidate), gels=gels)
    return log10_nfa(evidence_of(candidate, looks), trials, kind)


def pose_of(candidate: Candidate) -> Pose:
    """Return how the two regions lie, which decides what chance offers."""
    if candidate.a.key == candidate.b.key:
        return "within"
    upright = motion_of_echo(candidate.echo).in_place
    return "in place" if upright and not candidate.echo.proposal.form.inverted else "moved"


def evidence_of(candidate: Candidate, looks: Looks | None = None) -> float:
    """Return the relative evidence of a candidate, less for drawings that do not lie in place."""
    looks = looks or Looks()
    echo, moved = candidate.echo, pose_of(candidate) != "in place"
    if not (looks.drawn(candidate.a) and looks.drawn(candidate.b)):
        return relative_evidence(echo.nats, echo.chance, echo.alike)
    # What two drawings share besides is as like as what they copied.
    factor = DRAWN_FACTOR if moved else 1.0
    return relative_evidence(echo.nats / factor, max(echo.chance, echo.alike))


def _transform(read: Candidate, shared: float) -> Transform:
    echo, motion = read.echo, motion_of_echo(read.echo)
    inverted = echo.proposal.form.inverted
    matrix = _in_figures(echo.b_from_a, read.a.bbox, read.b.bbox)
    inside = read.a.key == read.b.key
    return Transform(
        model=echo.proposal.model if motion.stretch < 1.01 else _richer(echo.proposal.model),
        matrix_b_from_a=tuple((float(r[0]), float(r[1]), float(r[2])) for r in matrix),
        rotation_deg=motion.rotation_deg,
        scale=motion.scale,
        mirrored=motion.mirrored,
        inverted=inverted,
        words=in_words(motion, inverted=inverted, shared=shared, inside=inside),
    )


def _points(candidate: Candidate) -> tuple[tuple[float, float, float, float], ...]:
    """Choose points as the panels were compared, so that names do not choose others."""
    ends = [candidate.a, candidate.b]
    points = np.stack(corresponding(candidate.echo, inside=ends[0].key == ends[1].key), axis=1)
    points = points + [[panel.bbox.x, panel.bbox.y] for panel in ends]
    if candidate.turned:
        points = points[:, ::-1]
    return tuple((xa, ya, xb, yb) for xa, ya, xb, yb in points.reshape(-1, 4).tolist())


def _evidence(read: Candidate, points: tuple[tuple[float, float, float, float], ...]) -> Evidence:
    echo = read.echo
    return Evidence(
        inliers=len(echo.proposal.points_a),
        coverage_a=_share(echo.polygon_a, read.a),
        coverage_b=_share(echo.polygon_b, read.b),
        zncc=echo.zncc,
        cnn=None,
        methods=echo.methods,
        points=points,
    )


def _richer(model: MotionModel) -> MotionModel:
    return "affine" if model == "similarity" else model


def _share(polygon: NDArray[np.float64], panel: Panel) -> float:
    height, width = panel.shape
    return min(1.0, polygon_area(polygon) / (height * width))


def _in_figures(b_from_a: Matrix, box_a: Box, box_b: Box) -> Matrix:
    to_panel, to_figure = np.eye(3), np.eye(3)
    to_panel[:2, 2] = [-box_a.x, -box_a.y]
    to_figure[:2, 2] = [box_b.x, box_b.y]
    matrix = to_figure @ b_from_a @ to_panel
    return np.asarray(matrix / matrix[2, 2])


def _region(panel: Panel, polygon: NDArray[np.float64]) -> Region:
    source, page, figure = panel.figure
    height, width = panel.shape
    inside = np.clip(polygon, 0.0, [width - 1, height - 1])
    low = np.floor(inside.min(axis=0) + 0.5).astype(int)
    high = np.floor(inside.max(axis=0) + 0.5).astype(int)
    return Region(
        source=source,
        page=page or None,
        figure=figure,
        panel=panel.number,
        bbox=Box(
            x=panel.bbox.x + int(low[0]),
            y=panel.bbox.y + int(low[1]),
            w=int(high[0] - low[0]) + 1,
            h=int(high[1] - low[1]) + 1,
        ),
        polygon=tuple((float(x) + panel.bbox.x, float(y) + panel.bbox.y) for x, y in polygon),
    )


def _end(panel: Panel, polygon: NDArray[np.float64]) -> End:
    height, width = panel.shape
    x, y = (polygon.min(axis=0) + polygon.max(axis=0)) / 2.0
    return panel.pixels_sha256, float(x / width), float(y / height)


def _families(findings: Sequence[Finding]) -> list[str | None]:
    """Group findings whose regions overlap in some figure; a finding alone has no family."""
    parent = list(range(len(findings)))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    for i, first in enumerate(findings):
        for j in range(i):
            if any(_touch(p, q) for p in first.regions for q in findings[j].regions):
                parent[max(root(i), root(j))] = min(root(i), root(j))
    roots = [root(k) for k in range(len(findings))]
    shared = [r for r in dict.fromkeys(roots) if roots.count(r) > 1]
    return [f"G{shared.index(r) + 1}" if r in shared else None for r in roots]


def _touch(p: Region, q: Region) -> bool:
    if (p.source, p.page, p.figure, p.panel) != (q.source, q.page, q.figure, q.panel):
        return False
    wide = min(p.bbox.x + p.bbox.w, q.bbox.x + q.bbox.w) - max(p.bbox.x, q.bbox.x)
    tall = min(p.bbox.y + p.bbox.h, q.bbox.y + q.bbox.h) - max(p.bbox.y, q.bbox.y)
    smaller = min(p.bbox.area_px, q.bbox.area_px)
    return wide > 0 and tall > 0 and wide * tall > 0.3 * smaller
