"""`imgrank sort`: pictures and a sentence in, an order out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.actions.records import Action, OnConflict
from imgrank.choices import Format, GroupBy, ShownBy
from imgrank.cli import actions as act
from imgrank.cli import arguments, engines, filters, outputs, results, tags
from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    AdapterOption,
    BackboneOption,
    Device,
    DeviceOption,
    MaxMegapixelsOption,
    NoCacheOption,
    Precision,
    PrecisionOption,
    QuietOption,
    RankerSettings,
    RecursiveOption,
    VerboseOption,
    choices,
    flag,
    precise,
    was_typed,
)
from imgrank.cli.terminal import noting, progress_line
from imgrank.errors import UsageError
from imgrank.records import Ranking

if TYPE_CHECKING:
    from imgrank.filtering import Filters
    from imgrank.ranker import Ranker

STDIN = "-"
_PICKING = "Choosing what to show"
_PRINTING = "Output"
Words = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE... SENTENCE",
        help="Images, folders, globs, indexes, or - for a list of paths on standard input; last, the sentence to rank "
        "by, in quotes.",
        show_default=False,
    ),
]
RefineOption = Annotated[
    bool, flag("--refine", "Re-rank close results by pairwise comparison; needs a trained ranker with a network.")
]
FormatOption = Annotated[
    Optional[Format],
    typer.Option(
        "--format",
        metavar=choices(Format),
        rich_help_panel=_PRINTING,
        help="Output format; by default a table on a terminal and paths in a pipe.",
    ),
]
Print0Option = Annotated[
    bool, flag("--print0", "Use NUL separators for input and output, as find -print0 does.", "-0", _PRINTING)
]
StrictOption = Annotated[bool, flag("--strict", "Exit with code 3 if a file was skipped.", panel=_PRINTING)]
ReverseOption = Annotated[bool, flag("--reverse", "Print the lowest score first.", panel=_PICKING)]
TopOption = Annotated[
    Optional[int],
    typer.Option("--top", metavar="N", help="Keep the N highest-ranked images.", rich_help_panel=_PICKING),
]
BottomOption = Annotated[
    Optional[int],
    typer.Option("--bottom", metavar="N", help="Keep the N lowest-ranked images.", rich_help_panel=_PICKING),
]
MinScoreOption = Annotated[
    Optional[float],
    typer.Option(
        "--min-score",
        metavar="X",
        help="Leave out images with a lower score than this, in the unit of the scores.",
        rich_help_panel=_PICKING,
    ),
]
VerifyOption = Annotated[
    bool, flag("--verify", "Read and hash every file, even if its size and time have not changed.")
]


def sort(
    ctx: typer.Context,
    words: Words,
    recursive: RecursiveOption = False,
    adapter: AdapterOption = "auto",
    opposite: arguments.OppositeOption = None,
    like: arguments.LikeOption = None,
    between: arguments.BetweenOption = None,
    plus: arguments.PlusOption = None,
    minus: arguments.MinusOption = None,
    refine: RefineOption = False,
    top: TopOption = None,
    bottom: BottomOption = None,
    min_score: MinScoreOption = None,
    reverse: ReverseOption = False,
    since: filters.SinceOption = None,
    until: filters.UntilOption = None,
    camera: filters.CameraOption = None,
    orientation: filters.OrientationOption = None,
    min_rating: filters.MinRatingOption = None,
    exclude: filters.ExcludeOption = None,
    show_fits: filters.ShowFitsOption = False,
    order: filters.OrderOption = ShownBy.score,
    group: filters.GroupOption = GroupBy.none,
    group_threshold: filters.ThresholdOption = filters.THRESHOLD,
    best: filters.BestOption = None,
    rest: filters.RestOption = False,
    fmt: FormatOption = None,
    print0: Print0Option = False,
    strict: StrictOption = False,
    page: outputs.PageOption = None,
    page_dir: outputs.PageDirOption = None,
    preview: outputs.PreviewOption = False,
    export: outputs.ExportOption = None,
    rename: act.RenameOption = False,
    template: act.TemplateOption = None,
    symlink: act.SymlinkOption = None,
    hardlink: act.HardlinkOption = None,
    copy: act.CopyOption = None,
    move: act.MoveOption = None,
    trash: act.TrashOption = False,
    tag: tags.TagOption = False,
    keyword: tags.KeywordOption = None,
    embed: tags.EmbedOption = False,
    untag: tags.UntagOption = False,
    on_conflict: act.OnConflictOption = OnConflict.suffix,
    dry_run: act.DryRunOption = False,
    yes: act.YesOption = False,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    verify: VerifyOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    engine: engines.EngineOption = None,
    address: engines.AddressOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Rank images by a sentence, best match first.

    imgrank sort ./photos "older person"
    imgrank sort ./photos "older person" --page order.html
    imgrank sort ./photos "a beach" --plus sunset --minus people:0.5
    imgrank sort ./photos "a cat" --rename --dry-run
    find . -name "*.jpg" -print0 | imgrank sort -0 - "a cat" --top 10

    Only the options under "Changing files" change files, and imgrank undo reverses that.
    """
    display = results.Display(fmt, print0, quiet, page, page_dir, preview, export)
    threshold_typed = was_typed(ctx, "group_threshold")
    groups = filters.wanted_groups(group, group_threshold, best, rest, threshold_typed=threshold_typed)
    arrangement = filters.Arrangement(order, reverse, not no_cache, quiet)
    cut = results.Cut(reverse, top, bottom, min_score, show_fits, groups, arrangement)
    passing = filters.wanted_filters(since, until, camera, orientation, min_rating, exclude)
    asked = act.wanted(
        rename=rename,
        folders=((Action.symlink, symlink), (Action.hardlink, hardlink), (Action.copy, copy), (Action.move, move)),
        trash=trash,
        tag=tag,
        template=template,
        on_conflict=on_conflict,
        dry_run=dry_run,
        yes=yes,
        chosen=bottom is not None or min_score is not None or rest,
        untag=untag,
        keyword=keyword,
        embed=embed,
    )
    _check(display, cut, asked, yes)
    sources, wanted = arguments.asked_for(words, opposite, like, between, plus, minus)
    settings = engines.EngineSettings(engine, address)
    by_scores = cut.is_of_scores and passing is None
    _check_engine(settings, by_scores)

    rankers = RankerSettings(device, no_cache, max_megapixels, noting(quiet), verify)

    def new_ranker() -> Ranker:  # slow, which the line of progress is to cover
        return rankers.open(adapter, precise(backbone, precision, device.value, sources, rankers.note))

    delivery = results.Delivery(display, cut, asked, strict, sources)
    question = engines.EngineQuestion(sources, wanted, refine, delivery.is_streamed, top, min_score)
    if settings.name is not None or (by_scores and engines.can_order(question)):
        code = engines.order_on(settings, new_ranker, question, delivery, quiet)
    else:
        code = delivery.whole(_order_here(new_ranker, question, passing, groups, recursive, nul=print0, quiet=quiet))
    if code:
        raise typer.Exit(code)


