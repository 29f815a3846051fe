"""The page in a real browser: opened from a file, without a request, an error or a surprise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from figecho.report.html import html_page
from figecho.review import Decision, Review
from handmade import finding, panel, region, report
from test_html import HOSTILE, SHIFT, matched, pictures, textured, transform

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser")) if p), None)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a hostile name, a copy inside a panel, a thin strip, a long name, no pictures."""
    moved, long = transform(SHIFT), "a_very_long_name_without_any_space_" * 6 + ".png"
    strip = region("strip.png", 5, 5, 500, 30)
    held = report(
        matched(a=region(HOSTILE)),
        finding(2, transform=moved, level="moderate", category="I"),
        finding(3, a=region("c.png", 5, 5), b=region("c.png", 25, 10), transform=moved),
        finding(4, a=strip, b=region("strip2.png", 5, 5, 500, 30), category="III"),
        finding(5, a=region(long), b=region("paper.pdf", page=3), family="G1"),
    )  # fmt: skip
    panels = pictures(HOSTILE, "a.png", "b.png", "c.png")
    for name in ("strip.png", "strip2.png"):
        panels[name, 0, 1, 1] = panel(textured(44, 560), name)
    review = Review(decisions={held.findings[1].fingerprint: Decision(decision="dismissed")})
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html_page(held, panels, review=review), encoding="utf-8")
    return path


