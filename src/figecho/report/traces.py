"""The comparison of one pair for a terminal: what each method saw, then the findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from figecho.report.terminal import Words, chance

if TYPE_CHECKING:
    from figecho.compare import MethodTrace


@dataclass(frozen=True, slots=True)
class TraceView:
    """A rich renderable of all traces of a comparison."""

    traces: tuple[MethodTrace, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one row a method and form, with the transform in words below it."""
        words = Words(options.max_width, options.encoding)
        yield words.text("What each method saw", "bold")
        yield table(self.traces, words)
        yield Text()


def table(traces: Iterable[MethodTrace], words: Words) -> Table:
    """Return the table of all traces; a number a method does not have is a dash."""
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), width=words.width)
    grid.add_column("Method", no_wrap=True)
    grid.add_column("B is taken", ratio=1, overflow="fold")
    for name, width in (("Pts A", 6), ("Pts B", 6), ("Matches", 7), ("Inliers", 7)):
        grid.add_column(name, justify="right", min_width=width, overflow="fold")
    grid.add_column("ZNCC", justify="right", min_width=5, overflow="fold")
    grid.add_column("Chance", justify="right", min_width=6, overflow="fold")
    for trace in traces:
        body = "\n".join(part for part in (trace.form, trace.transform_words) if part)
        counts = (trace.keypoints_a, trace.keypoints_b, trace.matches, trace.inliers)
        grid.add_row(
            words.text(trace.method),
            Text("\n").join(words.text(line) for line in body.splitlines()),
            *(f"{count:,}" if any(counts) else "-" for count in counts),
            "-" if trace.zncc is None else f"{trace.zncc:.2f}",
            "-" if trace.log10_nfa is None else chance(trace.log10_nfa),
        )
    return grid
