"""Read DOCX: the pictures of the text, its headers, footers and notes, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from figecho.errors import SourceError
from figecho.sources.ooxml import Package, Relation, pictures_of
from figecho.sources.parts import Asked, At, Note, Part, Picture
from figecho.sources.placed import Placed, numbered
from figecho.sources.shapes import Shape, shapes_of

_MAIN = "word/document.xml"
_PARAGRAPH = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p"
_BESIDE = {
    "header": "header",
    "footer": "footer",
    "footnotes": "footnote",
    "endnotes": "endnote",
    "comments": "comment",
    "chart": "chart",
    "diagramDrawing": "diagram",
}


def read_docx(data: bytes, asked: Asked) -> Iterator[Part]:
    """Read the pictures in the order of the text; their place is the paragraph they stand in.

    Raises
    ------
    SourceError
        The package, or the text in it, is damaged.
    """
    package = Package.of(data, asked, "DOCX document")
    main = package.target("", "officeDocument") or _MAIN
    try:
        relations = package.relations(main)
        shapes = list(shapes_of(package.tree(main), _PARAGRAPH))
    except SourceError as error:
        raise SourceError(f"damaged DOCX document: {main}: {error}") from error
    yield At(where="the text")
    count = 0
    for shape in shapes:
        where = f"paragraph {shape.paragraph}"
        if shape.fallback:
            where += ", for older programs"
        for part in _one(package, shape, relations, asked, where, count + 1):
            count += isinstance(part, Picture)
            yield part
    for relation in sorted(relations.values(), key=lambda r: (r.kind, r.target)):
        if relation.kind not in _BESIDE or relation.external:
            continue
        where = _BESIDE[relation.kind]
        try:
            inner = package.relations(relation.target)
            beside = list(shapes_of(package.tree(relation.target)))
        except SourceError as error:
            yield Note(reason=f"damaged: {error}", where=where)
            continue
        for shape in beside:
            for part in _one(package, shape, inner, asked, where, count + 1):
                count += isinstance(part, Picture)
                yield part
    yield from package.unshown("word/media/")


def _one(
    package: Package,
    shape: Shape,
    relations: dict[str, Relation],
    asked: Asked,
    where: str,
    number: int,
) -> Iterator[Part]:
    relation = relations.get(shape.relation) or Relation("image", f"missing {shape.relation}")
    for item in pictures_of(package, iter([(shape, relation)]), asked, where):
        if isinstance(item, Placed):
            # The page is made when it is shown; a place on it would be a guess.
            yield from numbered([replace(item, box_pt=None)], page=None, where=where, first=number)
            number += 1
        else:
            yield item
