"""Read PPTX: the pictures of every slide from the media folder, as the slide shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from figecho.errors import SourceError
from figecho.sources.ooxml import Package, Relation, pictures_of
from figecho.sources.parts import Asked, At, Note, Part, Picture
from figecho.sources.placed import Placed, numbered
from figecho.sources.shapes import R, Shape, shapes_of

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_MAIN = "ppt/presentation.xml"
#: Parts of a slide that may hold pictures of their own: charts, SmartArt, speaker notes.
_BESIDE = frozenset({"chart", "chartEx", "diagramDrawing", "chartUserShapes", "notesSlide"})


def read_pptx(data: bytes, asked: Asked) -> Iterator[Part]:
    """Read the slides in the order they are shown, then masters and layouts.

    Yields
    ------
    Part
        Pictures with their slide as page; those of masters and layouts, which stand on many
        slides, have no page and come last.

    Raises
    ------
    SourceError
        The package is damaged as a whole.
    """
    package = Package.of(data, asked, "PPTX document")
    try:
        slides = _slides(package)
    except SourceError as error:
        raise SourceError(f"damaged PPTX document: {_MAIN}: {error}") from error
    for number, slide in enumerate(slides[: asked.limits.max_pages], start=1):
        where = f"slide {number}"
        yield At(where=where)
        yield from page_parts(package, slide, asked, page=number, where=where)
    if len(slides) > asked.limits.max_pages:
        yield Note(
            reason=f"only the first {asked.limits.max_pages} of {len(slides)} slides were scanned"
        )
    first = 1
    for folder, word in (("slideMasters", "slide master"), ("slideLayouts", "slide layout")):
        names = [n for n in package.names if n.startswith(f"ppt/{folder}/slide")]
        for name in names:
            where = f"{word} {''.join(c for c in name if c.isdigit())}"
            for part in page_parts(package, name, asked, page=None, where=where, first=first):
                first += isinstance(part, Picture)
                yield part
    yield from package.unshown("ppt/media/")


def page_parts(
    package: Package, name: str, asked: Asked, *, page: int | None, where: str, first: int = 1
) -> Iterator[Part]:
    """Read the pictures of one part, and of the charts and notes that hang on it."""
    placed: list[Placed] = []
    for part, shapes in _with_beside(package, name, where):
        if isinstance(shapes, Note):
            yield shapes
            continue
        for item in pictures_of(package, iter(shapes), asked, where):
            if isinstance(item, Placed):
                # What lies in a chart or in the notes has no place on the slide.
                placed.append(item if part == name else _unplaced(item))
            else:
                yield item
    yield from numbered(placed, page=page, where=where, first=first)


def _with_beside(
    package: Package, name: str, where: str
) -> Iterator[tuple[str, list[tuple[Shape, Relation]] | Note]]:
    try:
        relations = package.relations(name)
        root = package.tree(name)
    except SourceError as error:
        yield name, Note(reason=f"damaged: {error}", where=where)
        return
    yield name, _resolved(root, relations)
    for relation in relations.values():
        if relation.kind in _BESIDE and not relation.external:
            try:
                inner = package.relations(relation.target)
                yield relation.target, _resolved(package.tree(relation.target), inner)
            except SourceError as error:
                yield relation.target, Note(reason=f"{relation.kind}: {error}", where=where)


def _resolved(root: Element, relations: dict[str, Relation]) -> list[tuple[Shape, Relation]]:
    found = []
    for shape in shapes_of(root):
        relation = relations.get(shape.relation)
        found.append((shape, relation or Relation("image", f"missing {shape.relation}")))
    return found


def _unplaced(placed: Placed) -> Placed:
    return replace(placed, box_pt=None)


def _slides(package: Package) -> list[str]:
    """Return the parts of the slides in the order they are shown."""
    relations = package.relations(_MAIN)
    listed = package.tree(_MAIN).iter(f"{_P}sldId")
    slides = [relations[i.get(f"{R}id", "")] for i in listed if i.get(f"{R}id") in relations]
    return [s.target for s in slides if s.kind == "slide"]
