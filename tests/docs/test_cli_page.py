"""docs/reference/commands.md names what the program can do, all of it and nothing else."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest

from tests.docs.pages import ROOT

MAKE = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))
PAGE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## imgrank ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS: dict[str, Any] = MAKE["commands"]()


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert list(SECTIONS) == list(COMMANDS), "run: python docs/make_cli.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_and_no_other(name: str) -> None:
    shown = re.findall(r"`(-[^`]+)`", SECTIONS[name].partition("|---|---|")[2])
    assert [typed for typed in shown if typed] == MAKE["option_names"](COMMANDS[name]), "run: python docs/make_cli.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_argument_and_option_says_what_it_is_for(name: str) -> None:
    assert COMMANDS[name].help
    silent = [p.name for p in COMMANDS[name].params if not p.help]
    assert not silent
