"""The report: agreement between people, contradictions and circles."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from imgrank.labelling.agreement import report, report_lines
from imgrank.labelling.answer_file import PairNote


def notes(*rows: tuple[str, str, float], person: str = "Ann", query: str = "old") -> list[PairNote]:
    return [PairNote(left, right, query, said, person, n + 2) for n, (left, right, said) in enumerate(rows)]


def test_people_agree_where_they_say_the_same_of_a_pair_whatever_its_sides() -> None:
    ann = notes(("a", "b", 1), ("c", "d", 1), ("e", "f", 0))
    bob = notes(("b", "a", -1), ("c", "d", -1), ("g", "h", 1), person="Bob")
    [query] = report([*ann, *bob])
    [agreement] = query.agreements
    assert (agreement.one, agreement.other, agreement.alike.value, agreement.alike.of) == ("Ann", "Bob", 0.5, 2)


def test_a_contradiction_is_named_with_its_lines() -> None:
    [query] = report(notes(("a", "b", 1), ("c", "d", 1), ("b", "a", 1)))
    [found] = query.contradictions
    assert (found.person, {found.one, found.other}, found.lines) == ("Ann", {"a", "b"}, (2, 4))
    assert query.people[0].consistency.value == 0


def test_a_circle_of_three_is_found() -> None:
    [query] = report(notes(("a", "b", 1), ("b", "c", 1), ("c", "a", 1), ("d", "a", 1)))
    [person] = query.people
    assert (person.triads.value, person.triads.of) == (1.0, 1)
    [circle] = person.circles
    assert circle in {("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")}


def test_a_longer_circle_is_found_in_its_direction() -> None:
    [query] = report(notes(("b", "a", -1), ("b", "c", 1), ("d", "c", -1), ("d", "a", 1)))
    [circle] = query.people[0].circles
    turned = {tuple("abcd"[n:] + "abcd"[:n]) for n in range(4)}
    assert circle in turned


def test_queries_and_their_phrasings_are_kept_apart() -> None:
    rows = [*notes(("a", "b", 1), query="old|elderly"), *notes(("a", "b", -1), query="happy")]
    assert [(query.query, len(query.people)) for query in report(rows)] == [("old", 1), ("happy", 1)]


@given(st.permutations("abcdef"), st.data())
def test_answers_that_follow_one_order_hold_no_circle(order: list[str], data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.sampled_from(list(itertools.permutations("abcdef", 2))), min_size=1))
    rows = notes(*((a, b, 1.0 if order.index(a) < order.index(b) else -1.0) for a, b in pairs))
    [query] = report(rows)
    assert not query.people[0].circles
    assert not query.contradictions
    assert query.people[0].triads.of == 0 or query.people[0].triads.value == 0


def lines(*rows: tuple[str, str, float], person: str = "") -> list[str]:
    return list(report_lines(report(notes(*rows, person=person))))


def test_one_answer_is_reported_as_that_and_as_nothing_else() -> None:
    assert lines(("a", "b", 1)) == [
        '"old"',
        "  (no name): 1 answer",
        "    consistency: no question was asked twice",
        "    in circles: no three images have every pair decided",
    ]


def test_people_who_answered_no_pair_in_common_are_said_to_be_that() -> None:
    both = [*notes(("a", "b", 1)), *notes(("a", "c", 1), person="")]
    assert list(report_lines(report(both)))[-1] == "  Ann and (no name): no pair was answered by both"


def test_a_contradiction_names_no_line_of_a_tie() -> None:
    assert lines(("a", "b", 0), ("a", "b", 1), ("b", "a", 1), person="Ann")[-1] == (
        "  Ann: answers contradict each other about a and b, lines 3, 4"
    )


def test_images_of_one_name_are_told_apart_by_their_folders() -> None:
    assert "x/a.jpg and y/a.jpg" in lines(("/p/x/a.jpg", "/p/y/a.jpg", 1), ("/p/y/a.jpg", "/p/x/a.jpg", 1))[-1]
    [circle] = [line for line in lines(("x/a", "x/b", 1), ("x/b", "y/a", 1), ("y/a", "x/a", 1)) if ">" in line]
    assert set(circle.strip().split(" > ")) == {"x/a", "x/b", "y/a"}


def test_an_image_that_is_compared_with_itself_makes_no_circle() -> None:
    [query] = report(notes(("a", "a", 1), ("a", "b", 1)))
    [person] = query.people
    assert (person.answers, person.alone, person.circles) == (2, 1, ())
    assert "    1 answer compares an image with itself and says nothing" in report_lines([query])


def test_answers_in_circles_are_a_share_of_threes() -> None:
    told = lines(("a", "b", 1), ("b", "c", 1), ("c", "a", 1))
    assert "    in circles: 100% (21% to 100%) of 1 three with every pair decided" in told
