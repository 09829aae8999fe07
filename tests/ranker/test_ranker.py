"""The whole pipeline on the example photographs: what is first, and what never changes an order."""

from __future__ import annotations

import math
import shutil
import sys
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from imgrank import Ranker
from imgrank.adapter.registry import find_adapter
from imgrank.errors import NothingToRank, UsageError
from imgrank.index.building import IndexOptions
from imgrank.rounding import rounded
from imgrank.scoring.choosing import who_answers

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


@pytest.fixture(scope="module")
def ranker():
    return Ranker(adapter="none")


def names(ranking):
    return [Path(image.path).stem for image in ranking.images]


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        ("a cat", {"cat", "kitten"}),
        ("a dog", {"dog"}),
        ("a cup of coffee", {"coffee"}),
        ("a building", {"temple"}),
        ("an owl", {"owl"}),
        ("horses", {"horses"}),
        ("a goldfish", {"goldfish"}),
    ],
)
def test_what_is_asked_for_comes_first(ranker, sentence, first):
    assert names(ranker.rank([PHOTOS], sentence))[0] in first


def test_one_source_needs_no_list(ranker):
    whole = ranker.rank([PHOTOS], "a cat").images
    assert ranker.rank(PHOTOS, "a cat").images == ranker.rank(str(PHOTOS), "a cat").images == whole


def test_a_list_is_taken_literally_and_what_is_gone_is_named(ranker):
    ranking = ranker.rank((), "a cat", listed=[PHOTOS / "cat.jpg", PHOTOS / "gone.jpg"])
    assert names(ranking) == ["cat"]
    assert [left_out.path for left_out in ranking.skipped] == [str(PHOTOS / "gone.jpg")]


def test_a_ranking_is_a_sequence_of_its_images(ranker):
    ranking = ranker.rank([PHOTOS], "a cat")
    assert len(ranking) == len(ranking.images)
    assert list(ranking) == list(ranking.images)
    assert (ranking[0], ranking[-1], ranking[:3]) == (ranking.images[0], ranking.images[-1], ranking.images[:3])


def test_a_notebook_shows_small_pictures_and_escapes_names(ranker, tmp_path):
    name = "<b>cat&'.jpg" if sys.platform != "win32" else "cat&'.jpg"
    shutil.copy(PHOTOS / "cat.jpg", tmp_path / name)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    shown = ranker.rank(tmp_path, "<script>a cat")._repr_html_()
    assert shown.count("<img ") == 1
    assert "data:image/webp;base64," in shown
    assert escape(name) in shown
    assert "<script>" not in shown
    assert "<b>cat" not in shown


def test_a_second_question_encodes_nothing(ranker):
    ranker.rank([PHOTOS], "a cat")
    assert ranker.rank([PHOTOS], "a dog").encoded == 0
    assert Ranker(adapter="none").rank([PHOTOS], "a boat").encoded == 0


@pytest.mark.parametrize(("sentence", "times"), [("a cat", 1), ("blurry ones last", 1), ("sharpest photo", 0)])
def test_who_answers_a_question_is_settled_once(monkeypatch, sentence, times):
    """And not at all where the words alone say that the photographs are to be measured."""
    asked = []

    def counting(*what):
        asked.append(what)
        return who_answers(*what)

    monkeypatch.setattr("imgrank.scoring.asking.who_answers", counting)
    with Ranker() as ranker:
        ranker.rank([PHOTOS / "cat.jpg"], sentence)
    assert len(asked) == times


def test_a_renamed_picture_is_known_and_a_changed_one_is_not(ranker, tmp_path):
    ranker.rank([PHOTOS], "a cat")
    shutil.copy(PHOTOS / "cat.jpg", tmp_path / "renamed.jpg")
    assert ranker.rank([tmp_path], "a cat").encoded == 0
    picture = Image.open(PHOTOS / "cat.jpg")
    picture.putpixel((0, 0), (1, 2, 3))
    picture.save(tmp_path / "changed.png")
    assert ranker.rank([tmp_path], "a cat").encoded == 1


def test_the_order_depends_on_the_pictures_alone(ranker):
    whole = ranker.rank([PHOTOS], "a cat")
    cold = Ranker(adapter="none", cache=False).rank([PHOTOS], "a cat")
    assert whole.images == cold.images
    files = sorted(PHOTOS.glob("*.jpg"), reverse=True)
    assert ranker.rank(files, "a cat").images == whole.images
    by_path = {image.path: image.score for image in whole.images}
    for image in Ranker(adapter="none", cache=False).rank(files[:3], "a cat").images:
        assert image.score == by_path[image.path]


def test_what_lacks_a_thing_stands_last_for_more_of_it_and_not_for_fewer():
    ranker, files = Ranker(), [PHOTOS / name for name in ("dog.jpg", "mountains.jpg", "coffee.jpg")]
    more, fewer = (ranker.rank(files, f"{word} dogs") for word in ("more", "fewer"))
    assert (more.scorer, fewer.scorer) == ("adapter", "adapter")
    assert names(more)[0] == names(fewer)[-1] == "dog"
    assert not more.images[-1].relevant
    assert all(image.relevant for image in fewer.images)


def test_a_picture_is_most_like_itself(ranker):
    ranking = ranker.rank([PHOTOS], like=PHOTOS / "owl.jpg")
    assert names(ranking)[0] == "owl"
    assert ranking.scorer == "like"


