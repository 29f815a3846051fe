"""Documents put into a corpus, one after the other, so that a crash costs the one at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from figecho.config import Config
from figecho.farm.place import Progress, workplace
from figecho.farm.stages import describe_all, read_all, sketch_all
from figecho.index.corpus import Corpus
from figecho.model import NotScanned
from figecho.sources.walk import walk
from figecho.store.inputs import file_digest

#: Files that are read before they are put in.
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of adding files."""

    added: int
    known: int
    not_scanned: tuple[NotScanned, ...]
    misused: tuple[str, ...]


def grow(
    paths: Sequence[Path],
    corpus: Corpus,
    config: Config,
    *,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Grown:
    """Add the files under ``paths`` that are not in the corpus by their content.

    Parameters
    ----------
    paths : sequence of Path
    corpus : Corpus
    config : Config
    jobs : int
        Worker processes; 0 for none but this one.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.
    """
    entries, misused = walk(paths)
    digests = [file_digest(entry, config.limits) for entry in entries]
    new: dict[str, int] = {}
    for k, digest in enumerate(digests):
        if digest is None or not corpus.has(digest):
            new.setdefault(digest or f"unread {k}", k)
    todo = sorted(new.values())
    added = 0
    not_scanned: list[NotScanned] = []
    with workplace(config, corpus.store, jobs, lambda stage, done, total: None) as place:
        for low in range(0, len(todo), _AT_ONCE):
            batch = todo[low : low + _AT_ONCE]
            if progress:
                progress("adding files", low, len(todo))
            files = read_all([entries[k] for k in batch], [digests[k] for k in batch], place)
            cards = [
                [card for figure in file.figures if figure.cut for card in figure.cut.panels]
                for file in files
            ]
            together = [card for own in cards for card in own]
            undescribed = {together[k].key for k in describe_all(together, place)}
            sketches = dict(
                zip([c.key for c in together], sketch_all(together, place), strict=True)
            )
            for k, file, own in zip(batch, files, cards, strict=True):
                not_scanned += file.not_scanned
                whole = [card for card in own if card.key not in undescribed]
                if file.inputs and file.sha256:
                    corpus.add(
                        entries[k].source, file.sha256, whole, [sketches[c.key] for c in whole]
                    )
                    added += 1
        not_scanned += place.lost
    corpus.build()
    if progress and todo:
        progress("adding files", len(todo), len(todo))
    known = len(entries) - len(todo)
    return Grown(added, known, tuple(not_scanned), tuple(misused))
