"""Draw the README's picture: the report of a real scan of the example figures, as SVG.

Run from the repository root: ``python tools/readme_picture.py``. The picture shows the beginning
of the report; nothing in it is written by hand.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from figecho.config import resolve
from figecho.report.terminal import ReportView
from figecho.scan import scan

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "fixtures" / "readme" / "scan.svg"
COLUMNS, LINES = 80, 34

THEME = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        *((36, 41, 47), (213, 94, 0), (0, 158, 115), (230, 159, 0)),
        *((0, 114, 178), (204, 121, 167), (86, 180, 233), (110, 119, 129)),
    ],
)

# The built-in template loads a web font; this one uses what the reader has.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect width="100%" height="100%" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<g transform="translate(12, 12)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""


def draw(lines: int = LINES) -> str:
    """Return the SVG of the first ``lines`` lines of the report on the example figures."""
    report = scan([ROOT / "fixtures" / "showcase"], resolve()).report
    coloured = io.StringIO()
    colours: dict[str, Any] = {"force_terminal": True, "color_system": "truecolor"}
    Console(file=coloured, width=COLUMNS, **colours).print(ReportView(report))
    shown = coloured.getvalue().splitlines()[:lines]
    while Text.from_ansi(shown[-1]).plain.strip():
        shown.pop()  # end between two findings
    recorder = Console(file=io.StringIO(), record=True, width=COLUMNS + 2, **colours)
    recorder.print(Text("$ figecho scan fixtures/showcase"))
    for line in shown:
        recorder.print(Text.from_ansi(line))
    recorder.print(Text("…\n", style="dim"))  # the edge at the top takes the last line's height
    return recorder.export_svg(theme=THEME, code_format=SVG, unique_id="figecho")


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(draw(), encoding="utf-8")
