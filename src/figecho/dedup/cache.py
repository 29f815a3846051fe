"""Keep embeddings between runs: one SQLite file a model, so that a write is whole or not at all.

A cache is a convenience: whatever goes wrong with it is a line for the user, never an error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from figecho.model import FloatArray

_TABLE = "create table if not exists embedding (picture text primary key, vector blob not null)"
_CHUNK = 500
_WAIT_S = 10


def file_of(folder: Path, key: str) -> Path:
    """Return the file that holds the embeddings of the model with this key."""
    return folder / f"{key[:40]}.sqlite"


def read(path: Path, pictures: Sequence[str]) -> tuple[dict[str, FloatArray], str | None]:
    """Return what is known about the pictures with these digests, and a problem in one line."""
    found: dict[str, FloatArray] = {}
    try:
        # Empty is what a disk that was full left of a first write.
        if not path.exists() or path.stat().st_size == 0:
            return {}, None
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as store:
            for start in range(0, len(pictures), _CHUNK):
                chunk = pictures[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                rows = store.execute(
                    f"select picture, vector from embedding where picture in ({marks})", chunk
                )
                found |= {name: np.frombuffer(blob, "<f4") for name, blob in rows}
    except (sqlite3.Error, OSError, ValueError, TypeError) as error:
        reason = f"cannot be read ({_plain(error)})"
        return {}, f"{_named(path)} {reason} and was not used; delete it to begin a new one"
    if len({v.shape for v in found.values()}) > 1 or any(
        v.size == 0 or not np.isfinite(v).all() for v in found.values()
    ):
        return {}, f"{_named(path)} is damaged and was not used; delete it to begin a new one"
    return found, None


def write(path: Path, vectors: Mapping[str, FloatArray]) -> str | None:
    """Add embeddings in one transaction; return a problem in one line."""
    rows = [(name, np.asarray(v, "<f4").tobytes()) for name, v in vectors.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT_S)) as store, store:
            store.execute(_TABLE)
            store.executemany("insert or ignore into embedding values (?, ?)", rows)
    except (sqlite3.Error, OSError) as error:
        return f"{_named(path)} cannot be written ({_plain(error)}); nothing was kept"
    return None


def _named(path: Path) -> str:
    return f"the cache of embeddings '{path}'"


def _plain(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
