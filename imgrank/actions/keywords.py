"""The sentence as the keyword of the images that show it, where no other keyword was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imgrank.actions.records import Action, KeywordOn, Request
from imgrank.backbone.names import MINI
from imgrank.counting import agreeing, counted
from imgrank.records import RankedImage, Ranking


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
    if ranking.scorer in ("like", "between") or not (chosen or _tells_fit(ranking)):
        return request
    return replace(request, keyword=ranking.query, keyword_on=KeywordOn.relevant if chosen else KeywordOn.fitting)


def told_of_keyword(request: Request, images: Sequence[RankedImage]) -> str:
    """Which images do not get the sentence as their keyword; empty where all do, or there is nothing to tag."""
    if request.action is not Action.tag or not images:
        return ""
    if not request.keyword:
        shows = "" if all(image.relevant for image in images) else " that shows what the sentence is about"
        return f"no keyword is added, for every image{shows} has its place in this order"
    count = sum(map(request.keyword_on.takes, images))
    if count == len(images):
        return ""
    fit = agreeing(count, "fits and gets", "fit and get")
    return f'{count:,} of {counted(len(images), "image")} {fit} the keyword "{request.keyword}"'


def _tells_fit(ranking: Ranking) -> bool:
    """Whether its images are said to show the sentence or not: how near they must be is known for mini alone."""
    return ranking.scorer == "zero-shot" and ranking.backbone == MINI
