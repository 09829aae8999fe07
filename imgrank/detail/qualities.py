"""The quality of the photograph itself: which sentences ask for it, and how much of it each picture has.

"sharpest photo", "in focus" and "less noise" do. "a sharp knife" and "a noisy street" ask for what is shown: whatever
names a thing besides pictures asks no quality. Formulas are fixed. Their weights were chosen on photographs that were
blurred, shaken and made noisy in known amounts; `benchmarks/detail.py` prints what they tell apart on others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from math import log2

import numpy as np

from imgrank.arrays import Floats
from imgrank.detail.measure import NAMES, Detail


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


@dataclass(frozen=True, slots=True)
class _Coarse:
    """A scale that sharpness is held against: what counts off, and from where it does."""

    name: str
    weight: float
    least: float


_SHARPNESS = {
    "mean edges 0.97 at scale 0": 0.25,
    "sharpest tile": 0.06,
    "edges against coarse": 0.04,
    "corners": 0.06,
    "contrast": -0.06,
}
# What the same scene shows at coarser scales is its own, and counts off; where even that is weak, blur has taken it.
_COARSE = (_Coarse("mean edges 0.97 at scale 1", 0.09, 2.0), _Coarse("mean edges 0.97 at scale 2", 0.1, 3.0))
_LOST = 0.12
_FINE, _FINE_FROM = 3.0, -1.5  # what edges against wide ones count, and from where: more blur shows better elsewhere
_MOTION = {"motion": 1.0, "coarse motion": 1.0, "fine motion": 8.0}
_UNSHARP = 0.08  # what blur of any kind says of motion, against its direction
_HIDES, _HIDES_FROM = 0.15, 1.0  # grain of more than two levels of 255 looks crisp, and hides what is fine
_SCREEN = log2(1600)  # octaves; a picture with fewer pixels on its longer side shows less, however crisp they are


def amount(quality: Quality, detail: Detail) -> Floats:
    """(N,) how much of the quality each picture has, in octaves, of sharpness and motion in sums of several; detail
    (N, WIDTH)."""
    if quality is Quality.sharpness:
        return _sharpness(detail) + np.minimum(_column("longer side", detail) - _SCREEN, 0.0)
    if quality is Quality.motion:
        return _weighed(_MOTION, detail) - _UNSHARP * _sharpness(detail)
    return _column("noise" if quality is Quality.noise else "blocks", detail)


def _sharpness(detail: Detail) -> Floats:
    total = _weighed(_SHARPNESS, detail) - _HIDES * np.maximum(_column("noise", detail) - _HIDES_FROM, 0.0)
    total += _FINE * np.maximum(_column("edges against wide", detail) - _FINE_FROM, 0.0)
    for coarse in _COARSE:
        edges = _column(coarse.name, detail)
        total -= coarse.weight * np.maximum(edges, coarse.least) - _LOST * np.minimum(edges - coarse.least, 0.0)
    return total


def _weighed(weights: dict[str, float], detail: Detail) -> Floats:
    total = np.zeros(len(detail))
    for name, weight in weights.items():  # one after another: a matrix product's last bits depend on the number of rows
        total += weight * _column(name, detail)
    return total


def _column(name: str, detail: Detail) -> Floats:
    return detail[:, NAMES.index(name)].astype(np.float64)
