"""`imgrank undo` and `imgrank history`: what was done to files, and taking it back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.actions import changes, say_left_alone
from imgrank.cli.options import flag
from imgrank.cli.terminal import note, print_table
from imgrank.errors import UsageError
from imgrank.paths import printable, quoted

if TYPE_CHECKING:
    from imgrank.actions.undo import Past


def _run_number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise UsageError(f'"{printable(text)}" is not the number of a run; imgrank history lists the runs.')
    return int(text)


RunArgument = Annotated[
    Optional[int],
    typer.Argument(
        metavar="[ID]",
        help="Number of the run, as imgrank history lists it; by default the last run.",
        show_default=False,
        parser=_run_number,
    ),
]
FinishOption = Annotated[bool, flag("--finish", "Complete a run that stopped in the middle, instead of undoing it.")]
YesOption = Annotated[
    bool, flag("--yes", "Accepted for scripts that always pass it; undo never asks for confirmation.", "-y")
]


def undo(
    run: RunArgument = None,
    finish: FinishOption = False,
    yes: YesOption = False,
) -> None:
    """Undo a run that changed files: put back names, folders and contents.

    imgrank undo
    imgrank undo 7

    Files that somebody changed in the meantime are left alone and listed. An undo can itself be undone.
    """
    from imgrank.actions import undo as past

    if finish and run is None:
        raise UsageError("--finish needs the number of the run: imgrank undo --finish 7; imgrank history lists them.")
    which = past.look_up(run)
    note(f"{'going on with' if finish else 'taking back'} {_told(which)}.")
    outcome = past.finish(which.run) if finish else past.undo(which.run)
    if finish or outcome.done:
        what = "done in all" if finish else "put back"
        note(f"{changes(outcome.done)} {what} (run {outcome.run} in imgrank history).")
        raise typer.Exit(say_left_alone(outcome))
    note("nothing was put back.")
    code = say_left_alone(outcome)
    if code:
        note("imgrank history lists the runs before it, and imgrank undo ID takes one of these back.")
    raise typer.Exit(code)


def _told(which: Past) -> str:
    """A run in words: which, when, what and where, so that nobody takes back another than they mean."""
    from imgrank.actions.past_runs import wall_clock

    action = which.action if which.undoes is None else f"undo of {which.undoes}"
    if not (action or which.folder):
        return f"run {which.run}"
    sentence = f' by "{quoted(which.query)}"' if which.query else ""
    return f"run {which.run} ({printable(action)}{sentence} in {printable(which.folder)}, {wall_clock(which.time)})"


def history() -> None:
    """List the runs that changed files, oldest first, and whether they can be undone."""
    from imgrank.actions.past_runs import wall_clock
    from imgrank.actions.undo import history as past

    rows = [("ID", "TIME", "ACTION", "SENTENCE", "FOLDER", "DONE", "STATE")]
    for each in past():
        action = each.action if each.undoes is None else f"undo of {each.undoes}"
        told = (wall_clock(each.time), printable(action), quoted(each.query), printable(each.folder))
        rows.append((str(each.run), *told, str(each.done), each.state))
    if len(rows) == 1:
        note("no run has changed a file yet.")
        return
    print_table("Runs that changed files", rows, below=("SENTENCE", "FOLDER"))
