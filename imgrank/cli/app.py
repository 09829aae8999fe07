"""The command line: one module a command, one exit point. Imports nothing heavy."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import typer

from imgrank.cli import adapters, backbones, cache, evaluate, label, sort, train, undo
from imgrank.errors import ImgrankError
from imgrank.version import __version__

# Typer carries its own click from 0.20 on, and the click package before: this is the base of either's errors.
_ClickError: type[typer.BadParameter] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

app = typer.Typer(
    name="imgrank",
    help="Puts a folder of pictures in order by a sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imgrank {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    pass


# One line a command: app.command("name")(module.function)
app.command("sort")(sort.sort)
app.command("label")(label.label)
app.command("train")(train.train)
app.command("eval")(evaluate.evaluate)
app.command("undo")(undo.undo)
app.command("history")(undo.history)
app.add_typer(adapters.app, name="adapters")
app.command("backbones")(backbones.backbones)
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Run the command line: the one place where errors become a line on stderr and an exit code."""
    _prepare_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except ImgrankError as error:
        code = _fail(str(error), error.exit_code)
    except _ClickError as error:
        # A group without a command has printed its help by then, and has no message.
        code = _fail(_usage(error), error.exit_code) if error.format_message() else error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted.", 130)
    except BrokenPipeError:
        code = _leave_pipe()
    sys.exit(code)


def _prepare_streams() -> None:
    """Paths of any bytes, in UTF-8 whatever the locale; what a terminal cannot show must not end a run."""
    for stream, errors in ((sys.stdout, sys.getfilesystemencodeerrors()), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(sentence: str, code: int) -> int:
    typer.echo(f"imgrank: {sentence}", err=True)
    return code


def _usage(error: typer.BadParameter) -> str:
    """Click's own words as a sentence, with the help to read."""
    context = getattr(error, "ctx", None)
    hint = f" See {context.command_path} --help." if context else ""
    return f"{error.format_message().rstrip('.')}.{hint}"


def _leave_pipe() -> int:
    """The reader has had enough (`| head`): end quietly, without Python's last flush complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
