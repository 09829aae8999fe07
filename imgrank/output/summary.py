"""What a run amounted to, in words for people: one line for the table's foot, and remarks."""

from __future__ import annotations

from imgrank.paths import printable
from imgrank.records import Ranking

NAMED_AT_MOST = 10


def summary(ranking: Ranking) -> str:
    """One line: images, skipped, backbone, scorer, device, images/s, seconds."""
    parts = [
        _counted(len(ranking.images), "image"),
        f"{len(ranking.skipped):,} skipped",
        ranking.backbone,
        f"adapter {ranking.adapter}" if ranking.adapter else ranking.scorer,
        ranking.device,
        f"{len(ranking.images) / max(ranking.seconds, 1e-3):,.0f} images/s",
        f"{ranking.seconds:.2f} s",
    ]
    doubts = ["not confident"] * (not ranking.confident) + ["partial"] * ranking.partial
    return printable(" · ".join(parts + doubts))


def remarks(ranking: Ranking) -> tuple[str, ...]:
    """What a person should know about this ranking, a line each; none where all went as it should."""
    lines = list(ranking.notes)
    if not ranking.confident:
        lines.append(f'not confident: no picture here stands out for "{ranking.query}"; the order may mean little')
    if ranking.partial:
        lines.append(f"partial: stopped after {_counted(len(ranking.images), 'image')}; only these were ranked")
    return tuple(printable(line) for line in lines + _skipped(ranking))


def _skipped(ranking: Ranking) -> list[str]:
    named = [f"skipped {left_out.path}: {left_out.reason}" for left_out in ranking.skipped[:NAMED_AT_MOST]]
    more = len(ranking.skipped) - len(named)
    return [*named, f"skipped {more:,} more; --format json names them all"] if more else named


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
