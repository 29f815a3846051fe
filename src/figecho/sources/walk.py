"""Find the files to read under the paths a user names, and give each a name for the report."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from figecho.sources.kinds import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, UNREAD_SUFFIXES

#: What a scan writes into the folder of ``--out``.
REPORT, EVIDENCE = "report.json", "evidence"
_REPORT_HEAD = re.compile(rb'\s*\{\s*"schema_version":\s*"[^"]*",\s*"tool":\s*\{\s*"figecho"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file to read, or one place that cannot be entered.

    Attributes
    ----------
    path : Path
        Where it lies.
    source : str
        Its name in the report, unique in a run.
    problem : str or None
        Why it cannot be read, where that shows without opening it.
    """

    path: Path
    source: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    depth: int
    """How many trailing parts of the path belong to the name at least."""
    problem: str | None = None


def walk(paths: Sequence[Path]) -> tuple[list[Entry], list[str]]:
    """List the files to read, in natural order of their names.

    Folders are searched recursively; hidden files and folders are passed over, as are files whose
    suffix is neither an image's nor that of a document that may hold images. Each real folder is
    entered once, so links cannot loop; evidence pictures beside a figecho report are no figures, so
    their folder is passed over. What is named explicitly is always listed. A path named
    twice is one entry; two names of the same bytes are two.

    Returns
    -------
    entries : list of Entry
        With unique sources: relative to the folder where one folder is named, else with as many
        parent parts as tell the names apart.
    misused : list of str
        One line for each named path that does not exist or holds nothing to read.
    """
    found: dict[str, _Found] = {}
    misused: list[str] = []
    for path in paths:
        if not os.path.lexists(path):
            misused.append(f"no such file or folder: {path}")
            hits = [_Found(path, 1, "no such file or folder")]
        elif path.is_dir():
            hits = list(_inside(path, with_folder=len(paths) > 1))
            if not hits:
                misused.append(f"no images in folder: {path}")
        else:
            hits = [_Found(path, 1, _problem(path))]
        for hit in hits:
            # Not resolve(): two links to one file are two names, and so two inputs.
            found.setdefault(os.path.abspath(hit.path), hit)  # noqa: PTH100
    names = _names(found)
    entries = [
        Entry(path=hit.path, source=names[where], problem=hit.problem)
        for where, hit in found.items()
    ]
    return sorted(entries, key=lambda entry: natural_key(entry.source)), misused


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sort key under which ``fig2`` comes before ``fig10``; ties fall to plain order."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts), name


def may_hold_pictures(suffix: str) -> bool:
    """Whether files with this suffix (lower case) are opened inside folders and archives."""
    return suffix in IMAGE_SUFFIXES or suffix in DOCUMENT_SUFFIXES or suffix in UNREAD_SUFFIXES


def _inside(root: Path, *, with_folder: bool) -> Iterator[_Found]:
    seen: set[tuple[int, int]] = set()
    stack = [(root, int(with_folder))]
    while stack:
        folder, depth = stack.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            children = sorted(folder.iterdir())
        except OSError as error:
            yield _Found(folder, max(depth, 1), f"folder cannot be read: {_plain(error)}")
            continue
        for child in children:
            if child.name.startswith("."):
                continue
            suffix = child.suffix.lower()
            if child.is_dir():
                if child.name == EVIDENCE and _is_report(folder / REPORT):
                    continue
                stack.append((child, depth + 1))
            elif may_hold_pictures(suffix):
                yield _Found(child, depth + 1, _problem(child))


def _is_report(path: Path) -> bool:
    """Whether a file begins like the JSON report of a scan."""
    try:
        with path.open("rb") as file:
            return _REPORT_HEAD.match(file.read(200)) is not None
    except OSError:
        return False


def _problem(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "broken link"
    except OSError as error:
        return _plain(error)
    return None if stat.S_ISREG(mode) else "not a regular file"


def _plain(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _names(found: dict[str, _Found]) -> dict[str, str]:
    """Name each absolute path by its last parts, as many as are needed to tell them apart."""
    parts = {where: Path(where).parts[1:] for where in found}
    depth = {where: min(max(hit.depth, 1), len(parts[where])) for where, hit in found.items()}
    while True:
        names = {where: _joined(parts[where][-depth[where] :]) for where in found}
        longer = [w for w in _clashing(names) if depth[w] < len(parts[w])]
        if not longer:
            return names
        for where in longer:
            depth[where] += 1


def _clashing(names: dict[str, str]) -> list[str]:
    by_name: dict[str, list[str]] = {}
    for where, name in names.items():
        by_name.setdefault(name, []).append(where)
    return [w for group in by_name.values() if len(group) > 1 for w in group]


def _joined(parts: Iterable[str]) -> str:
    # A name that is no valid text must still be printable, and stay unlike its neighbours.
    return os.fsencode("/".join(parts)).decode("utf-8", "backslashreplace")
