"""The documentation opened from disk: it asks no network, search works, and everybody can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.looking import AXE, NO_AXE, axe_faults, from_disk
from tests.docs.building import build_site

pytest.importorskip("mkdocstrings", reason="the extra `docs` makes the site")
pytestmark = pytest.mark.browser

PAGES = ["index", "first-steps", "how-to/cull-a-shoot", "reference/python", "reference/commands", "decisions/index"]
OF_THE_THEME = ["landmark-unique"]  # its script makes a navigation of each copy button
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


def test_search_finds_the_command_before_its_history(browser: Any, site: Path) -> None:
    with from_disk(browser, site / "index.html") as page:
        page.keyboard.press("/")
        page.keyboard.type("undo")
        first = page.locator(".md-search-result__link").first
        first.wait_for(timeout=120_000)
        assert "decisions/" not in first.get_attribute("href")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_phone(browser: Any, site: Path, name: str) -> None:
    with from_disk(browser, site / f"{name}.html", viewport=PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.skipif(not AXE, reason=NO_AXE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_to_mend(browser: Any, site: Path, name: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # not from_disk: axe asks for the style sheets, and may not
    page.goto((site / f"{name}.html").as_uri())
    page.add_script_tag(path=AXE)
    faults = axe_faults(page)
    page.close()
    assert [fault for fault in faults if fault not in OF_THE_THEME] == []
