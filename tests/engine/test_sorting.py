"""The order of an index does not depend on who scored it, nor on how much of it was asked for."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank import Ranker, Term
from imgrank.engine.local import LocalEngine
from imgrank.engine.score_part import ScoreParts, _kept_file, best, empty_run, paths_of, portable
from imgrank.engine.sorting import rank_indexes
from imgrank.errors import NothingToRank, UsageError
from imgrank.index.locations import Location
from imgrank.index.merging import merge
from imgrank.index.needs import arrow
from imgrank.order import order, select
from imgrank.scoring.question import Question
from tests.engine.making import make_index, manifest_of, printed

PHOTO = Path(__file__).parents[2] / "examples" / "photos" / "cat.jpg"


@pytest.fixture(scope="module")
def ranker():
    return Ranker()


@pytest.fixture(scope="module")
def index(ranker, tmp_path_factory):
    return make_index(tmp_path_factory.mktemp("index"), ranker.backbone, 230, 17)


def both(ranker, index, sentence, **asked):
    """The single machine's order and the engine's, as they are printed."""
    parts = {name: asked.pop(name) for name in ("top", "min_score") if name in asked}
    alone = ranker.rank([index], sentence, **asked)
    ordered = rank_indexes(ranker, LocalEngine(), [index], sentence, **asked, **parts)
    assert ordered.count == len(alone.images)
    assert (ordered.ranking.skipped, ordered.ranking.notes) == (alone.skipped, alone.notes)
    assert (ordered.ranking.confident, ordered.ranking.scorer) == (alone.confident, alone.scorer)
    assert (ordered.ranking.confidence, ordered.ranking.asked) == (alone.confidence, alone.asked)
    assert ordered.ranking.terms == alone.terms
    return printed(alone, select(alone.images, **parts)), printed(ordered.ranking, ordered.images)


@pytest.mark.parametrize("part", [{}, {"top": 1}, {"top": 40}, {"top": 10_000}, {"min_score": 0.01}])
@pytest.mark.parametrize("sentence", ["a cat", "older person", "younger person"])
def test_the_order_is_that_of_one_machine(ranker, index, sentence, part):
    alone, spread = both(ranker, index, sentence, **part)
    assert spread == alone
    assert spread.count("\n") > 1


def test_nearness_to_a_picture_is_answered_too(ranker, index):
    alone, spread = both(ranker, index, None, like=PHOTO, top=30)
    assert spread == alone


@pytest.mark.parametrize("part", [{}, {"top": 7}])
@pytest.mark.parametrize(
    "asked",
    [
        {"sentence": "a cat", "minus": [Term("more people", weight=0.5)]},
        {"sentence": "older person", "plus": ["a dog", Term(picture=str(PHOTO))]},
        {"sentence": None, "between": (PHOTO, PHOTO.with_name("rocket.jpg"))},
    ],
)
def test_a_mix_is_that_of_one_machine(ranker, index, asked, part):
    alone, spread = both(ranker, index, **asked, **part)
    assert spread == alone


@pytest.mark.parametrize("part", [{}, {"top": 40}])
@pytest.mark.parametrize("sentence", ["a cat", "something else", "older person"])
def test_an_index_of_the_first_format_gives_the_same_order(ranker, index, tmp_path, sentence, part):
    location = Location(tmp_path / "older")
    location.write_manifest(replace(manifest_of(ranker.backbone), version=1))
    merge(location, [Location(index)])
    assert both(ranker, tmp_path / "older", sentence, **part) == both(ranker, index, sentence, **part)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 99)), max_size=30), st.integers(1, 31))
def test_the_best_are_the_first_of_the_whole_order(rows, top):
    lacking, scores, names = zip(*rows, strict=True) if rows else ((), (), ())
    paths = [f"img{name}-{n}.jpg" for n, name in enumerate(names)]
    run = arrow().table({"lacking": lacking, "score": scores, "path": paths}, schema=empty_run().schema)
    wanted = order([float(score) for score in scores], paths, [not one for one in lacking])[:top]
    assert [one.path for one in paths_of(best(run, top))] == [image.path for image in wanted]


def test_a_path_in_two_parts_counts_once(ranker, tmp_path):
    make_index(tmp_path, ranker.backbone, 60, 20)
    make_index(tmp_path, ranker.backbone, 60, 33, seed=1)
    alone, spread = both(ranker, tmp_path, "a cat")
    assert spread == alone


def test_a_worker_needs_nothing_but_its_task(ranker, index, tmp_path):
    """The adapter travels with the question, to machines that were never taught."""
    from imgrank.index.reading import settled
    from imgrank.scoring.asking import ask

    asked = ask(Question("older person"), ranker)
    task = portable(ScoreParts(asked, ranker.backbone.shape))
    part = settled([(Location(index), Location(index).parts()[0])])[0]
    here = task(part)
    task = replace(task, asked=asked.with_adapter_files([tmp_path / "nowhere"]))
    assert task(part).rows.equals(here.rows)


def test_what_travels_with_questions_is_kept_once_on_a_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path))
    for _ in range(2):
        _kept_file.cache_clear()  # as in another worker
        path = _kept_file(b"adapter")
        assert path.read_bytes() == b"adapter"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    path.write_bytes(b"damaged")
    _kept_file.cache_clear()
    assert _kept_file(b"adapter").read_bytes() == b"adapter"
    _kept_file.cache_clear()


def test_where_nothing_can_be_kept_a_worker_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    code = "from imgrank.engine.score_part import _kept_file as kept; at = kept(b'adapter'); print(at, at.read_bytes())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith(str(tmp_path / "temporary")) and said.endswith("b'adapter'\n")
    assert not any((tmp_path / "temporary").iterdir())


def test_a_worker_with_another_imgrank_scores_nothing(ranker):
    from imgrank.scoring.asking import ask

    asked = ask(Question("a cat"), ranker)
    task = ScoreParts(asked, ranker.backbone.shape, version="0.0.1")
    with pytest.raises(UsageError, match="the same version on all machines"):
        task(None)


def test_pictures_are_refused_in_one_sentence(ranker, tmp_path):
    with pytest.raises(UsageError, match="ranks indexes only") as refused:
        rank_indexes(ranker, LocalEngine(), [tmp_path], "a cat")
    assert "imgrank index build" in refused.value.remedy


def test_an_empty_index_is_no_order(ranker, tmp_path):
    make_index(tmp_path, ranker.backbone, 0, 1)
    with pytest.raises(NothingToRank):
        rank_indexes(ranker, LocalEngine(), [tmp_path], "a cat")
