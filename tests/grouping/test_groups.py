"""What stands in one group, and that nothing else decides it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.errors import UsageError
from imgrank.facts import Facts, Taken
from imgrank.grouping import Copies, GroupBy, group, similar
from imgrank.grouping.same_moment import CopiesAndTimes, log_odds
from tests.grouping.making import WAYS, shoot, some

NOON = datetime(2023, 5, 6, 12)


def partition(numbers, names):
    """The groups as sets of names, whatever their numbers."""
    groups = defaultdict(set)
    for number, name in zip(numbers, names, strict=True):
        groups[number].add(name)
    return set(map(frozenset, groups.values()))


def taken(seconds, camera="A"):
    return Facts(Taken(NOON + timedelta(seconds=seconds)), "", camera)


def test_one_moment_seen_in_many_ways_is_one_group_and_other_moments_stand_apart():
    shown, copies = shoot()
    paths = [f"{n}.jpg" for n in range(len(shown))]
    groups = partition(group(GroupBy.similar, paths, copies=copies), zip(shown, paths, strict=True))
    assert all(len({what for what, _ in each}) == 1 for each in groups)
    assert sum(len(each) > 1 for each in groups) == len(set(shown))
    alone = {what for each in groups if len(each) == 1 for what, _ in each}
    assert alone <= {"galaxies"}  # points have no shape in a small copy


def test_colours_that_are_lacking_are_hardly_a_sign():
    """Where two pictures are in black and white, their colours agree, whatever they show."""
    shown, copies = shoot()
    plain = [shown.index(name) for name in sorted(set(shown))]
    first, second = (np.array(plain)[side] for side in np.triu_indices(len(plain), 1))
    without = Copies(copies.grey, np.zeros_like(copies.colour), copies.known)
    gained = log_odds(CopiesAndTimes(without), first, second) - log_odds(CopiesAndTimes(copies), first, second)
    assert gained.max() < 1


def test_a_shoot_in_black_and_white_falls_into_the_same_moments():
    shown, copies = shoot()
    grey = Copies(copies.grey, np.zeros_like(copies.colour), copies.known)
    paths = [f"{n}.jpg" for n in range(len(shown))]
    groups = partition(group(GroupBy.similar, paths, copies=grey), zip(shown, paths, strict=True))
    assert all(len({what for what, _ in each}) == 1 for each in groups)
    assert sum(len(each) > 4 for each in groups) >= len(set(shown)) - 3


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_groups_do_not_depend_on_the_order_of_pictures(data):
    shown, copies = shoot()
    chosen = data.draw(st.lists(st.integers(0, len(shown) - 1), min_size=2, max_size=30, unique=True))
    shuffled = data.draw(st.permutations(chosen))
    facts = {n: taken(data.draw(st.integers(0, 30)), data.draw(st.sampled_from("AB"))) for n in chosen}
    for by in GroupBy:
        numbers = [
            dict(
                zip(
                    these,
                    group(by, [f"{n:03}.jpg" for n in these], [facts[n] for n in these], some(copies, these)),
                    strict=True,
                )
            )
            for these in (chosen, shuffled)
        ]
        assert numbers[0] == numbers[1]
        assert sorted(set(numbers[0].values())) == list(range(1, len(set(numbers[0].values())) + 1))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 191), st.integers(0, 191)), min_size=1, max_size=12))
def test_two_pictures_are_as_alike_whichever_comes_first_and_whoever_else_is_asked_about(pairs):
    album = CopiesAndTimes(shoot()[1])
    first, second = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
    together = log_odds(album, first, second)
    assert np.array_equal(together, log_odds(album, second, first))
    assert np.array_equal(together[:1], log_odds(album, first[:1], second[:1]))


def test_looking_at_blocks_of_many_pictures_finds_what_looking_at_all_pairs_finds(monkeypatch):
    shown, copies = shoot()
    paths = [f"{n}.jpg" for n in range(len(shown))]
    whole = group(GroupBy.similar, paths, copies=copies)
    monkeypatch.setattr(similar, "WHOLE", 10)
    assert group(GroupBy.similar, paths, copies=copies) == whole


def test_a_picture_has_more_twins_than_are_compared_and_all_are_found(monkeypatch):
    monkeypatch.setattr(similar, "MOST_NEIGHBOURS", 2)
    shown, copies = shoot()
    many = [shown.index("cat") + n % len(WAYS) for n in range(40)]
    assert set(group(GroupBy.similar, [f"{n}.jpg" for n in range(40)], copies=some(copies, many))) == {1}


def test_a_lower_threshold_never_takes_a_group_apart():
    shown, copies = shoot()
    paths = [f"{n}.jpg" for n in range(len(shown))]
    strict, loose = (group(GroupBy.similar, paths, copies=copies, threshold=each) for each in (0.99, 0.05))
    assert all(any(one <= other for other in partition(loose, paths)) for one in partition(strict, paths))


def test_what_could_not_be_decoded_stands_alone():
    _, copies = shoot()
    unknown = Copies(copies.grey[:3], copies.colour[:3], np.array([True, False, True]))
    assert group(GroupBy.similar, ["a", "b", "c"], copies=unknown) == (1, 2, 1)


def test_a_burst_is_what_one_camera_took_in_a_row():
    shown, copies = shoot()
    cats = [shown.index("cat") + n for n in range(6)]
    other = shown.index("rocket")
    pictures = [*cats, other]
    facts = [taken(0), taken(0.2), taken(0.4), taken(60), taken(60.2, "B"), Facts(), taken(0.5)]
    numbers = group(GroupBy.burst, [f"{n}.jpg" for n in range(7)], facts, some(copies, pictures))
    assert numbers == (1, 1, 1, 2, 3, 4, 5)


def test_days_go_by_the_clock_where_the_picture_was_taken_and_undated_pictures_stand_alone():
    late = Facts(Taken(datetime(2023, 5, 6, 23, 59), -600), "")
    early = Facts(Taken(datetime(2023, 5, 7, 0, 1), 840), "")
    before = Facts(Taken(datetime(2022, 1, 1)), "")
    numbers = group(GroupBy.day, ["a", "b", "c", "d", "e", "f"], [early, late, Facts(), before, Facts(), late])
    assert numbers == (3, 2, 4, 1, 5, 2)


def test_folders_are_groups_in_natural_order():
    assert group(GroupBy.folder, ["trip 10/a", "trip 2/b", "c", "trip 2/a"]) == (3, 2, 1, 2)
    assert group(GroupBy.none, ["a", "b"]) == (1, 1)
    assert group(GroupBy.similar, [], copies=Copies.of_rows(np.zeros((0, 48, 32), np.int8), np.arange(0))) == ()


@pytest.mark.parametrize("threshold", [0, 1, -1, float("nan")])
def test_a_threshold_is_a_share(threshold):
    with pytest.raises(UsageError, match="from 0 to 1"):
        group(GroupBy.folder, ["a"], threshold=threshold)
