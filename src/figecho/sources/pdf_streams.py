"""The raw picture streams of a PDF: depth, masks and bytes that a renderer keeps to itself."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pikepdf
from PIL import Image

from figecho.sources.pixels import Pixels, on_white

_DEVICE = frozenset({"/DeviceRGB", "/DeviceGray", "/CalRGB", "/CalGray", "/ICCBased"})
_CHANNELS = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3}


@dataclass(slots=True)
class Streams:
    """All picture streams of a document, by the digest of their bytes as stored."""

    by_digest: dict[str, Any] = field(default_factory=dict)
    _document: Any = None

    @classmethod
    def of(cls, data: bytes, password: str | None) -> Streams:
        """Index the streams; empty where the file is too damaged for it."""
        streams = cls()
        try:
            document = pikepdf.open(io.BytesIO(data), password=password or "")
            streams._document = document
            for thing in document.objects:
                if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
                    digest = hashlib.sha256(thing.read_raw_bytes()).hexdigest()
                    streams.by_digest.setdefault(digest, thing)
        except Exception:  # a damaged file: what the renderer gives must do
            return streams
        return streams

    def get(self, digest: str) -> Any | None:
        """Return the stream with these bytes, if there is one."""
        return self.by_digest.get(digest)


def jpeg_of(stream: Any, data: bytes) -> bytes | None:
    """Return the bytes of a stream that is one plain JPEG, shown as it is; else None."""
    filters = stream.get("/Filter")
    names = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    if names != ["/DCTDecode"] or "/Decode" in stream or "/Mask" in stream:
        return None
    space = stream.get("/ColorSpace")
    name = str(space[0] if isinstance(space, pikepdf.Array) else space)
    if name not in _DEVICE:
        return None
    with Image.open(io.BytesIO(data)) as image:
        if image.mode not in {"L", "RGB"}:
            return None
        if name == "/ICCBased" and int(space[1].get("/N", 0)) != len(image.mode):
            return None
    return data


def deep_pixels(stream: Any) -> Pixels | None:
    """Return the samples of a stream of 16 bits, which the renderer would halve; else None."""
    if int(stream.get("/BitsPerComponent", 8)) != 16 or "/Decode" in stream:
        return None
    space = stream.get("/ColorSpace")
    name = str(space[0] if isinstance(space, pikepdf.Array) else space)
    channels = int(space[1].get("/N", 0)) if name == "/ICCBased" else _CHANNELS.get(name, 0)
    if channels not in (1, 3):
        return None
    width, height = int(stream["/Width"]), int(stream["/Height"])
    samples = np.frombuffer(stream.read_bytes(), ">u2")[: width * height * channels]
    pixels = samples.astype(np.uint16).reshape(height, width, channels)
    return pixels[..., 0] if channels == 1 else pixels


def laid_on_white(pixels: Pixels, stream: Any) -> Pixels:
    """Lay a picture with a soft or a hard mask on white; as given where it has none."""
    soft = stream.get("/SMask")
    hard = stream.get("/Mask")
    if isinstance(soft, pikepdf.Stream):
        mask = np.asarray(pikepdf.PdfImage(soft).as_pil_image().convert("L"))
    elif isinstance(hard, pikepdf.Stream):
        image = pikepdf.PdfImage(hard).as_pil_image().convert("L")
        decode = [float(v) for v in hard.get("/Decode", [0, 1])]
        # A stencil paints where its sample is 0, unless its Decode turns that round.
        mask = np.asarray(image) if decode[0] > decode[-1] else 255 - np.asarray(image)
    else:
        return pixels
    height, width = pixels.shape[:2]
    if mask.shape != (height, width):
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    if bool((mask == 255).all()):
        return pixels
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    full = np.iinfo(planes.dtype).max // 255
    return on_white(np.concatenate([planes, (mask[..., None].astype(planes.dtype) * full)], axis=2))
