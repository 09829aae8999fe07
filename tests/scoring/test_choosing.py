"""Which trained query answers a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank import Ranker
from imgrank.adapter import files
from imgrank.adapter.header import Query, ValMetrics
from imgrank.adapter.registry import find_adapter
from imgrank.errors import AdapterError
from imgrank.scoring.adapter_scorer import AdapterScorer
from imgrank.scoring.asking import ask
from imgrank.scoring.choosing import FIRST, NO_RANKER_HERE, Candidates, who_answers
from imgrank.scoring.detail import quality_in
from imgrank.scoring.one_sentence import adapter_scorer
from imgrank.scoring.question import Evidence, Question
from imgrank.tokens import TextTokens
from tests.adapter.making import adapter, unit
from tests.explaining.making import RedRanker

AGES = adapter().header


@pytest.fixture(scope="module")
def ranker():
    return Ranker()


def shipped(ranker):
    return Candidates((find_adapter("mini-adapter"),), ranker.backbone.fingerprint)


STRANGERS = """
a red car|a car|cars|a dirty car|more cars|a young woman|a group of people|bright colours|bigger dog|a dog|dogs
old coin|white blood cells|more white blood cells|plates|noisy street|dark hair|best friends|people hiking
newest|newest photo|the most recent pictures|latest photos
old photograph|the oldest photos|old building|old book|new phone|newest phone|young tree|big dog|best friend|good boy
photos with at least one animal
people facing away|in focus faces|no children|without adults
grainy photos of people|bad photos of dogs|les personnes les plus âgées
no old photos|not an old photograph|an old man|older man with a beard|taller man|older farmer
funny|hilarious photos|the happy picture|saddest photos|creepier photos|most nostalgic|silly pictures
most cluttered|cluttered|more cluttered|typical photos|real photos
more sky|the best dog|worst dog|old woman|older dog|number of leukocytes|sharp teeth|noisy children|busiest street
"""


def assert_all_ask_for(ranker, query, sentences):
    """Each sentence is answered by the query; a minus before its name says from the other end."""
    for sentence in sentences.split("|"):
        choice = who_answers(sentence, shipped(ranker), ranker.sentence)
        assert choice is not None, sentence
        assert "-" * choice.reversed + choice.query.name == query, sentence


@pytest.mark.parametrize("sentence", STRANGERS.strip().replace("\n", "|").split("|"))
def test_a_sentence_that_asks_for_no_trained_scale_is_nobodys(ranker, sentence):
    assert who_answers(sentence, shipped(ranker), ranker.sentence) is None


@pytest.mark.parametrize(
    ("query", "sentences"),
    {
        "good photo quality": "best photo|good photo|better photo|best photos|the best photo",
        "older person": "oldest person|the oldest people|who is the oldest|age of the sitter",
        "newer car": "newest car|most recent cars|please sort the cars by model year",
        "more people": "most people|at least 3 people|at least three people|how many persons|lots of people",
        "more dogs": "most dogs|at least two dogs|count of the dogs",
        "blurry": "blurriest|how blurred each image is|very blurry picture",
    }.items(),
)
def test_number_article_and_form_of_the_superlative_do_not_matter(ranker, query, sentences):
    assert_all_ask_for(ranker, query, sentences)


@pytest.mark.parametrize(
    ("query", "sentences"),
    {
        "good photo quality": "worst photo|bad pictures|low quality photo",
        "older person": "youngest person|younger people",
        "newer car": "oldest car|older cars",
        "more people": "fewer people|fewest persons",
        "blurry": "sharpest photo|not blurry|in focus",
        "low contrast": "more contrast|highest contrast",
        "underexposed": "brightest photo",
    }.items(),
)
def test_the_other_end_is_known(ranker, query, sentences):
    for sentence in sentences.split("|"):
        choice = who_answers(sentence, shipped(ranker), ranker.sentence)
        assert choice is not None, sentence
        assert (choice.query.name, choice.reversed) == (query, True), sentence


@pytest.mark.parametrize(
    ("query", "sentences"),
    {
        "older person": "sort by age|from old to young|order the people from oldest to youngest|WHO LOOKS OLDEST?",
        "newer car": "which car is the newest?|latest BMW|newest to oldest car",
        "more people": "# of people|nr. of people|people per image|crowdedness|poeple count",
        "more red blood cells": "RBC count|RBCs per field",
        "blurry": "bluriest|blury photos|out-of-focus shots",
        "underexposed": "underexpsed|badly lit|too dark",
        "-older person": "from young to old|oldest last|increasing youth of the face",
        "-newer car": "vintage cars first|oldest truck",
        "-more people": "few people|no people",
        "-underexposed": "brightness|least dark",
    }.items(),
)
def test_an_order_may_be_asked_for_in_many_ways(ranker, query, sentences):
    assert_all_ask_for(ranker, query, sentences)


ASKED = """
older person|youngest faces|most people|fewest dogs|best photo|bad pictures|newest car|more platelets|blurriest
lowest contrast|number of erythrocytes|a red car|young tree|old photograph|wood grain|cats|noisy street
"""


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(ASKED.strip().replace("\n", "|").split("|")),
    st.sampled_from(["", "the ", "The  "]),
    st.sampled_from(["", "?", " !", "."]),
    st.booleans(),
)
def test_article_capitals_and_punctuation_never_change_who_answers(sentence, article, end, capitals):
    with Ranker() as ranker:
        known = who_answers(sentence, shipped(ranker), ranker.sentence)
        said = f"{article}{sentence}{end}"
        found = who_answers(said.upper() if capitals else said, shipped(ranker), ranker.sentence)
    assert (found and (found.query.name, found.reversed)) == (known and (known.query.name, known.reversed))


@pytest.mark.parametrize(
    "alike",
    [
        "oldest person|oldest persons|oldest people",
        "best photo|best photos",
        "newer car|newer cars",
        "red car|red cars",
        "young tree|young trees",
        "a crowd|crowds",
        "dark picture|dark pictures",
    ],
)
def test_number_never_changes_who_answers(ranker, alike):
    found = [who_answers(sentence, shipped(ranker), ranker.sentence) for sentence in alike.split("|")]
    assert len({choice and (choice.query.name, choice.reversed) for choice in found}) == 1


def test_a_users_query_of_one_phrasing_is_as_strict(ranker):
    header = find_adapter("mini-adapter")
    query = Query(("messier room",), ranker.sentence("messier room").embedding[None])
    mine = Candidates((replace(header, queries=(query,), shipped=False),), ranker.backbone.fingerprint)
    found = {
        s: who_answers(s, mine, ranker.sentence) for s in ("messiest rooms", "tidiest room", "a red room", "rooms")
    }
    assert [choice and choice.reversed for choice in found.values()] == [False, True, None, None]


def of_faces(ranker):
    """A user's ranker of one phrasing."""
    header = find_adapter("mini-adapter")
    query = Query(("older face",), ranker.sentence("older face").embedding[None])
    return Candidates((replace(header, queries=(query,), shipped=False),), ranker.backbone.fingerprint)


