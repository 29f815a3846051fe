"""PDF: what is embedded comes out to the pixel, with its place; damage is one stated line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pikepdf
import pytest

from figecho.config import Limits
from figecho.sources import Collected, collect
from figecho.sources.parts import Asked, Note, Picture
from figecho.sources.pdf import read_pdf
from pictures import chart, strip, tissue
from synth import pdf as make

RNG = np.random.default_rng(4)
FIELD = tissue(120, 160, seed=1)
OTHER = tissue(100, 140, seed=2)


def read(path: Path, **options: object) -> Collected:
    return collect([path], Limits(), **options)  # type: ignore[arg-type]


def document(folder: Path, *pages: make.Page, name: str = "paper.pdf") -> Path:
    path = folder / name
    path.write_bytes(make.pdf(pages))
    return path


def figures(*pages: make.Page) -> list[Picture]:
    """Read in this process: what the guard adds has tests of its own."""
    parts = list(read_pdf(make.pdf(pages), Asked(limits=Limits())))
    assert not [part for part in parts if isinstance(part, Note)]
    return [part for part in parts if isinstance(part, Picture)]


def refusal(path: Path, **options: object) -> str:
    collected = read(path, **options)
    assert not collected.figures
    (missed,) = collected.not_scanned
    assert "\n" not in missed.reason
    return missed.reason


def test_a_picture_comes_with_its_pixels_its_page_and_its_place() -> None:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    (figure,) = figures(make.Page(), page)
    assert np.array_equal(figure.pixels, FIELD)
    assert (figure.page, figure.number) == (2, 1)
    assert figure.origin is not None
    assert figure.origin.where == "page 2"
    assert figure.origin.made == "embedded"
    assert figure.origin.box_pt == pytest.approx((72, 100, 160, 120), abs=0.02)


def test_a_jpeg_comes_out_byte_for_byte(tmp_path: Path) -> None:
    stored = make.jpeg(FIELD)
    page = make.Page()
    page.put(stored, (72, 100, 160, 120))
    (figure,) = read(document(tmp_path, page), originals=True).figures
    assert figure.original == stored.data
    from PIL import Image

    assert np.array_equal(figure.pixels, np.array(Image.open(io.BytesIO(stored.data))))


def test_sixteen_bits_stay_sixteen() -> None:
    deep = RNG.integers(0, 65536, (80, 100), np.uint16)
    page = make.Page()
    page.put(make.flate(deep), (72, 100, 160, 120))
    (figure,) = figures(page)
    assert figure.pixels.dtype == np.uint16
    assert np.array_equal(figure.pixels, deep)


def test_a_soft_mask_is_laid_on_white() -> None:
    mask = np.zeros(FIELD.shape[:2], np.uint8)
    mask[:, 80:] = 255
    page = make.Page()
    page.put(make.flate(FIELD, mask), (72, 100, 160, 120))
    (figure,) = figures(page)
    assert (figure.pixels[:, :80] == 255).all()
    assert np.array_equal(figure.pixels[:, 80:], FIELD[:, 80:])


def test_inks_become_colours() -> None:
    cyan = np.zeros((60, 80, 4), np.uint8)
    cyan[..., 0] = 255
    page = make.Page()
    page.put(make.flate(cyan, space="/DeviceCMYK"), (72, 100, 160, 120))
    (figure,) = figures(page)
    red, green, blue = figure.pixels.reshape(-1, 3).mean(axis=0)
    assert red < 60
    assert min(green, blue) > 120


@pytest.mark.parametrize(
    ("turned", "mirrored", "shown"),
    [
        (0, False, FIELD),
        (1, False, np.rot90(FIELD, -1)),
        (2, False, np.rot90(FIELD, 2)),
        (3, False, np.rot90(FIELD)),
        (0, True, FIELD[:, ::-1]),
    ],
)
def test_a_picture_is_turned_as_its_page_shows_it(
    turned: int, mirrored: bool, shown: np.ndarray
) -> None:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 150, 150), turned=turned, mirrored=mirrored)
    (figure,) = figures(page)
    assert np.array_equal(figure.pixels, shown)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_what_is_read_is_what_a_viewer_shows(tmp_path: Path, rotate: int) -> None:
    import pypdfium2

    page = make.Page(rotate=rotate)
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    path = document(tmp_path, page)
    (figure,) = read(path).figures
    assert figure.origin is not None
    assert figure.origin.box_pt is not None
    x, y, w, h = figure.origin.box_pt
    with pypdfium2.PdfDocument(path) as viewer:
        shown = viewer[0].render(scale=1).to_numpy()[..., ::-1]
    part = shown[round(y) : round(y + h), round(x) : round(x + w)].astype(float)
    assert part.shape == figure.pixels.shape
    assert np.corrcoef(part.ravel(), figure.pixels.ravel())[0, 1] > 0.98


def test_a_clipped_picture_is_cropped_to_what_shows() -> None:
    page = make.Page()
    page.ops.append("q 72 662 80 80 re W n 160 0 0 120 72 622 cm /Im0 Do Q")
    page.pictures.append((make.flate(FIELD), (1, 0, 0, 1, -500, -500)))
    (figure,) = figures(page)
    assert figure.origin is not None
    assert figure.origin.changes == ("cropped",)
    assert np.array_equal(figure.pixels, FIELD[:80, :80])


def test_one_picture_on_two_pages_is_one_file_seen_twice() -> None:
    stored = make.flate(FIELD)
    pages = [make.Page() for _ in range(2)]
    for page in pages:
        page.put(stored, (72, 100, 160, 120))
    first, second = figures(*pages)
    assert first.origin is not None
    assert second.origin is not None
    assert (first.page, second.page) == (1, 2)
    assert first.origin.media_sha256 == second.origin.media_sha256


def test_figures_are_numbered_as_they_are_read() -> None:
    page = make.Page()
    for x, y in ((320, 400), (72, 400), (320, 101), (72, 100)):
        page.put(make.flate(tissue(90, 110, seed=x + y)), (x, y, 200, 160))
    found = figures(page)
    places = [f.origin.box_pt[:2] for f in found if f.origin and f.origin.box_pt]
    assert places == [(72, 100), (320, 101), (72, 400), (320, 400)]


def test_slices_are_put_together() -> None:
    whole = tissue(200, 300, seed=7)
    page = make.Page()
    for top in range(0, 200, 40):
        page.put(make.flate(whole[top : top + 40]), (72, 100 + top, 300, 40))
    (figure,) = figures(page)
    assert np.array_equal(figure.pixels, whole)
    assert figure.origin is not None
    assert figure.origin.made == "joined"
    assert figure.origin.box_pt == pytest.approx((72, 100, 300, 200), abs=0.1)


def test_tiles_are_put_together() -> None:
    whole = tissue(180, 240, seed=8)
    page = make.Page()
    for top in range(0, 180, 60):
        for left in range(0, 240, 60):
            tile = whole[top : top + 60, left : left + 60]
            page.put(make.flate(np.ascontiguousarray(tile)), (72 + left, 100 + top, 60, 60))
    (figure,) = figures(page)
    assert np.array_equal(figure.pixels, whole)


def test_panels_set_edge_to_edge_are_not_slices() -> None:
    page = make.Page()
    for k in range(3):
        panel = np.clip(tissue(100, 100, seed=k).astype(int) + 60 * (k - 1), 0, 255)
        page.put(make.flate(panel.astype(np.uint8)), (72 + 100 * k, 100, 100, 100))
    assert len(figures(page)) == 3


def drawn_page() -> make.Page:
    """A bar chart of lines and fills, below two paragraphs of text."""
    page = make.Page()
    for k in range(30):
        page.write(
            "The cells were grown for two days and then counted by hand, twice.", 72, 72 + 12 * k
        )
    page.line([(100, 500), (100, 700), (400, 700)], 1.5)
    for k in range(12):
        page.bar((110 + 24 * k, 700 - 12 * k - 20, 16, 12 * k + 20))
        page.line([(118 + 24 * k, 680 - 12 * k - 20), (118 + 24 * k, 690 - 12 * k - 20)])
        page.write(f"{k}", 114 + 24 * k, 714, 8)
    return page


def test_a_drawn_figure_is_rendered_alone() -> None:
    (figure,) = figures(drawn_page())
    assert figure.origin is not None
    assert (figure.origin.made, figure.origin.media_sha256) == ("rendered", None)
    assert figure.origin.box_pt is not None
    x, y, w, h = figure.origin.box_pt
    assert y > 440
    assert (x, x + w) == pytest.approx((100, 400), abs=4)
    assert figure.pixels.shape[1] == pytest.approx(w * 300 / 72, abs=2)
    assert figure.pixels.shape[0] == pytest.approx(h * 300 / 72, abs=2)


def test_text_alone_gives_no_figure_and_is_read_in_full(tmp_path: Path) -> None:
    page = make.Page()
    for k in range(50):
        page.write(
            "The cells were grown for two days and then counted by hand, twice.", 72, 72 + 12 * k
        )
    page.line([(72, 60), (500, 60)])
    collected = read(document(tmp_path, page))
    assert (collected.figures, collected.not_scanned) == ((), ())
    assert [(i.source, i.figures) for i in collected.inputs] == [("paper.pdf", 0)]


def test_labels_drawn_on_a_picture_do_not_give_it_twice() -> None:
    page = make.Page()
    page.put(make.flate(tissue(300, 400)), (72, 100, 400, 300))
    for k in range(12):
        page.line([(90 + 30 * k, 120), (100 + 30 * k, 380), (95 + 30 * k, 200)], 2)
    assert [f.origin.made for f in figures(page) if f.origin] == ["embedded"]


def test_small_pictures_are_counted_not_scanned(tmp_path: Path) -> None:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    for k in range(4):
        page.put(make.flate(tissue(40, 40, seed=k)), (72 + 60 * k, 400, 12, 12))
    collected = read(document(tmp_path, page))
    assert len(collected.figures) == 1
    assert collected.inputs[0].left_out == 4


@pytest.mark.parametrize(("size", "figures"), [((45.0, 10.5), 0), ((160.0, 10.5), 1)])
def test_a_badge_in_a_line_is_no_figure_but_a_low_strip_is(
    tmp_path: Path, size: tuple[float, float], figures: int
) -> None:
    page = make.Page()
    page.put(make.flate(strip(42, 168)), (72, 100, *size))
    collected = read(document(tmp_path, page))
    assert len(collected.figures) == figures
    assert collected.inputs[0].left_out == 1 - figures


def encrypted(folder: Path) -> Path:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    with pikepdf.open(io.BytesIO(make.pdf([page]))) as plain:
        plain.save(
            folder / "paper.pdf", encryption=pikepdf.Encryption(owner="boss", user="secret", R=6)
        )
    return folder / "paper.pdf"


def test_an_encrypted_document_wants_its_password(tmp_path: Path) -> None:
    path = encrypted(tmp_path)
    assert refusal(path) == "encrypted: --password gives what opens it"
    assert refusal(path, password="wrong") == "encrypted: the password given does not open it"
    (figure,) = read(path, password="secret").figures
    assert np.array_equal(figure.pixels, FIELD)


def test_damage_is_one_line(tmp_path: Path) -> None:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    whole = make.pdf([page])
    (tmp_path / "head.pdf").write_bytes(whole[:40])
    (tmp_path / "noise.pdf").write_bytes(
        b"%PDF-1.7\n" + bytes(RNG.integers(0, 256, 3000, np.uint8))
    )
    for name in ("head.pdf", "noise.pdf"):
        assert refusal(tmp_path / name).startswith("damaged PDF")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_document_gives_figures_or_a_reason(tmp_path: Path, share: float) -> None:
    page = make.Page()
    page.put(make.flate(FIELD), (72, 100, 160, 120))
    whole = make.pdf([page, make.Page(), page])
    (tmp_path / "cut.pdf").write_bytes(whole[: int(share * len(whole))])
    collected = read(tmp_path / "cut.pdf")
    assert collected.not_scanned or collected.inputs


def test_a_broken_picture_costs_that_picture_alone(tmp_path: Path) -> None:
    page = make.Page()
    good = make.flate(FIELD)
    page.put(make.Stream(b"no jpeg at all", make.jpeg(OTHER).entries), (72, 400, 160, 120))
    page.put(good, (72, 100, 160, 120))
    collected = read(document(tmp_path, page))
    assert any(np.array_equal(f.pixels, FIELD) for f in collected.figures)
    assert [n.reason for n in collected.not_scanned if n.reason.startswith("page 1: a picture")]


def test_a_picture_of_monstrous_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    page = make.Page()
    entries = make.flate(FIELD).entries.replace("/Width 160", "/Width 50000")
    page.put(make.Stream(b"x", entries.replace("/Height 120", "/Height 50000")), (72, 100, 99, 99))
    collected = read(document(tmp_path, page))
    assert "too large: 50000 x 50000 px" in collected.not_scanned[0].reason


def test_a_chart_as_picture_is_a_figure_like_any_other() -> None:
    page = make.Page()
    page.put(make.flate(chart()), (72, 100, 200, 150))
    assert len(figures(page)) == 1
