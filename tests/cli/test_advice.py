"""What is advised below an order that may mean little: other words, a mix, or a larger model."""

from __future__ import annotations

import pytest

from imgrank.choices import Format
from imgrank.cli.results import Display, show
from imgrank.records import Doubt, Ranking
from imgrank.scoring.limits import quality_beside
from imgrank.scoring.misspelt import MISSPELT

DOG = "sharpest picture of a dog"
MISSPELT_DOG = MISSPELT.format("dgo", "dog")
SHOWN = Display(fmt=Format.paths, print0=False, quiet=False, page=None, page_dir=None, preview=False)


@pytest.mark.parametrize(
    ("sentence", "notes", "advised", "unsaid"),
    [
        (DOG, (str(quality_beside(DOG)),), '"sharpest photo" --plus "a dog"', "a larger model"),
        (DOG, (), "a larger model", "--plus"),
        ("a dgo", (MISSPELT_DOG,), MISSPELT_DOG, "a larger model"),
        ("a dog", (), "a larger model", "--plus"),
    ],
)
def test_one_thing_is_advised(capsys, sentence, notes, advised, unsaid):
    ranking = Ranking(sentence, (), (), "mini", "0" * 16, "zero-shot", None, None, False, "cpu", 0, 0.0, notes=notes)
    show(ranking, (), SHOWN)
    said = capsys.readouterr().err
    assert advised in said and unsaid not in said


@pytest.mark.parametrize(
    ("sentence", "doubt", "is_advised"),
    [
        ("old or young", Doubt.unread, False),
        ("sharpest", Doubt.unmeasured, False),
        ("cats, minus cats", Doubt.cancelled, False),
        ("a giraffe", Doubt.absent, True),
        ("eine rote Katze im Schnee", Doubt.unread, True),
    ],
)
def test_a_larger_model_is_advised_only_where_it_may_help(capsys, sentence, doubt, is_advised):
    ranking = Ranking(sentence, (), (), "mini", "0" * 16, "zero-shot", None, None, False, "cpu", 0, 0.0, doubt=doubt)
    show(ranking, (), SHOWN)
    assert ("a larger model" in capsys.readouterr().err) == is_advised
