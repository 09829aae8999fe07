"""`imgrank open` in a real browser: what one sees of the pictures, of their scores and of what is about to be done."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgrank.web.viewer.room import Room
from tests.browser.looking import drawn
from tests.browser.opening import ask, choose, comes, held_back, let_go, names, page_of, uncovered
from tests.browser.test_open import ALL
from tests.browser.test_open_more import with_burst
from tests.browser.test_open_states import PHONE
from tests.browser.test_open_steps import half_read
from tests.web.making import Client
from tests.web.viewing import opened, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(with_burst(tmp_path_factory.mktemp("opened") / "photos")) as both:
        yield both


def test_a_picture_that_waits_for_its_turn_looks_like_one_on_its_way(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], reduced_motion="reduce") as page:
        page.route("**/picture/**", lambda route: None)
        page.reload(wait_until="commit")  # a page with pictures on their way may never be whole
        comes(page, "document.querySelectorAll('li.cell img[src]').length === 4")
        looks = [_colours(page.locator(f"li.cell img{which}").first) for which in (":not([src])", "[src]")]
        assert looks[0] == looks[1]


@pytest.mark.parametrize("slider", ["Minimum score", "Latest day"])
def test_the_track_of_a_slider_hides_no_bar_above_it(browser: Any, both: Opened, slider: str) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_role("button", name="Filters").click()
        handle = page.get_by_label(slider)
        bars = handle.evaluate(
            """(handle) => {
              const { top, bottom } = handle.getBoundingClientRect();
              const track = (top + bottom) / 2 - 0.15 * parseFloat(getComputedStyle(document.documentElement).fontSize);
              const bars = [...handle.parentElement.querySelectorAll("rect")].map((bar) => bar.getBoundingClientRect());
              return bars.filter(({ height }) => height).map(({ top, bottom }) => [bottom - track, track - top]);
            }"""
        )
        assert bars and all(below < 0.5 and above >= 2 for below, above in bars), bars


def test_the_bar_tells_of_chosen_pictures_that_are_not_shown(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], "#name=cat") as page:
        choose(page, "cat.jpg")
        assert page.locator(".about").inner_text() == "1 chosen"
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Name").fill("owl")
        comes(page, "document.querySelector('.about').innerText === '1 chosen, 1 not shown'")


def test_side_by_side_each_picture_is_chosen_and_gets_its_stars_by_itself(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        choose(page, "cat.jpg", "dog.jpg", "owl.jpg")
        page.get_by_role("button", name="Compare").click()
        dog, owl = (page.locator("figure", has=page.get_by_role("img", name=name)) for name in ("dog.jpg", "owl.jpg"))
        dog.get_by_role("button", name="4 stars").click()
        dog.get_by_role("button", name="4 stars", pressed=True).wait_for()
        owl.get_by_role("button", name="Chosen ✓ owl.jpg").click()
        owl.get_by_role("button", name="Choose owl.jpg").wait_for()
        for key in ("x", "2"):  # of which picture?
            page.keyboard.press(key)
        page.get_by_role("button", name="Close").click()
        page.get_by_role("dialog").wait_for(state="detached")
        assert page.locator("li.chosen img").evaluate_all("(all) => all.map((one) => one.alt)") == [
            "cat.jpg",
            "dog.jpg",
        ]
        assert page.locator(".line .stars").evaluate_all("(all) => all.map((one) => one.title)") == ["4 stars"]


def test_who_adds_or_drops_a_term_by_keys_goes_on_from_there(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        add = page.get_by_role("button", name="Add term")
        for word in ("snow", "people"):
            add.press("Enter")
            page.keyboard.type(word)
            page.keyboard.press("Enter")
            comes(page, "document.activeElement?.innerText === 'Add term'")
        page.get_by_role("button", name="Drop snow").press("Enter")
        comes(page, "!location.hash.includes('snow')")
        assert add.evaluate("(button) => button === document.activeElement")
        page.get_by_role("button", name="Only the sentence").press("Enter")
        comes(page, "!document.querySelector('.terms')")
        assert add.evaluate("(button) => button === document.activeElement")


def test_a_reload_keeps_how_near_one_looks(browser: Any, both: Opened) -> None:
    box = (
        "(({ left, top, width }) => [left, top, width])(document.querySelector('.zoomed img').getBoundingClientRect())"
    )
    with page_of(browser, both[1], viewport={"width": 400, "height": 400}) as page:
        page.locator("a[data-number]").first.click()
        comes(page, "document.querySelector('.pane img')?.naturalWidth")
        page.mouse.click(40, 150)
        comes(page, "document.querySelector('.zoomed img')?.style.transform && location.hash.includes('zoom=')")
        near = page.evaluate("location.hash")
        page.mouse.wheel(0, -100)
        comes(page, f"location.hash !== '{near}'")
        before = page.evaluate(box)
        page.reload()
        comes(page, "document.querySelector('.zoomed img')?.style.transform")
        drawn(page)
        assert page.evaluate(box) == pytest.approx(before, abs=1)
        page.keyboard.press("ArrowRight")
        comes(page, "document.querySelector('.pane:not(.zoomed) img') && !location.hash.includes('zoom=')")


def test_a_key_pressed_at_once_leads_on_from_what_was_enlarged(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        order = names(page)
        page.evaluate(
            "(() => { const back = history.back; history.back = () => setTimeout(() => back.call(history), 500); })()"
        )
        page.locator("a[data-number]").first.click()
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        comes(page, f"document.querySelector('.pane img')?.alt === '{order[2]}'")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("x")
        uncovered(page)
        assert page.evaluate("document.activeElement.querySelector('img').alt") == order[3]
        assert page.locator("li.chosen img").get_attribute("alt") == order[3]


def test_reading_is_paused_and_goes_on_as_soon_as_that_is_asked_for(browser: Any, tmp_path: Path) -> None:
    with half_read(pictures(tmp_path / "photos", ALL)) as (client, go), page_of(browser, client) as page:
        page.locator(".reading", has_text="Reading 8 of 24").get_by_role("button", name="Pause").click()
        page.locator(".reading", has_text="Paused 8 of 24").get_by_role("button", name="Go on").click()
        page.locator(".reading", has_text="Reading 8 of 24").wait_for()
        go.set()
        comes(page, "document.querySelector('[role=status]').innerText === '24 pictures, 24 shown'")


def test_the_colours_of_a_map_are_told(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.locator("a[data-number]").first.click()
        page.keyboard.press("w")
        page.locator("aside figcaption").wait_for()
        assert "Orange speaks for it, blue against it." in page.inner_text("aside")


def test_a_long_name_leaves_room_for_rank_and_score_and_moves_no_picture(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ("cat", "dog"))
    (folder / "cat.jpg").rename(folder / f"{'a-cat-' * 12}.jpg")
    seen = """(all) => all.every((small) => small.getBoundingClientRect().width > 20 &&
      small.getBoundingClientRect().right <= small.parentElement.parentElement.getBoundingClientRect().right)"""
    with opened(folder) as (_, client), page_of(browser, client) as page:
        ask(page, "a cat")
        page.locator("a[data-number]").first.click()
        page.locator(".bar .named").wait_for()
        assert page.locator(".bar .named small").evaluate_all(seen)
        page.keyboard.press("Escape")
        uncovered(page)
        page.keyboard.press("Control+a")
        page.keyboard.press("c")
        page.locator("figcaption").nth(1).wait_for()
        assert page.locator("figcaption .named small").evaluate_all(seen)
        assert len(set(page.locator(".stage").evaluate_all("(all) => all.map((stage) => stage.clientHeight)"))) == 1


def test_a_filter_names_the_folder_itself_and_hides_with_its_button(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ("cat", "dog"))
    pictures(folder / "summer", ("owl",))
    with opened(folder, recursive=True) as (_, client), page_of(browser, client, **PHONE) as page:
        for button in ("Adjust", "Filters"):
            page.get_by_role("button", name=button).click()
        folders = page.locator(".filters label", has_text="Folder").locator("select")
        folders.select_option("not in a subfolder (2)")
        comes(page, "document.querySelectorAll('li.cell').length === 2")
        page.get_by_role("button", name="Adjust").click()
        page.get_by_role("button", name="Filters").wait_for(state="hidden")
        assert not folders.is_visible()


def test_the_buttons_of_the_bar_stay_where_they_are(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], viewport={"width": 1280, "height": 800}) as page:
        copy = page.get_by_role("button", name="Copy")
        places = [copy.bounding_box()]
        choose(page, "cat.jpg")
        page.get_by_text("1 chosen").wait_for()
        assert [copy.bounding_box()] == places


def test_what_is_noted_of_an_order_is_a_sentence(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "asdfgh qwzx")
        page.locator(".answered", has_text="few of these words").wait_for()
        told = page.locator(".answered > :is(strong, span:not(:first-child))").all_inner_texts()
        assert told and all(line[0].isupper() and line.endswith(".") for line in told), told


def _colours(locator: Any) -> set[Any]:
    """The colours inside of an element, but for its round corners."""
    image = Image.open(BytesIO(locator.screenshot())).convert("RGB")
    inside = image.crop((8, 8, image.width - 8, image.height - 8))
    return {colour for _, colour in inside.getcolors(inside.width * inside.height)}


def test_a_trained_ranker_is_passed_over_until_another_sentence_is_asked(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "older person")
        by_ranker = names(page)
        page.get_by_role("button", name="Go by the words alone").click()
        page.get_by_text("Ordered by similarity to the words").wait_for()
        by_words = names(page)
        page.reload()
        page.get_by_text("Ordered by similarity to the words").wait_for()
        assert names(page) == by_words != by_ranker
        page.get_by_role("button", name="Let a trained ranker answer").click()
        page.get_by_text("Ordered by the shipped ranker").wait_for()
        assert names(page) == by_ranker
        page.go_back()
        page.get_by_text("Ordered by similarity to the words").wait_for()
        ask(page, "newer car")
        page.get_by_text("Ordered by the shipped ranker").wait_for()
        ask(page, "a cat")
        page.get_by_text("Ordered by similarity to the words").wait_for()
        assert not page.get_by_role("button", name="Go by the words alone").count()


def test_a_doubt_goes_but_its_room_stays_until_the_next_order_is_there(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], **PHONE) as page:
        ask(page, "qwertz")
        page.locator(".doubt").wait_for()
        height = page.locator("header").bounding_box()["height"]
        held = held_back(page, "**/order")
        page.get_by_role("searchbox", name="Sentence").fill("a cat")
        page.keyboard.press("Enter")
        page.get_by_text("Ordering…").wait_for()
        assert page.locator("header").bounding_box()["height"] == height
        assert not page.locator(".doubt").is_visible()
        let_go(page, held)
        page.locator(".doubt").wait_for(state="detached")


def test_the_keys_stay_where_the_words_were_chosen(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "older person")
        page.get_by_role("button", name="Go by the words alone").press("Enter")
        there = page.get_by_role("button", name="Let a trained ranker answer")
        there.wait_for()
        assert there.evaluate("(button) => button === document.activeElement")
