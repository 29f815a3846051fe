"""A folder of what was seen before: documents by content, their panels, and what finds them again.

``corpus.sqlite`` says which documents there are and keeps a sketch of every panel; a document is in
it whole or not at all. Pixels and keypoints are records as in the cache. The index of descriptors
is made of the sketches and can be made again; panels that came after it are searched beside it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figecho.errors import ConfigError
from figecho.model import FloatArray
from figecho.retrieve.sketch import Sketch, empty_sketch
from figecho.retrieve.votes import Shelved
from figecho.retrieve.words import vocabulary, words_for
from figecho.store.cards import Card, renamed
from figecho.store.codec import decode, encode
from figecho.store.keys import Keys
from figecho.store.store import Store

_TABLES = """
create table if not exists document (
  number integer primary key, sha256 text not null unique, source text not null unique);
create table if not exists panel (
  number integer primary key, document integer not null references document (number),
  blob text not null, gel integer not null, card blob not null, sketch blob not null);
create index if not exists panel_document on panel (document);
create index if not exists panel_gel on panel (document) where gel;
create table if not exists built (panels integer not null, folder text not null);
"""
#: Raised whenever the tables change.
_LAYOUT = 1
#: Raised whenever descriptors come into cells in another way: an older index is made anew.
_KIND = 2
#: The index is made anew when this many panels, and this share of it, came after it.
_TAIL = 500
_TAIL_SHARE = 0.2
_ARRAYS = ("centres", "first", "beside", "descriptors", "owner", "log2_size", "angle_deg")


@dataclass(frozen=True, slots=True)
class Held:
    """A document of the corpus."""

    source: str
    sha256: str
    panels: int


@dataclass(frozen=True, slots=True)
class Index:
    """Where the descriptors of the first panels of a corpus lie, sorted by word."""

    folder: Path
    panels: int

    def shelved(self) -> Shelved:
        """Return them, their arrays left on disk."""
        arrays = {name: np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        return Shelved(panels=self.panels, **arrays)

    def votes(self, sketches: Sequence[Sketch]) -> FloatArray:
        """Return how strongly panels resemble these."""
        return self.shelved().votes(sketches)


#: Returns the votes of panels for those in an index, whoever counts them.
Counter = Callable[[Index, Sequence[Sketch]], FloatArray]


class Corpus:
    """Documents seen before.

    Parameters
    ----------
    folder : Path
    create : bool
        Make it where there is none.

    Raises
    ------
    ConfigError
        There is none, or it cannot be opened.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        if not create and not (folder / "corpus.sqlite").exists():
            raise ConfigError(f"'{folder}' holds no index; 'figecho index add' makes one")
        self.store = Store(folder)
        try:
            self._file = sqlite3.connect(folder / "corpus.sqlite", timeout=60, isolation_level=None)
            self._file.execute("pragma journal_mode=wal")
            self._file.execute("pragma foreign_keys=on")
            layout = self._file.execute("pragma user_version").fetchone()[0]
            known = self._file.execute("select 1 from sqlite_master").fetchone() is not None
            if not known:
                self._file.execute(f"pragma user_version={_LAYOUT}")
            self._file.executescript(_TABLES)
        except sqlite3.Error as error:
            raise ConfigError(f"'{folder}' cannot be opened as an index: {error}") from error
        if known and layout != _LAYOUT:
            self._file.close()
            raise ConfigError(
                f"'{folder}' was made by another version of figecho; make it again from its files"
            )

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        self.store.close()

    def documents(self) -> list[Held]:
        """Return what is held, in the order in which it came."""
        query = (
            "select source, sha256, count(panel.number) from document"
            " left join panel on document = document.number group by document.number"
        )
        return [Held(*row) for row in self._file.execute(query)]

    def panels(self) -> int:
        """Return how many panels are held."""
        return int(self._file.execute("select count(*) from panel").fetchone()[0])

    def has(self, sha256: str) -> bool:
        """Whether a document of this content is held."""
        query = "select 1 from document where sha256 = ?"
        return self._file.execute(query, (sha256,)).fetchone() is not None

    def add(self, source: str, sha256: str, cards: list[Card], sketches: list[Sketch]) -> None:
        """Add a document, whole or not at all; one that is held already stays as it is."""
        self._file.execute("begin immediate")
        try:
            if not self.has(sha256):
                cursor = self._file.execute(
                    "insert into document (sha256, source) values (?, ?)",
                    (sha256, self._free_name(source)),
                )
                self._file.executemany(
                    "insert into panel (document, blob, gel, card, sketch) values (?, ?, ?, ?, ?)",
                    [
                        (
                            cursor.lastrowid,
                            card.blob,
                            card.gel,
                            encode(renamed(card, source, "")),
                            encode(sketch),
                        )
                        for card, sketch in zip(cards, sketches, strict=True)
                    ],
                )
            self._file.execute("commit")
        except BaseException:
            self._file.execute("rollback")
            raise

    def remove(self, sha256: str, keys: Keys) -> None:
        """Forget a document and the pixels that no other one shares."""
        query = "select number from document where sha256 = ?"
        row = self._file.execute(query, (sha256,)).fetchone()
        if row is None:
            return
        blobs = {b for (b,) in self._file.execute("select blob from panel where document = ?", row)}
        self._file.execute("begin immediate")
        self._file.execute("delete from panel where document = ?", row)
        self._file.execute("delete from document where number = ?", row)
        self._file.execute("commit")
        for blob in blobs:
            shared = self._file.execute("select 1 from panel where blob = ?", (blob,)).fetchone()
            if shared is None:
                self.store.blobs.drop(blob)
                self.store.blobs.drop(keys.of("describe", blob))

    def cards(self, numbers: Iterable[int]) -> dict[int, Card]:
        """Return cards of panels by number, under the names their documents have here."""
        found = {}
        query = (
            "select card, source from panel join document on document.number = document"
            " where panel.number = ?"
        )
        for number in sorted(numbers):
            row = self._file.execute(query, (number,)).fetchone()
            if row is not None:
                found[number] = renamed(decode(row[0]), "", row[1])
        return found

    def numbers(self, *, without: Iterable[str] = ()) -> set[int]:
        """Return the numbers of all panels but those of documents with these digests."""
        query = "select panel.number, sha256 from panel join document on document.number = document"
        left_out = set(without)
        return {n for n, sha256 in self._file.execute(query) if sha256 not in left_out}

    def gels(self, *, without: Iterable[str] = ()) -> int:
        """Count the gels and blots, but for those of documents with these digests."""
        query = "select sha256 from panel join document on document.number = document where gel"
        left_out = set(without)
        return sum(sha256 not in left_out for (sha256,) in self._file.execute(query))

    def votes(self, sketches: Sequence[Sketch], count: Counter | None = None) -> FloatArray:
        """Return how strongly panels resemble those held: a column for each number up to the last.

        Columns of numbers that are not held mean nothing.

        Parameters
        ----------
        sketches : sequence of Sketch
        count : callable, optional
            Counts the votes for what is in an index; the result does not depend on it.
        """
        last = self._file.execute("select coalesce(max(number), 0) from panel").fetchone()[0]
        total = np.zeros((len(sketches), last + 1), np.float32)
        built, index = self._index()
        if index is not None:
            found = (count or Index.votes)(index, sketches)
            total[:, : min(found.shape[1], last + 1)] = found[:, : last + 1]
        tail = self._sketches(after=built)
        if tail:
            descriptors = np.concatenate([s.descriptors for _, s in tail])
            if len(descriptors):
                centres = vocabulary(descriptors, words_for(len(descriptors)))
                columns = [number for number, _ in tail]
                total[:, columns] = Shelved.of([s for _, s in tail], centres).votes(sketches)
        return total

    def build(self, *, force: bool = False) -> bool:
        """Make the index anew where many panels came after it; return whether it was."""
        built, _ = self._index()
        query = "select count(*) from panel where number > ?"
        tail = self._file.execute(query, (built,)).fetchone()[0]
        if not force and tail < max(_TAIL, _TAIL_SHARE * self.panels()):
            return False
        sketches = self._sketches(after=0)
        by_number = dict(sketches)
        last = max(by_number, default=0)
        every = [by_number.get(k, empty_sketch()) for k in range(last + 1)]
        descriptors = np.concatenate([s.descriptors for _, s in sketches])
        centres = vocabulary(descriptors, words_for(len(descriptors)))
        folder = f"index-{_KIND}-{last}"
        part = self.folder / f".{folder}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        shelved = Shelved.of(every, centres)
        for name in _ARRAYS:
            np.save(part / f"{name}.npy", getattr(shelved, name))
        shutil.rmtree(self.folder / folder, ignore_errors=True)
        part.rename(self.folder / folder)
        self._file.execute("begin immediate")
        self._file.execute("delete from built")
        self._file.execute("insert into built values (?, ?)", (last, folder))
        self._file.execute("commit")
        for old in self.folder.glob("index-*"):
            if old.name != folder:
                shutil.rmtree(old, ignore_errors=True)
        return True

    def _index(self) -> tuple[int, Index | None]:
        """Return the last panel in the index, and the index if it is whole."""
        row = self._file.execute("select panels, folder from built").fetchone()
        if row is None or not row[1].startswith(f"index-{_KIND}-"):
            return 0, None
        index = Index(folder=self.folder / row[1], panels=row[0] + 1)
        try:
            index.shelved()
        except (OSError, ValueError):
            return 0, None
        return row[0], index

    def _sketches(self, after: int) -> list[tuple[int, Sketch]]:
        query = "select number, sketch from panel where number > ? order by number"
        return [(number, decode(record)) for number, record in self._file.execute(query, (after,))]

    def _free_name(self, source: str) -> str:
        taken = "select 1 from document where source = ?"
        name, count = source, 1
        while self._file.execute(taken, (name,)).fetchone() is not None:
            count += 1
            name = f"{source} ({count})"
        return name
