"""The nouns of figecho: what flows from one stage of the pipeline to the next.

Everything is a frozen value. Coordinates are (x, y) in pixels, origin top-left, pixel centres at
integers. A matrix named ``b_from_a`` maps homogeneous column vectors of frame *a* to frame *b*.
The types below :class:`Report` mirror the JSON report field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Matrix = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]

Level = Literal["strong", "moderate", "weak"]
Category = Literal["I", "II", "III"]
ScreenReason = Literal["blank", "low-entropy", "text", "plot", "too-small"]
MotionModel = Literal["similarity", "affine", "homography"]
Scope = Literal["within", "across", "both"]
Made = Literal["embedded", "joined", "rendered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An axis-aligned rectangle of whole pixels; ``x``, ``y`` are its top-left pixel."""

    x: int
    y: int
    w: int
    h: int

    @property
    def area_px(self) -> int:
        """Number of pixels inside."""
        return self.w * self.h

    def as_list(self) -> list[int]:
        """Return ``[x, y, w, h]``, the form of the JSON report."""
        return [self.x, self.y, self.w, self.h]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where and how a picture stands in its document.

    Attributes
    ----------
    where : str
        The place as a reader would find it: ``"slide 14"``, ``"page 3"``, ``"paragraph 12"``.
    media : str
        Name of the embedded file, as ``"image3.png"``; empty where it has none.
    media_sha256 : str or None
        Digest of the embedded file's bytes: equal for one file shown twice. None for what was
        drawn, not embedded.
    box_pt : tuple of 4 float, or None
        Left, top, width and height on its page in points (1/72 inch), origin top-left.
    made : {"embedded", "joined", "rendered"}
        Native pixels; slices of one picture put together; or vector art drawn as pixels.
    changes : tuple of str
        What the document does to the embedded pixels: ``"cropped"``, ``"turned"``.
    """

    where: str
    media: str = ""
    media_sha256: str | None = None
    box_pt: tuple[float, float, float, float] | None = None
    made: Made = "embedded"
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """One picture of one file, with where it came from.

    Attributes
    ----------
    source : str
        The file name as reported: relative to the scanned folder, ``/`` as separator.
    page : int or None
        1-based page, slide or frame; None where the file is one picture.
    number : int
        1-based count of the figure on its page.
    pixels : ndarray of shape (H, W) or (H, W, 3)
        Grey or RGB, uint8 or uint16; transparency already laid on white, EXIF orientation applied.
    sha256 : str
        Digest of the file's bytes, hexadecimal.
    origin : Origin or None
        Where it stands in its document; None where the file is the picture.
    original : bytes or None
        The embedded file itself, where it was asked for and shows these very pixels.
    """

    source: str
    page: int | None
    number: int
    pixels: NDArray[Any]
    sha256: str
    origin: Origin | None = None
    original: bytes | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """Sort and lookup key: source, page (0 for none), number."""
        return (self.source, self.page or 0, self.number)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """A part of a figure that stands alone: the unit of all comparisons.

    Attributes
    ----------
    figure : tuple of (str, int, int)
        :attr:`Figure.key` of the figure it lies in.
    number : int
        1-based count inside the figure.
    bbox : Box
        Where it lies, in pixels of the figure.
    rgb : ndarray of shape (h, w, 3), uint8
        What a person sees, for evidence pictures and colour hints.
    grey : ndarray of shape (h, w), float32 in 0..255
        Contrast-stretched mean of the channels: what all detectors look at.
    usable : ndarray of shape (h, w), bool
        False where text, scale bars, frames or saturation make pixels worthless as evidence.
    sha256 : str
        Digest of the file's bytes.
    pixels_sha256 : str
        Digest of the decoded panel pixels: equal for equal pixels, whatever the file.
    origin : Origin or None
        Of its figure.
    """

    figure: tuple[str, int, int]
    number: int
    bbox: Box
    rgb: ByteArray
    grey: FloatArray
    usable: BoolArray
    sha256: str
    pixels_sha256: str
    origin: Origin | None = None

    @property
    def key(self) -> tuple[str, int, int, int]:
        """Sort and lookup key."""
        return (*self.figure, self.number)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels, known without them."""
        return self.bbox.h, self.bbox.w


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One of the two places of a finding, in pixels of its figure."""

    source: str
    page: int | None
    figure: int
    panel: int
    bbox: Box
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """How region B arises from region A; ``matrix_b_from_a`` is 3 x 3, row-major, figure pixels."""

    model: MotionModel
    matrix_b_from_a: tuple[tuple[float, float, float], ...]
    rotation_deg: float
    scale: float
    mirrored: bool
    inverted: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The numbers behind a finding; coverage is the share of the panel inside the region.

    ``points`` are a few corresponding points ``(x_a, y_a, x_b, y_b)`` in pixels of their figures.
    """

    inliers: int
    coverage_a: float
    coverage_b: float
    zncc: float
    cnn: float | None
    methods: tuple[str, ...]
    points: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Two regions that agree beyond chance; a person must judge."""

    id: str
    fingerprint: str
    level: Level
    category: Category
    log10_nfa: float
    regions: tuple[Region, Region]
    transform: Transform
    evidence: Evidence
    explanations: tuple[str, ...] = ()
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A panel named as a reader would find it."""

    source: str
    page: int | None
    figure: int
    panel: int
    bbox: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A block that many figures share by design (chrome, legend, logo): one line, no findings."""

    id: str
    panels: tuple[Place, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One figure of a document, and where it stands there."""

    page: int | None
    figure: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that was read, and what was found in it.

    ``held`` lists the figures of a document; ``left_out`` counts its pictures that are too small
    to be figures (bullets, rules, icons) or shown nowhere.
    """

    source: str
    sha256: str
    figures: int
    panels: int
    held: tuple[Held, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScanned:
    """One file, or part of one, that could not be read, and why in one line."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A panel set aside before comparison, and why."""

    source: str
    page: int | None
    figure: int
    panel: int
    bbox: Box
    reason: ScreenReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of what could be compared was compared.

    ``chosen_by`` says whether all pairs were to be compared, or those that an index proposed;
    ``recall`` is the share of the findings of all pairs that such a choice keeps, as measured on
    panels with known reuse.
    """

    panels: int
    pairs_possible: int
    pairs_compared: int
    chosen_by: Literal["all", "index"] = "all"
    recall: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a scan says: the one truth of which every format is a view.

    ``tool`` holds versions, ``config`` the resolved configuration; ``complete`` is False as soon
    as one input was not scanned. No clock time, no absolute path: two runs give the same bytes.
    """

    tool: dict[str, str]
    config: dict[str, Any]
    complete: bool
    inputs: tuple[Input, ...]
    not_scanned: tuple[NotScanned, ...]
    screened: tuple[Screened, ...]
    coverage: Coverage
    findings: tuple[Finding, ...]
    templates: tuple[Template, ...] = ()
    schema_version: str = field(default="1.0")
