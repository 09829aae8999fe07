"""How sure a denial is, and what is called good or bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker
from imgrank.records import Doubt

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
CATS = {"cat.jpg", "kitten.jpg"}


@pytest.fixture(scope="module")
def ranker():
    with Ranker(adapter="none") as made:
        yield made


def test_no_cat_is_sure_where_no_picture_shows_one(ranker):
    ranking = ranker.rank([path for path in PHOTOS.glob("*.jpg") if path.name not in CATS], "no cat")
    assert ranking.confident and ranking.confidence > 0.5


def test_no_cat_is_sure_where_some_pictures_show_one_and_these_come_last(ranker):
    ranking = ranker.rank([PHOTOS], "no cat")
    assert ranking.confident
    assert {Path(image.path).name for image in ranking.images[-2:]} == CATS


def test_no_cat_is_not_sure_where_all_pictures_show_one(ranker):
    assert not ranker.rank([PHOTOS / name for name in CATS], "no cat").confident


def test_what_fits_a_denial_is_what_lacks_the_thing(ranker):
    images = ranker.rank([PHOTOS], "no cat").images
    assert images[0].fits and not images[-1].fits


def test_best_and_worst_of_a_thing_are_likeness_to_it_and_said_to_be(ranker):
    best, worst, plain = (ranker.rank([PHOTOS], text) for text in ("The best dog", "worst dog", "a dog"))
    assert [image.path for image in best.images] == [image.path for image in worst.images]
    assert best.images[0].path == plain.images[0].path
    assert any("cannot be seen" in note for note in best.notes)
    assert not any("cannot be seen" in note for note in plain.notes)


@pytest.mark.parametrize("sentence", ["no dogs at all", "fewest dogs"])
def test_what_shows_no_dog_has_none_however_many_it_looks_like(sentence):
    """The shipped ranker counts two dogs where there are horses, and knows that it sees no dog."""
    with Ranker() as counting:
        last, most = counting.rank([PHOTOS], sentence).images[-1], counting.rank([PHOTOS], "more dogs").images
    assert (Path(last.path).name, last.score) == ("dog.jpg", -most[0].score)
    assert not most[1].relevant and most[1].score > most[0].score  # horses


@pytest.mark.parametrize("sentence", ["no dogs, no cats", "neither dogs nor cats", "without dogs and cats"])
def test_of_two_things_that_are_denied_what_lacks_both_stands_first(ranker, sentence):
    ranking = ranker.rank([PHOTOS], sentence)
    assert ranking.confident and (ranking.scorer, ranking.query) == ("mix", sentence)
    assert [(term.text, term.weight) for term in ranking.terms] == [("no dogs", 1.0), ("no cats", 1.0)]
    assert {"dog.jpg", *CATS} <= {Path(image.path).name for image in ranking.images[-5:]}
    assert not any("not understood" in note for note in ranking.notes)


@pytest.mark.parametrize(
    ("framed", "plain"),
    [
        ("the dog first please", "the dog"),
        ("could you find me the cats", "the cats"),
        ("i would like to see dogs", "dogs"),
        ("pictures of a horse please", "a horse"),
        ("please show me pictures without cats", "pictures without cats"),
        ("i want dogs, no people please", "dogs, no people"),
    ],
)
def test_who_asks_in_a_polite_frame_is_answered_as_who_does_not(ranker, framed, plain):
    asked, bare = ranker.rank([PHOTOS], framed), ranker.rank([PHOTOS], plain)
    assert (asked.query, asked.images) == (framed, bare.images)
    assert (asked.confident, asked.confidence) == (bare.confident, bare.confidence)


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("neither old nor young", "'old' and 'young'"),
        ("old or young", "'old' and 'young'"),
        ("old but not too old", "'old' and 'not too old'"),
        ("sharp or blurry", "'sharp' and 'blurry'"),
        ("from young to old or old to young", "'young' and 'old'"),
        ("lots of dogs but few dogs", "'lots of dogs' and 'few dogs'"),
    ],
)
def test_who_names_both_ends_of_a_scale_is_not_answered_for_sure_by_one(sentence, named):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert (ranking.confident, ranking.confidence) == (False, 0.0)
    assert any(note.startswith(f"{named} are two ends of one scale") for note in ranking.notes)


def test_a_ranker_that_is_asked_by_name_is_not_sure_of_a_not_that_is_ignored():
    with Ranker(adapter="mini-adapter") as by_name:
        ranking = by_name.rank([PHOTOS], "a person not wearing a hat")
    assert any("was ignored" in note for note in ranking.notes)
    assert (ranking.scorer, ranking.confident, ranking.confidence) == ("adapter", False, 0.0)


@pytest.mark.parametrize(
    ("sentence", "ignored"),
    [
        ("no dogs, sharp", "sharp"),
        ("no people, a beach", "a beach"),
    ],
)
def test_what_stands_behind_a_denial_and_is_not_answered_is_said_to_be_ignored(sentence, ignored):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert (ranking.confident, ranking.confidence) == (False, 0.0)
    assert f"'{ignored}' is not understood beside what is excluded, and was ignored" in ranking.notes


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ("no people, sharpest first", [("sharpest", 1.0), ("no people", 1.0)]),
        ("no people and sharpest first", [("sharpest", 1.0), ("no people", 1.0)]),
        ("no dogs or cats, least noise", [("least noise", 1.0), ("no dogs", 1.0), ("cats", -1.0)]),
        ("no dogs, older person", [("older person", 1.0), ("no dogs", 1.0)]),
    ],
)
def test_an_order_that_is_asked_for_behind_a_denial_is_a_term_of_its_own(sentence, terms):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert [(term.text, term.weight) for term in ranking.terms] == terms
    assert not any("ignored" in note for note in ranking.notes)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("no people except children", "'except' after 'no' is not understood"),
        ("everyone but the children", "'but' after 'everyone' is not understood"),
        ("no blur except in the background", "'except' after 'no' is not understood"),
        ("dogs, no dogs", "'dogs' is both asked for and denied"),
        ("sharp and not sharp", "'sharp' is both asked for and denied"),
    ],
)
def test_nobody_is_sure_of_an_exception_or_a_contradiction(sentence, told):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert (ranking.confident, ranking.confidence, ranking.doubt) == (False, 0.0, Doubt.unread)
    assert len([note for note in ranking.notes if note.startswith(told)]) == 1
    assert not any("was ignored" in note for note in ranking.notes)


@pytest.mark.parametrize(
    "sentence", ["no dogs, and people", "no dogs and with people", "without dogs and with people", "no dogs but people"]
)
def test_what_is_wanted_behind_a_denial_is_as_before_it(sentence):
    with Ranker() as asked:
        said, plain = (asked.rank([PHOTOS], words) for words in (sentence, "people, no dogs"))
    assert [image.path for image in said.images] == [image.path for image in plain.images]
    assert [(term.text, term.weight) for term in said.terms] == [("people", 1.0), ("no dogs", 1.0)]


@pytest.mark.parametrize("sentence", ["no dogs and people", "without dogs and people"])
def test_two_things_behind_one_denial_are_read_as_neither_and_that_is_said(sentence):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert [term.text for term in ranking.terms] == ["no dogs", "no people"]
    assert f"'{sentence}' is read as neither; to see 'people', write 'people, no dogs'" in ranking.notes


@pytest.mark.parametrize("sentence", ["no dogs, people", "no dogs; people", "no dogs and house", "no dogs and sunset"])
def test_what_may_be_denied_too_leaves_the_denied_last_and_is_no_sure_order(sentence):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert (Path(ranking.images[-1].path).name, ranking.confident) == ("dog.jpg", False)
    assert any("beside what is excluded, and was ignored" in note for note in ranking.notes)


@pytest.mark.parametrize("sentence", ["no dogs, please", "not blurry, crisp", "no dogs, no cats"])
def test_of_a_denial_that_is_understood_whole_nothing_is_said_to_be_ignored(sentence):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert ranking.confident and not any("ignored" in note for note in ranking.notes)


def test_a_mix_does_not_repeat_a_very_long_term_whole(ranker):
    ranking = ranker.rank([PHOTOS], "a cat", plus=["a dog " * 250])
    assert any("the sentence is too long" in note for note in ranking.notes)
    assert max(map(len, (*ranking.notes, ranking.asked.quantity))) < 400


def test_a_bound_is_said_not_to_be_known():
    with Ranker() as asked:
        bounded, plain = (asked.rank([PHOTOS], sentence) for sentence in ("not too old", "not old"))
    assert any("does not know how much is 'too old'" in note for note in bounded.notes)
    assert not any("not known" in note for note in plain.notes)


def test_of_thousands_of_words_the_first_are_read_and_that_is_said(ranker):
    sentence = "a cat " * 5000
    ranking = ranker.rank([PHOTOS], sentence)
    assert ranking.query == sentence.strip()
    assert ranking.images == ranker.rank([PHOTOS], "a cat " * 100).images
    said = "the sentence is too long, and only its first 200 words or 2,000 characters are read"
    assert said in ranking.notes
    assert said not in ranker.rank([PHOTOS], "a cat " * 100).notes


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ("lots of people but few dogs", [("lots of people", 1.0, "adapter"), ("few dogs", 1.0, "adapter")]),
        ("lots of cats and few dogs", [("lots of cats", 1.0, "zero-shot"), ("few dogs", 1.0, "adapter")]),
        ("many dogs, few cats", [("many dogs", 1.0, "adapter"), ("cats", -1.0, "zero-shot")]),
    ],
)
def test_two_amounts_are_two_terms(sentence, terms):
    with Ranker() as asked:
        ranking = asked.rank([PHOTOS], sentence)
    assert [(term.text, term.weight, term.scorer) for term in ranking.terms] == terms


def test_no_one_is_no_people_and_nobody_who_does_something_is_not_understood():
    with Ranker() as asked:
        no_one, no_people, nobody = (
            asked.rank([PHOTOS], sentence)
            for sentence in ("No one is in the picture", "no people", "nobody is smiling")
        )
    assert no_one.query == "No one is in the picture"
    assert [image.path for image in no_one.images] == [image.path for image in no_people.images]
    assert not nobody.confident
    assert any("was ignored" in note for note in nobody.notes)


@pytest.fixture(scope="module")
def counting():
    with Ranker() as made:
        yield made


def fitting(ranking):
    return {Path(image.path).name for image in ranking.images if image.relevant and image.fits}


@pytest.mark.parametrize(("sentence", "shows"), [("no people", "astronaut.jpg"), ("fewest dogs", "dog.jpg")])
def test_what_shows_some_of_what_is_counted_fits_no_denial_of_it(counting, sentence, shows):
    fits = fitting(counting.rank([PHOTOS], sentence))
    assert shows not in fits
    assert {"windmill.jpg", "mountains.jpg"} <= fits


def test_no_dogs_is_not_sure_where_all_pictures_show_one_and_fewest_dogs_is_an_order(counting):
    denied, fewest = (counting.rank([PHOTOS / "dog.jpg"], sentence) for sentence in ("no dogs", "fewest dogs"))
    assert (denied.confident, fewest.confident) == (False, True)


def test_what_fits_a_mix_fits_each_of_its_terms_and_shows_none_of_what_is_to_be_less(counting):
    assert fitting(counting.rank([PHOTOS], "a cat but not an owl")) == CATS
    assert fitting(counting.rank([PHOTOS], "an owl", plus=["no dogs"])) == {"owl.jpg"}
    assert fitting(counting.rank([PHOTOS], "an owl", minus=["a bird"])) <= {"owl.jpg"}
    assert not CATS & fitting(counting.rank([PHOTOS], plus=["no dogs"], minus=["a cat"]))


def test_of_a_mix_what_cannot_tell_what_fits_leaves_it_to_the_others(counting):
    assert fitting(counting.rank([PHOTOS], "sharpest photo", plus=["a cat"])) == CATS


@pytest.mark.parametrize("sentence", ["shorter women", "taller men"])
def test_a_scale_of_what_no_picture_surely_shows_is_not_sure_and_sets_none_aside(counting, sentence):
    ranking = counting.rank([PHOTOS], sentence)
    assert not ranking.confident
    assert all(image.relevant for image in ranking.images)
    scores = [image.score for image in ranking.images]
    assert scores == sorted(scores, reverse=True)


def test_of_a_very_long_other_end_the_beginning_is_read_and_that_is_said(ranker):
    said = "the other end of the scale is too long, and only its first 200 words or 2,000 characters are read"
    long, cut, short = (ranker.rank([PHOTOS], "a cat", opposite="dog " * count) for count in (210, 200, 3))
    assert said in long.notes and said not in short.notes
    assert [image.score for image in long.images] == [image.score for image in cut.images]


@pytest.fixture(scope="module")
def shipped():
    with Ranker() as made:
        yield made


def _order(ranker, sentence):
    return [image.path for image in ranker.rank([PHOTOS], sentence).images]


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("blurry, not sharp", "blurry"),
        ("blurry not sharp", "blurry"),
        ("sharp, not blurry", "sharp"),
        ("old, not young", "old"),
        ("a person, no one else", "a person"),
        ("nothing but dogs", "dogs"),
        ("no one but an old man", "an old man"),
        ("no shortage of people", "many people"),
        ("not without people", "many people"),
        ("no doubt a cat", "a cat"),
        ("not blurry, people last", "not blurry"),
        ("no dogs, most people last", "no dogs"),
        ("without people, people last", "no people"),
        ("no people, oldest first", "no people"),
    ],
)
def test_a_turn_of_phrase_is_ordered_as_what_it_means(shipped, sentence, plain):
    assert _order(shipped, sentence) == _order(shipped, plain)


@pytest.mark.parametrize(
    ("sentence", "note"),
    [
        ("a person, no one else", "'no one else' is not understood"),
        ("dogs, not many", "'not many' is not understood"),
        ("not blurry, people last", "'people last' is not understood beside what is excluded"),
        ("no people, oldest first", "'oldest first' asks for what 'no people' excludes"),
        ("no people, most people first", "'most people first' asks for what 'no people' excludes"),
        ("people, no people in the background", "'people' is both asked for and denied"),
        ("a man with a hat next to a man with no hat", "'a hat' is both asked for and denied"),
        ("young and old together", "'young' and 'old' are two ends of one scale"),
    ],
)
def test_what_is_not_understood_is_told_and_doubted(shipped, sentence, note):
    ranking = shipped.rank([PHOTOS], sentence)
    assert not ranking.confident
    assert any(said.startswith(note) for said in ranking.notes)


def test_glasses_are_no_glass(shipped):
    assert not any("asked for and denied" in note for note in shipped.rank([PHOTOS], "glasses without glass").notes)
