"""``figecho report``: make any view of a finished scan again, without scanning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from figecho.cli import options
from figecho.cli.exits import COMPLETE, exit_code
from figecho.cli.messages import say
from figecho.errors import ConfigError

if TYPE_CHECKING:
    from figecho.model import Finding, Panel, Report

    Panels = dict[tuple[str, int, int, int], Panel]
    Sizes = dict[tuple[str, int, int], tuple[int, int]]


def report(
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT", exists=True, dir_okay=False, help="A JSON report."),
    ],
    root: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", exists=True, help="Where the scanned pictures are now."),
    ] = None,
    html: options.Html = None,
    csv: options.Csv = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings as SARIF 2.1.0.")
    ] = None,
    coco: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the regions as COCO annotations.")
    ] = None,
    figure_for: Annotated[
        tuple[str, Path] | None,
        typer.Option("--figure-for", metavar="ID FILE", help="Draw one finding to publish it."),
    ] = None,
    review: options.Review = None,
    audience: options.Audience = "editor",
    previews: options.Previews = False,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Show a finished scan again, or write it in another form.

    The pictures are read from --root and known by their content, so they may have been renamed or
    moved. Without --root the page has no pictures, and says so.

    For example:
      figecho report results/report.json
      figecho report report.json --root figures/ --html report.html
      figecho report report.json --root figures/ --figure-for F003 f003.png
      figecho report report.json --sarif report.sarif --coco regions.json
    """
    from figecho.cli.output import Output, save
    from figecho.cli.page import audience_of, review_of, text_of, write_page
    from figecho.cli.previews import show_previews
    from figecho.report.coco import to_coco
    from figecho.report.csv_rows import to_csv
    from figecho.report.from_json import from_json
    from figecho.report.sarif import to_sarif
    from figecho.report.terminal import ReportView

    output = Output(csv=csv, html=html, quiet=quiet, force=force)
    for other in (sarif, coco, figure_for and figure_for[1]):
        Output(html=other, force=force)
    reader, decided = audience_of(audience), review_of(review)
    read = from_json(text_of(result))
    drawn = None if figure_for is None else _finding(read, figure_for[0])
    panels, sizes = _pictures(read, root or [])
    output.text(csv, to_csv(read))
    write_page(output, read, panels, audience=reader, review=decided)
    output.text(sarif, to_sarif(read, decided))
    output.text(coco, to_coco(read, sizes))
    if figure_for is not None and drawn is not None:
        save(figure_for[1], _drawn(drawn, panels))
    if not any((csv, html, sarif, coco, figure_for)):
        output.show(ReportView(read))
    if previews and output.shows:
        show_previews(read.findings, panels)
    if decided is not None:
        from figecho.review import carried

        say(carried(read, decided).words)
    return exit_code(read) if read.inputs else COMPLETE


def _finding(report: Report, name: str) -> Finding:
    for finding in report.findings:
        if finding.id == name:
            return finding
    held = f"{report.findings[0].id} to {report.findings[-1].id}" if report.findings else "none"
    raise ConfigError(f"no finding '{name}' in this report; it holds {held}")


def _drawn(finding: Finding, panels: Panels) -> bytes:
    from figecho.cli.output import png
    from figecho.report.figure_for import figure_for
    from figecho.report.shots import keys_of

    keys = keys_of(finding)
    if not all(key in panels for key in keys):
        raise ConfigError(f"the pictures of {finding.id} are not at hand; name them by --root")
    a, b = (panels[key] for key in keys)
    return png(figure_for(finding, a, b))


def _pictures(report: Report, paths: list[Path]) -> tuple[Panels, Sizes]:
    """Read the pictures of a report again; a file is known by its digest, not by its name."""
    if not paths:
        return {}, {}
    from dataclasses import replace

    from figecho.config import resolve
    from figecho.panels import panels_of
    from figecho.sources import collect

    settings = dict(_flat(report.config))
    config = resolve(str(settings.pop("preset", "default")), settings)
    names: dict[str, list[str]] = {}
    for item in report.inputs:
        names.setdefault(item.sha256, []).append(item.source)
    wanted = {(r.source, r.page or 0, r.figure) for f in report.findings for r in f.regions}
    panels: Panels = {}
    sizes: Sizes = {}
    for figure in collect(paths, config.limits).figures:
        for source in names.get(figure.sha256, ()):
            own = replace(figure, source=source)
            if own.key in wanted and own.key not in sizes:
                h, w = own.pixels.shape[:2]
                sizes[own.key] = (w, h)
                panels |= {p.key: p for p in panels_of(own, config)[0]}
    lacking = sorted({source for source, _, _ in wanted - set(sizes)})
    if lacking:
        rest = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        say(f"not found, or changed since the scan: {', '.join(lacking[:3])}{rest}")
    return panels, sizes


def _flat(config: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
