"""The page opened from disk in a real browser: order, cut, filter, keys, and not one complaint on the console."""

from __future__ import annotations

import os
import shutil

import pytest
from PIL import Image

from imgrank.order import order
from imgrank.output.page import write_page
from imgrank.records import Ranking, Unreadable

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("IMGRANK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COUNT, ASIDE, COLUMNS_WIDE = 500, 20, {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine (IMGRANK_CHROMIUM may name one)")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


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
    write_page(ranking, images, str(folder / "beside.html"), str(folder / "small"), command=command)
    return folder


@pytest.fixture
def page(browser, folder):
    yield from opened(browser, folder / "one.html")


def opened(browser, path, **options):
    context = browser.new_context(**{"viewport": COLUMNS_WIDE, **options})
    page = context.new_page()
    faults, asked = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert faults == []
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]


def names(page):
    return page.locator("#sheet li:not([hidden]) .name").all_text_contents()


def set_cut(page, value):
    page.eval_on_selector("#cut", "(cut, to) => { cut.value = to; cut.dispatchEvent(new Event('input')); }", str(value))


def focused(page):
    return page.evaluate("document.activeElement.closest('li')?.querySelector('.name').textContent")


def test_all_stand_in_order_and_only_what_is_near_is_drawn(page):
    assert names(page) == [f"p{n}.png" for n in reversed(range(COUNT))]
    assert page.inner_text("#shown") == "500 of 500 shown"
    drawn = "(cell) => cell.checkVisibility({ contentVisibilityAuto: true })"
    assert page.locator("#sheet li").first.evaluate(drawn)
    assert not page.locator("#sheet li").last.evaluate(drawn)


def test_the_cut_hides_what_the_command_would_leave_out(page):
    assert page.inner_text("#command") == "imgrank sort 'my photos' 'a cat'"
    set_cut(page, 4.5)
    assert page.inner_text("#command") == "imgrank sort 'my photos' 'a cat' --min-score 4.50"
    assert names(page) == [f"p{n}.png" for n in range(499, 449, -1)]
    assert "50 kept" in page.get_attribute("#cut", "aria-valuetext")
    page.focus("#cut")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#command").endswith("--min-score 4.51")
    set_cut(page, 0.21)
    assert len(names(page)) == COUNT - ASIDE - 1
    assert not page.locator("h2").is_visible()
    page.keyboard.press("Home")
    assert len(names(page)) == COUNT
    assert "--min-score" not in page.inner_text("#command")


def test_filter_by_key_and_back(page):
    page.keyboard.press("/")
    page.keyboard.type("P12")
    assert names(page) == ["p129.png", "p128.png", "p127.png", "p126.png", "p125.png"] + [
        f"p{n}.png" for n in range(124, 119, -1)
    ] + ["p12.png"]
    page.keyboard.press("Escape")
    assert len(names(page)) == COUNT
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
    page.wait_for_function("document.getElementById('large-picture').naturalWidth > 0")
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert focused(page) == "p498.png"
    page.keyboard.press("End")
    assert focused(page) == "p0.png"


def test_tab_reaches_one_picture_and_then_the_skipped_files(page):
    page.focus("#filter")
    page.keyboard.press("Tab")
    assert focused(page) == "p499.png"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("dt", has_text="broken.jpg").is_visible()


def test_thumbnails_beside_the_page_are_shown(browser, folder):
    for page in opened(browser, folder / "beside.html"):
        page.wait_for_function("document.querySelector('#sheet img').naturalWidth > 0")
        assert "small/" in page.locator("#sheet img").first.get_attribute("src")


def test_a_phone_scrolls_one_way_only(browser, folder):
    for page in opened(browser, folder / "one.html", viewport={"width": 360, "height": 740}, has_touch=True):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#sheet a").first.tap()
        assert page.locator("dialog").is_visible()


def test_without_script_the_order_and_the_links_are_there(browser, folder):
    for page in opened(browser, folder / "one.html", java_script_enabled=False):
        assert page.locator("#sheet a[href]").count() == COUNT
        assert not page.locator("#filter").is_visible()
