"""An index that is open in a real browser: it says that it is one, shows files, and says why the rest is off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

from tests.browser.looking import drawn
from tests.browser.opening import ask, comes, names, page_of, status
from tests.web.making import Client
from tests.web.viewing import index_of, names_in_order, opened, pictures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with _opened(tmp_path_factory) as client:
        yield client


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The same after its tar file was removed."""
    with _opened(tmp_path_factory, gone=True) as client:
        yield client


@contextmanager
def _opened(factory: pytest.TempPathFactory, gone: bool = False) -> Iterator[Client]:
    here = factory.mktemp("here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGRANK_HOME", str(factory.mktemp("home")))
        index_of(pictures(here / "photos"), here / "index", in_tar="admiral")
        if gone:
            (here / "index.tar").unlink()
        with opened(here / "index") as (_, client):
            yield client


def base_names(paths: list[str]) -> list[str]:
    return [Path(path).name for path in paths]


def forgive(page: Any) -> None:
    """A picture without a preview is a fault of a request, which Chromium's console tells."""
    assert all("415" in fault for fault in page.faults)
    page.faults.clear()
    page.acts = True  # one may be told of yet


def test_it_is_ordered_and_says_what_it_is(browser: Any, client: Client) -> None:
    with page_of(browser, client) as page:
        page.get_by_text("9 pictures of an index, 9 shown").wait_for()
        assert ask(page, "a bird") == base_names(names_in_order(client, sentence="a bird"))
        assert len(names(page)) == 9  # one of them in a tar file


def test_where_a_tar_file_is_gone_an_empty_place_has_the_reason(browser: Any, gone: Client) -> None:
    with page_of(browser, gone) as page:
        comes(page, "document.querySelector('.cell .fault[title]')")
        place = page.locator(".cell .fault")
        assert place.count() == 1 and "that holds it is not found" in place.get_attribute("title")
        place.click()
        enlarged = page.get_by_role("dialog", name="Enlarged")
        enlarged.get_by_text("that holds it is not found").wait_for()
        page.keyboard.press("ArrowRight")
        enlarged.get_by_role("img").first.wait_for()
        forgive(page)


def test_each_button_that_is_off_says_why(browser: Any, client: Client) -> None:
    with page_of(browser, client) as page:
        ask(page, "a cat")
        for name in ("Copy", "Move", "Rename", "Tag", "Trash", "Undo", "Teach"):
            button = page.get_by_role("button", name=name, exact=True)
            assert button.is_disabled() and "An index is shown" in button.get_attribute("title")
        model = page.get_by_role("button", name="Image model")
        assert model.is_disabled() and "another model" in model.get_attribute("title")
        page.keyboard.press("Escape")  # out of the sentence
        page.keyboard.press("4")
        assert "stars belong to files" in page.get_by_role("alert").inner_text()
        fold = page.get_by_label("Fold")
        assert fold.locator("option:disabled").evaluate_all("(each) => each.map((one) => one.value)") == [
            "similar",
            "burst",
            "day",
        ]
        fold.select_option("folder")
        drawn(page)
        assert status(page).endswith("2 shown")
        forgive(page)
