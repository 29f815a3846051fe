"""Which panels are gels is told by straight edges and one dye, and gels are judged by membrane."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from figecho.describe.described import describe
from figecho.echo import Echo
from figecho.judge.nfa import Trials, log10_nfa, relative_evidence
from figecho.model import Panel
from figecho.pairs import echoes
from figecho.screen.masks import overlay as overlaid
from figecho.screen.masks import usable
from figecho.verify import lanes, nats_inside
from figecho.verify.agree import agreement, agreement_from_afar
from figecho.verify.bands import _harmonics, tilt_rad
from figecho.verify.chance import elsewhere_nats
from figecho.verify.frame import build
from figecho.verify.gels import _off_curve, is_gel, one_dye
from figecho.verify.lanes import in_a_row
from figecho.verify.membrane import calmer
from figecho.verify.outline import transform_points
from figecho.verify.overlay import Overlay, octave_by_octave, overlay
from figecho.verify.views import Views
from handmade import panel
from pictures import jpeg, write
from scenes import CONFIG, described, everywhere, grey, rendering
from scenes import jpeg as saved

TINTS = {"ethidium": (1.0, 0.55, 0.15), "coomassie": (0.5, 0.6, 1.0), "grey": (1.0, 1.0, 1.0)}


def dyed(image: np.ndarray, tint: tuple[float, ...]) -> np.ndarray:
    """Show a grey picture in one colour, white where it is brightest, as a camera does."""
    share = (grey(image) / 255.0)[..., None]
    return np.asarray(np.rint(255.0 * share ** (1.0 / np.array(tint))), np.uint8)


def painted(image: np.ndarray) -> np.ndarray:
    """Give the stripes of a picture colours of their own, as bricks and blinds have."""
    shade = np.stack([grey(image)] * 3, axis=2)
    stripe = (np.arange(shade.shape[1]) // 12 % 3)[None, :, None] == np.arange(3)
    return np.asarray(np.clip(shade * np.where(stripe, 1.0, 0.6), 0, 255), np.uint8)


@pytest.mark.parametrize("tint", TINTS.values(), ids=TINTS)
def test_one_dye_on_a_membrane_is_a_gel_whatever_its_colour(tint: tuple[float, ...]) -> None:
    rgb = dyed(rendering("agarose", 5), tint)
    assert one_dye(rgb, everywhere(rgb[..., 0])) == 1.0
    assert is_gel(panel(rgb))


def test_straight_edges_of_many_colours_are_no_gel() -> None:
    rgb = painted(rendering("agarose", 5))
    shown = panel(rgb)
    assert one_dye(rgb, shown.usable) == 0.0
    assert not is_gel(shown)
    assert describe(shown, CONFIG).views.at(1.0)[0].banded == 0.0
    assert Views(shown.grey, shown.usable).at(1.0)[0].banded == 1.0


def test_few_straight_edges_of_many_colours_on_black_are_no_gel() -> None:
    shade = np.zeros((200, 200, 3), np.uint8)
    for k, y in enumerate(range(30, 180, 40)):
        shade[y : y + 4, 20:50] = (120, 20, 20) if k % 2 else (20, 20, 120)
    many, one = shade, np.repeat(shade.max(axis=2, keepdims=True), 3, axis=2)
    assert one_dye(many, everywhere(many[..., 0])) == 0.0
    assert not is_gel(panel(many))
    assert one_dye(one, everywhere(many[..., 0])) == 1.0
    assert is_gel(panel(one))


def test_a_panel_without_usable_pixels_has_one_dye() -> None:
    rgb = painted(rendering("agarose", 5))
    assert one_dye(rgb, np.zeros(rgb.shape[:2], bool)) == 1.0


def ladder(seed: int, grain: np.ndarray) -> Panel:
    """Draw the ladder of one maker on a membrane with a grain of its own beside other lanes."""
    rng = np.random.default_rng(seed)
    image = 60.0 + 6.0 * grain
    rungs = np.random.default_rng(7)
    for y in range(20, 280, 18):
        y_px, bright = y + int(rungs.integers(-4, 5)), float(rungs.uniform(60, 170))
        teeth = rungs.normal(0.0, 18.0, (4, 60))
        image[y_px : y_px + 4, 20:80] += bright + teeth
    for x in range(110, 380, 90):
        for y in rng.integers(15, 280, 6):
            image[y : y + 5, x : x + 60] += float(rng.uniform(40, 150))
    return panel(np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2))


def laid(a: Panel, b: Panel, most_px: int = 200_000) -> tuple[Overlay, int]:
    frame = build(Views(a.grey, a.usable), Views(b.grey, b.usable), np.eye(3), most_px)
    return overlay(frame, frame.start, inverted=False), frame.panel_px


def grain(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(300, 400))


def test_a_ladder_on_another_membrane_is_no_evidence_and_a_copied_one_is() -> None:
    first = ladder(1, grain(1))
    lane = np.zeros((300, 400), bool)
    lane[:, 15:85] = True
    nats = {}
    for name, other in (("copied", ladder(2, grain(1))), ("look-alike", ladder(2, grain(3)))):
        both, panel_px = laid(first, other)
        found = agreement(both, within=lane, banded=1.0, panel_px=panel_px)
        assert found.rho[0] > 0.4
        nats[name] = found.nats
    assert nats["copied"] > 100.0
    assert nats["look-alike"] < 0.1 * nats["copied"]


def soft_ladder(grain: np.ndarray, noise: int) -> Panel:
    """Draw one lane of soft bands, as of the same ladder each time, on a membrane of its own."""
    image = 40.0 + 5.0 * grain
    for at, bright in zip(range(25, 290, 22), (90, 60, 120, 70, 150, 80, 60, 110), strict=False):
        rows = np.exp(-(((np.arange(300)[:, None] - at) / 5.0) ** 2))
        image[:, 60:140] += bright * rows
    image += np.random.default_rng(noise).normal(0, 1.0, image.shape)
    return panel(np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2))


def test_soft_bands_seen_from_the_membrane_are_no_evidence() -> None:
    lane = np.zeros((300, 400), bool)
    lane[:, 50:150] = True
    nats = []
    for other in (soft_ladder(grain(3), 1), soft_ladder(grain(4), 2)):
        both, panel_px = laid(soft_ladder(grain(3), 0), other)
        found = agreement(both, within=lane, banded=1.0, panel_px=panel_px)
        assert found.rho[2] > 0.9
        nats.append(found.nats)
    copied, look_alike = nats
    assert copied > 100.0
    assert look_alike < 4.0


def test_lanes_without_grain_are_no_evidence_however_alike() -> None:
    first, other = (
        panel(cv2.GaussianBlur(soft_ladder(np.zeros((300, 400)), noise).rgb, (0, 0), 1.5))
        for noise in (1, 2)
    )
    lane = np.zeros((300, 400), bool)
    lane[:, 50:150] = True
    both, panel_px = laid(first, other)
    found = agreement(both, within=lane, banded=1.0, panel_px=panel_px)
    assert min(found.rho) > 0.95
    assert found.nats < 4.0


def strongest(a: np.ndarray, b: np.ndarray) -> float:
    """Return the relative evidence of the strongest echo of two pictures."""
    found = echoes(describe(panel(a), CONFIG), describe(panel(b), CONFIG), CONFIG)
    return max((relative_evidence(e.nats, e.chance, e.alike) for e in found), default=0.0)


@pytest.mark.parametrize(
    ("name", "parts"), [("gel24.jpg", 3), ("gel24.jpg", 4), ("gel8.jpg", 2), ("gel7.png", 2)]
)
def test_lanes_of_one_real_gel_are_not_taken_for_copies(
    real_data: Path, name: str, parts: int
) -> None:
    """Neighbouring parts of a gel share the bands of every lane; what was saved again is a copy."""
    (path,) = (real_data / "blots").rglob(name)
    gel = cv2.cvtColor(cv2.imread(os.fspath(path)), cv2.COLOR_BGR2RGB)
    pieces = [np.ascontiguousarray(piece) for piece in np.array_split(gel, parts, axis=1)]
    for a, b in pairwise(pieces):
        assert strongest(a, b) < 5.0
        assert strongest(a, np.ascontiguousarray(b[:, ::-1])) < 5.0
    assert strongest(pieces[0], jpeg(pieces[0], 80)) > 100.0


def test_a_label_in_colour_makes_no_gel_a_picture() -> None:
    stamped = protocol(1).rgb.copy()
    write(stamped, "UVP01459 Mar", (120, 285), 0.7, (255, 20, 20))
    stamped = jpeg(stamped, 60)
    assert one_dye(stamped, usable(stamped, overlaid(stamped))) == 1.0


def test_the_calmer_half_holds_no_band() -> None:
    first = ladder(1, grain(1))
    both, _ = laid(first, ladder(2, grain(3)))
    lane = np.zeros((300, 400), bool)
    lane[:, 15:85] = True
    rho, samples = octave_by_octave(both, calmer(both, lane))
    assert abs(rho[0]) < 0.2
    assert 0.0 < samples[0] < float(both.density[0][lane].sum())
    flat = replace(both, steep=(np.zeros_like(both.steepness),))
    assert octave_by_octave(flat, calmer(flat, lane))[1][0] == pytest.approx(
        float(both.density[0][lane].sum())
    )


def protocol(seed: int, lanes: int = 7) -> Panel:
    """Draw lanes that all show the bands of one protocol, each with a grain of its own."""
    rng = np.random.default_rng(seed)
    image = 40.0 + cv2.GaussianBlur(rng.normal(0, 6.0, (300, 400)), (0, 0), 1.0)
    y = np.arange(300)[:, None]
    for k in range(lanes):
        for at, bright in ((60, 110), (110, 150), (170, 90), (215, 130)):
            band = bright * rng.uniform(0.8, 1.2) * np.exp(-(((y - at) / 3.0) ** 4))
            image[:, 12 + 55 * k : 52 + 55 * k] += band
    image += rng.normal(0, 2.0, image.shape)
    return panel(np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2))


@pytest.mark.parametrize("seed", range(3))
def test_lanes_of_one_protocol_fit_a_lane_off_as_well(seed: int) -> None:
    over, panel_px = laid(protocol(seed), protocol(seed + 10))
    there = agreement(over, banded=1.0, panel_px=panel_px).nats
    assert elsewhere_nats(over, there, banded=1.0, panel_px=panel_px) > 0.1 * there > 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_copied_gel_fits_nowhere_else_as_well(seed: int) -> None:
    over, panel_px = laid(protocol(seed), protocol(seed))
    there = agreement(over, banded=1.0, panel_px=panel_px).nats
    assert elsewhere_nats(over, there, banded=1.0, panel_px=panel_px) < 0.01 * there


def test_what_overlaps_nowhere_fits_nowhere() -> None:
    over, panel_px = laid(protocol(0), protocol(0))
    nothing = replace(over, both=np.zeros_like(over.both))
    assert elsewhere_nats(nothing, 0.0, banded=1.0, panel_px=panel_px) == 0.0


def noisy(shown: Panel, seed: int) -> Panel:
    """Photograph a gel again."""
    noise = np.random.default_rng(seed).normal(0.0, 2.0, shown.rgb.shape[:2])
    return panel(np.clip(shown.rgb + noise[..., None], 0, 255).astype(np.uint8))


@pytest.mark.parametrize("seed", range(3))
def test_from_afar_a_noisy_copy_shares_its_grain_and_a_look_alike_its_bands_alone(
    seed: int,
) -> None:
    first = noisy(protocol(seed), 1)
    copied, _ = laid(first, noisy(protocol(seed), 2), 30_000)
    look_alike, _ = laid(first, noisy(protocol(seed + 10), 2), 30_000)
    assert agreement_from_afar(copied, banded=1.0).nats > 100.0
    other = agreement_from_afar(look_alike, banded=1.0)
    assert other.rho[2] > 0.8
    assert other.nats < 4.0
    assert agreement_from_afar(copied, banded=0.0).nats == 0.0


def test_from_afar_panels_that_do_not_overlap_agree_on_nothing() -> None:
    over, _ = laid(protocol(0), protocol(0), 30_000)
    nothing = replace(over, both=np.zeros_like(over.both))
    assert agreement_from_afar(nothing, banded=1.0).nats == 0.0


def turned(image: np.ndarray, turn_deg: float) -> np.ndarray:
    """Turn a picture counter-clockwise about its middle and keep what is filled."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2.0, (height - 1) / 2.0), turn_deg, 1.6)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height)))


