"""Words in one form each: number, comparative and family do not matter. No model."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from imgrank.scoring import lexicon
from imgrank.scoring.comparatives import OPPOSITE_PAIRS, OPPOSITES


def in_words(sentence: str) -> str:
    """The sentence with each emoji as its name: a model that was not taught the sign may know "dog face"."""
    if sentence.isascii():
        return sentence
    if not any(map(_is_sign, sentence)):
        return sentence
    return " ".join("".join(map(_named, _FLAG.sub(" flag ", sentence))).split())


def spelt_out(sentence: str) -> str:
    """The sentence with "isn't" as "is not": who looks for a denial looks for a word."""
    return _DENIED.sub(lambda found: f"{_WHOLE.get(found[1].lower(), found[1])} not", sentence)


def is_readable(sentence: str) -> bool:
    """Whether a model that was taught English can read any of it: a Latin letter or a digit."""
    plain = unicodedata.normalize("NFKD", in_words(sentence))
    return any(char.isascii() and char.isalnum() for char in plain)


def _named(char: str) -> str:
    if unicodedata.category(char) in ("Sk", "Cf", "Mn") and ord(char) > _SIGNS_FROM:
        return ""  # joiners, skin tones and variants
    return f" {_name_of(char)} " if _is_sign(char) else char


def _name_of(sign: str) -> str:
    """What people mean by a sign: "dog" by the dog face, "heart" by a heavy black heart, which is red."""
    if sign in _FORBIDS:
        return "no"
    name = unicodedata.name(sign, "").lower()
    name = _DRAWN.sub("", name) if ord(sign) in _DRAWN_IN_OUTLINE else name
    animal = name.removesuffix(" face")
    return animal if animal != name and lexicon.is_kind_of(animal, "animal") else name


def _is_sign(char: str) -> bool:
    return ord(char) > _SIGNS_FROM and unicodedata.category(char) == "So"


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


IRREGULAR = {
    "people": "person", "persons": "person", "men": "man", "women": "woman", "children": "child", "kids": "kid",
    "mice": "mouse", "feet": "foot", "teeth": "tooth", "geese": "goose", "colors": "colour", "color": "colour",
    "colored": "coloured", "better": "good", "best": "good", "worse": "bad", "worst": "bad", "farther": "far",
    "farthest": "far", "latest": "late", "later": "late", "jpeg": "jpeg", "artefact": "artifact",
    "artefacts": "artifact", "aged": "age", "ageing": "age", "aging": "age",
}  # fmt: skip
_NO_SUPERLATIVE = word_set(
    """
    best forest harvest chest nest west guest test rest breast priest protest interest conquest request quest
    vest contest digest northwest southwest honest modest fest
    """
)
_NO_COMPARATIVE = word_set(
    """
    soldier barrier carrier pier frontier glacier terrier courier supplier chandelier cashier premier atelier
    """
)
_DENIED = re.compile(r"\b(\w+?)n['’]t\b", re.IGNORECASE)
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
_PREFIXES = ("under", "over")  # less, or more, than enough of it
_ENDINGS = ("iness", "ness", "ure", "ation", "ion", "ity", "ing", "ed", "ly", "ie", "th", "y", "e")
_LEAST_STEM = 3
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")  # two letters of a country
_FORBIDS = "🚫⛔❌"
_DRAWN = re.compile(r"^(?:heavy |white |black |medium )+(?=\w)")  # says how the sign is drawn, and no colour
_DRAWN_IN_OUTLINE = range(0x2600, 0x27C0)
_SIGNS_FROM = 0x2000  # signs below are letters, marks and punctuation


@dataclass(frozen=True, slots=True)
class Word:
    """A word that tells something: its `base` ("old" of "oldest"), and whether it stood there to compare."""

    base: str
    compares: bool = False


@lru_cache(maxsize=4096)
def stem(base: str) -> str:
    """What is alike in words of one family: "compress" of compressed and compression, "blur" of blurry."""
    for ending in _ENDINGS:
        kept = base[: -len(ending)]
        if base.endswith(ending) and len(kept) >= _LEAST_STEM + (ending in ("e", "ing", "ed", "th", "ion")):
            base = kept
            break
    return base[:-1] if len(base) > _LEAST_STEM and base[-1] == base[-2] else base


def are_kin(one: str, other: str) -> bool:
    """Whether two bases speak of one scale or thing: of one family, or opposites."""
    return stem(one) == stem(other) or are_opposite(one, other) or root(one)[0] == root(other)[0]


def root(base: str) -> tuple[str, int]:
    """What a base says too little or too much of, and which: ("expos", -1) of "underexposed"."""
    for prefix, turn in zip(_PREFIXES, (-1, 1), strict=True):
        if base.startswith(prefix) and len(base) > len(prefix) + _LEAST_STEM:
            return stem(base[len(prefix) :]), turn
    return stem(base), 1


def only_begin_alike(one: str, other: str) -> bool:
    """Whether one base begins with the other and is of another family: "plate" and "platelet".

    A model that reads pieces of words takes them for near.
    """
    short, long = sorted((one, other), key=len)
    return len(short) > _LEAST_STEM and long.startswith(short) and not are_kin(one, other)


def are_opposite(one: str, other: str) -> bool:
    """Whether two bases stand at the two ends of a scale, in any form: "tidiness" and "messy"."""
    return stem(other) in _opposite_stems().get(stem(one), frozenset()) or lexicon.are_opposed(one, other)


def stands_against(one: str, other: str) -> bool:
    """Whether a word is near to an opposite of another: "youth" to that of "old"."""
    if lexicon.are_near(one, other):
        return False
    return any(are_opposite(near, other) for near in lexicon.entry(one).near)


@lru_cache(maxsize=1)
def _opposite_stems() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for left, right in OPPOSITE_PAIRS:
        for one, other in ((left, right), (right, left)):
            table.setdefault(stem(one), set()).add(stem(other))
    return {one: frozenset(others) for one, others in table.items()}


def word_of(token: str) -> Word:
    """A word in its base form: singular, and neither comparative nor superlative."""
    if token in IRREGULAR:
        return Word(IRREGULAR[token], token in {"better", "best", "worse", "worst", "latest", "later"})
    if token.endswith("ly") and token[:-2] in OPPOSITES:
        return Word(token[:-2])
    if token.endswith("est") and token not in _NO_SUPERLATIVE and len(token) > 5:
        return Word(_without(token, 3), True)
    if token.endswith("ier") and token not in _NO_COMPARATIVE and len(token) > 4:
        return Word(token[:-3] + "y", True)
    if token.endswith("er") and has_opposite(_without(token, 2)):
        return Word(_without(token, 2), True)
    return Word(_singular(token))


def last_base(said: str) -> str:
    """The base of the last word, which names what the others describe."""
    return word_of(said.lower().split()[-1]).base


def has_opposite(base: str) -> bool:
    """Whether a base is an adjective that stands at one end of a scale."""
    return base in OPPOSITES or (len(base) >= _LEAST_STEM and bool(lexicon.entry(base).opposites))


def _without(token: str, ending: int) -> str:
    """ "old" of "oldest", "big" of "biggest", "happy" of "happiest", "ripe" of "ripest"."""
    base = token[:-ending]
    forms = [base, base + "e", base[:-1] if base[-1:] == base[-2:-1] else base, base[:-1] + "y"]
    known = [form for form in forms if has_opposite(form)]
    if known:
        return known[0]
    return base[:-1] + "y" if base.endswith("i") else forms[2]


def _singular(token: str) -> str:
    if token.endswith("men") and lexicon.is_known(f"{token[:-3]}man"):
        return f"{token[:-3]}man"
    if len(token) > 4 and token.endswith("ies"):
        return token[:-3] + "y"
    if len(token) > 4 and token.endswith(("sses", "shes", "ches", "xes")):
        return token[:-2]
    if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is")):
        return token[:-1]
    return token
