"""The page a person judges from: one file, offline, with all pictures and a small script in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from figecho.farm.ahead import ahead
from figecho.model import Finding, Panel, Report, Screened
from figecho.report.names import Located, clean, place, place_words, shorten
from figecho.report.plainly import (
    CATEGORIES,
    COMMON,
    SCREENED,
    WORDINGS,
    Audience,
    cautions,
    counted,
    numbers,
    points_of,
)
from figecho.report.shots import Bundle, Key, bundle
from figecho.report.terminal import LEVELS, chance, plural
from figecho.report.to_json import to_json
from figecho.review import REASONS, Review, carried, laid_on
from figecho.review import to_dict as review_dict

_PAGE = files("figecho.report") / "page"
_SHORT = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One finding as the page shows it."""

    finding: Finding
    names: tuple[str, str]
    short: tuple[str, str]
    places: tuple[str, str]
    hashes: tuple[str, str]
    pictures: Bundle | None
    numbers: tuple[tuple[str, str, str], ...]
    fresh: bool


def html_page(
    report: Report,
    panels: Mapping[Key, Panel],
    *,
    audience: Audience = "editor",
    review: Review | None = None,
) -> str:
    """Return a report as one self-contained page that asks no network for anything.

    Parameters
    ----------
    report : Report
    panels : mapping of panel key to Panel
        The pictures; a finding whose panels are missing is shown without them, and says so.
    audience : "editor" or "author"
        Whether the page is evidence to judge or a list of things to settle before submission:
        the words differ, nothing else.
    review : Review, optional
        Decisions of an earlier run, carried over; findings without one are marked as new.

    Returns
    -------
    str
        HTML whose content security policy allows the page's own style and script, pictures inside
        the file, and nothing else.
    """
    style, script = _asset("page.css"), _asset("page.js")
    decided = laid_on(report, review or Review())
    data = review_dict(decided)
    marks = hashlib.sha256(f"{to_json(report)}{data}{audience}".encode(errors="replace"))
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    cards = _cards(report, panels, decided if review else None)
    return _template().render(
        report=report,
        cards=cards,
        points_of=points_of,
        words=WORDINGS[audience],
        count=counted(len(report.findings), audience),
        audience=audience,
        policy=Markup(policy),
        style=Markup(style),
        script=Markup(script),
        review=data,
        storage=f"figecho-{marks.hexdigest()[:16]}",
        carried=carried(report, decided) if review else None,
        reasons=REASONS,
        levels=[(v, sum(f.level == v for f in report.findings)) for v in LEVELS],
        categories=CATEGORIES,
        methods=sorted({m for f in report.findings for m in f.evidence.methods}),
        spots=list(dict.fromkeys(p for c in cards for p in c.places)),
        families=_families(report.findings),
        screened=_screened(report),
        cautions=cautions(report),
        common=COMMON,
        figures=sum(i.figures for i in report.inputs),
        settings=_flat(report.config),
        lacking=sum(c.pictures is None for c in cards),
    )


def _cards(report: Report, panels: Mapping[Key, Panel], review: Review | None) -> list[Card]:
    inputs = {i.source: i for i in report.inputs}
    cards = []
    shown = ahead(_bundling(f, panels, len(report.findings)) for f in report.findings)
    for finding, pictures in zip(report.findings, shown, strict=True):
        a, b = finding.regions
        names = [_named(r, inputs) for r in (a, b)]
        spots = [""] * 2
        if names[0] == names[1]:
            spots = [f" at {r.bbox.x}, {r.bbox.y}" for r in (a, b)]
        short = [place_words(r, inputs, _SHORT) + at for r, at in zip((a, b), spots, strict=True)]
        hashes = [inputs[r.source].sha256 if r.source in inputs else "" for r in (a, b)]
        cards.append(
            Card(
                finding=finding,
                names=(names[0] + spots[0], names[1] + spots[1]),
                short=(short[0], short[1]),
                places=(_spot(a), _spot(b)),
                hashes=(hashes[0], hashes[1]),
                pictures=pictures,
                numbers=numbers(finding),
                fresh=review is not None and finding.fingerprint not in review.decisions,
            )
        )
    return cards


def _bundling(
    finding: Finding, panels: Mapping[Key, Panel], findings: int
) -> Callable[[], Bundle | None]:
    """Return the making of a finding's pictures, for a thread that must not read any panels."""
    figures = {(r.source, r.page or 0, r.figure) for r in finding.regions}
    held = {key: panels[key] for key in panels if key[:3] in figures}
    return partial(bundle, finding, held, findings)


def _named(where: Located, inputs: Mapping[str, Any]) -> str:
    source, inside = place(where, inputs)
    return f"{source}, {inside}" if inside else source


def _spot(where: Located) -> str:
    return clean(where.source) + ("" if where.page is None else f", page {where.page}")


def _families(findings: Sequence[Finding]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for finding in findings:
        if finding.family:
            groups.setdefault(finding.family, []).append(finding.id)
    return list(groups.items())


def _screened(report: Report) -> list[tuple[str, str, list[str]]]:
    inputs = {i.source: i for i in report.inputs}
    groups: dict[str, list[Screened]] = {}
    for item in report.screened:
        groups.setdefault(item.reason, []).append(item)
    return [
        (reason, SCREENED[reason], list(dict.fromkeys(_named(s, inputs) for s in held)))
        for reason, held in sorted(groups.items())
    ]


def _flat(config: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in config.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{before}{key}.")
        elif isinstance(value, (list, tuple)):
            rows.append((before + key, ", ".join(str(v) for v in value)))
        else:
            rows.append((before + key, str(value)))
    return rows


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Names come from strangers' files: what could steer a reader's eye becomes visible.
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters |= {"chance": chance, "plural": plural, "shorten": shorten}
    return environment.from_string(_asset("page.html.j2"))


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return the digest by which a content security policy knows an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
