"""What is not clear is asked on the grids of both panels, and counts as the mean of the two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from figecho.describe.forms import AS_IS
from figecho.echo import Echo, either_way, is_clear, turned_echo
from figecho.match.propose import Proposal
from figecho.pairs import echoes
from scenes import CONFIG, described, jpeg, rendering

SQUARE = np.array([[10.0, 10.0], [50.0, 10.0], [50.0, 50.0], [10.0, 50.0]])
LEAST = 12.0


def seen(nats: float, x: float = 20.0, *, alike: float = 0.0, same: bool = False) -> Echo:
    """Return an echo that lies so many pixels further right in panel B."""
    b_from_a = np.array([[1.0, 0.0, x], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    there = SQUARE + np.array([x, 0.0])
    proposal = Proposal(
        method="sift", form=AS_IS, b_from_a=b_from_a, model="similarity",
        points_a=SQUARE, points_b=there, matches=4,
    )  # fmt: skip
    return Echo(
        proposal=proposal, methods=("sift",), b_from_a=b_from_a, polygon_a=SQUARE,
        polygon_b=there, nats=nats, chance=1.0, zncc=0.5, rho=(0.5,) * 4, samples=(50.0,) * 4,
        differing=0.0, overlap_a=1.0, overlap_b=1.0, alike=alike, same=same,
    )  # fmt: skip


def told(found: list[Echo], back: list[Echo], *, inside: bool = False) -> list[float]:
    return [e.nats for e in either_way(found, back, LEAST, inside=inside)]


def test_what_both_grids_show_counts_as_their_mean() -> None:
    (echo,) = either_way([seen(40.0, alike=1.0)], [seen(20.0, alike=3.0)], LEAST, inside=False)
    assert (echo.nats, echo.chance, echo.alike) == (30.0, 1.0, 2.0)


def test_what_one_grid_shows_counts_half() -> None:
    assert told([seen(40.0)], []) == [20.0]
    assert told([seen(40.0)], [seen(40.0, -60.0)]) == [20.0]


def test_what_is_left_with_too_little_is_no_echo() -> None:
    assert told([seen(20.0), seen(30.0, 70.0)], []) == [15.0]


@pytest.mark.parametrize("clear", [seen(60.0), seen(20.0, same=True)], ids=["strong", "same"])
def test_what_is_clear_needs_no_second_look(clear: Echo) -> None:
    assert is_clear(clear)
    assert told([clear], []) == [clear.nats]


def test_the_strongest_of_both_comes_first() -> None:
    found = [seen(50.0), seen(40.0, 70.0)]
    assert told(found, [seen(10.0), seen(40.0, 70.0)]) == [40.0, 30.0]


def test_inside_one_panel_an_echo_may_be_read_from_either_end() -> None:
    from_the_other = turned_echo(seen(20.0))
    assert told([seen(40.0)], [from_the_other], inside=True) == [30.0]
    assert told([seen(40.0)], [from_the_other]) == [20.0]


def test_an_echo_turned_twice_is_itself() -> None:
    echo = replace(seen(40.0), overlap_b=0.5)
    once, twice = turned_echo(echo), turned_echo(turned_echo(echo))
    assert np.allclose(once.b_from_a @ echo.b_from_a, np.eye(3))
    assert (once.overlap_a, once.overlap_b) == (0.5, 1.0)
    assert np.array_equal(once.polygon_a, echo.polygon_b)
    assert np.allclose(twice.b_from_a, echo.b_from_a)


@pytest.mark.parametrize(("name", "noise"), [("nuclei", 30.0), ("nuclei", 36.0), ("phase", 18.0)])
def test_a_faint_copy_shows_the_same_whichever_panel_is_the_first(name: str, noise: float) -> None:
    scene = rendering(name, 41, 110, 130).astype(np.float64)
    rng = np.random.default_rng(1)
    noisy = (scene + rng.normal(0.0, noise, scene.shape) for _ in range(2))
    a, b = (np.clip(picture, 0, 255).astype(np.uint8) for picture in noisy)
    one, two = described(a, "a.png"), described(jpeg(b[:60, :70], 40), "b.png")
    (straight,), (back,) = echoes(one, two, CONFIG), echoes(two, one, CONFIG)
    assert not is_clear(straight)
    assert straight.nats == pytest.approx(back.nats)
