"""The site is built from the pages with no broken link, and asks no other host for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.building import build_site

pytest.importorskip("material", reason="the extra `docs` makes the site")
pytest.importorskip("mkdocstrings", reason="the extra `docs` makes the site")

_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)\b[^>]*?\bsrc=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preconnect|preload|prefetch|dns-prefetch))[^>]*?"
    r"\bhref=[\"']?((?:https?:)?//[^\"'\s>]+)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    loaded = {page.name: found for page in pages if (found := _LOADED.findall(page.read_text(encoding="utf-8")))}
    styles = {sheet.name: found for sheet in site.rglob("*.css") if (found := _imports(sheet))}
    assert pages and not loaded and not styles


def _imports(sheet: Path) -> list[str]:
    return re.findall(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)", sheet.read_text(encoding="utf-8"))


def test_what_the_test_looks_for_is_found_where_it_stands() -> None:
    assert _LOADED.search('<link rel="stylesheet" href="https://fonts.example/css">')
    assert _LOADED.search("<script async src=//cdn.example/a.js>")
    assert not _LOADED.search('<a href="https://semver.org">versions</a><script src="assets/a.js">')


def test_search_knows_the_python_names_and_the_commands(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert all(name in index for name in ("imgrank.Ranker.rank", "imgrank sort", "confident"))
