"""From what a caller names (a sentence, pictures, terms with weights) to one question, which may be a mix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeGuard

import numpy as np

from imgrank.errors import UsageError
from imgrank.paths import quoted
from imgrank.records import Term
from imgrank.scoring.question import NamedPictures, Question, WeightedQuestion

Pictures = str | Path | Sequence[str | Path]
EncodeNamed = Callable[[Pictures], NamedPictures]
Split = Callable[[str], tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked, in the caller's words: see `Ranker.rank`."""

    sentence: str | None = None
    opposite: str | None = None
    like: Pictures | None = None
    between: tuple[Pictures, Pictures] | None = None
    plus: Sequence[Term | str] = ()
    minus: Sequence[Term | str] = ()
    refine: bool = False


def check_kinds(asking: Asking) -> None:
    """Raises UsageError where what was asked is of another kind than it can be, as a number for a sentence."""
    for text in (asking.sentence, asking.opposite):
        if text is not None and not isinstance(text, str):
            raise UsageError(f'A sentence is a text, such as "older person", and not {_told(text)}.')
    if asking.between is not None and not (_are_several(asking.between) and len(asking.between) == 2):
        raise UsageError(f"The two ends of a scale are two images, and not {_told(asking.between)}.")
    for named in (asking.like, *(asking.between or ())):
        if named is not None and not _are_paths(named):
            raise UsageError(f"Images to compare with are a path or several, and not {_told(named)}.")
    for terms in (asking.plus, asking.minus):
        if not (_are_several(terms) and all(isinstance(term, (str, Term)) for term in terms)):
            raise UsageError(f"Terms of a mix are a list of texts or of `Term`s, and not {_told(terms)}.")


def _are_paths(named: object) -> bool:
    """Whether it names files: a path, or several."""
    several = [named] if isinstance(named, (str, Path)) else named
    return _are_several(several) and all(isinstance(one, (str, Path)) for one in several)


def _are_several(given: object) -> TypeGuard[Collection[object]]:
    return isinstance(given, Collection) and not isinstance(given, (str, bytes, bytearray))


def _told(given: object) -> str:
    return f"{quoted(repr(given))} ({type(given).__name__})"


def compose(asking: Asking, encode: EncodeNamed, split: Split) -> Question:
    """The question, where one thing was asked, or the mix of all that has a weight.

    `encode` reads named pictures; `split` takes a sentence apart that names several terms itself. Raises UsageError
    where nothing is asked, or what is asked does not fit together.
    """
    parts = [part for part in _parts(asking, encode, split) if part.weight]
    if not parts:
        raise UsageError(_nothing_asked(asking))
    if len(parts) == 1 and parts[0].weight > 0:
        return replace(parts[0].question, refine=asking.refine)
    if asking.refine:
        raise UsageError("Pairs are compared by one ranker, and a mix has several scorers; refine a single sentence.")
    return Question(_words(parts, asking), parts=tuple(parts))


def _parts(asking: Asking, encode: EncodeNamed, split: Split) -> Iterator[WeightedQuestion]:
    sentence = (asking.sentence or "").strip()
    if sentence and asking.opposite:
        yield WeightedQuestion(Question(sentence, asking.opposite), 1.0)
    elif sentence:
        yield from _of_text(sentence, 1.0, () if asking.refine else split(sentence))
    elif asking.opposite and (asking.plus or asking.minus):
        raise UsageError("The other end of a scale was named, and no sentence that names the one end.")
    if asking.like is not None and not _is_empty(asking.like):
        yield WeightedQuestion(_of_pictures(encode(asking.like)), 1.0)
    if asking.between is not None:
        yield WeightedQuestion(_scale(*map(encode, asking.between)), 1.0)
    for terms, sign in ((asking.plus, 1.0), (asking.minus, -1.0)):
        for term in terms:
            yield from _of_term(Term(term) if isinstance(term, str) else term, sign, encode, split)


def _of_term(term: Term, sign: float, encode: EncodeNamed, split: Split) -> Iterator[WeightedQuestion]:
    if term.picture is not None:
        yield WeightedQuestion(_of_pictures(encode(term.picture)), sign * term.weight)
        return
    text = (term.text or "").strip()
    if not text:
        raise UsageError("A term of the mix has no words.")
    yield from _of_text(text, sign * term.weight, split(text))


def _of_text(text: str, weight: float, terms: tuple[Term, ...]) -> Iterator[WeightedQuestion]:
    """The text as one term, or as those that it names itself."""
    for term in terms or (Term(text),):
        yield WeightedQuestion(Question(term.text or ""), weight * term.weight)


def _of_pictures(named: NamedPictures) -> Question:
    return Question(f"like {', '.join(named.paths)}", like=named)


def _scale(low: NamedPictures, high: NamedPictures) -> Question:
    if np.allclose(low.appearance, high.appearance, atol=1e-4):
        raise UsageError("The two ends of the scale look the same; name images that differ.")
    return Question(f"from {', '.join(low.paths)} to {', '.join(high.paths)}", like=high, low=low)


def _is_empty(pictures: Pictures) -> bool:
    return not isinstance(pictures, (str, Path)) and not len(pictures)


def _nothing_asked(asking: Asking) -> str:
    if asking.plus or asking.minus:
        return "Every term of the mix has a weight of 0, so nothing is left to order by."
    return 'A sentence to rank by is missing, such as "older person"; or name an image to be like.'


def _words(parts: Sequence[WeightedQuestion], asking: Asking) -> str:
    """The mix in words: the sentence as it was typed where it is all that was asked."""
    if not (asking.plus or asking.minus or asking.like or asking.between) and asking.sentence:
        return asking.sentence.strip()
    told: list[str] = []
    for part in parts:
        times = "" if abs(part.weight) == 1 else f" ({abs(part.weight):g})"
        joined = "minus " if part.weight < 0 else "plus " if told else ""
        told.append(f"{joined}{part.question.sentence}{times}")
    return ", ".join(told)
