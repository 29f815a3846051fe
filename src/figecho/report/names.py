"""Names as a reader finds them: places in words, made safe to print and short enough to fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Protocol

from rich.cells import cell_len

from figecho.model import Held, Input

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_ASCII = str.maketrans({"·": "-", "°": " deg", "…": "...", "×": "x", "–": "-", "−": "-"})
_PAGE_WORDS = {".pdf": "p.", ".pptx": "slide"}


class Located(Protocol):
    """Anything that says where it lies: a region, a place, a screened panel."""

    @property
    def source(self) -> str:
        """The file."""

    @property
    def page(self) -> int | None:
        """1-based page, slide or frame."""

    @property
    def figure(self) -> int:
        """1-based figure on its page."""

    @property
    def panel(self) -> int:
        """1-based panel in its figure."""


def clean(text: str, encoding: str = "utf-8") -> str:
    r"""Return ``text`` with whatever could steer a terminal, or cannot be written, made visible.

    Control, format and bidirectional characters, line separators and undecodable bytes become
    escapes such as ``\x1b``; characters missing from ``encoding`` become ASCII or escapes.
    """
    visible = "".join(_escape(c) if unicodedata.category(c) in _STEERING else c for c in text)
    try:
        visible.encode(encoding)
    except UnicodeEncodeError:
        plain = visible.translate(_ASCII)
        return plain.encode(encoding, errors="backslashreplace").decode(encoding)
    return visible


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """Return ``text`` cut in its middle to at most ``width`` terminal cells.

    The end stays longer than the beginning, for it holds the extension and the panel.
    """
    if cell_len(text) <= width:
        return text
    room = max(width - cell_len(ellipsis), 0)
    head = _prefix(text, room * 2 // 5)
    tail = _prefix(text[::-1], room - cell_len(head))[::-1]
    return (head + ellipsis + tail) if room else _prefix(ellipsis, width)


def place(where: Located, inputs: Mapping[str, Input]) -> tuple[str, str]:
    """Return the file of ``where``, and the place inside it in words (empty where it is the file).

    Parameters
    ----------
    where : Located
        A region, place or screened panel.
    inputs : mapping
        Inputs by source: a figure or panel is numbered only where the file holds several.
    """
    held = inputs.get(where.source)
    parts = []
    word = _PAGE_WORDS.get(PurePosixPath(where.source).suffix.lower(), "frame")
    spot = next((h.origin.where for h in held.held if _is_at(h, where)), "") if held else ""
    if where.page is None and spot:
        parts.append(spot)
    elif where.page is not None and word == "frame" and spot:
        parts.append(spot)
        word = "page"
    elif where.page is not None:
        parts.append(f"{word} {where.page}")
    several = held is not None and held.figures > 1 and (where.page is None or word != "frame")
    if held is not None and held.held:
        several = sum(h.page == where.page for h in held.held) > 1
    if where.figure > 1 or several:
        parts.append(f"figure {where.figure}")
    if where.panel > 1 or (held is not None and held.panels > held.figures):
        parts.append(f"panel {where.panel}")
    return where.source, ", ".join(parts)


def _is_at(held: Held, where: Located) -> bool:
    return (held.page, held.figure) == (where.page, where.figure)


def place_words(
    where: Located, inputs: Mapping[str, Input], width: int, encoding: str = "utf-8"
) -> str:
    """Return :func:`place` as one safe string of at most ``width`` cells."""
    source, inside = place(where, inputs)
    ellipsis = clean("…", encoding)
    tail = f", {inside}" if inside else ""
    room = max(width - cell_len(tail), 7)
    return shorten(shorten(clean(source, encoding), room, ellipsis) + tail, width, ellipsis)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _prefix(text: str, width: int) -> str:
    used = 0
    for end, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:end]
    return text
