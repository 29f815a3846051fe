"""The port behind which work is done, and what is said of work that could not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from figecho.farm.shelf import Shelf
from figecho.store.codec import Damaged

#: What is done with one unit: a function of a module, or a partial of one, so that it can travel.
Task = Callable[[Any, Shelf], Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """A unit that could not be done, and why in one line."""

    reason: str


class Executor(Protocol):
    """Does a task for many units.

    Every implementation gives the same results: one for each unit, in any order, each with the
    unit's place. A unit whose worker dies, and dies again when it is tried alone, is :class:`Lost`;
    so is one that raises. :class:`~figecho.store.codec.Damaged` is raised: the caller begins again.
    """

    #: Whether what describes a panel is put into the store, for those who compare to take it.
    describes: bool

    def run(self, task: Task, units: Sequence[Any], chunk: int) -> Iterator[tuple[int, Any]]:
        """Yield the place and the result of every unit; at most ``chunk`` units travel together."""
        ...


def attempt(task: Task, unit: Any, shelf: Shelf) -> Any:
    """Return the result of a task, or what went wrong."""
    try:
        return task(unit, shelf)
    except Damaged as error:
        return error
    except MemoryError:
        return Lost("not enough memory")
    # Whatever one figure or one pair provokes must not end the scan of the others.
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        return Lost(f"{type(error).__name__}: {text}".rstrip(": "))


class Here:
    """Does everything in this process, one unit after the other."""

    describes = True

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def run(self, task: Task, units: Sequence[Any], chunk: int) -> Iterator[tuple[int, Any]]:
        """Yield the place and the result of every unit, in order."""
        for place, unit in enumerate(units):
            yield place, settled(attempt(task, unit, self._shelf))


def settled(result: Any) -> Any:
    """Return a result; raise it where it says that a record is damaged."""
    if isinstance(result, Damaged):
        raise result
    return result
