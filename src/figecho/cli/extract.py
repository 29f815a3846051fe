"""``figecho extract``: write the figures of documents and their panels as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from figecho.cli import options
from figecho.cli.create import all_or_nothing, refuse_existing
from figecho.cli.exits import COMPLETE, INCOMPLETE
from figecho.cli.messages import say
from figecho.errors import SourceError

if TYPE_CHECKING:
    from figecho.model import Panel, Screened
    from figecho.report.extracted import Cut


def extract(
    paths: options.Paths,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Write figures, panels and manifest.json here.")
    ],
    password: options.Password = None,
    quiet: options.Quiet = False,
) -> int:
    """Write the figures of documents, and their panels, as files with a manifest.

    A figure is a PNG with its native pixels, or the embedded JPEG as it is; a panel is a PNG.
    manifest.json lists each with page, place, box and digest. Correct the boxes in it, or add and
    remove panels, and scan again with --panels manifest.json. Nothing is ever overwritten.

    For example:
      figecho extract paper.pdf --out figures
      figecho scan paper.pdf --panels figures/manifest.json
    """
    from figecho.cli.output import progress
    from figecho.config import Config
    from figecho.panels import panels_of
    from figecho.report.extracted import extracted, manifest
    from figecho.report.names import clean
    from figecho.report.parts import MANIFEST, digest
    from figecho.report.terminal import plural
    from figecho.sources import collect

    config = Config()
    collected = collect(paths, config.limits, password=password, originals=True)
    for item in collected.not_scanned:
        say(f"not read: {item.source}: {item.reason}")
    for line in collected.misused:
        say(line)
    if not collected.inputs:
        raise SourceError("nothing could be read, so nothing was extracted")
    if not collected.figures:
        raise SourceError("there are no figures in it, so nothing was extracted")
    with progress(quiet) as watch:
        tell = watch or (lambda stage, done, total: None)
        cuts = []
        for done, figure in enumerate(collected.figures, start=1):
            cuts.append(_cuts(*panels_of(figure, config)))
            tell("cutting figures into panels", done, len(collected.figures))
        items = extracted(collected.figures, cuts)
        names = [name for item in items for name in (item.name, *item.names)]
        refuse_existing(out, [*names, MANIFEST])
        digests: dict[str, str] = {}
        with all_or_nothing(out) as create:
            for done, one in enumerate(items, start=1):
                for name, data in one.files():
                    create(name, data)
                    digests[name] = digest(data)
                tell("writing figures", done, len(items))
            listing = manifest(items, digests, collected.inputs, collected.not_scanned)
            create(MANIFEST, listing.encode("utf-8"))
    if not quiet:
        panels = sum(len(item.panels) for item in items)
        what = f"{plural(len(items), 'figure')} and {plural(panels, 'panel')}"
        typer.echo(clean(f"{what} in '{out}'"))
    return INCOMPLETE if collected.not_scanned or collected.misused else COMPLETE


def _cuts(panels: list[Panel], screened: list[Screened]) -> list[Cut]:
    """Return all panels of a figure in their order."""
    from figecho.report.extracted import Cut

    kept = {panel.number: Cut(bbox=panel.bbox) for panel in panels}
    aside = {item.panel: Cut(bbox=item.bbox, screened=item.reason) for item in screened}
    return [cut for _, cut in sorted({**kept, **aside}.items())]
