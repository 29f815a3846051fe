"""Read PNG, JPEG, WebP, BMP and GIF: 8 bit by Pillow, 16-bit PNG by imagecodecs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import imagecodecs
import numpy as np
from PIL import Image, ImageOps

from figecho.config import Limits
from figecho.sources.parts import Note, Picture, decoding
from figecho.sources.pixels import Pixels, check_size, orient, settled

_EXIF_ORIENTATION = 0x0112


def read_image(data: bytes, limits: Limits) -> Iterator[Picture | Note]:
    """Decode one PNG, JPEG, WebP, BMP or GIF file.

    Yields
    ------
    Picture or Note
        The picture; after it, where the file holds several, a note that only the first was read.

    Raises
    ------
    SourceError
        Too large, truncated or damaged.
    """
    with decoding(), _own_limits(), Image.open(io.BytesIO(data)) as image:
        check_size(*image.size, limits)
        frames = int(getattr(image, "n_frames", 1))
        what = "several pictures" if image.format == "MPO" else "animated"
        if image.format == "PNG" and data[24] == 16 and frames == 1:
            orientation = int(image.getexif().get(_EXIF_ORIENTATION, 1))
            pixels = orient(imagecodecs.png_decode(data), orientation)
        else:
            pixels = _decoded(image)
        pixels = settled(pixels)
    yield Picture(pixels=pixels)
    if frames > 1:
        yield Note(reason=f"{what}: only the first of {frames} frames was scanned")


def _decoded(image: Image.Image) -> Pixels:
    image.seek(0)
    image.load()
    upright = ImageOps.exif_transpose(image)
    clear = "transparency" in upright.info or upright.mode in {"LA", "PA", "La", "RGBA", "RGBa"}
    if clear:
        upright = upright.convert("RGBA")
    elif upright.mode == "1":
        upright = upright.convert("L")
    elif upright.mode != "L" and not upright.mode.startswith(("I", "F")):
        upright = upright.convert("RGB")
    return np.array(upright)


@contextmanager
def _own_limits() -> Iterator[None]:
    """Let :func:`check_size` judge the size instead of Pillow's process-wide limit."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
