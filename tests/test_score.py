"""``figecho score``: the strips recipe as one command, sound, screened, and shown three ways."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from figecho.cli import run
from figecho.config import resolve
from figecho.dedup.ranking import by_hamming
from figecho.dedup.score import METHODS, How, Scores, score
from figecho.errors import ConfigError, SourceError
from figecho.model import Box, Input, NotScanned
from figecho.panels.chop import Grid
from figecho.report.pair_scores import ScoresView, scores_csv, scores_json
from figecho.tiles import Tile, tiles_of
from networks import needs_imagededup, save, scene, small, state_of

STRIPS = Grid(columns=5, rows=1)
Program = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))


@pytest.fixture
def figecho(capsys: pytest.CaptureFixture[str]) -> Program:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def write(folder: Path, **pictures: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def by_small(folder: Path, **how: Any) -> Scores:
    return score([folder], resolve(), How(cnn=small(), **how))


def named(scores: Scores, k: int = 0, relation: str = "across") -> tuple[str, str, float]:
    ranking = getattr(scores, relation)
    a, b = scores.tiles[ranking.first[k]], scores.tiles[ranking.second[k]]
    return f"{a.source}/{a.part}", f"{b.source}/{b.part}", float(ranking.value[k])


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    """Four unlike figures; the second strip of d is the fourth of a."""
    pictures = {name: scene(k, 80, 200) for k, name in enumerate("abcd")}
    pictures["d"][:, 40:80] = pictures["a"][:, 120:160]
    return write(tmp_path / "figures", **pictures)


# What is scored


@needs_imagededup
def test_a_strip_that_appears_twice_leads(figures: Path) -> None:
    scores = by_small(figures, grid=STRIPS)
    assert named(scores) == ("a.png/4", "d.png/2", 1.0)
    assert by_small(figures, cutoff=-1.0).across.value[0] < 0.99, "whole figures do not show it"


@needs_imagededup
def test_every_pair_once_and_those_of_one_figure_apart(figures: Path) -> None:
    scores = by_small(figures, grid=STRIPS, cutoff=-1.0)
    assert len(scores.tiles) == 20
    assert len(scores.within) == 4 * 10
    assert len(scores.across) == 20 * 19 // 2 - 40
    tiles = scores.tiles
    pairs = zip(scores.within.first, scores.within.second, strict=True)
    assert all(tiles[i].of == tiles[j].of for i, j in pairs)
    pairs = zip(scores.across.first, scores.across.second, strict=True)
    assert all(tiles[i].of != tiles[j].of for i, j in pairs)


@needs_imagededup
def test_scores_are_those_of_imagededup_on_the_same_tiles_as_files(
    figures: Path, tmp_path: Path, figecho: Program
) -> None:
    from imagededup.methods import CNN

    figecho("chop", figures, "--out", tmp_path / "tiles")
    (tmp_path / "tiles" / "manifest.json").unlink()
    custom = small()
    custom.model.eval()  # which imagededup leaves to its caller
    cnn = CNN(verbose=False, model_config=custom)
    theirs = cnn.find_duplicates(tmp_path / "tiles", min_similarity_threshold=0.6, scores=True)
    expected = {(a, b): s for a, near in theirs.items() for b, s in near if a < b}
    scores = by_small(figures, grid=STRIPS, cutoff=0.6, screen=False)
    found = {}
    for relation in ("across", "within"):
        for k in range(len(getattr(scores, relation))):
            a, b, value = named(scores, k, relation)
            found[f"{a}.png".replace("/", "-r1c"), f"{b}.png".replace("/", "-r1c")] = value
    assert 10 < len(expected) < 190
    assert found.keys() == expected.keys()
    assert all(abs(found[k] - expected[k]) < 1e-4 for k in found)


@needs_imagededup
@pytest.mark.parametrize("method", ["cnn", "phash", "dhash", "whash", "ahash"])
def test_two_blank_canvases_are_alike_only_unscreened(method: str, tmp_path: Path) -> None:
    canvas = np.full((80, 120, 3), 255, np.uint8)
    folder = write(tmp_path / "f", a=canvas, b=canvas[:60], c=scene(1), d=scene(2))
    blind = by_small(folder, method=method, screen=False)
    first, second, value = named(blind)
    assert (first, second) == ("a.png/1", "b.png/1")
    # The cosine of two networks' outputs is exact to single precision only.
    assert value == (pytest.approx(1.0, abs=1e-5) if method == "cnn" else 0.0)
    scores = by_small(folder, method=method)
    assert {t.source for t in scores.tiles} == {"c.png", "d.png"}
    aside = [(s.source, s.reason) for s in scores.screened]
    assert aside == [("a.png", "blank"), ("b.png", "blank")]


def test_blank_strips_are_set_aside_and_keep_their_number() -> None:
    from figecho.model import Figure

    pixels = np.full((80, 200, 3), 250, np.uint8)
    pixels[:, 40:80] = scene(1, 80, 40)
    figure = Figure(source="a.png", page=None, number=1, pixels=pixels, sha256="0")
    tiles, screened = tiles_of(figure, resolve(), grid=STRIPS)
    assert [t.part for t in tiles] == [2]
    assert tiles[0].bbox == Box(x=40, y=0, w=40, h=80)
    assert [s.panel for s in screened] == [1, 3, 4, 5]
    assert {s.reason for s in screened} == {"blank"}


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (2, 3), (17, 5)])
def test_tiny_figures_are_screened_not_stumbled_over(height: int, width: int) -> None:
    from figecho.model import Figure

    pixels = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    figure = Figure(source="a.png", page=None, number=1, pixels=pixels, sha256="0")
    tiles, screened = tiles_of(figure, resolve(), grid=STRIPS)
    assert not tiles
    assert {s.reason for s in screened} == {"too-small"}


@needs_imagededup
def test_depth_and_layout_do_not_matter(tmp_path: Path) -> None:
    grey = scene(5)[..., 1].copy()
    grey[0, 0], grey[0, 1] = 0, 255
    folder = write(tmp_path / "f", grey=grey, rgb=np.repeat(grey[..., None], 3, 2))
    alpha = np.dstack([np.repeat(grey[..., None], 3, 2), np.full(grey.shape, 255, np.uint8)])
    write(folder, rgba=alpha)
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")
    values = by_small(folder, cutoff=-1.0).across.value
    assert len(values) == 6
    assert values.min() > 0.98, "16 bits are stretched, so their tones differ a little"
    assert (values[:3] == 1).all()


@needs_imagededup
def test_panels_are_cut_as_a_scan_cuts_them(tmp_path: Path) -> None:
    sheet = np.full((120, 320, 3), 255, np.uint8)
    sheet[15:105, 20:140], sheet[15:105, 180:300] = scene(1), scene(2)
    folder = write(tmp_path / "f", sheet=sheet, single=scene(2))
    scores = by_small(folder, panels=True)
    assert [t.bbox.as_list() for t in scores.tiles[:2]] == [
        [20, 15, 120, 90],
        [180, 15, 120, 90],
    ]
    assert named(scores) == ("sheet.png/2", "single.png/1", 1.0)


@needs_imagededup
def test_one_figure_or_none_left_gives_no_pair(tmp_path: Path) -> None:
    assert len(by_small(write(tmp_path / "f", a=scene(1)), cutoff=-1.0).across) == 0
    blank = write(tmp_path / "g", a=np.full((50, 50, 3), 255, np.uint8))
    assert by_small(blank, cutoff=-1.0).tiles == ()
    assert len(by_small(blank, method="phash").across) == 0


# What is refused


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cutoff", [65, -2, float("nan")])
def test_a_cutoff_out_of_range_is_refused(method: str, cutoff: float) -> None:
    with pytest.raises(ConfigError, match="a cutoff of"):
        How(method=method, cutoff=cutoff)


def test_a_hash_takes_whole_bits() -> None:
    with pytest.raises(ConfigError, match="number of bits"):
        How(method="phash", cutoff=0.97)


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'phash'"):
        How(method="phsh")


@needs_imagededup
def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="nothing could be read"):
        by_small(tmp_path)


# How it is shown


def made(*sources: str, hashes: tuple[int, ...] = (0, 1, 3), **fields: Any) -> Scores:
    """Return scores by a hash without imagededup: bits 1, 1 and 2 for three tiles."""
    box = Box(x=1, y=2, w=30, h=40)
    rgb = np.zeros((40, 30, 3), np.uint8)
    tiles = tuple(
        Tile(source=s, page=None, figure=1, part=k, bbox=box, rgb=rgb, pixels_sha256=str(k))
        for k, s in enumerate(sources or ("a.png", "a.png", "b.png"), start=1)
    )
    ranking = by_hamming(np.array(hashes, np.uint64), 64)
    inside = np.array(
        [tiles[i].of == tiles[j].of for i, j in zip(ranking.first, ranking.second, strict=True)]
    )
    values: dict[str, Any] = {
        "how": How(method="phash", grid=STRIPS),
        "tool": {"figecho": "0", "imagededup": "1"},
        "inputs": tuple(
            Input(source=s, sha256="0", figures=1, panels=1) for s in {t.source for t in tiles}
        ),
        "not_scanned": (),
        "screened": (),
        "misused": (),
        "tiles": tiles,
        "across": ranking.where(~inside),
        "within": ranking.where(inside),
        "notes": (),
    }
    return Scores(**(values | fields))


def shown(scores: Scores, width: int = 80, top: int = 25) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    console.print(ScoresView(scores, top))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_table_names_both_tiles_and_keeps_relations_apart() -> None:
    text = shown(made())
    assert text.splitlines()[:2] == [
        "3 tiles of 2 figures (5x1) · 3 pairs compared",
        "phash: 2 pairs across figures, 1 inside one, within 10 bits",
    ]
    across, within = text.index("Pairs across figures"), text.index("Pairs within one figure")
    assert across < text.index("a.png, tile 2") < within
    assert text.count("b.png, tile 3") == 2
    assert "person must judge" in " ".join(text.split())


def test_a_long_list_says_how_many_more() -> None:
    sources = tuple(f"{k}.png" for k in range(20))
    text = shown(made(*sources, hashes=tuple(range(20))), top=5)
    assert text.count(".png, tile") == 10
    assert "and 185 more" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_names_cannot_steer_the_table(width: int) -> None:
    evil = "[red]x\x1b[31m\n:smile:" + "very_long_name" * 9 + ".png"
    text = shown(made(evil, "b.png", hashes=(0, 1)), width=width)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    if width == 200:
        assert "[red]x\\x1b[31m\\x0a:smile:" in text


def test_csv_holds_every_pair_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(scores_csv(made("=1+1.png", "@b.png", "c.png")))))
    assert [(r["relation"], r["score"]) for r in rows] == [("across", s) for s in "112"]
    assert rows[0]["source_a"] == "'=1+1.png"
    assert rows[0]["source_b"] == "'@b.png"
    assert (rows[0]["part_a"], rows[0]["x_a"], rows[0]["h_b"]) == ("1", "1", "40")


def test_json_says_what_was_done() -> None:
    lost = (NotScanned(source="x.pdf", reason="damaged"),)
    data = json.loads(scores_json(made(not_scanned=lost)))
    assert (data["method"], data["cutoff"], data["grid"]) == ("phash", 10, "5x1")
    assert data["complete"] is False
    assert data["not_scanned"] == [{"source": "x.pdf", "reason": "damaged"}]
    assert data["pairs_compared"] == 3
    assert [p["score"] for p in data["across"]] == [1, 2]
    assert data["within"][0]["b"] == {
        "source": "a.png",
        "page": None,
        "figure": 1,
        "part": 2,
        "bbox": [1, 2, 30, 40],
    }


# The program


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(state_of("mobilenet_v3_small"), tmp_path_factory.mktemp("weights") / "w.pth")


@needs_imagededup
def test_the_program_scores_by_a_network(
    figures: Path, figecho: Program, weights: Path, tmp_path: Path
) -> None:
    named_by = ["--cnn-weights", weights, "--cache-dir", tmp_path / "c"]
    code, out, err = figecho("score", figures, "--grid", "5x1", *named_by, "--json", "-")
    assert (code, err) == (0, "")
    data = json.loads(out)
    first = data["across"][0]
    assert (first["a"]["source"], first["a"]["part"]) == ("a.png", 4)
    assert (first["b"]["source"], first["b"]["part"], first["score"]) == ("d.png", 2, 1.0)
    assert data["tool"]["cnn"] == "mobilenet_v3_small"
    assert len(data["tool"]["cnn_weights_sha256"]) == 64
    assert str(tmp_path) not in out
    assert len(list((tmp_path / "c").iterdir())) == 1
    again = figecho("score", figures, "--grid", "5x1", *named_by, "--json", "-")
    assert again == (0, out, ""), "the same from the cache, byte for byte"


@needs_imagededup
def test_the_program_scores_by_a_hash(figures: Path, figecho: Program, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    code, out, err = figecho(
        "score", figures, "--grid", "5x1", "--method", "phash", "--csv", table, "--cutoff", "2"
    )
    assert (code, err) == (0, "")
    assert out.startswith("20 tiles of 4 figures (5x1) · 190 pairs compared\nphash: ")
    row = next(csv.DictReader(table.open()))
    assert (row["source_a"], row["source_b"], row["score"]) == ("a.png", "d.png", "0")
    before = table.read_bytes()
    assert figecho("score", figures, "--method", "phash", "--csv", table)[0] == 2
    assert table.read_bytes() == before


@needs_imagededup
def test_no_weights_is_one_line(figures: Path, figecho: Program) -> None:
    code, out, err = figecho("score", figures)
    assert (code, out) == (2, "")
    assert err.startswith("figecho: no weights for mobilenet_v3_small: --online fetches")
    assert err.count("\n") == 1


@needs_imagededup
def test_a_damaged_file_among_good_ones_makes_it_incomplete(
    figures: Path, figecho: Program
) -> None:
    (figures / "z.png").write_bytes(b"no picture")
    code, out, _ = figecho("score", figures, "--method", "ahash")
    assert code == 3
    assert "z.png: " in out
