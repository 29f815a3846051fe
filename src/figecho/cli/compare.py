"""``figecho compare``: look for shared regions in one pair, as deeply as possible."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import exit_code
from figecho.cli.network import with_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from figecho.compare import Comparison
    from figecho.model import ByteArray


def compare(
    a: Annotated[
        Path, typer.Argument(metavar="A", exists=True, dir_okay=False, help="First file.")
    ],
    b: Annotated[
        Path,
        typer.Argument(metavar="B", exists=True, dir_okay=False, help="Another, or the same."),
    ],
    out: options.Out = None,
    json: options.Json = None,
    html: options.Html = None,
    methods: options.Methods = None,
    no_cnn: options.NoCnn = False,
    cnn_weights: options.CnnWeights = None,
    online: options.Online = False,
    previews: options.Previews = False,
    settings: options.Settings = None,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Compare one pair of figures as deeply as figecho can.

    Shows what every method saw, also where it is too little for a finding. With --out, draws the
    evidence: both panels, the two regions laid over one another, and their difference.

    For example:
      figecho compare a.png b.png --out pair
      figecho compare blot.png blot.png      # copies inside one figure
    """
    from figecho.cli.output import Output, progress
    from figecho.cli.page import write_page
    from figecho.cli.previews import show_previews
    from figecho.cli.settings import names, resolved
    from figecho.report.csv_rows import to_csv
    from figecho.report.terminal import ReportView
    from figecho.report.to_json import to_json
    from figecho.report.traces import TraceView

    config = resolved("thorough", settings or (), methods=names(methods))
    output = Output(folder=out, json=json, html=html, quiet=quiet, force=force)
    from figecho.compare import compare as run

    with progress(quiet) as watch:
        result = run(a, b, config, progress=watch)
    report = result.report
    if not no_cnn:
        report = with_network(
            report, result.panels, weights=cnn_weights, online=online, quiet=quiet
        )
    output.text(json, to_json(report))
    output.show(TraceView(result.traces), ReportView(report))
    if previews and output.shows:
        show_previews(report.findings, result.panels)
    write_page(output, report, result.panels)
    if out is not None:
        output.text(out / "report.json", to_json(report))
        output.text(out / "findings.csv", to_csv(report))
        output.pictures(_pictures(result))
    return exit_code(report)


def _pictures(result: Comparison) -> Iterator[tuple[str, ByteArray]]:
    from figecho.cli.page import lossless
    from figecho.report.picture import evidence_picture, pair_picture
    from figecho.report.shots import keys_of

    for finding in result.report.findings:
        a, b = (result.panels[key] for key in keys_of(finding))
        yield finding.id, evidence_picture(finding, a, b)
        yield from lossless(finding, result.panels)
    if not result.report.findings:
        yield "pair", pair_picture(result.panel_a, result.panel_b)
