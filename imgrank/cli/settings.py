"""Defaults of options that stand in files and in the environment.

The command line goes before the environment, the environment before the `imgrank.toml` of the current folder, and that
before the user's own. A folder may come from anywhere, with its file: that may say how an order is made and shown, and
nothing else, and a command that changes files takes nothing from it. No file and no variable names an action.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from importlib import import_module
from typing import Any

import typer

from imgrank.cli.mistakes import what_it_takes
from imgrank.cli.options import IT_TAKES, Command, Context, Parameter
from imgrank.cli.terminal import note
from imgrank.errors import UsageError
from imgrank.paths import config_file, printable, quoted, why

FILE_NAME = "imgrank.toml"
CHANGING = "Changing files"  # the heading of options that say what is changed
# What writes a file, agrees to something in advance, or ends at once: said on the command line or not at all.
NEVER = frozenset({"yes", "page", "page-dir", "export", "out", "help", "version"})
OF_A_FOLDER = frozenset(
    {"recursive", "refine", "top", "bottom", "min-score", "reverse", "format", "strict", "quiet", "verbose", "preview"}
    | {"since", "until", "camera", "orientation", "min-rating", "exclude", "show-fits", "order"}
    | {"group", "group-threshold", "best", "rest", "device", "max-megapixels"}
)
_PREFIX = "IMGRANK_"
_TABLE = re.compile(r"\s*\[\s*([\w.\"-]+)\s*\]")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Setting:
    """A default of one option: of one command, or of all that have it where `command` is empty; and where it stands."""

    command: str
    option: str
    value: Any
    where: str
    of_folder: bool = False


class Options:
    """Which options the commands have, by their long names; a command of a group is called `index build`."""

    def __init__(self, root: Command) -> None:
        self.settable: dict[str, dict[str, Any]] = {}
        self.others: dict[str, set[str]] = {}  # what can only be set on the command line, short names too
        for command, params in _commands(root, ()):
            never = [param for param in params if _only_typed(param)]
            self.settable[command] = {_long(param): param for param in params if param not in never and _long(param)}
            self.others[command] = {name for param in never for name in param.opts} - {"--help"}

    @property
    def all_settable(self) -> set[str]:
        """Those of any command."""
        return {option for options in self.settable.values() for option in options}

    @property
    def all_others(self) -> set[str]:
        """Those of any command, without dashes."""
        return {name.lstrip("-") for names in self.others.values() for name in names}

    def change_files(self, command: str, words: Sequence[str]) -> bool:
        """Whether words of a command line may ask for more than to look."""
        return any(word.partition("=")[0] in self.others.get(command, ()) for word in words)


def read_settings(options: Options, environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """All that is set, what goes before others last. Raises UsageError where a file cannot be understood."""
    own = sorted(_in_file(options, str(config_file()), of_folder=False), key=lambda each: bool(each.command))
    folder = sorted(_in_file(options, FILE_NAME, of_folder=True), key=lambda each: bool(each.command))
    return (*own, *folder, *_in_environment(options, environ))


def defaults_of(
    command: str,
    settings: Iterable[Setting],
    options: Options,
    context: Context,
    *,
    with_folder: bool = True,
) -> dict[str, Any]:
    """What Click takes as defaults of a command. Raises UsageError where an option does not take its value."""
    defaults = {}
    for setting in settings:
        param = options.settable.get(command, {}).get(setting.option)
        if param is not None and setting.command in ("", command) and (with_folder or not setting.of_folder):
            defaults[param.name] = _taken(param, setting, context)
    return defaults


def as_toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _commands(command: Command, path: tuple[str, ...]) -> Iterator[tuple[str, list[Parameter]]]:
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*path, name))
    if path and not hasattr(command, "commands"):
        yield " ".join(path), [param for param in command.params if param.param_type_name == "option"]


def _long(param: Parameter) -> str:
    return next((name[2:] for name in param.opts if name.startswith("--")), "")


def _only_typed(param: Parameter) -> bool:
    return _long(param) in NEVER or getattr(param, "rich_help_panel", None) == CHANGING


def _in_file(options: Options, path: str, *, of_folder: bool) -> Iterator[Setting]:
    content = _content(path)
    if content is None:
        return
    for key, value in _parsed(content, path).items():
        for setting in _entries(options, path, of_folder, (), key, value):
            line = _line_of(content.decode("utf-8-sig"), setting)
            yield replace(setting, where=f"{path}{f', line {line}' if line else ''}")


def _content(path: str) -> bytes | None:
    """What stands in a file; None where there is none. What is no file is never waited for."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
            is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(_LARGEST + 1) if is_file else b""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{printable(path)} cannot be read: {why(error)}.") from error
    if not is_file:
        raise UsageError(f"{printable(path)} is not a regular file, so no options can be read from it.")
    if len(content) > _LARGEST:
        raise UsageError(f"{printable(path)} is larger than 1 MB, which is too large for a settings file.")
    return content


def _line_of(text: str, setting: Setting) -> int:
    """The line on which a file sets an option, counted from 1; 0 where it is set in a rarer way, as in {braces}."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        opened, key = _TABLE.match(line), _KEY.match(line)
        if opened:
            table = " ".join(opened[1].replace('"', "").split("."))
        elif key and key[1].replace("_", "-") == setting.option and table == setting.command:
            return number
    return 0


def _parsed(content: bytes, path: str) -> dict[str, Any]:
    tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        whole: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
        return whole
    except UnicodeDecodeError as error:
        raise UsageError(f"{printable(path)} is not valid TOML, which is text in UTF-8.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise _not_toml(content.decode("utf-8-sig").splitlines(), str(error), path) from error


def _not_toml(lines: Sequence[str], message: str, path: str) -> UsageError:
    """Where a file goes wrong, and how it would be right, in no parser's words."""
    found = re.search(r"at line (\d+)", message)
    number = int(found[1]) if found else max((n for n, line in enumerate(lines, 1) if line.strip()), default=1)
    line = lines[number - 1].strip() if number <= len(lines) else ""
    where = f'{printable(path)}, line {number}: "{quoted(line)}"'
    if re.search(r"overwrite|twice|already", message, re.IGNORECASE):
        return UsageError(f"{where} is not valid TOML: an earlier line already sets this; keep one of the two.")
    return UsageError(
        f'{where} is not valid TOML. A line sets one option, as top = 5 or camera = "Canon"; [sort] above it sets it '
        "for that command alone."
    )


