"""The network's number beside a finding: how alike two panels look to it as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from figecho.dedup.encode import Picture, Progress, embed
from figecho.dedup.models import load
from figecho.dedup.ranking import normalised
from figecho.dedup.settings import CnnSettings
from figecho.errors import FigechoError
from figecho.model import Panel, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """How alike pairs of pictures look to a network.

    Attributes
    ----------
    values : tuple of (float or None)
        Cosine similarity in -1..1, one a pair in the order given; None where no network is at hand.
    notes : tuple of str
        Why there are none, or what else a user should know, one line each.
    tool : dict
        Model, weights and versions, for the report.
    """

    values: tuple[float | None, ...]
    notes: tuple[str, ...] = ()
    tool: dict[str, str] = field(default_factory=dict)


def similarity(
    pairs: Sequence[tuple[Picture, Picture]],
    settings: CnnSettings,
    *,
    progress: Progress | None = None,
) -> Similarity:
    """Return how alike the pictures of each pair look to the network; never raises for its lack.

    Nothing slow is imported where there is no pair, no imagededup or no weights.
    """
    if not pairs:
        return Similarity(values=())
    pictures = list({p.pixels_sha256: p for p in chain.from_iterable(pairs)}.values())
    try:
        model = load(settings)
        embedded = embed(pictures, model, settings.cache, progress or (lambda *_: None))
    except FigechoError as error:
        return Similarity(values=(None,) * len(pairs), notes=(f"no CNN similarity: {error}",))
    unit = normalised(embedded.vectors)
    row = {picture.pixels_sha256: k for k, picture in enumerate(pictures)}
    values = (float(unit[row[a.pixels_sha256]] @ unit[row[b.pixels_sha256]]) for a, b in pairs)
    return Similarity(
        values=tuple(round(min(max(v, -1.0), 1.0), 4) for v in values),
        notes=embedded.notes,
        tool=model.facts,
    )


def beside(
    report: Report,
    panels: Mapping[tuple[str, int, int, int], Panel],
    settings: CnnSettings,
    *,
    progress: Progress | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Show the network's number with each finding; it makes, orders and removes none.

    Parameters
    ----------
    report : Report
    panels : mapping
        The panels it speaks of, by key; a finding whose panels are not at hand gets no number.
    settings : CnnSettings
    progress : callable, optional

    Returns
    -------
    report : Report
        The same, with ``evidence.cnn`` set where the two regions lie in different panels, and with
        model, weights and versions in ``tool`` where a network looked.
    notes : tuple of str
        What a user should know, one line each.
    """
    keys = [
        [(r.source, r.page or 0, r.figure, r.panel) for r in f.regions] for f in report.findings
    ]
    apart = [k for k, (a, b) in enumerate(keys) if a != b and a in panels and b in panels]
    pairs = [(panels[keys[k][0]], panels[keys[k][1]]) for k in apart]
    seen = similarity(pairs, settings, progress=progress)
    numbers = dict(zip(apart, seen.values, strict=True))
    findings = tuple(
        replace(f, evidence=replace(f.evidence, cnn=numbers.get(k)))
        for k, f in enumerate(report.findings)
    )
    return replace(report, findings=findings, tool=report.tool | seen.tool), seen.notes
