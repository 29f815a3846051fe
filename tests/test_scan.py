"""A scan, from a folder to a report: what is found, what is not, and the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from figecho.config import resolve
from figecho.errors import SourceError
from figecho.evaluate import load_truth, score
from figecho.model import Report
from figecho.report.to_json import to_json
from figecho.scan import scan
from figecho.schema import report_schema
from scenes import CONFIG, alike, gamma, jpeg, rendering

COUNTED = ("strong", "moderate")


def cloned() -> np.ndarray:
    image = rendering("tissue", 21, 130, 190).copy()
    image[65:120, 115:175] = image[8:63, 10:70]
    return image


def figures() -> dict[str, np.ndarray]:
    """Nine pictures: an overlap, a mirrored copy, a clone, look-alike strips, strangers, blank."""
    scene = rendering("eosin", 21, 120, 200)
    return {
        "a_field.png": scene[:, :130],
        "b_overlap.png": jpeg(gamma(scene[:, 55:185], 1.2), 90),
        "c_other.png": rendering("eosin", 22, 110, 130),
        "d_cells.png": rendering("cells", 21, 100, 130),
        "e_mirror.png": rendering("cells", 21, 100, 130)[:, ::-1],
        "f_clone.png": cloned(),
        "g_strip.png": alike("strip", 2)[0],
        "h_strip.png": alike("strip", 2)[1],
        "i_blank.png": np.full((80, 100), 250, np.uint8),
    }


def save(folder: Path, images: dict[str, np.ndarray]) -> Path:
    for name, image in images.items():
        Image.fromarray(np.ascontiguousarray(image)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = save(tmp_path_factory.mktemp("figures"), figures())
    (place / "j_broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    return place


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return scan([folder], CONFIG).report


def links(report: Report) -> list[tuple[str, str]]:
    counted = [f for f in report.findings if f.level in COUNTED]
    return sorted((f.regions[0].source, f.regions[1].source) for f in counted)


def test_what_occurs_twice_is_found_and_nothing_else(report: Report) -> None:
    assert sorted(set(links(report))) == [
        ("a_field.png", "b_overlap.png"),
        ("d_cells.png", "e_mirror.png"),
        ("f_clone.png", "f_clone.png"),
    ]
    assert len(links(report)) == 3


def test_a_finding_says_how_one_region_becomes_the_other(report: Report) -> None:
    by = {f.regions[0].source: f for f in report.findings}
    overlap, mirror, clone = (by[s] for s in ("a_field.png", "d_cells.png", "f_clone.png"))
    assert (overlap.category, mirror.category, clone.category) == ("II", "II", "III")
    matrix = np.array(overlap.transform.matrix_b_from_a)
    assert np.linalg.norm((matrix @ [90, 60, 1])[:2] - [35, 60]) < 1.5
    assert overlap.regions[0].bbox.x == pytest.approx(55, abs=8)
    assert mirror.transform.mirrored is True
    assert "mirrored left to right" in mirror.transform.words
    move = np.subtract(clone.regions[1].bbox.as_list()[:2], clone.regions[0].bbox.as_list()[:2])
    assert np.abs(np.abs(move) - [105, 57]).max() < 6
    assert {overlap.level, mirror.level} == {"strong"}


def test_look_alike_strips_are_no_finding(report: Report) -> None:
    assert not [f for f in report.findings if "strip" in f.regions[0].source]


def test_what_was_set_aside_and_what_could_not_be_read_is_said(report: Report) -> None:
    assert [(s.source, s.reason) for s in report.screened] == [("i_blank.png", "blank")]
    assert [n.source for n in report.not_scanned] == ["j_broken.png"]
    assert report.complete is False
    assert [i.source for i in report.inputs] == sorted(figures())
    assert all(i.figures == 1 and i.panels >= 1 and len(i.sha256) == 64 for i in report.inputs)
    assert report.coverage.panels == 8
    assert report.coverage.pairs_compared == report.coverage.pairs_possible == 8 * 9 // 2


def test_the_report_is_valid_and_names_no_place_or_time(report: Report, folder: Path) -> None:
    text = to_json(report)
    jsonschema.Draft202012Validator(report_schema()).validate(json.loads(text))
    assert str(folder) not in text
    assert report.tool["figecho"]
    assert report.config["preset"] == "default"


def test_the_report_does_not_depend_on_jobs_or_on_the_order_of_paths(
    report: Report, folder: Path
) -> None:
    text = to_json(report)
    assert to_json(scan([folder], CONFIG, jobs=2).report) == text
    paths = sorted(folder.iterdir())
    shuffled = [paths[k] for k in np.random.default_rng(1).permutation(len(paths))]
    assert shuffled != paths
    assert to_json(scan(shuffled, CONFIG).report) == text


def test_renaming_the_files_keeps_the_fingerprints(report: Report, tmp_path: Path) -> None:
    kept = {k: v for k, v in figures().items() if k[0] in "ab"}
    names = dict(zip(kept, ("x_first.png", "y_second.png"), strict=True))
    renamed = scan([save(tmp_path, {names[k]: v for k, v in kept.items()})], CONFIG).report
    before = [f.fingerprint for f in report.findings if f.regions[0].source == "a_field.png"]
    assert [f.fingerprint for f in renamed.findings] == before


def test_names_and_order_change_nothing_but_which_region_is_called_a(
    report: Report, tmp_path: Path
) -> None:
    names = {name: f"{99 - k}{name[-4:]}" for k, name in enumerate(sorted(figures()))}
    folder = save(tmp_path, {names[name]: pixels for name, pixels in figures().items()})
    other = scan([folder], CONFIG).report
    by_mark = {f.fingerprint: f for f in other.findings}
    assert len(by_mark) == len(report.findings) >= 3
    turned = 0
    for one in report.findings:
        two = by_mark[one.fingerprint]
        assert (two.level, two.category, two.log10_nfa) == (one.level, one.category, one.log10_nfa)
        places = [(names[r.source], r.bbox) for r in one.regions]
        seen = [(r.source, r.bbox) for r in two.regions]
        forth, back = (np.array(f.transform.matrix_b_from_a) for f in (one, two))
        if seen == places:
            np.testing.assert_array_equal(forth, back)
            assert one.evidence.points == two.evidence.points
        else:
            turned += 1
            assert seen == places[::-1]
            np.testing.assert_allclose(forth @ back, np.eye(3), atol=1e-6)
            assert {(xb, yb, xa, ya) for xa, ya, xb, yb in two.evidence.points} == set(
                one.evidence.points
            )
    assert turned


def test_points_follow_the_transform_and_lie_at_the_regions(report: Report) -> None:
    for found in report.findings:
        points = np.array(found.evidence.points)
        assert 2 <= len(points) <= 24
        matrix = np.array(found.transform.matrix_b_from_a)
        there = np.c_[points[:, :2], np.ones(len(points))] @ matrix.T
        assert np.abs(there[:, :2] / there[:, 2:] - points[:, 2:]).max() < 6.1
        for region, xy in zip(found.regions, (points[:, :2], points[:, 2:]), strict=True):
            box, margin = region.bbox, 0.15 * max(region.bbox.w, region.bbox.h)
            low, high = (box.x - margin, box.y - margin), (box.x + box.w, box.y + box.h)
            assert (xy >= low).all() and (xy <= np.array(high) + margin).all()


def test_scope_chooses_within_or_across_figures(folder: Path) -> None:
    chosen = [folder / n for n in ("a_field.png", "b_overlap.png", "f_clone.png")]

    def seen(scope: str) -> list[tuple[str, str]]:
        return links(scan(chosen, resolve(overrides={"scope": scope})).report)

    assert seen("across") == [("a_field.png", "b_overlap.png")]
    assert seen("within") == [("f_clone.png", "f_clone.png")]


def test_panels_of_one_figure_are_within(tmp_path: Path) -> None:
    cells = rendering("cells", 21, 100, 130)
    page = np.full((120, 300, *cells.shape[2:]), 255, np.uint8)
    page[10:110, 10:140] = cells
    page[10:110, 160:290] = cells[:, ::-1]
    save(tmp_path, {"page.png": page})
    report = scan([tmp_path], resolve(overrides={"scope": "within"})).report
    (found,) = report.findings
    assert [r.panel for r in found.regions] == [1, 2]
    assert found.transform.mirrored is True
    first, second = (r.bbox for r in found.regions)
    assert first.x + first.w <= 145
    assert second.x >= 155
    assert scan([tmp_path], resolve(overrides={"scope": "across"})).report.findings == ()


def test_weak_findings_are_kept_only_if_asked_for(folder: Path) -> None:
    chosen = [folder / n for n in ("a_field.png", "b_overlap.png")]
    judge = replace(CONFIG.judge, strong_log10_nfa=-999.0, moderate_log10_nfa=-998.0)
    config = replace(CONFIG, judge=judge)
    assert scan(chosen, config).report.findings == ()
    kept = scan(chosen, replace(config, keep_weak=True)).report.findings
    assert [f.level for f in kept] == ["weak"]


def test_a_scan_of_nothing_readable_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    with pytest.raises(SourceError, match=r"a\.png"):
        scan([tmp_path / "a.png"], CONFIG)


def test_a_scan_of_blank_panels_is_complete_and_finds_nothing(tmp_path: Path) -> None:
    flat = np.full((80, 100), 250, np.uint8)
    report = scan([save(tmp_path, {"a.png": flat, "b.png": flat})], CONFIG).report
    assert report.complete is True
    assert report.findings == ()
    assert report.coverage.pairs_compared == 0
    assert len(report.screened) == 2


def test_progress_tells_each_stage_to_its_end(folder: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    chosen = [folder / n for n in ("a_field.png", "c_other.png")]
    scan(chosen, CONFIG, progress=lambda s, done, of: told.setdefault(s, []).append((done, of)))
    assert len(told) == 3
    for steps in told.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]


def test_the_panels_of_a_scan_are_those_its_findings_speak_of(folder: Path) -> None:
    done = scan([folder / "f_clone.png"], CONFIG)
    for finding in done.report.findings:
        for r in finding.regions:
            panel = done.panels[(r.source, r.page or 0, r.figure, r.panel)]
            assert r.bbox.x >= panel.bbox.x
            assert r.bbox.x + r.bbox.w <= panel.bbox.x + panel.bbox.w


def test_the_published_examples_are_found_without_a_false_pair(real_data: Path) -> None:
    """The crops of Bik, Casadevall and Fang (mBio 2016): all pairs found, no other linked."""
    place = real_data / "bik2016"
    if not (place / "truth.json").is_file():
        pytest.skip("FIGECHO_DATA holds no bik2016")
    result = score(scan([place], CONFIG).report, load_truth(place / "truth.json"))
    assert len(result.outcomes) == 14
    assert result.missed == ()
    linked = [tuple(r.source for r in f.regions) for f in result.false]
    assert [pair for pair in linked if pair[0] != pair[1]] == []


def test_pairs_of_the_fixture_folder_are_all_pairs(report: Report) -> None:
    assert report.coverage.pairs_possible == len(list(combinations(range(8), 2))) + 8