def _entries(
    options: Options, path: str, of_folder: bool, above: tuple[str, ...], key: str, value: object
) -> Iterator[Setting]:
    """The settings of one entry: an option, or a table of a command."""
    if isinstance(value, dict):
        name = (*above, key)
        if not any(tuple(command.split()[: len(name)]) == name for command in options.settable):
            near = _near(" ".join(name), options.settable)
            raise UsageError(f"{printable(path)}: [{printable('.'.join(name))}] is not a command of imgrank{near}")
        for below, inner in value.items():
            yield from _entries(options, path, of_folder, name, below, inner)
        return
    command, option = " ".join(above), key.replace("_", "-")
    where = f"{printable(path)}: {f'[{command}] ' if above else ''}{printable(key)}"
    known = set(options.settable.get(command, ())) if above else options.all_settable
    if option not in known:
        if option in options.all_others:
            raise UsageError(
                f"{where} can only be set on the command line: {FILE_NAME} cannot ask for changes to files, or "
                "confirm them."
            )
        raise UsageError(f"{where} is not an option{' of this command' if above else ''}{_near(option, known)}")
    if of_folder and option not in OF_A_FOLDER:
        own = printable(str(config_file()))
        raise UsageError(
            f"{where} cannot be set by a folder, whose {FILE_NAME} may be somebody else's; set it in {own}."
        )
    yield Setting(command, option, str(value) if isinstance(value, (date, time)) else value, path, of_folder)


def _in_environment(options: Options, environ: Mapping[str, str]) -> Iterator[Setting]:
    known = options.all_settable
    for name, value in sorted(environ.items()):
        option = name.removeprefix(_PREFIX).lower().replace("_", "-")
        if name.startswith(_PREFIX) and option in known and value:
            yield Setting("", option, value, name)


def _taken(param: Parameter, setting: Setting, context: Context) -> Any:  # noqa: ANN401 (as Typer gives it)
    value = setting.value
    if getattr(param, "multiple", False) and not isinstance(value, list):
        value = str(value).split() if setting.where.startswith(_PREFIX) else [value]
    try:
        _check_kind(param, value)
        param.process_value(context, value)
    except Exception as error:  # Click's own, of which there are two
        wanted = what_it_takes(param, getattr(error, "message", "") or str(error))
        raise UsageError(
            f"{printable(setting.where)}: {setting.option} cannot be {as_toml(setting.value)}: {wanted.rstrip('.')}."
        ) from error
    return value


def _check_kind(param: Parameter, value: object) -> None:
    """Raise TypeError where a value is of a kind that Click would make a text of."""
    takes_several = getattr(param, "multiple", False) or getattr(param, "nargs", 1) != 1
    values = value if isinstance(value, list) and takes_several else [value]
    if any(isinstance(one, list) for one in values):
        raise TypeError(
            f"{IT_TAKES}{'texts' if takes_several else 'one value'}, not a list{' of lists' * takes_several}"
        )
    if any(isinstance(one, bool) for one in values) and not getattr(param, "is_flag", False):
        raise TypeError(f"{IT_TAKES}a value other than true or false")


def _near(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 2, cutoff=0.7)
    return f"; did you mean {' or '.join(close)}?" if close else "."


def config(ctx: typer.Context) -> None:
    """Show the defaults that you have set for options, and where.

    imgrank config

    Set defaults in imgrank.toml, in the current folder or in your config folder, or in environment variables such as
    IMGRANK_DEVICE. The command line overrides all of them. imgrank.toml cannot set options that change files.
    """
    root: Any = ctx.find_root().command
    options = Options(root)
    settings = read_settings(options, os.environ)
    for command in options.settable:
        defaults_of(command, settings, options, ctx)  # raises where an option does not take its value
    last = {(each.command, each.option): each for each in settings}
    for each in sorted(last.values(), key=lambda each: (each.command, each.option)):
        prefix = f"{each.command.replace(' ', '.')}." if each.command else ""
        typer.echo(f"{prefix}{each.option} = {printable(as_toml(each.value))}  # {printable(each.where)}")
    for path, where in ((str(config_file()), ""), (FILE_NAME, " in this folder")):
        if not os.path.exists(path):
            note(f"there is no {printable(path)}{where}")
    for line in _without_effect(options, os.environ):
        note(line)


def _without_effect(options: Options, environ: Mapping[str, str]) -> Iterator[str]:
    """Variables that may be meant to set something, and set nothing."""
    known = [_PREFIX + option.upper().replace("-", "_") for option in options.all_settable]
    for name in sorted(environ):
        option = name.removeprefix(_PREFIX).lower().replace("_", "-")
        if not name.startswith(_PREFIX) or name in known or name == "IMGRANK_HOME":
            continue
        if option in options.all_others:
            yield f"{printable(name)} has no effect: --{option} can only be set on the command line"
        elif _near(name, known) != ".":
            yield f"{printable(name)} has no effect: it is not an option{_near(name, known)}"
