"""Findings as SARIF 2.1.0, for the viewers and checks of software teams."""

from __future__ import annotations

from typing import Any

from figecho import __version__
from figecho.model import Finding, NotScanned, Region, Report
from figecho.report.names import clean
from figecho.report.plainly import CATEGORIES
from figecho.report.terminal import chance
from figecho.report.to_json import dump, rounded
from figecho.review import Review, laid_on

_LEVELS = {"strong": "warning", "moderate": "warning", "weak": "note"}
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def to_sarif(report: Report, review: Review | None = None) -> str:
    """Return a report as SARIF text: one result a finding, located in A, related to B.

    SARIF knows no place inside a picture, so boxes in pixels stand under ``properties``. What a
    review explained or dismissed becomes an accepted suppression; a finding it does not know is
    ``new``.
    """
    known = None if review is None else laid_on(report, review)
    used = sorted({f.category for f in report.findings})
    return dump(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "figecho",
                            "version": report.tool.get("figecho", __version__),
                            "rules": [
                                {"id": _rule(c), "shortDescription": {"text": CATEGORIES[c]}}
                                for c in used
                            ],
                        }
                    },
                    "invocations": [
                        {
                            "executionSuccessful": report.complete,
                            "toolExecutionNotifications": [_notice(n) for n in report.not_scanned],
                        }
                    ],
                    "artifacts": [
                        {"location": {"uri": uri(i.source)}, "hashes": {"sha-256": i.sha256}}
                        for i in report.inputs
                    ],
                    "results": [_result(f, known) for f in report.findings],
                }
            ],
        }
    )


def uri(source: str) -> str:
    """Return a file name as a relative URI: every byte but plain letters is percent-encoded."""
    raw = source.encode("utf-8", errors="surrogateescape")
    text = "".join(chr(b) if b in _PLAIN else f"%{b:02X}" for b in raw)
    return f"file:///{text.lstrip('/')}" if text.startswith("/") else text


def _rule(category: str) -> str:
    return f"echo/category-{category}"


def _notice(item: NotScanned) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"not scanned: {clean(item.reason)}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(item.source)}}}],
    }


def _result(finding: Finding, review: Review | None) -> dict[str, Any]:
    a, b = finding.regions
    text = (
        f"{finding.id}: regions A ({clean(a.source)}) and B ({clean(b.source)}) agree beyond "
        f"chance ({chance(finding.log10_nfa)} expected); {clean(finding.transform.words)}. "
        "A person must judge."
    )
    result: dict[str, Any] = {
        "ruleId": _rule(finding.category),
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        "locations": [_location(a)],
        "relatedLocations": [{"id": 1, **_location(b)}],
        "partialFingerprints": {"figechoFinding/v1": finding.fingerprint},
        "properties": {
            "id": finding.id,
            "level": finding.level,
            "log10_nfa": rounded(finding.log10_nfa, 1),
            "zncc": rounded(finding.evidence.zncc, 4),
            "methods": list(finding.evidence.methods),
            "family": finding.family,
        },
    }
    if review is not None:
        known = review.decisions.get(finding.fingerprint)
        result["baselineState"] = "new" if known is None else "unchanged"
        if known is not None and known.decision != "confirmed":
            why = "; ".join(p for p in (known.decision, known.reason, known.note) if p)
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": clean(why)}
            ]
    return result


def _location(region: Region) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri(region.source)}},
        "properties": {
            "page": region.page,
            "figure": region.figure,
            "panel": region.panel,
            "bbox_px": region.bbox.as_list(),
        },
    }
