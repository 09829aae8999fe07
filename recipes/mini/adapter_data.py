"""What the shipped adapter trains on: tokens of stored views, values by query, and who shows which subject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from abstract import abstract_pictures
from adapter_views import read_seen
from data import HEADS, Sample
from view_tokens import tokens_of_pictures

from imgrank.tokens import PackedTokens, joined

PHRASINGS = {
    "age": (
        "older person", "age of the person", "elderly person", "how old the person looks", "elderly",
        "how old they look", "old person", "an old man or woman", "person of advanced age", "the oldest face",
    ),
    "car_year": (
        "newer car", "model year of the car", "modern car", "how new the car is", "recent car model", "latest vehicle",
        "year the car was built",
    ),
    "quality": (
        "good photo quality", "high quality photograph", "technical quality of the picture", "how good the photo is",
        "best quality image", "well taken photo", "image quality", "picture quality",
    ),
    "red_cells": (
        "more red blood cells", "number of red blood cells", "how many red blood cells", "red blood cell count",
        "many erythrocytes",
    ),
    "platelets": ("more platelets", "number of platelets", "how many platelets", "platelet count", "many thrombocytes"),
    "people": (
        "more people", "number of people", "how many people", "crowded with people", "a crowd",
        "most people in the picture", "count of persons", "many people",
    ),
    "dogs": ("more dogs", "number of dogs", "how many dogs", "many dogs", "several dogs", "count of dogs"),
    "blur": ("blurry", "blurred photo", "out of focus", "how blurry the picture is", "unsharp image"),
    "noise": ("noisy", "grainy photo", "image noise", "how noisy the picture is", "strong grain"),
    "jpeg": ("jpeg artifacts", "compression artifacts", "blocky image", "heavily compressed", "strong compression"),
    "exposure": ("underexposed", "too dark", "dark picture", "how dark the photo is", "low light"),
    "contrast": ("low contrast", "washed out", "flat contrast", "faded picture", "hazy and flat"),
}  # fmt: skip
UNITS = {
    "age": "years",
    "car_year": "year",
    "red_cells": "cells",
    "platelets": "platelets",
    "people": "people",
    "dogs": "dogs",
}
SUBJECTS = {
    "age": "face", "car_year": "car", "red_cells": "blood", "platelets": "blood", "people": "person", "dogs": "dog",
}  # fmt: skip
_VEHICLES = re.compile(
    r"\b(car|cars|truck|van|taxi|cab|jeep|vehicle|vehicles|bus|traffic|street|road|auto|automobile|suv|parking|drives?"
    r"|driving|race|racing|rally|city|highway|garage)\b"
)


# Photographs of `quality`, each looked at, that show no face, person, dog or car.
NO_SUBJECT = frozenset((Path(__file__).parent / "no_subject.txt").read_text(encoding="utf-8").splitlines())
ABSTRACT = {"train": 600, "val": 200}


@dataclass(frozen=True)
class AdapterData:
    """Rows of N views: packed tokens, split, source, values (N, heads; NaN unknown), shows (N, heads) 1, 0 or NaN."""

    packed: PackedTokens
    split: np.ndarray
    source: np.ndarray
    plain: np.ndarray
    group: np.ndarray
    values: np.ndarray
    shows: np.ndarray


def read_adapter_data(data: Path, out: Path) -> AdapterData:
    """All views that `adapter_views.py` saw, with what is known of them."""
    samples, seen = read_seen(data, out)
    owners = [samples[view.sample] for view in seen.views]
    degraded = np.array([view.kind != "" for view in seen.views])
    values = np.full((len(owners), len(HEADS)), np.nan, np.float32)
    for row, (view, sample) in enumerate(zip(seen.views, owners, strict=True)):
        known = {view.kind: view.level} if view.kind else sample.values
        for name, value in known.items():
            values[row, HEADS.index(name)] = value
    shows = np.stack([shown(sample) for sample in owners])
    shows[degraded] = np.nan
    views = AdapterData(
        seen.packed,
        np.array([sample.split for sample in owners]),
        np.where(degraded, "degraded", [sample.source for sample in owners]),
        np.array([view.view == 0 for view in seen.views]),
        np.array([sample.group for sample in owners]),
        values,
        shows,
    )
    return _with_abstract(views)


def _with_abstract(views: AdapterData) -> AdapterData:
    """The same rows and, after them, pictures that show no subject at all."""
    split = np.repeat(list(ABSTRACT), list(ABSTRACT.values()))
    count = len(split)
    subjects = np.array([0.0 if head in SUBJECTS else np.nan for head in HEADS], np.float32)
    return AdapterData(
        joined([views.packed, tokens_of_pictures(abstract_pictures(count))]),
        np.concatenate([views.split, split]),
        np.concatenate([views.source, np.full(count, "abstract")]),
        np.concatenate([views.plain, np.ones(count, bool)]),
        np.concatenate([views.group, np.full(count, "abstract")]),
        np.concatenate([views.values, np.full((count, len(HEADS)), np.nan, views.values.dtype)]),
        np.concatenate([views.shows, np.tile(subjects, (count, 1))]),
    )


def shown(sample: Sample) -> np.ndarray:
    """For each head: 1 where its subject is in the picture, 0 where it is surely not, NaN where nobody knows."""
    subjects = {"face": np.nan, "car": np.nan, "blood": 0.0, "person": np.nan, "dog": np.nan}
    if sample.source == "blood_cells":
        subjects |= {"face": 0.0, "car": 0.0, "blood": 1.0, "person": 0.0, "dog": 0.0}
    elif sample.source == "age":
        subjects |= {"face": 1.0, "car": 0.0, "person": 1.0, "dog": 0.0}
    elif sample.source == "car_year":
        subjects |= {"face": 0.0, "car": 1.0, "dog": 0.0}
    elif sample.source == "quality" and sample.path.name in NO_SUBJECT:
        subjects = dict.fromkeys(subjects, 0.0)
    elif sample.source == "captions":
        people, dogs = sample.values.get("people"), sample.values.get("dogs")
        if people is not None and dogs is not None:
            subjects |= {"person": float(people > 0), "dog": float(dogs > 0)}
            subjects["face"] = 0.0 if people == 0 else np.nan
        if not any(_VEHICLES.search(caption.lower()) for caption in sample.captions):
            subjects["car"] = 0.0
    return np.array([subjects[SUBJECTS[head]] if head in SUBJECTS else np.nan for head in HEADS], np.float32)
