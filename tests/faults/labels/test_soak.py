"""Any bytes in place of a labels file give labels or one error in words. By hand: pytest -m soak."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.errors import LabelsError
from imgrank.labels import Labels, read_labels

CELLS = [
    "0.jpg",
    "1.jpg",
    "../0.jpg",
    "gone.jpg",
    "",
    "1",
    "2.5",
    "1,5",
    "nan",
    "1e999",
    "left",
    "tie",
    "train",
    "test",
]
HEADS = [
    "image,query,value",
    "image,older|elderly,sharp",
    "left,right,query,preferred",
    "image;query;value;split;group",
]
ENDS = ["\n", "\r\n", "\r", "\n\n"]
lines = st.lists(st.lists(st.sampled_from(CELLS) | st.text(max_size=8), max_size=6), max_size=12)


@st.composite
def tables(draw):
    """Something like a table: a head, cells and ends of lines that may fit together, and bytes that never do."""
    sign = draw(st.sampled_from(",;\t"))
    quote = draw(st.sampled_from(["", '"', "'"]))
    text = draw(st.sampled_from(ENDS)).join(
        [draw(st.sampled_from(HEADS)), *(sign.join(quote + cell + quote for cell in line) for line in draw(lines))]
    )
    encoded = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])), "replace")
    at = draw(st.integers(0, len(encoded)))
    return encoded[:at] + draw(st.binary(max_size=6)) + encoded[at:]


@pytest.mark.parametrize("examples", [50, pytest.param(5000, marks=pytest.mark.soak)])
def test_any_bytes_give_labels_or_one_error_in_words(tmp_path, examples):
    for number in range(2):
        Image.new("RGB", (2, 2)).save(tmp_path / f"{number}.jpg")

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tables() | st.binary(max_size=200), st.booleans())
    def holds(content, skip_bad):
        (tmp_path / "labels.csv").write_bytes(content)
        try:
            assert isinstance(read_labels(str(tmp_path / "labels.csv"), skip_bad=skip_bad), Labels)
        except LabelsError as error:
            assert str(error) and "\x1b" not in str(error)

    holds()
