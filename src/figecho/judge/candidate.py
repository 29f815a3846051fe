"""An echo together with the panels it lies in."""

from __future__ import annotations

from dataclasses import dataclass

from figecho.model import Panel
from figecho.pairs import Echo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """What judgement is passed on."""

    a: Panel
    b: Panel
    echo: Echo
