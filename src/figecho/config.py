"""What can be set, and the named presets: configuration is data.

:func:`resolve` turns a preset name and overrides into one frozen :class:`Config`; an unknown key is
an error that names the nearest valid one. The resolved tree is part of every report.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from figecho.errors import ConfigError
from figecho.model import Scope

METHODS = ("sift", "orb", "blocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a single input may cost before it is refused with a reason."""

    max_pixels: int = 200_000_000
    max_side_px: int = 60_000
    max_file_bytes: int = 2_000_000_000
    max_frames: int = 500
    max_pages: int = 2000
    max_document_pixels: int = 1_000_000_000
    max_document_memory_bytes: int = 6_000_000_000
    max_page_seconds: float = 60.0
    max_document_seconds: float = 900.0
    max_archive_files: int = 2000
    max_archive_bytes: int = 2_000_000_000
    max_archive_ratio: float = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """When a panel or a pixel is not worth comparing."""

    min_side_px: int = 16
    min_area_px: int = 600
    blank_range: float = 10.0
    min_entropy_bits: float = 1.0
    min_tones: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """How many keypoints a panel gets, and at which working size."""

    min_working_px: int = 160_000
    max_working_px: int = 1_500_000
    max_upscale: float = 4.0
    sift_contrast: float = 0.01
    sift_edge: float = 15.0
    max_keypoints: int = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """How thoroughly blocks are compared where keypoints are few."""

    working_px: int = 3000
    min_thickness_px: float = 18.0
    block_px: int = 20
    max_blocks: int = 16
    max_scales: int = 3
    all_orientations: bool = False
    peaks_per_view: int = 2
    max_proposals: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """When keypoints propose a geometry."""

    ratio: float = 0.85
    ratio_within: float = 0.82
    ratio_orb: float = 0.80
    min_cosine: float = 0.75
    tolerance_px: float = 3.0
    min_support: int = 4
    max_models: int = 3
    min_support_within: int = 3
    max_models_within: int = 3
    min_shift_px: float = 16.0
    poor_keypoints: int = 120
    glance_keypoints: int = 260
    thin_px: int = 100
    thin_keypoints: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """How thoroughly a panel is searched for small copies inside itself."""

    max_points: int = 6000
    min_cosine: float = 0.7
    min_votes: float = 10.0
    max_motions: int = 3
    max_whole: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """How carefully the pixels are asked."""

    gate_px: int = 12_000
    gate_nats: float = 4.0
    max_px: int = 120_000
    chance_px: int = 40_000
    min_nats: float = 12.0
    iterations: int = 8
    max_drift_px: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Where the levels begin."""

    strong_log10_nfa: float = -6.0
    moderate_log10_nfa: float = -2.0
    weak_log10_nfa: float = 0.0
    strong_min_area_px: int = 400
    strong_min_coverage: float = 0.01
    min_coverage: float = 0.02
    min_area_px: float = 1000.0
    small_coverage: float = 0.2
    min_area_within_px: float = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieve:
    """When and how pairs are chosen instead of comparing all."""

    all_pairs_panels: int = 60
    descriptors: int = 256
    min_votes: float = 1.5
    partners: int = 16
    max_poor_panels: int = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The resolved configuration of one run."""

    preset: str = "default"
    scope: Scope = "both"
    methods: tuple[str, ...] = METHODS
    keep_weak: bool = False
    limits: Limits = field(default_factory=Limits)
    screen: Screen = field(default_factory=Screen)
    describe: Describe = field(default_factory=Describe)
    retrieve: Retrieve = field(default_factory=Retrieve)
    blocks: Blocks = field(default_factory=Blocks)
    match: Match = field(default_factory=Match)
    patches: Patches = field(default_factory=Patches)
    verify: Verify = field(default_factory=Verify)
    judge: Judge = field(default_factory=Judge)


PRESETS: dict[str, Config] = {
    "fast": Config(
        preset="fast",
        describe=Describe(max_keypoints=800),
        match=Match(glance_keypoints=200),
    ),
    "default": Config(),
    "thorough": Config(
        preset="thorough",
        describe=Describe(max_keypoints=2000),
        match=Match(glance_keypoints=600),
        blocks=Blocks(all_orientations=True, max_scales=5),
    ),
}


def nearest(word: str, valid: tuple[str, ...]) -> str:
    """Return a hint naming the valid word closest to ``word``, or all of them."""
    close = difflib.get_close_matches(word, valid, n=1)
    return f"did you mean '{close[0]}'?" if close else f"valid: {', '.join(valid)}"


def resolve(preset: str = "default", overrides: Mapping[str, Any] | None = None) -> Config:
    """Return the named preset with ``overrides`` laid on top.

    Parameters
    ----------
    preset : str
        One of :data:`PRESETS`.
    overrides : mapping, optional
        Dotted keys (``"screen.min_tones"``) to values.

    Raises
    ------
    ConfigError
        Unknown preset, key, scope or method; the message names the nearest valid one.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset '{preset}': {nearest(preset, tuple(PRESETS))}")
    config = PRESETS[preset]
    for dotted, value in (overrides or {}).items():
        config = _replaced(config, dotted.split("."), value, dotted)
    if config.scope not in get_args(Scope):
        hint = nearest(config.scope, get_args(Scope))
        raise ConfigError(f"unknown scope '{config.scope}': {hint}")
    for method in config.methods:
        if method not in METHODS:
            raise ConfigError(f"unknown method '{method}': {nearest(method, METHODS)}")
    if not config.methods:
        raise ConfigError(f"no method chosen; valid: {', '.join(METHODS)}")
    return config


def as_dict(config: Config) -> dict[str, Any]:
    """Return the resolved tree as plain data for the report."""
    return dataclasses.asdict(config)


def _replaced(node: Any, path: list[str], value: Any, dotted: str) -> Any:
    names = tuple(f.name for f in dataclasses.fields(node))
    head, *rest = path
    if head not in names:
        raise ConfigError(f"unknown setting '{dotted}': {nearest(head, names)}")
    if rest:
        child = getattr(node, head)
        if not dataclasses.is_dataclass(child):
            raise ConfigError(f"'{head}' holds no settings of its own, in '{dotted}'")
        value = _replaced(child, rest, value, dotted)
    elif dataclasses.is_dataclass(getattr(node, head)):
        raise ConfigError(f"'{dotted}' is a group; valid: {', '.join(names)}")
    elif isinstance(getattr(node, head), tuple):
        value = tuple(value)
    return dataclasses.replace(node, **{head: value})
