"""A plan names every file once, never two alike, and its steps never need a name that is not free."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.actions.gather import gather
from imgrank.actions.plan import plan
from imgrank.actions.records import Action, OnConflict, Request
from imgrank.actions.steps import steps_of
from imgrank.errors import UsageError
from imgrank.records import RankedImage


def make(folder, *names):
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def ranked(folder, *names):
    return [RankedImage(n, 1 / n, 50.0, str(folder / name)) for n, name in enumerate(names, 1)]


def planned(folder, names, **request):
    request = Request(**{"action": Action.rename, "query": "a cat", **request})
    groups = gather(ranked(folder, *names))
    present = {str(folder): os.listdir(folder)}
    return plan(groups, request, count=len(names), present=present)


def targets(made):
    return {os.path.basename(c.source): os.path.basename(c.target) for c in made.changes}


def test_rank_width_follows_the_count(tmp_path):
    names = [f"p{n}.jpg" for n in range(10)]
    made = planned(make(tmp_path, *names), names)
    assert targets(made)["p0.jpg"] == "01-p0.jpg" and targets(made)["p9.jpg"] == "10-p9.jpg"


def test_companions_go_with_their_picture(tmp_path):
    make(tmp_path, "a.jpg", "a.xmp", "a.jpg.xmp", "a.AAE", "a.json", "a.cr2", "a.cr2.xmp", "ab.jpg", "a.txt", "a.png")
    assert targets(planned(tmp_path, ["a.jpg"])) == {
        name: "1-" + name for name in ("a.jpg", "a.xmp", "a.jpg.xmp", "a.AAE", "a.json", "a.cr2", "a.cr2.xmp")
    }


def test_a_sidecar_belongs_to_the_picture_that_has_the_very_name(tmp_path):
    if len(os.listdir(make(tmp_path, "a.jpg", "a.JPG", "a.jpg.xmp"))) == 2:
        pytest.skip("this file system does not tell case apart")
    assert targets(planned(tmp_path, ["a.JPG"])) == {"a.JPG": "1-a.JPG"}
    assert targets(planned(tmp_path, ["a.jpg"])) == {"a.jpg": "1-a.jpg", "a.jpg.xmp": "1-a.jpg.xmp"}


def test_a_raw_picture_and_its_jpeg_stay_together_when_both_are_ranked(tmp_path):
    make(tmp_path, "a.jpg", "b.jpg", "a.nef")
    assert targets(planned(tmp_path, ["a.nef", "b.jpg", "a.jpg"])) == {
        "a.nef": "1-a.nef",
        "a.jpg": "1-a.jpg",
        "b.jpg": "2-b.jpg",
    }


def test_a_whole_set_of_ranks_is_replaced_and_a_year_is_not(tmp_path):
    make(tmp_path, "1-a.jpg", "2-b.jpg", "2019-c.jpg")
    assert targets(planned(tmp_path, ["2-b.jpg", "1-a.jpg"])) == {"2-b.jpg": "1-b.jpg", "1-a.jpg": "2-a.jpg"}
    assert targets(planned(tmp_path, ["2019-c.jpg"])) == {"2019-c.jpg": "1-2019-c.jpg"}


def test_template(tmp_path):
    make(tmp_path, "a.jpg")
    made = planned(tmp_path, ["a.jpg"], template="{query} {rank:03d} {score:.2f} {stem}{ext}")
    assert targets(made) == {"a.jpg": "a cat 001 1.00 a.jpg"}
    for bad in ("{stem.__class__}", "{0}", "{", "{ext}{rank}", "{rank:zz}", "{name}", "../{stem}"):
        with pytest.raises(UsageError):
            planned(tmp_path, ["a.jpg"], template=bad)


def test_taken_names_by_case_and_unicode_form(tmp_path):
    make(tmp_path, "a.jpg", "1-A.jpg", "e\u0301.jpg", "2-\u00e9.jpg")
    made = planned(tmp_path, ["a.jpg", "e\u0301.jpg"])
    assert targets(made) == {"a.jpg": "1-a-2.jpg", "e\u0301.jpg": "2-e\u0301-2.jpg"}


def test_skip_leaves_the_picture_and_respects_its_name(tmp_path):
    make(tmp_path, "x.jpg", "y.jpg", "t.jpg")
    made = planned(tmp_path, ["x.jpg", "y.jpg"], template="t", on_conflict=OnConflict.skip)
    assert not made.changes and [p.danger for p in made.left_out] == ["collision", "collision"]


@settings(deadline=None)
@given(st.permutations(range(6)))
def test_every_permutation_has_an_order_of_steps(tmp_path_factory, order):
    folder = make(tmp_path_factory.mktemp("p"), *(f"{n + 1}-x.jpg" for n in range(6)))
    made = planned(folder, [f"{n + 1}-x.jpg" for n in order])
    names = {os.path.join(folder, name): name for name in os.listdir(folder)}
    for step in steps_of(made, "run"):
        assert step.target not in names
        names[step.target] = names.pop(step.source)
    assert {os.path.basename(path): name for path, name in names.items()} == {
        f"{rank}-x.jpg": f"{n + 1}-x.jpg" for rank, n in enumerate(order, 1)
    }
