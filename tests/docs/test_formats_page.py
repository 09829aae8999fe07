"""The page of formats names every file name that is read, and every field that is printed."""

from __future__ import annotations

import io
import json
import re
from typing import get_args

import pytest

from imgrank.choices import Format
from imgrank.formats import PICTURE_EXTENSIONS
from imgrank.output.write import write
from imgrank.records import AnsweredTerm, Asked, RankedImage, Ranking, ScorerName, Unreadable
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def test_every_extension_is_on_the_page() -> None:
    assert PICTURE_EXTENSIONS <= NAMED


def test_every_scorer_is_on_the_page() -> None:
    assert set(get_args(ScorerName)) <= NAMED


def _fields(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_fields, value.values()))
    return set().union(*map(_fields, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("form", [Format.json, Format.jsonl])
def test_every_field_is_on_the_page(form: Format) -> None:
    terms = (
        AnsweredTerm(1.0, "zero-shot", None, None, text="a cat"),
        AnsweredTerm(1.0, "between", None, None, pictures=("a.jpg",), low=("b.jpg",)),
        AnsweredTerm(1.0, "like", None, None, pictures=("a.jpg", "b.jpg")),
    )
    ranking = Ranking(
        query="a cat",
        images=(RankedImage(1, 0.5, 100.0, "a.jpg", relevant=False),),
        skipped=(Unreadable("c.jpg", "it is damaged"),),
        backbone="mini",
        fingerprint="0" * 16,
        scorer="mix",
        adapter=None,
        unit=None,
        confident=True,
        device="cpu",
        encoded=0,
        seconds=1.0,
        partial=True,
        asked=Asked("more dogs", 0.3, "no trained ranker fits it"),
        terms=terms,
    )
    printed = io.StringIO()
    write(ranking, ranking.images, form, printed)
    missing = _fields(json.loads(printed.getvalue())) - NAMED
    assert not missing
