"""A paper held against everything seen before: proposed by the index, decided as in a scan."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from figecho import config as configuration
from figecho.config import Config, Retrieve
from figecho.errors import SourceError
from figecho.farm.place import Progress, Workplace, workplace
from figecho.farm.port import Lost
from figecho.farm.shelf import Shelf
from figecho.farm.stages import compare_all, cut_again, describe_all, read_all, sketch_all
from figecho.index.corpus import Corpus, Index
from figecho.judge.candidate import Candidate
from figecho.judge.finding import findings_of
from figecho.judge.looks import Looks
from figecho.judge.nfa import Trials
from figecho.judge.templates import set_templates_aside
from figecho.model import Coverage, FloatArray, NotScanned, Report
from figecho.result import KeptPanels, Scan
from figecho.retrieve import by_content
from figecho.retrieve.partners import strongest
from figecho.retrieve.sketch import Sketch
from figecho.scan import counted
from figecho.sources.walk import walk
from figecho.store.cards import Card, renamed
from figecho.store.codec import Damaged, decode
from figecho.store.inputs import file_digest
from figecho.store.store import Store, scratch
from figecho.versions import versions

#: Share of planted reuse that the index of a corpus keeps (``tools/bench_scale.py corpus``).
CORPUS_RECALL = 0.97
#: Partners of a panel that are looked at, and where its keypoints are few.
PARTNERS = 4
POOR_PARTNERS = 12
#: Panels whose votes are counted at once, so few that all workers have some to count.
_AT_ONCE = 4


def query(
    paths: Sequence[Path],
    corpus: Corpus,
    config: Config,
    *,
    jobs: int = 0,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Scan:
    """Compare the figures under ``paths`` with the panels of a corpus.

    Documents of the corpus with the same bytes as a file asked about are left out. Every pair of a
    panel asked about and a panel of the corpus counts as a chance for a false alarm, looked at or
    not, so the bar rises with the corpus.

    Parameters
    ----------
    paths : sequence of Path
    corpus : Corpus
    config : Config
    jobs : int
    progress : callable, optional
    cache : Path, optional
        Folder in which finished work is kept; nothing of the files asked about gets into the
        corpus.

    Returns
    -------
    Scan
        Region A of each finding lies in the files asked about, region B in the corpus, where its
        source begins with ``corpus:``.

    Raises
    ------
    SourceError
        Where nothing at all could be read.
    """
    tell = progress or (lambda stage, done, total: None)
    store = Store(cache) if cache else scratch()
    with workplace(config, store, jobs, tell) as place:
        return _query(paths, corpus, place)


def _query(paths: Sequence[Path], corpus: Corpus, place: Workplace) -> Scan:
    config = place.config
    entries, misused = walk(paths)
    digests = [file_digest(entry, config.limits) for entry in entries]
    files = read_all(entries, digests, place)
    cuts = [f.cut for file in files for f in file.figures if f.cut]
    asked = [card for cut in cuts for card in cut.panels]
    undescribed = describe_all(asked, place)
    own = {d for d in digests if d}
    others = corpus.numbers(without=own)
    sketches = sketch_all(asked, place)
    votes = corpus.votes(sketches, partial(_counted, place))
    votes[:, [k for k in range(votes.shape[1]) if k not in others]] = 0.0
    chosen = [
        (i, number)
        for i, sketch in enumerate(sketches)
        for number in _partners(votes[i : i + 1], config.retrieve, poor=sketch.poor)
        if i not in undescribed
    ]
    seen = corpus.cards({number for _, number in chosen})
    held = {}
    for number, card in seen.items():
        source = f"corpus:{card.key[0]}"
        if _brought(card, corpus, place):
            held[number] = renamed(card, card.key[0], source)
        else:
            place.lost.append(NotScanned(source=source, reason="its kept pixels are damaged"))
    cards = [*asked, *held.values()]
    at = {number: len(asked) + k for k, number in enumerate(held)}
    undescribed |= describe_all(cards, place)
    panels = [card.panel for card in cards]
    pairs = [
        by_content(panels, (i, at[n])) for i, n in chosen if n in at and at[n] not in undescribed
    ]
    before = len(place.lost)
    echoes = compare_all(cards, pairs, place)
    compared = len(pairs) - (len(place.lost) - before)

    kept = KeptPanels(cards, place.store, lambda: cut_again(paths, config, place.store))
    looks = Looks(lambda panel: kept[panel.key], {card.key: card.gel for card in cards})
    candidates = [
        Candidate(a=panels[i], b=panels[j], echo=echo, turned=i > j)
        for i, j, found in echoes
        for echo in found
    ]
    candidates, templates = set_templates_aside(candidates, looks)
    possible = len(asked) * len(others)
    gels = sum(card.gel for card in asked) * corpus.gels(without=own)
    trials = Trials(gels=gels, others=possible - gels, within=0)
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
            panels=len(asked),
            pairs_possible=possible,
            pairs_compared=compared,
            chosen_by="index",
            recall=CORPUS_RECALL,
        ),
        findings=tuple(findings),
        templates=tuple(templates),
    )
    return Scan(report=report, panels=kept)


def _counted(place: Workplace, index: Index, sketches: Sequence[Sketch]) -> FloatArray:
    """Have the votes for an index counted by workers, some panels at a time."""
    here = index.shelved()
    parts = [sketches[k : k + _AT_ONCE] for k in range(0, len(sketches), _AT_ONCE)]
    votes = np.zeros((len(sketches), index.panels), np.float32)
    for at, made in place.files.run(partial(_votes, index=index), parts, 1):
        low = at * _AT_ONCE
        votes[low : low + _AT_ONCE] = here.votes(parts[at]) if isinstance(made, Lost) else made
    return votes


def _votes(sketches: Sequence[Sketch], shelf: Shelf, *, index: Index) -> FloatArray:
    return index.votes(sketches)


def _partners(votes: FloatArray, settings: Retrieve, *, poor: bool) -> list[int]:
    """Return the panels to look at; where keypoints are few, so are votes, and none is too few."""
    if poor:
        return strongest(votes, POOR_PARTNERS)[0]
    return strongest(votes, PARTNERS, above=settings.min_votes)[0]


def _brought(card: Card, corpus: Corpus, place: Workplace) -> bool:
    """Put the records of a panel of the corpus where this run works; say if its pixels are there.

    Keypoints that are missing or damaged are made again.
    """
    whole = True
    for key in (place.keys.of("describe", card.blob), card.blob):
        if place.store.blobs.has(key):
            continue
        try:
            record = corpus.store.blobs.read(key)
            decode(record, copies=False)
        except Damaged:
            whole = key != card.blob
            continue
        target = place.store.blobs.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(corpus.store.blobs.path(key), target)
        except OSError:
            place.store.blobs.write(key, record)
    return whole
