"""An explanation in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgrank.arrays import Floats
from imgrank.explaining.records import Explanation
from imgrank.rounding import decimals_for

ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")
NAMES = {("middle", "centre"): "centre", ("middle", "left"): "left", ("middle", "right"): "right"}
WHO = {
    "zero-shot": "similarity",
    "like": "similarity to the image",
    "between": "its place between the images",
}
NAMED = 3  # regions at most that are named


def score_words(one: Explanation) -> str:
    """The score with its unit, as people read it."""
    return _number(one.score, one) + _unit(one)


def difference(one: Explanation, other: Explanation) -> str:
    """Which of two pictures scores more, and by how much."""
    gap = one.score - other.score
    which = "the first" if gap > 0 else "the second"
    return "both have the same score" if gap == 0 else f"{which} scores more by {_number(abs(gap), one)}{_unit(one)}"


def told(explanations: Sequence[Explanation]) -> list[str]:
    """Lines about each picture: score, places and examples; of two pictures, the difference last."""
    lines = [line for one in explanations for line in _told(one)]
    return [*lines, difference(*explanations)] if len(explanations) == 2 else lines


def _told(one: Explanation) -> list[str]:
    who = one.adapter or WHO.get(one.scorer, one.scorer)
    lines = [
        f"{one.path}: {score_words(one)} for “{one.sentence}”, by {who}",
        f"  raises the score: {_places(one.influence, one)}",
        f"  lowers the score: {_places(-one.influence, one)}",
    ]
    if not one.relevant:
        lines.insert(1, "  this image does not seem to show what the sentence is about")
    lines += [f"  {note}" for note in one.notes]
    if one.examples:
        lines.append("  most similar labelled images:")
        lines += [f"    {example.said}: {example.path} (similarity {example.likeness:.2f})" for example in one.examples]
    elif one.adapter:
        lines.append(f"  no labelled images were kept with {one.adapter}")
    return lines


def as_json(explanations: Sequence[Explanation]) -> str:
    """Everything, with the maps as rows of numbers; with two pictures, the difference of their scores."""
    fields: dict[str, Any] = {"images": [_fields(one) for one in explanations]}
    if len(explanations) == 2:
        fields["difference"] = explanations[0].score - explanations[1].score
    return json.dumps(fields, ensure_ascii=False, indent=2)


def _fields(one: Explanation) -> dict[str, Any]:
    return {
        "path": one.path,
        "sentence": one.sentence,
        "score": one.score,
        "unit": one.unit,
        "scorer": one.scorer,
        "adapter": one.adapter,
        "relevant": one.relevant,
        "influence": [[float(f"{part:.6g}") for part in row] for row in one.influence],
        "notes": list(one.notes),
        "examples": [{"path": e.path, "likeness": e.likeness, "said": e.said} for e in one.examples],
    }


def _places(influence: Floats, one: Explanation) -> str:
    """The thirds of the picture that weigh most, and the most that a part there moves the score."""
    regions = [
        (NAMES.get((row, column), f"{row} {column}"), float(block.max()))
        for row, band in zip(ROWS, np.array_split(influence, 3, axis=0), strict=True)
        for column, block in zip(COLUMNS, np.array_split(band, 3, axis=1), strict=True)
    ]
    most = float(np.abs(one.influence).max())
    weighing = sorted((r for r in regions if most and r[1] >= most / 4), key=lambda r: -r[1])[:NAMED]
    return ", ".join(f"{name} ({_number(weight, one)})" for name, weight in weighing) or "nothing much"


def _number(value: float, one: Explanation) -> str:
    rounded = round(value, decimals := decimals_for(float(np.abs(one.influence).max())))
    return f"{rounded + 0.0:.{decimals}f}"  # no negative zero


def _unit(one: Explanation) -> str:
    return f" {one.unit}" if one.unit else ""
