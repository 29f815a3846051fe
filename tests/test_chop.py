"""``figecho chop``: ImageMagick's equal parts, under names that tell, over nobody's files."""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figecho.cli import run
from figecho.errors import ConfigError
from figecho.model import Figure
from figecho.panels.chop import Grid, chop, cuts, grid_of
from figecho.report.parts import part_files

#: Left edges of the parts of a side, as ImageMagick 6.9.11 (Q16) cuts it. Plain arithmetic gives
#: other cuts for (14, 13), (29, 12), (34, 12) and (51, 50).
IMAGEMAGICK = {
    (1, 1): "0",
    (1, 5): "0",
    (3, 5): "0 1 2",
    (4, 64): "0 1 2 3",
    (5, 5): "0 1 2 3 4",
    (7, 2): "0 4",
    (8, 6): "0 1 3 4 5 7",
    (10, 9): "0 1 2 3 4 6 7 8 9",
    (11, 3): "0 4 7",
    (12, 10): "0 1 2 4 5 6 7 8 10 11",
    (14, 13): "0 1 2 3 4 5 6 8 9 10 11 12 13",
    (23, 5): "0 5 9 14 18",
    (29, 12): "0 2 5 7 10 12 14 17 19 22 24 27",
    (34, 12): "0 3 6 9 11 14 17 20 23 25 28 31",
    (51, 50): "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 27 28 29 30 31 "
    "32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50",
    (100, 3): "0 33 67",
    (255, 7): "0 36 73 109 146 182 219",
    (640, 11): "0 58 116 175 233 291 349 407 465 524 582",
    (1003, 6): "0 167 334 502 669 836",
}

Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def figecho(capsys: pytest.CaptureFixture[str]) -> Program:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def noise(*shape: int, dtype: type = np.uint8, seed: int = 0) -> np.ndarray:
    high = int(np.iinfo(dtype).max)
    return np.random.default_rng(seed).integers(0, high, shape, dtype, endpoint=True)


