"""The package of an Office document: its parts, how they point at each other, their pictures.

The XML is read by the standard library with document types refused: entities cannot expand.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from figecho.errors import SourceError
from figecho.sources.archive import Budget, unpacked
from figecho.sources.images import read_image
from figecho.sources.kinds import HEAD_BYTES, UNREAD_SUFFIXES, kind_of, refusal
from figecho.sources.parts import Asked, LeftOut, Note, Picture, decoding
from figecho.sources.placed import Placed, cropped, is_decoration, turned, with_change
from figecho.sources.shapes import Shape
from figecho.sources.tiffs import read_tiff

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_STRICT = "http://purl.oclc.org/ooxml/"
_USUAL = "http://schemas.openxmlformats.org/"
_READ = frozenset({"png", "jpeg", "gif", "bmp", "webp"})


@dataclass(frozen=True, slots=True)
class Relation:
    """One pointer of a part: what kind it is (its last word), and to which part."""

    kind: str
    target: str
    external: bool = False


class _Builder(TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise SourceError("its XML defines a document type, which Office never does")


@dataclass(slots=True)
class Package:
    """The parts of an Office document, each read once and within limits.

    ``shown`` maps the digest of each picture met so far to the part that holds it.
    """

    archive: zipfile.ZipFile
    budget: Budget
    shown: dict[str, str] = field(default_factory=dict)
    _cached: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, data: bytes, asked: Asked, what: str) -> Package:
        """Open a package.

        Raises
        ------
        SourceError
            Its list of parts cannot be read; ``what`` names the kind of document.
        """
        try:
            with decoding():
                archive = zipfile.ZipFile(io.BytesIO(data))
        except SourceError as error:
            raise SourceError(f"damaged {what}: its list of parts cannot be read") from error
        return cls(archive, Budget.of(asked.limits))

    @property
    def names(self) -> list[str]:
        """Names of all parts, sorted."""
        return sorted(self.archive.namelist())

    def read(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises
        ------
        SourceError
            There is none of that name, or it is damaged or over the limits.
        """
        if name not in self._cached:
            try:
                info = self.archive.getinfo(name)
            except KeyError as error:
                raise SourceError("it is missing from the file") from error
            why = self.budget.refusal(info)
            if why is not None:
                raise SourceError(why)
            self._cached[name] = unpacked(self.archive, info)
        return self._cached[name]

    def tree(self, name: str) -> Element:
        """Return the root element of an XML part.

        Raises
        ------
        SourceError
            It cannot be read, or is no XML.
        """
        data = self.read(name)
        parser = XMLParser(target=_Builder())
        try:
            parser.feed(data)
            root: Element = parser.close()
        except SourceError:
            raise
        except Exception as error:
            raise SourceError("its XML is damaged") from error
        if _STRICT.encode() in data[:4000]:
            _loosen(root)
        return root

    def relations(self, name: str) -> dict[str, Relation]:
        """Return the pointers of a part by their id; none where it has no list of them."""
        folder, base = posixpath.split(name)
        listing = posixpath.join(folder, "_rels", f"{base}.rels")
        if listing not in self.archive.NameToInfo:
            return {}
        found = {}
        for item in self.tree(listing).iter(f"{_RELATIONS}Relationship"):
            target = _plain(item.get("Target", ""))
            external = item.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = item.get("Type", "").rpartition("/")[2]
            found[item.get("Id", "")] = Relation(kind, target, external)
        return found

    def unshown(self, folder: str) -> Iterator[Note | LeftOut]:
        """Account for stored pictures that nothing shows, so that none vanishes."""
        count = 0
        for name in self.names:
            if not name.startswith(folder) or name in self._cached or name.endswith("/"):
                continue
            suffix = posixpath.splitext(name)[1].lower()
            if suffix in UNREAD_SUFFIXES:
                yield Note(reason=f"{posixpath.basename(name)}: {refusal(suffix, suffix)}")
            else:
                count += 1
        if count:
            yield LeftOut(count=count)

    def target(self, name: str, kind: str) -> str | None:
        """Return the first part of a kind that ``name`` points to."""
        hits = [r.target for r in self.relations(name).values() if r.kind == kind]
        return hits[0] if hits else None


def pictures_of(
    package: Package,
    shapes: Iterator[tuple[Shape, Relation]],
    asked: Asked,
    where: str,
) -> Iterator[Placed | Note | LeftOut]:
    """Read the picture of each shape, cropped and turned as the document shows it."""
    for shape, relation in shapes:
        media = posixpath.basename(relation.target)
        if relation.external:
            yield Note(reason="a picture lies outside of the file", where=where)
            continue
        try:
            data = package.read(relation.target)
            digest = hashlib.sha256(data).hexdigest()
            twin = package.shown.setdefault(digest, relation.target)
            if shape.fallback and twin == relation.target:
                # The older twin of a picture, kept for older programs, in the same file or redrawn.
                continue
            yield from _placed(shape, data, digest, media, asked)
        except SourceError as error:
            yield Note(reason=f"{media}: {error}", where=where)


def _placed(
    shape: Shape, data: bytes, digest: str, media: str, asked: Asked
) -> Iterator[Placed | LeftOut]:
    kind = kind_of(data[:HEAD_BYTES])
    if kind in _READ:
        parts = read_image(data, asked.limits)
    elif kind == "tiff":
        parts = read_tiff(data, asked.limits)
    else:
        raise SourceError(refusal(kind, posixpath.splitext(media)[1].lower()))
    for part in parts:
        if not isinstance(part, Picture):
            continue
        height, width = part.pixels.shape[:2]
        if is_decoration(width, height, shape.box_pt):
            yield LeftOut(count=1)
            continue
        placed = Placed(
            pixels=part.pixels,
            box_pt=shape.box_pt,
            media=media,
            media_sha256=digest,
            original=data if asked.originals else None,
        )
        pixels, changed = cropped(placed.pixels, *shape.crop)
        if changed:
            placed = with_change(placed, "cropped", pixels)
        pixels, changed = turned(placed.pixels, *shape.axes)
        yield with_change(placed, "turned", pixels) if changed else placed


def _plain(target: str) -> str:
    """Undo the %20 of a pointer."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), target)


def _loosen(root: Element) -> None:
    """Rename the namespaces of the strict variant of the format to those of the usual one."""
    for element in root.iter():
        element.tag = _usual(element.tag)
        for key in [k for k in element.attrib if _STRICT in k]:
            element.attrib[_usual(key)] = element.attrib.pop(key)


def _usual(name: str) -> str:
    if _STRICT not in name:
        return name
    for part in ("drawingml", "presentationml", "wordprocessingml", "spreadsheetml"):
        name = name.replace(f"{_STRICT}{part}/", f"{_USUAL}{part}/2006/")
    return name.replace(
        f"{_STRICT}officeDocument/relationships", f"{_USUAL}officeDocument/2006/relationships"
    )
