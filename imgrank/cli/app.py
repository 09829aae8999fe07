"""The command line: one module a command, one exit point. Imports nothing heavy."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Optional

import typer

from imgrank.cli import adapters, backbones, cache, evaluate, explain, index, label, settings, sort, train, undo
from imgrank.cli import open as opening
from imgrank.cli.help import HelpfulCommand, HelpfulGroup
from imgrank.cli.mistakes import sentence_of, with_remedy
from imgrank.cli.options import ClickError, Context
from imgrank.errors import NO_THREAD, ImgrankError, Interrupted, UsageError, lacks_thread
from imgrank.paths import printable, why
from imgrank.version import __version__

# Typer carries its own click from 0.20 on, and the click package before: this is the base of either's errors.
_ClickError: type[typer.BadParameter] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


class _Commands(HelpfulGroup):
    """Settles what can end any command before Typer does, whose versions differ in what they make of it."""

    def make_context(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 (Typer's own signature)
        with _settled():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Context) -> Any:  # noqa: ANN401 (likewise)
        with _settled():
            return super().invoke(ctx)


@contextmanager
def _settled() -> Iterator[None]:
    """Ctrl-C becomes Interrupted, a closed pipe (`| head`) a quiet end, any other refusal of the system a sentence."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise Interrupted("Interrupted.") from None
    except SystemExit as ended:  # what Rich makes of a closed pipe
        if isinstance(ended.__context__, BrokenPipeError):
            raise typer.Exit from None
        raise
    except OSError as error:
        _drain_stdout()
        if _is_closed_pipe(error):
            raise typer.Exit from None
        raise ImgrankError(_refusal(error)) from error


def _drain_stdout() -> None:
    """Drop what stdout does not take any more, or Python's last flush complains of it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_closed_pipe(error: OSError) -> bool:
    told_by_windows = os.name == "nt" and error.errno == errno.EINVAL and not error.filename
    return isinstance(error, BrokenPipeError) or told_by_windows


def _refusal(error: OSError) -> str:
    if error.errno == errno.EBADF and not error.filename:
        return "The result cannot be written: standard output is closed."
    where = f" ({error.filename})" if error.filename else ""
    return f"The operating system reported an error: {why(error)}{where}."


app = typer.Typer(
    name="imgrank",
    cls=_Commands,
    help="""Rank a folder of images by a sentence.

    imgrank sort ./photos "older person"

    For help on a command: imgrank help sort
    """,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
HelpArgument = Annotated[
    Optional[list[str]], typer.Argument(metavar="[COMMAND]", help="The command, such as sort.", show_default=False)
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imgrank {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    pass


# One line a command: _add("name", module.function)
def _add(name: str, function: Callable[..., None]) -> None:
    app.command(name, cls=HelpfulCommand)(function)


_add("sort", sort.sort)
_add("open", opening.open_folder)
_add("undo", undo.undo)
_add("history", undo.history)
_add("label", label.label)
_add("train", train.train)
_add("eval", evaluate.evaluate)
_add("explain", explain.explain)
app.add_typer(adapters.app, name="adapters")
app.add_typer(index.app, name="index")
_add("backbones", backbones.backbones)
app.add_typer(cache.app, name="cache")
_add("config", settings.config)


@app.command("help", cls=HelpfulCommand)
def help_(ctx: typer.Context, command: HelpArgument = None) -> None:
    """Show help for imgrank or one of its commands.

    imgrank help sort
    """
    root: Any = ctx.find_root()
    found, below = root.command, root
    for word in command or ():
        if not hasattr(found, "commands"):
            raise UsageError(f"{below.command_path} has no command {word!r}.")
        name, found, _ = found.resolve_command(below, [word])
        below = type(below)(found, info_name=name, parent=below)
    typer.echo(found.get_help(below))


def main() -> None:
    """Run the command line: the one place where errors become a line on stderr and an exit code."""
    _open_closed_streams()
    _prepare_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as `__main__` leaves it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = _run()
    except KeyboardInterrupt:  # pressed again while the first was being told
        code = Interrupted.exit_code
    _leave_to_signals()
    sys.exit(code)


def _run() -> int:
    """The exit code of the command that was typed; what went wrong is said."""
    try:
        return int(app(prog_name="imgrank", standalone_mode=False) or 0)
    except ImgrankError as error:
        if {"-v", "--verbose"} & set(sys.argv):
            traceback.print_exc()
        return _fail(with_remedy(error), error.exit_code)
    except _ClickError as error:
        return _refuse(error)
    except RuntimeError as error:
        if not lacks_thread(error):
            raise
        return _fail(NO_THREAD, ImgrankError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Interrupted.", Interrupted.exit_code)


def _leave_to_signals() -> None:
    """From here on Ctrl-C ends the process itself: Python, on its way out, would answer it with a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _refuse(error: ClickError) -> int:
    """Say what is wrong with the command line; a group without a command shows its help instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.ctx.get_help())
        return int(error.exit_code)
    return _fail(sentence_of(error), error.exit_code)


def _open_closed_streams() -> None:
    """Give a stream that was closed before we began (`>&-`) its number back, or the next file opened would take it.

    What is said on stderr is lost then, while to read from stdin or to write on stdout fails, as it should.
    """
    for number, name, access in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, access)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 (open to the end)


def _prepare_streams() -> None:
    """Paths of any bytes, in UTF-8 whatever the locale; what a terminal cannot show must not end a run."""
    for stream, errors in ((sys.stdout, sys.getfilesystemencodeerrors()), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")


def _fail(message: str, code: int) -> int:
    typer.echo("\n".join(map(printable, f"imgrank: {message}".splitlines())), err=True)
    return code
