"""Small pictures of findings inside a terminal: kitty's and iTerm2's protocols, or half blocks.

The protocols are described by kitty (graphics protocol) and iTerm2 (inline images).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from figecho.model import ByteArray, Finding, Panel
from figecho.report.drawing import ORANGE, stroke
from figecho.report.marks import marks

Protocol = Literal["kitty", "iterm", "blocks"]

_HEIGHT_PX, _GAP_PX = 180, 12
_CELL_PX, _BLOCKS = 9, 66
_CHUNK = 4096
_KITTY = frozenset({"ghostty", "WezTerm"})
_ITERM = frozenset({"iTerm.app", "iTerm2"})


def protocol_of(environ: Mapping[str, str], encoding: str, *, terminal: bool) -> Protocol | None:
    """Return how a stream shows pictures, None where it is no terminal, or one without colours.

    Parameters
    ----------
    environ : mapping
        The environment's variables; ``NO_COLOR`` and ``TERM=dumb`` ask for plain text.
    encoding : str
        Of the stream: half blocks need one that knows them.
    terminal : bool
        Whether somebody watches the stream.
    """
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if not terminal or environ.get("NO_COLOR") or term in ("", "dumb"):
        return None
    # A multiplexer swallows pictures, and passes coloured characters on.
    if not term.startswith(("screen", "tmux")) and "TMUX" not in environ:
        if "kitty" in term or program in _KITTY or environ.get("KITTY_WINDOW_ID"):
            return "kitty"
        if program in _ITERM or environ.get("LC_TERMINAL") in _ITERM:
            return "iterm"
    coloured = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    return "blocks" if coloured and "utf" in encoding.lower() else None


def preview(finding: Finding, a: Panel, b: Panel) -> ByteArray:
    """Return panels A and B beside one another, low, with the regions outlined."""
    shown = []
    for panel, drawn in zip((a, b), marks(finding, a, b), strict=True):
        h, w = panel.shape
        zoom = min(_HEIGHT_PX / h, 2.5 * _HEIGHT_PX / w)
        size = max(round(w * zoom), 1), max(round(h * zoom), 1)
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        small: ByteArray = np.ascontiguousarray(cv2.resize(panel.rgb, size, interpolation=method))
        stroke(small, (drawn.outline + 0.5) * zoom - 0.5, ORANGE, closed=True)
        shown.append(small)
    height = max(p.shape[0] for p in shown)
    out = np.zeros((height, sum(p.shape[1] for p in shown) + _GAP_PX, 3), np.uint8)
    out[: shown[0].shape[0], : shown[0].shape[1]] = shown[0]
    out[: shown[1].shape[0], -shown[1].shape[1] :] = shown[1]
    return out


def encoded(rgb: ByteArray, protocol: Protocol, columns: int) -> str:
    """Return the text that makes a terminal of ``columns`` cells show a picture, with a newline."""
    if protocol == "blocks":
        cells = max(min(columns - 1, _BLOCKS, rgb.shape[1]), 1)
        return "".join(f"{line}\x1b[0m\n" for line in _blocks(rgb, cells))
    wide = max(min(columns - 1, round(rgb.shape[1] / _CELL_PX)), 1)
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, format="PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    if protocol == "iterm":
        size = f"size={len(file.getvalue())};width={wide};preserveAspectRatio=1"
        return f"\x1b]1337;File=inline=1;{size}:{data}\x07\n"
    chunks = [data[k : k + _CHUNK] for k in range(0, len(data), _CHUNK)]
    heads = [f"a=T,f=100,q=2,c={wide}," if k == 0 else "" for k in range(len(chunks))]
    more = [int(k + 1 < len(chunks)) for k in range(len(chunks))]
    parts = zip(heads, more, chunks, strict=True)
    return "".join(f"\x1b_G{head}m={m};{chunk}\x1b\\" for head, m, chunk in parts) + "\n"


def _blocks(rgb: ByteArray, wide: int) -> Iterator[str]:
    """Yield lines of half blocks: the upper pixel in front, the lower one behind."""
    high = max(round(rgb.shape[0] * wide / rgb.shape[1] / 2), 1) * 2
    small = cv2.resize(rgb, (wide, high), interpolation=cv2.INTER_AREA)
    for upper, lower in zip(small[::2].tolist(), small[1::2].tolist(), strict=True):
        cells = zip(upper, lower, strict=True)
        yield "".join(
            "\x1b[38;2;{};{};{}m\x1b[48;2;{};{};{}m▀".format(*front, *back) for front, back in cells
        )
