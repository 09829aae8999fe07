"""The options of `sort` that write into sidecars and pictures for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Optional

import typer

from imgrank.actions import keywords
from imgrank.actions.records import Action, Request
from imgrank.cli.options import flag
from imgrank.errors import UsageError
from imgrank.records import RankedImage

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


def told_of_keyword(request: Request, keyword: str | None, images: Sequence[RankedImage]) -> str:
    """Which images get no keyword though none was declined, and what to do; empty where there is nothing to say."""
    told = "" if keyword is not None else keywords.told_of_keyword(request, images)
    return told and f"{told}; to choose yourself, cut the list (--top 20) or name one (--keyword TEXT)"
