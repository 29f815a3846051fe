"""Small records in one SQLite file: what a file holds, what a pair shares, whole reports."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_TABLE = (
    "create table if not exists record (key blob primary key, stage text not null,"
    " used integer not null, value blob not null) without rowid"
)
_AT_ONCE = 500
_WAIT_S = 30.0
_HOUR_S = 3600


class Rows:
    """Records by key. Trouble with the file costs the records, never the run.

    Parameters
    ----------
    path : Path
        A file that need not exist. One that is no database is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None
        #: Why records are not kept, in one line; None while they are.
        self.problem: str | None = None
        self._open()

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the records there are, each as it was written; damaged ones are not there."""
        found: dict[str, bytes] = {}
        stale: list[bytes] = []
        now = int(time.time())
        for start in range(0, len(keys), _AT_ONCE):
            chunk = [bytes.fromhex(k) for k in keys[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(chunk))
            query = f"select key, used, value from record where key in ({marks})"
            for key, used, value in self._rows(query, chunk):
                # A damaged file gives anything, text and numbers too.
                whole = isinstance(value, bytes) and value[:4] == _check(key, value[4:])
                if whole:
                    found[key.hex()] = value[4:]
                    if now - used > _HOUR_S:
                        stale.append(key)
        if stale:
            self._change("update record set used = ? where key = ?", [(now, k) for k in stale])
        return found

    def keep(self, stage: str, records: Mapping[str, bytes]) -> None:
        """Write records, all of them or none."""
        now = int(time.time())
        named = ((bytes.fromhex(key), value) for key, value in records.items())
        self._change(
            "insert or replace into record values (?, ?, ?, ?)",
            [(key, stage, now, _check(key, value) + value) for key, value in named],
        )

    def drop(self, keys: Iterable[str]) -> None:
        """Forget records."""
        self._change("delete from record where key = ?", [(bytes.fromhex(k),) for k in keys])

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return, for each stage, how many records there are and their bytes."""
        query = "select stage, count(*), sum(length(value) + 40) from record group by stage"
        return {stage: (count, size) for stage, count, size in self._rows(query, ())}

    def prune(self, limit_bytes: int) -> None:
        """Forget the records that were not used for longest until ``limit_bytes`` are left."""
        left = limit_bytes
        query = "select used, sum(length(value) + 40) from record group by used order by used desc"
        for used, size in self._rows(query, ()):
            left -= int(size)
            if left < 0:
                self._change("delete from record where used <= ?", [(used,)])
                with suppress(sqlite3.Error):
                    if self._file is not None:
                        self._file.execute("vacuum")
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        for _ in range(2):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
                # Readers and one writer at a time; a crash or a power cut loses the last writes,
                # and never the file.
                self._file.execute("pragma journal_mode=wal")
                self._file.execute("pragma synchronous=normal")
                self._file.execute(_TABLE)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._begun_anew(error):
                    return

    def _begun_anew(self, error: Exception) -> bool:
        """Remove a file that is no database; say what else went wrong."""
        self.close()
        broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if not broken:
            self.problem = str(getattr(error, "strerror", None) or error).lower()
            return False
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        return True

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            return [] if self._file is None else self._file.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if self._begun_anew(error):
                self._open()
            return []

    def _change(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        if self._file is None or not rows:
            return
        try:
            self._file.execute("begin immediate")
            self._file.executemany(query, rows)
            self._file.execute("commit")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._file.execute("rollback")
            if self._begun_anew(error):
                self._open()


def _check(key: bytes, value: bytes) -> bytes:
    return zlib.crc32(value, zlib.crc32(key)).to_bytes(4, "little")
