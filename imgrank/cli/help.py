"""How `--help` reads: plain text in 80 columns, examples as they are typed, options under headings.

Made from the parameters alone and not by Typer's own panels: those show `<bool>` behind flags, and take `[preview]` for
markup.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

from imgrank.cli.options import Context, Parameter
from imgrank.cli.settings import FILE_NAME, Options, defaults_of, read_settings
from imgrank.cli.terminal import note

Formatter: TypeAlias = Any  # Click's

_COMMAND, _INDENT = "imgrank ", "  "


class HelpfulCommand(TyperCommand):
    """A command whose help is plain text."""

    def __init__(self, *args: Any, **extra: Any) -> None:  # noqa: ANN401 (Typer's own signature)
        super().__init__(*args, **{**extra, "rich_markup_mode": None})

    def make_context(self, info_name: str | None, args: list[str], parent: Context = None, **extra: Any) -> Context:  # noqa: ANN401 (likewise)
        """With the defaults that files and the environment set."""
        if parent is not None:
            extra["default_map"] = _defaults(f"{parent.command_path} {info_name}", args, parent)
        return super().make_context(info_name, args, parent, **extra)

    def format_usage(self, ctx: Context, formatter: Formatter) -> None:
        """One line: the command, its arguments, its options."""
        words = [argument_name(param) for param in self.get_params(ctx) if param.param_type_name == "argument"]
        formatter.write_usage(ctx.command_path, " ".join([*words, "[OPTIONS]"]))

    def format_help_text(self, ctx: Context, formatter: Formatter) -> None:
        """The docstring: paragraphs are filled, lines that begin with a command stay as they are."""
        _write_text(self.help or "", formatter)

    def format_options(self, ctx: Context, formatter: Formatter) -> None:
        """Arguments, then the options of each heading, in the order of the function's parameters."""
        _write_options(self.get_params(ctx), formatter)


def _defaults(path: str, words: Sequence[str], parent: Context) -> dict[str, Any]:
    options, command = Options(parent.find_root().command), path.partition(" ")[2]
    if not options.settable.get(command) or "--help" in words:
        return {}
    settings = read_settings(options, os.environ)
    looks = not options.change_files(command, words)
    if not looks and any(each.of_folder for each in settings):
        note(f"{FILE_NAME} in this folder is ignored: this command changes files")
    return defaults_of(command, settings, options, parent, with_folder=looks)


class HelpfulGroup(TyperGroup):
    """A group of commands whose help is plain text."""

    def __init__(self, *args: Any, **extra: Any) -> None:  # noqa: ANN401 (Typer's own signature)
        super().__init__(*args, **{**extra, "rich_markup_mode": None})

    def format_usage(self, ctx: Context, formatter: Formatter) -> None:
        """One line: the group, then a command."""
        formatter.write_usage(ctx.command_path, "COMMAND [ARGUMENTS] [OPTIONS]")

    def format_help_text(self, ctx: Context, formatter: Formatter) -> None:
        """The group's own words."""
        _write_text(self.help or "", formatter)

    def format_options(self, ctx: Context, formatter: Formatter) -> None:
        """The commands with the first sentence of each, then the options."""
        shown = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first_paragraph(command.help)) for name, command in shown if command and not command.hidden]
        _write_rows("Commands", rows, formatter)
        _write_options(self.get_params(ctx), formatter)


def new_group(words: str, cls: type[HelpfulGroup] = HelpfulGroup) -> typer.Typer:
    """A group of commands, such as `imgrank cache`."""
    return typer.Typer(cls=cls, help=words, no_args_is_help=True, rich_markup_mode=None)


def argument_name(argument: Parameter) -> str:
    """An argument as it stands in a usage line: its placeholder, which says itself what may be repeated or left out."""
    return str(argument.metavar or argument.name.upper())


def option_names(option: Parameter) -> list[str]:
    """The names of an option, `-s` before `--long`."""
    return sorted([*option.opts, *option.secondary_opts], key=lambda name: name.startswith("--"))


def option_with_value(option: Parameter) -> str:
    """An option as it is typed: its names, and the placeholder of its value where it takes one."""
    value = "" if getattr(option, "is_flag", False) else f" {option.metavar or option.name.upper()}"
    return ", ".join(option_names(option)) + value


def explained(param: Parameter) -> str:
    """What a parameter is for, with its default."""
    shown = default_text(param.default) if param.param_type_name == "option" and param.show_default else ""
    return " ".join(filter(None, ((param.help or "").strip(), f"[default: {shown}]" if shown else "")))


def default_text(value: object) -> str:
    """A default as one would type it; empty where there is nothing to say of it."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (list, tuple)):
        return " ".join(map(default_text, value))
    if isinstance(value, float):
        return f"{value:g}"
    known = isinstance(value, (int, str, Path)) and not isinstance(value, bool)
    return str(value) if known else ""


def _write_options(params: Iterable[Parameter], formatter: Formatter) -> None:
    arguments = [param for param in params if param.param_type_name == "argument"]
    _write_rows("Arguments", [(argument_name(param), explained(param)) for param in arguments], formatter)
    headings: dict[str, list[Parameter]] = {}
    for param in params:
        if param.param_type_name == "option" and not param.hidden:
            headings.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(param)
    for heading, options in sorted(headings.items(), key=lambda item: item[0] != "Options"):
        _write_rows(heading, [(_aligned(option), explained(option)) for option in options], formatter)


def _aligned(option: Parameter) -> str:
    """An option with room for a short name, so that the long ones stand below each other."""
    return ("" if len(option_names(option)[0]) == 2 else "    ") + option_with_value(option)


def _write_rows(heading: str, rows: list[tuple[str, str]], formatter: Formatter) -> None:
    if rows:
        with formatter.section(heading):
            formatter.write_dl(rows, col_max=28)


def _write_text(text: str, formatter: Formatter) -> None:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        formatter.write_paragraph()
        if is_example(paragraph):
            formatter.write("".join(f"{_INDENT}{line}\n" for line in paragraph.splitlines()))
        else:
            formatter.write_text(" ".join(paragraph.split()))


def is_example(paragraph: str) -> bool:
    """Whether a paragraph of a docstring is commands to type, one a line."""
    return paragraph.startswith(_COMMAND) or f"| {_COMMAND}" in paragraph


def _first_paragraph(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())
