"""The options by which `sort` changes files, and what it calls then: show the plan, ask, carry it out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Optional, TextIO

import typer

from imgrank.actions import keywords
from imgrank.actions.records import Action, Change, LeftAlone, OnConflict, Outcome, Plan, Request
from imgrank.actions.templates import Template
from imgrank.choices import Format
from imgrank.cli import tags
from imgrank.cli.options import choices, flag
from imgrank.cli.terminal import note
from imgrank.counting import agreeing, counted
from imgrank.errors import ActionError, DoubtfulOrder, UsageError
from imgrank.output.write import row_writer, utf8_name
from imgrank.paths import from_here, printable
from imgrank.records import RankedImage, Ranking


def write_plan(plan: Plan, fmt: Format, stream: TextIO, *, separator: str = "\n") -> None:
    """Write every change. `paths` gives the targets alone (sources for the trash), `separator` after each."""
    if fmt is Format.paths:
        stream.writelines(utf8_name(change.target or change.source) + separator for change in plan.changes)
    elif fmt is Format.jsonl:
        stream.writelines(json.dumps(_with_stars(change)) + "\n" for change in plan.changes)
    elif fmt is Format.csv:
        write = row_writer(stream, ["action", "rank", "score", "source", "target"])
        for change in plan.changes:
            write(_as_json(change).values(), change.source + (change.target or ""))
    elif fmt is Format.json:
        json.dump(_whole(plan), stream, indent=2)
        stream.write("\n")
    else:
        stream.writelines(_line(change) + "\n" for change in plan.changes)


def _whole(plan: Plan) -> dict[str, Any]:
    return {
        "action": plan.request.action.value,
        "query": plan.request.query,
        "changes": [_with_stars(change) for change in plan.changes],
        "left_out": [{"path": utf8_name(each.path), "reason": each.sentence} for each in plan.left_out],
        "notes": list(plan.notes),
    }


def _as_json(change: Change) -> dict[str, Any]:
    target = None if change.target is None else utf8_name(change.target)
    source = utf8_name(change.source)
    return {
        "action": change.action.value,
        "rank": change.rank,
        "score": change.score,
        "source": source,
        "target": target,
    }


def _with_stars(change: Change) -> dict[str, Any]:
    if change.stars is None:
        return _as_json(change)
    return _as_json(change) | {"stars": change.stars, "stars_before": change.stars_before}


def _line(change: Change) -> str:
    target = "(trash)" if change.target is None else from_here(change.target)
    if change.target and os.path.dirname(change.target) == os.path.dirname(change.source):
        target = printable(os.path.basename(change.target))
    return f"{change.action.value}  {from_here(change.source)}  ->  {target}"


ASK_ABOVE = 20
_PANEL = "Changing files"
_SHOWN = 20
_NAMED = 5


def _folder(name: str, words: str) -> object:
    return typer.Option(name, metavar="DIR", help=words, rich_help_panel=_PANEL)


RenameOption = Annotated[bool, flag("--rename", "Put the rank before each file name: 01-cat.jpg.", panel=_PANEL)]
TemplateOption = Annotated[
    Optional[str],
    typer.Option(
        "--template",
        metavar="TEXT",
        rich_help_panel=_PANEL,
        help="New file names, made of {rank} {score} {stem} {ext} {query} {date} {camera} {group} {group_rank}, "
        "such as '{date:%Y-%m-%d} {rank}{ext}'.",
    ),
]
SymlinkOption = Annotated[Optional[str], _folder("--symlink", "Create symbolic links to the images in DIR.")]
HardlinkOption = Annotated[Optional[str], _folder("--hardlink", "Create hard links to the images in DIR.")]
CopyOption = Annotated[Optional[str], _folder("--copy", "Copy the images to DIR and keep their file times.")]
MoveOption = Annotated[Optional[str], _folder("--move", "Move the images to DIR.")]
TrashOption = Annotated[
    bool,
    flag("--trash", "Move the --bottom N images, or those below --min-score X, to the system's trash.", panel=_PANEL),
]
DryRunOption = Annotated[bool, flag("--dry-run", "Print what would be changed, and change nothing.", panel=_PANEL)]
YesOption = Annotated[
    bool,
    flag(
        "--yes",
        f"Do not ask for confirmation; scripts need it for more than {ASK_ABOVE} changes.",
        "-y",
        _PANEL,
    ),
]
OnConflictOption = Annotated[
    OnConflict,
    typer.Option(
        "--on-conflict",
        metavar=choices(OnConflict),
        rich_help_panel=_PANEL,
        help="If a file name is taken: add a suffix, stop before any change, or skip the image.",
    ),
]


@dataclass(frozen=True, slots=True)
class AskedAction:
    """What the options ask for."""

    request: Request
    dry_run: bool
    yes: bool
    keyword: str | None = None


def wanted(
    *,
    rename: bool,
    folders: Sequence[tuple[Action, str | None]],
    trash: bool,
    tag: bool,
    template: str | None,
    on_conflict: OnConflict,
    dry_run: bool,
    yes: bool,
    chosen: bool,
    untag: bool = False,
    keyword: str | None = None,
    embed: bool = False,
) -> AskedAction | None:
    """The one action that the options name, or None. Raises UsageError where they do not fit together."""
    named: list[tuple[Action, str | None]] = [(action, folder) for action, folder in folders if folder is not None]
    named += [(action, None) for action, asked in _alone(trash, tag, untag) if asked]
    if len(named) > 1:
        names = " and ".join(f"--{action.value}" for action, _ in named)
        raise UsageError(f"{names} cannot be used together; choose one.")
    for action, folder in named:
        if folder is not None and not folder.strip():
            raise UsageError(f'--{action.value} needs the name of a folder, and "{printable(folder)}" is not one.')
    tags.check(named[0][0] if named else None, keyword, embed)
    if not named and not rename:
        if dry_run or template is not None:
            raise UsageError("--dry-run and --template need an action, such as --rename.")
        return None
    action, folder = named[0] if named else (Action.rename, None)
    if (action is Action.trash or action.writes) and (rename or template is not None):
        raise UsageError(f"--{action.value} does not rename files; leave out --rename and --template.")
    if action is Action.trash and not chosen:
        raise UsageError("--trash needs --bottom N or --min-score X to choose what to throw away.")
    if template is not None and not template.strip():
        raise UsageError(
            "--template is empty, and every file needs a name; leave it out, or give one such as {rank}-{stem}{ext}."
        )
    if rename and template is None:
        template = "{rank}-{stem}{ext}"
    if template is not None:  # now, rather than after an hour of ranking
        Template(template)
    return AskedAction(Request(action, "", folder, template, on_conflict, embed=embed), dry_run, yes, keyword)


def _alone(trash: bool, tag: bool, untag: bool) -> tuple[tuple[Action, bool], ...]:
    """The actions that need no folder and give no names."""
    return (Action.trash, trash), (Action.tag, tag), (Action.untag, untag)


def change_files(
    ranking: Ranking,
    images: Sequence[RankedImage],
    asked: AskedAction,
    fmt: Format | None,
    print0: bool,
    chosen: bool = True,
    quiet: bool = False,
) -> int:
    """Show the plan; unless it is a dry run, ask and carry it out. Returns the exit code.

    `chosen` tells that the images are a part of the order.
    """
    request = keywords.with_sentence(asked.request, asked.keyword, ranking, chosen=chosen)
    plan = _prepared(ranking, images, request, asked)
    if fmt is None:
        fmt = Format.table if sys.stdout.isatty() and not print0 else Format.paths
    if asked.dry_run or sys.stdout.isatty():
        show_plan(plan, fmt, print0)
    if asked.dry_run and fmt is Format.paths and not quiet:
        _tell_changes(plan)
    _say_notes(plan)
    if told := tags.told_of_keyword(request, asked.keyword, images):
        note(told)
    if asked.dry_run or not plan.changes:
        note("nothing was changed." if plan.changes else f"there is nothing to change: {_why_nothing(plan, images)}.")
        return 0
    if not _agreed(plan, asked.yes):
        note("nothing was changed.")
        return 0
    return _carried_out(plan, fmt, print0)


def _prepared(ranking: Ranking, images: Sequence[RankedImage], request: Request, asked: AskedAction) -> Plan:
    """The checked plan. Raises DoubtfulOrder with the options that help."""
    from imgrank.actions.run import prepare_part

    try:
        return prepare_part(ranking, images, request, sure=asked.yes or asked.dry_run)
    except DoubtfulOrder as error:
        raise DoubtfulOrder(str(error), "{dry_run} shows which; {yes} does it anyway.") from error


def _carried_out(plan: Plan, fmt: Format, print0: bool) -> int:
    """Change the files, and say what was done. Returns the exit code."""
    from imgrank.actions.run import act

    outcome = act(plan)
    try:
        if not sys.stdout.isatty():
            show_plan(plan, fmt, print0)
    finally:  # whether or not anybody can read the plan, the files have changed
        them = agreeing(outcome.done, "it", "them")
        undoable = f"{changes(outcome.done)} done as run {outcome.run}; imgrank undo reverses {them}."
        note(undoable if outcome.done else "nothing was changed.")
        code = say_left_alone(outcome)
    return code


def _why_nothing(plan: Plan, images: Sequence[RankedImage]) -> str:
    """Why a plan changes no file."""
    if not images:
        return "no image was chosen"
    is_untag = plan.request.action is Action.untag
    return "none of these images has tags that --tag wrote" if is_untag else "every file is already as requested"


def may_be_index(source: str) -> bool:
    """Whether a source can be an index, so that what is ranked need not be a file."""
    return source != "-" and (os.path.isdir(source) or "://" in source)


def as_files(
    ranking: Ranking, images: Sequence[RankedImage], sources: Sequence[str]
) -> tuple[Ranking, tuple[RankedImage, ...]]:
    """A ranking, and the part of it that is acted on, with the files that the rows of indexes are about.

    Raises ActionError where something that is to be acted on is no file here, or not the one that was indexed.
    """
    from imgrank.index.standing import file_of, rows_of, unfit

    rows = rows_of(sources, {image.path for image in ranking.images})
    reasons = {image.path: unfit(rows[image.path]) for image in images if image.path in rows}
    unfits = [f"{printable(path)}: {reason}" for path, reason in reasons.items() if reason]
    if unfits:
        more = f"; and {len(unfits) - _NAMED} more" if len(unfits) > _NAMED else ""
        raise ActionError(
            f"Some images of the index cannot be changed. {'; '.join(unfits[:_NAMED])}{more}. Nothing was "
            "changed. Sort the image files themselves, or update the index with imgrank index build."
        )

    def with_file(image: RankedImage) -> RankedImage:
        row = rows.get(image.path)
        return image if row is None else replace(image, path=file_of(row) or image.path)

    return replace(ranking, images=tuple(map(with_file, ranking.images))), tuple(map(with_file, images))


def show_plan(plan: Plan, fmt: Format, print0: bool) -> None:
    """The plan on stdout."""
    write_plan(plan, fmt, sys.stdout, separator="\0" if print0 else "\n")
    sys.stdout.flush()


def _tell_changes(plan: Plan) -> None:
    """The first changes on stderr, from what to what: paths on stdout say only what comes out."""
    for change in plan.changes[:_SHOWN]:
        note(_line(change))
    if len(plan.changes) > _SHOWN:
        note(f"and {len(plan.changes) - _SHOWN:,} more; --format table or csv lists them all.")


def _say_notes(plan: Plan) -> None:
    from imgrank.actions.tagging import STAY_INSIDE

    for line in (*plan.notes, *(problem.sentence for problem in plan.left_out)):
        note(f"{line} --untag --embed removes those, too." if STAY_INSIDE in line else line)


def _agreed(plan: Plan, yes: bool) -> bool:
    """More than a few changes are agreed to once: by a person at a terminal, by --yes in a script."""
    count = len(plan.changes)
    if yes or count <= ASK_ABOVE:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{counted(count, 'file')} would be changed. Nothing was changed: in a script, add --yes to "
            f"change more than {ASK_ABOVE} files; --dry-run only shows the changes."
        )
    return typer.confirm(f"Change {counted(count, 'file')} ({plan.request.action.value})?", err=True)


def changes(count: int) -> str:
    """A number of changed files, in words."""
    return counted(count, "change")


def say_left_alone(outcome: Outcome) -> int:
    """Name what was not touched. Returns the exit code: 1 where there is any."""
    left: tuple[LeftAlone, ...] = outcome.left_alone
    for each in left[:_SHOWN]:
        note(f"left alone: {from_here(each.path)}: {each.reason}.")
    if len(left) > _SHOWN:
        note(f"and {len(left) - _SHOWN} more were left alone.")
    return 1 if left else 0
