"""The scan, from paths to a report: the pipeline reads from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from figecho import config as configuration
from figecho.config import Config
from figecho.errors import SourceError
from figecho.farm.place import Progress, Workplace, workplace
from figecho.farm.stages import compare_all, cut_again, describe_all, likely_pairs, read_all
from figecho.judge.candidate import Candidate
from figecho.judge.finding import findings_of
from figecho.judge.looks import Looks
from figecho.judge.nfa import Trials
from figecho.judge.repeats import Seen, repeats
from figecho.judge.templates import set_templates_aside
from figecho.manifest import Corrections
from figecho.model import Box, Coverage, Input, Place, Report
from figecho.result import KeptPanels, Scan, remember
from figecho.retrieve import by_content, count_pairs, pairs_to_compare
from figecho.sources.walk import walk
from figecho.store.cards import FileRead
from figecho.store.codec import Damaged
from figecho.store.inputs import file_digest, report_key
from figecho.store.store import Store, scratch
from figecho.versions import versions

_ATTEMPTS = 3
#: Share of the findings of all pairs that the index keeps (``tools/bench_scale.py retrieval``).
INDEX_RECALL = 0.99


def scan(
    paths: Sequence[Path],
    config: Config,
    *,
    jobs: int = 0,
    progress: Progress | None = None,
    cache: Path | None = None,
    scheduler: str | None = None,
    password: str | None = None,
    corrections: Corrections | None = None,
) -> Scan:
    """Find the regions that occur twice in the pictures under ``paths``.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    config : Config
    jobs : int
        Worker processes, which may die without ending the scan; 0 does all work in this process.
        The report does not depend on it.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.
    cache : Path, optional
        Folder in which finished work is kept. A scan that was killed goes on from there. With a
        password or corrections nothing is kept.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers describe and compare the panels.
    password : str, optional
        Opens encrypted documents.
    corrections : Corrections, optional
        Panel boxes that a person set right, taken instead of those found.

    Returns
    -------
    Scan

    Raises
    ------
    SourceError
        Where nothing at all could be read.
    ConfigError
        Where corrections do not fit the figures.
    """
    if password is not None or corrections is not None:
        cache = None
    tell = progress or (lambda stage, done, total: None)
    store = Store(cache) if cache else scratch()
    for attempt in range(2 * _ATTEMPTS):
        try:
            with workplace(
                config, store, jobs, tell, scheduler, password=password, corrections=corrections
            ) as place:
                done = _scan(paths, place)
            if cache:
                store.prune()
            return done
        except Damaged as damaged:
            # All else is kept, so beginning again is going on. A cache that loses what was just
            # written is of no use to this run.
            store.blobs.drop(damaged.key)
            if attempt == _ATTEMPTS:
                store = scratch()
    raise SourceError("finished work was lost again and again; is the disk full?")


def _scan(paths: Sequence[Path], place: Workplace) -> Scan:
    config = place.config
    entries, misused = walk(paths)
    digests = [file_digest(entry, config.limits) for entry in entries]
    files = read_all(entries, digests, place)
    aside, repeated = repeats(_seen(files))
    cuts = [
        figure.cut
        for file in files
        for figure in file.figures
        if figure.cut and figure.figure.key not in aside
    ]
    cards = [card for cut in cuts for card in cut.panels]
    undescribed = describe_all(cards, place)
    panels = [card.panel for card in cards]
    drawn = [card.drawn for card in cards]
    possible = count_pairs(panels, drawn, config.scope)
    indexed = len(cards) > config.retrieve.all_pairs_panels and "sift" in config.methods
    likely = likely_pairs(cards, place) if indexed else None
    pairs = pairs_to_compare(panels, drawn, config.scope, likely)
    # What is found must not depend on names, so the pixels decide which panel is taken as A.
    chosen = [
        by_content(panels, (i, j))
        for i, j in pairs
        if i not in undescribed and j not in undescribed
    ]
    before = len(place.lost)
    echoes = compare_all(cards, chosen, place)
    compared = len(chosen) - (len(place.lost) - before)

    kept = KeptPanels(cards, place.store, _again(paths, place))
    looks = Looks(lambda panel: kept[panel.key], {card.key: card.gel for card in cards})
    candidates = [
        Candidate(a=panels[i], b=panels[j], echo=echo, turned=i > j)
        for i, j, found in echoes
        for echo in found
    ]
    candidates, blocks = set_templates_aside(candidates, looks)
    templates = [replace(t, id=f"T{k}") for k, t in enumerate([*repeated, *blocks], start=1)]
    inside = sum(i == j for i, j in pairs)
    gels = count_pairs([c.panel for c in cards if c.gel], None, config.scope)
    trials = Trials(gels=gels, others=possible - inside - gels, within=inside)
    findings = findings_of(
        candidates, trials, config.judge, keep_weak=config.keep_weak, looks=looks
    )

    not_scanned = (*(n for file in files for n in file.not_scanned), *place.lost)
    if not any(file.inputs for file in files):
        reasons = [*misused, *(f"{n.source}: {n.reason}" for n in not_scanned)]
        raise SourceError("nothing could be read: " + "; ".join(reasons[:3]))
    report = Report(
        tool=versions(),
        config=configuration.as_dict(config),
        complete=not not_scanned and not misused,
        inputs=tuple(read for file in files for read in counted(file)),
        not_scanned=not_scanned,
        screened=tuple(item for cut in cuts for item in cut.screened),
        coverage=Coverage(
            panels=len(cards),
            pairs_possible=possible,
            pairs_compared=compared,
            chosen_by="index" if indexed else "all",
            recall=INDEX_RECALL if indexed else 1.0,
        ),
        findings=tuple(findings),
        templates=tuple(templates),
    )
    done = Scan(report=report, panels=kept)
    key = report_key(entries, misused, digests, place.keys)
    if key is not None and not place.lost and _unchanged(files, digests):
        remember(done, key, place.store)
    return done


def _unchanged(files: Sequence[FileRead], digests: Sequence[str | None]) -> bool:
    """Whether the files that were read are those that were named."""
    return all(file.sha256 in ("", digest) for file, digest in zip(files, digests, strict=True))


def _again(paths: Sequence[Path], place: Workplace) -> Callable[[], None]:
    return partial(
        cut_again,
        paths,
        place.config,
        place.store,
        password=place.password,
        corrections=place.corrections,
    )


def _seen(files: Sequence[FileRead]) -> list[Seen]:
    """Return all places of embedded files."""
    return [
        Seen(
            place=Place(
                source=read.figure.source,
                page=read.figure.page,
                figure=read.figure.number,
                panel=1,
                bbox=Box(x=0, y=0, w=read.size[0], h=read.size[1]),
            ),
            content=f"{read.figure.origin.media_sha256} {read.pixels}",
            drawn=read.drawn,
        )
        for file in files
        for read in file.figures
        if read.figure.origin is not None and read.figure.origin.media_sha256 is not None
    ]


def counted(file: FileRead) -> list[Input]:
    """Say how many panels each input gave."""
    panels: dict[str, int] = {}
    for read in file.figures:
        if read.cut is not None:
            count = len(read.cut.panels) + len(read.cut.screened)
            panels[read.figure.source] = panels.get(read.figure.source, 0) + count
    return [replace(i, panels=panels.get(i.source, 0)) for i in file.inputs]
