"""Whether a sentence is English, which is all that `mini` was taught: by the words of it that the dictionary knows.

A name or a slip is no other language, so that one strange word says nothing, and neither does a minority of them.
`benchmarks/languages.py` prints how often English is taken for something else, and how much else is found.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imgrank.scoring.lexicon import is_known
from imgrank.scoring.naming import beginning
from imgrank.scoring.words import is_readable, spelt_out, word_of, word_set

_WORD = re.compile(r"[^\W\d_]+")
_STRANGE = 2  # words at least
_MOST_KNOWN = 0.5  # of the words

# What joins words, which the dictionary of things and qualities leaves out.
_JOINING = word_set(
    """
    a an the and or nor if than as at by for from in into of off on onto out over to toward towards up upon with within
    without about above across after against along among around before behind below beneath beside between beyond during
    except inside near outside past through under underneath until versus via while whilst because although though
    i me my we us our ours you your he him his himself she her hers herself it its itself they them their themselves
    this that these those who whom whose which what when where why how is are was were be been being do does did doing
    has have had having can could will would shall should may might must not all any both each every either neither
    something anything everything nothing someone somebody anyone anybody everyone everybody nobody here there very too
    also only just more most less least much many few fewer other others another such same own please pls asc desc s t
    """
)
# The commonest words of other languages that the dictionary knows, mostly as names and signs.
_ELSEWHERE = word_set(
    """
    la le les un une des du au aux et ou est sur dans avec sans qui que plus der die das den dem ein eine einen einem
    einer und mit ohne auf im zu ist el los las una en y con sin por del al se es il lo gli e di della sulla che senza
    uma um os na da com sem mais het een op van zonder meer och med
    """
)
_ENDINGS = ("ing", "ed", "d", "ies", "ves", "es", "s", "ers", "er", "est", "ly", "less", "ness", "ish", "y")
_RESTORED = {"ing": ("", "e"), "ed": ("", "e"), "ers": ("", "e"), "er": ("", "e"), "ies": ("y",), "ves": ("f", "fe")}
_LEAST_PART = 3  # letters


def seems_english(sentence: str) -> bool:
    """Whether it may be English: it has a letter of it, and no more than one strange word, or as many known ones."""
    if not is_readable(sentence):
        return False
    words = _WORD.findall(spelt_out(beginning(sentence)).lower())
    strange = sum(not is_english(word) for word in words)
    return strange < _STRANGE or strange <= _MOST_KNOWN * len(words)


@lru_cache(maxsize=4096)
def is_english(word: str) -> bool:
    """Whether it is a word of English, in any form that the dictionary knows the base of; a lower-case one."""
    if word in _ELSEWHERE:
        return False
    return word in _JOINING or is_known(word) or is_known(word_of(word).base) or _is_formed(word) or _is_joined(word)


def _is_formed(word: str) -> bool:
    """ "throwing" of throw, "skiing" of ski, "clipped" of clip."""
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if base == word or len(base) < _LEAST_PART:
            continue
        doubled = (base[:-1],) if base[-1] == base[-2] else ()
        if any(map(is_known, (*(base + letters for letters in _RESTORED.get(ending, ("",))), *doubled))):
            return True
    return False


def _is_joined(word: str) -> bool:
    """ "skateboard" of skate and board."""
    cuts = range(_LEAST_PART, len(word) - _LEAST_PART + 1)
    return any(is_known(word[:cut]) and is_known(word[cut:]) for cut in cuts)
