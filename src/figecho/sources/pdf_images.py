"""The embedded pictures of one PDF page: where each lies, and its native pixels as shown."""

from __future__ import annotations

import ctypes
import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image
from pypdfium2 import PdfMatrix

from figecho.errors import SourceError
from figecho.sources.parts import Asked, LeftOut, Note, decoding
from figecho.sources.pdf_streams import Streams, deep_pixels, jpeg_of, laid_on_white
from figecho.sources.pixels import Pixels, check_size, settled
from figecho.sources.placed import (
    BoxPt,
    Placed,
    Vector,
    box_around,
    cropped,
    is_decoration,
    turned,
    with_change,
)

_MAX_DEPTH = 8
_MAX_IMAGES = 5000
#: A slice of a picture may be this thin; whether it is one shows only beside its neighbours.
_SLICE_PX = 2


def to_display(page: pdfium.PdfPage) -> PdfMatrix:
    """Return the matrix from page coordinates to points as shown, origin top-left, y downwards."""
    left, bottom, right, top = page.get_bbox()
    match page.get_rotation():
        case 90:
            return PdfMatrix(0, 1, 1, 0, -bottom, -left)
        case 180:
            return PdfMatrix(-1, 0, 0, 1, right, -bottom)
        case 270:
            return PdfMatrix(0, -1, -1, 0, top, right)
    return PdfMatrix(1, 0, 0, -1, -left, top)


def containers_matrix(item: Any) -> PdfMatrix:
    """Return the matrix from the frame of the forms an object is nested in to the page."""
    matrix, form = PdfMatrix(), item.container
    while form is not None:
        matrix = matrix.multiply(form.get_matrix())
        form = form.container
    return matrix


def images_of(
    page: pdfium.PdfPage, streams: Streams, asked: Asked, where: str
) -> Iterator[Placed | Note | LeftOut]:
    """Yield the pictures of a page in the order they are painted."""
    display = to_display(page)
    items = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MAX_DEPTH)
    for index, item in enumerate(items):
        if index >= _MAX_IMAGES:
            yield Note(reason=f"only the first {_MAX_IMAGES} pictures were read", where=where)
            return
        try:
            with decoding():
                found = _placed(page, item, display, streams, asked)
        except SourceError as error:
            yield Note(reason=f"a picture cannot be read: {error}", where=where)
            continue
        yield found if found is not None else LeftOut(count=1)


def _placed(
    page: pdfium.PdfPage, item: Any, display: PdfMatrix, streams: Streams, asked: Asked
) -> Placed | None:
    width, height = item.get_px_size()
    outer = containers_matrix(item).multiply(display)
    matrix = item.get_matrix().multiply(outer)
    box = box_around([matrix.on_point(x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))])
    page_box: BoxPt = (0.0, 0.0, page.get_width(), page.get_height())
    shown = _meet(_meet(box, page_box), _clip(item, outer))
    if min(width, height) < _SLICE_PX or width * height < 64 or min(shown[2:]) <= 0.5:
        return None
    # A solid colour, or a shadow, stretched over a mask.
    check_size(width, height, asked.limits)
    data = _stored(item)
    digest = hashlib.sha256(data).hexdigest()
    pixels, original = _pixels(item, data, streams.get(digest), asked)
    placed = Placed(pixels=pixels, box_pt=box, media_sha256=digest, original=original)
    right: Vector = (matrix.a, matrix.b)
    down: Vector = (-matrix.c, -matrix.d)
    upright, changed = turned(pixels, right, down)
    if changed:
        placed = with_change(placed, "turned", upright)
    return _visible(placed, box, shown)


def _visible(placed: Placed, box: BoxPt, shown: BoxPt) -> Placed:
    """Keep what the page shows of a picture; a hair's breadth is no crop."""
    w, h = max(box[2], 1e-6), max(box[3], 1e-6)
    sides = (
        (shown[0] - box[0]) / w,
        (shown[1] - box[1]) / h,
        1 - (shown[0] + shown[2] - box[0]) / w,
        1 - (shown[1] + shown[3] - box[1]) / h,
    )
    if max(sides) < 0.01:
        return placed
    part, changed = cropped(placed.pixels, *sides)
    return replace(with_change(placed, "cropped", part), box_pt=shown) if changed else placed


def _stored(item: Any) -> bytes:
    count = raw.FPDFImageObj_GetImageDataRaw(item, None, 0)
    buffer = (ctypes.c_ubyte * count)()
    raw.FPDFImageObj_GetImageDataRaw(item, buffer, count)
    return bytes(buffer)


def _pixels(
    item: Any, data: bytes, stream: Any | None, asked: Asked
) -> tuple[Pixels, bytes | None]:
    """Decode one picture: 16 bits and plain JPEG by themselves, all else as the renderer does."""
    original = None
    pixels: Pixels | None = None
    if stream is not None:
        pixels = deep_pixels(stream)
        jpeg = jpeg_of(stream, data) if pixels is None else None
        if jpeg is not None:
            with Image.open(io.BytesIO(jpeg)) as image:
                pixels = np.array(image)
            original = jpeg if asked.originals and "/SMask" not in stream else None
    if pixels is None:
        pixels = bitmap_pixels(item.get_bitmap())
    pixels = settled(pixels)
    return (pixels if stream is None else laid_on_white(pixels, stream)), original


def bitmap_pixels(bitmap: pdfium.PdfBitmap) -> Pixels:
    """Return a renderer's bitmap as grey or RGB, transparency laid on white."""
    pixels: Pixels = bitmap.to_numpy()
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.array(pixels.reshape(pixels.shape[:2]))
    channels = [2, 1, 0] if pixels.shape[2] == 3 or bitmap.mode == "BGRX" else [2, 1, 0, 3]
    return settled(np.ascontiguousarray(pixels[..., channels]))


def _clip(item: Any, outer: PdfMatrix) -> BoxPt:
    """Return the box that an object's clip paths leave, as shown."""
    everything: BoxPt = (-1e6, -1e6, 2e6, 2e6)
    clip = raw.FPDFPageObj_GetClipPath(item)
    box = everything
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(min(raw.FPDFClipPath_CountPaths(clip), 64) if clip else 0):
        points: list[Vector] = []
        for k in range(min(raw.FPDFClipPath_CountPathSegments(clip, path), 10_000)):
            segment = raw.FPDFClipPath_GetPathSegment(clip, path, k)
            if segment and raw.FPDFPathSegment_GetPoint(segment, x, y):
                points.append(outer.on_point(x.value, y.value))
        if points:
            box = _meet(box, box_around(points))
    return box


def _meet(a: BoxPt, b: BoxPt) -> BoxPt:
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    return (left, top, round(max(right - left, 0.0), 2), round(max(bottom - top, 0.0), 2))


def figures_among(placed: list[Placed]) -> tuple[list[Placed], int]:
    """Split off the pictures too small to be figures; return the rest and their number."""
    kept = [p for p in placed if not is_decoration(p.pixels.shape[1], p.pixels.shape[0], p.box_pt)]
    return kept, len(placed) - len(kept)
