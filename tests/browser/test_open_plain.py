"""`imgrank open` in a real browser: what a newcomer expects of it, and what it says of what it did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgrank.web.viewer import app
from imgrank.web.viewer.room import Room
from tests.browser.looking import drawn
from tests.browser.opening import apply, ask, choose, comes, names, page_of, said, status, uncovered, undo
from tests.web.making import Client, until
from tests.web.viewing import EXAMPLES, opened, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]
CHOSEN = "document.querySelectorAll('.tick input:checked').length"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = pictures(tmp_path_factory.mktemp("opened") / "photos")
    Image.open(EXAMPLES / "cat.jpg").resize((120, 90)).save(folder / "small.png")
    with opened(folder) as both:
        yield both


def large(page: Any, name: str) -> None:
    """Enlarge a picture by a click."""
    page.locator(f"li.cell a:has(img[alt='{name}'])").click()
    comes(page, "document.querySelector('.stage img')?.complete && document.querySelector('.stage img').style.width")


def test_a_term_that_stays_beside_a_new_sentence_is_told_of_and_dropped_by_one_click(
    browser: Any, both: Opened
) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "an animal")
        page.get_by_role("button", name="Add term", exact=True).click()
        page.get_by_role("textbox", name="Term").fill("a dog")
        page.keyboard.press("Enter")
        page.locator(".answered", has_text="mix of 2").wait_for()
        ask(page, "a house")
        assert "still applies beside the new sentence" in page.locator(".messages").inner_text()
        assert page.locator(".terms").inner_text().startswith("Also by:")
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.get_by_role("button", name="Only the sentence").click()
        drawn(page)
        assert page.locator(".terms").count() == 0 and page.locator(".messages p").count() == 0
        assert names(page)[0] == "house.jpg"


def test_what_was_said_goes_with_the_next_step_and_ticks_stay_and_come_back(browser: Any, tmp_path: Path) -> None:
    with opened(pictures(tmp_path / "photos")) as (_, client), page_of(browser, client) as page:
        ask(page, "an animal")
        choose(page, "cat.jpg", "dog.jpg", "owl.jpg")
        apply(page, "Copy", "../copied")
        assert page.evaluate(CHOSEN) == 3
        undo(page)
        assert "undone" in said(page) and page.evaluate(CHOSEN) == 3
        apply(page, "Move", "../moved")
        comes(page, "document.querySelectorAll('li.cell').length === 5")
        assert page.evaluate(CHOSEN) == 0
        undo(page)
        comes(page, f"{CHOSEN} === 3")
        assert "undone" in said(page)
        choose(page, "house.jpg")
        comes(page, "!document.querySelector('.messages p')")


def test_a_small_picture_is_enlarged_to_see_it_and_a_click_goes_closer(browser: Any, both: Opened) -> None:
    width = "document.querySelector('.stage img').getBoundingClientRect().width"
    with page_of(browser, both[1]) as page:
        large(page, "small.png")
        comes(page, f"Math.abs({width} - 360) < 1")
        page.locator(".stage img").click()
        comes(page, f"Math.abs({width} - 720) < 1")
        page.keyboard.press("Escape")
        large(page, "cat.jpg")
        inside = "document.querySelector('.stage').clientWidth"
        comes(page, f"{width} <= {inside} + 1 && {width} > 0.5 * {inside}")


@pytest.mark.parametrize("button", ["Choose", "Next picture", "About"])
def test_space_presses_the_focused_button_and_does_nothing_else(browser: Any, both: Opened, button: str) -> None:
    with page_of(browser, both[1]) as page:
        choose(page, names(page)[0])
        page.get_by_role("button", name="None").click()
        page.keyboard.press("Escape")
        large(page, names(page)[0])
        page.locator(".named", has_text=names(page)[0]).wait_for()
        before = page.locator(".named").inner_text()
        page.get_by_role("button", name=button, exact=True).focus()
        page.keyboard.press("Space")
        drawn(page)
        assert page.get_by_role("dialog", name="Enlarged").is_visible()
        assert (page.locator(".named").inner_text() != before) == (button == "Next picture")
        assert page.locator("aside").count() == (button == "About")
        assert page.evaluate(CHOSEN) == (button == "Choose")


def test_space_closes_an_enlarged_picture_whatever_was_clicked_there(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.locator("li.cell a").first.focus()
        for _ in range(2):
            page.keyboard.press("Space")
            page.get_by_role("dialog", name="Enlarged").wait_for()
            page.keyboard.press("Space")
            uncovered(page)
        page.keyboard.press("Space")
        page.get_by_role("button", name="Choose", exact=True).click()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        comes(page, "!document.querySelector('dialog')")
        assert page.evaluate(CHOSEN) == 1


def test_the_ranker_that_comes_with_imgrank_is_called_the_shipped_one(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "darkest photo")
        page.locator(".answered", has_text="Ordered by the shipped ranker").wait_for()


def test_side_by_side_pictures_zoom_in_step(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        choose(page, "cat.jpg", "dog.jpg", "owl.jpg")
        page.get_by_role("button", name="Compare", exact=True).click()
        comes(page, "[...document.querySelectorAll('.stage img')].filter((one) => one.complete).length === 3")
        scales = "(all) => all.map((one) => one.getBoundingClientRect().width / one.naturalWidth)"
        page.keyboard.press("z")
        comes(page, "document.querySelectorAll('.zoomed img[style*=absolute]').length === 3")
        page.locator(".stage").first.hover()
        page.mouse.wheel(0, -100)
        found = page.locator(".stage img")
        until(lambda: all(abs(scale - 1.25) < 0.01 for scale in found.evaluate_all(scales)))
        assert found.count() == 3


def test_the_path_and_the_file_manager_say_what_happened(
    browser: Any, both: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(app, "reveal", shown.append)
    with page_of(browser, both[1], permissions=["clipboard-read", "clipboard-write"]) as page:
        large(page, "cat.jpg")
        page.keyboard.press("i")
        page.get_by_role("button", name="Copy path").click()
        page.get_by_text("The path was copied.").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").endswith("cat.jpg")
        page.get_by_role("button", name="Show in file manager").click()
        page.get_by_text("The file manager was asked to show it.").wait_for()
        assert [Path(path).name for path in map(str, shown)] == ["cat.jpg"]


def test_reload_back_and_forward_keep_the_sentence_the_cut_and_the_enlarged_picture(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_role("spinbutton").first.fill("3")
        page.keyboard.press("Enter")
        comes(page, "document.querySelector('[role=status]').innerText.endsWith('3 shown')")
        cut = names(page)
        large(page, cut[1])
        page.reload()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        page.locator(".named", has_text=cut[1]).wait_for()
        page.go_back()
        comes(page, "!document.querySelector('dialog')")
        drawn(page)
        assert names(page) == cut and status(page).endswith("3 shown")
        page.go_forward()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        page.keyboard.press("Escape")
        uncovered(page)
        page.reload()
        page.locator("li.cell").first.wait_for()
        drawn(page)
        assert names(page) == cut and status(page).endswith("3 shown")
