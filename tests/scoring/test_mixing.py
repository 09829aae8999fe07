"""What people expect of a mix, whatever its terms score: laws of the rule that brings them to one scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.detail.qualities import AskedQuality, Quality
from imgrank.records import Asked, Doubt
from imgrank.rounding import rounded
from imgrank.scoring.detail import DetailScorer
from imgrank.scoring.mixing import MixScorer, MixTerm, mixed
from imgrank.scoring.question import Evidence, Question, Scored, Tally, TermEvidence, Verdict
from imgrank.scoring.scorers import Resources
from imgrank.tokens import PackedTokens, TokenShape

SHAPE = TokenShape(1, 1, 2)


@dataclass(frozen=True, eq=False)
class Known:
    """A scorer that reads its scores from the first number of a picture's embedding: which row of a table it is."""

    question: Question
    table: np.ndarray
    relevant: np.ndarray
    scale: float = 1.0
    opened: list[str] | None = None
    presence: float = 1.0
    adapter_files = ()

    @property
    def depends_on(self):
        return self.question.sentence, self.table.tobytes(), self.relevant.tobytes(), self.scale, self.presence

    def open(self, resources):
        if self.opened is not None:
            self.opened.append(self.question.sentence)
        return self._score

    def verdict(self, evidence):
        return Verdict("zero-shot", None, None, True, 1.0, Asked(None, None, ""))

    def _score(self, packed):
        rows = packed.embedding[:, 0].astype(int)
        scores, relevant = rounded(self.table[rows], self.scale), self.relevant[rows]
        return Scored(scores, relevant, Evidence.of(scores, relevant))


class Unsure(Known):
    """One that does not know what it was asked."""

    def verdict(self, evidence):
        return replace(super().verdict(evidence), confident=False, doubt=Doubt.unread)


def pictures(count):
    packed = PackedTokens.empty(count, SHAPE)
    packed.embedding[:, 0] = np.arange(count)
    return packed


def ask(terms, count, cuts=(), resources=None, name=None):
    packed, edges = pictures(count), [0, *sorted(cuts), count]
    blocks = [packed[start:end] for start, end in pairwise(edges) if end > start]
    return mixed(MixScorer(Question("mix"), tuple(terms)), iter(blocks), resources or Resources(), name)


@st.composite
def some_terms(draw, least=1):
    count = draw(st.integers(2, 12))
    terms = []
    for number in range(draw(st.integers(least, 4))):
        scale = draw(st.sampled_from([1e-3, 1.0, 10.0, 2e5]))
        values = draw(st.lists(st.floats(-3, 3), min_size=count, max_size=count))
        shown = draw(st.lists(st.booleans(), min_size=count, max_size=count))
        offset = draw(st.sampled_from([0.0, 2000.0]))
        table = np.array(values) * scale + offset * scale
        weight = draw(st.sampled_from([-2.0, -1.0, -0.3, 0.1, 0.5, 1.0, 3.0]))
        presence = draw(st.sampled_from([-1.0, 0.0, 1.0]))
        known = Known(Question(f"term {number}"), table, np.array(shown), scale, presence=presence)
        terms.append(MixTerm(known, weight))
    return terms, count


def order(answer):
    return np.lexsort((-answer.scores, ~answer.relevant)).tolist()


@given(some_terms(), st.lists(st.integers(0, 12), max_size=4), st.randoms())
@settings(deadline=None)
def test_neither_cuts_nor_the_order_of_terms_move_a_digit(made, cuts, random):
    terms, count = made
    whole = ask(terms, count)
    shuffled = random.sample(terms, len(terms))
    other = ask(shuffled, count, [min(cut, count) for cut in cuts])
    assert other.scores.tolist() == whole.scores.tolist()
    assert other.relevant.tolist() == whole.relevant.tolist()


@given(some_terms(), st.lists(st.integers(0, 12), max_size=4))
@settings(deadline=None)
def test_parts_that_are_scored_apart_come_to_the_same(made, cuts):
    """As engines do it: first the evidence of all parts, then the scores of each."""
    terms, count = made
    mix, whole = MixScorer(Question("mix"), tuple(terms)), ask(terms, count)
    edges = [0, *sorted(min(cut, count) for cut in cuts), count]
    blocks = [pictures(count)[a:b] for a, b in pairwise(edges) if b > a]
    said = [mix.open(Resources())(block).evidence for block in blocks]
    settled = mix.settled(sum(reversed(said), Evidence()))
    parts = settled.conclude([settled.open(Resources())(block) for block in blocks], Resources())
    assert parts.scores.tolist() == whole.scores.tolist()
    assert parts.relevant.tolist() == whole.relevant.tolist()
    assert parts.verdict == whole.verdict


