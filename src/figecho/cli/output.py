"""Where results go: stdout, or files that are new (or that --force allows to replace)."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figecho.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from figecho.farm.place import Progress
    from figecho.model import ByteArray

STDOUT = Path("-")
_OURS = re.compile(r"(F\d{3,}(-[ab])?|pair)\.png")


@dataclass(frozen=True, slots=True)
class Output:
    """What to write where; made before the work starts, so that no hour is spent in vain.

    Raises
    ------
    ConfigError
        A target exists and ``force`` is not set, or two results would share stdout.
    """

    folder: Path | None = None
    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    quiet: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        if self.json == STDOUT and self.csv == STDOUT:
            raise ConfigError("only one of --json and --csv can go to stdout ('-')")
        if self.html == STDOUT:
            raise ConfigError("--html takes a file: a page is no text for a terminal")
        for path in (self.json, self.csv, self.html):
            if path is not None and path != STDOUT:
                _check(path, self.force)
        if self.folder is not None:
            for name in ("report.html", "report.json", "findings.csv", "evidence"):
                _check(self.folder / name, self.force, folder=name == "evidence")

    @property
    def shows(self) -> bool:
        """True where stdout is free for the report a person reads."""
        return not self.quiet and STDOUT not in (self.json, self.csv)

    def text(self, target: Path | None, text: str) -> None:
        """Write ``text`` to a file or to stdout; do nothing where there is no target."""
        if target == STDOUT:
            _to_stdout(text)
        elif target is not None:
            save(target, text.encode("utf-8"))

    def show(self, *parts: RenderableType) -> None:
        """Print what a person reads, if stdout is free for it."""
        if self.shows:
            stdout = console(sys.stdout)
            with _pipe(), stdout.capture() as captured:
                for part in parts:
                    stdout.print(part)
            _to_stdout(captured.get())

    def pictures(self, pictures: Iterable[tuple[str, ByteArray]]) -> None:
        """Save evidence pictures as ``evidence/NAME.png``, and remove those of an earlier run."""
        if self.folder is None:
            return
        from figecho.farm.ahead import ahead

        evidence = self.folder / "evidence"
        written = set(ahead(partial(_saved, evidence, name, rgb) for name, rgb in pictures))
        for old in evidence.glob("*.png"):
            if _OURS.fullmatch(old.name) and old.name not in written:
                old.unlink()


def _saved(folder: Path, name: str, rgb: ByteArray) -> str:
    """Save a picture; return the name of its file."""
    save(folder / f"{name}.png", png(rgb))
    return f"{name}.png"


def save(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, making its folder where needed.

    Raises
    ------
    ConfigError
        The file cannot be written there.
    """
    part = path.with_name(f".{path.name[:200]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(_unwritable(path, error)) from error


def console(stream: Any) -> Console:
    """Return a console that prints literally: no markup, emoji codes or guessed highlights."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(quiet: bool = False) -> Iterator[Progress | None]:
    """Give a callback that draws a bar on stderr, or None where nobody watches it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    texts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Bars(*texts, *times, console=console(sys.stderr), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def _check(path: Path, force: bool, *, folder: bool = False) -> None:
    """Refuse a target that exists, or that cannot come into being."""
    try:
        if path.exists() and path.is_dir() != folder:
            raise ConfigError(f"'{path}' is {'no' if folder else 'a'} folder")
        if path.exists() and not force:
            raise ConfigError(f"'{path}' exists already; --force replaces it")
        home = next(parent for parent in path.absolute().parents if parent.exists())
    except OSError as error:
        raise ConfigError(_unwritable(path, error)) from error
    if not (home.is_dir() and os.access(home, os.W_OK)):
        raise ConfigError(f"'{path}' cannot be written: '{home}' is no folder open to it")


def _unwritable(path: Path, error: OSError) -> str:
    return f"'{path}' cannot be written: {(error.strerror or type(error).__name__).lower()}"


def _to_stdout(text: str) -> None:
    with _pipe():
        stream = sys.stdout
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        stream.write(text)
        stream.flush()


@contextmanager
def _pipe() -> Iterator[None]:
    """Let a reader that closes its end early (``| head``) pass in silence."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def png(rgb: ByteArray) -> bytes:
    """Return a picture as the bytes of a PNG."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    # Noise hardly packs: a higher level takes four times as long to save a tenth.
    Image.fromarray(rgb).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
