"""What `sort` does with an order: shows the part of it that was asked for, or changes files by it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imgrank.actions.records import Action
from imgrank.choices import Format, GroupBy, ShownBy
from imgrank.cli import actions as act
from imgrank.cli import filters, outputs
from imgrank.cli.backbones import larger_model
from imgrank.cli.options import EXIT_SKIPPED
from imgrank.cli.terminal import note, seconds_so_far
from imgrank.errors import Interrupted
from imgrank.records import Doubt, RankedImage, Ranking


@dataclass(frozen=True, slots=True)
class Display:
    """How the order is shown."""

    fmt: Format | None
    print0: bool
    quiet: bool
    page: str | None
    page_dir: str | None
    preview: bool
    export: str | None = None

    @property
    def shown_as(self) -> Format:
        """The format on stdout: a table for people, paths for a pipe, unless one was named."""
        return self.fmt or (Format.table if sys.stdout.isatty() and not self.print0 else Format.paths)

    @property
    def is_stream(self) -> bool:
        """Whether pictures are written one by one, each without regard to the others."""
        return not (self.page or self.page_dir or self.preview or self.export) and self.shown_as is not Format.table


@dataclass(frozen=True, slots=True)
class Cut:
    """Which of the order is shown or acted on."""

    reverse: bool
    top: int | None
    bottom: int | None
    min_score: float | None
    fitting: bool
    groups: filters.Grouping
    arrangement: filters.Arrangement

    @property
    def is_plain(self) -> bool:
        """Whether images can be shown as they come, the best first."""
        return not self.reverse and self.bottom is None and self.is_of_scores

    @property
    def chooses(self) -> bool:
        """Whether a part of the order is kept, by its scores."""
        return (
            self.fitting or self.groups.cuts or any(cut is not None for cut in (self.top, self.bottom, self.min_score))
        )

    @property
    def is_of_scores(self) -> bool:
        """Whether nothing but scores decides what is shown, and where."""
        return not self.fitting and self.groups.by is GroupBy.none and self.arrangement.by is ShownBy.score


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of the order of `sources`: it is shown, unless files are to be changed by it, as `asked`."""

    display: Display
    cut: Cut
    asked: act.AskedAction | None
    strict: bool
    sources: Sequence[str]

    @property
    def is_streamed(self) -> bool:
        """Whether images can be shown one by one while the order is made."""
        return self.asked is None and self.display.is_stream and self.cut.is_plain

    def stream(self, ranking: Ranking, images: Iterator[RankedImage], highest: float | None) -> int:
        """Show images, of which `highest` is the best score, as they come. Returns the exit code."""
        show(ranking, _told_if_none(images, self.cut, highest, self.display.quiet), self.display)
        return self._code(0, ranking)

    def whole(self, ranking: Ranking) -> int:
        """Show the order, or change files by it; one that was interrupted changes none. Returns the exit code."""
        images = _kept(ranking.images, self.cut)
        if self.cut.fitting and not self.display.quiet:
            note(filters.told_of_fits(ranking))
        if self.asked is None or ranking.partial:
            _show_and_save(ranking, images, self.cut, self.display)
            return self._code(Interrupted.exit_code if ranking.partial else 0, ranking)
        return self._code(self._change_files(ranking, images, self.asked), ranking)

    def _change_files(self, ranking: Ranking, images: tuple[RankedImage, ...], asked: act.AskedAction) -> int:
        display, cut = self.display, self.cut
        if not display.quiet:
            from imgrank.output.summary import doubts

            for line in doubts(ranking):
                note(line)
        if asked.request.action is Action.trash:
            images = _thrown_away(ranking.images, cut)
        if any(map(act.may_be_index, self.sources)):
            ranking, images = act.as_files(ranking, images, self.sources)
        return act.change_files(ranking, images, asked, display.fmt, display.print0, cut.chooses, display.quiet)

    def _code(self, code: int, ranking: Ranking) -> int:
        return code or (EXIT_SKIPPED if self.strict and ranking.skipped else 0)


