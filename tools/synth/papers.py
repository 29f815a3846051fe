"""The committed example documents: a paper, a deck, a text and a stack that share pictures.

Each kind of document holds what its reader must cope with: several panels and a chart on a page, a
picture stored in slices, a crop, a turn, one file on two slides, pages of 16 bits.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from synth import compose, office, pdf
from synth.geometry import translation
from synth.kinds import Byte, Rng, streams
from synth.models import MODELS
from synth.plant import Planted, plant, reuse

TEXT = (
    "Cells were grown for two days, fixed, stained and counted by two readers who did not know",
    "which was which. Fields were chosen at random. Membranes were probed, stripped and probed",
    "again with an antibody against a protein that does not change. All data are made up.",
)


@dataclass
class Papers:
    """The documents by name, and what is known about them."""

    seed: int
    files: dict[str, bytes] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    known: list[tuple[str, str, Planted, compose.Offset, compose.Offset]] = field(
        default_factory=list
    )

    def pair(
        self,
        a: str,
        b: str,
        planted: Planted,
        at_a: compose.Offset = (0, 0),
        at_b: compose.Offset = (0, 0),
    ) -> None:
        """Note that two places share the planted region."""
        self.known.append((a, b, planted, at_a, at_b))

    def truth(self) -> dict[str, Any]:
        """Return what ``truth.json`` holds; places are called as a reader would."""
        rows, words, regions = [], {}, {}
        for number, (a, b, planted, at_a, at_b) in enumerate(self.known, start=1):
            name = f"{number:03d}-{planted.name}-{planted.transform}"
            matrix = translation(*at_b) @ planted.b_from_a @ translation(-at_a[0], -at_a[1])
            rows.append([a, b, planted.category, name])
            words[name] = planted.words
            regions[name] = {
                "polygon_a": _plain(planted.polygon_a + np.asarray(at_a), 1),
                "polygon_b": _plain(planted.polygon_b + np.asarray(at_b), 1),
                "matrix_b_from_a": _plain(matrix, 6),
            }
        return {
            "seed": self.seed,
            "figures": sorted(self.figures),
            "positives": rows,
            "transforms": words,
            "regions": regions,
        }

    def write(self, folder: Path) -> None:
        """Write all documents and ``truth.json``; files of those names are overwritten."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        text = json.dumps(self.truth(), indent=1, ensure_ascii=False)
        (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def papers(seed: int) -> Papers:
    """Return the documents for one seed: about 16 figures, five reuses."""
    made = Papers(seed=seed)
    tissue = plant(streams(seed, 1), "eosin", "rotate")
    cells = plant(streams(seed, 2), "nuclei", "mirror", size=(210, 260))
    size = (44, 300)
    lanes = plant(streams(seed, 3), "strip", "lanes", size=size)
    field_ = plant(streams(seed, 4), "phase", "shift", size=(220, 260))
    _paper(made, streams(seed, 5), tissue, cells, lanes)
    _deck(made, streams(seed, 6), cells)
    _text(made, streams(seed, 7), lanes)
    _stack(made, streams(seed, 8), field_)
    return made


def _paper(made: Papers, rng: Rng, tissue: Planted, cells: Planted, lanes: Planted) -> None:
    """Four panels, a chart, a picture in slices, blots: three pages."""
    model = MODELS["eosin"]
    style = model.style(rng)
    height, width = tissue.a.shape[:2]
    panels = [tissue.a, *(model.render(rng, height, width, style) for _ in range(3))]
    figure, offsets = compose.grid(panels, 2, gutter=10)
    one, two, three = _page(1), _page(2), _page(3)
    _fit(one, pdf.jpeg(figure), figure, (72, 150))
    _chart(two, rng, (90, 470, 300, 180))
    step = 42
    scale = 300 / cells.a.shape[1]
    for top in range(0, cells.a.shape[0], step):
        part = np.ascontiguousarray(cells.a[top : top + step])
        box = (72, 150 + top * scale, 300, part.shape[0] * scale)
        two.put(pdf.flate(part), box)
    model = MODELS["strip"]
    rows, cols = lanes.a.shape[:2]
    strips = [lanes.a, *(model.render(rng, rows, cols, model.style(rng)) for _ in range(2))]
    blot, at = compose.stack(strips, ["p65", "AKT", "Actin"], "A")
    _fit(three, pdf.flate(blot), blot, (72, 150))
    _fit(three, pdf.jpeg(tissue.b), tissue.b, (72, 420))
    made.files["paper.pdf"] = pdf.pdf([one, two, three])
    made.figures += [
        "paper.pdf, page 1, figure 1",
        *(f"paper.pdf, page 2, figure {k}" for k in (1, 2)),
        *(f"paper.pdf, page 3, figure {k}" for k in (1, 2)),
    ]
    made.pair("paper.pdf, page 1, figure 1", "paper.pdf, page 3, figure 2", tissue, offsets[0])
    made.pair("paper.pdf, page 2, figure 1", "deck.pptx, page 2, figure 1", cells)
    made.pair("paper.pdf, page 3, figure 1", "text.docx, figure 2", lanes, at[0])


def _deck(made: Papers, rng: Rng, cells: Planted) -> None:
    """A crop, a turn, a group, and one file on two slides."""
    model = MODELS["brown"]
    alone = model.render(rng, 200, 240, model.style(rng))
    model = MODELS["scanning"]
    wide = model.render(rng, 260, 300, model.style(rng))
    other = model.render(rng, 200, 220, model.style(rng))
    rows, cols = cells.b.shape[:2]
    # The slide shows a part of what is stored, turned back upright.
    stored = np.pad(cells.b, [(30, 10), (20, 40), *[(0, 0)] * (cells.b.ndim - 2)], mode="reflect")
    stored = np.ascontiguousarray(np.rot90(stored))
    high, broad = stored.shape[:2]
    crop = (30 / broad, 40 / high, 10 / broad, 20 / high)
    media = {
        "image1.jpg": office.jpg(alone),
        "image2.png": office.png(stored),
        "image3.jpg": office.jpg(wide),
        "image4.jpg": office.jpg(other),
    }
    box = (60, 80, rows, cols)
    slides = [
        office.Slide([office.Shown(media="image1.jpg", box=(60, 80, 240, 200))], "Staining"),
        office.Slide([office.Shown(media="image2.png", box=box, crop=crop, rotation=90)], "Nuclei"),
        office.Slide(
            [
                office.Group(
                    members=[
                        office.Shown(media="image3.jpg", box=(0, 0, 300, 260)),
                        office.Shown(media="image4.jpg", box=(320, 0, 220, 200)),
                    ],
                    box=(60, 80, 540, 260),
                    inner=(0, 0, 540, 260),
                )
            ],
            "Surfaces",
        ),
        office.Slide([office.Shown(media="image1.jpg", box=(400, 80, 240, 200))], "Staining again"),
    ]
    made.files["deck.pptx"] = office.zipped(office.pptx(slides, media))
    made.figures += [
        f"deck.pptx, page {p}, figure {f}" for p, f in ((1, 1), (2, 1), (3, 1), (3, 2))
    ]
    made.figures.append("deck.pptx, page 4, figure 1")
    same = reuse(rng, alone, "duplicate", name="brown")
    whole = np.array([[0, 0], [239, 0], [239, 199], [0, 199]], np.float64)
    once = Planted(
        a=alone, b=alone, polygon_a=whole, polygon_b=whole, b_from_a=np.eye(3), category="I",
        name=same.name, transform="duplicate", words="the same file",
    )  # fmt: skip
    made.pair("deck.pptx, page 1, figure 1", "deck.pptx, page 4, figure 1", once)


def _text(made: Papers, rng: Rng, lanes: Planted) -> None:
    """Two pictures between paragraphs."""
    model = MODELS["scratch"]
    media = {
        "image1.jpg": office.jpg(model.render(rng, 200, 260, model.style(rng))),
        "image2.png": office.png(lanes.b),
    }
    body: list[str | office.Shown] = [
        *TEXT,
        office.Shown(media="image1.jpg"),
        *TEXT,
        office.Shown(media="image2.png", box=(0, 0, 300, 44)),
    ]
    made.files["text.docx"] = office.zipped(office.docx(body, media))
    made.figures += ["text.docx, figure 1", "text.docx, figure 2"]


def _stack(made: Papers, rng: Rng, field_: Planted) -> None:
    """Three pages of 16 bits, two of which overlap."""
    model = MODELS["phase"]
    rows, cols = field_.a.shape[:2]
    between = model.render(rng, rows, cols, model.style(rng))
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as tiff:
        for page in (field_.a, between, field_.b):
            grey = page if page.ndim == 2 else page.mean(axis=2)
            deep = np.asarray(grey * 200.0 + 1000.0, np.uint16)
            tiff.write(
                deep,
                photometric="minisblack",
                compression="zlib",
                predictor=True,
                contiguous=False,
                metadata=None,
                software=False,
            )
    made.files["stack.tif"] = buffer.getvalue()
    made.figures += [f"stack.tif, page {k}" for k in (1, 2, 3)]
    made.pair("stack.tif, page 1", "stack.tif, page 3", field_)


def _page(number: int) -> pdf.Page:
    page = pdf.Page()
    for k, line in enumerate(TEXT):
        page.write(line, 72, 72 + 14 * k, 10)
    page.write(f"{number}", 297, 815, 9)
    return page


def _fit(page: pdf.Page, stored: pdf.Stream, image: Byte, at: tuple[float, float]) -> None:
    """Lay a picture on the page at most 420 points wide."""
    rows, cols = image.shape[:2]
    zoom = min(420 / cols, 260 / rows)
    page.put(stored, (*at, cols * zoom, rows * zoom))


def _chart(page: pdf.Page, rng: Rng, box: pdf.Box) -> None:
    """Draw bars with whiskers on two axes."""
    x, y, w, h = box
    page.line([(x, y), (x, y + h), (x + w, y + h)], 1.2)
    for k in range(10):
        tall = float(rng.uniform(0.2, 0.9)) * h
        left = x + (k + 0.3) * w / 10
        page.bar((left, y + h - tall, w / 16, tall), float(rng.uniform(0.3, 0.8)))
        page.line([(left + w / 32, y + h - tall - 9), (left + w / 32, y + h - tall + 9)])
        page.write(f"{k + 1}", left, y + h + 12, 8)


def _plain(values: np.ndarray, digits: int) -> list[list[float]]:
    return [[round(float(v), digits) + 0.0 for v in row] for row in values]