@given(some_terms())
@settings(deadline=None)
def test_minus_mirrors_plus_along_scales(made):
    terms, count = made
    scales = [replace(term, scorer=replace(term.scorer, presence=0.0)) for term in terms]
    turned = [replace(term, weight=-term.weight) for term in scales]
    assert ask(turned, count).scores.tolist() == (-ask(scales, count).scores + 0.0).tolist()


@given(some_terms())
@settings(deadline=None)
def test_minus_of_one_term_alone_turns_its_order(made):
    terms, count = made
    term = replace(terms[0], scorer=replace(terms[0].scorer, relevant=np.ones(count, bool)))
    plus, minus = (ask([replace(term, weight=weight)], count).scores for weight in (1.0, -1.0))
    order = np.argsort(plus, kind="stable")
    tied = np.diff(plus[order]) == 0  # by rounding: the curve of a denial may still tell them apart
    assert (tied | (np.diff(minus[order]) <= 0)).all()


@given(some_terms())
@settings(deadline=None)
def test_minus_of_a_thing_is_plus_of_its_lack(made):
    """As "no dogs" asks for what "minus dogs" does."""
    terms, count = made
    shown = [replace(term, scorer=replace(term.scorer, relevant=np.ones(count, bool))) for term in terms]
    turned = [
        MixTerm(replace(one.scorer, table=-one.scorer.table, presence=-one.scorer.presence), -one.weight)
        for one in shown
    ]
    assert ask(turned, count).scores.tolist() == ask(shown, count).scores.tolist()


def test_of_what_shows_none_of_a_denied_thing_the_wanted_comes_first():
    """An empty beach looks a little like beaches full of people; a cave does not even do that."""
    names = ("empty beach", "cave", "full beach", "fuller beach", "street", "crowd")
    beach = Known(Question("a beach"), np.array([0.5, 0.3, 0.7, 0.65, 0.3, 0.25]), np.ones(6, bool))
    people = Known(Question("people"), np.array([0.45, 0.0, 1.0, 0.95, 0.9, 1.0]), np.ones(6, bool))
    first = [
        names[order(ask([MixTerm(beach, 1.0), MixTerm(replace(people, presence=presence), -1.0)], 6))[0]]
        for presence in (1.0, 0.0)
    ]
    assert first == ["empty beach", "cave"]  # along a scale, each step counts the same


@given(some_terms(), st.floats(-5, 5), st.booleans(), st.sampled_from([-1.0, 1.0]))
@settings(deadline=None)
def test_a_term_that_all_pictures_share_changes_no_order(made, value, shown, weight):
    terms, count = made
    shared = MixTerm(Known(Question("shared"), np.full(count, value), np.full(count, shown)), weight)
    with_it, without = ask([*terms, shared], count), ask(terms, count)
    assert with_it.relevant.tolist() == without.relevant.tolist()
    digit = 10.0**-4 * max(1.0, np.abs(without.scores).max())
    for one, other in zip(order(with_it), order(without), strict=True):
        assert one == other or abs(without.scores[one] - without.scores[other]) <= digit


@pytest.mark.parametrize(("others", "doubt"), [((), Doubt.cancelled), ((1.0,), None), ((0.5, -0.5), Doubt.cancelled)])
def test_terms_that_take_each_other_away_are_told_and_are_no_sure_order(others, doubt):
    cats = Known(Question("cats"), np.arange(3.0), np.ones(3, bool))
    dogs = Known(Question("dogs"), np.array([0.0, 2.0, 1.0]), np.ones(3, bool))
    terms = [MixTerm(cats, 1.0), MixTerm(cats, -1.0), *(MixTerm(dogs, weight) for weight in others)]
    verdict = ask(terms, 3).verdict
    assert verdict.confident == (verdict.confidence > 0) == (doubt is None)
    assert doubt is None or verdict.doubt is doubt


def test_both_ends_of_a_measured_quality_take_each_other_away():
    soft, sharp = (DetailScorer(Question("x"), AskedQuality(Quality.sharpness, turn)) for turn in (-1.0, 1.0))
    said = Tally(2, 3, 600, 140_000, 100)
    evidence = Evidence(count=3, terms=(TermEvidence(Evidence(count=3), said),) * 2)
    mix = MixScorer(Question("soft focus but not blurry"), (MixTerm(soft, 1.0), MixTerm(sharp, 1.0)))
    verdict = mix.verdict(evidence)
    assert (verdict.confident, verdict.doubt) == (False, Doubt.cancelled)


def test_a_mix_doubts_for_the_reason_of_the_term_that_is_doubted():
    known = Known(Question("cats"), np.arange(3.0), np.ones(3, bool))
    unread = Unsure(Question("猫"), np.arange(3.0), np.ones(3, bool))
    verdict = ask([MixTerm(known, 1.0), MixTerm(unread, 1.0)], 3).verdict
    assert (verdict.confident, verdict.doubt) == (False, Doubt.unread)


