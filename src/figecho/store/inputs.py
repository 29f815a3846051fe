"""The inputs of a run by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from figecho.config import Limits
from figecho.sources.walk import Entry
from figecho.store.keys import Keys


def file_digest(entry: Entry, limits: Limits) -> str | None:
    """Return the SHA-256 of a file's bytes, None where it cannot be read or is too large."""
    if entry.problem is not None:
        return None
    try:
        if entry.path.stat().st_size > limits.max_file_bytes:
            return None
        with entry.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def report_key(
    entries: Sequence[Entry], misused: Sequence[str], digests: Sequence[str | None], keys: Keys
) -> str | None:
    """Return the key of a report on these files; None where one of them cannot be read."""
    parts = list(misused)
    for entry, digest in zip(entries, digests, strict=True):
        if digest is None:
            return None
        parts += [entry.source, digest]
    return keys.of("report", *parts)
