"""Which trained query answers a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imgrank.adapter import files
from imgrank.errors import AdapterError
from imgrank.scoring.choosing import Candidates, who_answers
from imgrank.tokens import TextTokens
from tests.adapter.making import adapter, unit

AGES = adapter().header
OLDER = AGES.queries[0].embeddings[0]
KNOWN = {
    "the eldest": 3 * AGES.queries[0].embeddings[1],
    "crowds": AGES.queries[1].embeddings[0],
    "younger human": 0.9 * OLDER + 0.43 * unit(1, 50)[0],  # opposites stand near each other
    "older human": OLDER,
}


def encode(text: str) -> TextTokens:
    found = KNOWN.get(text, unit(1, 99)[0])
    return TextTokens(np.zeros((1, 1), np.float32), found)


def answering(text: str, *headers, named: bool = False):
    return who_answers(text, Candidates(headers or (AGES,), named), encode)


def test_the_nearest_query_answers() -> None:
    choice = answering("crowds")
    assert choice is not None
    assert (choice.query.name, choice.reversed) == ("more people", False)
    assert choice.similarity == pytest.approx(1)


def test_every_phrasing_counts() -> None:
    choice = answering("the eldest")
    assert choice is not None and choice.query.name == "older person"


def test_the_words_of_a_query_find_it_whatever_the_backbone_makes_of_them() -> None:
    choice = answering("More People")
    assert choice is not None and (choice.query.name, choice.similarity) == ("more people", 1.0)


def test_a_stranger_is_answered_by_none_and_the_threshold_decides() -> None:
    assert answering("a stranger") is None
    assert answering("a stranger", replace(AGES, threshold=-1.0)) is not None
    assert answering("a stranger", named=True) is not None


def test_an_adapter_of_another_backbone_is_not_asked_and_refused_by_name(tmp_path) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    assert Candidates.of("auto", "other", "f" * 16).headers == ()
    assert Candidates.of("none", "mini", AGES.fingerprint).headers == ()
    assert Candidates.of(str(path), "mini", AGES.fingerprint).named
    with pytest.raises(AdapterError, match="trained on the tokens of backbone mini"):
        Candidates.of(str(path), "other", "f" * 16)


def test_the_other_end_of_a_query_is_known_by_the_sentence_turned_around() -> None:
    straight, turned = answering("older human"), answering("younger human")
    assert straight is not None and not straight.reversed
    assert turned is not None and turned.reversed and turned.query.name == "older person"


def test_among_equals_the_users_own_answers() -> None:
    choice = answering("crowds", replace(AGES, name="first"), replace(AGES, name="second"))
    assert choice is not None and choice.adapter.name == "first"