def _show_and_save(ranking: Ranking, images: tuple[RankedImage, ...], cut: Cut, display: Display) -> None:
    """The images on stdout, and in the files that were asked for; people see one for each group."""
    highest = max((image.score for image in ranking.images if image.relevant), default=None)
    people = cut.groups.for_people(images, ranking.images)
    shown = people if display.preview or display.shown_as is Format.table else images
    quiet = display.quiet or (ranking.partial and cut.groups.cuts)  # why nothing is left, its notes say
    show(ranking, tuple(_told_if_none(iter(shown), cut, highest, quiet)), display)
    folded = cut.groups.folded(people, images)
    outputs.save_page(ranking, people, display.page, display.page_dir, display.quiet, folded)
    outputs.save_list(ranking, images, display.export, display.quiet)


def _kept(images: Sequence[RankedImage], cut: Cut) -> tuple[RankedImage, ...]:
    """The part of the order that was asked for, as it is to be shown."""
    from imgrank.order import select

    kept = select(
        images,
        reverse=cut.reverse,
        top=cut.top,
        bottom=cut.bottom,
        min_score=cut.min_score,
        fitting=cut.fitting,
        best=cut.groups.best,
        rest=cut.groups.rest,
    )
    return cut.arrangement(kept)


def _thrown_away(images: Sequence[RankedImage], cut: Cut) -> tuple[RankedImage, ...]:
    """What `--trash` takes: of the rest of each group, if that was asked for, what scores least."""
    from imgrank.actions.trash import thrown_away
    from imgrank.order import select

    if cut.groups.rest:
        images = select(images, best=cut.groups.best, rest=True)
    return thrown_away(images, cut.bottom, cut.min_score)


def _told_if_none(images: Iterator[RankedImage], cut: Cut, highest: float | None, quiet: bool) -> Iterator[RankedImage]:
    """The images; where --min-score or --rest left none, a note says why."""
    first = next(images, None)
    if first is not None:
        yield first
        yield from images
    elif cut.min_score is not None and not quiet:
        known = "" if highest is None else f"; the highest score is {highest:g}"
        note(f"no image has a score of {cut.min_score:g} or more{known}")
    elif cut.groups.rest and not quiet:
        note("--rest leaves no image: each group has only one")


def show(ranking: Ranking, images: Iterable[RankedImage], display: Display) -> None:
    """The order on stdout, in the format asked for; what a person should know of it on stderr."""
    from imgrank.output.summary import remarks
    from imgrank.output.write import write

    if display.preview:
        outputs.write_preview(ranking, tuple(images))
    else:
        separator = "\0" if display.print0 else "\n"
        write(ranking, images, display.shown_as, sys.stdout, separator=separator, seconds=seconds_so_far())
    sys.stdout.flush()
    if display.quiet:
        return
    for line in remarks(ranking):
        note(line)
    advice = _advice(ranking)
    if advice:
        note(advice)


def _advice(ranking: Ranking) -> str:
    """What to ask instead, or of which model, where this order may mean little."""
    from imgrank.paths import quoted
    from imgrank.scoring.limits import quality_beside
    from imgrank.scoring.misspelt import misspelt

    beside = quality_beside(ranking.query)
    if beside is not None and str(beside) in ranking.notes:
        return f'this measures it: "{beside.asked}" --plus "{quoted(beside.thing or "...")}"'
    is_unknown = not ranking.confident and ranking.doubt is Doubt.absent
    if ranking.backbone != "mini" or not (is_unknown or not _is_read(ranking)):
        return ""
    return "" if misspelt(ranking.query) in ranking.notes else larger_model(ranking.query)


def _is_read(ranking: Ranking) -> bool:
    """Whether the sentence is answered by a ranker that knows it, or may be of the language that `mini` reads."""
    from imgrank.scoring.languages import seems_english

    return ranking.scorer != "zero-shot" or seems_english(ranking.query)
