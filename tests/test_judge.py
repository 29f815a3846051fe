"""Judgement: motions in words, categories, chance, levels, fingerprints, families, templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figecho.config import Judge
from figecho.describe.forms import AS_IS, Form
from figecho.echo import Echo
from figecho.judge.background import TAILS
from figecho.judge.candidate import Candidate
from figecho.judge.category import (
    ALTERED,
    ALTERED_DRAWN,
    STRETCHED,
    UPRIGHT_DEG,
    WHOLE,
    category_of,
)
from figecho.judge.explain import explanations
from figecho.judge.finding import findings_of
from figecho.judge.fingerprint import apart
from figecho.judge.looks import Looks
from figecho.judge.nfa import (
    DEALT,
    SEEN_BY_CHANCE,
    TAIL_FROM,
    Kind,
    Trials,
    kind_of,
    level_of,
    log10_nfa,
    relative_evidence,
)
from figecho.judge.templates import MIN_FIGURES, MUCH_MORE, set_templates_aside
from figecho.match.propose import Proposal
from figecho.model import Box, Finding, Panel
from figecho.store.cards import without_pixels
from figecho.verify.motion import Motion, in_words, motion_of
from figecho.verify.outline import transform_points
from handmade import panel
from scenes import rendering

JUDGE = Judge()
#: More than any unrelated panels reach.
CLEAR = 50.0
FIELD = rendering("eosin", 1, 100, 120)

# Motion

KINDS: tuple[Kind, ...] = get_args(Kind)


def linear(angle_deg: float, scale: float, stretch: float, axis_deg: float, mirrored: bool):
    def turn(degrees: float) -> np.ndarray:
        t = np.deg2rad(degrees)
        return np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])

    sizes = np.diag([scale * np.sqrt(stretch), scale / np.sqrt(stretch)])
    stretched = turn(axis_deg) @ sizes @ turn(-axis_deg)
    return turn(angle_deg) @ stretched @ np.diag([-1.0 if mirrored else 1.0, 1.0])


@given(
    st.floats(-179.5, 179.5), st.floats(0.3, 3.5), st.floats(1.0, 1.6), st.floats(0, 180),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_a_motion_is_taken_apart_as_it_was_made(
    angle_deg: float, scale: float, stretch: float, axis_deg: float, mirrored: bool
) -> None:
    matrix = np.eye(3)
    matrix[:2, :2] = linear(angle_deg, scale, stretch, axis_deg, mirrored)
    matrix[:2, 2] = [40.0, -7.0]
    motion = motion_of(matrix, 12.0, 34.0)
    assert motion.mirrored is mirrored
    assert motion.rotation_deg == pytest.approx(angle_deg, abs=1e-4)
    assert motion.scale == pytest.approx(scale, rel=1e-6)
    assert motion.stretch == pytest.approx(stretch, rel=1e-6)


@given(st.floats(-4e-4, 4e-4), st.floats(-4e-4, 4e-4), st.floats(20, 180), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_homography_is_taken_apart_at_the_point_asked_for(
    px: float, py: float, x: float, mirrored: bool
) -> None:
    matrix = np.eye(3)
    matrix[:2, :2] = linear(25.0, 1.2, 1.1, 30.0, mirrored)
    matrix[2, :2] = [px, py]
    at = np.array([[x, 60.0]])
    near = at + np.array([[1e-4, 0.0], [0.0, 1e-4]])
    slopes = ((transform_points(matrix, near) - transform_points(matrix, at)) / 1e-4).T
    flat = np.eye(3)
    flat[:2, :2] = slopes
    motion, expected = motion_of(matrix, x, 60.0), motion_of(flat, 0.0, 0.0)
    assert motion.mirrored is mirrored
    assert motion.rotation_deg == pytest.approx(expected.rotation_deg, abs=0.01)
    assert motion.scale == pytest.approx(expected.scale, rel=1e-3)
    assert motion.stretch == pytest.approx(expected.stretch, rel=1e-3)
    assert motion_of(5.0 * matrix, x, 60.0).scale == pytest.approx(motion.scale)


def test_half_a_turn_is_plus_180_however_it_is_rounded() -> None:
    for tiny in (-1e-9, 1e-9):
        matrix = np.array([[-1.0, tiny, 9.0], [-tiny, -1.0, 9.0], [0, 0, 1.0]])
        assert motion_of(matrix, 0.0, 0.0).rotation_deg == pytest.approx(180.0, abs=0.1)


def still(**fields: Any) -> Motion:
    return replace(Motion(rotation_deg=0.0, scale=1.0, stretch=1.0, mirrored=False), **fields)


@pytest.mark.parametrize(
    ("motion", "inverted", "words"),
    [
        (still(), False, "same orientation and size"),
        (still(rotation_deg=90.0), False, "rotated 90°"),
        (still(mirrored=True), False, "mirrored left to right"),
        (still(mirrored=True, rotation_deg=180.0), False, "mirrored top to bottom"),
        (still(mirrored=True, rotation_deg=-179.0), False, "mirrored top to bottom"),
        (still(mirrored=True, rotation_deg=90.0), False, "mirrored left to right, rotated 90°"),
        (still(scale=1.5), False, "scaled 1.50x"),
        (still(stretch=1.12), False, "stretched 12 %"),
        (still(), True, "tones inverted"),
        (still(rotation_deg=0.4, scale=1.01), False, "same orientation and size"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_motion_in_words(motion: Motion, inverted: bool, words: str) -> None:
    assert in_words(motion, inverted=inverted, shared=None, inside=False) == words
    said = in_words(motion, inverted=inverted, shared=0.62, inside=False)
    assert said == f"{words}, 62 % of the panel shared"


def test_words_inside_one_panel() -> None:
    assert in_words(still(), inverted=False, shared=0.1, inside=True).startswith("moved")
    assert "twice" in in_words(still(), inverted=False, shared=0.1, inside=True)
    assert "1 %" in in_words(still(), inverted=False, shared=0.0004, inside=True)


# Category


@pytest.mark.parametrize(
    ("motion", "inside", "differing", "overlaps", "category"),
    [
        (still(), False, 0.02, (1.0, 1.0), "I"),
        (still(scale=0.7), False, 0.02, (1.0, 1.0), "I"),
        (still(stretch=STRETCHED - 0.01), False, 0.02, (1.0, 1.0), "I"),
        (still(stretch=STRETCHED + 0.01), False, 0.02, (1.0, 1.0), "II"),
        (still(rotation_deg=UPRIGHT_DEG - 0.1), False, 0.02, (1.0, 1.0), "I"),
        (still(rotation_deg=UPRIGHT_DEG + 0.1), False, 0.02, (1.0, 1.0), "II"),
        (still(rotation_deg=180.0), False, 0.02, (1.0, 1.0), "II"),
        (still(mirrored=True), False, 0.02, (1.0, 1.0), "II"),
        (still(), False, 0.02, (WHOLE + 0.01, 1.0), "I"),
        (still(), False, 0.02, (WHOLE - 0.01, 1.0), "II"),
        (still(), False, 0.02, (1.0, 0.3), "II"),
        (still(), False, ALTERED - 0.01, (1.0, 1.0), "I"),
        (still(), False, ALTERED + 0.01, (1.0, 1.0), "III"),
        (still(mirrored=True), False, 0.6, (0.5, 0.5), "III"),
        (still(), True, 0.02, (1.0, 1.0), "III"),
    ],
)
def test_the_category_follows_the_written_rule(
    motion: Motion, inside: bool, differing: float, overlaps: tuple[float, float], category: str
) -> None:
    a, b = overlaps
    found = category_of(motion, inside=inside, differing=differing, overlap_a=a, overlap_b=b)
    assert found == category


def test_lanes_moved_into_another_blot_are_no_alteration() -> None:
    moved = {"inside": False, "differing": 0.5, "overlap_a": 0.4, "overlap_b": 0.4}
    assert category_of(still(), **moved) == "III"
    assert category_of(still(), **moved, lanes=True) == "II"


def test_lanes_moved_within_the_frame_of_a_blot_are_no_simple_duplicate() -> None:
    moved = {"inside": False, "differing": 0.02, "overlap_a": 0.9, "overlap_b": 0.9}
    assert category_of(still(), **moved) == "I"
    assert category_of(still(), **moved, lanes=True) == "II"


@pytest.mark.parametrize(
    ("differing", "category"), [(ALTERED_DRAWN - 0.005, "I"), (ALTERED_DRAWN + 0.005, "III")]
)
def test_little_that_differs_alters_a_drawing_and_no_photograph(
    differing: float, category: str
) -> None:
    shared = {"inside": False, "differing": differing, "overlap_a": 1.0, "overlap_b": 1.0}
    assert category_of(still(), **shared, drawn=True) == category
    assert category_of(still(), **shared) == "I"


# Chance and levels


@given(
    st.floats(0, 5000), st.floats(0.1, 500), st.floats(0, 100), st.floats(0.1, 50),
    st.integers(1, 10**6), st.sampled_from(KINDS),
)  # fmt: skip
@settings(deadline=None)
def test_more_evidence_less_chance_and_fewer_trials_all_tighten(
    nats: float, more: float, chance: float, more_chance: float, count: int, kind: Kind
) -> None:
    trials = Trials(gels=count, others=count, within=count)
    evidence = relative_evidence(nats, chance)
    value = log10_nfa(evidence, trials, kind)
    assert log10_nfa(relative_evidence(nats + more, chance), trials, kind) <= value
    assert log10_nfa(relative_evidence(nats, chance + more_chance), trials, kind) >= value
    ten = Trials(gels=10 * count, others=10 * count, within=10 * count)
    assert log10_nfa(evidence, ten, kind) == pytest.approx(value + 1.0)
    assert np.isfinite(value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_is_finite_and_at_most_the_trials_of_all_kinds(kind: Kind) -> None:
    thousand = Trials(gels=1000, others=1000, within=1000)
    assert log10_nfa(0.0, thousand, kind) <= np.log10(1000 * len(KINDS)) + 1e-9
    assert -400 < log10_nfa(1e9, Trials(gels=1, others=1, within=1), kind) < -80
    assert np.isfinite(log10_nfa(5.0, Trials(gels=0, others=0, within=0), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_counted_by_its_own_comparisons(kind: Kind) -> None:
    own = {"gels in place": "gels", "gels moved": "gels", "within": "within"}.get(kind, "others")
    few = Trials(gels=10, others=10, within=10)
    for name in ("gels", "others", "within"):
        more = log10_nfa(20.0, replace(few, **{name: 1000}), kind) - log10_nfa(20.0, few, kind)
        assert more == pytest.approx(2.0 if name == own else 0.0)


def test_gels_are_a_kind_of_their_own_across_panels() -> None:
    assert kind_of("moved", gels=True) == "gels moved"
    assert kind_of("in place", gels=True) == "gels in place"
    assert kind_of("moved", gels=False) == "moved"
    assert kind_of("within", gels=True) == kind_of("within", gels=False) == "within"


def test_gels_look_alike_more_often_than_other_panels() -> None:
    trials = Trials(gels=100, others=100, within=100)
    for evidence in (8.0, 15.0, 30.0):
        for kind in ("in place", "moved"):
            of_gels = log10_nfa(evidence, trials, kind_of(kind, gels=True))
            assert of_gels > log10_nfa(evidence, trials, kind_of(kind, gels=False))


def test_the_fitted_tails_are_shares_that_fall() -> None:
    assert set(TAILS) == set(KINDS)
    for share, decay, ever in TAILS.values():
        assert 0.0 < share <= 1.0
        assert 0.05 < decay < 2.0
        assert share * np.exp(-decay * TAIL_FROM) <= ever <= 1.0


def test_one_surprise_is_dealt_to_all_kinds() -> None:
    assert set(DEALT) == set(KINDS)
    assert sum(DEALT.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_chance_falls_with_evidence_from_what_any_reaches(kind: Kind) -> None:
    trials = Trials(gels=1000, others=1000, within=1000)
    falls = [log10_nfa(x, trials, kind) for x in (0.0, 1.0, 2.0, 3.9, 4.0, 4.1, 8.0, 30.0)]
    assert falls == sorted(falls, reverse=True)
    assert falls[0] == pytest.approx(np.log10(1000 / DEALT[kind] * TAILS[kind][2]))
    assert falls[3] - falls[4] < 0.1


def test_what_unrelated_panels_were_seen_to_reach_is_weak_however_few_there_are() -> None:
    assert level_of(-9.0, SEEN_BY_CHANCE, 5000, 0.5, JUDGE, inside=False) == "strong"
    assert level_of(-9.0, 0.99 * SEEN_BY_CHANCE, 5000, 0.5, JUDGE, inside=False) == "weak"
    assert level_of(0.1, 0.99 * SEEN_BY_CHANCE, 5000, 0.5, JUDGE, inside=False) is None


def test_evidence_counts_relative_to_chance() -> None:
    assert relative_evidence(100.0, 0.0) > 5 * relative_evidence(100.0, 20.0)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("nfa", "area", "level"),
    [
        (-6.0, 400, "strong"),
        (-30.0, 5000, "strong"),
        (-5.99, 5000, "moderate"),
        (-30.0, 399, "moderate"),
        (-2.0, 10, "moderate"),
        (-1.99, 5000, "weak"),
        (0.0, 5000, "weak"),
        (0.01, 5000, None),
    ],
)
def test_levels_begin_where_the_settings_say(
    nfa: float, area: float, level: str | None, inside: bool
) -> None:
    if inside and level is not None and area < JUDGE.min_area_within_px:
        level = "weak"  # no larger than one cell
    assert level_of(nfa, CLEAR, area, 0.5, JUDGE, inside=inside) == level


@pytest.mark.parametrize(
    ("coverage", "inside", "level"),
    [
        (0.021, False, "strong"),
        (0.019, False, "weak"),
        (0.011, True, "strong"),
        (0.009, True, "moderate"),
    ],
)
def test_a_region_no_larger_than_a_label_is_weak_between_panels(
    coverage: float, inside: bool, level: str
) -> None:
    assert level_of(-30.0, CLEAR, 5000, coverage, JUDGE, inside=inside) == level
    assert level_of(0.01, CLEAR, 5000, coverage, JUDGE, inside=inside) is None


@pytest.mark.parametrize(
    ("area", "coverage", "level"),
    [(999, 0.19, "weak"), (999, 0.21, "strong"), (1001, 0.19, "strong"), (1001, 0.019, "weak")],
)
def test_what_is_as_small_as_a_word_must_be_much_of_a_panel(
    area: float, coverage: float, level: str
) -> None:
    assert level_of(-30.0, CLEAR, area, coverage, JUDGE, inside=False) == level
    assert level_of(-30.0, CLEAR, area, coverage, JUDGE, inside=True) == "strong"


@pytest.mark.parametrize(
    ("motion", "in_place"),
    [
        (still(), True),
        (still(rotation_deg=1.0, scale=1.03), True),
        (still(rotation_deg=6.0), False),
        (still(rotation_deg=180.0), False),
        (still(mirrored=True), False),
        (still(scale=0.8), False),
        (still(scale=1.25), False),
    ],
)
def test_in_place_is_upright_and_of_one_size(motion: Motion, in_place: bool) -> None:
    assert motion.in_place is in_place


# Findings


def square(x: float, y: float, side: float = 40.0) -> np.ndarray:
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]])


def echo(
    polygon_a: np.ndarray | None = None, b_from_a: np.ndarray | None = None, **fields: Any
) -> Echo:
    matrix = np.eye(3) if b_from_a is None else b_from_a
    polygon = square(20, 20) if polygon_a is None else polygon_a
    form = fields.pop("form", AS_IS)
    values: dict[str, Any] = {
        "proposal": Proposal(
            method="sift", form=form, b_from_a=matrix, model="similarity",
            points_a=polygon, points_b=transform_points(matrix, polygon), matches=40,
        ),
        "methods": ("sift",),
        "b_from_a": matrix,
        "polygon_a": polygon,
        "polygon_b": transform_points(matrix, polygon),
        "nats": 500.0,
        "chance": 0.0,
        "zncc": 0.97,
        "rho": (0.9,) * 4,
        "samples": (100.0,) * 4,
        "differing": 0.0,
        "overlap_a": 1.0,
        "overlap_b": 1.0,
    }  # fmt: skip
    return Echo(**(values | fields))


def of(source: str, digest: str = "", rgb: Any = FIELD, **fields: Any) -> Panel:
    digest = digest or source
    made = panel(rgb, source, fields.pop("number", 1), fields.pop("x", 0), fields.pop("y", 0))
    return replace(made, pixels_sha256=digest, sha256=fields.pop("sha256", digest), **fields)


def judged(*candidates: Candidate, pairs: int = 10, keep_weak: bool = True) -> list[Finding]:
    trials = Trials(gels=pairs, others=pairs, within=pairs)
    return findings_of(candidates, trials, JUDGE, keep_weak=keep_weak)


def pair(a: Panel, b: Panel, **fields: Any) -> Candidate:
    return Candidate(a=a, b=b, echo=echo(**fields))


def test_findings_are_in_pixels_of_their_figures() -> None:
    move = np.array([[1.0, 0, 7.0], [0, 1.0, -3.0], [0, 0, 1.0]])
    a, b = of("a.png", x=100, y=50, number=2), of("b.png", x=10, y=200, number=3)
    (found,) = judged(pair(a, b, b_from_a=move))
    first, second = found.regions
    assert (first.source, first.panel, second.source, second.panel) == ("a.png", 2, "b.png", 3)
    assert first.bbox == Box(x=120, y=70, w=41, h=41)
    assert second.bbox == Box(x=37, y=217, w=41, h=41)
    matrix = np.array(found.transform.matrix_b_from_a)
    assert np.allclose(transform_points(matrix, np.array(first.polygon)), np.array(second.polygon))
    assert found.evidence.coverage_a == pytest.approx(1600 / (100 * 120), rel=0.1)


def test_a_box_stays_on_its_panel() -> None:
    (found,) = judged(pair(of("a.png"), of("b.png"), polygon_a=square(-30, -10, 400)))
    assert found.regions[0].bbox == Box(x=0, y=0, w=120, h=100)
    assert found.evidence.coverage_a <= 1.0


def test_the_strongest_comes_first_and_weak_ones_only_if_asked_for() -> None:
    weak = pair(of("a.png"), of("c.png"), nats=2.5)
    candidates = (weak, pair(of("a.png"), of("b.png")), pair(of("d.png"), of("e.png"), nats=80.0))
    found = judged(*candidates, pairs=1)
    assert [f.id for f in found] == ["F001", "F002", "F003"]
    assert [f.level for f in found] == ["strong", "strong", "weak"]
    assert found[0].log10_nfa < found[1].log10_nfa
    assert [f.level for f in judged(*candidates, pairs=1, keep_weak=False)] == ["strong"] * 2


def test_what_is_no_better_than_chance_is_no_finding() -> None:
    assert judged(pair(of("a.png"), of("b.png"), nats=1.0), pairs=10**6) == []


def test_mirroring_inversion_and_stretch_are_reported() -> None:
    flip = np.array([[-1.1, 0, 119.0], [0, 1.0, 0], [0, 0, 1.0]])
    form = Form(mirrored=True, inverted=True)
    (found,) = judged(pair(of("a.png"), of("b.png"), b_from_a=flip, form=form))
    assert (found.transform.mirrored, found.transform.inverted) == (True, True)
    assert found.transform.model == "affine"
    assert "mirrored left to right" in found.transform.words
    assert "stretched 10 %" in found.transform.words
    assert "tones inverted" in found.transform.words
    assert found.category == "II"


def test_a_region_in_one_panel_is_an_alteration() -> None:
    inside = of("a.png")
    away = np.array([[1.0, 0, 50.0], [0, 1.0, 10.0], [0, 0, 1.0]])
    (found,) = judged(pair(inside, inside, b_from_a=away))
    assert found.category == "III"
    assert found.regions[0].bbox != found.regions[1].bbox


def test_panels_without_their_pixels_are_judged_alike() -> None:
    stripes = np.indices((100, 120)).sum(axis=0) // 8 % 2 * 60
    colours = [np.multiply.outer(stripes, np.eye(3)[k]).astype(np.uint8) for k in (0, 1)]
    plots = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    fields = [of(f"{k}.tif", rgb=rgb) for k, rgb in enumerate(colours)]
    held = {panel.key: panel for panel in (*plots, *fields)}
    away = np.array([[0, -1.0, 90.0], [1.0, 0, 5.0], [0, 0, 1.0]])
    trials, said = Trials(gels=10, others=10, within=0), []
    for panels in (plots, fields):
        bare = [without_pixels(panel) for panel in panels]
        for evidence in ({}, {"nats": 60.0, "chance": 1.0, "b_from_a": away}):
            rest, templates = set_templates_aside(all_pairs(panels, **evidence))
            found = findings_of(rest, trials, JUDGE, keep_weak=True)
            looks = Looks(lambda panel: held[panel.key])
            same, again = set_templates_aside(all_pairs(bare, **evidence), looks)
            assert again == templates
            assert findings_of(same, trials, JUDGE, keep_weak=True, looks=looks) == found
            said += [*templates, *(f.explanations for f in found)]
    assert len(said) == 1 + 6 + 1 + 1
    assert ("two colour channels of one field",) in said


def test_a_panel_known_to_be_a_gel_is_not_looked_at_again() -> None:
    def unasked(panel: Panel) -> Panel:
        raise AssertionError

    looks = Looks(unasked, {of("a.png").key: True, of("b.png").key: False})
    assert looks.gel(of("a.png"))
    assert not looks.gel(of("b.png"))
    with pytest.raises(AssertionError):
        looks.gel(of("c.png"))


# Fingerprints


def test_a_fingerprint_survives_renaming_order_and_evidence() -> None:
    move = np.array([[1.0, 0, 17.0], [0, 1.0, -13.0], [0, 0, 1.0]])
    (one,) = judged(pair(of("a.png", "1"), of("b.png", "2"), b_from_a=move))
    swapped = echo(
        polygon_a=transform_points(move, square(20, 20)),
        b_from_a=np.linalg.inv(move),
        nats=300.0,
    )
    (two,) = judged(Candidate(a=of("y.png", "2", x=9), b=of("z.png", "1"), echo=swapped))
    assert one.fingerprint == two.fingerprint


def test_a_fingerprint_tells_other_pixels_and_other_places_apart() -> None:
    prints = {
        judged(candidate)[0].fingerprint
        for candidate in (
            pair(of("a.png", "1"), of("b.png", "2")),
            pair(of("a.png", "1"), of("b.png", "3")),
            pair(of("a.png", "1"), of("b.png", "2"), polygon_a=square(60, 50)),
        )
    }
    assert len(prints) == 3


def test_pictures_saved_twice_have_fingerprints_of_their_own() -> None:
    a, b, again = of("a.png", "1"), of("b.png", "2"), of("again.png", "1")
    first, second = judged(pair(a, b), pair(again, b))
    assert second.fingerprint == f"{first.fingerprint}-2"


@pytest.mark.parametrize("move", [(50.0, 0.0), (0.0, 40.0), (0.4, 40.0), (-0.4, 40.0)])
def test_a_copy_inside_a_panel_has_one_fingerprint_either_way(move: tuple[float, float]) -> None:
    inside, away = of("a.png"), np.array([[1.0, 0, move[0]], [0, 1.0, move[1]], [0, 0, 1.0]])
    (one,) = judged(pair(inside, inside, b_from_a=away))
    there = transform_points(away, square(20, 20))
    (two,) = judged(pair(inside, inside, b_from_a=np.linalg.inv(away), polygon_a=there))
    assert one.fingerprint == two.fingerprint


def test_fingerprints_of_one_pair_of_panels_say_how_far_they_lie_apart() -> None:
    a, b = of("a.png", "1"), of("b.png", "2")
    marks = [
        judged(pair(a, b, polygon_a=square(20 + step, 20)))[0].fingerprint for step in (0, 6, 30)
    ]
    assert apart(marks[0], marks[1]) == pytest.approx(6 / 120, abs=0.005)
    assert apart(marks[2], marks[0]) == pytest.approx(30 / 120, abs=0.005)
    (other,) = judged(pair(a, of("c.png", "3")))
    assert apart(marks[0], other.fingerprint) == float("inf")


# What a reader meets


def test_a_turned_candidate_is_judged_alike_and_read_backwards() -> None:
    move = np.array([[0.0, -1.5, 117.0], [1.5, 0.0, -13.0], [0, 0, 1.0]])
    a, b = of("z.png", "1", x=7), of("a.png", "2", x=40)
    straight = pair(a, b, b_from_a=move, overlap_a=0.9, overlap_b=0.4)
    (one,), (two,) = judged(straight), judged(replace(straight, turned=True))
    assert two.regions == one.regions[::-1]
    assert two.transform.rotation_deg == pytest.approx(-90.0) == -one.transform.rotation_deg
    assert two.transform.scale == pytest.approx(1 / 1.5)
    matrices = [np.array(f.transform.matrix_b_from_a) for f in (one, two)]
    np.testing.assert_allclose(matrices[0] @ matrices[1], np.eye(3), atol=1e-9)
    assert two.evidence.coverage_a == one.evidence.coverage_b
    assert [(*p[2:], *p[:2]) for p in two.evidence.points] == list(one.evidence.points)
    for field in ("fingerprint", "level", "category", "log10_nfa"):
        assert getattr(two, field) == getattr(one, field)


# Points


def proposed(a: np.ndarray, b: np.ndarray, **fields: Any) -> Proposal:
    values: dict[str, Any] = {"method": "sift", "form": AS_IS, "b_from_a": np.eye(3)}
    values |= {"model": "similarity", "points_a": a, "points_b": b, "matches": 99}
    return Proposal(**(values | fields))


def test_points_are_spread_matches_of_this_region_and_motion() -> None:
    inside = np.random.default_rng(0).uniform(22, 58, (300, 2))
    stray, elsewhere = np.array([[30.0, 30.0]]), np.array([[100.0, 80.0]])
    a = np.concatenate([inside, stray, elsewhere])
    b = np.concatenate([inside, stray + 20, elsewhere])
    (found,) = judged(pair(of("a.png", x=10), of("b.png"), proposal=proposed(a, b)))
    points = np.array(found.evidence.points)
    assert points.shape == (24, 4)
    assert found.evidence.inliers == 302
    np.testing.assert_allclose(points[:, :2] - points[:, 2:], np.tile((10, 0), (24, 1)))
    gaps = np.hypot(*(points[:, None, 2:] - points[None, :, 2:]).transpose(2, 0, 1))
    assert gaps[~np.eye(24, dtype=bool)].min() > 4
    assert points[:, 2:].max() < 60


def test_where_few_matches_lie_in_the_region_those_elsewhere_are_shown_too() -> None:
    spots = np.array([[30.0, 30.0], [50.0, 40.0], [100.0, 80.0], [5.0, 90.0], [90.0, 10.0]])
    (found,) = judged(pair(of("a.png"), of("b.png"), proposal=proposed(spots, spots)))
    assert len(found.evidence.points) == 5


def test_matches_that_lead_from_b_to_a_inside_a_panel_are_turned() -> None:
    inside, away = of("a.png"), np.array([[1.0, 0, 50.0], [0, 1.0, 10.0], [0, 0, 1.0]])
    backwards = proposed(transform_points(away, square(20, 20)), square(20, 20))
    (found,) = judged(pair(inside, inside, b_from_a=away, proposal=backwards))
    points = np.array(found.evidence.points)
    np.testing.assert_allclose(points[:, 2:] - points[:, :2], np.tile((50, 10), (4, 1)))


def test_a_half_turn_inside_a_panel_shows_each_match_once() -> None:
    inside, turn = of("a.png"), np.array([[-1.0, 0, 110.0], [0, -1.0, 80.0], [0, 0, 1.0]])
    points = proposed(square(20, 20), transform_points(turn, square(20, 20)))
    (found,) = judged(pair(inside, inside, b_from_a=turn, proposal=points))
    assert len(found.evidence.points) == 4


def test_where_only_blocks_were_compared_the_points_are_their_centres() -> None:
    none, away = np.zeros((0, 2)), np.array([[1.0, 0, 5.0], [0, 1.0, 0.0], [0, 0, 1.0]])
    blocks = proposed(none, none, method="blocks", b_from_a=away)
    strip = np.array([[10.0, 40], [110, 40], [110, 52], [10, 52]])
    (found,) = judged(
        pair(of("a.png"), of("b.png"), b_from_a=away, proposal=blocks, polygon_a=strip)
    )
    points = np.array(found.evidence.points)
    assert found.evidence.inliers == 0
    assert 10 < len(points) <= 24
    assert (points[:, 0] > 10).all() and (points[:, 0] < 110).all()
    assert (points[:, 1] > 40).all() and (points[:, 1] < 52).all()
    np.testing.assert_allclose(points[:, 2:] - points[:, :2], np.tile((5, 0), (len(points), 1)))


# Families


def test_findings_that_share_a_region_form_a_family() -> None:
    a, b, c, d, e = (of(f"{n}.png") for n in "abcde")
    found = judged(
        pair(a, b, nats=900.0),
        pair(b, c, nats=800.0),
        pair(d, e, nats=700.0),
        pair(a, e, nats=600.0, polygon_a=square(75, 55)),
    )
    assert [f.family for f in found] == ["G1", "G1", None, None]


def test_a_chain_of_findings_is_one_family_and_two_chains_are_two() -> None:
    p = [of(f"{n}.png") for n in "abcdefg"]
    links = [(0, 1), (3, 4), (2, 1), (4, 5), (2, 6)]
    found = judged(*(pair(p[i], p[j], nats=900.0 - 10 * k) for k, (i, j) in enumerate(links)))
    assert [f.family for f in found] == ["G1", "G2", "G1", "G2", "G1"]


# Templates


def drawn(seed: int) -> np.ndarray:
    """A screenshot: the same chrome, other lines."""
    page = np.full((100, 120, 3), 255, np.uint8)
    cv2.rectangle(page, (0, 0), (119, 14), (210, 220, 235), -1)
    cv2.putText(page, "File Edit", (4, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (20, 20, 20), 1)
    rng = np.random.default_rng(seed)
    points = np.c_[np.arange(10, 110, 10), rng.integers(30, 95, 10)].astype(np.int32)
    cv2.polylines(page, [points], False, (30, 30, 30), 1)
    return page


def all_pairs(panels: list[Panel], **fields: Any) -> list[Candidate]:
    return [pair(a, b, **fields) for k, a in enumerate(panels) for b in panels[k + 1 :]]


def test_a_block_drawn_in_four_figures_is_one_template_and_no_finding() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    rest, templates = set_templates_aside(all_pairs(panels))
    assert rest == []
    (template,) = templates
    assert template.id == "T1"
    assert [p.source for p in template.panels] == [f"{k}.png" for k in range(MIN_FIGURES)]
    assert template.words == f"the same 41 x 41 px block in {MIN_FIGURES} figures"


def test_data_shared_inside_a_frame_that_all_plots_share_stay_a_finding() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    frame = all_pairs(panels)
    data = pair(panels[0], panels[1], nats=500.0 * (MUCH_MORE + 1))
    rest, templates = set_templates_aside([data, *frame[1:]])
    assert rest == [data]
    assert len(templates) == 1
    a_little_more = pair(panels[0], panels[1], nats=500.0 * (MUCH_MORE - 1))
    assert set_templates_aside([a_little_more, *frame[1:]])[0] == []


def test_a_block_drawn_in_three_figures_stays_findings() -> None:
    candidates = all_pairs([of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES - 1)])
    assert set_templates_aside(candidates) == (candidates, [])


def test_a_photographed_block_stays_findings_however_often_it_occurs() -> None:
    candidates = all_pairs([of(f"{k}.png") for k in range(6)])
    assert set_templates_aside(candidates) == (candidates, [])


def test_panels_of_one_figure_are_no_template() -> None:
    candidates = all_pairs([of("a.png", rgb=drawn(k), number=k + 1) for k in range(6)])
    assert set_templates_aside(candidates) == (candidates, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"b_from_a": np.array([[-1.0, 0, 119.0], [0, 1.0, 0], [0, 0, 1.0]])},
        {"b_from_a": np.diag([1.6, 1.6, 1.0])},
    ],
    ids=["mirrored", "enlarged"],
)
def test_a_block_in_another_pose_stays_a_finding_beside_the_template(
    fields: dict[str, Any],
) -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    other = pair(panels[0], panels[1], **fields)
    rest, templates = set_templates_aside([*all_pairs(panels), other])
    assert rest == [other]
    assert len(templates) == 1


def test_another_motion_inside_the_block_belongs_to_the_template() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    symmetric = pair(panels[0], panels[1], form=Form(mirrored=False, inverted=True))
    rest, templates = set_templates_aside([*all_pairs(panels), symmetric])
    assert rest == []
    assert len(templates) == 1


def test_two_blocks_that_one_page_holds_are_two_templates() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(2 * MIN_FIGURES - 1)]
    upper, lower = panels[:MIN_FIGURES], panels[MIN_FIGURES - 1 :]
    blocks = (square(5, 5, 30), square(60, 50, 40))
    candidates = [
        pair(a, b, polygon_a=block)
        for pages, block in zip((upper, lower), blocks, strict=True)
        for k, a in enumerate(pages)
        for b in pages[k + 1 :]
    ]
    rest, templates = set_templates_aside(candidates)
    assert rest == []
    assert [len(t.panels) for t in templates] == [MIN_FIGURES, MIN_FIGURES]
    assert [t.words.split(" px")[0] for t in templates] == ["the same 31 x 31", "the same 41 x 41"]


def test_pages_chained_by_blocks_that_differ_are_no_template() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES + 1)]
    corners = (square(5, 5, 30), square(60, 50, 40), square(5, 60, 30), square(70, 5, 30))
    links = zip(panels, panels[1:], corners, strict=False)
    candidates = [pair(a, b, polygon_a=corner) for a, b, corner in links]
    assert set_templates_aside(candidates) == (candidates, [])


def test_a_template_does_not_hide_a_photographed_reuse() -> None:
    panels = [of(f"{k}.png", rgb=drawn(k)) for k in range(MIN_FIGURES)]
    real = pair(of("x.png"), of("y.png"))
    rest, templates = set_templates_aside([real, *all_pairs(panels)])
    assert rest == [real]
    assert len(templates) == 1


# Explanations


def test_identical_files_and_identical_pixels_are_explained() -> None:
    (words,) = explanations(of("a.png", "1"), of("b.png", "1"))
    assert "identical byte for byte" in words
    (words,) = explanations(of("a.png", "1", sha256="x"), of("b.png", "1", sha256="y"))
    assert "identical pixel for pixel" in words


def test_other_panels_and_one_panel_with_itself_need_no_explanation() -> None:
    assert explanations(of("a.png", "1"), of("b.png", "2")) == ()
    assert explanations(of("a.png", "1"), of("a.png", "1")) == ()
    two = of("a.png", "1", number=1, sha256="f"), of("a.png", "2", number=2, sha256="f")
    assert explanations(*two) == ()
