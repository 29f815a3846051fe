"""``figecho score``: how alike whole pictures look to imagededup, as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import COMPLETE, INCOMPLETE
from figecho.cli.messages import say


def score(
    paths: options.Paths,
    grid: Annotated[
        str | None,
        typer.Option(metavar="CxR", help="Cut into equal parts first, as in 5x1 (see chop)."),
    ] = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="Cut figures into their panels first.")
    ] = False,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="cnn, phash, dhash, whash or ahash.")
    ] = "cnn",
    cutoff: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Show pairs this alike: for cnn a similarity up to 1, by default 0.97; "
            "for a hash the number of differing bits of 64, by default 10.",
        ),
    ] = None,
    no_screen: Annotated[
        bool, typer.Option("--no-screen", help="Compare blank and empty pictures too.")
    ] = False,
    model: options.CnnModel = "mobilenet",
    cnn_weights: options.CnnWeights = None,
    online: options.Online = False,
    cache_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep embeddings here.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Keep no embeddings, use none kept.")
    ] = False,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Show N pairs a table.")] = 25,
    json: options.Json = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one row a pair; '-' for stdout.", allow_dash=True),
    ] = None,
    settings: options.Settings = None,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Score every pair of figures, panels or tiles by imagededup, best first.

    What holds nothing to compare (blank, flat, text, plots) is left out first, and counted. Pairs
    inside one figure stand apart from pairs across figures. A score is a reason to look, never
    evidence; 'figecho scan' compares the pixels, and a person must judge.

    Needs imagededup: pip install 'figecho[cnn]'. The network's weights come from torch hub's cache,
    from --cnn-weights, or, only if you say --online, from the internet.

    For example:
      figecho score figures/ --grid 5x1 --online
      figecho score figures/ --grid 5x1 --cutoff 0.95 --csv pairs.csv
      figecho score figures/ --method phash
    """
    from figecho.cli.output import Output, progress
    from figecho.cli.settings import resolved
    from figecho.dedup.score import How
    from figecho.dedup.score import score as run
    from figecho.dedup.settings import CnnSettings, cache_folder
    from figecho.panels.chop import grid_of
    from figecho.report.pair_scores import ScoresView, scores_csv, scores_json

    config = resolved("default", settings or ())
    cache = None if no_cache else cache_dir or cache_folder()
    how = How(
        method=method,
        cutoff=cutoff,
        cnn=CnnSettings(model=model, weights=cnn_weights, online=online, cache=cache),
        grid=None if grid is None else grid_of(grid),
        panels=panels,
        screen=not no_screen,
    )
    output = Output(json=json, csv=csv, quiet=quiet, force=force)
    with progress(quiet) as watch:
        scores = run(paths, config, how, progress=watch)
    for line in (*scores.misused, *scores.notes):
        say(line)
    if json is not None:
        output.text(json, scores_json(scores))
    if csv is not None:
        output.text(csv, scores_csv(scores))
    output.show(ScoresView(scores, top))
    return COMPLETE if scores.complete else INCOMPLETE
