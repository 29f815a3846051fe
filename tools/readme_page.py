"""Draw the README's view of the page: one finding of the example figures in a real browser.

Run from the repository root: ``python tools/readme_page.py``. It needs chromium and playwright; the
page is the one that the README's first command writes.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from figecho.config import resolve
from figecho.report.html import html_page
from figecho.scan import scan

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "fixtures" / "readme" / "page.png"
SHOWN = "fig5d_tubulin.png"
WIDTH, HEIGHT, SCALE = 1200, 900, 1.5
COLOURS = 256


def draw(page: str) -> bytes:
    """Return a PNG of the finding that shows :data:`SHOWN`; another one is marked."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        tab = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE
        )
        tab.goto(file.as_uri())
        card = tab.locator("article.finding", has_text=SHOWN).first
        before = tab.locator("article.finding").first
        before.locator("[data-decision=confirmed]").click()
        tab.locator(f".list li[data-id={card.get_attribute('id')}] a").click()
        tab.evaluate("document.activeElement.blur()")
        tab.wait_for_function(
            "[...document.querySelectorAll('.current img')].every(i => i.complete)"
        )
        tab.wait_for_timeout(200)
        shot = tab.screenshot()
        browser.close()
    small = (
        Image.open(io.BytesIO(shot))
        .convert("RGB")
        .quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    out = io.BytesIO()
    small.save(out, format="PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    result = scan([ROOT / "fixtures" / "showcase"], resolve())
    TARGET.write_bytes(draw(html_page(result.report, result.panels)))
