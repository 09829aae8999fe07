"""`imgrank open` by hand: Back after a picture was enlarged, stars and reasons by touch, a server that is busy."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from imgrank.web.records import Trained
from imgrank.web.viewer import teaching
from imgrank.web.viewer.room import Room
from tests.browser.looking import PATIENCE, drawn
from tests.browser.opening import TRAINING, apply, ask, choose, comes, names, page_of
from tests.web.making import Client, until
from tests.web.viewing import opened, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(pictures(tmp_path_factory.mktemp("eight") / "photos")) as both:
        yield both


def test_back_after_a_picture_was_closed_leads_to_the_order_before_it(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1]) as page:
        ask(page, "a dog")
        before = ask(page, "a bird")
        large = page.get_by_role("dialog", name="Enlarged")
        for close in (lambda: page.keyboard.press("Escape"), large.get_by_role("button", name="Close").click):
            page.locator("a[data-number]").first.click()
            large.wait_for()
            page.keyboard.press("ArrowRight")
            close()
            large.wait_for(state="detached")
            comes(page, "!location.hash.includes('look')")
            assert names(page) == before
        page.go_back()
        comes(page, "location.hash === '#q=a+dog'")
        assert not large.is_visible()


def test_back_closes_a_picture_and_a_link_to_one_can_be_closed(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1]) as page:
        ask(page, "a dog")
        page.locator("a[data-number]").first.click()
        large = page.get_by_role("dialog", name="Enlarged")
        large.wait_for()
        page.go_back()
        large.wait_for(state="detached")
    with page_of(browser, eight[1], "#q=a+dog&look=1") as page:
        page.get_by_role("dialog", name="Enlarged").wait_for()
        page.keyboard.press("Escape")
        comes(page, "location.hash === '#q=a+dog'")


def test_back_from_more_like_this_leads_to_the_picture(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1]) as page:
        ask(page, "a dog")
        page.locator("a[data-number]").first.click()
        page.get_by_role("button", name="More like this").click()
        comes(page, "location.hash.includes('term=')")
        drawn(page)
        page.go_back()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        assert "term=" not in page.url


def test_stars_are_given_by_touch_and_taken_back(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1], **PHONE) as page:
        page.locator("a[data-number]").first.tap()
        stars = page.get_by_role("group", name="Stars").get_by_role("button")
        stars.nth(3).tap()
        comes(page, "document.querySelectorAll('.rating [aria-pressed=true]').length === 4")
        sizes = stars.evaluate_all("(all) => all.map((one) => Math.min(one.offsetWidth, one.offsetHeight))")
        assert min(sizes) >= 40
        stars.nth(3).tap()
        comes(page, "document.querySelectorAll('.rating [aria-pressed=true]').length === 0")


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ("Trash", "Choose pictures, or cut, before any are thrown away."),
        ("Compare", "Choose two to four pictures to see them side by side."),
        ("Undo", "Nothing to undo."),
    ],
)
def test_a_button_that_cannot_be_used_says_why_by_touch(browser: Any, eight: Opened, button: str, reason: str) -> None:
    with page_of(browser, eight[1], **PHONE) as page:
        found = page.get_by_role("button", name=button, exact=True)
        assert found.is_disabled()
        found.tap(force=True)
        page.locator(".messages", has_text=reason).wait_for()
        assert page.get_by_role("dialog").count() == 0


def test_a_picture_that_a_busy_server_refused_is_asked_for_again(browser: Any, eight: Opened) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    refused: list[str] = []

    def busy_at_first(route: Any) -> None:
        if route.request.url in refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, body="Service Unavailable")

    page.route(re.compile("/picture/(small|medium|large)/"), busy_at_first)
    page.goto(f"http://127.0.0.1:{eight[1].port}/?token={eight[1].token}")
    page.locator("li.cell").first.wait_for()
    comes(page, "[...document.querySelectorAll('li.cell img')].filter((one) => one.naturalWidth).length === 8")
    assert len(refused) == 8


def test_no_sign_of_a_broken_picture_is_shown_while_one_asks_why(browser: Any, eight: Opened) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)

    def fail_and_never_say_why(route: Any) -> None:
        if route.request.resource_type == "image":
            route.abort()

    page.route(re.compile("/picture/(small|medium|large)/"), fail_and_never_say_why)
    page.goto(f"http://127.0.0.1:{eight[1].port}/?token={eight[1].token}")
    broken = "[...document.querySelectorAll('li.cell img')].filter((one) => one.getAttribute('src') && one.complete)"
    hidden = f"{broken}.filter((one) => getComputedStyle(one).visibility === 'hidden')"
    comes(page, f"{hidden}.length === 8")


def lesson(page: Any, sentence: str) -> None:
    """Begin to teach a sentence about all that is shown."""
    ask(page, sentence)
    page.get_by_role("button", name="Teach", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Begin").click()
    page.wait_for_selector('body[data-turn="0"]')


def test_the_next_pair_is_loaded_before_the_answer(
    browser: Any, eight: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with page_of(browser, eight[1]) as page:
        lesson(page, "cosier")
        at = urlsplit(page.url).path
        loaded = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
        for turn in range(3):
            page.wait_for_selector(f'body[data-turn="{turn}"]')
            told = [eight[1].ask(f"{at}ahead/{turn}/{n}").json()["pictures"] for n in range(4)]
            ahead = {f"{at}picture/large/{picture['id']}" for pictures in told for picture in pictures}
            comes(page, f"{json.dumps(sorted(ahead))}.every((path) => {loaded}.includes(path))")
            page.keyboard.press(("ArrowLeft", "ArrowDown", "s")[turn])
            page.wait_for_selector(f'body[data-turn="{turn + 1}"]')
            shown = page.locator("#pictures img").evaluate_all("(all) => all.map((one) => new URL(one.src).pathname)")
            assert set(shown) <= ahead


def test_one_goes_on_browsing_while_a_ranker_is_trained(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, teach = threading.Event(), teaching.teach

    def once_seen(*about: Any) -> Trained:
        seen.wait(TRAINING / 1000)
        return teach(*about)

    monkeypatch.setattr(teaching, "teach", once_seen)  # else it may end before anybody has looked at it
    monkeypatch.chdir(tmp_path)
    with opened(pictures(tmp_path / "photos")) as (_, client), page_of(browser, client) as page:
        lesson(page, "cosier")
        for turn in range(9):
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector(f'body[data-turn="{turn + 1}"]')
        page.get_by_role("textbox", name="Name").fill("cosy")
        page.get_by_role("button", name="Train").click()
        page.locator("#going").wait_for()
        page.get_by_role("link", name="All images").click()
        training = page.locator(".standing", has_text="cosy")
        training.wait_for()
        assert training.get_by_role("link", name="Show").get_attribute("href").startswith("teach/")
        seen.set()
        page.locator(".messages", has_text="cosy is trained").wait_for(timeout=TRAINING)
        page.get_by_text("by your ranker cosy").wait_for()


def test_a_long_sentence_leaves_room_for_pictures_on_a_phone(
    browser: Any, eight: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with page_of(browser, eight[1], **PHONE) as page:
        lesson(page, "a very cosy room with books, " * 34)
        assert page.get_by_role("heading", level=1).bounding_box()["height"] < 120
        for turn in range(9):
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector(f'body[data-turn="{turn + 1}"]')
        page.get_by_role("button", name="Train").click()
        page.get_by_role("link", name="See your pictures").click(timeout=TRAINING)
        page.get_by_text("by your ranker").wait_for()
        assert page.locator("header").bounding_box()["height"] < 422
        page.locator("a[data-number]").first.tap()
        page.get_by_role("dialog", name="Enlarged").wait_for()


def test_undo_of_what_was_done_before_the_start_asks_which(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        choose(page, "cat.jpg")
        apply(page, "Copy", "before")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        choose(page, "dog.jpg")
        apply(page, "Copy", "since")
        undo = page.get_by_role("button", name="Undo", exact=True)
        undo.click()
        page.locator(".messages", has_text="undone").wait_for()
        assert not (folder / "since" / "dog.jpg").exists()
        for ask_to_undo in (undo.click, lambda: page.keyboard.press("Control+z")):
            ask_to_undo()
            history = page.get_by_role("dialog", name="History")
            history.get_by_text("before imgrank open was started").wait_for()
            assert (folder / "before" / "cat.jpg").exists()
            page.keyboard.press("Escape")
        undo.click()
        history.get_by_role("button", name="Undo run 1", exact=True).click()
        until(lambda: not (folder / "before" / "cat.jpg").exists())


@pytest.mark.parametrize("by", ["Escape", "Back"])
def test_the_last_picture_that_was_enlarged_has_the_ring_and_is_in_sight(browser: Any, eight: Opened, by: str) -> None:
    with page_of(browser, eight[1], viewport={"width": 700, "height": 500}) as page:
        ask(page, "a dog")
        page.get_by_role("button", name="Larger").click()
        drawn(page)
        shown = names(page)
        page.locator("a[data-number]").first.click()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        page.locator(".named", has_text=shown[6]).wait_for()
        page.keyboard.press("Escape") if by == "Escape" else page.go_back()
        comes(page, f"document.activeElement.querySelector('img')?.alt === '{shown[6]}'")
        box = "document.activeElement.getBoundingClientRect()"
        comes(page, f"{box}.top > 0 && {box}.bottom < 500")
        page.keyboard.press("x")
        assert page.get_by_role("checkbox", name=f"Select {shown[6]}").is_checked()


def test_a_swipe_leads_to_the_next_picture_and_back(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1], is_mobile=True, **PHONE) as page:
        shown = ask(page, "a dog")
        page.locator("a[data-number]").first.click()
        comes(page, "document.querySelector('.pane img')?.naturalWidth")
        for way, wanted in ((-120, 1), (-120, 2), (120, 1)):
            swipe(page, way)
            page.locator(".named", has_text=shown[wanted]).wait_for()
        page.get_by_role("button", name="100 %").click()
        swipe(page, 120)
        drawn(page)
        assert shown[1] in page.locator(".named").inner_text()


def swipe(page: Any, way: int) -> None:
    """Draw a finger over the middle of the page, by so many pixels to the right."""
    fingers = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 195), ("touchMove", 195 + way // 2), ("touchMove", 195 + way), ("touchEnd", None)):
        points = [] if x is None else [{"x": x, "y": 300}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_arrows_lead_to_the_pictures_from_a_button_too(browser: Any, eight: Opened) -> None:
    with page_of(browser, eight[1]) as page:
        page.get_by_role("button", name="All", exact=True).click()
        page.keyboard.press("End")
        comes(page, f"document.activeElement.querySelector('img')?.alt === '{names(page)[-1]}'")
