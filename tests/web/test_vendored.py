"""What is vendored is what its page says, and the page's own modules stay small and strict."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "imgrank" / "web" / "static"
PAGE = STATIC.parents[1] / "output" / "page"  # of the page of sort; what both pages share is served below /static/
VENDOR, SHARED = PAGE / "vendor", PAGE / "shared"
OWN = [*sorted((STATIC / "open").glob("*.js")), *sorted(SHARED.glob("*.js")), *sorted((PAGE / "sheet").glob("*.js"))]


@pytest.mark.parametrize("name", ["preact.js", "hooks.js", "htm.js"])
def test_a_vendored_file_is_the_one_that_was_looked_at(name: str) -> None:
    digest = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
    assert f"`{name}`" in (VENDOR / "README.md").read_text()
    assert digest in (VENDOR / "README.md").read_text()


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_is_small_and_makes_no_markup_of_strings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|eval\(|new Function|https?://", text)
    imported = re.findall(r'from "([^"]+)"', text)
    assert all((path.parent / name).is_file() or (PAGE / "shared" / name).is_file() for name in imported), imported


@pytest.mark.parametrize("path", sorted(SHARED.glob("*.js")), ids=lambda path: path.name)
def test_what_two_pages_share_knows_neither(path: Path) -> None:
    assert all(re.match(r"\./|\.\./vendor/", name) for name in re.findall(r'from "([^"]+)"', path.read_text()))
    pages = [STATIC / "open", PAGE / "sheet"]
    users = [page for page in pages if any(f"../shared/{path.name}" in each.read_text() for each in page.glob("*.js"))]
    within = any(f"./{path.name}" in each.read_text() for each in SHARED.glob("*.js"))
    assert users == pages or within, "used by one page alone"
