"""The options of `sort` that write into sidecars and pictures for other programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Optional

import typer

from imgrank.actions.records import Action, Request
from imgrank.cli.options import flag
from imgrank.errors import UsageError
from imgrank.records import Ranking

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
        help="With --tag: the keyword to add. Default: the sentence, except on images that lack its subject; '' adds "
        "none.",
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


def with_sentence(request: Request, keyword: str | None, ranking: Ranking) -> Request:
    """The request with the sentence, and with the keyword that it becomes where no other was asked for."""
    request = replace(request, query=ranking.query)
    if request.action is not Action.tag:
        return request
    if keyword is not None:
        return replace(request, keyword=keyword)
    sentence = "" if ranking.scorer == "like" else ranking.query
    return replace(request, keyword=sentence, fitting_only=True)
