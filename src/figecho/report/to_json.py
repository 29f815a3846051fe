"""The JSON report, written and read: the one truth of which every other format is a view.

Rounding is part of the contract: coordinates to 0.1 px, matrix entries to 6 significant digits,
correlations and coverages to 4 decimals, ``log10_nfa`` to 1. Nothing depends on the clock, on the
folder the scan ran in or on the order of threads.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from figecho.model import Finding, Input, Origin, Place, Region, Report, Screened

SCHEMA_VERSION = "1.0"
_LINE = 100
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain data, rounded and sorted by the contract."""
    return {
        "schema_version": report.schema_version,
        "tool": dict(sorted(report.tool.items())),
        "config": _plain(report.config),
        "complete": report.complete,
        "inputs": [_input(i) for i in sorted(report.inputs, key=lambda i: i.source)],
        "not_scanned": [
            dataclasses.asdict(n)
            for n in sorted(report.not_scanned, key=lambda n: (n.source, n.reason))
        ],
        "screened": [
            {**_place(s), "reason": s.reason}
            for s in sorted(report.screened, key=lambda s: (_place_key(s), s.reason))
        ],
        "coverage": dataclasses.asdict(report.coverage),
        "findings": [_finding(f) for f in sorted(report.findings, key=lambda f: _id_key(f.id))],
        "templates": [
            {
                "id": t.id,
                "panels": [_place(p) for p in sorted(t.panels, key=_place_key)],
                "words": t.words,
            }
            for t in sorted(report.templates, key=lambda t: _id_key(t.id))
        ],
    }


def to_json(report: Report) -> str:
    """Return the report as JSON text: indented, UTF-8 clean, with a trailing newline."""
    return dump(to_dict(report))


def dump(value: Any) -> str:
    r"""Return plain data as JSON text: short values on one line, long ones indented.

    Lone surrogates (bytes of a file name that are no UTF-8) are written as ``\udcXX``.
    """
    return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", _text(value, "")) + "\n"


def _text(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, (dict, list)) or len(indent) + len(line) <= _LINE:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{_text(key, '')}: {_text(item, deeper)}" for key, item in value.items()]
    else:
        items = [_text(item, deeper) for item in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}{end}"


def _finding(finding: Finding) -> dict[str, Any]:
    t, e = finding.transform, finding.evidence
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "level": finding.level,
        "category": finding.category,
        "log10_nfa": rounded(finding.log10_nfa, 1),
        "regions": [_region(r) for r in finding.regions],
        "transform": {
            "model": t.model,
            "matrix_b_from_a": [[significant(v) for v in row] for row in t.matrix_b_from_a],
            "rotation_deg": rounded(t.rotation_deg, 2),
            "scale": rounded(t.scale, 4),
            "mirrored": t.mirrored,
            "inverted": t.inverted,
            "words": t.words,
        },
        "evidence": {
            "inliers": e.inliers,
            "coverage_a": rounded(e.coverage_a, 4),
            "coverage_b": rounded(e.coverage_b, 4),
            "zncc": rounded(e.zncc, 4),
            "cnn": None if e.cnn is None else rounded(e.cnn, 4),
            "methods": list(e.methods),
            "points": [[rounded(v, 1) for v in point] for point in e.points],
        },
        "explanations": list(finding.explanations),
        "family": finding.family,
    }


def _input(given: Input) -> dict[str, Any]:
    """Return an input; what only documents have is left out elsewhere."""
    data = {
        "source": given.source,
        "sha256": given.sha256,
        "figures": given.figures,
        "panels": given.panels,
    }
    if given.held:
        data["held"] = [
            {"page": h.page, "figure": h.figure, **origin_dict(h.origin)} for h in given.held
        ]
    if given.left_out:
        data["left_out"] = given.left_out
    return data


def origin_dict(origin: Origin) -> dict[str, Any]:
    """Return where and how a picture stands in its document, without what is not known."""
    data: dict[str, Any] = {"where": origin.where, "made": origin.made}
    if origin.media:
        data["media"] = origin.media
    if origin.media_sha256 is not None:
        data["media_sha256"] = origin.media_sha256
    if origin.box_pt is not None:
        data["box_pt"] = [rounded(v, 2) for v in origin.box_pt]
    if origin.changes:
        data["changes"] = list(origin.changes)
    return data


def _place(where: Place | Region | Screened) -> dict[str, Any]:
    return {
        "source": where.source,
        "page": where.page,
        "figure": where.figure,
        "panel": where.panel,
        "bbox": where.bbox.as_list(),
    }


def _region(region: Region) -> dict[str, Any]:
    polygon = [[rounded(x, 1), rounded(y, 1)] for x, y in region.polygon]
    return {**_place(region), "polygon": polygon}


def _place_key(where: Place | Screened) -> tuple[Any, ...]:
    return (where.source, where.page or 0, where.figure, where.panel, where.bbox.as_list())


def _id_key(name: str) -> tuple[int, str]:
    return (len(name), name)


def rounded(value: float, decimals: int) -> float:
    """Return ``value`` rounded as a Python float, without a negative zero."""
    return round(float(value), decimals) + 0.0


def significant(value: float) -> float:
    """Return ``value`` with 6 significant digits, without a negative zero."""
    return float(f"{float(value):.6g}") + 0.0


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
