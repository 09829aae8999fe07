import itertools
import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.errors import ImgrankError, UsageError
from imgrank.order import order, select

finite = st.floats(allow_nan=False, allow_infinity=False)
few_scores = st.sampled_from([-1.0, -0.0, 0.0, 0.5, 2.0])  # few values, so that ties are common
names = st.text(st.sampled_from("aB019._-/\udcffé"), min_size=1, max_size=5)
scored = st.dictionaries(names, finite | few_scores, min_size=1, max_size=30).map(lambda found: list(found.items()))


def ranked(pairs):
    return order([score for _, score in pairs], [path for path, _ in pairs])


@given(scored)
def test_best_stands_first_and_nothing_is_lost(pairs):
    images = ranked(pairs)
    assert [image.score for image in images] == sorted((score for _, score in pairs), reverse=True)
    assert sorted((image.path, image.score) for image in images) == sorted(pairs)
    assert [image.rank for image in images] == list(range(1, len(pairs) + 1))


@given(scored, st.randoms())
def test_order_does_not_depend_on_the_order_of_arrival(pairs, random):
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    assert ranked(shuffled) == ranked(pairs)


@given(scored, few_scores, names)
def test_a_picture_more_never_swaps_two_others(pairs, score, path):
    before = [image.path for image in ranked(pairs)]
    with_one_more = ranked([(p, s) for p, s in pairs if p != path] + [(path, score)])
    assert [image.path for image in with_one_more if image.path != path] == [p for p in before if p != path]


@given(scored)
def test_percentiles_fall_evenly_from_100_to_0(pairs):
    percentiles = [image.percentile for image in ranked(pairs)]
    assert percentiles[0] == 100
    assert percentiles[-1] == (0 if len(pairs) > 1 else 100)
    steps = [a - b for a, b in itertools.pairwise(percentiles)]
    assert all(math.isclose(step, 100 / (len(pairs) - 1)) for step in steps)


def test_equal_scores_stand_in_natural_path_order():
    paths = ["img10.jpg", "img2.jpg", "img1.jpg", "dir2/a.jpg", "dir10/a.jpg"]
    assert [image.path for image in order([0.0, -0.0, 0.0, 0.0, 0.0], paths)] == [
        "dir2/a.jpg", "dir10/a.jpg", "img1.jpg", "img2.jpg", "img10.jpg",
    ]  # fmt: skip


def test_names_that_are_equal_to_the_natural_order_fall_back_to_the_raw_path():
    assert [image.path for image in order([1, 1], ["img01.jpg", "img1.jpg"])] == ["img01.jpg", "img1.jpg"]
    assert [image.path for image in order([1, 1], ["img1.jpg", "img01.jpg"])] == ["img01.jpg", "img1.jpg"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_an_error_that_names_the_picture(bad):
    with pytest.raises(ImgrankError, match=r"b\.jpg"):
        order([1.0, bad], ["a.jpg", "b.jpg"])


def test_nothing_in_gives_nothing_out():
    assert order([], []) == ()


def test_scores_without_paths_are_a_programming_error():
    with pytest.raises(ValueError, match="zip"):
        order([1.0], [])


choices = st.fixed_dictionaries(
    {},
    optional={
        "reverse": st.booleans(),
        "top": st.integers(1, 40),
        "bottom": st.integers(1, 40),
        "min_score": finite | few_scores,
    },
)


@given(scored, choices)
def test_a_selection_holds_pictures_of_the_order_unchanged(pairs, choice):
    images = ranked(pairs)
    chosen = select(images, **choice)
    assert set(chosen) <= set(images)
    ranks = [image.rank for image in chosen]
    assert ranks == sorted(set(ranks), reverse=choice.get("reverse", False))


@given(scored, st.integers(1, 40), st.integers(1, 40))
def test_top_and_bottom_are_the_two_ends(pairs, top, bottom):
    images = ranked(pairs)
    assert select(images, top=top) == images[:top]
    assert select(images, bottom=bottom) == images[-bottom:]
    assert set(select(images, top=top, bottom=bottom)) == set(images[:top]) | set(images[-bottom:])


@given(scored, st.integers(1, 40))
def test_reverse_changes_only_the_direction(pairs, top):
    images = ranked(pairs)
    assert select(images, reverse=True, top=top) == images[:top][::-1]


@given(scored, finite | few_scores, st.integers(1, 40))
def test_min_score_comes_before_bottom(pairs, least, bottom):
    images = ranked(pairs)
    assert select(images, min_score=least, bottom=bottom) == tuple(i for i in images if i.score >= least)[-bottom:]


@pytest.mark.parametrize(
    "choice", [{"top": 0}, {"bottom": -1}, {"min_score": math.nan}, {"top": "x"}, {"best": 1.5}, {"min_score": "x"}]
)
def test_a_selection_that_cannot_be_is_a_usage_error(choice):
    with pytest.raises(UsageError):
        select((), **choice)


groups = st.lists(st.integers(1, 3), min_size=1, max_size=12)


@given(groups, st.integers(1, 3))
def test_best_keeps_n_of_each_group_and_rest_all_others(numbers, best):
    images, seen = [], Counter()
    for image, group in zip(ranked([(f"{n}", -float(n)) for n in range(len(numbers))]), numbers, strict=True):
        seen[group] += 1
        images.append(replace(image, group=group, group_rank=seen[group]))
    kept, others = select(images, best=best), select(images, best=best, rest=True)
    assert Counter(image.group for image in kept) == {group: min(best, size) for group, size in seen.items()}
    assert {*kept, *others} == {*images} and not {*kept} & {*others}
    assert select(images, rest=True) == select(images, best=1, rest=True)


def test_a_picture_without_a_group_is_the_best_of_its_own():
    images = ranked([("a", 1.0), ("b", 0.5)])
    assert select(images, best=1) == images and select(images, rest=True) == ()


marked = st.dictionaries(names, st.tuples(few_scores, st.booleans(), st.booleans()), min_size=1, max_size=30)


def ranked_and_marked(rows):
    shows = [shown for _, shown, _ in rows.values()]
    return order([score for score, _, _ in rows.values()], [*rows], shows, [fit for _, _, fit in rows.values()])


@given(marked)
def test_what_lacks_the_subject_stands_after_all_else_whatever_its_score(rows):
    images = ranked_and_marked(rows)
    assert [image.relevant for image in images] == sorted((image.relevant for image in images), reverse=True)
    for shown in (True, False):
        scores = [image.score for image in images if image.relevant == shown]
        assert scores == sorted(scores, reverse=True)
    assert images == ranked_and_marked(dict(reversed(rows.items())))


@given(marked)
def test_who_asks_for_what_fits_gets_that_and_nobody_else_does(rows):
    images = ranked_and_marked(rows)
    assert select(images) == images
    assert select(images, fitting=True) == tuple(image for image in images if rows[image.path][1:] == (True, True))


@given(marked)
def test_an_end_alone_keeps_nothing_of_the_other(rows):
    images = ranked_and_marked(rows)
    for count in (1, 2, len(images)):
        assert select(images, top=count) == images[:count]
        assert select(images, bottom=count) == images[-count:]
