"""Sentences that ask for an order, and labels to hold them against, made from the sets in `data/` outside test."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# What a picture's five captions may mention; a picture's value is how many do.
THINGS = {
    "water": r"water|ocean|sea|lake|river|pool|waves?|swim\w*|surf\w*|splash\w*",
    "grass": r"grass|grassy|lawn|fields?|meadow",
    "snow": r"snow\w*|ski\w*|ice|icy|sled\w*",
    "sand": r"beach|sand|sandy|shore|coast",
    "balls": r"balls?|football|basketball|baseball|soccer|tennis",
    "children": r"child|children|kids?|baby|toddler|infant|boys?|girls?",
    "women": r"wom[ae]n|lady|ladies|girls?|female",
    "men": r"m[ae]n|guys?|male",
    "bicycles": r"bik\w+|bicycl\w+|cyclists?",
    "rocks": r"rocks?|rocky|cliffs?|mountains?|climb\w*|boulders?",
    "mountains": r"mountains?|cliffs?|hills?",
    "trees": r"trees?|woods|forest|wooded|leaves|branch\w*",
    "hats": r"hats?|caps?|helmets?",
    "buildings": r"buildings?|house|city",
    "cars": r"cars?|truck|vehicle",
    "flowers": r"flowers?",
    "food": r"food|eat\w*|drink\w*|meal",
    "fences": r"fence\w*",
    "sky": r"sky|air|midair|clouds?",
    "mud": r"mud\w*|dirt\w*",
}
MENTIONS = THINGS | {
    "streets": r"streets?|city|sidewalk|buildings?|road|urban|shops?|store",
    "red": "red",
    "blue": "blue",
    "smiles": r"smil\w+|laugh\w+|happ\w+|grin\w*",
    "wet": r"wet|water|swim\w*|splash\w*|pool|rain\w*",
    "crowd": r"crowd\w*|group|many|lots|several",
    "sitting": r"sit|sits|sitting|seated|bench|chairs?|couch",
}
SETS = {
    "age": ("age", "older"),
    "car year": ("car_year", "newer"),
    "quality": ("quality", "good"),
    "people": ("counts", "more people"),
    "dogs": ("counts", "more dogs"),
    "red cells": ("blood_cells", "more red"),
    "platelets": ("blood_cells", "more plat"),
}


@dataclass(frozen=True)
class Scale:
    """A sentence, the name of the values that it asks for, and the kind of word that asks; sign -1: less of them."""

    sentence: str
    values: str
    kind: str
    sign: int = 1


def _all(kind: str, sign: int, sentences: dict[str, str]) -> list[Scale]:
    return [Scale(sentence, values, kind, sign) for sentence, values in sentences.items()]


SCALES = [
    *_all("more, most", 1, {f"more {thing}": thing for thing in (*THINGS, "people", "dogs")}),
    *_all("more, most", 1, {
        "more red blood cells": "red cells", "more platelets": "platelets", "more red": "red", "more blue": "blue",
        "most people": "people", "most dogs": "dogs", "most snow": "snow", "more people sitting": "sitting",
    }),
    *_all("fewer, less, least", -1, {
        "fewer people": "people", "fewer dogs": "dogs", "less water": "water", "less snow": "snow",
        "less grass": "grass", "fewer trees": "trees", "fewer children": "children", "least water": "water",
        "fewer platelets": "platelets", "fewer cars": "cars",
    }),
    *_all("more, less of a quality", 1, {
        "more feminine face": "women's faces", "most feminine person": "women's faces", "more modern car": "car year",
        "more beautiful photo": "quality", "most professional photo": "quality", "less blurry": "quality",
        "more cheerful": "smiles", "more urban": "streets", "more crowded": "crowd", "more elderly person": "age",
        "more wrinkled face": "age", "more aged face": "age", "more mountainous": "mountains",
        "more like a beach": "sand",
    }),
    *_all("more, less of a quality", -1, {
        "more masculine face": "women's faces", "less feminine face": "women's faces", "more vintage car": "car year",
        "more blurry": "quality", "less crowded": "crowd",
    }),
    *_all("comparatives", 1, {
        "older person": "age", "older face": "age", "oldest man": "age", "newer car": "car year",
        "better photo": "quality", "sharper photo": "quality", "happier": "smiles", "happier face": "smiles",
        "snowier": "snow", "rockier": "rocks", "wetter": "wet", "dirtier": "mud", "redder": "red",
    }),
    *_all("comparatives", -1, {"younger person": "age", "older car": "car year", "blurrier photo": "quality"}),
]  # fmt: skip


def read_values(data: Path) -> dict[str, dict[str, float]]:
    """By name, the value of every picture that has one: {path: value}, the test splits left out."""
    told: dict[str, list[str]] = defaultdict(list)
    counted = {path for path, _ in _rows(data, "counts", "more people")}
    for path, row in _rows(data, "captions"):
        if path in counted:
            told[path].append(row["caption"].lower())
    values = {}
    for name, words in MENTIONS.items():
        mention = re.compile(rf"\b({words})\b")
        values[name] = {path: float(sum(map(bool, map(mention.search, lines)))) for path, lines in told.items()}
    for name, (folder, query) in SETS.items():
        values[name] = {path: float(row["value"]) for path, row in _rows(data, folder, query)}
    values["women's faces"] = {path: float(Path(path).name.split("_")[1] == "1") for path in values["age"]}
    return values


def _rows(data: Path, folder: str, query: str = "") -> list[tuple[str, dict[str, str]]]:
    file = data / folder / ("captions.csv" if folder == "captions" else "labels.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = (row for row in rows if row["split"] != "test" and row.get("query", "").startswith(query))
    return [(os.path.normpath(data / folder / row["image"]), row) for row in wanted]
