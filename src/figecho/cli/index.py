"""``figecho index``: keep what was seen, and hold a new paper against all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import COMPLETE, INCOMPLETE, FailOn, exit_code
from figecho.cli.messages import say
from figecho.errors import ConfigError

if TYPE_CHECKING:
    from figecho.config import Config
    from figecho.farm.place import Progress
    from figecho.index.corpus import Corpus

ACTIONS = ("add", "query", "stat", "remove")


def index(
    action: Annotated[str, typer.Argument(metavar="add|query|stat|remove", help="What to do.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders or files.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--index", metavar="DIR", help="The folder of the index.")
    ] = None,
    out: options.Out = None,
    json: options.Json = None,
    html: options.Html = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 if there are findings of this level or above.")
    ] = FailOn.none,
    jobs: options.Jobs = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    settings: options.Settings = None,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Keep the panels of many papers in one folder, and look a new paper up in it.

    'add' reads files and keeps their panels; what is there by its content is not added again, and
    an 'add' that was stopped goes on where it was. 'query' compares files with everything kept, as
    a scan would; the chance of a false alarm counts every panel that is kept. 'remove' forgets the
    documents with the content of these files, or of these names.

    For example:
      figecho index add journal/ --index seen
      figecho index query paper.pdf --index seen --out results
      figecho index stat --index seen
      figecho index remove journal/retracted.pdf --index seen
    """
    from figecho.cli.output import Output, progress
    from figecho.cli.settings import resolved
    from figecho.config import nearest

    if action not in ACTIONS:
        raise ConfigError(f"unknown action '{action}': {nearest(action, ACTIONS)}")
    if folder is None:
        raise ConfigError("--index DIR names the folder of the index")
    if action != "stat" and not paths:
        raise ConfigError(f"'figecho index {action}' needs a PATH")
    config = resolved("default", settings or ())
    output = Output(folder=out, json=json, html=html, quiet=quiet, force=force)
    from figecho.index.corpus import Corpus

    corpus = Corpus(folder, create=action == "add")
    try:
        if action == "stat":
            return _stat(corpus)
        if action == "remove":
            return _remove(corpus, paths or [], config)
        workers = options.usable_jobs(jobs)
        if action == "add":
            with progress(quiet) as watch:
                return _add(corpus, paths or [], config, workers, watch)
        from figecho.cli.page import write_page
        from figecho.index.query import query
        from figecho.report.terminal import ReportView
        from figecho.report.to_json import to_json

        with progress(quiet) as watch:
            result = query(
                paths or [], corpus, config, jobs=workers, progress=watch,
                cache=options.cache_folder(cache_dir, no_cache),
            )  # fmt: skip
        output.text(json, to_json(result.report))
        output.show(ReportView(result.report))
        write_page(output, result.report, result.panels)
        if out is not None:
            output.text(out / "report.json", to_json(result.report))
        return exit_code(result.report, fail_on)
    finally:
        corpus.close()


def _add(
    corpus: Corpus, paths: list[Path], config: Config, jobs: int, watch: Progress | None
) -> int:
    from figecho.index.grow import grow

    grown = grow(paths, corpus, config, jobs=jobs, progress=watch)
    for line in (*grown.misused, *(f"{n.source}: {n.reason}" for n in grown.not_scanned)):
        say(line)
    typer.echo(f"{grown.added} added, {grown.known} there before, {corpus.panels():,} panels kept")
    return INCOMPLETE if grown.not_scanned or grown.misused else COMPLETE


def _stat(corpus: Corpus) -> int:
    documents = corpus.documents()
    size = corpus.store.info().total_bytes
    typer.echo(
        f"{corpus.folder}: {len(documents):,} documents, {corpus.panels():,} panels,"
        f" {size / 1e6:,.1f} MB of pixels and keypoints"
    )
    for held in documents:
        typer.echo(f"  {held.sha256[:12]}  {held.panels:>5} panels  {held.source}")
    return COMPLETE


def _remove(corpus: Corpus, paths: list[Path], config: Config) -> int:
    from figecho.sources.walk import walk
    from figecho.store.inputs import file_digest
    from figecho.store.keys import keys_for

    names = {str(path) for path in paths}
    entries, _ = walk([path for path in paths if path.exists()])
    digests = {file_digest(entry, config.limits) for entry in entries}
    gone = [d for d in corpus.documents() if d.source in names or d.sha256 in digests]
    for document in gone:
        corpus.remove(document.sha256, keys_for(config))
        typer.echo(f"removed {document.source}")
    if not gone:
        say("none of these documents is in the index")
    return COMPLETE if gone else INCOMPLETE
