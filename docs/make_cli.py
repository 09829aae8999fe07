"""Writes docs/reference/commands.md: every command with its arguments and options, as the program itself knows them.

python docs/make_cli.py
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from typer.main import get_command

from imgrank.cli.app import app

Command = Parameter = Any  # of Click, of which Typer brings its own copy
PAGE = Path(__file__).with_name("reference") / "commands.md"
INTRODUCTION = """\
# Commands

Written by `docs/make_cli.py` from the program's own help; do not edit. `imgrank COMMAND --help` says the same.
"""


def commands() -> dict[str, Command]:
    """Every command by its whole name, `cache info` for a command of a group."""
    return dict(_walk(get_command(app), ""))


def _walk(group: Command, before: str) -> list[tuple[str, Command]]:
    found: list[tuple[str, Command]] = []
    for name, command in group.commands.items():
        if command.hidden:
            continue
        inner = hasattr(command, "commands")
        found += _walk(command, f"{before}{name} ") if inner else [(before + name, command)]
    return found


def option_names(command: Command) -> list[str]:
    """The options of a command as typed, `--long` before `-s`."""
    return [name for option in _options(command) for name in _typed(option)]


def render() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(_section(name, command) for name, command in commands().items())])


def _section(name: str, command: Command) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join([name, *(_argument(p) for p in arguments), *(["[OPTIONS]"] if _options(command) else [])])
    rows = [(f"`{_argument(p)}`", p.help) for p in arguments]
    rows += [(", ".join(f"`{typed}`" for typed in _typed(p)), p.help) for p in _options(command)]
    lines = [f"## imgrank {name}", "", f"`imgrank {usage}`", "", _described(command.help or ""), ""]
    if rows:
        lines += ["| | what it does |", "|---|---|", *(f"| {left} | {_cell(right)} |" for left, right in rows), ""]
    return "\n".join(lines)


def _described(text: str) -> str:
    """The help with its examples, paragraphs that are a command, as one block of code."""
    parts = inspect.cleandoc(text).split("\n\n")
    examples = [part for part in parts if part.startswith(("imgrank ", "find "))]
    if examples:
        block = "\n".join(
            ["<!-- not run: examples of the help, with files of the reader -->", "```sh", *examples, "```"]
        )
        place = parts.index(examples[0])
        parts = [*parts[:place], block, *(part for part in parts[place:] if part not in examples)]
    return "\n\n".join(parts)


def _options(command: Command) -> list[Parameter]:
    return [p for p in command.params if p.param_type_name == "option" and not p.hidden and "--help" not in p.opts]


def _typed(option: Parameter) -> list[str]:
    return sorted([*option.opts, *option.secondary_opts], key=lambda name: not name.startswith("--"))


def _argument(argument: Parameter) -> str:
    name: str = argument.metavar or argument.name.upper()
    return name + ("..." if argument.nargs == -1 else "")


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
