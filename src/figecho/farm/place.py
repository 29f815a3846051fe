"""The place where the stages of a scan work: what is kept, under which names, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from figecho.config import Config
from figecho.farm.local import Processes
from figecho.farm.port import Executor, Here
from figecho.farm.shelf import Shelf
from figecho.manifest import Corrections
from figecho.model import NotScanned
from figecho.store.keys import Keys, keys_for
from figecho.store.store import Store
from figecho.threads import one_thread

Progress = Callable[[str, int, int], None]

#: Memory that panels may take in all workers together, and at most in one.
_PANEL_BYTES = 384_000_000
_PANEL_BYTES_EACH = 192_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What the stages share.

    Attributes
    ----------
    config : Config
    store : Store
    keys : Keys
    files : Executor
        Does what needs the files: reading and cutting.
    panels : Executor
        Does what needs the panels only: describing and comparing.
    tell : callable
        Told the stage, how much of it is done, and how much there is.
    lost : list of NotScanned
        What could not be done because of who did it; the stages add to it.
    password : str or None
        Opens encrypted documents.
    corrections : Corrections or None
        Where a person says that panels are.
    """

    config: Config
    store: Store
    keys: Keys
    files: Executor
    panels: Executor
    tell: Progress
    lost: list[NotScanned] = field(default_factory=list)
    password: str | None = field(default=None, repr=False)
    corrections: Corrections | None = None


@contextmanager
def workplace(
    config: Config,
    store: Store,
    jobs: int,
    tell: Progress,
    scheduler: str | None = None,
    *,
    password: str | None = None,
    corrections: Corrections | None = None,
) -> Iterator[Workplace]:
    """Open the place; whoever works there is gone when it closes.

    Parameters
    ----------
    config : Config
    store : Store
    jobs : int
        Worker processes; 0 for none but this one.
    tell : callable
    scheduler : str, optional
        Address of a Dask scheduler whose workers do what needs no files.
    password : str, optional
    corrections : Corrections, optional
    """
    keys = keys_for(config)
    keep_bytes = min(_PANEL_BYTES // max(jobs, 1), _PANEL_BYTES_EACH)
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        here: Executor = Here(Shelf(store.blobs, keys, keep_bytes))
        if jobs:
            here = stack.enter_context(Processes(jobs, store.blobs, keys, keep_bytes))
        there = here
        if scheduler is not None:
            from figecho.farm.cluster import Cluster

            there = stack.enter_context(Cluster(scheduler, config, store.blobs, keys))
        yield Workplace(
            config=config,
            store=store,
            keys=keys,
            files=here,
            panels=there,
            tell=tell,
            password=password,
            corrections=corrections,
        )
