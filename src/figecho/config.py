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


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """When a panel or a pixel is not worth comparing."""

    min_side_px: int = 16
    min_area_px: int = 600
    blank_range: float = 10.0
    min_entropy_bits: float = 1.0
    min_tones: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The resolved configuration of one run."""

    preset: str = "default"
    scope: Scope = "both"
    methods: tuple[str, ...] = METHODS
    keep_weak: bool = False
    limits: Limits = field(default_factory=Limits)
    screen: Screen = field(default_factory=Screen)


PRESETS: dict[str, Config] = {
    "fast": Config(preset="fast"),
    "default": Config(),
    "thorough": Config(preset="thorough"),
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
