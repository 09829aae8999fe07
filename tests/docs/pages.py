"""The pages of the project, and the blocks of code they show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("recipes/**/*.md")] if path.is_file()
)
RUNNABLE = {"console", "sh", "python"}

_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its first line's number, its language, and why it is not run, or None."""

    line: int
    language: str
    text: str
    reason: str | None


@dataclass(frozen=True)
class Step:
    """A command and the output that the page shows for it; None where it shows none."""

    command: str
    shown: str | None


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(text.count("\n", 0, found.start("language")) + 1, found["language"], found["text"], found["reason"])
        for found in _BLOCK.finditer(text)
    ]


def steps(block: Block) -> list[Step]:
    """What there is to run: `sh` is one script, `python` one file, `console` a command after each `$`."""
    if block.language == "sh":
        return [Step(block.text, None)]
    if block.language == "python":
        return [Step(f"python - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK\n", None)]
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [Step(command, shown or None) for command, _, shown in (part.partition("\n") for part in parts)]
