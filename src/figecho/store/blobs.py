"""Large records as files, named by their keys: written whole or not at all, by any process."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from figecho.store.codec import Damaged

_STALE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Blobs:
    """The files below a folder; small enough to hand to every worker.

    Several processes may read and write at once: a record appears under its name when it is whole,
    and two writers of one key write the same bytes.
    """

    folder: Path

    def path(self, key: str) -> Path:
        """Return where a record lies."""
        return self.folder / key[:2] / key[2:]

    def has(self, key: str) -> bool:
        """Whether there is a record, as far as its name tells; marks it as used."""
        try:
            os.utime(self.path(key))
        except FileNotFoundError:
            return False
        except OSError:
            return self.path(key).exists()
        return True

    def read(self, key: str) -> bytes:
        """Return a record.

        Raises
        ------
        Damaged
            There is none, or it cannot be read.
        """
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise Damaged(key) from error

    def mapped(self, key: str) -> mmap.mmap:
        """Return a record in memory that all who ask for it share; what one changes stays his own.

        Raises
        ------
        Damaged
            There is none, or it cannot be read.
        """
        try:
            with self.path(key).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:
            raise Damaged(key) from error

    def write(self, key: str, record: bytes) -> None:
        """Write a record under its key.

        Raises
        ------
        OSError
            The disk is full or not open to us.
        """
        part = self.folder / "parts" / f"{os.getpid()}-{key}"
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(record)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def drop(self, key: str) -> None:
        """Forget a record."""
        self.path(key).unlink(missing_ok=True)

    def sweep(self, pid: int | None = None) -> None:
        """Remove what a writer with this process id left half written, or any of long ago."""
        for part in (self.folder / "parts").glob("*"):
            try:
                old = time.time() - part.stat().st_mtime > _STALE_S
                if old or (pid is not None and part.name.startswith(f"{pid}-")):
                    part.unlink(missing_ok=True)
            except OSError:
                continue

    def all(self) -> Iterator[tuple[Path, int, float]]:
        """Yield path, size in bytes and time of last use of every record."""
        for path in self.folder.glob("??/*"):
            try:
                state = path.stat()
            except OSError:
                continue
            yield path, state.st_size, state.st_mtime
