"""Places in documents as a truth may name them: ``"paper.pdf, page 3, figure 2"``."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from figecho.model import Place, Region, Report, Screened


def named_as(report: Report, names: Set[str]) -> Report:
    """Return a report in which places are called as ``names`` calls them.

    A figure is called by the longest of ``"file, page P, figure F"``, ``"file, page P"``,
    ``"file, figure F"`` and ``"file"`` that is among the names; a slide, sheet or frame counts as a
    page. What no name fits keeps its file's. Regions, templates, screened panels and inputs are
    renamed; the pixels they speak of are not.

    Parameters
    ----------
    report : Report
    names : set of str
        Nothing changes where they are plain files.
    """
    if not any(", " in name for name in names):
        return report

    def name(source: str, page: int | None, figure: int) -> str:
        return next((n for n in _calls(source, page, figure) if n in names), source)

    def place(where: Region) -> Region:
        return replace(where, source=name(where.source, where.page, where.figure))

    def template(where: Place) -> Place:
        return replace(where, source=name(where.source, where.page, where.figure))

    def screened(where: Screened) -> Screened:
        return replace(where, source=name(where.source, where.page, where.figure))

    return replace(
        report,
        inputs=tuple(
            replace(i, source=called)
            for i in report.inputs
            for called in dict.fromkeys(
                [i.source, *(n for n in sorted(names) if n.startswith(f"{i.source}, "))]
                if not i.held
                else [i.source, *(name(i.source, h.page, h.figure) for h in i.held)]
            )
        ),
        screened=tuple(screened(s) for s in report.screened),
        findings=tuple(
            replace(f, regions=(place(f.regions[0]), place(f.regions[1]))) for f in report.findings
        ),
        templates=tuple(
            replace(t, panels=tuple(template(p) for p in t.panels)) for t in report.templates
        ),
    )


def _calls(source: str, page: int | None, figure: int) -> Iterable[str]:
    if page is not None:
        yield f"{source}, page {page}, figure {figure}"
        yield f"{source}, page {page}"
    yield f"{source}, figure {figure}"
