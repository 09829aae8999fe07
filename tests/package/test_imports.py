"""What `import imgrank` and `--help` may cost: nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import imgrank
from imgrank import errors
from imgrank.cli.app import app

PACKAGE = Path(imgrank.__file__).parent
HEAVY = ("torch", "torchvision", "open_clip", "timm", "scipy", "matplotlib", "tokenizers", "safetensors.torch")
TORCH_ROOMS = {"backbone", "adapter", "training", "evaluation", "learning"}

# Runs `imgrank ARGUMENTS` in a Python where the heavy packages do not exist.
WITHOUT = f"""
import sys
for name in {HEAVY!r}: sys.modules[name] = None
sys.argv = ["imgrank", *sys.argv[1:]]
from imgrank.cli.app import main
main()
"""


def _commands(group: Any, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [before]
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found += _commands(command, (*before, name)) if inner else [(*before, name)]
    return found


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=600)


def test_the_public_names_are_promised_and_there() -> None:
    promised = {
        "Ranker",
        "Ranking",
        "RankedImage",
        "Term",
        "Facts",
        "Filters",
        "GroupSettings",
        "train",
        "evaluate",
        "explain",
        "Explanation",
        "__version__",
    }
    promised |= {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert set(imgrank.__all__) == promised
    assert promised <= set(dir(imgrank))
    for name in promised:
        assert getattr(imgrank, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Rancor'"):
        _ = imgrank.Rancor


def test_importing_imgrank_loads_nothing_heavy() -> None:
    program = f"import imgrank, sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    assert _python(program).stdout.strip() == ""


@pytest.mark.parametrize("command", _commands(get_command(app)), ids=" ".join)
def test_help_works_without_torch(command: tuple[str, ...]) -> None:
    done = _python(WITHOUT, *command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_the_version_works_without_torch() -> None:
    assert _python(WITHOUT, "--version").stdout.split() == ["imgrank", imgrank.__version__]


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "imgrank", "--version"], capture_output=True, text=True, timeout=600)
    assert done.stdout.split() == ["imgrank", imgrank.__version__]


@pytest.mark.parametrize(("typed", "offered"), [("imgrank so", "sort"), ("imgrank sort --back", "--backbone")])
def test_the_shell_completes_commands_and_options_without_torch(typed: str, offered: str) -> None:
    words = {"_IMGRANK_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    command = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(command, env={**os.environ, **words}, capture_output=True, text=True, timeout=600)
    assert offered in done.stdout.split()


def test_every_module_can_be_imported() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__main__.py":
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            importlib.import_module(".".join(parts).removesuffix(".__init__"))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_rooms_of_torch_import_it_at_their_top(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] in TORCH_ROOMS:
        return
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.split(".")[0] in HEAVY]


def test_a_question_whose_answer_is_stored_needs_no_torch(tmp_path: Path) -> None:
    photo = PACKAGE.parent / "examples" / "photos" / "cat.jpg"
    home = {**os.environ, "IMGRANK_HOME": str(tmp_path)}
    words = ["sort", str(photo), "a cat", "--device", "cpu", "--format", "json"]
    first = subprocess.run([sys.executable, "-m", "imgrank", *words], env=home, capture_output=True, text=True)
    again = subprocess.run([sys.executable, "-c", WITHOUT, *words], env=home, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["images"] == json.loads(first.stdout)["images"]
