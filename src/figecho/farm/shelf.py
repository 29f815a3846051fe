"""What a worker has at hand: panels and their keypoints, the last used ones kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields, replace
from typing import Any

from figecho.describe.described import Described
from figecho.model import Panel
from figecho.store.blobs import Blobs
from figecho.store.cards import Card
from figecho.store.codec import Damaged, decode, encode
from figecho.store.keys import Keys
from figecho.verify.views import Views

#: Bytes that octaves of a panel take for each of its pixels, three sizes of it together.
_VIEW_BYTES_PX = 100
_BESIDE = ("panel", "views")


class Shelf:
    """Loads panels from records and forgets those not used for longest.

    Parameters
    ----------
    blobs : Blobs
    keys : Keys
    keep_bytes : int
        Memory that panels may take; two are kept in any case.
    """

    def __init__(self, blobs: Blobs, keys: Keys, keep_bytes: int) -> None:
        self.blobs = blobs
        self.keys = keys
        self._room = keep_bytes
        self._kept: OrderedDict[tuple[Any, ...], tuple[Described, int]] = OrderedDict()

    def record(self, key: str) -> dict[str, Any]:
        """Return the fields that a record holds.

        Raises
        ------
        Damaged
            It is missing or damaged.
        """
        try:
            fields: dict[str, Any] = decode(self.blobs.read(key))
        except Damaged as error:
            raise Damaged(key) from error
        return fields

    def shared(self, key: str) -> dict[str, Any]:
        """Return the fields of a large record, in memory that all workers share.

        Raises
        ------
        Damaged
            It is missing or damaged.
        """
        try:
            fields: dict[str, Any] = decode(self.blobs.mapped(key), copies=False)
        except Damaged as error:
            raise Damaged(key) from error
        return fields

    def panel(self, card: Card) -> Panel:
        """Return the panel of a card, with its pixels.

        Raises
        ------
        Damaged
            Its record is missing or damaged.
        """
        return panel_from(card, self.record(card.blob))

    def described(self, card: Card) -> Described:
        """Return the described panel of a card: the same object as long as it is kept.

        Raises
        ------
        Damaged
            One of its records is missing or damaged.
        """
        name = (*card.key, card.blob)
        if name not in self._kept:
            record = self.record(self.keys.of("describe", card.blob))
            described = described_from(self.panel(card), record)
            cost = _bytes(record) + described.panel.grey.size * (8 + _VIEW_BYTES_PX)
            self._kept[name] = (described, cost)
            self._room -= cost
            while self._room < 0 and len(self._kept) > 2:
                _, (_, freed) = self._kept.popitem(last=False)
                self._room += freed
        self._kept.move_to_end(name)
        return self._kept[name][0]


def panel_record(panel: Panel) -> bytes:
    """Return the pixels of a panel as a record."""
    return encode({"rgb": panel.rgb, "grey": panel.grey, "usable": panel.usable})


def panel_from(card: Card, record: dict[str, Any]) -> Panel:
    """Return the panel of a card with the pixels of a decoded record."""
    return replace(card.panel, **record)


def described_record(described: Described) -> bytes:
    """Return as a record what describing added to a panel."""
    names = [f.name for f in fields(described) if f.name not in _BESIDE]
    return encode({name: getattr(described, name) for name in names})


def described_from(panel: Panel, record: dict[str, Any]) -> Described:
    """Return a described panel from what describing had added to it."""
    return Described(panel=panel, views=Views(panel.grey, panel.usable, panel.rgb), **record)


def _bytes(value: Any) -> int:
    """Bytes of all arrays in a decoded value."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(_bytes(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return sum(_bytes(v) for v in value)
    names = getattr(value, "__dataclass_fields__", ())
    return sum(_bytes(getattr(value, name)) for name in names)
