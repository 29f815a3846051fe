"""The similarity by imagededup's network, set beside the findings of a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from figecho.cli.messages import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from figecho.model import Panel, Report


def with_network(
    report: Report,
    panels: Mapping[tuple[str, int, int, int], Panel],
    *,
    weights: Path | None,
    online: bool,
    quiet: bool,
) -> Report:
    """Return the report with the network's number beside each finding, where it can be had."""
    from figecho.dedup import CnnSettings, beside

    report, notes = beside(report, panels, CnnSettings(weights=weights, online=online))
    for note in () if quiet else notes:
        say(note)
    return report
