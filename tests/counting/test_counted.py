"""Counts in words, here and wherever imgrank says one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from imgrank.counting import counted

PACKAGE = Path(__file__).parents[2] / "imgrank"
NOUNS = (
    "answer|backbone|change|class|cell|day|fault|file|folder|group|image|index|item|link|pair|picture|query|ranker|row|"
    "sentence|term|tie|value"
)
# A number, then a noun in the plural: what is wrong where the number is 1.
PLURAL = re.compile(rf"^ (?:(?:good|different|training|shared) )?(?:{NOUNS})e?s\b(?!/)")


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (0, ["image"], "0 images"),
        (1, ["image"], "1 image"),
        (2, ["image"], "2 images"),
        (12_345, ["image"], "12,345 images"),
        (1, ["image has", "images have"], "1 image has"),
        (3, ["class", "classes"], "3 classes"),
    ],
)
def test_one_is_one(count, words, said):
    assert counted(count, *words) == said


def plurals_behind_numbers(source):
    """Texts of f-strings that begin with a noun in the plural, right behind a value that is no constant."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant)):
                continue
            if value.conversion != ord("r") and not _is_fixed(value.value) and PLURAL.match(str(text.value)):
                yield f"{ast.unparse(value)}{str(text.value)[:30]}"


def _is_fixed(value):
    """A constant of the module, by its name in capitals: its author knows that it is not 1."""
    return isinstance(value, ast.Name) and value.id.lstrip("_").isupper()


def test_every_count_goes_through_counted():
    told = [
        f"{path.relative_to(PACKAGE)}: {found}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for found in plurals_behind_numbers(path.read_text(encoding="utf-8"))
    ]
    assert told == []
