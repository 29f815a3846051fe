"""``figecho cache``: what finished work is kept, and how to let go of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from figecho.cli import options
from figecho.cli.exits import COMPLETE
from figecho.errors import ConfigError

if TYPE_CHECKING:
    from figecho.store.store import Store

ACTIONS = ("info", "prune", "clear")


def cache(
    action: Annotated[str, typer.Argument(metavar="info|prune|clear", help="What to do.")],
    cache_dir: options.CacheDir = None,
    limit: Annotated[
        float, typer.Option(min=0.0, metavar="GB", help="How much 'prune' leaves.")
    ] = 5.0,
) -> int:
    """Show or shrink what is kept of finished scans, so that they need not be done again.

    The cache holds the pixels and keypoints of the panels that were scanned, in a folder that only
    you can open. It is never sent anywhere, and can be removed at any time; what is missing is
    worked out again. Each scan lets go of what was not used for longest, down to 5 GB.

    For example:
      figecho cache info
      figecho cache prune --limit 1
      figecho cache clear      # after confidential work; or scan with --no-cache
    """
    from figecho.config import nearest
    from figecho.store.store import Store, default_folder

    if action not in ACTIONS:
        raise ConfigError(f"unknown action '{action}': {nearest(action, ACTIONS)}")
    folder = cache_dir or default_folder()
    if not folder.exists():
        typer.echo(f"{folder}: nothing is kept")
        return COMPLETE
    store = Store(folder)
    if action == "info":
        _show(store)
    else:
        freed = store.clear() if action == "clear" else store.prune(int(limit * 1e9))
        typer.echo(f"{folder}: {_megabytes(freed)} freed")
    store.close()
    return COMPLETE


def _show(store: Store) -> None:
    info = store.info()
    typer.echo(f"{info.folder}: {_megabytes(info.total_bytes)}")
    for name, (count, size) in info.held.items():
        typer.echo(f"  {name:20} {count:>9,} records {_megabytes(size):>12}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
