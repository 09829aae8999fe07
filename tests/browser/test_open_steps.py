"""`imgrank open` in a real browser: reload, back and forward in every state, also while pictures are read."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imgrank.pictures import EncodedPictures
from imgrank.ranker import Ranker
from imgrank.web.viewer.room import Room
from tests.browser.looking import drawn
from tests.browser.opening import (
    MISSING,
    ask,
    choose,
    comes,
    held_back,
    let_go,
    names,
    page_of,
    plan,
    status,
    uncovered,
)
from tests.browser.test_open import ALL
from tests.browser.test_open_more import with_burst
from tests.web.making import Client, until
from tests.web.viewing import opened, opening, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]
REFUSED = "400 (Bad Request)"
OPENS = {"List": "Export", "Train your own order": "Teach", "Left out": "1 left out", "Image models": "Image model"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = with_burst(tmp_path_factory.mktemp("opened") / "photos")
    (folder / "broken.jpg").write_bytes(b"no picture")
    with opened(folder) as both:
        yield both


@contextmanager
def half_read(folder: Path, read: int = 8) -> Iterator[tuple[Client, threading.Event]]:
    """A folder of which eight pictures are read, or none, and the others once the event is set."""
    go = threading.Event()

    class Slow(Ranker):
        def encode(self, files: Sequence[Any], **settings: Any) -> EncodedPictures:
            assert len(files) <= read or go.wait(600)
            return super().encode(files, **settings)

    with opening(folder, new_ranker=lambda adapter, backbone: Slow(backbone, adapter, "cpu")) as (room, client):
        until(lambda: room.library.count == read)
        try:
            yield client, go
        finally:
            go.set()


def drag(page: Any, part: float) -> None:
    """Put the cut at this part of the scores."""
    page.get_by_role("slider", name="Minimum score").evaluate(
        "(handle, part) => { handle.value = Number(handle.min) + part * (handle.max - handle.min);"
        " handle.dispatchEvent(new Event('input', { bubbles: true })); }",
        part,
    )


def test_a_cut_is_put_to_no_other_order_than_its_own(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        drag(page, 0.9)
        comes(page, "!document.querySelector('[role=status]').innerText.endsWith(' 9 shown')")
        cut = status(page)
        ask(page, "how many people")
        held = held_back(page, "**/order")
        with page.expect_request("**/order"):
            page.go_back()
        page.locator(".answered", has_text="Ordering…").wait_for()
        assert status(page) == "9 pictures, 9 shown"
        let_go(page, held)
        page.locator(".answered", has_text="Ordered").wait_for()
        drawn(page)
        assert status(page) == cut


def test_a_cut_in_the_address_waits_for_the_first_pictures(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ALL)
    with half_read(folder, 0) as (client, go), page_of(browser, client, "#q=how+many+people&min=1", empty=True) as page:
        page.locator(".empty", has_text="The first pictures are being read").wait_for()
        go.set()
        page.locator(".answered", has_text="number of people").wait_for()
        comes(page, f"document.querySelector('[role=status]').innerText.startsWith('{len(ALL)} pictures')")
        assert "min=1" in page.url and not page.locator(".messages p").count()
        assert 0 < len(names(page)) < len(ALL)


def test_back_closes_a_window_and_changes_nothing_behind_it(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a dog")
        before = ask(page, "a cat")
        choose(page, "cat.jpg", "dog.jpg")
        plan(page, "Copy")
        for name in ("Plan", "List", "Train your own order", "History", "Keys", "Image models"):
            if name != "Plan":
                page.get_by_role("button", name=OPENS.get(name, name)).click()
            page.get_by_role("dialog", name=name).wait_for()
            page.go_back()
            comes(page, "!document.querySelector('dialog')")
            drawn(page)
            assert names(page) == before and page.locator("li.chosen").count() == 2
        page.go_back()
        comes(page, "location.hash === '#q=a+dog'")


def test_a_plan_is_gone_after_a_reload_with_the_step_that_it_was(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a dog")
        before = ask(page, "a cat")
        choose(page, "cat.jpg")
        plan(page, "Move")
        page.reload()
        comes(page, "location.hash === '#q=a+cat' && document.querySelectorAll('li.chosen').length === 1")
        drawn(page)
        assert names(page) == before and not page.locator("dialog").count()
        page.go_forward()
        comes(page, "location.hash === '#q=a+cat' && !document.querySelector('dialog')")
        page.go_back()
        comes(page, "location.hash === '#q=a+dog'")


@pytest.mark.parametrize("name", ["History", "Keys", "Left out", "Image models"])
def test_a_reload_keeps_a_window_that_changes_nothing(browser: Any, both: Opened, name: str) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a dog")
        before = ask(page, "a cat")
        page.get_by_role("button", name=OPENS.get(name, name)).click()
        window = page.get_by_role("dialog", name=name)
        window.wait_for()
        page.reload()
        window.wait_for()
        page.locator("li.cell").first.wait_for()
        page.keyboard.press("Escape")
        comes(page, "!document.querySelector('dialog') && location.hash === '#q=a+cat'")
        drawn(page)
        assert names(page) == before
        page.go_back()
        comes(page, "location.hash === '#q=a+dog'")


def test_back_and_forward_lead_from_a_lesson_to_the_pictures_and_to_it_again(
    browser: Any, both: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with page_of(browser, both[1], viewport={"width": 700, "height": 500}) as page:
        before = ask(page, "a cat")
        comes(page, "scrollTo(0, 200), scrollY === 200")
        page.get_by_role("button", name="Teach", exact=True).click()
        page.get_by_role("button", name="Begin").click()
        page.wait_for_selector('body[data-turn="0"]')
        for _ in range(2):
            page.go_back()
            comes(page, "location.hash === '#q=a+cat' && document.querySelector('li.cell')")
            comes(page, "scrollY === 200")
            assert names(page) == before and not page.locator("dialog").count()
            page.go_forward()
            page.wait_for_selector('body[data-turn="0"]')
            page.reload()
            page.wait_for_selector('body[data-turn="0"]')


def test_a_window_that_is_opened_as_soon_as_another_is_closed_stays_open(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_role("button", name="History").click()
        page.get_by_role("dialog", name="History").wait_for()
        page.evaluate(
            """() => {
            document.querySelector("dialog .buttons:last-child button").click();
            [...document.querySelectorAll("button")].find((each) => each.innerText === "Export").click();
        }"""
        )
        comes(page, "location.hash.endsWith('window=export')")
        page.get_by_role("dialog", name="List").wait_for()
        page.go_back()
        comes(page, "!document.querySelector('dialog') && location.hash === '#q=a+cat'")


def test_a_window_that_is_opened_and_closed_before_the_step_back_of_another_takes_no_second_one(
    browser: Any, both: Opened
) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a dog")
        ask(page, "a cat")
        page.get_by_role("button", name="History").click()
        page.get_by_role("dialog", name="History").wait_for()
        page.evaluate(
            """async () => {
            for (const name of ["Close", "History", "Close"]) {
                [...document.querySelectorAll("button")].find((each) => each.innerText === name).click();
                for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
            }
        }"""
        )
        uncovered(page)
        assert page.evaluate("location.hash") == "#q=a+cat"
        page.go_back()
        comes(page, "location.hash === '#q=a+dog'")


def test_back_to_another_rule_of_groups_folds_by_that(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_label("Fold").select_option("burst")
        comes(page, "document.querySelector('button.many')")
        folded = names(page)
        ask(page, "a boat")
        page.get_by_label("Fold").select_option("folder")
        comes(page, "document.querySelectorAll('li.cell').length === 1")
        held = held_back(page, "**/groups/burst")
        with page.expect_request("**/groups/burst"):
            page.go_back()
        page.get_by_text("finding groups…").wait_for()
        let_go(page, held)
        comes(page, f"document.querySelectorAll('li.cell').length === {len(folded)}")
        drawn(page)
        assert names(page) == folded


def test_a_long_drag_is_written_into_the_address_now_and_then(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        written, took = page.evaluate(
            """async () => {
            let written = 0;
            const began = performance.now();
            const replace = history.replaceState.bind(history);
            history.replaceState = (...words) => [(written += 1), replace(...words)];
            const handle = document.querySelector(".handle");
            const { min, max } = handle;
            for (let n = 1; n <= 100; n++) {
                handle.value = Number(min) + (n * (max - min)) / 200;
                handle.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise((done) => setTimeout(done, 5));
            }
            return [written, performance.now() - began];
        }"""
        )
        assert 0 < written < 2 + took / 150  # milliseconds; browsers refuse more than a hundred in ten seconds
        comes(page, "location.hash.includes(`min=${document.querySelector('.handle').value}`)")
        cut = status(page)
        page.reload()
        page.locator("li.cell").first.wait_for()
        drawn(page)
        assert status(page) == cut


def test_a_reload_stays_where_one_has_scrolled(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], "#q=a+cat&size=l", viewport={"width": 700, "height": 500}) as page:
        comes(page, "scrollTo(0, 600), scrollY === 600")
        page.reload()
        comes(page, "scrollY === 600")


def test_what_is_known_of_files_filters_them_while_others_are_read(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ALL)
    with half_read(folder) as (client, go), page_of(browser, client, "#orientation=landscape") as page:
        assert 0 < len(names(page)) <= 8
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Name").fill("no such name")
        page.locator(".empty", has_text="None of the pictures read so far").wait_for()
        page.get_by_role("button", name="Show all").click()
        go.set()
        comes(page, f"document.querySelectorAll('li.cell').length === {len(ALL)}")


@pytest.mark.parametrize("panel", ["About", "Why"])
def test_a_reload_keeps_what_is_told_beside_an_enlarged_picture(browser: Any, both: Opened, panel: str) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_role("link", name="cat.jpg", exact=True).click()
        aside = page.get_by_role("dialog", name="Enlarged").get_by_role("complementary", name=panel)
        page.get_by_role("button", name=panel, exact=True).click()
        aside.get_by_text(re.compile(r"\w")).first.wait_for()
        comes(page, "location.hash.includes('beside=')")
        page.reload()
        aside.get_by_text(re.compile(r"\w")).first.wait_for()
        page.keyboard.press("Escape")
        comes(page, "!document.querySelector('dialog') && location.hash === '#q=a+cat'")
        page.get_by_role("link", name="cat.jpg", exact=True).click()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        assert not page.get_by_role("complementary").count()


def test_an_enlarged_picture_is_shown_as_soon_as_it_is_read(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ALL)
    with half_read(folder) as (client, go), page_of(browser, client, f"#look={len(ALL) - 1}") as page:
        page.get_by_role("dialog", name="Enlarged").get_by_text("This picture is not read yet").wait_for()
        go.set()
        comes(page, "document.querySelector('.pane img')?.naturalWidth")
        page.faults[:] = [fault for fault in page.faults if MISSING not in fault]


def test_the_first_order_says_that_it_is_being_made(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        held = held_back(page, "**/order")
        page.reload()
        page.locator(".empty", has_text="being put in order").wait_for()
        assert status(page) == "9 pictures, being put in order"
        let_go(page, held)
        comes(page, "document.querySelector('[role=status]').innerText === '9 pictures, 9 shown'")


def test_a_first_question_that_is_refused_leads_to_the_pictures(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], "#term=1+picture+99", empty=True) as page:
        page.get_by_role("alert").get_by_text("A picture to order by is not there").wait_for()
        page.get_by_role("button", name="Show all by name").click()
        comes(page, "document.querySelectorAll('li.cell').length === 9")
        drawn(page)
        assert not page.get_by_role("alert").count()
        page.faults[:] = [fault for fault in page.faults if REFUSED not in fault and MISSING not in fault]
