"""Likely partners among many panels: copies in every form are found, few others looked at."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from figecho.config import Retrieve, resolve
from figecho.describe.forms import ALL_FORMS
from figecho.farm import stages
from figecho.farm.place import workplace
from figecho.farm.shelf import Shelf
from figecho.report.to_json import to_json
from figecho.retrieve import count_pairs, likely_partners, pairs_to_compare
from figecho.retrieve.partners import one_by_one
from figecho.retrieve.sketch import STEPS, Sketch, empty_sketch, sketch_of
from figecho.retrieve.votes import MIN_COSINE, Shelved
from figecho.retrieve.words import WIDE_SIGNS, homes, unit, vocabulary, words_for
from figecho.scan import scan
from figecho.store.store import scratch
from handmade import panel
from scenes import CONFIG, described, moved, rendering

SETTINGS = Retrieve(descriptors=120, partners=2)


def sketch(image: np.ndarray, limit: int = 120) -> Sketch:
    return sketch_of(described(np.ascontiguousarray(image)), limit, CONFIG.match)


def copies() -> dict[str, np.ndarray]:
    image = rendering("cells", 31, 130, 160)
    turn = cv2.getRotationMatrix2D((80, 65), 40, 1.0)
    return {
        "as is": image[10:, 20:],
        "mirrored": image[:, ::-1],
        "inverted": 255 - image,
        "mirrored, inverted": 255 - image[:, ::-1],
        "turned": moved(image, turn),
        "smaller": cv2.resize(image, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA),
    }


@pytest.fixture(scope="module")
def strangers() -> list[Sketch]:
    return [sketch(rendering("cells", 40 + k)) for k in range(6)]


@pytest.mark.parametrize("form", list(copies()))
def test_a_copy_is_the_first_choice_in_every_form(form: str, strangers: list[Sketch]) -> None:
    pair = [sketch(rendering("cells", 31, 130, 160)), sketch(copies()[form])]
    sketches = [strangers[0], pair[0], *strangers[1:4], pair[1], *strangers[4:]]
    found = likely_partners(sketches, replace(SETTINGS, partners=1))
    assert (1, 5) in found
    assert len(found) <= len(sketches)


def test_strangers_have_few_partners(strangers: list[Sketch]) -> None:
    assert len(likely_partners(strangers, replace(SETTINGS, partners=1))) <= len(strangers)


def test_panels_with_few_votes_are_no_partners(strangers: list[Sketch]) -> None:
    assert likely_partners(strangers, replace(SETTINGS, min_votes=0.0))
    assert likely_partners(strangers, replace(SETTINGS, min_votes=1e6)) == set()


def test_panels_poor_in_keypoints_are_partners_while_they_are_few(strangers: list[Sketch]) -> None:
    poor = replace(empty_sketch(), poor=True)
    sketches = [poor, strangers[0], poor, poor]
    assert {(0, 2), (0, 3), (2, 3)} <= likely_partners(sketches, SETTINGS)
    assert likely_partners(sketches, replace(SETTINGS, max_poor_panels=2)) == set()
    assert likely_partners([], SETTINGS) == set()


def test_a_sketch_keeps_few_descriptors_nearly_as_they_were() -> None:
    full = described(rendering("eosin", 5))
    brief = sketch_of(full, 50, CONFIG.match)
    assert len(brief) == len(brief.log2_size) == len(brief.angle_deg) == 50
    assert brief.descriptors.nbytes == 50 * 128
    lengths = np.linalg.norm(unit(brief.descriptors), axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=0.02)
    assert np.abs(np.concatenate(full.sift_blocks, axis=1)).max() * STEPS < 127
    assert brief.poor is False
    assert sketch_of(described(np.full((40, 60), 90.0)), 50, CONFIG.match).poor is True


@pytest.mark.parametrize("words", [16, 700])
def test_homes_are_the_two_words_nearest_in_any_form(words: int) -> None:
    rng = np.random.default_rng(words)
    descriptors = rng.integers(-40, 40, (600, 128)).astype(np.int8)
    centres = rng.normal(size=(words, 128)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    found = homes(descriptors, centres)
    cosine = np.max([(unit(descriptors) * signs) @ centres.T for signs in WIDE_SIGNS], axis=0)
    values = np.take_along_axis(cosine, found.T, axis=1)
    np.testing.assert_allclose(values, -np.sort(-cosine, axis=1)[:, :2], atol=1e-5)


def test_a_descriptor_has_one_home_in_all_its_forms() -> None:
    rng = np.random.default_rng(4)
    descriptors = rng.integers(-40, 40, (900, 128)).astype(np.int8)
    forms = [descriptors * signs.astype(np.int8) for signs in WIDE_SIGNS]
    centres = vocabulary(descriptors, 64)
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1.0, atol=1e-5)
    own, *others = (homes(form, centres)[0] for form in forms)
    assert len(set(own.tolist())) > 32
    for other in others:
        assert (own == other).mean() > 0.995


def test_the_nearest_panels_are_distinct_and_others() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=128)
    near = base + rng.normal(scale=0.35, size=(70, 128))
    near = np.rint(near / np.linalg.norm(near, axis=1, keepdims=True) * STEPS).astype(np.int8)
    held, asked = near[:40], near[40:]
    owner = np.sort(rng.integers(0, 8, 40)).astype(np.int32)
    own = rng.integers(0, 8, 30).astype(np.int32)
    flat = np.zeros(40, np.float32)
    shelved = Shelved(
        panels=8,
        centres=np.eye(1, 128, dtype=np.float32),
        first=np.array([0, 40]),
        beside=np.zeros(40, np.int32),
        descriptors=held,
        owner=owner,
        log2_size=flat,
        angle_deg=flat,
    )
    best, where = shelved._nearest(asked, np.zeros(30, np.int32), own)
    assert best.shape == (30, len(ALL_FORMS), 3)
    seen = 0
    for form, signs in enumerate(WIDE_SIGNS):
        product = (asked * signs).astype(int) @ held.T.astype(int)
        for row in range(30):
            tops = sorted(
                (
                    (product[row][owner == p].max(), p)
                    for p in set(owner.tolist()) - {int(own[row])}
                    if product[row][owner == p].max() > MIN_COSINE * STEPS**2
                ),
                reverse=True,
            )[:3]
            rows = where[row, form]
            kept = [(best[row, form, k], owner[rows[k]]) for k in range(3) if rows[k] >= 0]
            assert kept == tops
            seen += len(tops)
    assert seen > 30


def test_votes_for_others_and_for_oneself(strangers: list[Sketch]) -> None:
    shelved = Shelved.of(
        strangers, vocabulary(np.concatenate([s.descriptors for s in strangers]), 32)
    )
    asked = shelved.votes(strangers[2:3])
    assert int(asked.argmax()) == 2
    assert shelved.votes_among(2, 3)[0, 2] == 0.0
    assert shelved.votes([empty_sketch()]).sum() == 0.0


def test_votes_are_the_same_in_parts(strangers: list[Sketch]) -> None:
    sketches = [*strangers, sketch(rendering("cells", 41)[:, ::-1]), empty_sketch()]
    centres = vocabulary(np.concatenate([s.descriptors for s in sketches]), 32)
    shelved = Shelved.of(sketches, centres)
    whole = shelved.votes_among(0, len(sketches))
    assert whole[1].argmax() == 6
    asked = shelved.votes(sketches)
    others = ~np.eye(len(sketches), dtype=bool)
    assert (whole.diagonal() == 0.0).all()
    assert asked[:-1].argmax(axis=1).tolist() == list(range(len(sketches) - 1))
    assert (whole[others] >= asked[others]).all()
    for k in range(len(sketches)):
        assert shelved.votes_among(k, k + 1).tobytes() == whole[k].tobytes()


def test_words_grow_with_the_root() -> None:
    assert [words_for(n) for n in (0, 10, 4096, 65536, 10**9)] == [16, 16, 128, 512, 32768]


@pytest.mark.parametrize("scope", ["within", "across", "both"])
def test_pairs_are_counted_as_they_are_made(scope: str) -> None:
    flat = np.zeros((20, 20), np.uint8)
    panels = [panel(flat, source, k) for source in ("a.png", "b.png", "c.png") for k in (1, 2, 3)]
    drawn = [k % 4 == 0 for k in range(9)]
    made = pairs_to_compare(panels, drawn, scope)  # type: ignore[arg-type]
    assert count_pairs(panels, drawn, scope) == len(made)  # type: ignore[arg-type]
    likely = {(0, 4), (2, 8)}
    few = pairs_to_compare(panels, drawn, scope, likely)  # type: ignore[arg-type]
    inside = {(i, j) for i, j in made if i // 3 == j // 3}
    assert set(few) == inside | (set() if scope == "within" else likely)
    assert few == sorted(few)


def test_a_scan_by_the_index_finds_the_same_and_says_so(tmp_path: Path) -> None:
    quick = {
        "methods": ("sift",),
        "describe.max_keypoints": 200,
        "describe.min_working_px": 9000,
        "verify.max_px": 5000,
    }
    scene = rendering("eosin", 21, 80, 130)
    images = [scene[:, :85], scene[:, 120:35:-1], *(rendering("cells", k, 80, 90) for k in (1, 2))]
    for k, image in enumerate(images):
        Image.fromarray(np.ascontiguousarray(image)).save(tmp_path / f"{k}.png")
    full = scan([tmp_path], resolve(overrides=quick)).report
    few = {"all_pairs_panels": 3, "partners": 1, "max_poor_panels": 0}
    config = resolve(overrides=quick | {f"retrieve.{k}": v for k, v in few.items()})
    chosen = scan([tmp_path], config).report
    assert (full.coverage.chosen_by, full.coverage.recall) == ("all", 1.0)
    assert (chosen.coverage.chosen_by, chosen.coverage.recall) == ("index", 0.99)
    assert (
        full.coverage.pairs_possible
        == chosen.coverage.pairs_possible
        == 4 + len(list(combinations(range(4), 2)))
    )
    assert chosen.coverage.pairs_compared < full.coverage.pairs_compared
    assert len(full.findings) == 1
    assert chosen.findings == full.findings
    for k in range(4):
        (tmp_path / f"{k}.png").rename(tmp_path / f"x{7 - k}.png")
    renamed = scan([tmp_path], config, jobs=2).report
    assert [f.fingerprint for f in renamed.findings] == [f.fingerprint for f in full.findings]
    assert renamed.coverage == chosen.coverage
    assert to_json(scan([tmp_path], config).report) == to_json(renamed)


def test_workers_find_the_same_partners_and_what_they_lose_is_found_here(
    strangers: list[Sketch], monkeypatch: pytest.MonkeyPatch
) -> None:
    sketches = [*strangers, sketch(rendering("cells", 41)[:, ::-1]), empty_sketch()]
    centres = vocabulary(np.concatenate([s.descriptors for s in sketches]), 32)
    shelved = Shelved.of(sketches, centres)
    parts = [(0, 3), (3, 5), (5, 8)]
    here = list(one_by_one(shelved, parts, SETTINGS))
    assert [len(part) for part in here] == [3, 2, 3]
    assert 6 in here[0][1]
    for jobs in (0, 2):
        with workplace(CONFIG, scratch(), jobs, lambda stage, done, total: None) as place:
            assert stages._partners(place, shelved, parts, SETTINGS) == here
            assert list(place.store.blobs.all()) == []

    def fails(part: tuple[int, int], shelf: Shelf, **rest: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(stages.tasks, "partners", fails)
    with workplace(CONFIG, scratch(), 0, lambda stage, done, total: None) as place:
        assert stages._partners(place, shelved, parts, SETTINGS) == here
