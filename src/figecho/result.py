"""What a scan gives: its report, and the panels the report speaks of; kept ones come back as is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from figecho.config import Config
from figecho.model import Panel, Report
from figecho.sources.walk import walk
from figecho.store.cards import Card
from figecho.store.codec import Damaged, decode, encode
from figecho.store.inputs import file_digest, report_key
from figecho.store.keys import keys_for
from figecho.store.store import Store

Key = tuple[str, int, int, int]


class KeptPanels(Mapping[Key, Panel]):
    """Panels by key, read from a store when they are asked for and not held after that.

    Parameters
    ----------
    cards : sequence of Card
    store : Store
    again : callable
        Cuts the panels again, where the record of one turns out to be lost.
    """

    def __init__(self, cards: Sequence[Card], store: Store, again: Callable[[], None]) -> None:
        self.cards = {card.key: card for card in cards}
        self._store = store
        self._again = again

    def __getitem__(self, key: Key) -> Panel:
        card = self.cards[key]
        try:
            return self._load(card)
        except Damaged:
            self._store.blobs.drop(card.blob)
            self._again()
            return self._load(card)

    def __contains__(self, key: object) -> bool:
        return key in self.cards

    def __iter__(self) -> Iterator[Key]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def _load(self, card: Card) -> Panel:
        return replace(card.panel, **decode(self._store.blobs.read(card.blob)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """A report, and the panels it speaks of, for evidence pictures."""

    report: Report
    panels: Mapping[Key, Panel]


def remembered(paths: Sequence[Path], config: Config, cache: Path) -> Scan | None:
    """Return the scan of the same files under the same configuration, if one was kept.

    Nothing of the engine is loaded for it: the files are read, and their digests looked up.

    Parameters
    ----------
    paths : sequence of Path
    config : Config
    cache : Path
        Folder of the store.
    """
    if not cache.exists():
        return None
    entries, misused = walk(paths)
    key = report_key(
        entries, misused, [file_digest(e, config.limits) for e in entries], keys_for(config)
    )
    if key is None:
        return None
    store = Store(cache)
    try:
        report, cards = decode(store.rows.find([key])[key])
    except (KeyError, Damaged):
        store.close()
        return None

    def again() -> None:
        from figecho.farm.stages import cut_again

        cut_again(paths, config, store)

    return Scan(report=report, panels=KeptPanels(cards, store, again))


def remember(scan: Scan, key: str, store: Store) -> None:
    """Keep a scan under the key of its inputs."""
    assert isinstance(scan.panels, KeptPanels)
    record = encode((scan.report, tuple(scan.panels.cards.values())))
    store.rows.keep("report", {key: record})
