"""What the page sends, as records. Whatever is not as the page would send it is a UsageError."""

from __future__ import annotations

from typing import Any

from imgrank.errors import UsageError
from imgrank.web.viewer.asking import Asked, AskedTerm
from imgrank.web.viewer.changes import ACTIONS, Wanted

MOST_NUMBERS, MOST_WEIGHT = 1_000_000, 100
Told = dict[str, Any]


def asked_of(told: Told) -> Asked:
    """By what to order."""
    terms, between = told.get("terms") or [], told.get("between")
    if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
        raise UsageError("The terms of a mix are a list of objects.")
    if between is not None and not (isinstance(between, list) and len(between) == 2):
        raise UsageError("An order between pictures names two of them.")
    ends = None if between is None else (number_of(between[0]), number_of(between[1]))
    return Asked(text_of(told, "sentence").strip(), tuple(map(_term_of, terms)), ends)


def _term_of(told: Told) -> AskedTerm:
    picture, weight = told.get("picture"), told.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not abs(weight) <= MOST_WEIGHT:
        raise UsageError(f"The weight of a term is a number from -{MOST_WEIGHT} to {MOST_WEIGHT}.")
    if picture is not None:
        return AskedTerm(None, number_of(picture), float(weight))
    text = text_of(told, "text").strip()
    if not text:
        raise UsageError("A term is words or a picture.")
    return AskedTerm(text, None, float(weight))


def wanted_of(told: Told) -> Wanted:
    """What to do with which pictures."""
    action = ACTIONS.get(text_of(told, "action"))
    if action is None:
        raise UsageError(f"There is no such action; there are {', '.join(ACTIONS)}.")
    return Wanted(
        action, numbers_of(told), text_of(told, "folder"), text_of(told, "template"), text_of(told, "keyword")
    )


def numbers_of(told: Told) -> tuple[int, ...]:
    """Pictures by their numbers."""
    numbers = told.get("numbers", [])
    if not isinstance(numbers, list) or len(numbers) > MOST_NUMBERS:
        raise UsageError("Pictures are named by a list of their numbers.")
    return tuple(map(number_of, numbers))


def number_of(told: object) -> int:
    """One number of a picture, a run or a count."""
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told < 1 << 48:
        raise UsageError("A number of a picture or a run is a whole number that imgrank open gave.")
    return told


def text_of(told: Told, key: str) -> str:
    """Words; empty where there are none."""
    text = told.get(key, "")
    if not isinstance(text, str) or len(text) > 4096:
        raise UsageError(f"The {key} is text of at most 4096 characters.")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON may hold half a character: "\ud800"
        raise UsageError(f"The {key} holds half a character, which is no text.") from error
    return text
