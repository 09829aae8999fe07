"""The Python reference says of each argument and each field what it is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pydoc import locate
from typing import Any

import pytest

import imgrank
from tests.docs.pages import ROOT

SHOWN = re.findall(
    r"^::: (\S+)$", (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8"), re.MULTILINE
)
OBJECTS: dict[str, Any] = {name: locate(name) for name in SHOWN if name != "imgrank.errors"}


def _callables() -> dict[str, Callable[..., object]]:
    found: dict[str, Callable[..., object]] = {}
    for name, shown in OBJECTS.items():
        if not inspect.isclass(shown):
            found[name] = shown
        elif not is_dataclass(shown):
            found[name] = shown
            public = {each: method for each, method in vars(shown).items() if not each.startswith("_")}
            found |= {f"{name}.{each}": method for each, method in public.items() if inspect.isfunction(method)}
    return found


def _described(docstring: str | None, heading: str) -> set[str]:
    """The names below a heading of a docstring in Google's style."""
    section = re.search(rf"^{heading}:\n((?:    .*\n?|\n)*)", inspect.cleandoc(docstring or "") + "\n", re.MULTILINE)
    return set(re.findall(r"^    (\w+):", section[1], re.MULTILINE)) if section else set()


def test_the_reference_shows_every_public_name() -> None:
    assert {f"imgrank.{name}" for name in imgrank.__all__ if name != "__version__"} - _errors() <= set(SHOWN)


def _errors() -> set[str]:
    public = {name: getattr(imgrank, name) for name in imgrank.__all__}
    return {f"imgrank.{n}" for n, kind in public.items() if inspect.isclass(kind) and issubclass(kind, Exception)}


@pytest.mark.parametrize("name", _callables())
def test_every_argument_is_described(name: str) -> None:
    called = _callables()[name]
    arguments = set(inspect.signature(called).parameters) - {"self", "cls"}
    if len(arguments) > 1:  # one alone is what the first sentence is about
        assert _described(called.__doc__, "Args") == arguments


@pytest.mark.parametrize("name", [name for name, shown in OBJECTS.items() if is_dataclass(shown)])
def test_every_field_is_described(name: str) -> None:
    assert _described(OBJECTS[name].__doc__, "Attributes") == {field.name for field in fields(OBJECTS[name])}


@pytest.mark.parametrize("name", OBJECTS)
def test_errors_that_are_named_are_imgranks_or_pythons(name: str) -> None:
    named = _described(OBJECTS[name].__doc__, "Raises")
    assert all(hasattr(imgrank.errors, each) or each in {"ValueError", "KeyboardInterrupt"} for each in named)
