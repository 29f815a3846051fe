"""The program: verbs, options, exit codes, where results go, and one boundary for errors."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from figecho import __version__
from figecho.cli import VERBS, run
from figecho.errors import ConfigError, SourceError
from figecho.model import NotScanned, Report
from figecho.report.from_json import from_json
from handmade import finding, panel, region, report


@dataclass
class FakeScan:
    """Stands for the engine: gives a report, remembers how it was asked."""

    report: Report = field(default_factory=lambda: report(finding()))
    error: BaseException | None = None
    asked: list[Any] = field(default_factory=list)
    places: dict[str, Any] = field(default_factory=dict)

    def scan(self, paths: Any, config: Any, *, jobs: int, progress: Any, **places: Any) -> Any:
        self.asked.append((list(paths), config, jobs, progress))
        self.places = places
        if self.error is not None:
            raise self.error
        grey = np.random.default_rng(0).integers(0, 255, (90, 120))
        panels = {(name, 0, 1, 1): panel(grey, name) for name in ("a.png", "b.png")}
        return type("Scan", (), {"report": self.report, "panels": panels})


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeScan:
    fake = FakeScan()
    module = ModuleType("figecho.scan")
    module.scan = fake.scan  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "figecho.scan", module)
    return fake


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"stands for a picture")
    return folder


Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def figecho(capsys: pytest.CaptureFixture[str]) -> Program:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_scan_prints_the_report_on_stdout_and_nothing_else(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    code, out, err = figecho("scan", figures, "--no-cnn")
    assert code == 0
    assert out.startswith("2 figures, 2 panels, 1 pair compared · 1 strong finding")
    assert err == ""
    assert engine.asked[0][0] == [figures]


def test_json_on_stdout_is_json_alone(engine: FakeScan, figures: Path, figecho: Program) -> None:
    _, out, err = figecho("scan", figures, "--json", "-", "--no-cnn")
    assert from_json(out).findings[0].id == "F001"
    assert err == ""


def test_csv_on_stdout_is_csv_alone(engine: FakeScan, figures: Path, figecho: Program) -> None:
    _, out, _ = figecho("scan", figures, "--csv", "-")
    assert [r["id"] for r in csv.DictReader(io.StringIO(out))] == ["F001"]


def test_two_results_cannot_share_stdout(figures: Path, figecho: Program) -> None:
    code, out, err = figecho("scan", figures, "--csv", "-", "--json", "-")
    assert (code, out) == (2, "")
    assert "only one" in err


def test_quiet_prints_nothing(engine: FakeScan, figures: Path, figecho: Program) -> None:
    assert figecho("scan", figures, "--quiet") == (0, "", "")


def test_out_holds_report_table_and_a_picture_for_each_finding(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "results"
    code, text, _ = figecho("scan", figures, "--out", out)
    assert code == 0
    assert "F001" in text
    files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert files == [
        *("evidence/F001-a.png", "evidence/F001-b.png", "evidence/F001.png"),
        *("findings.csv", "report.html", "report.json"),
    ]
    assert (out / "evidence/F001.png").read_bytes().startswith(b"\x89PNG")
    assert from_json((out / "report.json").read_text(encoding="utf-8")).complete


@pytest.mark.parametrize(
    "name", ["report.html", "report.json", "findings.csv", "evidence/F001.png"]
)
def test_nothing_is_overwritten_and_no_work_is_begun(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path, name: str
) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    code, _, err = figecho("scan", figures, "--out", tmp_path)
    assert code == 2
    assert "--force" in err
    assert mine.read_text() == "mine"
    assert not engine.asked


@pytest.mark.parametrize("option", ["--json", "--out"])
def test_a_place_that_cannot_be_written_is_said_before_the_work(
    engine: FakeScan, figures: Path, figecho: Program, option: str
) -> None:
    for place in (figures / "a.png" / "x" / "y", figures / ("x" * 300)):
        code, _, err = figecho("scan", figures, option, place)
        assert code == 2
        assert "cannot be written" in err
    assert not engine.asked


def test_a_failed_write_is_said_and_leaves_nothing_behind(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path, monkeypatch: Any
) -> None:
    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = figecho("scan", figures, "--json", tmp_path / "r.json")
    assert code == 2
    assert "cannot be written: no space left on device" in err
    assert [p.name for p in tmp_path.iterdir()] == ["figures"]


def test_warnings_of_libraries_reach_a_developer_only(
    engine: FakeScan, figures: Path, figecho: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(*_: Any, **__: Any) -> Any:
        warnings.warn("inner noise", RuntimeWarning, stacklevel=1)
        return type("Scan", (), {"report": report(), "panels": {}})

    monkeypatch.setattr(sys.modules["figecho.scan"], "scan", noisy)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figecho("scan", figures)
        assert caught == []
        figecho("--debug", "scan", figures)
        assert [str(w.message) for w in caught] == ["inner noise"]


def test_force_replaces_and_leaves_no_picture_of_an_earlier_run(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path
) -> None:
    engine.report = report(finding(1), finding(2))
    figecho("scan", figures, "--out", tmp_path / "o")
    (tmp_path / "o" / "evidence" / "mine.png").write_text("mine")
    engine.report = report(finding(1))
    code, _, _ = figecho("scan", figures, "--out", tmp_path / "o", "--force")
    assert code == 0
    left = sorted(p.name for p in (tmp_path / "o" / "evidence").iterdir())
    assert left == ["F001-a.png", "F001-b.png", "F001.png", "mine.png"]


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_an_existing_file_is_kept_unless_forced(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path, option: str
) -> None:
    target = tmp_path / "x"
    target.write_text("mine")
    assert figecho("scan", figures, option, target)[0] == 2
    assert target.read_text() == "mine"
    assert figecho("scan", figures, option, target, "--force")[0] == 0
    assert "F001" in target.read_text()


@pytest.mark.parametrize(
    ("level", "fail_on", "code"),
    [
        ("strong", "strong", 1),
        ("moderate", "strong", 0),
        ("moderate", "moderate", 1),
        ("strong", "moderate", 1),
        ("weak", "moderate", 0),
        ("strong", "none", 0),
    ],
)
def test_fail_on(
    engine: FakeScan, figures: Path, figecho: Program, level: Any, fail_on: str, code: int
) -> None:
    engine.report = report(finding(level=level))
    assert figecho("scan", figures, "--fail-on", fail_on)[0] == code


def test_an_unread_file_is_stronger_than_findings(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    lost = (NotScanned(source="x.png", reason="truncated"),)
    engine.report = report(finding(), complete=False, not_scanned=lost)
    code, out, _ = figecho("scan", figures, "--fail-on", "strong")
    assert code == 3
    assert "x.png: truncated" in out


def test_nothing_read_at_all_is_a_usage_error(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    lost = (NotScanned(source="a.png", reason="not an image (text)"),)
    engine.report = report(inputs=(), complete=False, not_scanned=lost)
    code, out, _ = figecho("scan", figures)
    assert code == 2
    assert "not an image" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "/nowhere/at/all"),
        ("scan",),
        ("scan", ".", "--unknown"),
        ("scan", ".", "--jobs", "0"),
        ("scan", ".", "--fail-on", "weird"),
        ("scan", ".", "--preset", "turbo"),
        ("scan", ".", "--scope", "inside"),
        ("scan", ".", "--methods", "shift"),
        ("scan", ".", "--set", "screen.min_tones"),
        ("scan", ".", "--set", "screen.min_tones=many"),
        ("scan", ".", "--set", "screen.min_tone=3"),
        ("scan", ".", "--set", "screen=3"),
        ("scam", "."),
        ("compare", "a.png"),
        ("evaluate", "."),
        (),
    ],
)
def test_usage_errors_exit_with_2_a_message_and_no_traceback(
    figecho: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = figecho(*arguments)
    assert code == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err


def test_a_wrong_name_is_answered_with_the_nearest(figures: Path, figecho: Program) -> None:
    assert "'default'" in figecho("scan", figures, "--preset", "defualt")[2]
    assert "min_tones" in figecho("scan", figures, "--set", "screen.min_tons=3")[2]
    assert "scan" in figecho("scna", figures)[2]


def test_options_reach_the_engine(engine: FakeScan, figures: Path, figecho: Program) -> None:
    figecho(
        *("scan", figures, "--preset", "fast", "--scope", "within", "--methods", "orb, sift"),
        *("--jobs", "3", "--keep-weak", "--set", "screen.min_tones=7", "--set"),
        *("screen.blank_range=2", "--scheduler", "tcp://far:8786"),
    )
    assert engine.places["scheduler"] == "tcp://far:8786"
    _, config, jobs, progress = engine.asked[0]
    assert (config.preset, config.scope, config.methods) == ("fast", "within", ("orb", "sift"))
    assert config.keep_weak is True
    assert config.screen.min_tones == 7
    assert config.screen.blank_range == 2.0
    assert jobs == 3
    assert progress is None


def test_set_reads_truth_values_and_lists(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    figecho("scan", figures, "--set", "keep_weak=yes", "--set", "methods=orb,blocks")
    config = engine.asked[0][1]
    assert config.keep_weak is True
    assert config.methods == ("orb", "blocks")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a setting is wrong"), 2),
        (SourceError("cannot be read"), 2),
        (RuntimeError("boom"), 3),
        (MemoryError(), 3),
        (RecursionError("deep"), 3),
        (KeyboardInterrupt(), 130),
        (EOFError("early"), 3),
        (OSError(28, "No space left on device"), 3),
    ],
)
def test_every_error_becomes_a_line_and_a_code(
    engine: FakeScan, figures: Path, figecho: Program, error: BaseException, code: int
) -> None:
    engine.error = error
    got, out, err = figecho("scan", figures)
    assert (got, out) == (code, "")
    assert err.startswith("figecho: ")
    assert "Traceback" not in err


def test_debug_gives_the_log(engine: FakeScan, figures: Path, figecho: Program) -> None:
    engine.error = RuntimeError("boom")
    assert "--debug" in figecho("scan", figures)[2]
    code, _, err = figecho("--debug", "scan", figures)
    assert code == 3
    assert "Traceback" in err
    assert "boom" in err


def test_an_error_message_cannot_steer_the_terminal(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    engine.error = RuntimeError("a\x1b[31mb")
    assert "\x1b" not in figecho("scan", figures)[2]


def test_every_verb_has_help_with_an_example(figecho: Program) -> None:
    for verb in VERBS:
        code, out, _ = figecho(verb, "--help")
        assert code == 0
        assert f"\n    figecho {verb} " in out


def test_version(figecho: Program) -> None:
    assert figecho("--version") == (0, f"figecho {__version__}\n", "")


def test_help_is_cheap() -> None:
    heavy = ("numba", "cv2", "torch", "scipy", "skimage", "PIL")
    code = (
        "import sys; from figecho.cli import run; run(['scan', '--help']); "
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_python_dash_m_is_the_same_program() -> None:
    command = [sys.executable, "-m", "figecho", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"figecho {__version__}\n"


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(
        "import sys, types\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from handmade import finding, report\n"
        "fake = types.ModuleType('figecho.scan')\n"
        "value = report(*(finding(n) for n in range(1, 4000)))\n"
        "fake.scan = lambda *a, **k: types.SimpleNamespace(report=value, panels={})\n"
        "sys.modules['figecho.scan'] = fake\n"
        "from figecho.cli import main\n"
        "main(['scan', sys.argv[1], '--json', '-'])\n"
    )
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_output_that_is_not_utf8_is_still_written(tmp_path: Path, figures: Path) -> None:
    code = (
        "import sys, types; from handmade import finding, region, report; "
        "fake = types.ModuleType('figecho.scan'); "
        "value = report(finding(a=region('β.png'))); "
        "fake.scan = lambda *a, **k: types.SimpleNamespace(report=value, panels={}); "
        "sys.modules['figecho.scan'] = fake; from figecho.cli import main; "
        f"main(['scan', {str(figures)!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert b"\\u03b2.png" in done.stdout
    assert done.stderr == b""


def test_evaluate_exits_with_0_only_when_perfect(
    engine: FakeScan, figures: Path, figecho: Program
) -> None:
    truth = {"positives": [["a.png", "b.png", "II", "pair"]]}
    (figures / "truth.json").write_text(json.dumps(truth))
    code, out, _ = figecho("evaluate", figures)
    assert code == 0
    assert "1 of 1 known found" in out
    engine.report = report()
    code, out, _ = figecho("evaluate", figures, "--json", "-")
    assert code == 1
    assert json.loads(out)["found"] == 0
    engine.report = report(finding(), complete=False)
    assert figecho("evaluate", figures)[0] == 3


@dataclass
class FakeTrace:
    method: str = "sift"
    form: str = "mirrored"
    keypoints_a: int = 1200
    keypoints_b: int = 900
    matches: int = 40
    inliers: int = 21
    zncc: float | None = 0.91
    transform_words: str = "mirrored"
    log10_nfa: float | None = -12.0
    points_a: Any = field(default_factory=lambda: np.array([[15.0, 25.0], [40.0, 45.0]]))
    points_b: Any = field(default_factory=lambda: np.array([[35.0, 30.0], [60.0, 50.0]]))


@pytest.fixture
def deep(monkeypatch: pytest.MonkeyPatch) -> Any:
    grey = np.random.default_rng(0).integers(0, 255, (90, 120))
    none = FakeTrace(method="orb", form="as is", zncc=None, log10_nfa=None, transform_words="")
    answer = type("Comparison", (), {})()
    answer.report = report(finding())
    answer.panel_a, answer.panel_b = panel(grey, "a.png"), panel(grey, "b.png")
    answer.panels = {p.key: p for p in (answer.panel_a, answer.panel_b)}
    answer.traces = (FakeTrace(), none)
    module = ModuleType("figecho.compare")
    module.compare = lambda a, b, config, progress=None: answer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "figecho.compare", module)
    return answer


def test_compare_shows_every_trace_and_the_findings(
    deep: Any, figures: Path, figecho: Program
) -> None:
    code, out, _ = figecho("compare", figures / "a.png", figures / "a.png")
    assert code == 0
    for part in ("sift", "mirrored", "1,200", "21", "0.91", "1e-12", "orb", "F001"):
        assert part in out, part
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("findings", "names"),
    [((finding(),), ["F001-a.png", "F001-b.png", "F001.png"]), ((), ["pair.png"])],
)
def test_compare_draws_the_evidence(
    deep: Any, figures: Path, figecho: Program, tmp_path: Path, findings: Any, names: list[str]
) -> None:
    deep.report = report(*findings)
    a = figures / "a.png"
    assert figecho("compare", a, a, "--out", tmp_path / "pair")[0] == 0
    assert sorted(p.name for p in (tmp_path / "pair" / "evidence").iterdir()) == names


def test_a_region_outside_the_known_panels_loses_only_its_picture(
    engine: FakeScan, figures: Path, figecho: Program, tmp_path: Path
) -> None:
    engine.report = report(finding(1, a=region("elsewhere.png")), finding(2))
    code, _, err = figecho("scan", figures, "--out", tmp_path / "o")
    assert code == 0
    made = sorted(p.name for p in (tmp_path / "o" / "evidence").iterdir())
    assert made == ["F002-a.png", "F002-b.png", "F002.png"]
    assert "F001" in err
