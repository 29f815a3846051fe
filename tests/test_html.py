"""The page holds everything, asks no network for anything, and lets no name become markup."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.model import Finding, Panel
from figecho.report.html import html_page
from figecho.report.marks import marks
from figecho.report.plainly import AUDIENCES
from figecho.report.shots import bundle, crops
from figecho.review import Decision, Review
from handmade import IDENTITY, finding, full_report, panel, region, report, transform
from test_wording import JUDGING

HOSTILE = "<img src=x onerror=alert(1)>.png"
SHIFT = ((1.0, 0.0, 20.0), (0.0, 1.0, 5.0), (0.0, 0.0, 1.0))


class Page(HTMLParser):
    """What a browser would build from a page: tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.within = tag
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        self.raw.get(self.within, self.texts).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [a for t, a in self.tags if t == tag]


def textured(height: int = 90, width: int = 120, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (height // 6 + 1, width // 6 + 1))
    return np.kron(coarse, np.ones((6, 6)))[:height, :width].astype(np.uint8)


def pictures(*names: str) -> dict[Any, Panel]:
    return {(name, 0, 1, 1): panel(textured(), name) for name in names}


def test_the_page_says_what_was_and_was_not_scanned() -> None:
    text = Page(html_page(full_report(), {})).text
    for part in ("broken.png", "truncated after 12 kB", "blank", "G1", "T1", "F001", "F003"):
        assert part in text, part
    assert "4 files" in text
    assert "channels of one field and their merge" in text
    assert "person must judge" in text


def test_without_pictures_the_page_says_so() -> None:
    page = Page(html_page(full_report(), {}))
    assert "without pictures" in page.text
    assert not page.attributes("img")
    assert "without pictures" not in Page(html_page(report(), {})).text


def test_a_finding_has_both_panels_and_four_aligned_views_with_alt_texts() -> None:
    page = Page(html_page(report(finding()), pictures("a.png", "b.png")))
    shots = page.attributes("img")
    assert len(shots) == 6
    assert all(s["loading"] == "lazy" and s["alt"] and s["width"] and s["height"] for s in shots)
    for shot in shots:
        kind, data = shot["src"].split(",", 1)
        assert kind == "data:image/webp;base64"
        Image.open(io.BytesIO(base64.b64decode(data))).verify()


def test_the_policy_allows_the_own_style_and_script_and_nothing_else() -> None:
    page = Page(html_page(report(finding()), pictures("a.png", "b.png")))
    policy = page.attributes("meta")[1]["content"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    styles, scripts = page.raw["style"], page.raw["script"]
    for rule, code in (("style-src", styles[0]), ("script-src", scripts[-1])):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_nothing_is_loaded_from_anywhere_and_nothing_runs_from_an_attribute() -> None:
    page = Page(html_page(full_report(), pictures("a.png", "b.png", "c.png")))
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action", "data"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)


def test_a_name_stays_text_wherever_it_stands() -> None:
    hostile = region(HOSTILE)
    held = report(finding(a=hostile, explanations=("</script><b>x</b>",)))
    review = Review(decisions={"x": Decision(decision="dismissed", note="</script><script>y")})
    text = html_page(held, pictures(HOSTILE, "b.png"), review=review)
    page = Page(text)
    assert HOSTILE in page.text
    assert not [a for a in page.attributes("img") if "onerror" in a]
    assert len(page.attributes("script")) == 2
    assert "<b>x</b>" not in text


@pytest.mark.parametrize("name", ["a\u202egnp.exe", "a\x1b[31m.png", "a\udcff.png"])
def test_characters_that_steer_a_reader_become_visible(name: str) -> None:
    text = html_page(report(finding(a=region(name))), {})
    assert name not in text
    assert text.encode("utf-8")


def test_the_same_report_gives_the_same_bytes() -> None:
    first, second = (
        html_page(full_report(), pictures("a.png", "b.png", "c.png")) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_words_do_not_judge(audience: Any) -> None:
    page = Page(html_page(full_report(), {}, audience=audience))
    assert not JUDGING.findall(page.text)


def test_an_author_reads_a_list_of_things_to_do() -> None:
    editor, author = (Page(html_page(full_report(), {}, audience=a)).text for a in AUDIENCES)
    assert "before you submit" in author
    assert "To do:" in author
    assert "To do:" not in editor


def test_no_findings_says_what_was_covered() -> None:
    page = Page(html_page(report(), {}))
    assert "No reused region found beyond chance." in page.text
    assert "no proof of originality" in page.text


def test_a_review_is_carried_over_and_shows_what_is_new() -> None:
    held = report(finding(1), finding(2))
    known = {held.findings[0].fingerprint: Decision(decision="explained", reason="other")}
    page = Page(html_page(held, {}, review=Review(decisions=known)))
    assert [a["id"] for a in page.attributes("article") if "data-new" in a] == ["F002"]
    assert "1 explained, 1 new: F002" in page.text
    data = json.loads(page.raw["script"][0])
    assert list(data["decisions"]) == [held.findings[0].fingerprint]
    assert not [a for a in Page(html_page(held, {})).attributes("article") if "data-new" in a]


def test_fifty_findings_of_large_noisy_panels_stay_below_15_mb() -> None:
    rng = np.random.default_rng(0)
    noisy = {
        (n, 0, 1, 1): panel(rng.integers(0, 255, (1200, 1500, 3)), n) for n in ("a.png", "b.png")
    }
    large = region("a.png", 100, 100, 1200, 900), region("b.png", 120, 105, 1200, 900)
    one = bundle(finding(a=large[0], b=large[1]), noisy, 50)
    assert one is not None
    size = sum(len(s.src) for s in (one.a, one.b, one.overlay, one.difference))
    size += sum(len(side.shot.src) for side in one.sides)
    assert 50 * size < 14_500_000
    few = bundle(finding(a=large[0], b=large[1]), noisy, 1)
    assert few is not None
    assert len(few.a.src) > len(one.a.src)


def test_crops_hold_every_pixel_of_the_regions() -> None:
    panels = pictures("a.png", "b.png")
    both = crops(finding(), panels)
    assert both is not None
    np.testing.assert_array_equal(both[0], panels["a.png", 0, 1, 1].rgb[20:60, 10:70])
    np.testing.assert_array_equal(both[1], panels["b.png", 0, 1, 1].rgb[25:65, 30:90])
    assert crops(finding(), {}) is None


def test_the_whole_figure_is_shown_where_it_holds_more_than_the_panel() -> None:
    panels = pictures("a.png", "b.png")
    panels["a.png", 0, 1, 2] = panel(textured(seed=3), "a.png", number=2, x=150)
    one = bundle(finding(), panels, 1)
    assert one is not None
    first, second = one.sides
    assert first.whole_drawing is not None
    assert first.whole_drawing.view == "-0.5 -0.5 270 90"
    assert second.whole is None


def matched(number: int = 1, count: int = 24, **fields: Any) -> Finding:
    """A finding moved by SHIFT that rests on points in its region."""
    spots = np.random.default_rng(0).uniform((15, 25), (60, 55), (count, 2))
    rows = tuple((x, y, x + 20, y + 5) for x, y in spots.tolist())
    held = finding(number, transform=transform(SHIFT), **fields)
    return replace(held, evidence=replace(held.evidence, points=rows))


@pytest.mark.parametrize("dark", [False, True])
def test_a_faint_picture_is_said_to_be_one(dark: bool) -> None:
    tones = textured() // (8 if dark else 1)
    held = {(n, 0, 1, 1): panel(tones, n) for n in ("a.png", "b.png")}
    assert ("dark or faint" in Page(html_page(report(finding()), held)).text) is dark


def test_a_long_name_leaves_its_page_and_panel_to_be_seen_in_the_list() -> None:
    long = region("a manuscript with a name that does not end.pdf", page=7, panel=2)
    page = Page(html_page(report(finding(a=long)), {}))
    assert ".pdf, p. 7, panel 2 · b.png" in page.text
    shown = [text for text in page.texts if "p. 7" in text and " · " in text]
    assert shown and max(map(len, shown)) < 60


def test_only_the_panels_of_the_figures_shown_are_read() -> None:
    class Kept(dict[Any, Panel]):
        def __getitem__(self, key: Any) -> Panel:
            assert key[0] != "unrelated.png"
            return dict.__getitem__(self, key)

        def values(self) -> Any:
            raise AssertionError("all panels were read")

    kept = Kept(pictures("a.png", "b.png", "unrelated.png"))
    assert bundle(finding(), kept, 1) is not None


def test_points_are_those_of_the_finding_and_arrows_follow_the_transform() -> None:
    a, b = panel(textured(), "a.png", x=7, y=3), panel(textured(), "b.png", x=2)
    held = matched()
    on_a, on_b = marks(held, a, b)
    points = np.array(held.evidence.points)
    np.testing.assert_allclose(on_a.points, points[:, :2] - (7, 3))
    np.testing.assert_allclose(on_b.points, points[:, 2:] - (2, 0))
    for one, other in zip(on_a.flag, on_b.flag, strict=True):
        np.testing.assert_allclose(other - one, np.tile((20 + 7 - 2, 5 + 3), (len(one), 1)))


def test_the_page_says_how_many_of_the_points_it_shows() -> None:
    page = Page(html_page(report(matched()), pictures("a.png", "b.png")))
    assert "Matching points (24 of 120)" in page.text
    assert len(page.attributes("circle")) == 48
    blocks = replace(matched().evidence, inliers=0, methods=("blocks",))
    only = Page(html_page(report(replace(matched(), evidence=blocks)), pictures("a.png", "b.png")))
    assert "Blocks that agree (24)" in only.text


def test_without_points_there_is_nothing_to_join() -> None:
    page = Page(html_page(report(finding()), pictures("a.png", "b.png")))
    assert not page.attributes("circle")
    assert "Lines between them" not in page.text


def test_a_flat_panel_still_has_a_page() -> None:
    flat = {(n, 0, 1, 1): panel(np.full((90, 120), 128), n) for n in ("a.png", "b.png")}
    held = report(replace(finding(), transform=transform(IDENTITY)))
    assert len(Page(html_page(held, flat)).attributes("img")) == 6


def test_ids_of_the_page_are_unique() -> None:
    page = Page(html_page(report(finding(1), finding(2)), pictures("a.png", "b.png")))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert ids
    assert len(ids) == len(set(ids))
