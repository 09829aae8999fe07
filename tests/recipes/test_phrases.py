"""A phrase is true of the pictures that have all the tags that it needs."""

import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

MINI = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, MINI)
try:
    from phrases import Described, Phrase, true_of
finally:
    sys.path.remove(MINI)

TAGS = st.frozensets(st.sampled_from("abcdef"))


@given(st.lists(TAGS, max_size=6), st.lists(TAGS, max_size=6))
def test_of_each_picture_and_each_phrase(tags, needs):
    true = true_of([Described(each, ()) for each in tags], [Phrase("a phrase", each) for each in needs])
    assert true.shape == (len(tags), len(needs))
    assert true.tolist() == [[need <= each for need in needs] for each in tags]
