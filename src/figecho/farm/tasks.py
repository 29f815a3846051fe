"""What workers do: one function a stage, from one unit and the shelf to one result."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from figecho.config import Config, Retrieve
from figecho.describe.described import describe
from figecho.farm.shelf import Shelf, described_record, panel_record
from figecho.model import Box, Figure
from figecho.pairs import echoes
from figecho.panels import panels_of
from figecho.retrieve.partners import Part, partners_of
from figecho.retrieve.sketch import Sketch, sketch_of
from figecho.screen.graphics import is_filled
from figecho.sources import gathered, read
from figecho.sources.parts import Asked
from figecho.sources.walk import Entry
from figecho.store.cards import Card, FigureCut, FigureRead, FileRead, without_pixels
from figecho.store.codec import encode
from figecho.store.keys import digest_of
from figecho.verify.gels import is_gel

_NO_PIXELS = np.zeros((0, 0), np.uint8)
Pair = tuple[Card, Card]


def read_file(
    entry: Entry, shelf: Shelf, *, config: Config, password: str | None = None, whole: bool = False
) -> FileRead:
    """Read a file; cut its figure at once where it holds but one, else keep the pixels.

    With ``whole`` no figure is cut: somebody wants to say first where its panels are.
    """
    collected = gathered(read(entry, Asked(limits=config.limits, password=password)))
    alone = len(collected.figures) == 1 and not whole
    return FileRead(
        figures=tuple(_read(f, shelf, config, alone=alone) for f in collected.figures),
        not_scanned=collected.not_scanned,
        inputs=collected.inputs,
        sha256=collected.sha256,
    )


def _read(figure: Figure, shelf: Shelf, config: Config, *, alone: bool) -> FigureRead:
    key = digest_of(figure.pixels)
    if not alone and not shelf.blobs.has(key):
        shelf.blobs.write(key, encode({"pixels": figure.pixels}))
    return FigureRead(
        figure=replace(figure, pixels=_NO_PIXELS),
        pixels=key,
        size=(figure.pixels.shape[1], figure.pixels.shape[0]),
        cut=_cut(figure, shelf, config) if alone else None,
    )


def cut_figure(
    unit: tuple[FigureRead, Sequence[Box] | None], shelf: Shelf, *, config: Config
) -> FigureCut:
    """Cut a figure whose pixels were kept, by the boxes given for it if there are any."""
    read, boxes = unit
    return _cut(replace(read.figure, **shelf.record(read.pixels)), shelf, config, boxes)


def _cut(
    figure: Figure, shelf: Shelf, config: Config, boxes: Sequence[Box] | None = None
) -> FigureCut:
    panels, screened = panels_of(figure, config, boxes)
    cards = []
    for panel in panels:
        record = panel_record(panel)
        blob = hashlib.sha256(record).hexdigest()[:40]
        if not shelf.blobs.has(blob):
            shelf.blobs.write(blob, record)
        drawn, gel = is_filled(panel.rgb), is_gel(panel)
        cards.append(Card(panel=without_pixels(panel), blob=blob, drawn=drawn, gel=gel))
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


def sketch_panel(card: Card, shelf: Shelf, *, config: Config) -> Sketch:
    """Return a described panel in brief."""
    return sketch_of(shelf.described(card), config.retrieve.descriptors, config.match)


def partners(part: Part, shelf: Shelf, *, key: str, settings: Retrieve) -> list[list[int]]:
    """Return the partners of some panels among those shelved in a record."""
    return partners_of(shelf.shared(key)["shelved"], part, settings)
