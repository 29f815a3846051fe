"""``figecho evaluate``: score a scan of a folder against what is known about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import COMPLETE, FOUND, exit_code


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Folder with truth.json."),
    ],
    json: options.Json = None,
    csv: options.Csv = None,
    preset: options.Preset = "default",
    methods: options.Methods = None,
    settings: options.Settings = None,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Scan a folder and score the findings against its truth.json.

    Counts strong and moderate findings. Exits with 0 when everything known is found and nothing
    else is, with 1 otherwise.

    For example:
      figecho evaluate fixtures/showcase
    """
    from figecho.cli.output import Output, progress
    from figecho.cli.settings import names, resolved
    from figecho.evaluate import load_truth, score
    from figecho.report.scores import ScoreView, score_csv, score_dict
    from figecho.report.to_json import dump

    config = resolved(preset, settings or (), methods=names(methods))
    output = Output(json=json, csv=csv, quiet=quiet, force=force)
    truth = load_truth(folder / "truth.json")
    from figecho.scan import scan as run

    with progress(quiet) as watch:
        report = run([folder], config, jobs=options.usable_jobs(jobs), progress=watch).report
    result = score(report, truth)
    output.text(json, dump(score_dict(result)))
    output.text(csv, score_csv(result))
    output.show(ScoreView(result))
    return exit_code(report) or (COMPLETE if result.perfect else FOUND)
