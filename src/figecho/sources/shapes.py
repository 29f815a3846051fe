"""Find pictures in the XML of an Office drawing: crop, rotation, mirroring, groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from figecho.sources.placed import BoxPt, Vector, box_around

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_VML = "{urn:schemas-microsoft-com:vml}"
_EMU_PT = 12700
_DEGREE = 60000
_PERCENT = 100_000
_MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """An affine map from the frame of a group to the page, in EMU: columns right, down, origin."""

    right: Vector = (1.0, 0.0)
    down: Vector = (0.0, 1.0)
    origin: Vector = (0.0, 0.0)
    known: bool = True

    def point(self, x: float, y: float) -> Vector:
        """Map a point to the page."""
        (a, b), (c, d), (e, f) = self.right, self.down, self.origin
        return a * x + c * y + e, b * x + d * y + f

    def vector(self, x: float, y: float) -> Vector:
        """Map a direction to the page."""
        (a, b), (c, d) = self.right, self.down
        return a * x + c * y, b * x + d * y


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shown picture.

    Attributes
    ----------
    relation : str
        Id of the pointer to its file.
    crop : tuple of 4 float
        Shares cut off on the left, top, right and bottom; negative ones pad.
    axes : tuple of 2 vectors
        Where its rows and columns point on the page, y downwards.
    box_pt : tuple of 4 float, or None
        Where it lies on its page in points; None where the page decides.
    paragraph : int or None
        1-based paragraph it is anchored in.
    fallback : bool
        True for what only older programs show in place of something else.
    """

    relation: str
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    axes: tuple[Vector, Vector] = ((1.0, 0.0), (0.0, 1.0))
    box_pt: BoxPt | None = None
    paragraph: int | None = None
    fallback: bool = False


@dataclass(slots=True)
class _Walk:
    paragraph_tag: str
    paragraphs: int = 0


def shapes_of(root: Element, paragraph_tag: str = "") -> Iterator[Shape]:
    """Yield the pictures of an XML part in document order.

    What is kept for older programs only (the later branches of ``AlternateContent``) is marked.

    Parameters
    ----------
    root : Element
    paragraph_tag : str
        Elements to count, for the anchor of a picture.
    """
    yield from _inside(root, Frame(), Frame(known=False), _Walk(paragraph_tag), 0)


def _inside(element: Element, group: Frame, own: Frame, walk: _Walk, depth: int) -> Iterator[Shape]:
    if depth > _MAX_DEPTH:
        return
    tag = element.tag
    if tag == walk.paragraph_tag:
        walk.paragraphs += 1
    if tag == f"{_CHOICE}AlternateContent":
        shown = False
        for branch in element:
            before = walk.paragraphs
            found = list(_inside(branch, group, own, walk, depth + 1))
            yield from (replace(s, fallback=s.fallback or shown) for s in found)
            if shown:
                walk.paragraphs = before
            shown = shown or bool(found)
        return
    if tag == f"{A}blip":
        # The crop is a sibling, so the parent has looked at it.
        return
    if tag.startswith(_VML) and tag.endswith("imagedata"):
        relation = element.get(f"{R}id") or element.get(f"{R}pict")
        if relation:
            yield Shape(relation=relation, crop=_vml_crop(element), paragraph=_at(walk))
        return
    transform = _transform_of(element)
    if transform is not None:
        if _is_group(element):
            group, own = _group_frame(transform, group), Frame(known=False)
        else:
            own = _own_frame(transform, group)
    for relation in _blips(element):
        yield _shape(relation, element, group, own, walk)
    for child in element:
        yield from _inside(child, group, own, walk, depth + 1)


