"""Sorting with a backbone that nobody measured: sure or not by its own cosines to other things."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import Ranker, Term
from imgrank.backbone.open_clip_backbone import OpenClipBackbone
from imgrank.scoring.unrelated import SENTENCES

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


@pytest.fixture
def made(tiny_models):
    return lambda: Ranker(f"tiny-vit@{tiny_models['tiny-vit']}", device="cpu")


def test_it_is_asked_sentences_of_other_things_once(made, monkeypatch):
    asked = []
    encode = OpenClipBackbone.encode_sentence
    monkeypatch.setattr(
        OpenClipBackbone, "encode_sentence", lambda self, text: asked.append(text) or encode(self, text)
    )
    with made() as ranker:
        first = ranker.rank([PHOTOS], "a cat")
    assert set(SENTENCES) <= set(asked)
    asked.clear()
    with made() as ranker:
        again = ranker.rank([PHOTOS], "a cat")
        ranker.rank([PHOTOS], "a walrus")
    assert asked == ["a walrus"]
    assert 0 <= first.confidence <= 1
    assert (again.confidence, again.images) == (first.confidence, first.images)


def test_its_mixes_are_as_any(made):
    ends = (PHOTOS / "cat.jpg", PHOTOS / "dog.jpg")
    with made() as ranker:
        alone, denied = ranker.rank([PHOTOS], "a cat"), ranker.rank([PHOTOS], minus=["a cat"])
        along, back = (ranker.rank([PHOTOS], between=pair) for pair in (ends, ends[::-1]))
        absent = ranker.rank([PHOTOS], "a cat", minus=[Term("a dog", weight=0)])
        mixed = ranker.rank([PHOTOS], "a cat", minus=["a dog"])
    assert paths(denied) == paths(alone)[::-1]
    assert paths(back) == paths(along)[::-1]
    assert paths(absent) == paths(alone)
    assert sorted(paths(mixed)) == sorted(paths(alone)) and paths(mixed) != paths(alone)


def paths(ranking):
    return [image.path for image in ranking.images]
