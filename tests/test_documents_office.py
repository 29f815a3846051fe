"""PPTX, DOCX, XLSX: originals from the media folder, cropped and turned as they are shown."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.sources import collect
from figecho.sources.docx import read_docx
from figecho.sources.parts import Asked, LeftOut, Note, Picture
from figecho.sources.pptx import read_pptx
from pictures import tissue
from synth.office import Group, Parts, Shown, Slide, docx, jpg, png, pptx, zipped

FIELD = tissue(120, 160, seed=1)
OTHER = tissue(100, 140, seed=2)
MEDIA = {"image1.png": png(FIELD), "image2.png": png(OTHER)}
ASKED = Asked(limits=Limits())


def pictures(parts: Parts) -> list[Picture]:
    found = list(read_pptx(zipped(parts), ASKED))
    assert not [part for part in found if isinstance(part, Note)]
    return [part for part in found if isinstance(part, Picture)]


def one(shown: Shown | Group) -> np.ndarray:
    (picture,) = pictures(pptx([Slide([shown])], MEDIA))
    return picture.pixels


def test_a_slide_gives_the_original_with_its_place() -> None:
    shown = Shown(media="image1.png", box=(72, 50, 320, 240))
    (picture,) = pictures(pptx([Slide(text="Title"), Slide([shown])], MEDIA))
    assert np.array_equal(picture.pixels, FIELD)
    assert (picture.page, picture.number) == (2, 1)
    assert picture.origin is not None
    assert picture.origin.where == "slide 2"
    assert picture.origin.media == "image1.png"
    assert picture.origin.media_sha256 == hashlib.sha256(MEDIA["image1.png"]).hexdigest()
    assert picture.origin.box_pt == pytest.approx((72, 50, 320, 240), abs=0.01)


def test_slides_come_in_the_order_they_are_shown() -> None:
    parts = pptx([Slide([Shown(media="image1.png")]), Slide([Shown(media="image2.png")])], MEDIA)
    listed = parts["ppt/presentation.xml"]
    first, second = b'<p:sldId id="256" r:id="rId1"/>', b'<p:sldId id="257" r:id="rId2"/>'
    assert first + second in listed
    parts["ppt/presentation.xml"] = listed.replace(first + second, second + first)
    found = pictures(parts)
    assert [p.page for p in found] == [1, 2]
    assert np.array_equal(found[0].pixels, OTHER)


def test_a_crop_is_honoured_and_padding_adds_nothing() -> None:
    cut = one(Shown(media="image1.png", crop=(0.25, 0.1, 0.5, 0.2)))
    assert np.array_equal(cut, FIELD[12:96, 40:80])
    assert np.array_equal(one(Shown(media="image1.png", crop=(-0.2, 0, -0.1, 0))), FIELD)


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ({"rotation": 90}, np.rot90(FIELD, -1)),
        ({"rotation": 180}, np.rot90(FIELD, 2)),
        ({"rotation": 270}, np.rot90(FIELD)),
        ({"flip_h": True}, FIELD[:, ::-1]),
        ({"flip_v": True}, FIELD[::-1]),
        ({"flip_h": True, "rotation": 90}, np.rot90(FIELD[:, ::-1], -1)),
        ({"rotation": 20}, FIELD),
    ],
)
def test_turns_and_mirrors_are_honoured(how: dict[str, float], shown: np.ndarray) -> None:
    assert np.array_equal(one(Shown(media="image1.png", **how)), shown)  # type: ignore[arg-type]


def test_groups_place_and_turn_what_is_in_them() -> None:
    inner = Shown(media="image1.png", box=(10, 10, 40, 30))
    group = Group(members=[inner], box=(100, 200, 200, 150), inner=(0, 0, 100, 75))
    (picture,) = pictures(pptx([Slide([group])], MEDIA))
    assert picture.origin is not None
    assert picture.origin.box_pt == pytest.approx((120, 220, 80, 60), abs=0.05)
    turned = Group(members=[inner], box=(0, 0, 100, 75), inner=(0, 0, 100, 75), rotation=180)
    assert np.array_equal(one(turned), np.rot90(FIELD, 2))


def test_media_used_twice_is_named_twice_as_one_file() -> None:
    slides = [Slide([Shown(media="image1.png")]), Slide([Shown(media="image1.png")])]
    first, second = pictures(pptx(slides, MEDIA))
    assert (first.page, second.page) == (1, 2)
    assert first.origin is not None
    assert second.origin is not None
    assert first.origin.media_sha256 == second.origin.media_sha256


def test_pictures_of_the_master_come_once_without_a_slide() -> None:
    slides = [Slide([Shown(media="image1.png")]) for _ in range(3)]
    master = [Shown(media="image2.png", box=(0, 0, 100, 100))]
    found = pictures(pptx(slides, MEDIA, master))
    assert [p.page for p in found] == [1, 2, 3, None]
    assert found[-1].origin is not None
    assert found[-1].origin.where == "slide master 1"


def test_pictures_in_a_chart_belong_to_its_slide() -> None:
    parts = pptx([Slide([Shown(media="image1.png")])], MEDIA)
    rels = "ppt/slides/_rels/slide1.xml.rels"
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    row = b'<Relationship Id="rId9" Type="%b/%b" Target="%b"/></Relationships>'
    chart = row % (office, b"chart", b"../charts/chart1.xml")
    parts[rels] = parts[rels].replace(b"</Relationships>", chart)
    parts["ppt/charts/chart1.xml"] = parts["ppt/slides/slide1.xml"].replace(b"rId1", b"rId7")
    empty = parts[rels].partition(b"<Relationship ")[0]
    media = row % (office, b"image", b"../media/image2.png")
    parts["ppt/charts/_rels/chart1.xml.rels"] = empty + media.replace(b"rId9", b"rId7")
    found = pictures(parts)
    assert [(p.page, p.number) for p in found] == [(1, 1), (1, 2)]
    assert any(np.array_equal(p.pixels, OTHER) for p in found)


def test_what_cannot_be_read_is_named_once_with_all_its_places(tmp_path: Path) -> None:
    emf = b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(100)
    drawing = Shown(media="image3.emf")
    slides = [Slide([Shown(media="image1.png"), drawing]), Slide([drawing]), Slide([drawing])]
    path = tmp_path / "deck.pptx"
    path.write_bytes(zipped(pptx(slides, {**MEDIA, "image3.emf": emf})))
    collected = collect([path], Limits())
    assert [n.reason for n in collected.not_scanned] == [
        "slides 1, 2 and 3: image3.emf: EMF drawings are not read"
    ]
    assert len(collected.figures) == 1
    assert collected.inputs[0].left_out == 1


def test_stored_pictures_that_nothing_shows_are_accounted_for() -> None:
    wdp = b"II\xbc\x01" + bytes(200)
    parts = pptx([Slide([Shown(media="image1.png")])], {**MEDIA, "hdphoto1.wdp": wdp})
    found = list(read_pptx(zipped(parts), ASKED))
    assert [p.reason for p in found if isinstance(p, Note)] == [
        "hdphoto1.wdp: JPEG XR images are not read"
    ]
    assert sum(p.count for p in found if isinstance(p, LeftOut)) == 1


@pytest.mark.parametrize("broken", [b"<p:sld", b"", b"\xff\xfe\x00 nothing"])
def test_a_broken_slide_costs_that_slide_alone(broken: bytes) -> None:
    slides = [Slide([Shown(media="image1.png")]), Slide([Shown(media="image2.png")])]
    parts = pptx(slides, MEDIA)
    parts["ppt/slides/slide1.xml"] = broken
    found = list(read_pptx(zipped(parts), ASKED))
    assert [p.page for p in found if isinstance(p, Picture)] == [2]
    (note,) = [p for p in found if isinstance(p, Note)]
    assert (note.where, note.reason) == ("slide 1", "damaged: its XML is damaged")


def test_missing_and_broken_media_are_named() -> None:
    slides = [Slide([Shown(media="gone.png"), Shown(media="bad.png"), Shown(media="image1.png")])]
    parts = pptx(slides, {**MEDIA, "bad.png": MEDIA["image2.png"][:200]})
    found = list(read_pptx(zipped(parts), ASKED))
    assert len([p for p in found if isinstance(p, Picture)]) == 1
    reasons = [p.reason for p in found if isinstance(p, Note)]
    assert [r.split(":")[0] for r in reasons] == ["gone.png", "bad.png"]


def test_entities_are_never_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    parts = pptx([Slide([Shown(media="image1.png")])], MEDIA)
    parts["ppt/slides/slide1.xml"] = bomb
    found = list(read_pptx(zipped(parts), ASKED))
    (note,) = [p for p in found if isinstance(p, Note)]
    assert "document type" in note.reason
    parts["ppt/presentation.xml"] = bomb
    with pytest.raises(SourceError, match="damaged PPTX document"):
        list(read_pptx(zipped(parts), ASKED))


def test_outside_entities_read_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    parts = pptx([Slide([Shown(media="image1.png")])], MEDIA)
    uri = (tmp_path / "secret.txt").as_uri().encode()
    parts["ppt/slides/slide1.xml"] = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "' + uri + b'">]><x>&a;</x>'
    )
    found = list(read_pptx(zipped(parts), ASKED))
    assert all("secret" not in getattr(p, "reason", "") for p in found)


def test_a_text_gives_pictures_by_paragraph() -> None:
    body = ["Methods", Shown(media="image1.png"), "Results", "More", Shown(media="image2.png")]
    found = list(read_docx(zipped(docx(body, MEDIA)), ASKED))
    held = [p for p in found if isinstance(p, Picture)]
    assert [(p.page, p.number) for p in held] == [(None, 1), (None, 2)]
    assert [p.origin.where for p in held if p.origin] == ["paragraph 2", "paragraph 5"]
    assert np.array_equal(held[1].pixels, OTHER)


def alternate(first: bytes, second: bytes) -> bytes:
    return (
        b"<mc:AlternateContent><mc:Choice>%b</mc:Choice><mc:Fallback>%b</mc:Fallback>"
        b"</mc:AlternateContent>" % (first, second)
    )


def with_older_twin(media: dict[str, bytes], twin: str) -> list[Picture]:
    """A text whose first picture has a twin, kept for older programs, in a part of its own."""
    parts = docx([Shown(media="image1.png"), Shown(media=twin)], media)
    name = "word/document.xml"
    xml = parts[name]
    begin, end = xml.index(b"<w:drawing>"), xml.index(b"</w:drawing>") + len(b"</w:drawing>")
    last = xml.rindex(b"<w:p>")
    old = b'<w:pict><v:shape><v:imagedata r:id="rId2"/></v:shape></w:pict>'
    xml = (
        xml[:begin]
        + alternate(xml[begin:end], old)
        + xml[end:last]
        + xml[xml.index(b"</w:body>") :]
    )
    parts[name] = xml
    return [p for p in read_docx(zipped(parts), ASKED) if isinstance(p, Picture)]


def test_a_second_copy_kept_for_older_programs_is_named() -> None:
    held = with_older_twin({**MEDIA, "image3.png": MEDIA["image1.png"]}, "image3.png")
    assert [p.origin.media for p in held if p.origin] == ["image1.png", "image3.png"]
    assert held[1].origin is not None
    assert held[1].origin.where == "paragraph 1, for older programs"


def test_an_older_twin_that_is_the_same_part_or_redrawn_is_not_read() -> None:
    assert len(with_older_twin(MEDIA, "image1.png")) == 1
    assert len(with_older_twin({**MEDIA, "image4.jpg": jpg(FIELD)}, "image4.jpg")) == 1


def test_a_document_without_pictures_is_read_in_full(tmp_path: Path) -> None:
    (tmp_path / "text.docx").write_bytes(zipped(docx(["Only words"], {})))
    collected = collect([tmp_path / "text.docx"], Limits())
    assert (collected.figures, collected.not_scanned) == ((), ())
    assert [(i.source, i.figures) for i in collected.inputs] == [("text.docx", 0)]


def test_what_a_file_is_shows_inside_it_not_in_its_name(tmp_path: Path) -> None:
    deck = zipped(pptx([Slide([Shown(media="image1.png")])], MEDIA))
    (tmp_path / "figure.png").write_bytes(deck)
    (tmp_path / "text.docx").write_bytes(deck)
    (tmp_path / "deck.pptx").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "old.pptx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (tmp_path / "old.ppt").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    collected = collect([tmp_path], Limits())
    assert [(i.source, i.figures) for i in collected.inputs] == [
        ("figure.png", 1),
        ("text.docx", 1),
    ]
    reasons = {n.source: n.reason for n in collected.not_scanned}
    assert reasons["deck.pptx"].startswith("damaged PDF")
    assert reasons["old.pptx"].startswith("encrypted")
    assert "save it as PPTX or PDF" in reasons["old.ppt"]
