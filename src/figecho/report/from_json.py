"""The JSON report read back into values, so that any view can be made again without a scan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from figecho.errors import SourceError
from figecho.model import (
    Box,
    Coverage,
    Evidence,
    Finding,
    Held,
    Input,
    NotScanned,
    Place,
    Region,
    Report,
    Screened,
    Template,
    Transform,
)
from figecho.report.to_json import SCHEMA_VERSION
from figecho.sources.wire import origin_of


def from_json(text: str) -> Report:
    """Return the report that :func:`figecho.report.to_json.to_json` wrote.

    Raises
    ------
    SourceError
        ``text`` is not a report, or one of another schema version.
    """
    try:
        data = json.loads(text)
        version = data["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError("not a figecho report: no 'schema_version' in it") from error
    if version != SCHEMA_VERSION:
        raise SourceError(f"report of schema {version}; this version reads {SCHEMA_VERSION}")
    try:
        return _report(data)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"not a complete figecho report: {error!r}") from error


def _report(data: Mapping[str, Any]) -> Report:
    return Report(
        schema_version=data["schema_version"],
        tool=dict(data["tool"]),
        config=dict(data["config"]),
        complete=data["complete"],
        inputs=tuple(_input(i) for i in data["inputs"]),
        not_scanned=tuple(NotScanned(**n) for n in data["not_scanned"]),
        screened=tuple(Screened(**_place(s), reason=s["reason"]) for s in data["screened"]),
        coverage=Coverage(**data["coverage"]),
        findings=tuple(_finding(f) for f in data["findings"]),
        templates=tuple(_template(t) for t in data["templates"]),
    )


def _finding(data: Mapping[str, Any]) -> Finding:
    first, second = (_region(r) for r in data["regions"])
    transform = dict(data["transform"])
    rows = transform.pop("matrix_b_from_a")
    evidence = dict(data["evidence"])
    points = tuple((xa, ya, xb, yb) for xa, ya, xb, yb in evidence.get("points", ()))
    return Finding(
        id=data["id"],
        fingerprint=data["fingerprint"],
        level=data["level"],
        category=data["category"],
        log10_nfa=data["log10_nfa"],
        regions=(first, second),
        transform=Transform(**transform, matrix_b_from_a=tuple((a, b, c) for a, b, c in rows)),
        evidence=Evidence(**{**evidence, "methods": tuple(evidence["methods"]), "points": points}),
        explanations=tuple(data["explanations"]),
        family=data["family"],
    )


def _input(data: Mapping[str, Any]) -> Input:
    held = tuple(
        Held(page=h["page"], figure=h["figure"], origin=origin_of(h)) for h in data.get("held", ())
    )
    return Input(**{**data, "held": held})


def _template(data: Mapping[str, Any]) -> Template:
    panels = tuple(Place(**_place(p)) for p in data["panels"])
    return Template(id=data["id"], panels=panels, words=data["words"])


def _region(data: Mapping[str, Any]) -> Region:
    return Region(**_place(data), polygon=tuple((x, y) for x, y in data["polygon"]))


def _place(data: Mapping[str, Any]) -> dict[str, Any]:
    x, y, w, h = data["bbox"]
    named = {key: data[key] for key in ("source", "page", "figure", "panel")}
    return {**named, "bbox": Box(x=x, y=y, w=w, h=h)}
