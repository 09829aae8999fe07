"""Which pictures pass, and in which order what was kept stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.choices import Orientation
from imgrank.discover import discover
from imgrank.errors import UsageError
from imgrank.facts import Facts, Taken
from imgrank.filtering import Filters, by_date, by_name, end_of, filtered, first_moment
from imgrank.order import select
from imgrank.patterns import Exclusion
from imgrank.records import RankedImage

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2030, 1, 1))
FACTS = st.builds(
    Facts,
    taken=st.none() | st.builds(Taken, MOMENTS, st.none() | st.sampled_from([-600, 0, 120])),
    doubt=st.just("no date"),
    camera=st.sampled_from(["", "Canon EOS R6", "Apple iPhone 12"]),
    width=st.none() | st.integers(1, 5000),
    height=st.integers(1, 5000),
    rating=st.none() | st.integers(-1, 5).map(float),
)


def image(rank: int, path: str = "", **fields: object) -> RankedImage:
    return RankedImage(rank, -float(rank), 0.0, path or f"{rank}.jpg", **fields)


@given(
    st.lists(FACTS, max_size=20),
    st.none() | MOMENTS,
    st.none() | st.sampled_from(["canon", "iphone apple"]),
    st.none() | st.sampled_from(list(Orientation)),
    st.none() | st.floats(0, 5),
)
def test_what_passes_several_filters_passes_each_of_them(facts, since, camera, orientation, stars):
    whole = Filters(since, None, camera, orientation, stars)
    each = [Filters(since=since), Filters(camera=camera), Filters(orientation=orientation), Filters(min_rating=stars)]
    kept = set(range(len(facts))).intersection(*(filtered(one, facts).kept for one in each))
    assert set(filtered(whole, facts).kept) == kept
    assert f"{len(kept)} of {len(facts)} image" in filtered(whole, facts).note


@given(FACTS, MOMENTS)
def test_a_picture_with_a_date_is_taken_either_before_a_moment_or_from_then_on(facts, moment):
    passes = [not filters.reason_against(facts) for filters in (Filters(until=moment), Filters(since=moment))]
    assert sum(passes) == (facts.taken is not None)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2024", datetime(2024, 1, 1), datetime(2025, 1, 1)),
        ("2024-12", datetime(2024, 12, 1), datetime(2025, 1, 1)),
        ("2024-02-29", datetime(2024, 2, 29), datetime(2024, 3, 1)),
        ("2024-5-1 14:30", datetime(2024, 5, 1, 14, 30), datetime(2024, 5, 1, 14, 31)),
        ("2024-05-01T14:30:59", datetime(2024, 5, 1, 14, 30, 59), datetime(2024, 5, 1, 14, 31)),
    ],
)
def test_a_date_means_all_of_it(text, first, end):
    assert (first_moment(text), end_of(text)) == (first, end)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13", "2023-02-29", "24-05-01", "2024-05-01 25:00", "05/01/2024"]
)
def test_what_is_no_date_is_refused_with_one_that_is(text):
    with pytest.raises(UsageError, match="write a day as 2024-05-01"):
        first_moment(text)


def test_filters_that_nothing_can_pass_are_refused():
    with pytest.raises(UsageError, match="not before the last"):
        Filters(datetime(2024, 1, 2), datetime(2024, 1, 2))
    with pytest.raises(UsageError, match="0 to 5 stars"):
        Filters(min_rating=6)


def test_what_is_not_known_of_a_picture_is_not_what_was_asked_for():
    unknown = Facts(doubt="a clock that was not set")
    for filters, reason in (
        (Filters(since=datetime(2000, 1, 1)), "with a clock that was not set"),
        (Filters(camera="canon"), "by an unknown camera"),
        (Filters(orientation=Orientation.square), "of another shape"),
        (Filters(min_rating=0), "without a rating"),
        (Filters(), ""),
    ):
        assert filters.reason_against(unknown) == reason


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("*.png", {"a.png", "raw/b.png", "2023/raw/c.png"}),
        ("raw", {"raw/b.png", "raw/d.jpg", "2023/raw/c.png"}),
        ("raw/", {"raw/b.png", "raw/d.jpg", "2023/raw/c.png"}),
        ("2023/raw", {"2023/raw/c.png"}),
        ("2023/**/*.png", {"2023/raw/c.png"}),
        ("*/d.*", {"raw/d.jpg"}),
        ("ra", set()),
        ("", set()),
    ],
)
def test_what_is_excluded_is_neither_entered_nor_named(tmp_path, pattern, covered):
    everything = {"a.png", "e.jpg", "raw/b.png", "raw/d.jpg", "2023/raw/c.png"}
    top = tmp_path / "raw"  # a folder above what was asked for does not count
    for name in everything:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"x")
    found = discover([str(top)], recursive=True, exclude=Exclusion.of([pattern]))
    left = {str(file.path).removeprefix(str(top)).strip("/\\").replace("\\", "/") for file in found.files}
    assert left == everything - covered
    whole = discover([str(top)], recursive=True, exclude=Exclusion.of([str(top / pattern)] if pattern else []))
    assert len(whole.files) >= len(left)


def test_accents_are_one_letter_however_a_system_writes_them():
    assert Exclusion.of(["cafe\u0301"]).covers("caf\u00e9/a.jpg")


@given(st.lists(FACTS, max_size=12))
def test_by_date_the_undated_stand_last_and_all_are_there(facts):
    images = [image(n + 1) for n in range(len(facts))]
    arranged = by_date(images, facts)
    assert sorted(one.rank for one in arranged.images) == [one.rank for one in images]
    dated = [facts[one.rank - 1].taken is not None for one in arranged.images]
    assert dated == sorted(dated, reverse=True)
    assert bool(arranged.note) == (not all(dated))


def test_clocks_of_several_zones_count_only_where_every_picture_names_its_own():
    noon = datetime(2024, 5, 1, 12)
    later_there = Taken(noon + timedelta(hours=1), 600)  # earlier in truth
    here = Taken(noon, 0)
    images = [image(1), image(2)]

    def order(*taken):
        return [one.rank for one in by_date(images, [Facts(each, "") for each in taken]).images]

    assert order(later_there, here) == [1, 2]
    assert order(later_there, Taken(noon)) == [2, 1]


def test_names_stand_in_natural_order():
    assert [one.path for one in by_name([image(1, "img10"), image(2, "img2")]).images] == ["img2", "img10"]


@given(st.lists(st.integers(1, 4), max_size=20), st.none() | st.integers(1, 3), st.none() | st.integers(1, 5))
def test_the_best_and_the_rest_of_each_group_are_all_of_it(groups, best, top):
    sizes: dict[int, int] = {}
    images = []
    for n, group in enumerate(groups, 1):
        sizes[group] = sizes.get(group, 0) + 1
        images.append(image(n, group=group, group_rank=sizes[group]))
    kept, rest = select(images, best=best or 1), select(images, best=best, rest=True)
    assert sorted(one.rank for one in (*kept, *rest)) == [one.rank for one in images]
    assert all((one.group_rank or 0) <= (best or 1) for one in kept)
    assert select(images, best=best or 1, top=top) == (kept if top is None else kept[:top])


def test_what_does_not_fit_is_left_out_when_asked():
    images = [image(1), image(2, fits=False), image(3, relevant=False)]
    assert [one.rank for one in select(images, fitting=True)] == [1]
    with pytest.raises(UsageError, match="each group"):
        select(images, best=0)
