"""What is vendored is what its page says, and the page's own modules stay small and strict."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "imgrank" / "web" / "static"
SHARED = STATIC.parents[1] / "output" / "page" / "parts.js"  # of the page of sort, served as /parts.js
OWN = [*sorted((STATIC / "open").glob("*.js")), SHARED]


@pytest.mark.parametrize("name", ["preact.js", "hooks.js", "htm.js"])
def test_a_vendored_file_is_the_one_that_was_looked_at(name: str) -> None:
    digest = hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest()
    assert f"`{name}`" in (STATIC / "vendor" / "README.md").read_text()
    assert digest in (STATIC / "vendor" / "README.md").read_text()


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_module_is_small_and_makes_no_markup_of_strings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|eval\(|new Function|https?://", text)
    imported = re.findall(r'from "([^"]+)"', text)
    assert all(name == "../parts.js" or (path.parent / name).is_file() for name in imported), imported
