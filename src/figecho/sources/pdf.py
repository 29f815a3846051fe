"""Read PDF: embedded pictures with native pixels by pypdfium2 and pikepdf, drawn ones rendered.

Runs in a worker process only: pdfium knows no threads, and a hostile file may end it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from figecho.errors import SourceError
from figecho.sources.parts import Asked, At, LeftOut, Note, Part, decoding
from figecho.sources.pdf_drawn import drawings_of
from figecho.sources.pdf_images import figures_among, images_of
from figecho.sources.pdf_streams import Streams
from figecho.sources.placed import Placed, numbered
from figecho.sources.slices import joined


def read_pdf(data: bytes, asked: Asked) -> Iterator[Part]:
    """Read every page of a PDF document.

    Yields
    ------
    Part
        The pictures page by page in reading order; a note for what cannot be read.

    Raises
    ------
    SourceError
        Encrypted, damaged, or without pages.
    """
    document = _opened(data, asked.password)
    streams = Streams.of(data, asked.password)
    pages = len(document)
    if pages == 0:
        raise SourceError("damaged PDF: it has no pages")
    for index in range(min(pages, asked.limits.max_pages)):
        where = f"page {index + 1}"
        yield At(where=where)
        try:
            with decoding():
                parts = list(_page(document, index, streams, asked))
        except SourceError as error:
            yield Note(reason=str(error), where=where)
            continue
        yield from parts
    if pages > asked.limits.max_pages:
        yield Note(reason=f"only the first {asked.limits.max_pages} of {pages} pages were scanned")


def _page(
    document: pdfium.PdfDocument, index: int, streams: Streams, asked: Asked
) -> Iterator[Part]:
    where = f"page {index + 1}"
    page = document[index]
    try:
        placed: list[Placed] = []
        for item in images_of(page, streams, asked, where):
            if isinstance(item, Placed):
                placed.append(item)
            else:
                yield item
        whole, small = figures_among(joined(placed))
        if small:
            yield LeftOut(count=small)
        boxes = [p.box_pt for p in placed if p.box_pt is not None]
        try:
            with decoding():
                whole += drawings_of(page, boxes, asked.limits)
        except SourceError as error:
            yield Note(reason=f"its drawings cannot be rendered: {error}", where=where)
        yield from numbered(whole, page=index + 1, where=where)
    finally:
        page.close()


def _opened(data: bytes, password: str | None) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data, password=password)
    except pdfium.PdfiumError as error:
        code = raw.FPDF_GetLastError() if not hasattr(error, "err_code") else error.err_code
        if code == raw.FPDF_ERR_PASSWORD:
            raise SourceError(
                "encrypted: the password given does not open it"
                if password
                else "encrypted: --password gives what opens it"
            ) from error
        if code == raw.FPDF_ERR_SECURITY:
            raise SourceError("encrypted in a way that is not read") from error
        raise SourceError("damaged PDF: its structure cannot be read") from error
