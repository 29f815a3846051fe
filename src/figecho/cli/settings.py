"""Options of the command line turned into one resolved configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from figecho.errors import ConfigError

if TYPE_CHECKING:
    from figecho.config import Config

_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def resolved(preset: str, settings: Iterable[str], **options: Any) -> Config:
    """Return the configuration of ``preset``, the ``KEY=VALUE`` settings and the options given.

    Raises
    ------
    ConfigError
        A setting without '=', an unknown name, or a value of the wrong kind.
    """
    from figecho.config import PRESETS, resolve

    overrides: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set takes KEY=VALUE, got '{setting}'")
        overrides[key.strip()] = _value(key.strip(), text.strip(), PRESETS["default"])
    overrides |= {key: value for key, value in options.items() if value is not None}
    return resolve(preset, overrides)


def names(text: str | None) -> tuple[str, ...] | None:
    """Return a comma-separated option as its parts, None where it was not given."""
    return None if text is None else tuple(t.strip() for t in text.split(",") if t.strip())


def _value(key: str, text: str, config: Config) -> Any:
    """Read ``text`` as the kind of value that setting holds today; unknown keys stay text."""
    current: Any = config
    for name in key.split("."):
        current = getattr(current, name, None)
    try:
        if isinstance(current, bool):
            return _TRUTH[text.lower()]
        if isinstance(current, int):
            return int(text)
        if isinstance(current, float):
            return float(text)
    except (KeyError, ValueError) as error:
        kind = {"bool": "true or false", "int": "a whole number", "float": "a number"}
        raise ConfigError(
            f"setting '{key}' takes {kind[type(current).__name__]}, got '{text}'"
        ) from error
    if isinstance(current, tuple):
        return _like(current, names(text) or (), key)
    return text


def _like(current: tuple[Any, ...], parts: tuple[str, ...], key: str) -> tuple[Any, ...]:
    """Return ``parts`` as the kind of value ``current`` holds."""
    kind = type(current[0]) if current else str
    try:
        return tuple(kind(part) for part in parts)
    except ValueError as error:
        raise ConfigError(f"setting '{key}' takes numbers, got '{', '.join(parts)}'") from error
