"""The page opened from disk in a real browser: order, cut, filter, keys, and not one complaint on the console."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from PIL import Image

from imgrank.order import order
from imgrank.output.page import write_page
from imgrank.records import Ranking, Unreadable
from tests.browser.looking import AXE, NO_AXE, axe_faults, from_disk

# Its `expect` waits without eval, which the page's policy forbids.
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
COUNT, ASIDE = 500, 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """500 pictures that score 0.00 to 4.99, the last 20 off the subject; a page of them, and one with a folder."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "in").mkdir()
    for n in range(COUNT):
        Image.new("RGB", (12, 8), (n % 256, n // 2, 99)).save(folder / "in" / f"p{n}.png")
    paths = [str(folder / "in" / f"p{n}.png") for n in range(COUNT)]
    images = order([n / 100 for n in range(COUNT)], paths, [n >= ASIDE for n in range(COUNT)])
    skipped = (Unreadable("broken.jpg", "cut off"),)
    ranking = Ranking("a cat", images, skipped, "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 1.0)
    command = ["imgrank", "sort", "my photos", "a cat"]
    write_page(ranking, images, str(folder / "one.html"), command=command)
    doubtful = replace(ranking, confident=False, notes=("zero-shot",), images=images[-60:])
    write_page(doubtful, images[-60:], str(folder / "doubtful.html"), command=command)
    write_page(ranking, images, str(folder / "beside.html"), str(folder / "small"), command=command)
    return folder


@pytest.fixture
def page(browser, folder):
    with from_disk(browser, folder / "one.html") as page:
        yield page


def names_of(page):
    return page.locator("#sheet li:not([hidden]) .name").all_text_contents()


def set_cut(page, value):
    page.eval_on_selector("#cut", "(cut, to) => { cut.value = to; cut.dispatchEvent(new Event('input')); }", str(value))


def focused(page):
    return page.evaluate("document.activeElement.closest('li')?.querySelector('.name').textContent")


def test_all_stand_in_order_and_only_what_is_near_is_drawn(page):
    assert names_of(page) == [f"p{n}.png" for n in reversed(range(COUNT))]
    assert page.inner_text("#shown") == "500 of 500 shown"
    drawn = "(cell) => cell.checkVisibility({ contentVisibilityAuto: true })"
    assert page.locator("#sheet li").first.evaluate(drawn)
    assert not page.locator("#sheet li").last.evaluate(drawn)


def test_the_cut_hides_what_the_command_would_leave_out(page):
    assert page.inner_text("#command") == "imgrank sort 'my photos' 'a cat'"
    set_cut(page, 4.5)
    assert page.inner_text("#command") == "imgrank sort 'my photos' 'a cat' --min-score 4.50"
    assert names_of(page) == [f"p{n}.png" for n in range(499, 449, -1)]
    assert "50 kept" in page.get_attribute("#cut", "aria-valuetext")
    page.focus("#cut")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#command").endswith("--min-score 4.51")
    set_cut(page, 0.21)
    assert len(names_of(page)) == COUNT - ASIDE - 1
    assert not page.locator("h2").is_visible()
    page.keyboard.press("Home")
    assert len(names_of(page)) == COUNT
    assert "--min-score" not in page.inner_text("#command")


def test_filter_by_key_and_back(page):
    page.keyboard.press("/")
    page.keyboard.type("P12")
    assert names_of(page) == ["p129.png", "p128.png", "p127.png", "p126.png", "p125.png"] + [
        f"p{n}.png" for n in range(124, 119, -1)
    ] + ["p12.png"]
    page.keyboard.press("Escape")
    assert len(names_of(page)) == COUNT
    assert focused(page) is not None


def test_arrows_move_and_space_enlarges(page):
    page.keyboard.press("ArrowRight")
    assert focused(page) == "p498.png"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "p499.png"
    page.keyboard.press(" ")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("ArrowRight")
    assert "p498.png" in page.inner_text("#large-name")
    sync_api.expect(page.locator("#large-picture")).not_to_have_js_property("naturalWidth", 0)
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert focused(page) == "p498.png"
    page.keyboard.press("End")
    assert focused(page) == "p0.png"


def test_a_picture_shown_large_says_how_its_score_is_explained(page):
    page.keyboard.press(" ")
    assert page.inner_text("#why").startswith("imgrank explain ")
    assert page.inner_text("#why").endswith("p499.png 'a cat'")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#why").endswith("p498.png 'a cat'")
    page.click("#copy-why")
    sync_api.expect(page.locator("#copied-why")).not_to_be_empty()


def test_tab_reaches_one_picture_and_then_the_skipped_files(page):
    page.focus("#filter")
    page.keyboard.press("Tab")
    assert focused(page) == "p499.png"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("dt", has_text="broken.jpg").is_visible()


def test_thumbnails_beside_the_page_are_shown(browser, folder):
    with from_disk(browser, folder / "beside.html") as page:
        sync_api.expect(page.locator("#sheet img").first).not_to_have_js_property("naturalWidth", 0)
        assert "small/" in page.locator("#sheet img").first.get_attribute("src")


def test_a_phone_scrolls_one_way_only(browser, folder):
    with from_disk(browser, folder / "one.html", viewport={"width": 360, "height": 740}, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#sheet a").first.tap()
        assert page.locator("dialog").is_visible()


@pytest.mark.parametrize("width", [1200, 360])
def test_every_picture_stays_in_its_card_and_what_lacks_the_subject_is_grey(browser, folder, width):
    with from_disk(browser, folder / "one.html", viewport={"width": width, "height": 740}) as page:
        size = "(part) => [part.getBoundingClientRect().width, part.getBoundingClientRect().height]"
        for part in ("first", "last"):
            card = getattr(page.locator("#sheet li"), part)
            card.scroll_into_view_if_needed()
            (wide, _), (width_of, height) = card.evaluate(size), card.locator("img").evaluate(size)
            assert 0 < width_of < wide
            assert abs(width_of - height) < 1
            grey = card.locator("img").evaluate("(img) => getComputedStyle(img).filter") != "none"
            assert grey == (part == "last")


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_a_hostile_name_is_shown_and_does_nothing(browser, tmp_path):
    names = [
        "</script><img src=x onerror=alert(1)>".replace("/", "∕") + ".png",
        "javascript:alert(1).png",
        "#a?b&lt;.png",
    ]
    for name in names:
        Image.new("RGB", (12, 8)).save(tmp_path / name)
    images = order([3.0, 2.0, 1.0], [str(tmp_path / name) for name in names])
    ranking = Ranking(names[0], images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 1.0)
    write_page(ranking, images, str(tmp_path / "x.html"))
    with from_disk(browser, tmp_path / "x.html") as page:
        assert names_of(page) == names
        for n in range(3):
            page.locator("#sheet a").nth(n).click()
            sync_api.expect(page.locator("#large-picture")).to_have_js_property("naturalWidth", 12)
            assert names[n] in page.inner_text("#large-name")
            page.click("#close")
        assert page.locator("#sheet img").count() == 3


def test_without_script_the_order_and_the_links_are_there(browser, folder):
    with from_disk(browser, folder / "one.html", java_script_enabled=False) as page:
        assert page.locator("#sheet a[href]").count() == COUNT
        assert not page.locator("#filter").is_visible()


@pytest.mark.skipif(not AXE, reason=NO_AXE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend(browser, folder, scheme):
    with from_disk(browser, folder / "doubtful.html", color_scheme=scheme, bypass_csp=True) as page:
        page.add_script_tag(path=AXE)
        assert axe_faults(page) == []
        set_cut(page, 0.5)
        page.click("summary")
        assert axe_faults(page) == []
        page.locator("#sheet a").first.click()
        assert axe_faults(page) == []
