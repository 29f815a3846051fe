"""The page of a report, and the lossless crops beside it, for every verb that makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from figecho.cli.output import Output
from figecho.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from figecho.model import ByteArray, Finding, Panel, Report
    from figecho.report.plainly import Audience
    from figecho.review import Review

    Panels = Mapping[tuple[str, int, int, int], Panel]


def audience_of(name: str) -> Audience:
    """Return the audience called ``name``.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    from figecho.report.plainly import AUDIENCES, Audience

    for known in AUDIENCES:
        if name == known:
            return known
    raise ConfigError(f"unknown audience '{name}'; valid: {', '.join(get_args(Audience))}")


def review_of(path: Path | None) -> Review | None:
    """Return the review in a file, None where no file is named.

    Raises
    ------
    SourceError
        The file cannot be read or is no review.
    """
    from figecho.review import review_from_json

    return None if path is None else review_from_json(text_of(path))


def text_of(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    SourceError
        The file cannot be read, or is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 text"
        raise SourceError(f"'{path}' cannot be read: {reason.lower()}") from error


def write_page(
    output: Output,
    report: Report,
    panels: Panels,
    *,
    audience: Audience = "editor",
    review: Review | None = None,
) -> None:
    """Write the page to where it was asked for: ``--html``, and ``report.html`` in ``--out``."""
    folder = output.folder
    targets = [t for t in (output.html, folder and folder / "report.html") if t is not None]
    if targets:
        from figecho.report.html import html_page

        page = html_page(report, panels, audience=audience, review=review)
        for target in targets:
            output.text(target, page)


def lossless(finding: Finding, panels: Panels) -> Iterator[tuple[str, ByteArray]]:
    """Yield both regions of a finding, pixel for pixel, with the names of their pictures."""
    from figecho.report.shots import crops

    both = crops(finding, panels)
    for side, pixels in zip("ab", both or (), strict=False):
        yield f"{finding.id}-{side}", pixels
