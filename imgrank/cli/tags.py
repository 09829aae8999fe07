"""The options of `sort` that write into sidecars and pictures for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Optional

import typer

from imgrank.actions.records import Action, KeywordOn, Request
from imgrank.cli.filters import tells_fit
from imgrank.cli.options import flag
from imgrank.counting import agreeing, counted
from imgrank.errors import UsageError
from imgrank.records import RankedImage, Ranking

_PANEL = "Changing files"

TagOption = Annotated[
    bool,
    flag(
        "--tag",
        "Write rank, score, stars and a keyword to XMP sidecar files, which other programs read.",
        panel=_PANEL,
    ),
]
KeywordOption = Annotated[
    Optional[str],
    typer.Option(
        "--keyword",
        metavar="TEXT",
        rich_help_panel=_PANEL,
        help="With --tag: the keyword to add to every image; '' adds none. By default the sentence, on images that you "
        "chose (--top, --min-score, --best, ...) or that almost certainly show it.",
    ),
]
EmbedOption = Annotated[
    bool,
    flag(
        "--embed",
        "With --tag or --untag: write into the images themselves if their format allows; no pixel changes.",
        panel=_PANEL,
    ),
]
UntagOption = Annotated[bool, flag("--untag", "Remove what --tag wrote, and nothing else.", panel=_PANEL)]


def check(action: Action | None, keyword: str | None, embed: bool) -> None:
    """Raise UsageError where options of tags were given without tags."""
    if keyword is not None and action is not Action.tag:
        raise UsageError("--keyword says what --tag writes; add --tag.")
    if embed and (action is None or not action.writes):
        raise UsageError("--embed says where --tag and --untag write; add one of them.")


def with_sentence(request: Request, keyword: str | None, ranking: Ranking, *, chosen: bool) -> Request:
    """The request with the sentence, and with the keyword that it becomes where no other was asked for.

    Images that were `chosen` from the order get the sentence, unless they lack its subject; of a whole order only those
    that surely show it.
    """
    request = replace(request, query=ranking.query)
    if request.action is not Action.tag:
        return request
    if keyword is not None:
        return replace(request, keyword=keyword)
    if ranking.scorer in ("like", "between") or not (chosen or tells_fit(ranking)):
        return request
    return replace(request, keyword=ranking.query, keyword_on=KeywordOn.relevant if chosen else KeywordOn.fitting)


def told_of_keyword(request: Request, keyword: str | None, images: Sequence[RankedImage]) -> str:
    """Which images get no keyword though none was declined; empty where there is nothing to say."""
    if request.action is not Action.tag or keyword is not None or not images:
        return ""
    choose = "to choose yourself, cut the list (--top 20) or name one (--keyword TEXT)"
    if not request.keyword:
        shows = "" if all(image.relevant for image in images) else " that shows what the sentence is about"
        return f"no keyword is added, for every image{shows} has its place in this order; {choose}"
    count = sum(map(request.keyword_on.takes, images))
    if count == len(images):
        return ""
    fit = agreeing(count, "fits and gets", "fit and get")
    return f'{count:,} of {counted(len(images), "image")} {fit} the keyword "{request.keyword}"; {choose}'
