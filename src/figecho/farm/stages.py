"""The costly stages of a scan: take from the store what is there, have the rest done, keep it.

Results come back in the order of what was asked for, whoever did the work and in whatever order.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from figecho.config import Config, Retrieve
from figecho.echo import Echo
from figecho.farm import tasks
from figecho.farm.order import close_together
from figecho.farm.place import Workplace, workplace
from figecho.farm.port import Executor, Lost
from figecho.manifest import Corrections, boxes_for
from figecho.model import NotScanned
from figecho.retrieve import likely_partners
from figecho.retrieve.partners import Part, partners_of
from figecho.retrieve.sketch import Sketch, empty_sketch
from figecho.retrieve.votes import Shelved
from figecho.sources.walk import Entry, walk
from figecho.store.cards import Card, FigureCut, FigureRead, FileRead, renamed
from figecho.store.codec import Damaged, decode, encode
from figecho.store.inputs import file_digest
from figecho.store.store import Store

#: Seconds after which finished work is written down; a crash loses no more than that.
_WRITE_S = 1.0
_MOST_PAIRS = 64
_CHUNKS_A_STAGE = 64


def read_all(
    entries: Sequence[Entry], digests: Sequence[str | None], place: Workplace
) -> list[FileRead]:
    """Read every file, in order, and cut its figures; ``digests`` are those of their bytes.

    Raises
    ------
    ConfigError
        Where the boxes of a person do not fit the figures.
    """
    keys = [
        place.keys.of("read", d, entry.path.suffix.lower()) if d else ""
        for entry, d in zip(entries, digests, strict=True)
    ]
    known = {
        key: read
        for key, read in _found(place.store, [k for k in keys if k]).items()
        if _pixels_kept(read, place)
    }
    files: dict[int, FileRead] = {
        k: renamed(known[key], "", entries[k].source)
        for k, key in enumerate(keys)
        if key and key in known
    }
    missing = [k for k in range(len(entries)) if k not in files]
    task = partial(
        tasks.read_file,
        config=place.config,
        password=place.password,
        whole=place.corrections is not None,
    )
    with _Keeper(place, "read") as keeper:
        for at, made in _told(place, "reading files", place.files, task, entries, missing, 1):
            if isinstance(made, Lost):
                reason = f"could not be read: {made.reason}"
                place.lost.append(NotScanned(source=entries[at].source, reason=reason))
                files[at] = FileRead(figures=(), not_scanned=())
                continue
            files[at] = made
            # A file that changed since it was named is not kept under the name it had.
            if keys[at] and made.sha256 == digests[at]:
                keeper.keep(keys[at], renamed(made, entries[at].source, ""))
    return _cut_all([files[k] for k in range(len(entries))], place)


def cut_again(
    paths: Sequence[Path],
    config: Config,
    store: Store,
    *,
    password: str | None = None,
    corrections: Corrections | None = None,
) -> None:
    """Cut the panels of a finished scan again, where their records were lost."""
    with workplace(
        config,
        store,
        0,
        lambda stage, done, total: None,
        password=password,
        corrections=corrections,
    ) as place:
        entries, _ = walk(paths)
        read_all(entries, [file_digest(e, config.limits) for e in entries], place)


def _cut_all(files: list[FileRead], place: Workplace) -> list[FileRead]:
    """Cut the figures that were read but not cut."""
    figures = [(k, f) for k, file in enumerate(files) for f in file.figures if f.cut is None]
    boxes = boxes_for(place.corrections, [f for _, f in figures])
    keys = [_cut_key(f, place) for _, f in figures]
    known = {
        key: cut
        for key, cut in (_found(place.store, keys).items() if not boxes else ())
        if all(place.store.blobs.has(card.blob) for card in cut.panels)
    }
    cuts: dict[int, FigureCut] = {
        k: renamed(known[key], "", figures[k][1].figure.source)
        for k, key in enumerate(keys)
        if key in known
    }
    missing = [k for k in range(len(figures)) if k not in cuts]
    units = [(f, boxes.get(f.figure.key)) for _, f in figures]
    task = partial(tasks.cut_figure, config=place.config)
    with _Keeper(place, "cut") as keeper:
        stage = "cutting figures into panels"
        for at, made in _told(place, stage, place.files, task, units, missing, 1):
            if isinstance(made, Lost):
                figure = units[at][0].figure
                where = _named(figure.page, figure.number)
                reason = f"{where}could not be cut: {made.reason}"
                place.lost.append(NotScanned(source=figure.source, reason=reason))
                cuts[at] = FigureCut(panels=(), screened=())
            else:
                cuts[at] = made
                if not boxes:
                    keeper.keep(keys[at], renamed(made, units[at][0].figure.source, ""))
    for unit, _ in units:
        place.store.blobs.drop(unit.pixels)
    whole = list(files)
    turn = iter(range(len(figures)))
    for k, file in enumerate(files):
        if all(f.cut is not None for f in file.figures):
            continue
        places = [(f, None if f.cut is not None else next(turn)) for f in file.figures]
        figures_cut = tuple(f if at is None else replace(f, cut=cuts[at]) for f, at in places)
        whole[k] = replace(file, figures=figures_cut)
    return whole


def describe_all(cards: Sequence[Card], place: Workplace) -> set[int]:
    """Describe every panel that is not yet; return the places of those that could not be."""
    if not place.panels.describes:
        return set()
    first = {card.blob: k for k, card in reversed(list(enumerate(cards)))}
    missing = [
        k
        for k in sorted(first.values())
        if not place.store.blobs.has(place.keys.of("describe", cards[k].blob))
    ]
    task = partial(tasks.describe_panel, config=place.config)
    stage = "describing panels"
    lost: dict[str, str] = {}
    for at, made in _told(place, stage, place.panels, task, cards, missing, 1):
        if isinstance(made, Lost):
            lost[cards[at].blob] = made.reason
    undescribed = {k for k, card in enumerate(cards) if card.blob in lost}
    for k in sorted(undescribed):
        reason = f"{_called(cards[k])} could not be described: {lost[cards[k].blob]}"
        place.lost.append(NotScanned(source=cards[k].key[0], reason=reason))
    return undescribed


def sketch_all(cards: Sequence[Card], place: Workplace) -> list[Sketch]:
    """Return the described panels in brief; what could not be described is empty."""
    task = partial(tasks.sketch_panel, config=place.config)
    sketches: list[Sketch] = [empty_sketch()] * len(cards)
    every = range(len(cards))
    for at, made in _told(place, "choosing pairs", place.panels, task, cards, every, 4):
        sketches[at] = empty_sketch() if isinstance(made, Lost) else made
    return sketches


def likely_pairs(cards: Sequence[Card], place: Workplace) -> set[tuple[int, int]]:
    """Return pairs of described panels that may share a region."""
    # The order of names must not decide what is found.
    order = sorted(range(len(cards)), key=lambda k: (cards[k].blob, cards[k].key))
    # Nothing but their index needs the sketches later on, so nothing else may hold them.
    pairs = likely_partners(
        sketch_all([cards[k] for k in order], place),
        place.config.retrieve,
        partial(_partners, place),
    )
    return {(min(order[i], order[j]), max(order[i], order[j])) for i, j in pairs}


def _partners(
    place: Workplace, shelved: Shelved, parts: Sequence[Part], settings: Retrieve
) -> list[list[list[int]]]:
    """Have the partners found by workers, to whom all that is shelved goes as one record."""
    key = _written({"shelved": shelved}, place.store)
    found: list[list[list[int]]] = [[]] * len(parts)
    try:
        for at, made in place.files.run(
            partial(tasks.partners, key=key, settings=settings), parts, 1
        ):
            found[at] = (
                partners_of(shelved, parts[at], settings) if isinstance(made, Lost) else made
            )
    finally:
        place.store.blobs.drop(key)
    return found


def _written(value: Any, store: Store) -> str:
    """Put a value into the store, and return its key."""
    record = encode(value)
    key = hashlib.sha256(record).hexdigest()[:40]
    store.blobs.write(key, record)
    return key


def compare_all(
    cards: Sequence[Card], pairs: Sequence[tuple[int, int]], place: Workplace
) -> list[tuple[int, int, list[Echo]]]:
    """Compare pairs of described panels; return the echoes of pairs that have any, in order."""
    inside = ("apart", "inside")
    keys = [
        place.keys.of("compare", cards[i].blob, cards[j].blob, inside[i == j]) for i, j in pairs
    ]
    found = {key: list(echoes) for key, echoes in _found(place.store, keys).items()}
    lost: dict[int, NotScanned] = {}
    missing = [k for k in range(len(pairs)) if keys[k] not in found]
    order = close_together([pairs[k] for k in missing], len(cards))
    missing = [missing[k] for k in order]
    units = _Pairs(cards, pairs)
    chunk = max(1, min(_MOST_PAIRS, len(missing) // _CHUNKS_A_STAGE))
    task = partial(tasks.compare_pair, config=place.config)
    with _Keeper(place, "compare") as keeper:
        stage = "comparing pairs"
        for at, made in _told(place, stage, place.panels, task, units, missing, chunk):
            if isinstance(made, Lost):
                lost[at] = _not_compared(cards[pairs[at][0]], cards[pairs[at][1]], made)
            else:
                record = made if made is not None else _NONE
                found[keys[at]] = decode(record)
                keeper.keep_record(keys[at], record)
    place.lost.extend(lost[k] for k in sorted(lost))
    return [(i, j, found[key]) for (i, j), key in zip(pairs, keys, strict=True) if found.get(key)]


_NONE = encode([])


class _Pairs(Sequence[tasks.Pair]):
    """Pairs of cards, made as they are asked for: there may be millions."""

    def __init__(self, cards: Sequence[Card], pairs: Sequence[tuple[int, int]]) -> None:
        self._cards, self._pairs = cards, pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, k: Any) -> Any:
        i, j = self._pairs[k]
        return self._cards[i], self._cards[j]


class _Picked(Sequence[Any]):
    """Some of the units, by their places."""

    def __init__(self, units: Sequence[Any], places: Sequence[int]) -> None:
        self._units, self._places = units, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return [self._units[p] for p in self._places[k]]
        return self._units[self._places[k]]


class _Keeper:
    """Writes records of a stage in batches, and the last ones however the stage ends."""

    def __init__(self, place: Workplace, stage: str) -> None:
        self._store, self._stage = place.store, stage
        self._held: dict[str, bytes] = {}
        self._written = time.monotonic()

    def __enter__(self) -> _Keeper:
        return self

    def __exit__(self, *raised: object) -> None:
        self._write()

    def keep(self, key: str, value: Any) -> None:
        self.keep_record(key, encode(value))

    def keep_record(self, key: str, record: bytes) -> None:
        self._held[key] = record
        if time.monotonic() - self._written > _WRITE_S:
            self._write()

    def _write(self) -> None:
        self._store.rows.keep(self._stage, self._held)
        self._held = {}
        self._written = time.monotonic()


def _told(
    place: Workplace, stage: str, who: Executor, task: Any, units: Sequence[Any],
    missing: Sequence[int], chunk: int,
) -> Iterator[tuple[int, Any]]:  # fmt: skip
    """Have the missing units done, and tell how far it is."""
    total = len(units)
    done = total - len(missing)
    if total:
        place.tell(stage, done, total)
    for at, made in who.run(task, _Picked(units, missing), chunk):
        done += 1
        place.tell(stage, done, total)
        yield missing[at], made


def _found(store: Store, keys: Sequence[str]) -> dict[str, Any]:
    """Return the values that are kept and whole; drop the others."""
    values: dict[str, Any] = {}
    for key, record in store.rows.find(list(dict.fromkeys(keys))).items():
        try:
            values[key] = [] if record == _NONE else decode(record)
        except Damaged:
            store.rows.drop([key])
    return values


def _pixels_kept(read: FileRead, place: Workplace) -> bool:
    """Whether all that a file gave is still there, or need not be."""
    for figure in read.figures:
        if figure.cut is not None:
            if not all(place.store.blobs.has(card.blob) for card in figure.cut.panels):
                return False
        elif not place.store.blobs.has(figure.pixels):
            cut = _found(place.store, [_cut_key(figure, place)])
            panels = [card for c in cut.values() for card in c.panels]
            if not cut or not all(place.store.blobs.has(card.blob) for card in panels):
                return False
    return True


def _cut_key(read: FigureRead, place: Workplace) -> str:
    nameless = encode(replace(read.figure, source=""))
    return place.keys.of("cut", read.pixels, hashlib.sha256(nameless).hexdigest())


def _called(card: Card) -> str:
    _, page, figure, panel = card.key
    return f"{_named(page or None, figure)}panel {panel}"


def _named(page: int | None, figure: int) -> str:
    return (f"page {page}, " if page else "") + f"figure {figure}, "


def _not_compared(a: Card, b: Card, lost: Lost) -> NotScanned:
    other = "itself" if a.key == b.key else f"{b.key[0]}, {_called(b)}"
    reason = f"{_called(a)} could not be compared with {other}: {lost.reason}"
    return NotScanned(source=a.key[0], reason=reason)