def test_what_lacks_a_subject_has_the_least_of_it_either_way():
    age = Known(Question("older person"), np.array([20.0, 70.0, 90.0]), np.array([True, True, False]), 20.0)
    cat = Known(Question("a cat"), np.array([0.3, 0.3, 0.3]), np.ones(3, bool))
    assert order(ask([MixTerm(cat, 1.0), MixTerm(age, 1.0)], 3)) == [1, 0, 2]
    assert order(ask([MixTerm(cat, 1.0), MixTerm(age, -1.0)], 3)) == [2, 0, 1]


@pytest.mark.parametrize(("weight", "stands_last"), [(0.1, False), (1.0, True)])
def test_a_picture_stands_last_where_it_lacks_half_of_what_is_wanted(weight, stands_last):
    age = Known(Question("older person"), np.array([20.0, 70.0]), np.array([True, False]), 20.0)
    beach = Known(Question("a beach"), np.array([0.1, 0.9]), np.ones(2, bool))
    answer = ask([MixTerm(beach, 1.0), MixTerm(age, weight)], 2)
    assert answer.relevant.tolist() == [True, not stands_last]


def test_units_do_not_matter():
    low = Known(Question("price"), np.array([1e5, 3e5, 2e5]), np.ones(3, bool), 1e5)
    same = Known(Question("price"), np.array([1.0, 3.0, 2.0]), np.ones(3, bool), 1.0)
    cat = MixTerm(Known(Question("a cat"), np.array([0.2, 0.1, 0.6]), np.ones(3, bool)), 1.0)
    mixes = [ask([MixTerm(one, 1.0), cat], 3).scores for one in (low, same)]
    assert mixes[0].tolist() == mixes[1].tolist()


def test_what_hardly_differs_hardly_counts():
    """A folder of beaches: rounding noise among them must not decide as much as who is there."""
    beach = Known(Question("a beach"), np.array([0.70003, 0.70002, 0.70001]), np.ones(3, bool))
    people = Known(Question("people"), np.array([0.1, 0.2, 0.3]), np.ones(3, bool))
    assert order(ask([MixTerm(beach, 1.0), MixTerm(people, 0.1)], 3)) == [2, 1, 0]


def test_terms_that_were_scored_are_not_scored_again():
    opened = []
    one, other, third = (
        Known(Question(name), np.array(values), np.ones(3, bool), opened=opened)
        for name, values in (("one", [0.1, 0.5, 0.9]), ("other", [0.9, 0.2, 0.1]), ("third", [0.2, 0.9, 0.2]))
    )
    kept = Resources()
    ask([MixTerm(one, 1.0), MixTerm(other, 1.0)], 3, resources=kept, name=b"folder")
    again = ask([MixTerm(one, 3.0), MixTerm(other, -1.0), MixTerm(third, 1.0)], 3, resources=kept, name=b"folder")
    assert opened == ["one", "other", "third"]
    fresh = ask([MixTerm(one, 3.0), MixTerm(other, -1.0), MixTerm(third, 1.0)], 3)
    assert again.scores.tolist() == fresh.scores.tolist()
    ask([MixTerm(one, 1.0), MixTerm(other, 1.0)], 3, resources=kept, name=b"another folder")
    assert opened[-2:] == ["one", "other"]


@given(st.lists(st.integers(-(2**45), 2**45), min_size=1, max_size=40), st.integers(0, 9))
def test_a_tally_is_exact_in_any_cut(values, cut):
    scores, flags = np.array(values, float), np.ones(len(values), bool)
    whole = Tally.of(scores, flags, 0)
    assert (whole.total, whole.squares) == (sum(values), sum(value**2 for value in values))
    assert Tally.of(scores[:cut], flags[:cut], 0) + Tally.of(scores[cut:], flags[cut:], 0) == whole


def test_a_mix_tells_of_images_too_small_to_measure_as_a_term_alone_does():
    sharp = DetailScorer(Question("sharpest"), AskedQuality(Quality.sharpness, 1.0))
    cats = Known(Question("cats"), np.zeros(3), np.ones(3, bool))
    mix = MixScorer(Question("mix"), (MixTerm(cats, 1.0), MixTerm(sharp, 1.0)))
    flags = np.array([True, True, False])
    measured = Scored(np.array([1.0, 2.0, 0.0]), flags, Evidence.of(np.zeros(3), flags))
    said = mix.settled(mix.of_terms([cats._score(pictures(3)), measured]).evidence)
    notes = said.verdict(mix.of_terms([cats._score(pictures(3)), measured]).evidence).notes
    alone = sharp.verdict(measured.evidence).notes[0]
    assert f"'sharpest': {alone}" in notes
