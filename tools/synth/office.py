"""Write small PPTX and DOCX files by hand, the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

EMU = 12700
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = {
    "xml": "application/xml",
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "tif": "image/tiff",
    "emf": "image/x-emf",
}
Box = tuple[float, float, float, float]
Parts = dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A stored picture as a slide shows it: box in points, crop in shares, degrees, mirroring."""

    media: str
    box: Box = (60, 60, 300, 200)
    crop: Box = (0, 0, 0, 0)
    rotation: float = 0
    flip_h: bool = False
    flip_v: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pictures in a frame of their own: ``inner`` is its frame, ``box`` where that is shown."""

    members: Sequence[Shown]
    box: Box
    inner: Box
    rotation: float = 0


@dataclass
class Slide:
    """What stands on one slide: pictures, groups, lines of text."""

    shown: list[Shown | Group] = field(default_factory=list)
    text: str = ""


def png(image: np.ndarray) -> bytes:
    """Return a picture as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def jpg(image: np.ndarray, quality: int = 92) -> bytes:
    """Return a picture as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive without dates of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def pptx(
    slides: Sequence[Slide], media: Mapping[str, bytes], master: Sequence[Shown] = ()
) -> Parts:
    """Return the parts of a presentation; ``zipped`` makes a file of them."""
    parts: Parts = {}
    ids, relations = [], [("rIdM", "slideMaster", "slideMasters/slideMaster1.xml")]
    for number, slide in enumerate(slides, start=1):
        ids.append(f'<p:sldId id="{255 + number}" r:id="rId{number}"/>')
        relations.append((f"rId{number}", "slide", f"slides/slide{number}.xml"))
        _drawn(parts, f"ppt/slides/slide{number}.xml", "sld", slide.shown, slide.text)
    _drawn(parts, "ppt/slideMasters/slideMaster1.xml", "sldMaster", list(master), "")
    parts["ppt/presentation.xml"] = _xml(
        f"<p:presentation {_NAMES}><p:sldIdLst>{''.join(ids)}</p:sldIdLst>"
        f'<p:sldSz cx="{960 * EMU}" cy="{540 * EMU}"/></p:presentation>'
    )
    parts["ppt/_rels/presentation.xml.rels"] = _relations(relations)
    return _package(parts, "ppt/presentation.xml", media, "ppt/media")


def docx(body: Sequence[str | Shown], media: Mapping[str, bytes]) -> Parts:
    """Return the parts of a text: each item is a paragraph, of letters or of one picture."""
    relations, paragraphs = [], []
    for number, item in enumerate(body, start=1):
        if isinstance(item, str):
            paragraphs.append(f"<w:p><w:r><w:t>{item}</w:t></w:r></w:p>")
            continue
        relations.append((f"rId{number}", "image", f"media/{item.media}"))
        paragraphs.append(
            f"<w:p><w:r><w:drawing><wp:inline>{_picture(item, f'rId{number}', 'pic')}"
            "</wp:inline></w:drawing></w:r></w:p>"
        )
    parts = {
        "word/document.xml": _xml(
            f"<w:document {_NAMES}><w:body>{''.join(paragraphs)}</w:body></w:document>"
        ),
        "word/_rels/document.xml.rels": _relations(relations),
    }
    return _package(parts, "word/document.xml", media, "word/media")


def _drawn(parts: Parts, name: str, root: str, shown: Sequence[Shown | Group], text: str) -> None:
    relations: list[tuple[str, str, str]] = []
    shapes = "".join(_shape(item, relations) for item in shown)
    letters = (
        f"<p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>" if text else ""
    )
    tree = f"<p:cSld><p:spTree><p:grpSpPr/>{letters}{shapes}</p:spTree></p:cSld>"
    parts[name] = _xml(f"<p:{root} {_NAMES}>{tree}</p:{root}>")
    folder, _, base = name.rpartition("/")
    parts[f"{folder}/_rels/{base}.rels"] = _relations(relations)


def _shape(item: Shown | Group, relations: list[tuple[str, str, str]]) -> str:
    if isinstance(item, Shown):
        known = [r[0] for r in relations if r[2] == f"../media/{item.media}"]
        if not known:
            relations.append((f"rId{len(relations) + 1}", "image", f"../media/{item.media}"))
        return _picture(item, known[0] if known else relations[-1][0], "p")
    inner = "".join(_shape(member, relations) for member in item.members)
    x, y, w, h = (round(v * EMU) for v in item.inner)
    frame = _frame(item.box, item.rotation)
    frame = frame.replace(
        "</a:xfrm>", f'<a:chOff x="{x}" y="{y}"/><a:chExt cx="{w}" cy="{h}"/></a:xfrm>'
    )
    return f"<p:grpSp><p:grpSpPr>{frame}</p:grpSpPr>{inner}</p:grpSp>"


def _picture(item: Shown, relation: str, space: str) -> str:
    sides = "".join(
        f' {side}="{round(share * 100_000)}"'
        for side, share in zip("ltrb", item.crop, strict=True)
        if share
    )
    frame = _frame(item.box, item.rotation, item.flip_h, item.flip_v)
    return (
        f'<{space}:pic><{space}:blipFill><a:blip r:embed="{relation}"/><a:srcRect{sides}/>'
        f"</{space}:blipFill><{space}:spPr>{frame}</{space}:spPr></{space}:pic>"
    )


def _frame(box: Box, rotation: float, flip_h: bool = False, flip_v: bool = False) -> str:
    x, y, w, h = (round(v * EMU) for v in box)
    turns = f' rot="{round(rotation * 60_000)}"' if rotation else ""
    turns += ' flipH="1"' if flip_h else ""
    turns += ' flipV="1"' if flip_v else ""
    return f'<a:xfrm{turns}><a:off x="{x}" y="{y}"/><a:ext cx="{w}" cy="{h}"/></a:xfrm>'


def _package(parts: Parts, main: str, media: Mapping[str, bytes], folder: str) -> Parts:
    kinds = "".join(f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in _TYPES.items())
    return {
        "[Content_Types].xml": _xml(f'<Types xmlns="{_PACKAGE}/content-types">{kinds}</Types>'),
        "_rels/.rels": _relations([("rId1", "officeDocument", main)]),
        **parts,
        **{f"{folder}/{name}": data for name, data in media.items()},
    }


def _relations(items: Sequence[tuple[str, str, str]]) -> bytes:
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in items
    )
    return _xml(f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>')


def _xml(text: str) -> bytes:
    return (_HEAD + text).encode()
