"""Look into ZIP archives without unpacking them: members are read into memory, within limits."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.sources.parts import Note, decoding
from figecho.sources.walk import may_hold_pictures, natural_key

#: A member must be this large before its ratio counts: small blank pictures pack very well.
_RATIO_FROM_BYTES = 10_000_000
_DEPTH = 2
_ENCRYPTED = 1
_MAIN_PARTS = {
    "ppt/presentation.xml": ".pptx",
    "word/document.xml": ".docx",
    "xl/workbook.xml": ".xlsx",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive."""

    name: str
    data: bytes


@dataclass(slots=True)
class Purse:
    """What is left to spend, shared by an archive and all archives in it."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What an archive may cost, and how many archives it lies in."""

    purse: Purse
    ratio: float
    depth: int = 1

    @classmethod
    def of(cls, limits: Limits) -> Budget:
        """Return a full budget."""
        purse = Purse(limits.max_archive_files, limits.max_archive_bytes)
        return cls(purse, limits.max_archive_ratio)

    def inside(self) -> Budget:
        """Return what an archive inside this one may cost."""
        return Budget(self.purse, self.ratio, self.depth + 1)

    def refusal(self, info: zipfile.ZipInfo) -> str | None:
        """Say why a member is not read, or take its cost from the budget."""
        if info.flag_bits & _ENCRYPTED:
            return "encrypted"
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size >= _RATIO_FROM_BYTES and ratio > self.ratio:
            return f"unpacks to {ratio:.0f} times its size, limit {self.ratio:g}"
        if info.file_size > self.purse.bytes:
            return "the archive unpacks to more bytes than the limit"
        if self.purse.files < 1:
            return "the archive holds more files than the limit"
        self.purse.bytes -= info.file_size
        self.purse.files -= 1
        return None


def members(data: bytes, budget: Budget) -> Iterator[Member | Note]:
    """Yield the files of an archive that may hold pictures, in natural order of their names.

    Yields
    ------
    Member or Note
        A note for what is not read, and why. Names never point out of the archive: roots and
        ``..`` are dropped, and a name that comes twice is told apart.
    """
    if budget.depth > _DEPTH:
        yield Note(reason="an archive in an archive in an archive is not opened")
        return
    try:
        with decoding():
            archive = zipfile.ZipFile(io.BytesIO(data))
    except SourceError:
        yield Note(reason="damaged ZIP archive: its list of files cannot be read")
        return
    with archive:
        wanted = [(name, info) for name, info in _named(archive.infolist()) if _opened(name)]
        if not wanted:
            yield Note(reason="holds no pictures and no documents")
        refused: dict[str, list[str]] = {}
        for name, info in wanted:
            why = budget.refusal(info)
            if why is not None:
                refused.setdefault(why, []).append(name)
                continue
            try:
                yield Member(name=name, data=unpacked(archive, info))
            except SourceError as error:
                yield Note(reason=f"{name}: {error}")
        for why, names in refused.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            yield Note(reason=f"{names[0]}{more}: {why}")


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of one member, never more than it claims to have.

    Raises
    ------
    SourceError
        It is damaged, or packed in a way that is not read.
    """
    try:
        with archive.open(info) as stream:
            return stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise SourceError("damaged in the archive") from error
    except (NotImplementedError, RuntimeError) as error:
        raise SourceError("packed in a way that is not read") from error


def package_kind(data: bytes, suffix: str) -> str:
    """Tell Office documents from plain archives by what they hold.

    Returns
    -------
    str
        ``".pptx"``, ``".docx"``, ``".xlsx"``, a key of
        :data:`figecho.sources.kinds.UNREAD_SUFFIXES`, or ``".zip"``. What is too damaged to tell
        is taken for what its ``suffix`` says.
    """
    try:
        with decoding(), zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = next((k for part, k in _MAIN_PARTS.items() if part in names), None)
            if kind is None and "mimetype" in names:
                info = archive.getinfo("mimetype")
                mime = unpacked(archive, info) if info.file_size < 200 else b""
                kind = {b"text": ".odt", b"presentation": ".odp"}.get(mime.rpartition(b".")[2])
    except SourceError:
        office = {".pptx": ".pptx", ".docx": ".docx", ".xlsx": ".xlsx"}
        return office.get(suffix, ".zip")
    return kind or ".zip"


def _named(infos: list[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
    named: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.is_dir():
            continue
        parts = [p for p in info.filename.replace("\\", "/").split("/") if p not in {"", ".", ".."}]
        name = "/".join(parts) or "unnamed"
        count = 1
        while name in named:
            count += 1
            path = PurePosixPath("/".join(parts) or "unnamed")
            name = str(path.with_name(f"{path.stem}~{count}{path.suffix}"))
        named[name] = info
    return sorted(named.items(), key=lambda item: natural_key(item[0]))


def _opened(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and may_hold_pictures(path.suffix.lower())
