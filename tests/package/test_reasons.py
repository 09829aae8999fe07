"""What leaves a rule aside says why, on its own line: an ignored check, a broad except, a test that is skipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for room in ("imgrank", "tests", "recipes", "benchmarks", "docs") for path in (ROOT / room).rglob("*.py")]
# How a line begins that needs a reason, and how one goes on that has it
RULES = {
    "noqa": (r"#\s*noqa\b", r": [A-Z]+\d+(, ?[A-Z]+\d+)*( - | \()\S"),
    "type: ignore": (r"#\s*type: ignore\b", r"\[[a-z, -]+\]  # \w"),
    "broad except": (r"^\s*except( \(?(Base)?Exception\b|:)", r".*  # \w"),
    "importorskip": (r"\bimportorskip\(", r'.*reason="\w'),
}


@pytest.mark.parametrize("rule", RULES)
def test_what_leaves_a_rule_aside_says_why(rule: str) -> None:
    begins, goes_on = RULES[rule]
    lines = [
        (path.relative_to(ROOT), number, line.strip())
        for path in FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for found in re.finditer(begins, line)
        if not re.match(goes_on, line[found.end() :])
    ]
    assert lines == []
