"""Previews go to terminals that can show them, and to nothing else."""

from __future__ import annotations

import base64
import io
import re
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.report.preview import encoded, preview, protocol_of
from handmade import finding, panel
from test_html import textured

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (KITTY, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "blocks"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, None),
        ({**KITTY, "NO_COLOR": "1"}, None),
        ({}, None),
    ],
)
def test_a_terminal_gets_what_it_can_show(environ: dict[str, str], expected: str | None) -> None:
    assert protocol_of(environ, "utf-8", terminal=True) == expected
    assert protocol_of(environ, "utf-8", terminal=False) is None


def test_half_blocks_need_an_encoding_that_knows_them() -> None:
    environ = {"TERM": "xterm", "COLORTERM": "truecolor"}
    assert protocol_of(environ, "ascii", terminal=True) is None


def drawn() -> Any:
    return preview(finding(), panel(textured(), "a.png"), panel(textured(44, 300), "b.png"))


def decoded(data: str) -> Any:
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))))


def test_kitty_gets_a_png_in_small_pieces() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 300, 3)).astype(np.uint8)
    for rgb in (noise, np.zeros((2, 2, 3), np.uint8)):
        pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", encoded(rgb, "kitty", 80))
        assert all(len(data) <= 4096 for _, data in pieces)
        assert [head[-3:] for head, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
        np.testing.assert_array_equal(decoded("".join(data for _, data in pieces)), rgb)
    assert len(pieces) == 1


def test_iterm_gets_a_png_no_wider_than_its_window() -> None:
    found = re.fullmatch(r"\x1b]1337;File=inline=1;(.*?):(.*)\x07\n", encoded(drawn(), "iterm", 20))
    assert found is not None
    assert "width=19" in found[1]
    np.testing.assert_array_equal(decoded(found[2]), drawn())


def test_half_blocks_fill_lines_of_one_width_and_end_their_colours() -> None:
    lines = encoded(drawn(), "blocks", 60).splitlines()
    assert {line.count("▀") for line in lines} == {59}
    assert all(line.endswith("\x1b[0m") for line in lines)
    bright = np.zeros((2, 1, 3), np.uint8)
    bright[0] = 255
    assert encoded(bright, "blocks", 80) == "\x1b[38;2;255;255;255m\x1b[48;2;0;0;0m▀\x1b[0m\n"


def test_a_preview_is_low_and_shows_the_outlines() -> None:
    rgb = drawn()
    assert rgb.shape[0] <= 180
    assert ((rgb == (230, 159, 0)).all(axis=2)).sum() > 100


def test_extreme_panels_still_have_a_preview() -> None:
    rgb = preview(finding(), panel(textured(3, 900), "a.png"), panel(textured(900, 3), "b.png"))
    assert encoded(rgb, "blocks", 80).endswith("\x1b[0m\n")


@pytest.mark.parametrize("watched", [True, False])
def test_only_a_watched_terminal_gets_previews(
    watched: bool, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from figecho.cli.previews import show_previews

    a, b = panel(textured(), "a.png"), panel(textured(), "b.png")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: watched, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TMUX", raising=False)
    for name, value in KITTY.items():
        monkeypatch.setenv(name, value)
    lost = finding(2, a=finding().regions[1])
    show_previews((finding(), lost), {a.key: a})
    show_previews((finding(), lost), {p.key: p for p in (a, b)})
    out, err = capsys.readouterr()
    assert out.count("a=T") == (2 if watched else 0)
    assert ("F001" in out) is watched
    assert ("no previews" in err) is not watched
