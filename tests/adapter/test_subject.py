"""Subjects in adapter files: kept as they were, in a format that older versions refuse, checked like all else."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open

from imgrank.adapter import files
from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter, load, read_header, save
from imgrank.adapter.header import CLOSED_FORMAT, FORMAT_VERSION
from imgrank.adapter.subject import Subject
from imgrank.errors import AdapterError
from tests.adapter.making import SHAPE, packed, sentence, unit
from tests.adapter.test_closed import rewrite, without_model


def with_subject() -> Adapter:
    made = without_model()
    subject = Subject(unit(15, 3).astype(np.float16), 1.5)
    return Adapter(replace(made.header, queries=(replace(made.queries[0], subject=subject),)), None)


def test_a_subject_comes_back_as_it_was(tmp_path):
    made, path = with_subject(), tmp_path / "made.safetensors"
    save(path, made)
    (kept,), (wanted,) = read_header(path).queries, made.queries
    np.testing.assert_array_equal(kept.subject.known, wanted.subject.known)
    assert kept.subject.limit == wanted.subject.limit
    before, after = (score_tokens(a, packed(50), sentence(), a.queries[0]).relevance for a in (made, load(path)))
    np.testing.assert_array_equal(before, after)
    assert 0 < before.min() < before.max() < 1


def test_only_files_with_a_subject_need_the_newest_reader(tmp_path):
    path = tmp_path / "made.safetensors"
    for made, wanted in ((without_model(), CLOSED_FORMAT), (with_subject(), FORMAT_VERSION)):
        save(path, made)
        with safe_open(path, framework="numpy") as file:
            assert json.loads(file.metadata()[files.METADATA_KEY])["format"] == wanted


WRONG = {
    "more pictures than any": lambda h, t: h["queries"][0]["subject"].update(known=10**6),
    "other than there are": lambda h, t: h["queries"][0]["subject"].update(known=14),
    "fewer than are compared": lambda h, t: h["queries"][0]["subject"].update(known=2),
    "no limit": lambda h, t: h["queries"][0]["subject"].pop("limit"),
    "a limit of nothing": lambda h, t: h["queries"][0]["subject"].update(limit=0),
    "a limit that is no number": lambda h, t: h["queries"][0]["subject"].update(limit="1"),
    "no table": lambda h, t: h["queries"][0].update(subject=3),
    "a missing tensor": lambda h, t: t.pop("query.0.subject"),
    "a number that is none": lambda h, t: t["query.0.subject"].__setitem__(0, np.nan),
    "another width": lambda h, t: t.update({"query.0.subject": np.zeros((15, SHAPE.embedding + 1), np.float16)}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_file_whose_subject_does_not_hold_together_is_refused(tmp_path, change):
    path = tmp_path / "made.safetensors"
    save(path, with_subject())
    rewrite(path, change)
    with pytest.raises(AdapterError) as error:
        load(path)
    assert "\n" not in str(error.value)
