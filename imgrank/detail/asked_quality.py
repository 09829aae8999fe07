"""Which sentences ask for the quality of the photograph itself: "sharpest photo", "in focus", "less noise".

"a sharp knife" and "a noisy street" ask for what is shown: whatever names a thing besides pictures asks no quality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Quality(str, Enum):
    """What of a photograph is measured at its full size."""

    sharpness = "sharpness"
    motion = "motion blur"
    noise = "noise"
    blocks = "compression"


@dataclass(frozen=True, slots=True)
class AskedQuality:
    """A quality, and whether more of it comes first (1.0) or less (-1.0)."""

    quality: Quality
    turn: float


# Longer ones first: "out of focus" holds "focus".
_WORDS_FOR = (
    (r"motion[ -]?blur(s|red|ry)?|camera shake|shak(y|ier|iest|en)|blurred by motion", Quality.motion, 1.0),
    (r"out of focus|not in focus|off focus|de-?focus+ed|un-?focus+ed|un-?sharp", Quality.sharpness, -1.0),
    (r"blur|blurs|blurred|blurry|blurrier|blurriest|blurriness|mis-?focus+ed", Quality.sharpness, -1.0),
    (r"(in )?(sharp(est)?|good|best|perfect|tack[ -]sharp)? ?(in )?focus", Quality.sharpness, 1.0),
    (r"(tack )?sharp|sharper|sharpest|sharply|sharpness|crisp|crisper|crispest|crispness", Quality.sharpness, 1.0),
    (r"focus+ed", Quality.sharpness, 1.0),
    (r"noise[ -]?free|noiseless|grainless", Quality.noise, -1.0),
    (r"noise|noisy|noisier|noisiest|grain|grainy|grainier|grainiest|graininess", Quality.noise, 1.0),
    (r"(jpe?g|compression) (artifacts?|artefacts?|blocks?)|blocky|blockiest|blockier", Quality.blocks, 1.0),
    (r"(heavily |strongly )?(jpe?g )?compressed|(strong )?compression", Quality.blocks, 1.0),
)
_PATTERN = re.compile("|".join(rf"(?P<word{n}>\b(?:{words})\b)" for n, (words, _, _) in enumerate(_WORDS_FOR)))
_LESS = "less least low lower lowest little no not without free fewer fewest minimal zero never"
_NOUNS = (
    "photo photos photograph photographs picture pictures image images shot shots pic pics snapshot snapshots snap "
    "snaps still stills frames scans prints slides exposures micrographs smears uploads files thumbnails"
)
PICTURE_NOUNS = frozenset(_NOUNS.split())  # words for what is ranked, which say nothing of what it shows
_ABOUT_PICTURES = "photography frame scan print file micrograph smear camera iso sensor digital jpeg jpg"
_EMPTY = (
    "a an the this these that which with of in is are be it its and how amount amounts level levels lot lots much "
    "more most very really quite strong stronger strongest heavy heaviest high higher highest strongly heavily "
    "best good really perfectly badly slightly totally completely first by worst "
    "sort sorted rank ranked order ordered please"
)
_TURNS = frozenset(_LESS.split())
_WITHOUT_MEANING = _TURNS | frozenset(_ABOUT_PICTURES.split()) | PICTURE_NOUNS | frozenset(_EMPTY.split())


def asked_quality(sentence: str) -> AskedQuality | None:
    """The quality of the photograph that a sentence asks for, None where it asks for anything else."""
    text = " ".join(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", sentence.lower()))
    named = [
        _WORDS_FOR[int(found.lastgroup.removeprefix("word"))] for found in _PATTERN.finditer(text) if found.lastgroup
    ]
    rest = set(_PATTERN.sub(" ", text).split())
    if len({quality for _, quality, _ in named}) != 1 or not rest <= _WITHOUT_MEANING:
        return None
    turn = min(turn for _, _, turn in named)
    if "worst" in rest and named[0][1] is Quality.sharpness:
        turn = -1.0  # the worst focus is the least of it, and the worst noise the most
    return AskedQuality(named[0][1], -turn if rest & _TURNS else turn)
