"""``figecho chop``: cut figures into the equal parts of a grid, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from figecho.cli import options
from figecho.cli.create import all_or_nothing, refuse_existing
from figecho.cli.exits import COMPLETE, INCOMPLETE
from figecho.cli.messages import say
from figecho.errors import SourceError


def chop(
    paths: options.Paths,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Write the parts and manifest.json here.")
    ],
    grid: options.Grid = "5x1",
    quiet: options.Quiet = False,
) -> int:
    """Cut figures into equal parts, each a PNG with the figure's own pixels.

    The grid counts columns, then rows: 5x1 is five vertical strips. The parts are those of
    ImageMagick's '-crop 5x1@ +repage'. Names tell source, row and column; manifest.json lists
    them with their place and digest. Nothing is ever overwritten.

    For example:
      figecho chop figures/ --out strips
      figecho chop blot.png --grid 4x3 --out parts
    """
    from figecho.cli.output import progress
    from figecho.config import Limits
    from figecho.panels.chop import grid_of
    from figecho.report.names import clean
    from figecho.report.parts import MANIFEST, digest, manifest, part_files
    from figecho.report.terminal import plural
    from figecho.sources import collect

    cells = grid_of(grid)
    collected = collect(paths, Limits())
    not_scanned = collected.not_scanned
    for item in not_scanned:
        say(f"not read: {item.source}: {item.reason}")
    for line in collected.misused:
        say(line)
    if not collected.figures:
        raise SourceError("nothing could be read, so nothing was cut")
    files = part_files(collected.figures, cells)
    refuse_existing(out, [*(f.name for f in files), MANIFEST])
    with progress(quiet) as watch, all_or_nothing(out) as create:
        digests = []
        for done, file in enumerate(files, start=1):
            data = file.png()
            create(file.name, data)
            digests.append(digest(data))
            if watch is not None:
                watch("writing parts", done, len(files))
        listing = manifest(files, digests, cells, collected.inputs, not_scanned)
        create(MANIFEST, listing.encode("utf-8"))
    if not quiet:
        figures = plural(len(collected.figures), "figure")
        typer.echo(clean(f"{plural(len(files), 'part')} of {figures} in '{out}'"))
    return INCOMPLETE if not_scanned or collected.misused else COMPLETE