@pytest.mark.parametrize("sentence", ["anything but an older face", "excluding old faces", "nothing like an old face"])
def test_what_a_whole_sentence_denies_comes_last_in_a_users_ranker(ranker, sentence):
    choice = who_answers(sentence, of_faces(ranker), ranker.sentence)
    assert choice is not None and choice.reversed
    choice = who_answers("anything but young faces", of_faces(ranker), ranker.sentence)
    assert choice is not None and not choice.reversed


def test_an_order_that_ignored_a_not_is_never_confident(ranker):
    def verdict(sentence):
        choice = who_answers(sentence, of_faces(ranker), ranker.sentence)
        scorer = adapter_scorer(Question(sentence), choice, ranker.sentence)
        return scorer.verdict(Evidence.of(np.ones(9), np.ones(9, bool)))

    assert verdict("oldest face").confident
    ignored = verdict("neither old nor young face")
    assert any("not understood" in note for note in ignored.notes)
    assert not ignored.confident


@pytest.mark.parametrize(("lead", "said"), [(None, False), (-0.1, True), (0.0, True), (0.1, False)])
def test_a_ranker_whose_figures_show_nothing_says_so_beside_the_order(ranker, lead, said):
    [header] = of_faces(ranker).headers
    taught = replace(header.queries[0], metrics=ValMetrics(rows=3, trained_on=10, lead=lead))
    candidates = Candidates((replace(header, name="mine", queries=(taught,)),), ranker.backbone.fingerprint)
    scorer = adapter_scorer(
        Question("older face"), who_answers("older face", candidates, ranker.sentence), ranker.sentence
    )
    verdict = scorer.verdict(Evidence.of(np.ones(9), np.ones(9, bool)))
    note = "trained on 10 examples, the ranker mine is not shown to order better than the words alone, or than chance"
    assert verdict.notes == ((note,) if said else ())
    assert verdict.confident