@pytest.mark.parametrize("turn_deg", [-40.0, -12.0, 0.0, 25.0, 43.0])
def test_lanes_stand_in_a_row_however_the_gel_is_turned(turn_deg: float) -> None:
    shown = panel(turned(protocol(1).rgb, turn_deg))
    over = Views(shown.grey, shown.usable)
    tilt_deg = np.degrees(tilt_rad(over.at(1.0)[0].values[2]))
    assert tilt_deg == pytest.approx(-turn_deg, abs=2.0)
    region = np.zeros(shown.shape, bool)
    region[100:160, 150:200] = True
    for off_deg, row in ((0.0, True), (90.0, True), (30.0, False), (-45.0, False)):
        angle = np.radians(off_deg - turn_deg)
        moved = np.eye(3)
        moved[:2, 2] = 60.0 * np.cos(angle), 60.0 * np.sin(angle)
        grid = build(over, over, moved, 200_000)
        assert in_a_row(grid, grid.start, region) is row


def test_compiled_edges_are_those_of_plain_numpy() -> None:
    rng = np.random.default_rng(5)
    slope_x, slope_y = rng.normal(size=(2, 999)).astype(np.float32)
    total, parallel, square = _harmonics(slope_x, slope_y, np.float32(1.5))
    slope = slope_x.astype(np.float64) + 1j * slope_y
    energy = np.abs(slope) ** 2
    kept = np.minimum(energy, 1.5)
    assert total == pytest.approx(kept.sum(), rel=1e-5)
    assert abs(parallel) == pytest.approx(abs((slope**2 / energy * kept).sum()), rel=1e-4)
    assert square == pytest.approx((slope**4 / energy**2 * kept).sum(), rel=1e-4)