def test_an_opposite_turns_the_order_around(ranker):
    one = ranker.rank([PHOTOS], "a bright photo", opposite="a dark photo")
    other = ranker.rank([PHOTOS], "a dark photo", opposite="a bright photo")
    assert [image.score for image in one.images] == [-image.score for image in reversed(other.images)]


def test_bad_files_are_named_and_the_rest_is_ranked(ranker, tmp_path):
    shutil.copy(PHOTOS / "cat.jpg", tmp_path / "cat.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    ranking = ranker.rank([tmp_path], "a cat")
    assert names(ranking) == ["cat"]
    assert [Path(bad.path).name for bad in ranking.skipped] == ["broken.jpg"]
    assert ranking.skipped[0].reason


def test_nothing_to_rank_is_said(ranker, tmp_path):
    with pytest.raises(NothingToRank, match="No image was found in"):
        ranker.rank([tmp_path], "a cat")
    (tmp_path / "broken.jpg").write_bytes(b"")
    with pytest.raises(NothingToRank, match=r"broken\.jpg"):
        ranker.rank([tmp_path], "a cat")


def test_a_question_needs_a_sentence(ranker):
    with pytest.raises(UsageError, match="sentence"):
        ranker.rank([PHOTOS], "  ")


def test_ctrl_c_gives_what_was_done(tmp_path):
    for number in range(200):
        pixels = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:03}.png")

    def stop(progress):
        if progress.done == 100:
            raise KeyboardInterrupt

    ranking = Ranker(adapter="none", cache=False).rank([tmp_path], "a cat", progress=stop)
    assert ranking.partial
    assert 0 < len(ranking.images) < 200


@pytest.mark.parametrize("step", ["encoding", "comparing"])
def test_a_stopped_run_makes_no_groups_and_says_so(tmp_path, step):
    for number in range(200):
        pixels = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:03}.png")
    steps, stopped = [], []

    def stop(progress):
        steps.append(progress.step)
        if progress.step == step and progress.done >= 100 and not stopped:
            stopped.append(step)
            raise KeyboardInterrupt

    ranking = Ranker(adapter="none", cache=False).rank([tmp_path], "a cat", group="similar", progress=stop)
    assert ranking.partial and {image.group for image in ranking.images} == {None}
    assert any("no groups" in each for each in ranking.notes)
    assert stopped and steps[-1] == step


def test_ctrl_c_while_tokens_are_asked_for_is_no_answer(tmp_path):
    for number in range(130):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number:03}.png")

    def stop(progress):
        if progress.done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ranker(adapter="none", cache=False).encode(sorted(tmp_path.iterdir()), progress=stop)


def test_tokens_of_mirror_images_are_those_of_the_mirrored_file(ranker, tmp_path):
    cat = Image.open(PHOTOS / "cat.jpg").convert("RGB")
    cat.save(tmp_path / "plain.png")
    ImageOps.mirror(cat).save(tmp_path / "turned.png")
    embedding = lambda name, **view: ranker.encode([tmp_path / name], **view).packed.embedding[0]
    plain, turned, mirrored = embedding("plain.png"), embedding("turned.png"), embedding("plain.png", mirrored=True)
    np.testing.assert_allclose(mirrored, turned, atol=0.01)
    assert mirrored @ turned > mirrored @ plain
    np.testing.assert_array_equal(embedding("plain.png"), plain)  # and the store keeps them apart
    np.testing.assert_allclose(embedding("turned.png", mirrored=True), plain, atol=0.01)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({"sentence": "a cat"}, None),
        ({"sentence": "a bright photo", "opposite": "a dark photo"}, None),
        ({"like": PHOTOS / "cat.jpg"}, None),
        ({"sentence": "older person"}, "older person"),
        ({"sentence": "older person", "refine": True}, "older person"),
        ({"sentence": "fewer people"}, "more people"),
        ({"sentence": "fewer people", "refine": True}, "more people"),
    ],
)
def test_a_score_has_the_digits_that_hold_and_no_more(asked, query):
    """Whoever answers; and zero has no sign."""
    scale = 1.0 if query is None else find_adapter("mini-adapter").query(query).scale
    scores = np.array([image.score for image in Ranker().rank([PHOTOS], **asked).images])
    assert (scores == rounded(scores, scale)).all()
    assert not np.signbit(scores[scores == 0]).any()
    assert len(set(scores.tolist())) > len(scores) / 2


def test_letters_that_the_model_was_not_taught_are_never_confident(ranker):
    ranking = ranker.rank([PHOTOS], "犬")
    assert (ranking.confident, ranking.confidence) == (False, 0.0)
    assert "knows English alone" in ranking.notes[0]
    assert names(ranker.rank([PHOTOS], "🐶"))[0] == "dog"
    assert ranker.rank([PHOTOS], "🐶").notes == ()


@pytest.mark.parametrize("limit", [math.nan, math.inf, -1.0])
def test_a_limit_of_decoding_that_is_none_is_refused(limit):
    with pytest.raises(UsageError, match="max_megapixels is"):
        Ranker(max_megapixels=limit)
    with pytest.raises(UsageError, match="max_megapixels is"):
        IndexOptions(max_megapixels=limit)
