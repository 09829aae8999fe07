"""Columns of pyarrow and arrays of numpy, one from the other, without what pyarrow imports along."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.index.needs import array_of, array_of_bytes, arrow, numpy_of
from tests.index.making import build, write_pictures

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

KINDS = (bool, np.float64, np.uint64, np.int64)


@settings(deadline=None)  # pyarrow imports what it likes
@given(st.sampled_from(KINDS), st.lists(st.integers(0, 2**63 - 1), max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_numbers_go_there_and_come_back(kind, values, start, length):
    numbers = np.array(values, np.uint64).astype(kind) if kind is not bool else np.array([n % 2 for n in values], bool)
    column = array_of(numbers)
    assert column.equals(arrow().array(numbers))
    assert np.array_equal(numpy_of(column.slice(start, length)), numbers[start : start + length])
    chunks = arrow().chunked_array([column.slice(start), column.slice(0, start)], column.type)
    assert np.array_equal(numpy_of(chunks), np.concatenate([numbers[start:], numbers[:start]]))
    assert numpy_of(chunks).dtype == numbers.dtype


@settings(deadline=None)  # pyarrow imports what it likes
@given(st.lists(st.binary(max_size=9), max_size=9))
def test_bytes_are_as_pyarrow_has_them(values):
    assert array_of_bytes(values).equals(arrow().array(values, arrow().large_binary()))


def test_a_question_to_an_index_imports_no_pandas(tmp_path):
    """It would take a quarter of the time in which a question starts."""
    pytest.importorskip("pandas", reason="there is nothing to import")
    build(write_pictures(tmp_path / "photos", 9), tmp_path / "index")
    ran = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "index")], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "5 False\n"  # two of each part of four


ASK = """
import sys
import numpy as np
from imgrank.engine.score_part import ScoreParts, paths_of
from imgrank.index.locations import Location
from imgrank.index.reading import unsettled
from imgrank.scoring.question import Question
from imgrank.scoring.similarity_scorers import PictureScorer
from imgrank.scoring.similarity import Aim
location = Location(sys.argv[1])
shape = location.manifest().shape
task = ScoreParts(PictureScorer(Question(""), Aim(np.ones(shape.embedding))), shape, top=2)
found = [task(part) for part in unsettled([(location, name) for name in location.parts()])]
print(sum(len(list(paths_of(part.rows))) for part in found), "pandas" in sys.modules)
"""
