"""What the page says of an error: no option of the command line, and each remedy in the page's own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import imgrank
from imgrank.cli.mistakes import with_remedy
from imgrank.errors import ActionError, ImgrankError, LabelsError, UsageError
from imgrank.web.words import CONTROLS, INSTEAD, sentence_of

LIBRARY = Path(imgrank.__file__).parent
STATIC = LIBRARY / "web" / "static"
TEMPLATE_FIELDS = {"ext", "rank", "stem"}
NEVER_ON_A_PAGE = {
    "column": "an index is built in the terminal",
    "engine": "pages work on this machine alone",
    "learning_rate": "pages train as they do",
    "on_conflict": "plans of a page find free names",
    "out": "pages write no file by a name",
    "page": "pages write no page",
    "person": "INSTEAD of labels is said with it",
    "adapter": "INSTEAD of no_cache is said with it",
    "resume": "pages resume no training",
    "symlink": "pages make no links",
    "yes": "pages have a button that asks",
}


def listing(count: int, more: int = 0) -> str:
    """What a labels file with so many faults is told of, and of how many more."""
    lines = [f"  {n}" for n in range(count)] + ([f"  and {more} more"] if more else [])
    return "\n".join(["Many:", *lines, "Nothing is left."])


def strings() -> Iterator[str]:
    """Every text of the library below the command line and the pages, but for docstrings."""
    for path in LIBRARY.rglob("*.py"):
        if path.relative_to(LIBRARY).parts[0] in ("cli", "web"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield node.value


def test_every_parameter_of_a_remedy_has_words_or_a_reason() -> None:
    named = {name for text in strings() for name in re.findall(r"\{([a-z_]+)\}", text)} - TEMPLATE_FIELDS
    assert {"skip_bad", "undo", "template"} <= named
    assert named - set(CONTROLS) - set(INSTEAD) == set(NEVER_ON_A_PAGE)


@pytest.mark.parametrize("name", CONTROLS.values())
def test_what_a_remedy_names_stands_on_the_page(name: str) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in [*STATIC.rglob("*.js"), *STATIC.rglob("*.html")])
    assert re.search(rf'[>"]\s*(?:\$\{{[^}}]*\}}\s*)?{name}\b', pages)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UsageError("It is so."), "It is so."),
        (ActionError("It is so.", "Use {copy}."), "It is so. Use “Copy”."),
        (
            ActionError("It is so.", "{undo} 5 puts back; {finish} 6 goes on."),
            "It is so. “Undo run 5” puts back; “Finish run 6” goes on.",
        ),
        (UsageError("It is so.", "Use {yes} or {copy}."), "It is so."),
        (LabelsError("So:\n- one\n- two", "Correct them, or use {skip_bad}."), "So:\n- one\n- two\nCorrect them."),
        (LabelsError("Two:\n  one\n  two\nNothing is left."), "Two:\n  one\n  two\nNothing is left."),
        (LabelsError(listing(6)), "Many:\n  0\n  1\n  2\n  3\n  and 2 more\nNothing is left."),
        (LabelsError(listing(50, 9)), "Many:\n  0\n  1\n  2\n  3\n  and 55 more\nNothing is left."),
        (UsageError("It is\u202e so."), "It is\\u202e so."),
    ],
)
def test_facts_and_remedy_are_said_together(error: ImgrankError, words: str) -> None:
    assert sentence_of(error) == words
    assert with_remedy(error).startswith(str(error))
