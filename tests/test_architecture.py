"""Imports point one way, and the engine stays pure: arrays in, arrays out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "figecho"

#: From the ground up: a module imports from its own layer or from below, never from above.
LAYERS: dict[str, frozenset[str]] = {
    "nouns": frozenset({"__init__", "model", "config", "errors", "versions"}),
    "engine": frozenset(
        {
            "panels",
            "screen",
            "tiles",
            "describe",
            "retrieve",
            "match",
            "verify",
            "judge",
            "echo",
            "pairs",
        }
    ),
    "sources": frozenset({"sources"}),
    "work": frozenset({"store", "farm", "threads", "result", "manifest"}),
    "way of the data": frozenset({"index", "scan", "compare", "dedup", "review"}),
    "truth": frozenset({"deviation", "evaluate", "places"}),
    "views": frozenset({"report", "schema"}),
    "program": frozenset({"cli", "__main__"}),
}
RANKS = {unit: rank for rank, units in enumerate(LAYERS.values()) for unit in units}
PURE = LAYERS["nouns"] | LAYERS["engine"]

NETWORK = frozenset({"socket", "http", "urllib", "requests", "httpx", "ftplib", "aiohttp"})
IMPURE_MODULES = frozenset({"random", "time", "datetime", "logging", "pickle", "subprocess"})
IMPURE_CALLS = frozenset(
    {"print", "open", "input", "imread", "imwrite", "read_bytes", "read_text", "write_bytes"}
    | {"write_text", "mkdir", "unlink", "getenv"}
)


def unit_of(path: Path) -> str:
    """Return the package or module right below figecho that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield every module a tree imports, wherever in it; 'from figecho import x' is figecho.x."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            if node.module == "figecho":
                yield from (f"figecho.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def own_units(tree: ast.AST) -> set[str]:
    """Return the units of figecho that a tree imports."""
    names = {m.split(".")[1] for m in imported(tree) if m.startswith("figecho.")}
    return names - {"__version__"}


def impurities(tree: ast.AST) -> list[str]:
    """Return what in a tree reads, writes, prints, waits, or rolls dice unseeded."""
    found = [m for m in imported(tree) if m.split(".")[0] in IMPURE_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.append("global " + ", ".join(node.names))
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.split(".")[-1] in IMPURE_CALLS:
            found.append(f"{called}()")
        drawn = re.search(r"\brandom\.(\w+)$", called)
        if drawn and (drawn[1] != "default_rng" or not node.args):
            found.append(f"{called}() without a seed")
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_point_down(path: Path) -> None:
    unit = unit_of(path)
    assert unit in RANKS, f"say in LAYERS where '{unit}' stands"
    above = {u for u in own_units(TREES[path]) if RANKS.get(u, len(RANKS)) > RANKS[unit]}
    assert not above, f"{named(path)} imports from above: {sorted(above)}"


def test_no_circle_between_packages() -> None:
    graph: dict[str, set[str]] = {}
    for path, tree in TREES.items():
        graph.setdefault(unit_of(path), set()).update(own_units(tree) - {unit_of(path)})

    def circle(unit: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if unit in way:
            return (*way[way.index(unit) :], unit)
        for below in sorted(graph.get(unit, ())):
            if found := circle(below, (*way, unit)):
                return found
        return ()

    for unit in graph:
        assert not circle(unit, ())


@pytest.mark.parametrize("path", [p for p in MODULES if unit_of(p) in PURE], ids=named)
def test_the_engine_is_pure(path: Path) -> None:
    assert impurities(TREES[path]) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_reaches_for_the_network(path: Path) -> None:
    assert not {m.split(".")[0] for m in imported(TREES[path])} & NETWORK


@pytest.mark.parametrize(
    "code",
    [
        "print('x')",
        "path.write_text('x')",
        "with open('x') as f: pass",
        "cv2.imread('x')",
        "import random",
        "from time import monotonic",
        "np.random.normal()",
        "np.random.default_rng()",
        "def f():\n    global x\n    x = 1",
    ],
)
def test_the_check_sees_an_impurity(code: str) -> None:
    assert impurities(ast.parse(code))


@pytest.mark.parametrize(
    "code", ["np.random.default_rng(7).normal()", "Image.new('L', (1, 1))", "reopen = 1"]
)
def test_the_check_lets_pure_code_pass(code: str) -> None:
    assert not impurities(ast.parse(code))


def test_the_check_sees_imports_inside_functions() -> None:
    tree = ast.parse("def f():\n    from figecho import cli\n    import figecho.report.names")
    assert own_units(tree) == {"cli", "report"}
