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
Password = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", envvar="FIGECHO_PASSWORD", help="Opens encrypted PDF; kept nowhere."
    ),
]
Panels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Take panel boxes from this manifest.",
    ),
]
Preset = Annotated[str, typer.Option(help="How much effort: fast, default or thorough.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Processes to use; all cores open to it by default."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Compare on a Dask cluster, as in tcp://HOST:8786."),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="Keep finished work here, pixels included."),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Keep nothing of this scan, use nothing kept.")
]
Methods = Annotated[
    str | None, typer.Option(metavar="LIST", help="Methods to use, as in sift,orb,blocks.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, as in screen.min_tones=8."),
]
Previews = Annotated[
    bool, typer.Option("--previews", help="Show small pictures, where the terminal can.")
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

#: More processes than this only wait for one another on one machine.
_MOST_JOBS = 32


def usable_jobs(jobs: int | None) -> int:
    """Return the number of processes asked for, or one for each core that is open to us."""
    if jobs is not None:
        return jobs
    from figecho.farm.ahead import cores

    return min(cores(), _MOST_JOBS)


def cache_folder(named: Path | None, no_cache: bool) -> Path | None:
    """Return the folder of the cache, None where none is wanted."""
    if no_cache:
        return None
    if named is not None:
        return named
    from figecho.store.store import default_folder

    return default_folder()
