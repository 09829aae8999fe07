"""docs/explanation/architecture.md names files and records that are there, and the graph of imports goes down."""

from __future__ import annotations

import ast
import re
import runpy

from tests.docs.pages import ROOT

HOOKS = runpy.run_path(str(ROOT / "docs" / "site_hooks.py"))
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| .+ \| (.*`imgrank/.+) \| (.+) \|$", PAGE, re.MULTILINE)


def _defined(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def test_the_table_of_rooms_has_each_room_once() -> None:
    found = {
        path.stem for path in (ROOT / "imgrank").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert sorted(re.findall(r"^\| \d+ \| `(\w+)`", HOOKS["rooms"](), re.MULTILINE)) == sorted(
        found - {"__init__", "__main__"}
    )
    assert HOOKS["ROOMS"] in PAGE


def test_no_room_imports_one_above_or_beside_it() -> None:
    level = {room: number for number, rooms in enumerate(HOOKS["layers"]()) for room in rooms}
    above = {
        (room, used) for room in level for used in HOOKS["imported_by"](room) if level.get(used, -1) <= level[room]
    }
    assert not above


def test_every_file_it_names_is_there() -> None:
    assert [name for name in re.findall(r"`(imgrank/[\w/]+\.py)`", PAGE) if not (ROOT / name).is_file()] == []


def test_every_record_it_names_is_defined_somewhere() -> None:
    classes = {name for file in (ROOT / "imgrank").rglob("*.py") for name in _defined(str(file.relative_to(ROOT)))}
    named = {name for _, handed in ROWS for name in re.findall(r"`([A-Z]\w+)`", handed)}
    assert len(named) > 15
    assert named <= classes
