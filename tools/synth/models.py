"""The register of panel models: by name, with class, usual sizes, and what screening owes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from synth import blots, cells, documents, electron, facs, fluorescence, gels, histology
from synth.kinds import Byte, Rng, Style

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How one kind of panel is made.

    Attributes
    ----------
    name, kind : str
        Its own name and the class it counts for.
    style : callable
        ``rng -> Style``: what acquisitions of one experiment share.
    render : callable
        ``(rng, height, width, style) -> uint8``, grey or RGB: one acquisition.
    heights, widths : tuple of (int, int)
        Usual range in pixels.
    subjects : tuple of str
        What files of this kind are called.
    screened : str
        Reason a screen should give, empty where the panel is worth comparing.
    """

    name: str
    kind: str
    style: Callable[[Rng], Style]
    render: Callable[[Rng, int, int, Style], Byte]
    heights: Size = (200, 280)
    widths: Size = (220, 320)
    subjects: tuple[str, ...] = ("panel",)
    screened: str = ""

    def __call__(self, rng: Rng, height: int, width: int) -> Byte:
        """Draw a style and one rendering of it."""
        return self.render(rng, height, width, self.style(rng))

    def size(self, rng: Rng) -> Size:
        """Draw a usual (height, width)."""
        height = int(rng.integers(self.heights[0], self.heights[1] + 1))
        return height, int(rng.integers(self.widths[0], self.widths[1] + 1))


def _all() -> list[Model]:
    proteins = ("actin", "gapdh", "tubulin", "p65", "akt", "pakt", "bcl2", "lamin", "vinculin")
    fields = ("dapi", "hoechst", "nuclei")
    return [
        Model(
            name="strip",
            kind="blot",
            style=blots.strip_style,
            render=blots.render,
            subjects=proteins,
            heights=(36, 58),
            widths=(240, 380),
        ),
        Model(
            name="membrane",
            kind="blot",
            style=blots.whole_style,
            render=blots.render,
            subjects=("blot", "western", "membrane"),
        ),
        Model(
            name="agarose",
            kind="gel",
            style=gels.agarose_style,
            render=gels.render,
            subjects=("pcr", "gel", "rtpcr"),
        ),
        Model(
            name="coomassie",
            kind="gel",
            style=gels.coomassie_style,
            render=gels.render,
            subjects=("coomassie", "sdspage"),
        ),
        Model(
            name="nuclei",
            kind="fluorescence",
            style=fluorescence.nuclei_style,
            render=fluorescence.render,
            subjects=fields,
        ),
        Model(
            name="dim",
            kind="fluorescence",
            style=fluorescence.dim_style,
            render=fluorescence.render,
            subjects=("tunel", "brdu", "ki67"),
        ),
        Model(
            name="cells",
            kind="fluorescence",
            style=fluorescence.cell_style,
            render=fluorescence.render,
            subjects=("phalloidin", "vimentin", "lc3"),
        ),
        Model(
            name="tissue",
            kind="confocal",
            style=fluorescence.tissue_style,
            render=fluorescence.render,
            subjects=("ecadherin", "zo1", "confocal"),
        ),
        Model(
            name="eosin",
            kind="histology",
            style=histology.eosin_style,
            render=histology.render,
            subjects=("he", "he_liver", "he_colon"),
        ),
        Model(
            name="brown",
            kind="histology",
            style=histology.brown_style,
            render=histology.render,
            subjects=("ihc", "cd31", "pcna"),
        ),
        Model(
            name="phase",
            kind="cells",
            style=cells.phase_style,
            render=cells.phase,
            subjects=("phase", "morphology", "culture"),
        ),
        Model(
            name="scratch",
            kind="cells",
            style=cells.scratch_style,
            render=cells.phase,
            subjects=("scratch", "wound"),
        ),
        Model(
            name="invasion",
            kind="assay",
            style=cells.invasion_style,
            render=cells.invasion,
            subjects=("invasion", "transwell", "migration"),
        ),
        Model(
            name="colony",
            kind="assay",
            style=cells.colony_style,
            render=cells.colony,
            subjects=("colony", "clonogenic"),
            widths=(210, 260),
            heights=(210, 260),
        ),
        Model(
            name="transmission",
            kind="electron",
            style=electron.transmission_style,
            render=electron.transmission,
            subjects=("tem", "exosomes", "mitochondria"),
        ),
        Model(
            name="scanning",
            kind="electron",
            style=electron.scanning_style,
            render=electron.scanning,
            subjects=("sem", "surface", "particles"),
        ),
        Model(
            name="dotplot",
            kind="facs",
            style=facs.style,
            render=facs.render,
            subjects=("facs", "annexin", "flow"),
            heights=(240, 270),
            widths=(250, 280),
        ),
        Model(
            name="chart",
            kind="document",
            style=documents.chart_style,
            render=documents.chart,
            subjects=("qpcr", "viability", "quantification"),
            screened="plot",
        ),
        Model(
            name="table",
            kind="document",
            style=documents.table_style,
            render=documents.table,
            subjects=("table", "patients"),
            screened="text",
        ),
        Model(
            name="browser",
            kind="document",
            style=documents.browser_style,
            render=documents.browser,
            subjects=("browser", "tracks"),
            heights=(260, 260),
            widths=(420, 420),
        ),
        Model(
            name="blank",
            kind="document",
            style=documents.blank_style,
            render=documents.blank,
            subjects=("canvas", "empty"),
            screened="blank",
        ),
        Model(
            name="gradient",
            kind="document",
            style=documents.gradient_style,
            render=documents.gradient,
            subjects=("background",),
            screened="low-entropy",
        ),
        Model(
            name="noise",
            kind="document",
            style=documents.noise_style,
            render=documents.noise,
            subjects=("negative_control",),
            screened="low-entropy",
        ),
    ]


MODELS: dict[str, Model] = {model.name: model for model in _all()}
CLASSES: tuple[str, ...] = tuple(name for name, model in MODELS.items() if model.kind != "document")