@pytest.mark.parametrize(
    "sentence", ["oldest face", "the oldest faces", "an old face", "Older Faces", "old faces", "oldest face first"]
)
def test_a_users_own_words_in_any_form_win_over_the_shipped_ranker(ranker, sentence):
    header = find_adapter("mini-adapter")
    exact = replace(header.queries[0], phrasings=("more wrinkles", "oldest face", "old faces", "an old face"))
    theirs = replace(header, queries=(exact,))
    both = Candidates((replace(of_faces(ranker).headers[0], name="mine"), theirs, header), ranker.backbone.fingerprint)
    choice = who_answers(sentence, both, ranker.sentence)
    assert choice is not None
    assert (choice.adapter.name, choice.query.name, choice.reversed) == ("mine", "older face", False)
    stranger = who_answers("more dogs", both, ranker.sentence)
    assert stranger is not None and stranger.adapter.shipped


@pytest.mark.parametrize(
    ("sentence", "asks_for_another"),
    [("more dogs", True), ("oldest car", True), ("a red balloon", True), ("oldest face", False), ("a face", False)],
)
def test_a_ranker_named_for_something_else_says_what_it_orders_by_and_is_not_confident(
    ranker, sentence, asks_for_another
):
    candidates = replace(of_faces(ranker), named=True)
    scorer = adapter_scorer(Question(sentence), who_answers(sentence, candidates, ranker.sentence), ranker.sentence)
    verdict = scorer.verdict(Evidence.of(np.ones(9), np.ones(9, bool)))
    assert verdict.scorer == "adapter"
    assert verdict.confident is not asks_for_another
    assert sum("the order is by 'older face'" in note for note in verdict.notes) == asks_for_another


def encode(_: str) -> TextTokens:
    return TextTokens(np.zeros((1, 1), np.float32), unit(1, 99)[0])


def answering(text: str, *headers, named: bool = False):
    return who_answers(text, Candidates(headers or (AGES,), AGES.fingerprint, named), encode)


def test_the_words_of_a_query_find_it_whatever_the_backbone_makes_of_them() -> None:
    choice = answering("More People")
    assert choice is not None and (choice.query.name, choice.similarity) == ("more people", 1.0)


def test_who_is_asked_for_by_name_answers_a_stranger_by_the_sentence_itself() -> None:
    assert answering("a stranger") is None
    choice = answering("a stranger", named=True)
    assert choice is not None and choice.words == "a stranger"


def test_an_adapter_of_another_backbone_is_not_asked_and_refused_by_name(tmp_path) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    assert Candidates.of("auto", "other", "f" * 16).headers == ()
    assert Candidates.of("none", "mini", AGES.fingerprint).headers == ()
    assert Candidates.of(str(path), "mini", AGES.fingerprint).named
    with pytest.raises(AdapterError, match="trained on the tokens of backbone mini"):
        Candidates.of(str(path), "other", "f" * 16)


def test_an_adapter_of_an_earlier_version_is_refused_by_name_with_what_to_do(tmp_path) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    with pytest.raises(AdapterError, match="earlier imgrank") as refusal:
        Candidates.of(str(path), "mini", "f" * 16)
    assert "imgrank train" in refusal.value.remedy


def test_among_equals_the_users_own_answers() -> None:
    choice = answering("more people", replace(AGES, name="first"), replace(AGES, name="second"))
    assert choice is not None and choice.adapter.name == "first"


@pytest.mark.parametrize(
    ("sentence", "asks"),
    [
        ("blocks of flats", False),
        ("clothes after washing", False),
        ("low contrast between rich and poor", False),
        ("grainy texture of sand", False),
        ("compression artifacts around edges", True),
        ("level of noise", True),
        ("lack of contrast", True),
        ("blur in the background", True),
        ("motion blur of the whole image", True),
    ],
)
def test_a_thing_that_is_said_of_another_is_no_quality_of_the_photograph(ranker, sentence, asks):
    """What a query about photographs does not explain, beyond a preposition, is what the picture shows."""
    candidates = Candidates.of("auto", ranker.backbone.name, ranker.backbone.fingerprint)
    assert (who_answers(sentence, candidates, ranker.sentence) is not None) == asks


def test_a_model_that_no_ranker_was_trained_on_is_said_to_be_that():
    class Other(RedRanker):
        adapter = "auto"

    assert ask(Question("older person"), Other()).asked.reason == NO_RANKER_HERE


@pytest.mark.parametrize(
    ("query", "sentences"),
    {
        "underexposed": "didn't get enough light|not enough light got in|dimmest photo",
        "newer car": "older cars at the bottom",
        "more people": "people, fewest at the end",
        "-older person": "oldies last",
        "-noisy": "nothing grainy please",
        "blurry": "shaky hands ruined these",
        "-more people": "hardly anyone in them first|n_people asc",
        "-blurry": "blurry ones last|leave the blurry ones for last|I want to print big so nothing soft",
    }.items(),
)
def test_a_wish_may_be_said_around(ranker, query, sentences):
    assert_all_ask_for(ranker, query, sentences)


