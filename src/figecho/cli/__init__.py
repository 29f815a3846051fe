"""The command line: one file a verb, one table of verbs, one error boundary.

Importing this package is cheap: a verb imports the engine when it runs, not before.
"""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial, wraps
from inspect import cleandoc
from types import FrameType
from typing import Annotated, Any

import typer
from typer.main import get_command

from figecho import __version__
from figecho.cli.cache import cache
from figecho.cli.chop import chop
from figecho.cli.compare import compare
from figecho.cli.evaluate import evaluate
from figecho.cli.exits import INCOMPLETE, INTERRUPTED, TERMINATED, USAGE
from figecho.cli.extract import extract
from figecho.cli.index import index
from figecho.cli.messages import say
from figecho.cli.report import report
from figecho.cli.scan import scan
from figecho.cli.score import score
from figecho.errors import FigechoError

VERBS: dict[str, Callable[..., int]] = {
    "scan": scan,
    "compare": compare,
    "extract": extract,
    "report": report,
    "chop": chop,
    "score": score,
    "evaluate": evaluate,
    "cache": cache,
    "index": index,
}
EPILOG = (
    "Exit codes: 0 complete, whatever was found; 1 findings at or above --fail-on; 2 usage, "
    "configuration, or nothing could be read; 3 complete for some inputs only; 130 interrupted, "
    "143 terminated."
)


def build() -> typer.Typer:
    """Return the program with every verb of :data:`VERBS`."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=EPILOG,
        rich_markup_mode=None,
    )
    app.callback()(_program)
    for name, verb in VERBS.items():
        app.command(name, help=_help(verb))(_parsed(verb))
    return app


def _parsed(verb: Callable[..., int]) -> Callable[..., Callable[[], int]]:
    """Return a command that parses only: typer turns some errors of what it runs into its own."""

    @wraps(verb)
    def parse(*arguments: Any, **options: Any) -> Callable[[], int]:
        return partial(verb, *arguments, **options)

    return parse


def _help(verb: Callable[..., int]) -> str:
    """Return the verb's docstring; the backspace keeps the lines of its examples apart."""
    return cleandoc(verb.__doc__ or "").replace("For example:", "\b\nFor example:")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: the only place where an error becomes a message and a code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


class _TerminatedError(KeyboardInterrupt):
    """The program was asked to end, as by ``kill`` or a scheduler: it is tidied as by Ctrl-C."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # A second request must not break off the tidying.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _TerminatedError


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of the program for ``arguments``; never raises an error."""
    debug = "--debug" in arguments
    try:
        program = get_command(build())
        action = program(args=list(arguments), prog_name="figecho", standalone_mode=False)
        with warnings.catch_warnings():
            if not debug:  # what libraries tell developers is no news for a user
                warnings.simplefilter("ignore")
            return int(action() if callable(action) else action or 0)
    except _TerminatedError:
        say("terminated")
        return TERMINATED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except FigechoError as error:
        say(str(error))
        return USAGE
    except Exception as error:
        if hasattr(error, "format_message") and hasattr(error, "show"):
            error.show()
            return USAGE
        return _unexpected(error, debug=debug)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"figecho {__version__}")
        raise typer.Exit


def _program(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the full log of an unexpected error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Show the version, exit."),
    ] = False,
) -> None:
    """Find echoes in scientific figures: regions that appear twice.

    figecho observes similarity and says how surprising it is; a person must judge what it means.
    """


def _unexpected(error: Exception, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    say(f"unexpected error: {type(error).__name__}: {error}".rstrip(": "))
    if not debug:
        say("this is a defect of figecho; run 'figecho --debug ...' again to get its log")
    return INCOMPLETE
