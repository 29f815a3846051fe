"""Large and hostile inputs: each costs what its limits say, and is stated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from figecho.config import Limits
from figecho.sources import collect
from figecho.sources.parts import Asked, LeftOut, Note, Picture
from figecho.sources.pdf import read_pdf
from figecho.sources.pptx import read_pptx
from pictures import tissue
from synth import pdf as make
from synth.office import Shown, Slide, docx, png, pptx, zipped


def test_five_hundred_pages_are_read_in_order() -> None:
    stored = make.flate(tissue(60, 80))
    pages = []
    for k in range(500):
        page = make.Page()
        page.write(f"Page {k + 1} says what the page before it said.", 72, 72)
        if k % 100 == 0:
            page.put(stored, (72, 100, 160, 120))
        pages.append(page)
    parts = list(read_pdf(make.pdf(pages), Asked(limits=Limits())))
    assert [p.page for p in parts if isinstance(p, Picture)] == [1, 101, 201, 301, 401]
    assert not [p for p in parts if isinstance(p, Note)]


def test_more_pages_than_the_limit_are_stated() -> None:
    page = make.Page()
    page.put(make.flate(tissue(60, 80)), (72, 100, 160, 120))
    asked = Asked(limits=Limits(max_pages=3))
    parts = list(read_pdf(make.pdf([page] * 5), asked))
    assert len([p for p in parts if isinstance(p, Picture)]) == 3
    assert parts[-1] == Note(reason="only the first 3 of 5 pages were scanned")
    slides = [Slide([Shown(media="a.png")])] * 5
    deck = list(read_pptx(zipped(pptx(slides, {"a.png": png(tissue(60, 80))})), asked))
    assert len([p for p in deck if isinstance(p, Picture)]) == 3
    assert [p.reason for p in deck if isinstance(p, Note)] == [
        "only the first 3 of 5 slides were scanned"
    ]


def test_a_picture_stored_once_and_shown_often_is_no_flood() -> None:
    page = make.Page()
    stored = make.flate(tissue(20, 20))
    for k in range(300):
        page.put(stored, (10 + 25 * (k % 20), 20 + 25 * (k // 20), 10, 10))
    parts = list(read_pdf(make.pdf([page]), Asked(limits=Limits())))
    assert not [p for p in parts if isinstance(p, Picture)]
    assert sum(p.count for p in parts if isinstance(p, LeftOut)) == 300


def test_a_tiff_that_claims_to_be_huge_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "big.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), bigtiff=True)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        for name in ("ImageWidth", "ImageLength"):
            at = tiff.pages[0].tags[name].valueoffset
            data[at : at + 4] = (50_000).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    collected = collect([path], Limits())
    assert not collected.figures
    assert "too large: 50000 x 50000 px" in collected.not_scanned[0].reason


def test_a_file_too_heavy_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "heavy.tif"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)  # sparse: it takes no room
    (missed,) = collect([path], Limits()).not_scanned
    assert missed.reason.startswith("too large: 3000000000 bytes")


@pytest.mark.parametrize("name", ["deck.pptx", "text.docx", "sheet.xlsx", "paper.pdf", "all.zip"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.97])
def test_a_truncated_document_is_stated(tmp_path: Path, name: str, share: float) -> None:
    media = {"a.png": png(tissue(60, 80))}
    page = make.Page()
    page.put(make.flate(tissue(60, 80)), (72, 100, 160, 120))
    whole = {
        "deck.pptx": zipped(pptx([Slide([Shown(media="a.png")])], media)),
        "text.docx": zipped(docx([Shown(media="a.png")], media)),
        "sheet.xlsx": zipped({"xl/workbook.xml": b"<workbook/>"}),
        "paper.pdf": make.pdf([page]),
        "all.zip": zipped(media),
    }[name]
    path = tmp_path / name
    path.write_bytes(whole[: int(share * len(whole))])
    collected = collect([path], Limits())
    assert collected.not_scanned or collected.inputs
    assert all("\n" not in n.reason and n.reason for n in collected.not_scanned)
    if name != "paper.pdf":  # what is left of a PDF may still show its pages
        assert collected.not_scanned
