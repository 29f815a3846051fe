"""What the numbers of a finding mean, in plain words, for an editor or for an author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from figecho.model import Coverage, Finding, Report
from figecho.report.terminal import chance, percent, plural

Audience = Literal["editor", "author"]
AUDIENCES: tuple[Audience, ...] = ("editor", "author")

CATEGORIES = {
    "I": "the same picture twice, upright",
    "II": "the same field, shifted, cropped, rotated or mirrored",
    "III": "regions repeated inside one panel, or panels that agree in part only",
}
SCREENED = {
    "blank": "one tone, nothing in it",
    "low-entropy": "too little detail to tell pictures apart",
    "text": "lettering",
    "plot": "a chart or drawing",
    "too-small": "too few pixels",
}
COMMON = (
    "a shared control or a reused field that the legend declares",
    "channels of one field, and their merge",
    "an inset, or the same field at another magnification",
    "one membrane probed twice, or one gel shown at two exposures",
    "a placeholder or a mix-up while the figure was put together",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """All that differs between the page for an editor and the page for an author."""

    title: str
    noun: str
    lead: str
    task: str
    empty: str
    decisions: tuple[tuple[str, str, str], ...]


WORDINGS: dict[Audience, Wording] = {
    "editor": Wording(
        title="Similar regions in these figures",
        noun="finding",
        lead=(
            "Each finding shows two regions that agree beyond chance. figecho observes "
            "similarity; a person must judge what it means."
        ),
        task="Does the legend or a plain reason account for it? If not, ask for the originals.",
        empty="No reused region found beyond chance.",
        decisions=(
            ("confirmed", "Confirmed", "c"),
            ("explained", "Explained", "e"),
            ("dismissed", "Dismissed", "d"),
        ),
    ),
    "author": Wording(
        title="To check before you submit",
        noun="thing to check",
        lead=(
            "Each entry shows two regions that look alike. figecho cannot know whether that is "
            "meant; a person must judge. Settle each one before the figures leave your hands."
        ),
        task=(
            "To do: open the original files of A and B. If one picture stands in the wrong place, "
            "replace it. If the reuse is meant, say so in the legend."
        ),
        empty="Nothing to check: no reused region found beyond chance.",
        decisions=(
            ("confirmed", "Needs a correction", "c"),
            ("explained", "Meant, said in the legend", "e"),
            ("dismissed", "Nothing to do", "d"),
        ),
    ),
}


def counted(count: int, audience: Audience) -> str:
    """Return how many findings there are, in the words of the audience."""
    if audience == "author":
        return f"{count:,} {'thing' if count == 1 else 'things'} to check"
    return plural(count, "finding")


def numbers(finding: Finding) -> tuple[tuple[str, str, str], ...]:
    """Return name, value and meaning of each number behind a finding."""
    e = finding.evidence
    rows = [
        (
            "Expected by chance",
            chance(finding.log10_nfa),
            "How many matches as good this whole scan would show if nothing were shared. Near 1: "
            "expect one by coincidence. Below 1e-6: coincidence is no good explanation.",
        ),
        (
            "Shared",
            f"{percent(e.coverage_a)} of A, {percent(e.coverage_b)} of B",
            "The part of each panel that lies inside the outlined region.",
        ),
        (
            "Correlation (ZNCC)",
            f"{e.zncc:.2f}",
            "How well the aligned pixels agree once slow changes of brightness are removed: 1 is "
            "identical, 0 unrelated. Compression and rescaling lower it.",
        ),
        (
            "Matching points",
            f"{e.inliers:,}" if e.inliers else "none",
            "Distinct details that all agree with one and the same movement from A to B."
            if e.inliers
            else "Whole blocks of pixels were compared instead of single details.",
        ),
        (
            "Methods that agree",
            ", ".join(e.methods),
            "The ways of comparing that each found this region.",
        ),
    ]
    if e.cnn is not None:
        rows.append(("Network score", f"{e.cnn:.2f}", "Likeness of the panels as wholes; a hint."))
    return tuple(rows)


def points_of(finding: Finding) -> str:
    """Return what the points of a finding are, and how many of them are shown."""
    shown, held = len(finding.evidence.points), finding.evidence.inliers
    if held == 0:
        return f"Blocks that agree ({shown})"
    return (
        f"Matching points ({shown:,} of {held:,})" if shown < held else f"Matching points ({held})"
    )


def cautions(report: Report) -> tuple[str, ...]:
    """Return what a reader has to know before trusting what the page does not show."""
    cover, lines = report.coverage, []
    if report.not_scanned:
        files = len({n.source for n in report.not_scanned})
        lines.append(f"{plural(files, 'file')} could not be scanned in full: see below.")
    elif not report.complete:
        lines.append("The scan is not complete.")
    if cover.pairs_compared < cover.pairs_possible:
        lines.append(
            f"{cover.pairs_compared:,} of {plural(cover.pairs_possible, 'pair')} were compared."
            + _choice(cover)
        )
    if cover.pairs_compared == 0:
        lines.append("Nothing was compared: no pair of panels was left to compare.")
    return tuple(lines)


def _choice(cover: Coverage) -> str:
    """Say what was left out on purpose, and what that costs."""
    if cover.chosen_by == "all":
        return ""
    return (
        " They were chosen by an index of local descriptors, which keeps about"
        f" {cover.recall:.0%} of the findings of all pairs."
    )