def _shape(relation: str, fill: Element, group: Frame, own: Frame, walk: _Walk) -> Shape:
    crop = _crop(fill.find(f"{A}srcRect"))
    if not own.known:
        axes = (group.vector(1, 0), group.vector(0, 1))
        return Shape(relation=relation, crop=crop, axes=axes, paragraph=_at(walk))
    corners = [own.point(x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
    return Shape(
        relation=relation,
        crop=crop,
        axes=(own.vector(1, 0), own.vector(0, 1)),
        box_pt=box_around([(x / _EMU_PT, y / _EMU_PT) for x, y in corners]),
        paragraph=_at(walk),
    )


def _at(walk: _Walk) -> int | None:
    return walk.paragraphs if walk.paragraph_tag else None


def _blips(fill: Element) -> Iterator[str]:
    """Yield the files of a picture fill: the one shown, and drawings it is kept in besides."""
    for blip in fill.findall(f"{A}blip"):
        relation = blip.get(f"{R}embed") or blip.get(f"{R}link")
        if relation:
            yield relation


def _is_group(element: Element) -> bool:
    return element.tag.rpartition("}")[2] in {"grpSp", "wgp", "spTree", "lockedCanvas"}


def _transform_of(element: Element) -> Element | None:
    """Return the xfrm of a shape or group: a grandchild of it, or a child of a graphic frame."""
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name in {"spPr", "grpSpPr"}:
            return child.find(f"{A}xfrm")
        if name == "xfrm" and element.tag.rpartition("}")[2] == "graphicFrame":
            return child
    return None


def _numbers(element: Element | None, *names: str) -> list[float] | None:
    if element is None:
        return None
    try:
        return [float(element.get(name, "")) for name in names]
    except ValueError:
        return None


def _own_frame(xfrm: Element, group: Frame) -> Frame:
    """Return the map from the unit square of a shape to the page."""
    offset = _numbers(xfrm.find(f"{A}off"), "x", "y")
    extent = _numbers(xfrm.find(f"{A}ext"), "cx", "cy")
    if offset is None or extent is None:
        offset, extent = [0.0, 0.0], [1.0, 1.0]
        return replace(_spun(xfrm, group, offset, extent), known=False)
    return _spun(xfrm, group, offset, extent)


def _spun(xfrm: Element, group: Frame, offset: list[float], extent: list[float]) -> Frame:
    """Mirror, then turn, the box at ``offset`` about its centre; then apply the group's map."""
    w, h = extent
    across = -1.0 if xfrm.get("flipH") in {"1", "true"} else 1.0
    along = -1.0 if xfrm.get("flipV") in {"1", "true"} else 1.0
    turn = math.radians((_numbers(xfrm, "rot") or [0.0])[0] / _DEGREE)
    cos, sin = math.cos(turn), math.sin(turn)
    right, down = (across * w * cos, across * w * sin), (-along * h * sin, along * h * cos)
    centre = offset[0] + w / 2, offset[1] + h / 2
    origin = (
        centre[0] - right[0] / 2 - down[0] / 2,
        centre[1] - right[1] / 2 - down[1] / 2,
    )
    return Frame(group.vector(*right), group.vector(*down), group.point(*origin), group.known)


def _group_frame(xfrm: Element, group: Frame) -> Frame:
    """Return the map from a group's own coordinates to the page."""
    outer = _own_frame(xfrm, group)
    begin = _numbers(xfrm.find(f"{A}chOff"), "x", "y")
    size = _numbers(xfrm.find(f"{A}chExt"), "cx", "cy")
    if begin is None or size is None or min(size) <= 0 or not outer.known:
        return group
    right = outer.right[0] / size[0], outer.right[1] / size[0]
    down = outer.down[0] / size[1], outer.down[1] / size[1]
    shift = Frame(right, down).point(*begin)
    origin = outer.origin[0] - shift[0], outer.origin[1] - shift[1]
    return Frame(right, down, origin)


def _crop(rect: Element | None) -> tuple[float, float, float, float]:
    if rect is None:
        return (0.0, 0.0, 0.0, 0.0)
    left, top, right, bottom = (_share(rect.get(side)) for side in "ltrb")
    return (left, top, right, bottom)


def _share(text: str | None) -> float:
    try:
        return float((text or "0").rstrip("%")) / (100 if (text or "").endswith("%") else _PERCENT)
    except ValueError:
        return 0.0


def _vml_crop(element: Element) -> tuple[float, float, float, float]:
    """Read the crop of an old drawing: shares, or 65536ths of them with an f."""
    shares = []
    for name in ("cropleft", "croptop", "cropright", "cropbottom"):
        text = element.get(name, "0")
        try:
            shares.append(float(text[:-1]) / 65536 if text.endswith("f") else float(text))
        except ValueError:
            shares.append(0.0)
    left, top, right, bottom = shares
    return (left, top, right, bottom)
