"""``figecho scan``: find the regions of these figures that appear twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import FailOn, exit_code
from figecho.cli.messages import say
from figecho.cli.network import with_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from figecho.manifest import Corrections
    from figecho.model import ByteArray
    from figecho.result import Scan


def scan(
    paths: options.Paths,
    out: options.Out = None,
    json: options.Json = None,
    csv: options.Csv = None,
    html: options.Html = None,
    preset: options.Preset = "default",
    scope: Annotated[
        str | None, typer.Option(help="Compare within panels, across panels, or both.")
    ] = None,
    methods: options.Methods = None,
    jobs: options.Jobs = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    scheduler: options.Scheduler = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 if there are findings of this level or above.")
    ] = FailOn.none,
    keep_weak: Annotated[
        bool, typer.Option("--keep-weak", help="Report weak findings too.")
    ] = False,
    no_cnn: options.NoCnn = False,
    cnn_weights: options.CnnWeights = None,
    online: options.Online = False,
    review: options.Review = None,
    audience: options.Audience = "editor",
    password: options.Password = None,
    panels: options.Panels = None,
    previews: options.Previews = False,
    settings: options.Settings = None,
    quiet: options.Quiet = False,
    force: options.Force = False,
) -> int:
    """Find regions that appear twice in figures.

    PATH is a folder (searched recursively) or a file. Each finding names two regions, how one
    arises from the other, and how many matches as good chance would give. Nothing is changed or
    sent anywhere.

    For example:
      figecho scan figures/
      figecho scan paper.pdf supplement.pptx
      figecho scan figures/ --out results    # page, report, table, evidence pictures
      figecho scan figures/ --html report.html --review review.json
      figecho scan a.png b.png --json -      # JSON on stdout and nothing else
      figecho scan figures/ --scope within --fail-on strong
    """
    from figecho.cli.output import Output, progress
    from figecho.cli.page import audience_of, review_of, write_page
    from figecho.cli.previews import show_previews
    from figecho.cli.settings import names, resolved
    from figecho.report.csv_rows import to_csv
    from figecho.report.terminal import ReportView
    from figecho.report.to_json import to_json

    config = resolved(
        preset, settings or (), scope=scope, methods=names(methods), keep_weak=keep_weak or None
    )
    output = Output(folder=out, json=json, csv=csv, html=html, quiet=quiet, force=force)
    reader, decided = audience_of(audience), review_of(review)
    from figecho.result import remembered

    cache = options.cache_folder(cache_dir, no_cache)
    corrections = None if panels is None else _corrections(panels)
    plain = password is None and corrections is None
    result = remembered(paths, config, cache) if cache and plain else None
    if result is None:
        from figecho.scan import scan as run

        with progress(quiet) as watch:
            result = run(
                paths,
                config,
                jobs=options.usable_jobs(jobs),
                progress=watch,
                cache=cache,
                scheduler=scheduler,
                password=password,
                corrections=corrections,
            )
    report = result.report
    if not no_cnn:
        report = with_network(
            report, result.panels, weights=cnn_weights, online=online, quiet=quiet
        )
    written, table = to_json(report), to_csv(report)
    output.text(json, written)
    output.text(csv, table)
    output.show(ReportView(report))
    if previews and output.shows:
        show_previews(report.findings, result.panels)
    if decided is not None:
        from figecho.review import carried

        say(carried(report, decided).words)
    write_page(output, report, result.panels, audience=reader, review=decided)
    if out is not None:
        output.text(out / "report.json", written)
        output.text(out / "findings.csv", table)
        output.pictures(_pictures(result))
    return exit_code(report, fail_on)


def _corrections(path: Path) -> Corrections:
    from figecho.errors import ConfigError
    from figecho.manifest import corrections_from_json

    try:
        return corrections_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"'{path}' cannot be read as a manifest") from error


def _pictures(result: Scan) -> Iterator[tuple[str, ByteArray]]:
    from figecho.cli.page import lossless
    from figecho.report.picture import evidence_picture
    from figecho.report.shots import keys_of

    for finding in result.report.findings:
        keys = keys_of(finding)
        if all(key in result.panels for key in keys):
            a, b = (result.panels[key] for key in keys)
            yield finding.id, evidence_picture(finding, a, b)
            yield from lossless(finding, result.panels)
        else:
            say(f"no picture of {finding.id}: a panel of it is not at hand")
