"""`imgrank open` in a real browser: what a reload keeps, what a filter leaves, what a thumb can reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgrank.web.viewer.room import Room
from tests.browser.looking import AXE, NO_AXE, axe_faults, drawn
from tests.browser.opening import ask, choose, comes, names, page_of, status
from tests.browser.test_open_more import with_burst
from tests.web.making import Client
from tests.web.viewing import opened, pictures

pytestmark = pytest.mark.browser
Opened = tuple[Room, Client]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(with_burst(tmp_path_factory.mktemp("opened") / "photos")) as both:
        yield both


def test_a_reload_keeps_what_is_chosen(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        choose(page, "cat.jpg", "owl.jpg")
        page.reload()
        comes(page, "document.querySelectorAll('li.chosen').length === 2")
        for name in ("cat.jpg", "owl.jpg"):
            assert page.get_by_role("checkbox", name=f"Select {name}", exact=True).is_checked()
        page.get_by_role("button", name="None", exact=True).click()
        page.reload()
        page.locator("li.cell").first.wait_for()
        drawn(page)
        assert page.locator("li.chosen").count() == 0


def test_a_reload_keeps_the_groups_that_are_open(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.get_by_label("Fold").select_option("similar")
        comes(page, "document.querySelector('button.many')")
        folded = names(page)
        page.locator("button.many").click()
        comes(page, "location.hash.includes('open=')")
        drawn(page)
        whole = names(page)
        assert len(whole) > len(folded)
        page.reload()
        comes(page, f"document.querySelectorAll('li.cell').length === {len(whole)}")
        assert names(page) == whole
        page.locator("button.many").click()
        drawn(page)
        assert names(page) == folded


def test_where_nothing_passes_the_page_says_so_and_leads_back(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        ask(page, "a cat")
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Name").fill("no such name")
        page.locator(".empty").wait_for()
        assert "9 pictures, 0 shown" in status(page)
        page.get_by_role("button", name="Show all").click()
        drawn(page)
        assert "9 pictures, 9 shown" in status(page) and page.locator(".empty").count() == 0


def test_an_address_that_filters_by_nonsense_filters_nothing(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], "#since=hello&stars=77") as page:
        drawn(page)
        assert status(page) == "9 pictures, 9 shown"


def test_a_date_can_be_seen_and_cleared_where_no_picture_has_one(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], "#since=2031-01-01", empty=True) as page:
        page.get_by_role("button", name="Filters").click()
        assert page.get_by_label("From", exact=True).input_value() == "2031-01-01"
        page.get_by_role("button", name="Clear").click()
        drawn(page)
        assert len(names(page)) == 9


def test_a_digit_in_a_list_of_options_gives_no_stars(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.get_by_label("Fold").focus()
        page.keyboard.press("5")
        page.keyboard.press("x")
        drawn(page)
        assert page.locator(".stars").count() == 0 and page.locator("li.chosen").count() == 0


@pytest.mark.parametrize("kind", ["About", "Why"])
def test_on_a_phone_what_is_said_of_a_picture_leaves_it_in_sight(browser: Any, both: Opened, kind: str) -> None:
    with page_of(browser, both[1], **PHONE) as page:
        ask(page, "a cat")
        page.locator("a[data-number]").first.click()
        comes(page, "document.querySelector('.pane img')?.complete")
        page.get_by_role("button", name=kind).click()
        page.locator("aside figcaption, aside dl").wait_for()
        image, aside = (f"document.querySelector('{each}').getBoundingClientRect()" for each in (".pane img", "aside"))
        comes(page, f"{image}.top >= 0 && {image}.bottom <= {aside}.top + 1")


def test_on_a_phone_two_pictures_stand_one_below_the_other(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], **PHONE) as page:
        choose(page, "cat.jpg", "dog.jpg")
        page.get_by_role("button", name="Compare").click()
        first, second = (f"document.querySelectorAll('.pane')[{n}]?.getBoundingClientRect()" for n in (0, 1))
        comes(page, f"{first}?.width > 380 && {second}?.top >= {first}?.bottom")


TOO_SMALL = """() => [...document.querySelectorAll("button, input, select, label:has([type=checkbox], [type=radio])")]
  .filter((each) => each.checkVisibility() && !(each.matches("[type=checkbox], [type=radio]") && each.closest("label")))
  .filter((each) => !document.querySelector("dialog[open]") || each.closest("dialog"))
  .map((each) => [each.getAttribute("aria-label") || each.innerText || each.name, each.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""


def test_on_a_phone_ticks_and_the_way_to_a_training_are_large_and_the_bar_is_low(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], **PHONE) as page:
        tick = page.get_by_role("checkbox", name="Select cat.jpg").bounding_box()
        assert min(tick["width"], tick["height"]) >= 24
        link = '<span class="reading"><a href="#">Show</a></span>'
        page.evaluate(f"document.querySelector('.standing').insertAdjacentHTML('beforeend', '{link}')")
        assert page.get_by_role("link", name="Show", exact=True).bounding_box()["height"] >= 44
        assert page.locator(".actions").bounding_box()["height"] <= 125


def test_pictures_of_one_name_are_told_apart_by_their_folders(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ("cat", "dog"))
    pictures(folder / "summer", ("cat",))
    with opened(folder, recursive=True) as (_, client), page_of(browser, client) as page:
        comes(page, "document.querySelectorAll('li.cell').length === 3")
        assert sorted(page.locator("li.cell .name").all_inner_texts()) == ["cat.jpg", "dog.jpg", "summer/cat.jpg"]
        assert sorted(names(page)) == ["cat.jpg", "cat.jpg", "dog.jpg"]
        page.locator("li.cell a", has=page.locator("img")).nth(2).click()
        enlarged = page.get_by_role("dialog", name="Enlarged").locator(".named")
        enlarged.wait_for()
        assert " ".join(enlarged.inner_text().split()) == "cat.jpg summer"


def test_a_picture_that_is_yet_to_come_looks_like_none_that_does_not_fit(browser: Any, both: Opened) -> None:
    cells = "[...document.querySelectorAll('li.cell img')]"
    coming = f"{cells}.map((image) => getComputedStyle(image).animationName)"
    with page_of(browser, both[1]) as page:
        comes(page, f"{cells}.every((one) => one.naturalWidth && getComputedStyle(one).animationName === 'none')")
        page.route("**/picture/**", lambda route: None)
        page.reload(wait_until="commit")  # a page with pictures on their way may never be whole
        page.locator("li.cell").first.wait_for()
        assert set(page.evaluate(coming)) == {"coming"}


def test_whatever_can_be_pressed_is_as_large_as_a_finger_needs(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1], **PHONE) as page:
        ask(page, "a cat")
        page.get_by_role("button", name="Adjust").click()
        page.get_by_role("button", name="Add term").click()
        page.get_by_role("textbox", name="Term").fill("people")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Filters").click()
        page.get_by_label("Weight of people").wait_for()
        page.get_by_label("Latest day").wait_for()
        assert page.evaluate(TOO_SMALL) == []
        page.get_by_role("button", name="Image model").click()
        page.get_by_role("radio").first.wait_for()
        assert page.evaluate(TOO_SMALL) == []
        assert (
            page.evaluate(
                "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.models'))"
            )
            == 0
        )


@pytest.mark.skipif(not AXE, reason=NO_AXE)
@pytest.mark.parametrize("kind", ["About", "Why"])
def test_axe_finds_nothing_to_mend_beside_a_picture(browser: Any, both: Opened, kind: str) -> None:
    with page_of(browser, both[1], bypass_csp=True, **PHONE) as page:
        page.add_script_tag(path=str(AXE))
        ask(page, "a cat")
        choose(page, "cat.jpg", "dog.jpg")
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("button", name=kind).click()
        comes(page, "document.querySelectorAll('aside figcaption, aside dl').length === 2")
        drawn(page)
        assert axe_faults(page) == []
