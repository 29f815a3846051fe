"""Read XLSX: the pictures that lie on each sheet."""

from __future__ import annotations

from collections.abc import Iterator

from figecho.errors import SourceError
from figecho.sources.ooxml import Package
from figecho.sources.parts import Asked, At, Note, Part
from figecho.sources.pptx import page_parts
from figecho.sources.shapes import R

_MAIN = "xl/workbook.xml"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"


def read_xlsx(data: bytes, asked: Asked) -> Iterator[Part]:
    """Read the sheets in the order of their tabs.

    Raises
    ------
    SourceError
        The package is damaged as a whole.
    """
    package = Package.of(data, asked, "XLSX document")
    try:
        relations = package.relations(_MAIN)
        sheets = [
            relations[s.get(f"{R}id", "")]
            for s in package.tree(_MAIN).iter(_SHEET)
            if s.get(f"{R}id") in relations
        ]
    except SourceError as error:
        raise SourceError(f"damaged XLSX document: {_MAIN}: {error}") from error
    for number, sheet in enumerate(sheets[: asked.limits.max_pages], start=1):
        where = f"sheet {number}"
        yield At(where=where)
        try:
            drawing = package.target(sheet.target, "drawing")
        except SourceError as error:
            yield Note(reason=f"damaged: {error}", where=where)
            continue
        if drawing is not None:
            yield from page_parts(package, drawing, asked, page=number, where=where)
    yield from package.unshown("xl/media/")
