"""Previews of findings on stdout, where somebody watches it and it can show them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from figecho.cli.messages import say

if TYPE_CHECKING:
    from figecho.model import Finding, Panel

MOST = 20


def show_previews(
    findings: Sequence[Finding], panels: Mapping[tuple[str, int, int, int], Panel]
) -> None:
    """Show the strongest findings as small pictures; say so where the terminal cannot."""
    from figecho.report.preview import encoded, preview, protocol_of
    from figecho.report.shots import keys_of

    watched = sys.stdout.isatty()
    protocol = protocol_of(os.environ, sys.stdout.encoding or "", terminal=watched)
    if protocol is None:
        say("note: no previews: this output shows no pictures")
        return
    columns = shutil.get_terminal_size().columns
    for finding in findings[:MOST]:
        keys = keys_of(finding)
        if all(key in panels for key in keys):
            a, b = (panels[key] for key in keys)
            sys.stdout.write(
                f"\n{finding.id}\n{encoded(preview(finding, a, b), protocol, columns)}"
            )
    sys.stdout.flush()
