"""What `from imgrank import Ranker` promises."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest

from imgrank import RankedImage, Ranker, Ranking

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
FILES = [str(PHOTOS / name) for name in ("rocket.jpg", "cat.jpg", "goldfish.jpg")]


@pytest.fixture(scope="module")
def asked() -> tuple[Ranking, list[tuple[int, int, str]]]:
    steps: list[tuple[int, int, str]] = []
    ranker = Ranker(adapter="none", cache=False)
    ranking = ranker.rank(FILES, "a cat", progress=lambda now: steps.append((now.done, now.total, now.step)))
    return ranking, steps


def test_a_ranker_is_made_by_these_words() -> None:
    words = inspect.signature(Ranker).parameters
    assert {"backbone": "mini", "adapter": "auto", "device": "auto", "cache": True}.items() <= {
        name: word.default for name, word in words.items()
    }.items()


def test_a_ranking_says_what_it_is_and_cannot_be_changed(asked: tuple[Ranking, list[tuple[int, int, str]]]) -> None:
    ranking, _ = asked
    assert ranking.images[0].path == FILES[1]
    assert [image.rank for image in ranking.images] == [1, 2, 3]
    assert (ranking.scorer, ranking.adapter, ranking.unit, ranking.skipped) == ("zero-shot", None, None, ())
    assert {"rank", "score", "percentile", "path"} <= {field.name for field in dataclasses.fields(RankedImage)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranking.confident = False
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranking.images[0].rank = 2


def test_progress_is_told_up_to_the_last_picture(asked: tuple[Ranking, list[tuple[int, int, str]]]) -> None:
    _, steps = asked
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)
    assert steps[-1][:2] == (len(FILES), len(FILES))
    assert all(step for _, _, step in steps)
