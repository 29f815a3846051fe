"""The committed example set: it is what the generator makes, and its truth names what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from make_fixtures import DEFAULT_SEED, HOME
from synth.corpus import corpus
from synth.showcase import showcase

LOSSLESS = (".png", ".tif")


@pytest.fixture(scope="module")
def made():
    return showcase(DEFAULT_SEED)


@pytest.fixture(scope="module")
def truth():
    return json.loads((HOME / "truth.json").read_text(encoding="utf-8"))


def test_the_committed_figures_are_what_the_generator_makes(made):
    checked = 0
    for name, image in made.items():
        with Image.open(HOME / name) as picture:
            committed = np.asarray(picture)
        assert committed.shape == image.shape, name
        if Path(name).suffix not in LOSSLESS:
            continue
        # versions of OpenCV and Pillow round warps, JPEG and letters differently
        gap = np.abs(committed.astype(int) - image)
        assert gap.mean() < 1.5, name
        assert (gap > 24).mean() < 0.01, name
        checked += 1
    assert checked >= 10


def test_the_committed_truth_is_what_the_generator_says(made, truth):
    assert json.loads(json.dumps(made.truth())) == truth


def test_every_file_is_named_in_the_truth_and_the_set_is_small(truth):
    files = {path.name for path in HOME.iterdir()} - {"truth.json"}
    assert files == set(truth["figures"])
    assert sum(path.stat().st_size for path in HOME.iterdir()) < 5_000_000
    assert {Path(name).suffix for name in files} == {".png", ".jpg", ".tif"}


def test_the_truth_names_only_figures_that_exist_and_every_pair_once(truth):
    figures, names = set(truth["figures"]), []
    for a, b, category, name in truth["positives"]:
        assert {a, b} <= figures
        assert a != b
        assert category in {"I", "II", "III"}
        names.append(name)
    for a, category, name in truth["within"]:
        assert a in figures
        assert category in {"I", "II", "III"}
        names.append(name)
    assert 10 <= len(truth["positives"]) <= 12
    assert 1 <= len(truth["within"]) <= 2
    assert sorted(names) == sorted(truth["transforms"]) == sorted(truth["regions"])
    assert set(truth["screened"]) <= figures
    assert set(truth["screened"].values()) <= {"blank", "low-entropy", "text", "plot", "too-small"}
    assert len(truth["templates"][0]) >= 4
    listed = [tuple(sorted(pair[:2])) for pair in truth["positives"]]
    assert len(listed) == len(set(listed))


def test_regions_lie_inside_their_figures_and_map_onto_each_other(truth):
    places = {name: (a, b) for a, b, _, name in truth["positives"]}
    places |= {name: (a, a) for a, _, name in truth["within"]}
    for name, region in truth["regions"].items():
        polygons = [np.asarray(region[key]) for key in ("polygon_a", "polygon_b")]
        for figure, polygon in zip(places[name], polygons, strict=True):
            with Image.open(HOME / figure) as picture:
                width, height = picture.size
            assert (polygon >= -0.6).all(), name
            assert (polygon <= [width - 0.4, height - 0.4]).all(), name
        matrix = np.asarray(region["matrix_b_from_a"])
        mapped = np.column_stack([polygons[0], np.ones(len(polygons[0]))]) @ matrix.T
        np.testing.assert_allclose(mapped[:, :2], polygons[1], atol=0.5)


def test_another_seed_is_another_plan(truth):
    other = showcase(DEFAULT_SEED + 1).truth()
    assert set(other["transforms"]) != set(truth["transforms"])
    assert len(other["positives"]) == len(truth["positives"])


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        corpus(5, 8, 0.5, classes=["strip", "dim"]).write(tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == 9
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