def _order_here(
    new_ranker: Callable[[], Ranker],
    question: engines.EngineQuestion,
    passing: Filters | None,
    groups: filters.Grouping,
    recursive: bool,
    *,
    nul: bool,
    quiet: bool,
) -> Ranking:
    """The order by this one process."""
    from imgrank.path_lists import list_entries, read_list

    sources = [source for source in question.sources if source != STDIN]
    listed = []
    if len(sources) < len(question.sources):
        listed = list_entries(read_list(sys.stdin.buffer), nul, "on standard input")
    with progress_line(quiet) as report, new_ranker() as ranker:
        from imgrank.filtering import NO_FILTERS

        return ranker.rank(
            sources,
            question.wanted.sentence,
            listed=listed,
            opposite=question.wanted.opposite,
            like=question.wanted.like,
            between=question.wanted.between,
            plus=question.wanted.plus,
            minus=question.wanted.minus,
            recursive=recursive,
            refine=question.refine,
            filters=passing or NO_FILTERS,
            group=groups.settings,
            progress=report,
        )


def _check(display: results.Display, cut: results.Cut, asked: act.AskedAction | None, yes: bool) -> None:
    """Raise UsageError before any work where what was asked for does not fit together."""
    from imgrank.order import check_selection

    changes_files = asked is not None
    if (
        asked is not None
        and asked.request.action is Action.trash
        and cut.groups.best is not None
        and not cut.groups.rest
    ):
        raise UsageError(
            "--trash with --best would throw away the best of each group; add --rest to throw away the others instead."
        )
    outputs.check_page_options(display.page, display.page_dir, changes_files)
    if display.preview:
        outputs.check_preview(display.fmt, display.print0, changes_files)
    check_selection(cut.top, cut.bottom, cut.min_score, cut.groups.best)
    outputs.check_export_options(display.export, yes, changes_files)


def _check_engine(settings: engines.EngineSettings, by_scores: bool) -> None:
    """Raise UsageError where an engine was named that is unlike the other options, or that would need the images."""
    settings.check()
    if settings.name is not None and not by_scores:
        raise filters.not_in_indexes()