@pytest.mark.parametrize(
    ("sentence", "ordered_by", "minus"),
    [
        ("brightest photo", "how dark the photo is, brightest first", "prediction"),
        ("underexposed", "how dark the photo is, darkest first", ""),
        ("younger person", "age of the person, youngest first", "predicted years"),
        ("fewest dogs", "number of dogs, fewest first", "predicted dogs"),
        ("sharpest photo", "sharpness", ""),
        ("blurriest photo", "sharpness, least first", "sharpness"),
        ("no umbrella", "", "similarity"),
        ("an umbrella", "", ""),
    ],
)
def test_what_stands_first_is_said_in_plain_words(ranker, sentence, ordered_by, minus):
    """And no name that a query has inside: who types "brightest" hears nothing of "underexposed"."""
    verdict = ask(Question(sentence), ranker, detailed=True).verdict(Evidence.of(np.zeros(1), np.ones(1, bool)))
    assert (verdict.asked.quantity, verdict.asked.minus) == (ordered_by, minus)
    assert not any(verdict.asked.query in note for note in verdict.notes if verdict.asked.answers)


def test_every_shipped_query_has_words_for_both_ends(ranker):
    names = {query.name for header in shipped(ranker).headers for query in header.queries}
    assert names - set(FIRST) == {"jpeg artifacts"}


def test_a_not_that_was_read_is_not_said_to_be_ignored(ranker):
    """Whoever was asked for by rules knows nothing of it, and says so."""
    scorer = ask(Question("didn't get enough light"), ranker)
    assert isinstance(scorer, AdapterScorer) and scorer.notes == ()


@pytest.mark.parametrize("sentence", ["{} sharp", "photos that {} noisy", "{} blurry"])
@pytest.mark.parametrize("contracted", ["isn't", "isn’t", "aren't", "AREN'T"])
def test_a_contraction_denies_as_its_words_do(ranker, sentence, contracted):
    whole = "is not" if contracted.startswith("is") else "are not"
    said = sentence.format(contracted), sentence.format(whole)
    one, other = (who_answers(text, shipped(ranker), ranker.sentence) for text in said)
    assert one is not None and other is not None
    assert (one.query.name, one.reversed) == (other.query.name, other.reversed)
    assert quality_in(said[0]) == quality_in(said[1]) is not None


def test_a_users_own_ranker_of_the_same_query_answers_what_is_said_around(ranker):
    own = find_adapter("mini-adapter")
    both = Candidates((replace(own, name="mine", shipped=False), own), ranker.backbone.fingerprint)
    choice = who_answers("didn't get enough light", both, ranker.sentence)
    assert choice is not None and (choice.adapter.name, choice.query.name) == ("mine", "underexposed")


@pytest.mark.parametrize("sentence", ["without any dogs", "no dogs", "dogs last", "leave the dogs for last"])
def test_what_is_to_be_absent_is_counted_from_the_other_end(ranker, sentence):
    choice = who_answers(sentence, shipped(ranker), ranker.sentence)
    assert choice.query.name == "more dogs" and choice.reversed


@pytest.mark.parametrize("sentence", ["without any birds", "no balloons", "cats last", "put the animals last"])
def test_what_nobody_counts_is_not_denied_by_a_count_of_other_things(ranker, sentence):
    assert who_answers(sentence, shipped(ranker), ranker.sentence) is None


def test_the_fewest_last_is_the_most_first(ranker):
    choice = who_answers("fewest dogs last", shipped(ranker), ranker.sentence)
    assert choice.query.name == "more dogs" and not choice.reversed


@pytest.mark.parametrize(
    "somebody", ("man", "woman", "lady", "gentleman", "guy", "boy", "girl", "child", "toddler", "sister")
)
def test_the_age_of_anybody_is_asked_for_in_any_number_and_degree(ranker, somebody):
    """The model that was taught how people ask knew "older men" and "oldest man", and not "older man"."""
    several = {"man": "men", "woman": "women", "gentleman": "gentlemen", "lady": "ladies", "child": "children"}
    for who in (somebody, several.get(somebody, f"{somebody}s")):
        assert_all_ask_for(ranker, "older person", f"older {who}|the oldest {who}|older {who} first")
        assert_all_ask_for(ranker, "-older person", f"younger {who}|Youngest {who} at the top")
