"""What can be said of a training picture: tags that hold of it, and phrases with the tags that they need.

A phrase is true of every picture that has all its tags. So two pictures of one class never count as each other's
negatives, "a drawing" is no negative of a cartoon, and many ways of saying one thing are drawn in turn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

TEXT_SETS = frozenset(["app_screens", "web_screens", "charts", "documents", "maps", "flags", "receipts"])


@dataclass(frozen=True)
class Phrase:
    """Words, and the tags that a picture must have for them to be true."""

    words: str
    needs: frozenset[str]


@dataclass(frozen=True)
class Described:
    """The tags of a picture and what can be said of it."""

    tags: frozenset[str]
    phrases: tuple[Phrase, ...]


def true_of(pictures: Sequence[Described], phrases: Sequence[Phrase]) -> npt.NDArray[np.bool_]:
    """(pictures, phrases): whether each phrase is true of each picture, which then has every tag that it needs."""
    column = {tag: place for place, tag in enumerate({tag for phrase in phrases for tag in phrase.needs})}

    def marks(sets: list[frozenset[str]]) -> npt.NDArray[np.float32]:
        marked = np.zeros((len(sets), len(column)), np.float32)
        for row, tags in enumerate(sets):
            marked[row, [column[tag] for tag in tags if tag in column]] = 1
        return marked

    needed = marks([phrase.needs for phrase in phrases])
    return marks([picture.tags for picture in pictures]) @ needed.T == needed.sum(1)


class Saying:
    """A description while it grows."""

    def __init__(self, *tags: str) -> None:
        self.tags = set(tags)
        self.phrases: list[Phrase] = []

    def add(self, words: str, *needs: str) -> None:
        self.phrases.append(Phrase(words, frozenset(needs)))

    def done(self) -> Described:
        return Described(frozenset(self.tags), tuple(self.phrases))


# kinds of degraded or styled views: adjectives for a caption, and what is said of the whole picture
STYLES = {
    "bw": (
        ("black and white", "monochrome", "grey", "black-and-white"),
        ("a black and white photo", "a monochrome picture", "black and white", "a photo without colour"),
    ),
    "dark": (
        ("dark", "underexposed", "dim", "night-time"),
        ("a dark photo", "at night", "an underexposed picture", "darkness", "a photo taken in the dark"),
    ),
    "blur": (
        ("blurry", "out of focus", "blurred", "unsharp"),
        ("a blurry photo", "out of focus", "blurry", "a blurred picture"),
    ),
    "vivid": (
        ("colourful", "vivid", "saturated"),
        ("bright colours", "a colourful picture", "vivid saturated colours", "colourful"),
    ),
    "sketchy": (
        ("pencil sketch", "drawing", "sketch"),
        ("a drawing", "a pencil sketch", "a pencil drawing", "hand drawn"),
    ),
    "sepia": (
        ("sepia", "old brownish", "vintage sepia"),
        ("a sepia photo", "an old-looking sepia picture", "sepia"),
    ),
    "bright": (
        ("overexposed", "too bright", "washed out"),
        ("an overexposed photo", "too bright", "washed out picture"),
    ),
    "noise": (("noisy", "grainy"), ("a noisy picture", "a grainy photo", "grain and noise")),
}


def nouns_in(sentence: str) -> set[str]:
    """Words of a sentence, plurals also in the singular, and what many of them are kinds of."""
    found = set(re.findall(r"[a-z]+", sentence.lower()))
    found |= {word[:-1] for word in found if word.endswith("s") and len(word) > 3}
    for kind, members in _KINDS.items():
        if found & members:
            found |= kind
    return found


_KINDS = {
    frozenset({"person", "human"}): {
        *("man", "woman", "boy", "girl", "child", "people", "person", "men", "women", "children", "kid", "lady", "guy"),
        *("player", "runner", "surfer", "skier"),
    },
    frozenset({"animal"}): {"dog", "puppy", "cat", "horse", "bird", "cow", "animal", "sheep", "elephant"},
    frozenset({"building"}): {"house", "church", "tower", "skyscraper"},
}


def of_captions(path: Path, captions: tuple[str, ...]) -> Described:
    """A photograph with its captions: each of them is true of it alone."""
    own = f"picture {path.name}"
    saying = Saying("photo", own, *(noun for caption in captions for noun in nouns_in(caption)))
    for caption in captions:
        saying.add(caption, own)
    return saying.done()


def of_face(path: Path) -> Described:
    """A face whose file name says age and gender."""
    saying = Saying("face", "person", "photo", "portrait", "human")
    years, gender = (int(part) for part in path.name.split("_")[:2])
    grown, small = ("man", "boy") if gender == 0 else ("woman", "girl")
    noun = "baby" if years <= 2 else small if years < 14 else grown
    decade = f"{noun} of {years // 10}"
    saying.tags |= {noun, decade}
    if years >= 65:
        saying.tags |= {"old", f"old {grown}"}
        saying.add(f"an old {grown}", f"old {grown}")
        saying.add(f"an elderly {grown}", f"old {grown}")
        saying.add("an old person", "old")
    elif 16 <= years <= 30:
        saying.tags.add(f"young {grown}")
        saying.add(f"a young {grown}", f"young {grown}")
    saying.add(f"a {years} year old {noun}", decade)
    saying.add(f"the face of a {noun}", noun, "face")
    saying.add(f"a portrait of a {noun}", noun, "portrait")
    for words, tag in (("a face", "face"), ("a close-up portrait", "portrait"), ("a human face", "face")):
        saying.add(words, tag)
    saying.add("a person", "person")
    return saying.done()


def of_set(source: str) -> Described:
    """What holds of all pictures of the sets of cars and blood cells."""
    if source == "car_year":
        saying = Saying("car", "vehicle", "photo")
        for words in ("a car", "a photo of a car", "a parked car"):
            saying.add(words, "car")
        saying.add("a vehicle", "vehicle")
        return saying.done()
    saying = Saying("micrograph", "cells")
    for words in ("blood cells under a microscope", "a microscope image", "red blood cells", "a micrograph of cells"):
        saying.add(words, "micrograph")
    return saying.done()


def of_world(source: str, sentence: str) -> Described:
    """A picture of the world sets, from the one sentence that its class has."""
    return _WORLD[source](sentence)


def in_style(described: Described, style: str, rng: random.Random) -> Described:
    """The same picture as a view in one of the STYLES."""
    adjectives, alone = STYLES[style]
    tags, drawn = set(described.tags) | {style}, style == "sketchy"
    if drawn:
        tags = (tags - {"photo"}) | {"drawing", "sketch"}
    phrases = []
    for phrase in described.phrases:
        adjective = rng.choice(adjectives)
        forms = [f"a {adjective} of {phrase.words}" if drawn else f"a {adjective} photo of {phrase.words}"]
        forms += [f"{phrase.words}, {adjective}", f"a {adjective} {'' if drawn else 'picture '}of {phrase.words}"]
        phrases += [phrase, Phrase(rng.choice(forms), phrase.needs | {style})]
    needs = frozenset({"drawing" if drawn else style})
    phrases += [Phrase(words, needs) for words in rng.sample(alone, 2)]
    return Described(frozenset(tags), tuple(phrases))


def _bare(words: str) -> str:
    return re.sub(r"^(an?|the) ", "", words)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _objects(sentence: str) -> Described:
    medium, noun = re.fullmatch(r"an? (photo|painting|cartoon|pencil sketch) of an? (.+)", sentence).groups()
    medium = medium.removeprefix("pencil ")
    saying = Saying(medium, noun, *nouns_in(noun))
    saying.add(sentence, medium, noun)
    saying.add(f"{noun}, {medium}", medium, noun)
    saying.add(_with_article(noun), noun)
    saying.add(noun, noun)
    if medium in ("cartoon", "sketch"):
        saying.tags |= {"drawn", "drawing"}
        saying.add(f"a drawing of a {noun}", "drawing", noun)
    if medium == "painting":
        saying.tags.add("drawn")
        saying.add("an oil painting or artwork", "painting")
        saying.add(f"artwork showing a {noun}", "drawn", noun)
    saying.add(_with_article({"sketch": "pencil sketch"}.get(medium, medium)), medium)
    saying.add({"cartoon": f"a cartoon {noun}", "sketch": f"a sketched {noun}"}.get(medium, sentence), medium, noun)
    return saying.done()


def _grocery(sentence: str) -> Described:
    wrapped = sentence.removesuffix(" in a grocery store")
    noun = wrapped.removeprefix("a package of ")
    saying = Saying("grocery", "food", "photo", noun, *nouns_in(noun))
    saying.add(sentence, noun, "grocery")
    saying.add(noun, noun)
    saying.add(wrapped, noun)
    saying.add(f"{noun} on a shop shelf", noun, "grocery")
    saying.add("groceries in a shop", "grocery")
    saying.add("food", "food")
    saying.add("a supermarket", "grocery")
    for kind in ("fruit", "vegetable", "milk", "juice", "yoghurt", "package"):
        if kind in sentence:
            saying.tags.add(kind)
            saying.add(kind, kind)
            saying.add(f"{kind} in a supermarket", kind, "grocery")
    return saying.done()


def _scene(sentence: str) -> Described:
    place = sentence.removeprefix("a black and white photo of ").strip()
    saying = Saying("bw", "photo", "place", place, *nouns_in(place))
    saying.add(sentence, "bw", place)
    saying.add(place, place)
    saying.add(f"{_bare(place)}, black and white", "bw", place)
    saying.add(f"a grey picture of {place}", "bw", place)
    saying.add("a black and white photo", "bw")
    saying.add(f"a view of {place}", place)
    saying.add("a monochrome picture", "bw")
    return saying.done()


def _sport(sentence: str) -> Described:
    game = re.sub(r" (match|game)$", "", _bare(sentence)).replace("people playing ", "").replace("people ", "")
    saying = Saying(sentence, "sport", "photo", "person", *nouns_in(sentence))
    for words in (
        sentence,
        game,
        f"people playing {game}",
        f"{game} players",
        f"a {game} event",
        f"the sport of {game}",
    ):
        saying.add(words, sentence)
    saying.add("a sport", "sport")
    saying.add("people doing sports", "sport")
    return saying.done()


def _clothes(sentence: str) -> Described:
    noun = _bare(sentence).replace("pair of ", "")
    saying = Saying(sentence, "clothing", "photo", *nouns_in(noun))
    for words in (sentence, noun, f"a photo of {sentence}", f"{sentence} on a plain background"):
        saying.add(words, sentence)
    for part in noun.split(" or "):
        saying.add(_with_article(part), sentence)
    saying.add("clothing", "clothing")
    saying.add("a piece of clothing", "clothing")
    return saying.done()


def _screen(kind: str, whole: str, general: str) -> Callable[[str], Described]:
    def describe(sentence: str) -> Described:
        what = sentence.split(", ", 1)[-1].split(" called ")[-1]
        saying = Saying("screenshot", kind, "computer", sentence)
        for words in (sentence, what, f"screenshot of {what}"):
            saying.add(words, sentence)
        for words in ("a screenshot", "a computer screen", "user interface"):
            saying.add(words, "screenshot")
        saying.add(whole, kind)
        saying.add(general, kind)
        return saying.done()

    return describe


def _texture(sentence: str) -> Described:
    look = _bare(sentence).removesuffix(" texture")
    saying = Saying(look, "texture", "photo")
    for words in (sentence, look, f"a {look} surface", f"a {look} pattern", f"something {look}"):
        saying.add(words, look)
    saying.add("a texture", "texture")
    return saying.done()


def _aerial(sentence: str) -> Described:
    land = sentence.removeprefix("an aerial view of ")
    saying = Saying("aerial", "photo", land, *nouns_in(land))
    saying.add(sentence, land, "aerial")
    saying.add(land, land)
    saying.add(f"{_bare(land)} from above", land, "aerial")
    saying.add(f"{_bare(land)} seen from the air", land, "aerial")
    for words in ("an aerial view", "a satellite picture", "seen from an aeroplane"):
        saying.add(words, "aerial")
    return saying.done()


def _rubbish(sentence: str) -> Described:
    saying = Saying("trash", "photo", sentence, *nouns_in(sentence))
    for words in (sentence, re.sub(r",? rubbish", "", sentence), sentence.replace("rubbish", "waste")):
        saying.add(words, sentence)
    for words in ("rubbish", "waste", "a piece of trash"):
        saying.add(words, "trash")
    return saying.done()


def _chart(sentence: str) -> Described:
    kind, *about = re.split(r" of | about ", _bare(sentence), maxsplit=1)
    saying = Saying("chart", "drawn", kind, sentence)
    saying.add(sentence, sentence)
    saying.add(_with_article(kind), kind)
    saying.add(kind, kind)
    for words in ("a chart", "a diagram with numbers", "a graph"):
        saying.add(words, "chart")
    if about:
        topic = re.split(r" over | with |,", about[0])[0]
        saying.tags.add(f"about {topic}")
        saying.add(f"a chart about {topic}", "chart", f"about {topic}")
    return saying.done()


def _document(sentence: str) -> Described:
    saying = Saying("document", "text", sentence)
    saying.add(sentence, sentence)
    saying.add(re.split(r" with |,| of ", sentence)[0], sentence)
    for words in ("a document", "a page of paper", "text on paper"):
        saying.add(words, "document")
    return saying.done()


def _map(sentence: str) -> Described:
    land = sentence.split("showing ")[-1].removeprefix("a world map with ").removesuffix(" highlighted")
    saying = Saying("map", "drawn", land, sentence)
    saying.add(sentence, sentence)
    saying.add(land, land)
    saying.add(f"a map of {land}", "map", land)
    saying.add(f"where {land} lies", "map", land)
    saying.add("a map", "map")
    saying.add("a geographic map", "map")
    return saying.done()


def _flag(sentence: str) -> Described:
    land = sentence.removeprefix("the flag of ")
    saying = Saying("flag", "drawn", land)
    saying.add(sentence, "flag", land)
    saying.add(f"{land} flag", "flag", land)
    saying.add(land, land)
    saying.add("a flag", "flag")
    saying.add("a national flag", "flag")
    return saying.done()


def _emoji(sentence: str) -> Described:
    noun = _bare(sentence.removeprefix("an emoji of "))
    saying = Saying("emoji", "drawn", noun, *nouns_in(noun))
    for words in (sentence, f"a small icon of {noun}", f"{noun} emoji"):
        saying.add(words, "emoji", noun)
    saying.add(noun, noun)
    saying.add(f"a drawing of {noun}", "drawn", noun)
    saying.add("an emoji", "emoji")
    saying.add("an icon", "emoji")
    return saying.done()


def _silhouette(sentence: str) -> Described:
    medium, thing = re.fullmatch(r"a (line drawing|black silhouette) of (.+)", sentence).groups()
    noun = _bare(thing)
    saying = Saying(medium, "drawn", "drawing", noun, *nouns_in(noun))
    saying.add(sentence, medium, noun)
    saying.add(f"{noun}, {medium}", medium, noun)
    saying.add(thing, noun)
    saying.add(f"a drawing of {thing}", "drawing", noun)
    saying.add(_with_article(medium), medium)
    saying.add("a drawing", "drawing")
    saying.add("a black shape" if "silhouette" in medium else "black lines on white", medium)
    return saying.done()


def _house(sentence: str) -> Described:
    place, outside = sentence.removesuffix(" in a house"), "front" in sentence
    saying = Saying("house", "photo", place, "building" if outside else "room", *nouns_in(place))
    for words in (sentence, place, f"a photo of {place}"):
        saying.add(words, place)
    if outside:
        saying.add("a house", "building", "house")
        saying.add("a building", "building")
        saying.add("the outside of a house", place)
    else:
        saying.add("a room", "room")
        saying.add("the inside of a home", "room")
        saying.add(f"{place} with furniture", place)
    return saying.done()


def _room(sentence: str) -> Described:
    state = "messy" if "messy" in sentence else "tidy"
    saying = Saying("room", "photo", state)
    saying.add(sentence, state, "room")
    saying.add(f"{state} room", state, "room")
    words = "a cluttered room full of stuff" if state == "messy" else "a neat and clean room"
    saying.add(words, state, "room")
    saying.add("a room", "room")
    saying.add("the inside of a home", "room")
    return saying.done()


def _daytime(sentence: str) -> Described:
    night = "night" in sentence
    when = "night" if night else "day"
    saying = Saying(when, "photo", "outdoors", *(["dark"] if night else []))
    saying.add(sentence, when, "outdoors")
    saying.add("at night" if night else "in daylight", when)
    saying.add(when, when)
    saying.add("a street or town at night" if night else "outdoors in the day", when, "outdoors")
    return saying.done()


def _receipt(sentence: str) -> Described:
    saying = Saying("receipt", "document", "text")
    for words in (sentence, "a receipt", "a shop bill"):
        saying.add(words, "receipt")
    saying.add("a document", "document")
    return saying.done()


_WORLD: dict[str, Callable[[str], Described]] = {
    "pacs": _objects,
    "grocery": _grocery,
    "scenes15": _scene,
    "sports": _sport,
    "clothing": _clothes,
    "app_screens": _screen("app", "a screenshot of a program", "a program window"),
    "web_screens": _screen("web", "a screenshot of a website", "a web page"),
    "texture": _texture,
    "aerial": _aerial,
    "trash": _rubbish,
    "charts": _chart,
    "documents": _document,
    "maps": _map,
    "flags": _flag,
    "emoji": _emoji,
    "silhouettes": _silhouette,
    "houses": _house,
    "messy_room": _room,
    "day_night": _daytime,
    "receipts": _receipt,
}
