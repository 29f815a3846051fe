"""Tuples whose entries are computed when they are first asked for.

Most proposals are refused by the finest octave, so the other planes are mostly never needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Later(Sequence[T]):
    """A tuple of which every entry is computed once, when it is first asked for.

    Parameters
    ----------
    make : callable
        Returns the entry of an index; forgotten when all are there.
    count : int
        How many there are.
    """

    __slots__ = ("_count", "_made", "_make")

    def __init__(self, make: Callable[[int], T], count: int) -> None:
        self._make: Callable[[int], T] | None = make
        self._made: dict[int, T] = {}
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(self._count)))
        k = range(self._count)[index]
        if k not in self._made and self._make is not None:
            self._made[k] = self._make(k)
            if len(self._made) == self._count:
                self._make = None
        return self._made[k]


def in_groups(
    make: Callable[[tuple[int, ...]], Sequence[T]], groups: Sequence[tuple[int, ...]]
) -> Later[T]:
    """Return a tuple of which some entries are computed together, as soon as one is asked for.

    Parameters
    ----------
    make : callable
        Returns the entries of some indices.
    groups : sequence of tuple of int
        Together all indices from 0 on, each once.
    """
    made = Later(lambda n: make(groups[n]), len(groups))
    place = {k: (n, at) for n, some in enumerate(groups) for at, k in enumerate(some)}

    def entry(k: int) -> T:
        n, at = place[k]
        return made[n][at]

    return Later(entry, len(place))
