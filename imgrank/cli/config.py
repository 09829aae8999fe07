"""`imgrank config`: which defaults are set, and where."""

from __future__ import annotations

import os
from typing import Any

import typer

from imgrank.cli.settings import FILE_NAME, Options, as_toml, defaults_of, read_settings
from imgrank.cli.terminal import note
from imgrank.paths import config_file, printable


def config(ctx: typer.Context) -> None:
    """Show which defaults of options are set, and where.

    imgrank config

    Defaults stand in imgrank.toml in the current folder and in your own config folder, and in variables such as
    IMGRANK_DEVICE. The command line goes before all of them. Files can name no option that changes files.
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
    for path in (str(config_file()), FILE_NAME):
        if not os.path.exists(path):
            note(f"there is no {printable(path)}")
