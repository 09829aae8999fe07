"""What to say of a mistake, in a plain sentence with what to do: the library's errors, and those of Click."""

from __future__ import annotations

import difflib
import os
import re
import sys
from itertools import zip_longest

from imgrank.cli.arguments import shown
from imgrank.cli.options import IT_TAKES, ClickError, Context, Parameter
from imgrank.counting import counted
from imgrank.errors import ImgrankError
from imgrank.paths import printable

_CHOICE = re.compile(r"(.+) is not one of (.+?)\.?$")
_PARAMETER = re.compile(r"\{(\w+)\}")
_NEW_LINE = "\n"  # no backslash may stand in an f-string before Python 3.12


_COMMANDS = {"undo": "imgrank undo", "finish": "imgrank undo --finish", "history": "imgrank history"}


def with_remedy(error: ImgrankError) -> str:
    """The facts, then what to do: `{skip_bad}` becomes `--skip-bad`, `{undo}` the command."""
    remedy = _PARAMETER.sub(lambda found: _COMMANDS.get(found[1], f"--{found[1].replace('_', '-')}"), error.remedy)
    return f"{error}{_NEW_LINE if _NEW_LINE in str(error) else ' '}{remedy}".rstrip()


def sentence_of(error: ClickError) -> str:
    """One line: what is wrong, what would be right, and where the help stands."""
    context = getattr(error, "ctx", None)
    message = (
        _about_command(error)
        or _about_value(error)
        or _about_option(error)
        or _about_words(error)
        or error.format_message().replace("Value error, ", "")
    )
    hint = f" See {context.command_path} --help." if context else ""
    return message + "." * (message[-1:] not in ".?!)") + hint


def what_it_takes(param: Parameter, message: str) -> str:
    """Of a value that an option refused: `it takes a whole number of at least 1`; else the message as it is."""
    said = message.removeprefix("Value error, ")
    chosen = _CHOICE.match(said)
    if chosen:
        return f"{IT_TAKES}one of {chosen[2]}".replace("'", "")
    wanted = _wanted(param, message)
    return f"{IT_TAKES}{wanted}" if wanted else said


def _about_value(error: ClickError) -> str | None:
    """Of a value that is none: `--top takes a whole number of at least 1, not "abc"`."""
    param, message = getattr(error, "param", None), getattr(error, "message", "") or ""
    if param is None or type(error).__name__ != "BadParameter":
        return None
    names = [*getattr(param, "opts", ())] if param.param_type_name == "option" else []
    name = max(names, key=len, default=(param.metavar or param.name).strip("[]"))
    chosen = _CHOICE.match(message.removeprefix("Value error, "))
    if chosen:
        allowed = chosen[2].replace("'", "")
        return f"{name} takes one of {allowed}, not {_quoted(chosen[1])}"
    wanted = _wanted(param, message)
    typed = _typed(names)
    return f"{name} takes {wanted}{'' if typed is None else f', not {_quoted(typed)}'}" if wanted else None


def _wanted(param: Parameter, message: str) -> str:
    if message.startswith(IT_TAKES):
        return message[len(IT_TAKES) :]
    if re.search(r"valid bool", message):
        return "true or false"
    low, high = (getattr(param, bound, None) for bound in ("min", "max"))
    is_number = re.search(
        r"valid (integer|int\b|number|float)|greater than|less than|in the range|finite number|as an integer", message
    )
    if not is_number:
        return ""
    whole = "integer" in message or "finite" in message or "int" in str(getattr(param, "type", "")).lower()
    kind = "a whole number" if whole or isinstance(param.default, int) else "a number"
    if getattr(param, "nargs", 1) == 2:
        return "two numbers"
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    return f"{kind} of at least {low:g}" if low is not None else kind


def _typed(names: list[str]) -> str | None:
    """What was typed behind an option, the last time it stands there."""
    found = None
    for word, following in zip_longest(sys.argv[1:], sys.argv[2:]):
        for name in names:
            if word == name:
                found = following
            elif name.startswith("--") and word.startswith(f"{name}="):
                found = word.partition("=")[2]
    return found


def _about_option(error: ClickError) -> str | None:
    """Of an option that there is not, with those that are near, or that lacks its value."""
    if type(error).__name__ == "BadOptionUsage" and error.message.endswith("requires an argument."):
        return f"{error.option_name} needs a value"
    if type(error).__name__ == "BadOptionUsage" and (several := re.search(r"requires (\d+) arguments", error.message)):
        return f"{error.option_name} needs {counted(int(several[1]), 'value')}"
    if type(error).__name__ != "NoSuchOption" or error.ctx is None:
        return None
    known = [name for param in error.ctx.command.params for name in param.opts if param.param_type_name == "option"]
    near = difflib.get_close_matches(error.option_name, known, 3, cutoff=0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else _command_instead(error.option_name.lstrip("-"), error.ctx)
    return f"There is no option {error.option_name}" + (f"; {hint}" if hint else "")


def _command_instead(name: str, context: Context) -> str:
    """Of an option that is called as a command is: what to type, with an example where the command has one."""
    root = context.find_root()
    command = getattr(root.command, "commands", {}).get(name)
    if command is None:
        return ""
    example = _example(command.help)
    return f"{root.info_name} {name} is a command of its own" + (f", as in: {example}" if example else "")


def _about_command(error: ClickError) -> str | None:
    """Of a command that there is not, or of images in its place."""
    found = re.match(r"No such command '(.+?)'\.?(?: Did you mean (.+)\?)?", getattr(error, "message", "") or "")
    if found is None:
        return None
    if not os.path.exists(found[1]):
        near = f"; did you mean {found[2]}?".replace("'", "") if found[2] else ""
        return f"There is no command {_quoted(printable(found[1]))}{near}"
    named = printable(found[1])
    return (
        f'"{named}" is not a command; to rank images, write sort first, as in: '
        f'imgrank sort {shown(named)} "older person".'
    )


def _about_words(error: ClickError) -> str | None:
    """Of words that are too many or too few; most often a sentence stands without quotes."""
    message = getattr(error, "message", "") or ""
    context = getattr(error, "ctx", None)
    param = getattr(error, "param", None)
    if type(error).__name__ == "MissingParameter" and param is not None and context is not None:
        example = _example(context.command.help)
        return f"{param.metavar or param.name} is missing" + (f", as in: {example}" if example else "")
    extra = re.match(r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", message)
    if extra is None or context is None:
        return None
    asks = any((param.metavar or "").endswith("SENTENCE") for param in context.command.params)
    words = f"{_quoted(extra[1])} is more than {context.command_path} takes"
    return f"{words}; put the sentence in quotes, as in: {_example(context.command.help)}" if asks else words


def _example(text: str | None) -> str:
    """The first example in a command's help."""
    lines = (line.strip() for line in (text or "").splitlines())
    return next((line for line in lines if line.startswith("imgrank ")), "")


def _quoted(word: str) -> str:
    return '"' + word.strip("'\"") + '"'
