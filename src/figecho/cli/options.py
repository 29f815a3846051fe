"""Options that several verbs share, each with the same name and the same help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH", exists=True, help="Folders or files to read.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Write report.html, report.json, findings.csv and evidence/ here."
    ),
]
Json = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the JSON report; '-' for stdout.", allow_dash=True),
]
Csv = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write one row a finding; '-' for stdout.", allow_dash=True),
]
Html = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write one page to judge from, offline, in any browser."),
]
Review = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", exists=True, dir_okay=False, help="Decisions exported from the page."
    ),
]
Audience = Annotated[
    str, typer.Option(help="Words of the page: editor (evidence) or author (things to check).")
]
Preset = Annotated[str, typer.Option(help="How much effort: fast, default or thorough.")]
Jobs = Annotated[int, typer.Option(min=1, metavar="N", help="Processes to use.")]
Methods = Annotated[
    str | None, typer.Option(metavar="LIST", help="Methods to use, as in sift,orb,blocks.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, as in screen.min_tones=8."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no report and no progress.")]
Force = Annotated[bool, typer.Option("--force", help="Replace output files that exist.")]
Grid = Annotated[
    str, typer.Option(metavar="CxR", help="Columns and rows, as in 5x1 for vertical strips.")
]
CnnModel = Annotated[
    str,
    typer.Option("--model", metavar="NAME", help="The network: mobilenet, vit or efficientnet."),
]
CnnWeights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", exists=True, dir_okay=False, help="The network's state dict, as a file."
    ),
]
NoCnn = Annotated[
    bool, typer.Option("--no-cnn", help="Show no similarity by a network beside findings.")
]
Online = Annotated[
    bool, typer.Option("--online", help="Allow to fetch the network's weights, once.")
]