@pytest.fixture
def page(chromium: Any, page_file: Path) -> Iterator[Any]:
    """The page, freshly opened; the test fails if it asked for anything or reported an error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    trouble: list[str] = []
    address = page_file.as_uri()
    tab.on("console", lambda message: trouble.append(message.text))
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
    tab.on(
        "request",
        lambda r: None if r.url == address or r.url.startswith(("data:", "blob:null/", "blob:file"))
        else trouble.append(r.url),
    )  # fmt: skip
    tab.goto(address)
    yield tab
    context.close()
    assert trouble == []


def shown(page: Any) -> list[str]:
    visible = "cards => cards.filter(c => !c.hidden).map(c => c.id)"
    return list(page.eval_on_selector_all("article.finding", visible))


def current(page: Any) -> str:
    return str(page.locator("article.current").get_attribute("id"))


def exported(page: Any, folder: Path) -> dict[str, Any]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export review").click()
    assert download.value.suggested_filename == "review.json"
    download.value.save_as(folder / "review.json")
    return dict(json.loads((folder / "review.json").read_text(encoding="utf-8")))


def test_opens_with_every_finding_and_all_pictures_decode(page: Any) -> None:
    assert shown(page) == ["F001", "F002", "F003", "F004", "F005"]
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_a_hostile_name_is_text(page: Any) -> None:
    assert HOSTILE in page.locator("#F001").inner_text()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.eval_on_selector_all("details", "all => all.forEach(d => d.open = true)")
    page.locator("#F004 [data-mode=slider]").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    out = page.evaluate(
        "w => [...document.querySelectorAll('main *, header *, aside *')].filter(e =>"
        " !e.closest('.marks, .sr, table, nav, svg') && !e.matches('.sr')"
        " && e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML.slice(0, 80))",
        width,
    )
    assert out == []


def test_filters_by_level_category_place_and_review(page: Any) -> None:
    page.locator("input[name=level][value=moderate]").uncheck()
    assert shown(page) == ["F001", "F003", "F004", "F005"]
    page.locator("input[name=category][value=III]").uncheck()
    assert shown(page) == ["F001", "F003", "F005"]
    page.locator("select[name=place]").select_option("paper.pdf, page 3")
    assert shown(page) == ["F005"]
    page.locator("select[name=place]").select_option(HOSTILE)
    assert shown(page) == ["F001"]
    page.reload()
    page.locator("select[name=state]").select_option("new")
    assert shown(page) == ["F001", "F003", "F004", "F005"]
    page.locator("input[name=method][value=sift]").uncheck()
    page.locator("input[name=method][value=blocks]").uncheck()
    assert shown(page) == []
    assert page.get_by_text("No finding passes the filters.").is_visible()


def test_keys_move_and_mark(page: Any, tmp_path: Path) -> None:
    assert current(page) == "F001"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert current(page) == "F002"
    page.keyboard.press("u")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.locator("#F004 .reason select").select_option("shared control")
    page.locator("#F004 textarea").fill("j said so, d'accord")
    assert current(page) == "F004"
    marks = exported(page, tmp_path)["decisions"]
    assert marks == {
        finding(3).fingerprint: {"decision": "confirmed", "reason": "", "note": ""},
        finding(4).fingerprint: {
            "decision": "explained",
            "reason": "shared control",
            "note": "j said so, d'accord",
        },
    }
    assert page.locator(".progress").inner_text() == "2 of 5 decided"


def test_an_explanation_counts_once_it_has_a_reason(page: Any, tmp_path: Path) -> None:
    page.keyboard.press("e")
    assert page.locator("#F001 .verdict").inner_text() == "Explained: choose a reason"
    assert page.locator(".progress").inner_text() == "1 of 5 decided, 1 without a reason"
    assert finding(1).fingerprint not in exported(page, tmp_path)["decisions"]
    page.locator("#F001 .reason select").select_option("inset or magnification")
    assert page.locator("#F001 .verdict").inner_text() == "Explained: inset or magnification"
    assert exported(page, tmp_path)["decisions"][finding(1).fingerprint]["reason"]


def test_a_review_goes_out_and_comes_in(page: Any, tmp_path: Path) -> None:
    assert page.locator("#F002 .verdict").inner_text() == "Dismissed"
    mine = tmp_path / "mine.json"
    entry = {"decision": "explained", "reason": "other", "note": "<b>seen</b>"}
    decisions = {finding(1).fingerprint: entry, "unknown": {"decision": "confirmed"}}
    mine.write_text(json.dumps({"schema_version": "review-1.0", "decisions": decisions}))
    page.locator("input.import").set_input_files(mine)
    page.get_by_text("Explained: other").wait_for()
    assert page.locator("#F001 textarea").input_value() == "<b>seen</b>"
    held = exported(page, tmp_path)["decisions"]
    assert held[finding(1).fingerprint] == entry
    assert set(held) == {finding(1).fingerprint, finding(2).fingerprint, "unknown"}
    mine.write_text("no review")
    page.locator("input.import").set_input_files(mine)
    page.get_by_text("no figecho review").wait_for()


def test_decisions_stay_when_the_page_is_opened_again(page: Any) -> None:
    page.keyboard.press("d")
    page.reload()
    assert page.locator("#F001 .verdict").inner_text() == "Dismissed"


def test_slider_uncovers_b_over_a(page: Any) -> None:
    card = page.locator("#F001")
    card.locator("[data-mode=slider]").click()
    slider, over = card.locator(".under input"), card.locator(".pile .over")
    slider.fill("25")
    assert over.evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 25%)"
    page.keyboard.press("ArrowRight")
    assert over.evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 26%)"
    card.locator(".pile").scroll_into_view_if_needed()
    box = card.locator(".pile").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 10)
    page.mouse.down()
    page.mouse.up()
    assert abs(int(slider.input_value()) - 80) <= 1


def test_flicker_shows_a_and_b_in_turn(page: Any) -> None:
    page.keyboard.press("f")
    over = page.locator("#F001 .pile .over")
    for state in ("hidden", "visible", "hidden"):
        over.wait_for(state=state)
    page.keyboard.press("f")
    assert page.locator("#F001 .tiles").is_visible()


@pytest.mark.parametrize("mode", ["difference", "colour"])
def test_difference_and_false_colour_are_large(page: Any, mode: str) -> None:
    page.locator(f"#F001 [data-mode={mode}]").click()
    tile = page.locator(f"#F001 [data-tile={mode}] img").get_attribute("src")
    assert page.locator("#F001 .pile img").get_attribute("src") == tile


def test_lines_join_the_points_they_belong_to(page: Any) -> None:
    card = page.locator("#F001")
    assert not card.locator(".points").first.is_visible()
    card.locator(".sw-lines").check()
    points = card.locator(".marks").first.locator("circle").count()
    assert points == 24
    assert card.locator(".lines line:not(.under)").count() == points
    line, at = card.locator(".lines line:not(.under)").first, card.locator(".marks circle").first
    start, pair = at.bounding_box(), card.locator(".pair").bounding_box()
    assert abs(float(line.get_attribute("x1")) + pair["x"] - start["x"] - start["width"] / 2) < 1
    card.locator(".sw-outline").uncheck()
    assert not card.locator(".pair polygon").first.is_visible()


def test_contrast_stretch_is_for_display_and_goes_away(page: Any) -> None:
    card = page.locator("#F001")
    image = card.locator("img.tone-a").first
    box = card.get_by_label("Contrast stretch (display only)")
    box.check()
    assert image.evaluate("e => getComputedStyle(e).filter") == 'url("#F001-a")'
    box.uncheck()
    assert image.evaluate("e => getComputedStyle(e).filter") == "none"


def test_printed_each_finding_begins_a_page_and_shows_all_views(page: Any) -> None:
    page.locator("#F001 [data-mode=slider]").click()
    page.emulate_media(media="print")
    for card in page.locator("article.finding").all():
        assert card.evaluate("e => getComputedStyle(e).breakBefore") == "page"
    assert page.locator("#F001 .tiles img").first.is_visible()
    assert not page.locator("#F001 .stage").is_visible()
    assert not page.locator(".filters").is_visible()


def test_printed_each_finding_fits_its_page(page: Any) -> None:
    sheets = page.pdf(format="A4").count(b"/Type /Page\n")
    assert sheets == 1 + 5 + 1  # overview, findings, what else there is to know


def test_without_scripts_everything_but_the_tools_is_there(chromium: Any, page_file: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page_file.as_uri())
    assert tab.locator("#F001 .tiles img").first.is_visible()
    assert not tab.locator("#F001 .decide").is_visible()
    context.close()
