"""`imgrank open` in a real browser: mixes, folded groups, filters, stars, teaching, reloads, large folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from imgrank.web.viewer.room import Room
from tests.browser.looking import drawn
from tests.browser.opening import (
    TRAINING,
    apply,
    ask,
    choose,
    comes,
    held_back,
    let_go,
    names,
    page_of,
    status,
    uncovered,
)
from tests.browser.test_open import ALL
from tests.web.making import Client
from tests.web.viewing import EXAMPLES, NAMES, opened, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]


def with_burst(folder: Path) -> Path:
    """Some examples, and five shots of one boat within two seconds."""
    pictures(folder, ("cat", "dog", "owl"))
    boat = Image.open(EXAMPLES / "boats.jpg").convert("RGB")
    for n in range(5):
        exif = Image.Exif()
        exif[271], exif[272] = "Maker", "Cam One"
        exif.get_ifd(0x8769)[36867] = f"2021:05:0{1 + n // 5} 10:00:0{n // 2}"
        shot = ImageEnhance.Brightness(boat.crop((n, n, boat.width - 4 + n, boat.height - 4 + n))).enhance(1 + n / 50)
        shot.save(folder / f"shot {n}.jpg", quality=92, exif=exif)
    exif = Image.Exif()
    exif[272] = "Cam Two"
    exif.get_ifd(0x8769)[36867] = "2023:01:02 03:04:05"
    Image.open(EXAMPLES / "house.jpg").save(folder / "house.jpg", exif=exif)
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(with_burst(tmp_path_factory.mktemp("opened") / "photos")) as both:
        yield both


def add_term(page: Any, words: str, less: bool = False) -> None:
    page.get_by_role("button", name="Add term", exact=True).click()
    page.get_by_label("More or less").select_option("less" if less else "more")
    page.get_by_role("textbox", name="Term").fill(words)
    with page.expect_response(lambda reply: reply.url.endswith("/order")):
        page.keyboard.press("Enter")
    drawn(page)


def test_a_mix_is_made_weighed_and_dropped(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        alone = ask(page, "an animal")
        add_term(page, "a dog", less=True)
        mixed = names(page)
        assert mixed.index("dog.jpg") > alone.index("dog.jpg")
        assert "by similarity" in page.locator(".term").inner_text()
        page.reload()
        page.locator("li.cell").first.wait_for()
        assert names(page) == mixed
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.get_by_role("button", name="Drop a dog").click()
        drawn(page)
        assert names(page) == alone
        choose(page, "owl.jpg")
        page.get_by_role("button", name="Add term", exact=True).click()
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.get_by_role("button", name="The chosen pictures").click()
        page.locator(".answered", has_text="mix of 2").wait_for()


def test_what_answers_the_sentence_before_is_not_shown_as_the_answer_to_this_one(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a boat")
        held = held_back(page, "**/order")
        page.get_by_role("searchbox", name="Sentence").fill("a cat")
        page.keyboard.press("Enter")
        page.locator(".answered", has_text="Ordering…").wait_for()
        assert page.locator("main.stale").count() == 1
        let_go(page, held)
        page.locator(".answered", has_text="Ordered").wait_for()
        assert page.locator("main.stale").count() == 0


def test_a_burst_is_folded_to_its_best_and_opened(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        whole = ask(page, "a boat")
        page.get_by_label("Fold").select_option("burst")
        page.get_by_role("button", name="5 alike").wait_for()
        shots = [name for name in whole if name.startswith("shot")]
        assert [name for name in names(page) if name.startswith("shot")] == shots[:1]
        assert status(page) == "9 pictures, 5 shown"
        page.get_by_role("button", name="5 alike").click()
        drawn(page)
        assert [name for name in names(page) if name.startswith("shot")] == shots
        page.locator("a[data-number]").first.focus()
        page.keyboard.press("g")
        drawn(page)
        assert status(page) == "9 pictures, 5 shown"
        page.get_by_role("button", name="Choose all but the best").click()
        assert page.locator(".about").inner_text() == "4 chosen, 4 not shown"
        page.reload()
        page.get_by_role("button", name="5 alike").wait_for()


def test_filters_and_the_time_line(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Camera").select_option("Cam Two")
        drawn(page)
        assert names(page) == ["house.jpg"] and status(page) == "9 pictures, 1 shown"
        page.reload()
        comes(page, "document.querySelectorAll('li.cell').length === 1")
        page.get_by_role("button", name="Filters (1)").click()
        page.get_by_role("button", name="Clear").click()
        page.get_by_label("to", exact=True).fill("2022-01-01")
        drawn(page)
        assert len(names(page)) == 5 and all(name.startswith("shot") for name in names(page))
        page.get_by_role("button", name="Clear").click()
        page.get_by_label("Name").fill("OW")
        drawn(page)
        assert names(page) == ["owl.jpg"]


def test_stars_by_keys_are_shown_and_filtered(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.locator("a[data-number]").first.focus()
        page.keyboard.press("4")
        page.get_by_title("4 stars").wait_for()
        choose(page, "dog.jpg", "owl.jpg")
        page.keyboard.press("5")
        page.get_by_title("5 stars").nth(1).wait_for()
        page.get_by_role("button", name="Filters").click()
        page.get_by_role("combobox", name="Stars").select_option("5")
        drawn(page)
        assert sorted(names(page)) == ["dog.jpg", "owl.jpg"]


def test_stars_go_to_the_picture_with_the_ring_and_to_all_that_are_chosen_with_it(browser: Any, tmp_path: Path) -> None:
    with opened(pictures(tmp_path / "photos")) as (_, client), page_of(browser, client) as page:
        first, second, third = names(page)[:3]

        def starred(stars: int) -> list[str]:
            cells = page.locator("li.cell", has=page.get_by_title(f"{stars} stars"))
            cells.first.wait_for()
            return [name for name in names(page) if cells.get_by_role("img", name=name, exact=True).count()]

        choose(page, third)
        page.get_by_role("img", name=first, exact=True).click()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        page.keyboard.press("Escape")
        uncovered(page)
        page.keyboard.press("4")
        page.get_by_text(f"{first}: 4 stars").wait_for()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("2")
        page.get_by_text(f"{second}: 2 stars").wait_for()
        assert (starred(4), starred(2)) == ([first], [second])
        page.keyboard.press("x")
        page.keyboard.press("5")
        page.get_by_text("2 chosen pictures: 5 stars").wait_for()
        assert (starred(4), starred(5)) == ([first], [second, third])
        page.keyboard.press("Escape")
        page.get_by_text("none chosen").wait_for()


def test_before_and_after_a_lesson_begins_it_is_about_as_many_pictures(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(153):
        (folder / f"{n}.jpg").write_bytes((EXAMPLES / "boats.jpg").read_bytes())
    with opened(folder) as (_, client), page_of(browser, client) as page:
        comes(page, "document.querySelector('[role=status]').innerText === '153 pictures, 153 shown'")
        page.get_by_role("button", name="Teach", exact=True).click()
        page.get_by_text("150 of these 153 pictures, evenly chosen").wait_for()
        page.get_by_role("textbox", name="Which sentence?").fill("cosier")
        page.get_by_role("dialog").get_by_role("button", name="Begin").click()
        page.wait_for_selector('body[data-turn="0"]')
        assert page.inner_text("#count") == "0 answers, 150 of 153 images, evenly chosen"


def test_teach_asks_about_what_is_shown_and_leads_back(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(pictures(tmp_path / "photos", ALL[:10])) as (_, client), page_of(browser, client) as page:
        ask(page, "cosier picture")
        page.get_by_role("button", name="Teach", exact=True).click()
        page.get_by_text("8 answers are enough to try, a few dozen to make it good").wait_for()
        page.get_by_role("dialog").get_by_role("button", name="Begin").click()
        page.wait_for_selector('body[data-turn="0"]')
        assert page.inner_text("h1") == "Which fits better: “cosier picture”?"
        for turn in range(10):
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector(f'body[data-turn="{turn + 1}"]')
        assert len((tmp_path / "labels.csv").read_text().splitlines()) == 11
        page.get_by_role("textbox", name="Name").fill("cosy")
        page.get_by_role("button", name="Train").click()
        page.wait_for_selector("#result:visible", timeout=TRAINING)
        thin = (
            "rained on 10 examples, the ranker cosy is not shown to order better than the words alone, or than chance"
        )
        assert thin in page.inner_text("#notes")
        page.get_by_role("link", name="All images").click()
        page.get_by_text("by your ranker cosy").wait_for()
        page.get_by_text(thin).wait_for()


def test_pictures_appear_as_they_come_and_reading_can_be_paused(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        comes(page, "[...document.querySelectorAll('li.cell img')].every((image) => image.naturalWidth)")
        page.acts = True
        pictures(folder, tuple(set(ALL) - set(NAMES)))
        comes(page, "document.querySelector('[role=status]').innerText === '24 pictures, 24 shown'")
        page.locator(".messages", has_text="came").wait_for()


def test_only_what_is_seen_is_in_the_page_of_a_large_folder(browser: Any, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    content = (EXAMPLES / "boats.jpg").read_bytes()
    for n in range(1500):
        (folder / f"{n:04}.jpg").write_bytes(content)
    with opened(folder) as (_, client), page_of(browser, client) as page:
        comes(page, "document.querySelector('[role=status]').innerText === '1500 pictures, 1500 shown'")
        assert len(names(page)) < 300
        page.keyboard.press("End")
        page.get_by_role("checkbox", name="Select 1499.jpg").wait_for()
        assert names(page)[-1] == "1499.jpg" and len(names(page)) < 300
        cell = page.locator("li.cell").last
        assert cell.get_attribute("aria-setsize") == "1500" and cell.get_attribute("aria-posinset") == "1500"
        page.keyboard.press("Control+a")
        assert page.locator(".about").inner_text() == "1500 chosen"


@pytest.mark.skipif(os.name == "nt", reason="another undo on Windows")
def test_a_change_outside_is_seen_and_an_old_plan_leaves_alone(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        choose(page, "cat.jpg", "dog.jpg")
        page.acts = True
        held = held_back(page, "**/state")  # before the page knows of it
        (folder / "cat.jpg").unlink()
        page.get_by_role("button", name="Move", exact=True).click()
        assert "not" in page.get_by_role("alert").inner_text()
        let_go(page, held)
        page.keyboard.press("Escape")
        comes(page, "document.querySelector('[role=status]').innerText === '7 pictures, 7 shown'")
        choose(page, "dog.jpg")
        assert "1 file moved" in apply(page, "Move", "../out")
        page.get_by_role("button", name="History").click()
        page.get_by_text("1 change, 1 can be undone").wait_for()
        said = page.get_by_role("dialog", name="History").locator("small").first.inner_text()
        assert re.search(r", \d{4}-\d\d-\d\d \d\d:\d\d, ", said), said
        page.faults[:] = [fault for fault in page.faults if "400 (Bad Request)" not in fault]  # Chromium tells of it


def test_few_pictures_load_at_once_so_that_a_question_need_not_wait(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.route("**/picture/**", lambda _: None)  # never answered
        page.reload(wait_until="commit")  # a page with pictures on their way may never be whole
        page.locator("li.cell").first.wait_for()
        drawn(page)
        assert page.locator("li.cell img[src]").count() == 4
        assert ask(page, "an owl")[0] == "owl.jpg"
        page.unroute_all(behavior="ignoreErrors")


def test_what_goes_wrong_behind_the_page_is_shown_in_its_sentence(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        for path in ("**/history", "**/facts/*"):
            page.route(path, lambda route: route.fulfill(status=500, json={"error": "It went wrong."}))
        page.get_by_role("button", name="History").click()
        page.get_by_role("alert").get_by_text("It went wrong.").wait_for()
        assert page.get_by_role("dialog").count() == 0
        page.locator("a[data-number]").first.click()
        page.get_by_role("button", name="About").click()
        page.get_by_role("dialog").get_by_text("It went wrong.").wait_for()
        page.faults[:] = [fault for fault in page.faults if "500 (Internal Server Error)" not in fault]


def test_an_empty_page_offers_what_lies_in_subfolders(browser: Any, tmp_path: Path) -> None:
    pictures(tmp_path / "photos" / "spring")
    with opened(tmp_path / "photos") as (_, client), page_of(browser, client, empty=True) as page:
        page.get_by_role("button", name="Show subfolders").click()
        comes(page, "document.querySelectorAll('li.cell').length === 8")
        assert "cat.jpg" in names(page) and page.locator(".empty").count() == 0


def test_where_there_is_no_keyboard_nothing_speaks_of_keys(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True) as page:
        assert not page.get_by_role("button", name="Keys").count()
    with page_of(browser, both[1]) as page:
        assert page.get_by_role("button", name="Keys").is_visible()


CUT_OFF = """() => [...document.querySelectorAll("button, input, select")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 || box.left < -1);
}).map((each) => each.innerText || each.getAttribute("aria-label"))"""


def test_on_a_phone_nothing_that_can_be_pressed_is_cut_off(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], viewport={"width": 390, "height": 700}, has_touch=True) as page:
        ask(page, "a cat")
        assert page.evaluate(CUT_OFF) == []
        for button in ("Export", "Teach", "History"):
            page.get_by_role("button", name=button, exact=True).click()
            dialog = page.get_by_role("dialog")
            assert page.evaluate(CUT_OFF) == [], button
            assert dialog.get_by_role("heading").bounding_box()["y"] > dialog.bounding_box()["y"], button
            page.keyboard.press("Escape")
        page.locator("a[data-number]").first.click()
        assert page.evaluate(CUT_OFF) == []