def read(path: Path) -> np.ndarray:
    """Return the samples of a file as they are, colours as RGB."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels if pixels.ndim == 2 else pixels[..., ::-1]


def write(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels if pixels.ndim == 2 else pixels[..., ::-1])
    return path


def listed(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["parts"]


@pytest.mark.parametrize(("side", "parts"), IMAGEMAGICK)
def test_a_side_is_cut_where_imagemagick_cuts_it(side: int, parts: int) -> None:
    assert cuts(side, parts)[:-1] == [int(x) for x in IMAGEMAGICK[side, parts].split()]


@given(st.integers(1, 5000), st.integers(1, 1000))
def test_a_side_is_covered_once_by_parts_of_nearly_one_size(side: int, parts: int) -> None:
    edges = cuts(side, parts)
    sizes = [b - a for a, b in pairwise(edges)]
    assert (edges[0], edges[-1]) == (0, side)
    assert len(sizes) == min(side, parts)
    assert max(sizes) - min(sizes) <= 1 or max(abs(s - side / parts) for s in sizes) < 1.5


def test_parts_are_numbered_row_by_row() -> None:
    parts = chop(10, 6, Grid(columns=2, rows=3))
    assert [(p.row, p.column) for p in parts] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert parts[3].bbox.as_list() == [5, 2, 5, 2]


@pytest.mark.parametrize("text", ["5x1", " 5 X 1 ", "5×1", "5x1@"])
def test_a_grid_is_columns_by_rows(text: str) -> None:
    assert grid_of(text) == Grid(columns=5, rows=1)


@pytest.mark.parametrize("text", ["", "5", "x", "0x1", "5x0", "-5x1", "5x1x2", "1001x1", "5x1\n6"])
def test_what_is_no_grid_says_so(text: str) -> None:
    with pytest.raises(ConfigError, match="COLUMNSxROWS"):
        grid_of(text)


@pytest.mark.parametrize(
    "pixels",
    [
        noise(40, 53),
        noise(40, 53, 3),
        noise(40, 53, dtype=np.uint16),
        noise(40, 53, 3, dtype=np.uint16),
    ],
    ids=["grey", "colour", "16-bit grey", "16-bit colour"],
)
def test_parts_hold_the_pixels_of_the_source_at_its_depth(
    pixels: np.ndarray, tmp_path: Path, figecho: Program
) -> None:
    write(tmp_path / "in" / "a.png", pixels)
    code, out, err = figecho("chop", tmp_path / "in", "--grid", "4x3", "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert out.startswith("12 parts of 1 figure in")
    parts = listed(tmp_path / "out")
    assert len(parts) == 12
    for part in parts:
        x, y, w, h = part["bbox"]
        found = read(tmp_path / "out" / part["file"])
        assert found.dtype == pixels.dtype
        np.testing.assert_array_equal(found, pixels[y : y + h, x : x + w])


def test_name_and_manifest_tell_source_and_part(tmp_path: Path, figecho: Program) -> None:
    source = write(tmp_path / "in" / "sub" / "blot.png", noise(20, 50))
    figecho("chop", tmp_path / "in", "--grid", "5x1", "--out", tmp_path / "out")
    third = listed(tmp_path / "out")[2]
    file = (tmp_path / "out" / "sub_blot.png-r1c3.png").read_bytes()
    assert third == {
        "file": "sub_blot.png-r1c3.png",
        "sha256": hashlib.sha256(file).hexdigest(),
        "source": "sub/blot.png",
        "page": None,
        "figure": 1,
        "row": 1,
        "column": 3,
        "bbox": [20, 0, 10, 20],
    }
    whole = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert whole["grid"] == "5x1"
    assert whole["inputs"] == [
        {
            "source": "sub/blot.png",
            "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
            "figures": 1,
        }
    ]
    assert str(tmp_path) not in json.dumps(whole)


def figure(source: str, page: int | None = None, number: int = 1) -> Figure:
    return Figure(source=source, page=page, number=number, pixels=noise(4, 4), sha256="0")


def test_no_two_parts_share_a_name() -> None:
    sources = ["a.png", "a.jpg", "A.PNG", "x/a.png", "x_a.png", "x/y/a.png", "x_y/a.png"]
    figures = [figure(s) for s in sources]
    figures += [figure("m.tif", page) for page in (1, 2)] + [figure("n.tif", 1, n) for n in (1, 2)]
    figures += [figure("q" * 300 + "1.png"), figure("ö" * 150 + ".png"), figure("manifest.json")]
    names = [f.name for f in part_files(figures, Grid(columns=2, rows=1))]
    assert len({name.casefold() for name in names}) == len(names) == 2 * len(figures)
    assert max(len(name.encode()) for name in names) < 200


@pytest.mark.parametrize("source", ["../../etc/x.png", "/abs/x.png", ".hidden.png", "-rf.png"])
def test_a_name_stays_in_the_folder_and_in_sight(source: str) -> None:
    (name,) = [f.name for f in part_files([figure(source)], Grid(columns=1, rows=1))]
    assert re.fullmatch(r"[\w.~@+=,() -]+", name)
    assert not name.startswith((".", "-"))


def test_a_name_holds_nothing_that_steers() -> None:
    (name,) = [f.name for f in part_files([figure("a\x1b[31m\n:*?é.png")], Grid(columns=1, rows=1))]
    assert name == "a__31m____é.png-r1c1.png"


@pytest.mark.parametrize("kept", ["a.png-r1c2.png", "manifest.json"])
def test_nothing_is_overwritten_and_nothing_begun(
    kept: str, tmp_path: Path, figecho: Program
) -> None:
    write(tmp_path / "a.png", noise(20, 20))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / kept).write_text("mine")
    code, _, err = figecho("chop", tmp_path / "a.png", "--out", tmp_path / "out")
    assert code == 2
    assert "exists already" in err
    assert [p.name for p in (tmp_path / "out").iterdir()] == [kept]
    assert (tmp_path / "out" / kept).read_text() == "mine"


def test_parts_may_join_other_files(tmp_path: Path, figecho: Program) -> None:
    write(tmp_path / "a.png", noise(20, 20))
    (tmp_path / "mine.txt").write_text("mine")
    assert figecho("chop", tmp_path / "a.png", "--grid", "2x1", "--out", tmp_path)[0] == 0
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["a.png", "a.png-r1c1.png", "a.png-r1c2.png", "manifest.json", "mine.txt"]


def test_what_cannot_be_read_is_said_and_listed(tmp_path: Path, figecho: Program) -> None:
    write(tmp_path / "in" / "a.png", noise(20, 20))
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    code, _, err = figecho("chop", tmp_path / "in", "--out", tmp_path / "out")
    assert code == 3
    assert "b.png" in err
    whole = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [n["source"] for n in whole["not_scanned"]] == ["b.png"]


def test_nothing_readable_writes_nothing(tmp_path: Path, figecho: Program) -> None:
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert figecho("chop", tmp_path / "b.png", "--out", tmp_path / "out")[0] == 2
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.png", noise(300, 300))

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    command = [sys.executable, "-m", "figecho", "chop", tmp_path / "a.png", "--grid", "3x1"]
    done = subprocess.run(
        [*command, "--out", tmp_path / "new" / "out"],
        preexec_fn=little_room,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert re.fullmatch(r"figecho: '.*' cannot be written: .*; nothing was kept\n", done.stderr)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def imagemagick() -> str | None:
    for name in ("magick", "convert-im6.q16", "convert-im7.q16"):
        if path := shutil.which(name):
            return path
    return None


@pytest.mark.skipif(imagemagick() is None, reason="ImageMagick is not installed")
def test_the_real_program_cuts_the_same_parts(tmp_path: Path, figecho: Program) -> None:
    program = imagemagick()
    assert program is not None
    rng = random.Random(5)
    for case in range(12):
        pixels = noise(rng.randint(1, 90), rng.randint(1, 200), seed=case)
        grid = f"{rng.randint(1, 14)}x{rng.randint(1, 6)}"
        here = tmp_path / str(case)
        source = write(here / "a.png", pixels)
        figecho("chop", source, "--grid", grid, "--out", here / "ours")
        (here / "theirs").mkdir()
        subprocess.run(
            [program, source, "-crop", f"{grid}@", "+repage", here / "theirs" / "%04d.png"],
            check=True,
        )
        ours = [read(here / "ours" / part["file"]) for part in listed(here / "ours")]
        theirs = [read(path) for path in sorted((here / "theirs").iterdir())]
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
