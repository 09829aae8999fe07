"""The page's own order is that of `imgrank.order`, whatever ties there are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imgrank.order import order
from imgrank.web.viewer.orders import Placer

PLACER = Placer()
ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, -0.0, 0.5, 1.0, -3.25]), st.booleans(), st.text("aB10/._é", max_size=6)),
    max_size=30,
    unique_by=lambda row: row[2],
)


@given(ROWS)
def test_places_are_those_of_sort(rows: list[tuple[float, bool, str]]) -> None:
    scores, relevant, paths = ([row[n] for row in rows] for n in range(3))
    places = PLACER.places(np.array(scores, float), np.array(relevant, bool), paths)
    assert [paths[row] for row in places] == [image.path for image in order(scores, paths, relevant)]
