"""Read TIFF of any depth: pages, and the channels of ImageJ and OME files, by tifffile."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from figecho.config import Limits
from figecho.errors import SourceError
from figecho.sources.parts import Note, Picture, decoding
from figecho.sources.pixels import Pixels, check_size, orient, settled

_REDUCED_IMAGE = 1
_ALPHA = (1, 2)


def read_tiff(data: bytes, limits: Limits) -> Iterator[Picture | Note]:
    """Decode a TIFF file, page by page.

    A single page has no page number. The 2 to 4 channels of an ImageJ or OME file, or of a page
    that is neither grey nor RGB, become figures 1..n of their page. Reduced copies that a pyramid
    holds beside its full picture are left out.

    Yields
    ------
    Picture or Note
        Pictures in the order of the file; a note for each page that is damaged or too large.

    Raises
    ------
    SourceError
        The file as a whole cannot be read.
    """
    with decoding(), _quiet_tifffile():
        tiff = tifffile.TiffFile(io.BytesIO(data))
        channels = _channel_count(tiff)
        # Counted first: only counting notices a chain of pages that bites its own tail.
        every = [tiff.pages[index].aspage() for index in range(len(tiff.pages))]
        pages = [page for page in every if not page.subfiletype & _REDUCED_IMAGE] or every
    with tiff:
        if not pages:
            raise SourceError("holds no pages")
        for index, page in enumerate(pages[: limits.max_frames * channels]):
            number = index // channels + 1
            label = number if len(pages) > channels else None
            try:
                planes = list(_planes(page, limits))
            except SourceError as error:
                if len(pages) == 1:
                    raise
                yield Note(reason=f"page {index + 1}: {error}")
                continue
            for plane, pixels in enumerate(planes):
                yield Picture(pixels=pixels, page=label, number=index % channels + plane + 1)
    if _is_cut_off(tiff, every[-1].offset, data):
        yield Note(reason=f"the file ends before its page {len(every) + 1}")
    if len(pages) > limits.max_frames * channels:
        yield Note(
            reason=f"only the first {limits.max_frames} of {len(pages) // channels} pages "
            "were scanned"
        )


def _is_cut_off(tiff: Any, last: int, data: bytes) -> bool:
    """Whether the last page names one past the end of the file: tifffile stops there in silence."""
    form = tiff.tiff
    (tags,) = struct.unpack_from(form.tagnoformat, data, last)
    end = last + form.tagnosize + tags * form.tagsize
    if end + form.offsetsize > len(data):
        return True
    (following,) = struct.unpack_from(form.offsetformat, data, end)
    return bool(following + form.tagnosize > len(data))


def _channel_count(tiff: Any) -> int:
    """How many consecutive pages are the channels of one picture; 1 for plain files."""
    if not (tiff.is_imagej or tiff.is_ome) or len(tiff.series) != 1:
        return 1
    series = tiff.series[0]
    sizes = dict(zip(series.axes, series.shape, strict=True))
    leading = [axis for axis in series.axes if axis not in "YXS"]
    count = int(sizes.get("C", 1))
    regular = leading[-1:] == ["C"] and len(tiff.pages) % count == 0
    return count if 2 <= count <= 4 and regular else 1


def _planes(page: Any, limits: Limits) -> Iterator[Pixels]:
    with decoding(), _quiet_tifffile():
        check_size(page.imagewidth, page.imagelength, limits)
        yield from _layers(page)


def _layers(page: Any) -> list[Pixels]:
    photometric = tifffile.PHOTOMETRIC(page.photometric)
    orientation = int(page.tags.valueof(274, 1))
    if photometric.name in {"CIELAB", "ICCLAB", "ITULAB"} or (
        photometric.name == "YCBCR" and page.compression == 1
    ):
        raise SourceError(f"{photometric.name} TIFF is not read")
    pixels = page.asarray()
    if pixels.shape[0] == page.samplesperpixel and page.planarconfig == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim not in (2, 3):
        raise SourceError(f"{pixels.ndim}-dimensional TIFF pages are not read")
    pixels = _coloured(pixels, page, photometric.name)
    pixels = orient(pixels, orientation)
    if pixels.ndim == 2 or photometric.name in {"RGB", "YCBCR", "SEPARATED", "PALETTE"}:
        return [settled(pixels)]
    if page.extrasamples and page.extrasamples[-1] in _ALPHA and pixels.shape[2] in (2, 4):
        return [settled(pixels)]
    if pixels.shape[2] > 4:
        raise SourceError(f"{pixels.shape[2]} channels a page are not read")
    return [settled(pixels[..., c]) for c in range(pixels.shape[2])]


def _coloured(pixels: Pixels, page: Any, photometric: str) -> Pixels:
    """Apply what the numbers mean: palette, white at zero, inks, few bits, spare samples."""
    bits = int(page.bitspersample)
    if photometric == "PALETTE" and pixels.ndim == 2:
        return np.asarray((page.colormap >> 8).astype(np.uint8)[:, pixels]).transpose(1, 2, 0)
    if pixels.dtype == np.uint8 and bits < 8:
        pixels = (pixels.astype(np.uint16) * 255 // (2**bits - 1)).astype(np.uint8)
    if photometric == "MINISWHITE":
        if pixels.dtype == np.bool_:
            return ~pixels
        if pixels.dtype.kind == "u":
            turned: Pixels = (2 ** max(bits, 8) - 1 - pixels).astype(pixels.dtype)
            return turned
    if photometric == "SEPARATED" and pixels.dtype == np.uint8 and pixels.shape[2] >= 4:
        return np.array(Image.fromarray(pixels[..., :4], "CMYK").convert("RGB"))
    if photometric in {"RGB", "YCBCR"} and pixels.shape[2] > 3:
        alpha = bool(page.extrasamples) and page.extrasamples[0] in _ALPHA
        return pixels[..., : 4 if alpha else 3]
    return pixels


@contextmanager
def _quiet_tifffile() -> Iterator[None]:
    """Keep tifffile's complaints off the user's terminal; damage comes back as an exception."""
    logger = logging.getLogger("tifffile")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
