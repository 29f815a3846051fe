"""Reading one file: what comes out, and what is refused with which reason."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from figecho.config import Limits
from figecho.sources import Collected, collect

RNG = np.random.default_rng(1)
GREY = RNG.integers(0, 256, (40, 60), np.uint8)
RGB = RNG.integers(0, 256, (40, 60, 3), np.uint8)


def read(path: Path, limits: Limits | None = None) -> Collected:
    return collect([path], limits or Limits())


def pixels_of(path: Path) -> np.ndarray:
    collected = read(path)
    assert not collected.not_scanned
    (figure,) = collected.figures
    return figure.pixels


def refusal_of(path: Path, limits: Limits | None = None) -> str:
    collected = read(path, limits)
    assert not collected.figures
    (missed,) = collected.not_scanned
    assert "\n" not in missed.reason
    return missed.reason


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp", "a.tif"])
def test_lossless_rgb_comes_back_to_the_pixel(tmp_path: Path, name: str) -> None:
    lossless = {"lossless": True} if name.endswith("webp") else {}
    Image.fromarray(RGB).save(tmp_path / name, **lossless)
    assert np.array_equal(pixels_of(tmp_path / name), RGB)


def test_a_figure_knows_its_file(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    collected = read(tmp_path / "a.png")
    (figure,) = collected.figures
    (entry,) = collected.inputs
    digest = hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()
    assert (figure.source, figure.page, figure.number, figure.sha256) == ("a.png", None, 1, digest)
    assert (entry.source, entry.sha256, entry.figures) == ("a.png", digest, 1)


def test_grey_stays_grey(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    assert np.array_equal(pixels_of(tmp_path / "a.png"), GREY)


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(GREY > 127).save(tmp_path / "a.png")
    assert np.array_equal(pixels_of(tmp_path / "a.png"), np.where(GREY > 127, 255, 0))


def test_a_palette_shows_its_colours(tmp_path: Path) -> None:
    image = Image.fromarray((GREY % 3).astype(np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.save(tmp_path / "a.png")
    assert np.array_equal(pixels_of(tmp_path / "a.png"), np.eye(3, dtype=np.uint8)[GREY % 3] * 255)


def test_a_palette_tiff_is_one_picture_and_not_three(tmp_path: Path) -> None:
    image = Image.fromarray((GREY % 3).astype(np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.save(tmp_path / "a.tif")
    assert np.array_equal(pixels_of(tmp_path / "a.tif"), np.eye(3, dtype=np.uint8)[GREY % 3] * 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    colour = RGB if mode == "RGBA" else GREY[..., None]
    alpha = np.zeros((40, 60, 1), np.uint8)
    alpha[:, 30:] = 255
    Image.fromarray(np.concatenate([colour, alpha], axis=2)).save(tmp_path / "a.png")
    pixels = pixels_of(tmp_path / "a.png").reshape(40, 60, -1)
    assert (pixels[:, :30] == 255).all()
    assert np.array_equal(pixels[:, 30:], np.broadcast_to(colour[:, 30:], pixels[:, 30:].shape))


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    cyan = np.zeros((40, 60, 4), np.uint8)
    cyan[..., 0] = 255
    for name in ("a.jpg", "a.tif"):
        Image.fromarray(cyan, "CMYK").save(tmp_path / name)
        assert np.abs(pixels_of(tmp_path / name).astype(int) - (0, 255, 255)).max() <= 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_camera_gives_an_upright_figure(
    tmp_path: Path, name: str, orientation: int
) -> None:
    upright = np.zeros((48, 96), np.uint8)
    upright[:16, :32] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright.T[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / name, exif=exif)
    pixels = pixels_of(tmp_path / name)
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 3


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3)])
@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_sixteen_bits_stay_sixteen(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    import imagecodecs

    deep = RNG.integers(0, 65536, shape, np.uint16)
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, deep)
    else:
        (tmp_path / name).write_bytes(imagecodecs.png_encode(deep))
    pixels = pixels_of(tmp_path / name)
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, deep)


@pytest.mark.parametrize("dtype", [np.float32, np.uint32, np.int16])
def test_other_depths_are_stretched_and_keep_their_order(tmp_path: Path, dtype: type) -> None:
    ramp = np.linspace(100, 20000, 2400).reshape(40, 60).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", ramp)
    pixels = pixels_of(tmp_path / "a.tif")
    assert pixels.dtype == np.uint16
    assert pixels.min() == 0
    assert pixels.max() == 65535
    assert (np.diff(pixels.ravel().astype(int)) >= 0).all()


def test_values_that_are_no_numbers_do_not_spoil_the_stretch(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60)
    values[0, :3] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "a.tif", values)
    pixels = pixels_of(tmp_path / "a.tif")
    assert pixels[0, :3].tolist() == [0, 0, 0]
    assert pixels[20, 30] == pytest.approx(65535 / 2, rel=0.05)


def test_white_at_zero_is_turned_round(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", GREY, photometric="miniswhite")
    assert np.array_equal(pixels_of(tmp_path / "a.tif"), 255 - GREY)


def test_pages_of_a_tiff_are_numbered(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for tone, size in enumerate([(40, 60), (30, 30), (40, 60)]):
            tiff.write(np.full(size, tone, np.uint8), photometric="minisblack", contiguous=False)
    figures = read(tmp_path / "a.tif").figures
    assert [(f.page, f.number, f.pixels.shape, int(f.pixels[0, 0])) for f in figures] == [
        (1, 1, (40, 60), 0),
        (2, 1, (30, 30), 1),
        (3, 1, (40, 60), 2),
    ]


def test_channels_of_a_microscope_are_figures_of_one_page(tmp_path: Path) -> None:
    stack = RNG.integers(0, 65536, (3, 40, 60), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "CYX"})
    tifffile.imwrite(tmp_path / "b.ome.tif", stack, ome=True, metadata={"axes": "CYX"})
    for name in ("a.tif", "b.ome.tif"):
        figures = read(tmp_path / name).figures
        assert [(f.page, f.number) for f in figures] == [(None, 1), (None, 2), (None, 3)]
        assert all(np.array_equal(f.pixels, stack[k]) for k, f in enumerate(figures))


def test_planes_with_channels_are_pages_with_figures(tmp_path: Path) -> None:
    stack = RNG.integers(0, 65536, (2, 2, 40, 60), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    figures = read(tmp_path / "a.tif").figures
    assert [(f.page, f.number) for f in figures] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert np.array_equal(figures[2].pixels, stack[1, 0])


def test_too_many_pages_are_cut_with_a_note(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 20, 20), np.uint8), photometric="minisblack")
    collected = read(tmp_path / "a.tif", Limits(max_frames=3))
    assert len(collected.figures) == 3
    assert "first 3 of 5" in collected.not_scanned[0].reason


def test_an_animation_gives_its_first_frame_and_a_note(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((20, 30), tone, np.uint8)) for tone in (10, 120, 250)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    collected = read(tmp_path / "a.gif")
    (figure,) = collected.figures
    assert (figure.pixels == 10).all()
    (missed,) = collected.not_scanned
    assert missed.source == "a.gif"
    assert missed.reason == "animated: only the first of 3 frames was scanned"


def test_a_still_gif_is_complete(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.gif")
    assert pixels_of(tmp_path / "a.gif").shape[:2] == GREY.shape


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, "JPEG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    (tmp_path / "b.png").write_text("Dear reviewer, please find attached the figure.\n")
    assert pixels_of(tmp_path / "a.png").shape == RGB.shape
    assert refusal_of(tmp_path / "b.png") == "not an image (text)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file (0 bytes)"),
        (b"%PDF-1.7\n%\xe2\xe3", "damaged PDF: its structure cannot be read"),
        (b"BMW and Audi are no pictures", "not an image (text)"),
        (b"\x00\x01\x02\x03 noise \xff\xfe", "not an image (unknown content)"),
        (b"<?xml version='1.0'?><svg/>", "SVG drawings are not read"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert refusal_of(tmp_path / "a.png") == reason


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    image = Image.fromarray(RNG.integers(0, 256, (150, 150, 3), np.uint8))
    image.save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: max(10, int(share * len(data)))])
    assert refusal_of(tmp_path / name)


@pytest.mark.parametrize("big", [False, True])
def test_pages_past_the_end_of_a_cut_file_are_named(tmp_path: Path, big: bool) -> None:
    path = tmp_path / "a.tif"
    pages = RNG.integers(0, 4000, (3, 40, 60), np.uint16)
    tifffile.imwrite(path, pages, photometric="minisblack", bigtiff=big)
    assert not read(path).not_scanned
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    collected = read(path)
    assert len(collected.figures) == 1
    (left,) = collected.not_scanned
    assert left.reason == "the file ends before its page 2"


def test_a_damaged_page_does_not_take_the_others_along(tmp_path: Path) -> None:
    pages = RNG.integers(0, 256, (3, 64, 64), np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for page in pages:
            tiff.write(page, compression="zlib", contiguous=False)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        start = tiff.pages[1].dataoffsets[0]
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[start : start + 40] = b"\x00" * 40
    (tmp_path / "a.tif").write_bytes(bytes(data))
    collected = read(tmp_path / "a.tif")
    assert [f.page for f in collected.figures] == [1, 3]
    assert collected.not_scanned[0].reason.startswith("page 2: ")


def test_a_chain_of_pages_that_loops_comes_to_an_end(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder="<") as tiff:
        for _ in range(2):
            tiff.write(GREY, photometric="minisblack", contiguous=False)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        first, second = (page.offset for page in tiff.pages)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    entries = int.from_bytes(data[second : second + 2], "little")
    at = second + 2 + 12 * entries
    data[at : at + 4] = first.to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(bytes(data))
    assert len(read(tmp_path / "a.tif").figures) == 2


def test_size_is_checked_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    reason = refusal_of(tmp_path / "a.png")
    assert reason.startswith("too large: 30000 x 30000 px, limit ")


def test_a_long_thin_picture_and_a_heavy_file_are_refused(tmp_path: Path) -> None:
    Image.new("L", (300, 2)).save(tmp_path / "a.png")
    assert "300 x 2" in refusal_of(tmp_path / "a.png", Limits(max_side_px=299))
    assert "bytes" in refusal_of(tmp_path / "a.png", Limits(max_file_bytes=10))
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30), np.uint8))
    assert "30 x 20" in refusal_of(tmp_path / "a.tif", Limits(max_pixels=599))
    assert read(tmp_path / "a.tif", Limits(max_pixels=600)).figures


def test_pillow_keeps_its_own_limit(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    Image.fromarray(GREY).save(tmp_path / "a.png")
    read(tmp_path / "a.png")
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_single_pixel_is_a_figure(tmp_path: Path) -> None:
    Image.new("L", (1, 1), 7).save(tmp_path / "a.png")
    assert pixels_of(tmp_path / "a.png").tolist() == [[7]]


def test_figures_are_frozen(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(tmp_path / "a.png").figures[0].page = 2  # type: ignore[misc]
