"""docs/reference/commands.md says what the program's own help says, all of it and nothing else."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest
from typer.testing import CliRunner

from imgrank.cli.app import app
from imgrank.cli.help import explained, option_with_value
from tests.docs.pages import ROOT

MAKE = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))
PAGE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## imgrank ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS: dict[str, Any] = MAKE["commands"]()


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert list(SECTIONS) == list(COMMANDS), "run: python docs/make_cli.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_with_placeholder_words_and_default(name: str) -> None:
    shown = re.findall(r"^\| `(-.+?)` \| (.+) \|$", SECTIONS[name].replace("\\|", "|"), re.MULTILINE)
    options = [p for p in COMMANDS[name].params if p.param_type_name == "option" and not p.hidden]
    told = [(option_with_value(p), explained(p)) for p in options if "--help" not in p.opts]
    assert shown == told, "run: python docs/make_cli.py"


def test_the_page_is_what_the_program_says() -> None:
    assert MAKE["render"]() == PAGE, "run: python docs/make_cli.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_with_a_value_has_a_placeholder(name: str) -> None:
    options = [p for p in COMMANDS[name].params if p.param_type_name == "option"]
    assert [p.name for p in options if not p.is_flag and not p.metavar] == []


@pytest.mark.parametrize("words", [name.split() for name in ["", *COMMANDS]])
def test_help_shows_no_python_types(words: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="imgrank").output
    assert not re.search(r"<\w+>|\[x>|list\[|Optional|\bNone\b", shown)
    assert shown == CliRunner().invoke(app, ["help", *words], prog_name="imgrank").output


def test_brackets_in_help_are_shown_and_not_taken_for_markup() -> None:
    shown = CliRunner().invoke(app, ["sort", "--help"]).output
    assert 'pip install "imgrank[preview]"' in " ".join(shown.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_argument_and_option_says_what_it_is_for(name: str) -> None:
    assert COMMANDS[name].help
    silent = [p.name for p in COMMANDS[name].params if not p.help]
    assert not silent
