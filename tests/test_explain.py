"""Innocent explanations: offered where they fit, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from figecho.judge.explain import explanations, lit_channels
from figecho.judge.repeats import MANY, MIN_DRAWN, Seen, repeats
from figecho.model import Box, Origin, Panel, Place
from pictures import cells, tissue
from test_judge import echo, square

FIELD = cells(120, 160, seed=3)


def shown(
    where: str,
    rgb: np.ndarray = FIELD,
    *,
    source: str = "deck.pptx",
    page: int = 1,
    number: int = 1,
    media: str | None = "m",
    pixels: str = "p",
    changes: tuple[str, ...] = (),
) -> Panel:
    from handmade import panel

    origin = Origin(where=where, media_sha256=media, changes=changes)
    return replace(
        panel(rgb, source), figure=(source, page, number), origin=origin, pixels_sha256=pixels
    )


def test_one_file_on_two_slides_is_named_with_both() -> None:
    a, b = shown("slide 3", page=3), shown("slide 9", page=9)
    assert explanations(a, b) == ("the same embedded file stands on slide 3 and on slide 9",)
    again = shown("slide 3", page=3, number=2)
    assert explanations(a, again) == ("the same embedded file stands twice on slide 3",)


def test_one_file_in_two_documents_is_named_with_both() -> None:
    a, b = shown("page 3", source="a.pdf"), shown("page 1", source="b.pdf")
    (words,) = explanations(a, b)
    assert words == "the same embedded file stands on a.pdf, page 3 and on b.pdf, page 1"


def test_a_text_has_paragraphs_instead() -> None:
    a = shown("paragraph 3", page=0, source="a.docx")
    b = shown("paragraph 7", page=0, number=2, source="a.docx")
    (words,) = explanations(a, b)
    assert words == "the same embedded file stands in paragraph 3 and in paragraph 7"


def test_two_crops_of_one_file_are_told_from_the_file_itself() -> None:
    a = shown("slide 2", page=2, changes=("cropped",), pixels="x")
    b = shown("slide 4", page=4)
    (words,) = explanations(a, b)
    assert words == "both are cut from the same embedded file, on slide 2 and on slide 4"


def test_other_files_and_other_panels_of_one_file_are_not_explained() -> None:
    a = shown("slide 2", page=2)
    assert explanations(a, shown("slide 3", page=3, media="n", pixels="q")) == ()
    assert explanations(a, shown("slide 3", page=3, pixels="q")) == ()
    assert explanations(a, shown("page 3", page=3, media=None, pixels="q")) == ()


def coloured(rgb: np.ndarray, *channels: int) -> np.ndarray:
    out = np.zeros_like(rgb)
    for channel in channels:
        out[..., channel] = rgb[..., channel]
    return out


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ((1,), (0, 1), "a colour channel of one field and its merge"),
        ((0, 1, 2), (2,), "a colour channel of one field and its merge"),
        ((1,), (2,), "two colour channels of one field"),
    ],
)
def test_channels_of_one_field(a: tuple[int, ...], b: tuple[int, ...], words: str) -> None:
    one = shown("page 1", coloured(FIELD, *a), media="a", pixels="a")
    other = shown("page 1", coloured(FIELD, *b), media="b", pixels="b", number=2)
    assert explanations(one, other, echo(square(20, 60))) == (words,)


def test_channels_must_be_registered_dark_and_of_other_colours() -> None:
    green = shown("page 1", coloured(FIELD, 1), media="a", pixels="a")
    blue = shown("page 1", coloured(FIELD, 2), media="b", pixels="b", number=2)
    moved = np.array([[1, 0, 30], [0, 1, 0], [0, 0, 1.0]])
    assert explanations(green, blue, echo(square(20, 60), moved)) == ()
    mirrored = np.array([[-1, 0, 100], [0, 1, 0], [0, 0, 1.0]])
    assert explanations(green, blue, echo(square(20, 60), mirrored)) == ()
    again = replace(green, figure=("deck.pptx", 1, 5), pixels_sha256="c")
    assert explanations(green, replace(again, origin=None), echo(square(20, 60))) == ()
    stained = tissue(120, 160, seed=4)
    light = shown("page 1", stained, media="c", pixels="c", number=3)
    red = shown("page 1", stained // (1, 2, 2), media="d", pixels="d", number=4)
    assert explanations(light, red, echo(square(20, 60))) == ()


def test_lit_channels_of_a_dark_field() -> None:
    everywhere = np.ones(FIELD.shape[:2], bool)
    assert lit_channels(coloured(FIELD, 0, 2), everywhere) == {0, 2}
    light = tissue(100, 100)
    assert lit_channels(light, np.ones(light.shape[:2], bool)) == frozenset()
    assert lit_channels(np.zeros((50, 50, 3), np.uint8), np.ones((50, 50), bool)) == frozenset()


def test_white_arrows_do_not_light_a_channel() -> None:
    marked, usable = coloured(FIELD, 0, 2).copy(), np.ones(FIELD.shape[:2], bool)
    marked[10:40, 10:40] = 255
    assert lit_channels(marked, usable) == {0, 1, 2}
    usable[10:40, 10:40] = False
    assert lit_channels(marked, usable) == {0, 2}
    assert lit_channels(marked, np.zeros_like(usable)) == frozenset()


def test_a_zoom_of_a_neighbour() -> None:
    whole = shown("page 1", tissue(120, 160, seed=1), media="a", pixels="a")
    part = shown("page 1", tissue(120, 120, seed=2), media="b", pixels="b", number=2)
    zoom = np.array([[3.0, 0, -60], [0, 3.0, -60], [0, 0, 1]])
    inside = square(20, 40)
    assert explanations(whole, part, echo(inside, zoom)) == (
        "B is an inset or zoom of a part of A",
    )
    assert explanations(whole, replace(part, figure=("other.png", 0, 1)), echo(inside, zoom)) == ()
    assert explanations(whole, part, echo(inside)) == ()


def seen(page: int, content: str = "c", drawn: bool = True) -> Seen:
    box = Box(x=0, y=0, w=40, h=20)
    place = Place(source="a.pdf", page=page, figure=1, panel=1, bbox=box)
    return Seen(place=place, content=content, drawn=drawn)


def test_a_logo_on_every_page_is_one_template_compared_once() -> None:
    aside, (template,) = repeats([seen(k) for k in range(1, MIN_DRAWN + 1)])
    assert aside == {("a.pdf", k, 1) for k in range(2, MIN_DRAWN + 1)}
    assert template.words == f"the same embedded file of 40 x 20 px in {MIN_DRAWN} places"
    assert [p.page for p in template.panels] == list(range(1, MIN_DRAWN + 1))


def test_in_few_places_or_photographed_it_stays_a_finding() -> None:
    assert repeats([seen(k) for k in range(1, MIN_DRAWN)]) == (frozenset(), [])
    assert repeats([seen(k, drawn=False) for k in range(1, MANY + 1)]) == (frozenset(), [])
    assert repeats([seen(k, content=str(k)) for k in range(1, 30)]) == (frozenset(), [])
    assert len(repeats([seen(k, drawn=False) for k in range(1, MANY + 2)])[1]) == 1
