"""What workers do: one function a stage, from one unit and the shelf to one result."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from figecho.config import Config
from figecho.describe.described import describe
from figecho.farm.shelf import Shelf, described_record, panel_record
from figecho.model import Figure, NotScanned
from figecho.pairs import echoes
from figecho.panels import panels_of
from figecho.screen.graphics import is_drawn
from figecho.sources import read
from figecho.sources.walk import Entry
from figecho.store.cards import Card, FigureCut, FigureRead, FileRead, without_pixels
from figecho.store.codec import encode
from figecho.store.keys import digest_of

_NO_PIXELS = np.zeros((0, 0), np.uint8)
Pair = tuple[Card, Card]


def read_file(entry: Entry, shelf: Shelf, *, config: Config) -> FileRead:
    """Read a file; cut its figure at once where it holds but one, else keep the pixels."""
    figures: list[Figure] = []
    not_scanned: list[NotScanned] = []
    for part in read(entry, config.limits):
        if isinstance(part, NotScanned):
            not_scanned.append(part)
        else:
            figures.append(part)
    alone = len(figures) == 1
    return FileRead(
        figures=tuple(_read(f, shelf, config, alone=alone) for f in figures),
        not_scanned=tuple(not_scanned),
    )


def _read(figure: Figure, shelf: Shelf, config: Config, *, alone: bool) -> FigureRead:
    key = digest_of(figure.pixels)
    if not alone and not shelf.blobs.has(key):
        shelf.blobs.write(key, encode({"pixels": figure.pixels}))
    return FigureRead(
        figure=replace(figure, pixels=_NO_PIXELS),
        pixels=key,
        cut=_cut(figure, shelf, config) if alone else None,
    )


def cut_figure(read: FigureRead, shelf: Shelf, *, config: Config) -> FigureCut:
    """Cut a figure whose pixels were kept."""
    return _cut(replace(read.figure, **shelf.record(read.pixels)), shelf, config)


def _cut(figure: Figure, shelf: Shelf, config: Config) -> FigureCut:
    panels, screened = panels_of(figure, config)
    cards = []
    for panel in panels:
        record = panel_record(panel)
        blob = hashlib.sha256(record).hexdigest()[:40]
        if not shelf.blobs.has(blob):
            shelf.blobs.write(blob, record)
        cards.append(Card(panel=without_pixels(panel), blob=blob, drawn=is_drawn(panel.rgb)))
    return FigureCut(panels=tuple(cards), screened=tuple(screened))


def describe_panel(card: Card, shelf: Shelf, *, config: Config) -> None:
    """Describe a panel and keep what that adds."""
    described = describe(shelf.panel(card), config)
    shelf.blobs.write(shelf.keys.of("describe", card.blob), described_record(described))


def compare_pair(pair: Pair, shelf: Shelf, *, config: Config) -> bytes | None:
    """Return the echoes between two panels as a record, None where there are none."""
    a, b = pair
    described = shelf.described(a)
    # A panel with itself is one object, which is how the engine knows that it looks inside.
    other = described if a is b or a.key == b.key else shelf.described(b)
    found = echoes(described, other, config)
    return encode(found) if found else None
