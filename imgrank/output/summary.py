"""What a run amounted to, in words for people: one line for the table's foot, and remarks."""

from __future__ import annotations

from collections.abc import Iterator

from imgrank.counting import counted
from imgrank.paths import printable, quoted
from imgrank.records import RankedImage, Ranking, beside_doubt

NAMED_AT_MOST = 10


def summary(ranking: Ranking, seconds: float | None = None) -> str:
    """One line: groups, if any, images, skipped, backbone, scorer, device, images/s, seconds; those of the ranking,
    unless given."""
    seconds = ranking.seconds if seconds is None else seconds
    parts = [
        how_many(ranking),
        f"{len(ranking.skipped):,} skipped",
        ranking.backbone,
        f"adapter {ranking.adapter}" if ranking.adapter else ranking.scorer,
        ranking.device,
        _rate(len(ranking.images) / max(seconds, 1e-3)),
        f"{seconds:.2f} s",
    ]
    doubts = ["not confident"] * (not ranking.confident) + ["partial"] * ranking.partial
    return printable(" · ".join(parts + doubts))


def how_many(ranking: Ranking, shown: int | None = None) -> str:
    """Of groups, where there are any, and of images: "8 groups, 24 images"; with how many are `shown`, if not all."""
    groups = len({image.group for image in ranking.images if image.group is not None})
    images = counted(len(ranking.images), "image")
    if shown not in (None, groups or len(ranking.images)):
        images = f"{shown:,} of {images}"
    return f"{counted(groups, 'group')}, {images}" if groups else images


def who_answered(ranking: Ranking) -> str:
    """One line: by what the order is, who says so, and what else could be had."""
    asked = ranking.asked
    if ranking.scorer == "like":
        several = any(len(term.pictures) > 1 for term in ranking.terms)
        return f"Ranked by similarity to {'those images' if several else 'that image'}."
    if ranking.scorer == "between":
        return "Ranked along the scale between the two: 0 is like the first, 1 like the second."
    if ranking.scorer == "mix" and asked is not None:
        return f"Ranked by a mix: {asked.quantity}."
    if ranking.scorer == "detail" and asked is not None:
        return f"Ranked by {asked.quantity}, measured at full size; --adapter none ranks by similarity instead."
    if ranking.scorer == "zero-shot" or asked is None:
        return f"Ranked by similarity to the sentence{f' ({asked.reason})' if asked else ''}."
    return f"Ranked by {asked.predicted_by(ranking.adapter)}; --adapter none ranks by similarity instead."


def group_count(image: RankedImage) -> str:
    """How many images an image stands for; nothing where it stands alone."""
    return f"×{image.group_size:,}" if image.group_size and image.group_size > 1 else ""


def remarks(ranking: Ranking) -> tuple[str, ...]:
    """What a person should know about this ranking, a line each: first who answered, then what did not go well."""
    who = [] if ranking.asked is None else [who_answered(ranking), *ranking.asked.told_of_scores]
    return (*map(printable, who), *doubts(ranking))


def doubts(ranking: Ranking) -> tuple[str, ...]:
    """What did not go well, or not as one may think, a line each."""
    grave = grave_doubts(ranking, f'"{quoted(ranking.query)}"')
    lines = (*beside_doubt(ranking.notes, ranking.confident), *grave, *_skipped(ranking))
    return tuple(map(printable, lines))


def grave_doubts(ranking: Ranking, query: str) -> Iterator[str]:
    """Why the order may mean little, or is not whole, a line each; `query` is what it is called."""
    if not ranking.confident:
        yield f"not confident: {ranking.doubt.said(query)}, so the order may mean little"
    if ranking.partial:
        seen = counted(len(ranking.images), "image")
        yield f"partial: stopped after {seen}; only these were ranked, and all lines here refer to them alone"


def _skipped(ranking: Ranking) -> list[str]:
    named = [f"skipped {left_out.path}: {left_out.reason}" for left_out in ranking.skipped[:NAMED_AT_MOST]]
    more = len(ranking.skipped) - len(named)
    return [*named, f"skipped {more:,} more; --format json names them all"] if more else named


def _rate(rate: float) -> str:
    return f"{rate:,.1f} images/s" if rate < 1 else f"{rate:,.0f} images/s"  # "0 images/s" would say nothing