def test_compiled_colours_are_those_of_plain_numpy() -> None:
    rng = np.random.default_rng(6)
    rgb = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    usable = rng.random((40, 50)) > 0.3
    colours = rgb[::2, ::2][usable[::2, ::2]].astype(np.float64)
    brightness = colours.mean(axis=1)
    tone = (brightness / 8.0).astype(int)
    left = colours - brightness[:, None]
    for k in np.unique(tone):
        left[tone == k] -= left[tone == k].mean(axis=0)
    squares, held = _off_curve(rgb, usable, 2)
    assert held == pytest.approx(np.bincount(tone, minlength=32))
    assert squares == pytest.approx(np.bincount(tone, (left**2).sum(axis=1), 32), rel=1e-9)
    assert not np.any(_off_curve(rgb, np.zeros_like(usable), 2))


# Copies inside one gel


def smooth_gel(seed: int, *, same_bands: bool = False) -> np.ndarray:
    """Six lanes on a membrane whose grain is as broad as a lens or a resampling leaves it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:240, 0:300].astype(np.float32)
    tones = 190 + 20 * np.sin(y / 90 + rng.uniform(0, 6)) + 15 * np.sin(x / 120)
    places = rng.uniform(20, 220, 7)
    for lane in range(6):
        places = places if same_bands else rng.uniform(20, 220, 7)
        across = x - (30 + 48 * lane)
        for place in places:
            smile = place + 0.004 * rng.uniform(0, 1) * across**2
            band = ((y - smile) / rng.uniform(3, 5)) ** 2 + (across / 15) ** 6
            tones -= rng.uniform(40, 130) * np.exp(-band)
    grain = cv2.GaussianBlur(rng.normal(0, 1, tones.shape), (0, 0), 2.0)
    return np.clip(tones + 4 * grain / grain.std(), 0, 255).astype(np.uint8)


def reported_inside(image: np.ndarray) -> list[Echo]:
    """Return the copies inside one of ten panels that count."""
    one = describe(panel(image), CONFIG)
    trials = Trials(gels=0, others=45, within=10)
    return [
        e
        for e in echoes(one, one, CONFIG)
        if log10_nfa(relative_evidence(e.nats, e.chance, e.alike), trials, "within")
        <= CONFIG.judge.moderate_log10_nfa
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("turn", ["quarter", "mirrored", "askew"])
def test_a_part_of_a_smooth_gel_is_found_where_it_lies_turned(seed: int, turn: str) -> None:
    gel = smooth_gel(seed)
    if turn == "askew":
        matrix = cv2.getRotationMatrix2D((52.0, 92.0), 35.0, 1.0)
        matrix[:, 2] += [180.0, 80.0]
        there = cv2.warpAffine(gel, matrix, (300, 240), flags=cv2.INTER_CUBIC)
        disc = cv2.circle(np.zeros_like(gel), (232, 172), 34, 1, -1) > 0
        gel[disc] = there[disc]
    else:
        part = gel[60:124, 20:84]
        gel[150:214, 200:264] = np.rot90(part[:, ::-1] if turn == "mirrored" else part)
    (found, *_) = reported_inside(saved(gel, 92))
    here = np.array([52.0, 92.0] if turn == "askew" else [51.5, 91.5])
    there = here + np.array([180.0, 80.0] if turn == "askew" else [180.0, 90.0])
    gaps = [
        np.linalg.norm(transform_points(found.b_from_a, place[None])[0] - goal)
        for place, goal in ((here, there), (there, here))
    ]
    assert min(gaps) < 3.0
    assert (np.linalg.det(found.b_from_a[:2, :2]) < 0) == (turn == "mirrored")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("same_bands", [False, True])
def test_lanes_of_a_smooth_gel_are_no_copies(seed: int, same_bands: bool) -> None:
    assert reported_inside(saved(smooth_gel(seed, same_bands=same_bands), 92)) == []


def motion_of(degrees: float, *, mirrored: bool) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((0.0, 0.0), degrees, 1.0)
    return np.vstack([turn, [0.0, 0.0, 1.0]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])


@pytest.mark.parametrize("mirrored", [False, True])
def test_only_what_turns_bands_further_than_they_lean_tells_by_the_second_octave(
    mirrored: bool,
) -> None:
    gel = smooth_gel(0).astype(np.float32)
    octaves = Views(gel, everywhere(gel)).at(1.0)[0]
    for degrees, counts in ((0, False), (12, False), (35, True), (90, True), (180, False)):
        motion = motion_of(degrees, mirrored=mirrored)
        assert (lanes.scene_of(motion, octaves, octaves.banded) == "turned") == counts
    copy, shape_alone = ((rho, 0.9, 0.9, 0.9) for rho in (0.6, 0.3))
    samples, quarter = (40.0, 60.0, 20.0, 5.0), motion_of(90, mirrored=mirrored)
    lane, turned = (
        nats_inside.inside_nats(copy, samples, quarter, scene=scene) for scene in ("gel", "turned")
    )
    assert 2.0 * lane < turned
    assert nats_inside.inside_nats(shape_alone, samples, quarter, scene="turned") == 0.0


@pytest.mark.parametrize("lean_deg", [20, -30])
def test_lanes_of_a_gel_laid_askew_are_mirrored_without_turning(lean_deg: float) -> None:
    gel = smooth_gel(1).astype(np.float32)
    lean = cv2.getRotationMatrix2D((150.0, 120.0), lean_deg, 1.0)
    askew = cv2.warpAffine(gel, lean, (300, 240), flags=cv2.INTER_CUBIC, borderValue=190.0)
    octaves = Views(askew[50:190, 70:230].copy(), everywhere(askew[50:190, 70:230])).at(1.0)[0]
    there = motion_of(lean_deg, mirrored=False)
    motion = there @ np.diag([-1.0, 1.0, 1.0]) @ np.linalg.inv(there)
    assert lanes.scene_of(motion, octaves, octaves.banded) == "gel"
    assert lanes.scene_of(motion_of(90, mirrored=False), octaves, octaves.banded) == "turned"


def test_the_rim_of_what_was_pasted_into_a_gel_does_not_lie_turned() -> None:
    for seed in range(3):
        gel = smooth_gel(seed)
        dark = cv2.circle(np.zeros_like(gel), (160, 120), 70, 1, -1) > 0
        gel[dark] = 20 + np.random.default_rng(seed).integers(0, 4, gel.shape)[dark]
        octaves = Views(gel.astype(np.float32), everywhere(gel)).at(1.0)[0]
        found = reported_inside(saved(gel, 92))
        seen = [lanes.scene_of(e.b_from_a, octaves, octaves.banded) for e in found]
        assert "turned" not in seen


def test_blocks_of_a_few_dark_tones_are_no_copies() -> None:
    """A dark gel, saved as JPEG and brightened: the same steps wherever blocks meet."""
    for seed in range(3):
        faint = saved((smooth_gel(seed) // 24).astype(np.uint8), 60)
        assert reported_inside((faint * 20).astype(np.uint8)) == []


def test_what_lies_turned_in_no_gel_is_told_by_its_grain_alone() -> None:
    field = rendering("nuclei", 3, 120, 160)
    octaves = Views(grey(field), everywhere(field)).at(1.0)[0]
    quarter = np.array([[0.0, -1.0, 90.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert lanes.scene_of(quarter, octaves, octaves.banded) == "field"


def band_end(seed: int, factor: int = 4) -> np.ndarray:
    """Draw the end of a bright band on a dark gel, enlarged pixel by pixel."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:18, :18]
    height, end, middle = rng.uniform(1.6, 2.4), rng.uniform(9, 12), rng.uniform(7, 10)
    band = np.exp(-(((y - middle) / height) ** 4)) / (1.0 + np.exp((x - end) / 0.5))
    small = 14 + rng.uniform(60, 180) * band + rng.normal(0, 2.0, band.shape)
    steps = np.kron(np.clip(np.rint(small), 0, 255), np.ones((factor, factor)))
    return saved(np.asarray(steps, np.uint8), 90)


def test_ends_of_bands_on_enlarged_gels_are_no_copies() -> None:
    ends = [described(band_end(seed)) for seed in range(8)]
    nats = [e.nats for i, a in enumerate(ends) for b in ends[:i] for e in echoes(a, b, CONFIG)]
    assert max(nats, default=0.0) < 24.0


def test_bands_of_an_enlarged_gel_that_agree_by_their_pixels_are_no_copy() -> None:
    samples, half_turn = (60.0, 43.0, 10.0, 5.0), np.diag([-1.0, -1.0, 1.0])
    by_pixels, by_grain = (0.79, 0.54, 0.87, 0.90), (0.79, 0.74, 0.87, 0.90)
    lattice, copy = (
        nats_inside.inside_nats(rho, samples, half_turn, pattern=0.55, scene="gel")
        for rho in (by_pixels, by_grain)
    )
    assert lattice < 12.0 < 60.0 < copy
