"""A file is a subject, and not a function: what is small and used by one other file alone joins that one."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import imgrank

ROOT = Path(imgrank.__file__).parent
FILES = [path for path in sorted(ROOT.glob("*/**/*.py")) if path.name != "__init__.py"]  # in rooms that are folders
SMALL = 40


def _module(path: Path) -> str:
    return ".".join(("imgrank", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def _imported(path: Path) -> set[str]:
    """Modules that a file imports, as `from module import name` or `from package import module`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {f"{node.module}.{name.name}" for node in nodes for name in node.names}
    return names | {str(node.module) for node in nodes}


def test_a_small_file_that_one_other_uses_joins_it() -> None:
    users = defaultdict(set)
    for path in ROOT.rglob("*.py"):
        for module in _imported(path):
            users[module].add(_module(path))
    small = [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) < SMALL]
    lonely = {_module(path): users[_module(path)] for path in small if len(users[_module(path)]) == 1}
    assert lonely == {}
