"""Mixes through the whole pipeline, on the example photographs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from imgrank import Ranker, Term
from imgrank.choices import Format
from imgrank.errors import UsageError
from imgrank.output.summary import remarks
from imgrank.output.write import write
from imgrank.scoring.asking import ask
from imgrank.scoring.question import Question
from imgrank.scoring.similarity_scorers import LikenessScorer

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


def names(ranking):
    return [Path(image.path).stem for image in ranking.images]


def places(ranking):
    return {image.path: (image.rank, image.score, image.relevant) for image in ranking.images}


def test_minus_takes_away_what_plus_brings(ranker):
    plain = names(ranker.rank([PHOTOS], "an animal"))
    without = names(ranker.rank([PHOTOS], "an animal", minus=["a cat"]))
    with_it = names(ranker.rank([PHOTOS], "an animal", plus=["a cat"]))
    assert without.index("cat") > plain.index("cat")
    assert set(with_it[:2]) == {"cat", "kitten"}
    assert without[-2:] != with_it[-2:]


def test_a_weight_of_0_is_absence(ranker):
    plain = ranker.rank([PHOTOS], "a cat")
    for nothing in ({"plus": [Term("a dog", weight=0)]}, {"minus": [Term(picture=str(PHOTOS / "dog.jpg"), weight=0)]}):
        assert ranker.rank([PHOTOS], "a cat", **nothing).images == plain.images


def test_minus_is_plus_of_a_negative_weight_and_terms_have_no_order(ranker):
    one = ranker.rank([PHOTOS], "an animal", plus=["outdoors"], minus=[Term("a cat", weight=2)])
    other = ranker.rank([PHOTOS], plus=[Term("a cat", weight=-2), "outdoors", "an animal"])
    assert places(one) == places(other)


def test_minus_of_a_thing_is_plus_of_its_lack():
    with Ranker(adapter="none") as by_likeness:
        minus, plus = (
            by_likeness.rank([PHOTOS], "outdoors", minus=["dogs"]),
            by_likeness.rank([PHOTOS], "outdoors, no dogs"),
        )
        assert places(minus) == places(plus) == places(by_likeness.rank([PHOTOS], "outdoors", plus=["no dogs"]))


@pytest.mark.parametrize(
    ("sentence", "presence"),
    [
        ("a dog", 1.0),
        ("more dogs", 1.0),
        ("no dogs", -1.0),
        ("fewest dogs", -1.0),
        ("cats last", -1.0),
        ("older person", 0.0),
        ("youngest person", 0.0),
        ("more colourful", 0.0),
        ("sharpest photo", 0.0),
    ],
)
def test_a_term_is_of_a_thing_or_a_scale(ranker, sentence, presence):
    for source in (ranker, Ranker(adapter="none")):
        assert ask(Question(sentence), source).presence == presence


def test_asking_again_with_another_weight_scores_no_picture(ranker, monkeypatch):
    ranker.rank([PHOTOS], "an animal", plus=[Term("outdoors", weight=0.5)])
    fresh = Ranker().rank([PHOTOS], "an animal", plus=[Term("outdoors", weight=2)])

    def never(*_):
        raise AssertionError("scored again")

    monkeypatch.setattr(LikenessScorer, "_score", never)
    assert ranker.rank([PHOTOS], "an animal", plus=[Term("outdoors", weight=2)]).images == fresh.images


def test_scorers_of_different_units_are_mixed_and_named(ranker):
    ranking = ranker.rank([PHOTOS], "sharpest photo", plus=["more people"], minus=[Term("a rocket", weight=0.5)])
    assert [(term.text, term.weight, term.scorer, term.unit) for term in ranking.terms] == [
        ("sharpest photo", 1.0, "detail", None),
        ("more people", 1.0, "adapter", "people"),
        ("a rocket", -0.5, "zero-shot", None),
    ]
    assert (ranking.scorer, ranking.unit) == ("mix", None)
    assert ranking.query == "sharpest photo, plus more people, minus a rocket (0.5)"
    assert "number of people, most first, predicted by the shipped ranker" in remarks(ranking)[0]


def test_json_says_what_was_asked(ranker):
    picture = str(PHOTOS / "dog.jpg")
    ranking = ranker.rank([PHOTOS], "water", like=picture, plus=[Term(picture=str(PHOTOS / "boats.jpg"), weight=0.5)])
    out = io.StringIO()
    write(ranking, ranking.images, Format.json, out)
    assert json.loads(out.getvalue())["terms"] == [
        {"text": "water", "weight": 1.0, "scorer": "zero-shot", "adapter": None, "unit": None},
        {"picture": picture, "weight": 1.0, "scorer": "like", "adapter": None, "unit": None},
        {"picture": str(PHOTOS / "boats.jpg"), "weight": 0.5, "scorer": "like", "adapter": None, "unit": None},
    ]


def test_one_sentence_is_one_term(ranker):
    (term,) = ranker.rank([PHOTOS], "older person").terms
    assert (term.text, term.weight, term.scorer, term.adapter, term.unit) == (
        "older person", 1.0, "adapter", "mini-adapter", "years",
    )  # fmt: skip


def test_like_takes_several_and_a_folder(ranker, tmp_path):
    both = ranker.rank([PHOTOS], like=[PHOTOS / "cat.jpg", PHOTOS / "rocket.jpg"])
    assert set(names(both)[:2]) == {"cat", "rocket"}
    for name in ("cat.jpg", "rocket.jpg"):
        (tmp_path / name).write_bytes((PHOTOS / name).read_bytes())
    assert ranker.rank([PHOTOS], like=tmp_path).images == both.images
    assert both.scorer == "like"


def test_a_scale_runs_from_one_picture_to_the_other(ranker):
    low, high = PHOTOS / "cat.jpg", PHOTOS / "rocket.jpg"
    ranking = ranker.rank([PHOTOS], between=(low, high))
    assert (names(ranking)[0], names(ranking)[-1]) == ("rocket", "cat")
    assert [ranking.images[0].score, ranking.images[-1].score] == pytest.approx([1, 0], abs=1e-3)
    turned = ranker.rank([PHOTOS], between=(high, low))
    assert names(turned) == names(ranking)[::-1]
    assert "between" in (ranking.scorer, ranker.rank([PHOTOS], "water", between=(low, high)).terms[1].scorer)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "sentence to rank by is missing"),
        ({"plus": [Term("a cat", weight=0)]}, "weight of 0"),
        ({"plus": ["  "]}, "no words"),
        ({"like": []}, "missing"),
        ({"between": (PHOTOS / "cat.jpg", PHOTOS / "cat.jpg")}, "look the same"),
        ({"opposite": "dark", "plus": ["a cat"]}, "other end"),
        ({"sentence": "a dog", "plus": ["a cat"], "refine": True}, "several scorers"),
        ({"plus": [Term(picture="nowhere.jpg")]}, "nowhere.jpg"),
        ({"plus": ["a \udcff cat"]}, "UTF-8"),
        ({"sentence": 5}, r"A sentence is a text, .* not 5 \(int\)"),
        ({"sentence": None}, "sentence to rank by is missing"),
        ({"sentence": b"a cat"}, "A sentence is a text"),
        ({"sentence": ["a cat", "a dog"]}, "A sentence is a text"),
        ({"sentence": 0}, "A sentence is a text"),
        ({"sentence": "a cat", "opposite": 5}, "A sentence is a text"),
        ({"like": 5}, "Images to compare with"),
        ({"like": b"cat.jpg"}, "Images to compare with"),
        ({"like": [5]}, "Images to compare with"),
        ({"between": 5}, "two ends"),
        ({"between": "ab"}, "two ends"),
        ({"between": (PHOTOS / "cat.jpg",)}, "two ends"),
        ({"between": (PHOTOS / "cat.jpg", 5)}, "Images to compare with"),
        ({"plus": "a cat"}, "Terms of a mix"),
        ({"minus": 5}, "Terms of a mix"),
        ({"plus": [5]}, "Terms of a mix"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(ranker, asked, told):
    with pytest.raises(UsageError, match=told):
        ranker.rank([PHOTOS], **asked)


@pytest.mark.parametrize("sources", [5, None, b"photos"])
def test_images_to_rank_are_paths(ranker, sources):
    with pytest.raises(UsageError, match="images to rank must be one path or several"):
        ranker.rank(sources, "a cat")


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"text": "a", "picture": "b"},
        {"text": "a", "weight": float("nan")},
        {"text": "a", "weight": 1e308},
        {"text": 5},
        {"text": "a", "weight": "b"},
    ],
)
def test_a_term_is_one_thing_with_a_weight(made):
    with pytest.raises(UsageError):
        Term(**made)


def test_a_sentence_that_denies_one_thing_beside_another_is_a_mix(ranker):
    ranking = ranker.rank([PHOTOS], "an animal but not a cat, no people")
    assert [(term.text, term.weight, term.adapter) for term in ranking.terms] == [
        ("an animal", 1.0, None), ("cat", -1.0, None), ("no people", 1.0, "mini-adapter"),
    ]  # fmt: skip
    assert ranking.query == "an animal but not a cat, no people"
    assert not {"cat", "kitten", "astronaut", "admiral"} & set(names(ranking)[:8])
    assert not any("not understood" in note for note in ranking.notes)


def test_a_ranker_that_is_named_answers_the_terms_that_ask_for_its_scale_and_else_the_first():
    with Ranker(adapter="mini-adapter") as named:
        asked_for = named.rank([PHOTOS], "a sunset at sea", plus=["older person"])
        assert [term.adapter for term in asked_for.terms] == [None, "mini-adapter"]
        not_asked_for = named.rank([PHOTOS], "a sunset at sea", plus=["a brass band"])
        assert [term.adapter for term in not_asked_for.terms] == ["mini-adapter", None]


def test_what_was_not_compared_again_is_said(ranker):
    assert any("compared again" in note for note in ranker.rank([PHOTOS], "a cat", refine=True).notes)
    assert not any("compared again" in note for note in ranker.rank([PHOTOS], "a cat").notes)


def test_a_ranker_that_is_named_answers_such_a_sentence_whole():
    with Ranker(adapter="mini-adapter") as named:
        assert named.rank([PHOTOS], "an older person without a cat").scorer == "adapter"
