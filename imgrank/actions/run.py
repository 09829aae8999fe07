"""The two calls that `sort` makes: a plan to look at, and carrying it out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from imgrank.actions import journal, past_runs
from imgrank.actions.apply import Stop, carry_out, in_words, listening, unfit
from imgrank.actions.chains import refuse_stopped
from imgrank.actions.check import check, possible, refuse
from imgrank.actions.gather import Group, gather, listing, twins_of
from imgrank.actions.lock import holding
from imgrank.actions.no_clobber import RealFolders
from imgrank.actions.past_runs import Run
from imgrank.actions.plan import plan, template_of
from imgrank.actions.records import Action, Change, LeftAlone, Outcome, Plan, Request, Verb
from imgrank.actions.steps import folders_of, steps_of, token
from imgrank.actions.tagging import kept_of, plan_tags
from imgrank.actions.templates import NO_CAMERA, UNDATED
from imgrank.actions.trash import CAN_UNDO, refuse_doubt, spare, within_reach
from imgrank.counting import counted
from imgrank.errors import ActionError
from imgrank.facts import Facts, facts_of
from imgrank.paths import from_here, listed, why
from imgrank.records import Progress, RankedImage, Ranking

_REMEMBERED_RUNS = 100


def prepare_part(ranking: Ranking, images: Iterable[RankedImage], request: Request, *, sure: bool = False) -> Plan:
    """The checked plan for `images`, part of a ranking. Nothing is changed.

    Raises what `prepare` raises, and DoubtfulOrder where pictures would be thrown away and the ranking is not
    confident, unless the caller is `sure`: because a person said so, or because the plan is only shown.
    """
    if not sure:
        refuse_doubt(ranking, request)
    return prepare(images, request, ranking.images)


@in_words("Nothing was changed.")
def prepare(images: Iterable[RankedImage], request: Request, everyone: Sequence[RankedImage]) -> Plan:
    """The checked plan for `images`, part of a ranking of `everyone`. Nothing is changed.

    `prepare_part` is the one to call where there is a Ranking: it also refuses what a doubtful order would throw away.

    Raises ActionError where a danger was found, where another imgrank is at work there or an earlier run stopped in
    the middle; UsageError for a template that cannot be used.
    """
    images = tuple(images)
    if request.folder is not None:
        request = replace(request, folder=os.path.realpath(request.folder))
    real = RealFolders()
    places = {os.path.dirname(real.holding(image.path)) for image in images}
    with holding(places):
        refuse_stopped(places)
    groups, spared = gather(images, real), tuple[str, ...]()
    if request.action is Action.trash:
        groups, spared = spare(groups, images, everyone)
    made = plan_tags(groups, request) if request.action.writes else _moves(groups, request, len(everyone))
    refuse(check(made))
    notes = (*_links(made), *_trash_notes(made), *_spared_notes(spared), *_unknown_notes(groups, request))
    return replace(made, notes=(*made.notes, *notes))


def _moves(groups: Sequence[Group], request: Request, count: int) -> Plan:
    """The plan that gives files other names or places, and notes on names that lack something."""
    folders = {group.folder for group in groups} if request.folder is None else {request.folder}
    present = {folder: listing(folder) for folder in folders}
    facts = _facts(groups, request)
    made = plan(
        groups,
        request,
        count=count,
        present=present,
        originals=_originals(groups, request),
        facts=facts,
        is_twin=twins_of(request.action),
    )
    return replace(made, notes=(*made.notes, *_unknown_facts(facts, request)))


@in_words(remedy="{history} tells what was done, and {undo} takes it back.")
def act(made: Plan, *, progress: Callable[[Progress], None] = lambda _: None, stop: Stop | None = None) -> Outcome:
    """Carry out a plan. A file that is not as planned any more is left alone and named in the outcome.

    `stop` may be asked from another thread, as Ctrl-C asks it.
    Raises ActionError where another imgrank is at work there, an earlier run stopped in the middle, or the system
    refuses to go on; Interrupted when asked to stop.
    """
    made, gone = _still_there(made)
    steps = steps_of(made, token())
    folders = folders_of(steps)
    with listening(stop) as stop, holding(folders):
        refuse_stopped(folders)
        refuse(check(made))
        steps, left_alone = possible(steps, unfit)
        contents = (content for change in made.changes for content in kept_of(change))
        with journal.start(made.request.action.value, made.request.query, steps, contents) as new:
            outcome = carry_out(new, stop, progress)
    return replace(outcome, left_alone=(*gone, *left_alone, *outcome.left_alone))


def _still_there(made: Plan) -> tuple[Plan, tuple[LeftAlone, ...]]:
    """A plan without the changes of files that went after it was made, and these files. ActionError where all went."""
    changes, gone = list[Change](), dict[str, LeftAlone]()
    for change in made.changes:
        try:
            os.lstat(change.source)
        except (FileNotFoundError, NotADirectoryError) as error:
            gone[change.source] = LeftAlone(change.source, why(error))
        else:
            changes.append(change)
    if gone and not changes:
        raise ActionError(f"The files of this plan are not there any more: {listed(list(gone))}. Nothing was changed.")
    return replace(made, changes=tuple(changes)), tuple(gone.values())


def _facts(groups: Sequence[Group], request: Request) -> dict[str, Facts]:
    """What pictures say of themselves, read only where a template asks for it."""
    template = template_of(request) if request.action is not Action.trash else None
    if template is None or not {"date", "camera"} & set(template.fields):
        return {}
    paths = [group.members[0].path for group in groups]
    return dict(zip(paths, facts_of(paths), strict=True))


def _unknown_facts(facts: Mapping[str, Facts], request: Request) -> Iterator[str]:
    """Pictures whose names say that they do not tell what the template asks for."""
    asked = template_of(request) if facts else None
    fields = asked.fields if asked is not None else ()
    undated = [path for path, each in facts.items() if "date" in fields and each.taken is None]
    unknown = [path for path, each in facts.items() if "camera" in fields and not each.camera]
    for paths, what, word in ((undated, "date that can be believed", UNDATED), (unknown, "camera", NO_CAMERA)):
        if paths:
            have = counted(len(paths), "image has", "images have")
            yield f'{have} no {what}, and "{word}" in the new name: {listed(paths)}.'


def _originals(groups: Sequence[Group], request: Request) -> dict[str, str]:
    """The stem that pictures had before imgrank renamed them, by the last run that says so of a file there."""
    if request.action is not Action.rename and request.template is None:
        return {}
    wanted = {group.members[0].path for group in groups}
    folders = {group.folder for group in groups}
    stems: dict[str, str] = {}
    for number in reversed(past_runs.numbers()[-_REMEMBERED_RUNS:]):
        if not wanted:
            break
        if past_runs.names_folder(number, folders):
            found = _stems_after(past_runs.read_or_damaged(number))
            stems |= {path: found[path] for path in wanted & found.keys()}
            wanted -= found.keys()
    return {path: stem for path, stem in stems.items() if stem}


def _stems_after(run: Run) -> dict[str, str]:
    """By path, the stem before ranks of the file that a run left there; empty where it left none."""
    stems: dict[str, str] = {}
    for number, place in run.ended.items():
        step = run.steps[number]
        if step.verb is Verb.move and step.stem:
            stems[step.source] = ""
            stems[place] = step.stem
    return stems


def _links(made: Plan) -> Iterator[str]:
    """Links beside the files that lead to a file whose name goes away."""
    if made.request.action not in (Action.rename, Action.move, Action.trash):
        return
    real, sources = RealFolders(), {change.source for change in made.changes}
    for folder in sorted({os.path.dirname(source) for source in sources}):
        for entry in os.scandir(folder):
            if entry.is_symlink() and real.holding(os.path.join(folder, os.readlink(entry.path))) in sources:
                yield f"{from_here(entry.path)} is a link to an image of this plan, and will lead nowhere."


def _trash_notes(made: Plan) -> Sequence[str]:
    if made.request.action is not Action.trash or not made.changes:
        return ()
    folders = {os.path.dirname(change.source) for change in made.changes}
    away = sorted(folder for folder in folders if not within_reach(folder))
    if away:
        raise ActionError(
            f"The disk of {from_here(away[0])} has no trash that can be written, so trashing would copy to another "
            "disk. Nothing was changed.",
            "Use {move} to take images out of the way on their own disk.",
        )
    return () if CAN_UNDO else ("An undo cannot bring files back from this system's trash; the system can.",)


def _unknown_notes(groups: Sequence[Group], request: Request) -> Iterator[str]:
    """Files that have a picture's name, and lose it when the picture gets another or goes away."""
    taken = {member.path for group in groups for member in group.members}
    unknown = sorted({path for group in groups for path in group.unknown} - taken)
    if unknown and request.action in (Action.rename, Action.move, Action.trash):
        what = counted(
            len(unknown),
            "file has an image's name and stays: imgrank does not know what it belongs to",
            "files have an image's name and stay: imgrank does not know what they belong to",
        )
        yield f"{what}: {listed(unknown)}."


def _spared_notes(spared: Sequence[str]) -> Iterator[str]:
    if spared:
        stay = counted(len(spared), "file stays", "files stay")
        yield f"{stay}, because of images that stay: {listed(spared)}."
