"""One-line messages on stderr."""

from __future__ import annotations

import sys


def say(message: str) -> None:
    """Print one line on stderr, safe for any terminal."""
    from figecho.report.names import clean

    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    print(f"figecho: {clean(message, encoding)}", file=sys.stderr)
