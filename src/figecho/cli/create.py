"""Create a folder of files: all of them or none, and never over what is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from figecho.errors import ConfigError


def refuse_existing(out: Path, names: Sequence[str]) -> None:
    """Refuse a target that is no folder, or in which one of the names is taken.

    Raises
    ------
    ConfigError
        So it is.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"'{out}' is no folder")
    for name in names:
        if os.path.lexists(out / name):
            raise ConfigError(f"'{out / name}' exists already, and nothing was written")


@contextmanager
def all_or_nothing(out: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Give a function that creates files in ``out``; should one fail, all of them are removed."""
    made: list[Path] = []
    folders = [f for f in (out, *out.absolute().parents) if not f.exists()]

    def create(name: str, data: bytes) -> None:
        # Exclusive: a file that came up meanwhile is somebody else's.
        with (out / name).open("xb") as stream:
            made.append(out / name)
            stream.write(data)

    try:
        out.mkdir(parents=True, exist_ok=True)
        yield create
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            reason = (error.strerror or type(error).__name__).lower()
            raise ConfigError(f"'{out}' cannot be written: {reason}; nothing was kept") from error
        raise
