"""British words in American spelling, which the text model of `mini` was taught more of: "grey harbour", "gray harbor".

A rule proposes the other spelling, and WordNet says whether both are one word. What WordNet does not have twice stands
in a short list. Words alone, no model.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imgrank.scoring.lexicon import are_near, is_known
from imgrank.scoring.misspelt import is_taught
from imgrank.scoring.words import word_of, word_set

_WORD = re.compile(r"[a-z]{3,24}", re.IGNORECASE)
_LOWER = re.compile(r"\b(?!(?:the|and|for|with|from|over|near)\b)[a-z]{3}")
_ENDS_SENTENCE = (".", "!", "?", ":", ";")
_ENDING = re.compile(r"(?:ed|ing|ers?|s|ations?)$")
_RULES = [
    (re.compile(british), american)
    for british, american in (
        (r"our(?=$|s$|ed$|ing$|ful|less|ite|able|hood|y$|ists?$)", "or"),
        (r"(?<=[^aeiou])re(?=s?$)", "er"),
        (r"(?<=[^aeiou])red$", "ered"),
        (r"(?<=[iy])s(?=e$|es$|ed$|ing$|ers?$|ations?$)", "z"),
        (r"(?<=[a-z]{3})ll(?=ed$|ing$|ers?$|ous$|en$)", "l"),
        (r"(?<=[io])l(?=$|ful|ment)", "ll"),
        (r"ogue(?=s?$)", "og"),
        (r"ence(?=s?$|less$)", "ense"),
        (r"[ao]e(?=[a-z]{2})", "e"),
    )
]
_BEGINNINGS = {
    "aeroplane": "airplane", "aluminium": "aluminum", "amphitheatre": "amphitheater", "anaem": "anem",
    "anaesth": "anesth", "carburett": "carburet", "cosi": "cozi", "cosy": "cozy", "diarrhoea": "diarrhea",
    "doughnut": "donut", "foet": "fet", "gynaec": "gynec", "haemat": "hemat", "haemo": "hemo", "jewelled": "jeweled",
    "jewellery": "jewelry", "kerb": "curb", "manoeuvra": "maneuvera", "manoeuvri": "maneuveri", "manoeuvre": "maneuver",
    "mollusc": "mollusk", "mould": "mold", "moustache": "mustache", "oedem": "edem", "oesoph": "esoph",
    "orthopaed": "orthoped", "paediatr": "pediatr", "plough": "plow", "pyjama": "pajama", "racoon": "raccoon",
    "sceptic": "skeptic", "sceptre": "scepter", "smoulder": "smolder", "snowplough": "snowplow", "sulph": "sulf",
    "yoghurt": "yogurt",
}  # fmt: skip
_ENDS = {  # of short beginnings, with which other words and names begin
    "cosi": word_set("er es est ly ness"), "cosy": frozenset({""}),
    "kerb": word_set("s ed ing side stone stones") | {""}, "mould": word_set("s ed er ers ing ings y") | {""},
}  # fmt: skip
_MOTHER = {"mum": "mom", "mums": "moms"}
_WHOLE = _MOTHER | {
    "chilli": "chili", "chillies": "chilies", "manoeuvred": "maneuvered", "programme": "program",
    "sceptred": "sceptered", "tyre": "tire", "tyres": "tires",
}  # fmt: skip
_GREY = re.compile(r"^grey(?=$|s$|ed$|er$|est$|ing$|ish$|ly$|ness$|scale$|beard)")
_OTHER_WORDS = word_set("daemon eagre prise")  # which only sound like "demon", "eager" and "prize"
_STRESSED_LAST = word_set(  # verbs that double their last letter in both spellings
    "annul compel control corral decontrol dispel excel expel extol impel patrol propel rappel rebel repel"
)


def as_taught(sentence: str) -> str:
    """The sentence with each British word in its American spelling, but for names ("a cup of Earl Grey"); the very same
    where it has none."""
    return _WORD.sub(lambda found: found[0] if _is_name(found) else _american(found[0].lower()) or found[0], sentence)


def _is_name(found: re.Match[str]) -> bool:
    """Whether a word has a capital letter where others have none; at the beginning any word has."""
    word, before = found[0], found.string[: found.start()].rstrip(" \"'“‘(")
    is_capital = word[0].isupper() and not word.isupper() and word.lower() not in _MOTHER
    is_inside = bool(before) and not before.endswith(_ENDS_SENTENCE)
    return is_capital and is_inside and _LOWER.search(found.string) is not None


@lru_cache(maxsize=4096)
def _american(word: str) -> str | None:
    """The other spelling of a lower-case word, if it has one."""
    if word in _WHOLE:
        return _WHOLE[word]
    if _GREY.match(word):
        return f"gray{word[4:]}"
    beginning = next((one for one in _BEGINNINGS if word.startswith(one)), None)
    if beginning is not None:
        ending = word[len(beginning) :]
        return _BEGINNINGS[beginning] + ending if ending in _ENDS.get(beginning, (ending,)) else None
    proposed = (rule.sub(american, word) for rule, american in _RULES if rule.search(word))
    is_other = word_of(word).base in _OTHER_WORDS
    return None if is_other else next((other for other in proposed if _is_the_same(word, other)), None)


def _is_the_same(british: str, american: str) -> bool:
    """Whether two spellings are of one word, by a dictionary, and the text model knows the American one as well."""
    if is_taught(british) and not is_taught(american):
        return False
    one, other = _ENDING.sub("", british), _ENDING.sub("", american)
    if one == other + other[-1:]:
        return is_known(other) and not is_known(one) and other not in _STRESSED_LAST  # "panelled" is of a panel
    forms = (british, american), (word_of(british).base, word_of(american).base), (one, other), (f"{one}e", f"{other}e")
    return any(form[0] == form[1] or are_near(*form) for form in forms)
