"""Work handed to a Dask cluster: pixels go out once, by content; Dask makes lost workers good.

Every panel becomes a task that holds its pixels and one that describes them, so Dask can make both
again wherever they are lost. Comparing goes out in chunks of seconds, a few for each thread at a
time. All names are digests of content: the same chunk twice is the same result.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from figecho.config import Config
from figecho.describe.described import describe
from figecho.errors import ConfigError
from figecho.farm.port import Lost, Task, attempt, settled
from figecho.farm.shelf import Shelf, described_record, panel_from
from figecho.store.blobs import Blobs
from figecho.store.cards import Card
from figecho.store.codec import Damaged, decode
from figecho.store.keys import Keys, digest, environment
from figecho.threads import alone

_WAIT_S = 60
_AHEAD = 3
_HELD_BYTES = 10**12


class Cluster:
    """Does what needs only panels on the workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        As in ``tcp://HOST:8786``.
    config : Config
    blobs : Blobs
        Where the pixels of panels are.
    keys : Keys
    """

    #: Descriptions stay on the cluster.
    describes = False

    def __init__(self, address: str, config: Config, blobs: Blobs, keys: Keys) -> None:
        self._address = address
        self._config = config
        self._blobs = blobs
        self._keys = keys
        self._client: Any = None
        self._described: dict[str, Any] = {}

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._client is not None:
            self._described.clear()
            self._client.close()

    def run(self, task: Task, units: Sequence[Any], chunk: int) -> Iterator[tuple[int, Any]]:
        """Yield the place and the result of every unit, as they get done."""
        if not len(units):
            return
        client = self._connected()
        from distributed import as_completed

        todo = deque((k, min(k + chunk, len(units)), 0) for k in range(0, len(units), chunk))
        at: dict[Any, tuple[int, int, int]] = {}
        running = as_completed(loop=client.loop)

        def fill() -> None:
            while todo and len(at) < _AHEAD * max(1, sum(client.nthreads().values())):
                low, high, tries = todo.popleft()
                future = self._submitted(task, units[low:high], tries)
                at[future] = (low, high, tries)
                running.add(future)

        fill()
        for future in running:
            low, high, tries = at.pop(future)
            try:
                made = future.result()
            # Whatever Dask says of a worker that is gone, the chunk is worth another try.
            except Exception as error:
                if isinstance(error, ConfigError):
                    raise
                todo.extend(_smaller(low, high, tries))
                if high - low == 1 and tries:
                    yield low, Lost(f"its workers ended ({type(error).__name__})")
            else:
                for place, result in enumerate(made, start=low):
                    yield place, settled(result)
            future.release()
            fill()

    def _submitted(self, task: Task, units: Sequence[Any], tries: int) -> Any:
        cards = {card.blob: card for unit in units for card in _cards(unit)}
        for card in cards.values():
            if card.blob not in self._described:
                self._described[card.blob] = self._description(card)
        name = digest(
            repr(getattr(task, "func", task)), *self._keys.stages.values(), *_names(units)
        )
        return self._client.submit(
            _done, task, units, {blob: self._described[blob] for blob in cards}, self._keys,
            environment(), key=f"figecho-{name}-{tries}", pure=False, retries=0,
        )  # fmt: skip

    def _description(self, card: Card) -> Any:
        record = zlib.compress(self._blobs.read(card.blob), 1)
        held = self._client.submit(bytes, record, key=f"figecho-pixels-{card.blob}")
        name = self._keys.of("describe", card.blob)
        return self._client.submit(
            _described, card, held, self._config, environment(), key=f"figecho-described-{name}"
        )

    def _connected(self) -> Any:
        if self._client is None:
            try:
                from distributed import Client
            except ImportError as error:
                raise ConfigError(
                    "--scheduler needs Dask: pip install 'figecho[cluster]'"
                ) from error
            try:
                self._client = Client(self._address, timeout=_WAIT_S, set_as_default=False)
                self._client.wait_for_workers(1, timeout=_WAIT_S)
            except (OSError, ValueError, TimeoutError) as error:
                raise ConfigError(
                    f"no Dask scheduler with workers answers at '{self._address}'"
                ) from error
        return self._client


def _smaller(low: int, high: int, tries: int) -> list[tuple[int, int, int]]:
    """Return what is left to try of a chunk whose workers died."""
    if high - low > 1:
        middle = (low + high) // 2
        return [(low, middle, 0), (middle, high, 0)]
    return [] if tries else [(low, high, 1)]


def _cards(unit: Any) -> Iterator[Card]:
    if isinstance(unit, Card):
        yield unit
    else:
        yield from unit


def _names(units: Sequence[Any]) -> Iterator[str]:
    for unit in units:
        for card in _cards(unit):
            yield card.blob
            yield repr(card.key)


class _Held(Shelf):
    """A shelf of what came with the task."""

    def __init__(self, held: dict[str, dict[str, Any]], keys: Keys) -> None:
        super().__init__(None, keys, _HELD_BYTES)  # type: ignore[arg-type]
        self._held = held

    def record(self, key: str) -> dict[str, Any]:
        """Return the fields that came under a key."""
        if key not in self._held:
            raise Damaged(key)
        return self._held[key]


def _described(card: Card, pixels: bytes, config: Config, expected: str) -> dict[str, Any]:
    """Return the pixels of a panel and what describing adds to it."""
    _check(expected)
    panel = decode(zlib.decompress(pixels))
    described = described_record(describe(panel_from(card, panel), config))
    return {"panel": panel, "described": decode(described)}


def _done(
    task: Callable[..., Any], units: Sequence[Any], described: dict[str, dict[str, Any]],
    keys: Keys, expected: str,
) -> list[Any]:  # fmt: skip
    """Do a chunk of units with the panels that came along."""
    _check(expected)
    held = {}
    for blob, fields in described.items():
        held[blob] = fields["panel"]
        held[keys.of("describe", blob)] = fields["described"]
    shelf = _Held(held, keys)
    return [attempt(task, unit, shelf) for unit in units]


def _check(expected: str) -> None:
    """Refuse to work where code or libraries differ: results would too."""
    alone()
    if environment() != expected:
        raise ConfigError(
            "a worker of the cluster has another figecho, Python or library version; "
            "install the same on all machines"
        )
