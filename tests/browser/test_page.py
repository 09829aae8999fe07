"""The page opened from disk in a real browser: order, cut, filter, keys, and not one complaint on the console."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest
from PIL import Image

from imgrank.order import order
from imgrank.output.page import write_page
from imgrank.records import Ranking, Unreadable
from tests.browser.looking import AXE, NO_AXE, axe_faults, broken_words, drawn, from_disk
from tests.web.making import until

# Its `expect` waits without eval, which the page's policy forbids.
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
COUNT, ASIDE = 500, 20


def ranking_of(images, query="a cat"):
    return Ranking(query, images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 1.0)


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
    ranking = replace(ranking_of(images), skipped=skipped)
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


NAMES = "(cells) => cells.map((cell) => cell.querySelector('.name').textContent)"


def names_of(page):
    """The pictures that are in the page, in order; of many, those that are seen and some around them."""
    return page.locator("#live li").evaluate_all(NAMES)


def set_cut(page, value):
    page.eval_on_selector("#cut", "(cut, to) => { cut.value = to; cut.dispatchEvent(new Event('input')); }", str(value))
    drawn(page)


def focused(page):
    drawn(page)
    return page.evaluate("document.activeElement.closest('li')?.querySelector('.name').textContent")


def test_all_stand_in_order_and_only_what_is_near_is_in_the_page(page):
    assert names_of(page)[:40] == [f"p{n}.png" for n in range(499, 459, -1)]
    assert len(names_of(page)) < 200
    assert page.inner_text("#shown") == "500 of 500 shown"
    page.keyboard.press("End")
    assert focused(page) == "p0.png"
    last = page.locator("#live li").last
    assert (last.get_attribute("aria-posinset"), last.get_attribute("aria-setsize")) == ("500", "500")
    assert page.locator(".divider").is_visible()


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
    assert page.inner_text("#shown") == f"{COUNT - ASIDE - 1} of 500 shown"
    assert page.locator(".divider").count() == 0
    page.keyboard.press("Home")
    assert page.inner_text("#shown") == "500 of 500 shown"
    assert "--min-score" not in page.inner_text("#command")


def test_filter_by_key_and_back(page):
    page.keyboard.press("/")
    page.keyboard.type("P12")
    drawn(page)
    assert names_of(page) == ["p129.png", "p128.png", "p127.png", "p126.png", "p125.png"] + [
        f"p{n}.png" for n in range(124, 119, -1)
    ] + ["p12.png"]
    page.keyboard.press("Escape")
    assert focused(page) is not None
    assert page.inner_text("#shown") == "500 of 500 shown"


def test_arrows_move_and_space_enlarges(page):
    page.keyboard.press("ArrowRight")
    assert focused(page) == "p498.png"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "p499.png"
    page.keyboard.press(" ")
    large = page.get_by_role("dialog", name="Enlarged")
    assert "p499.png" in large.locator(".named").inner_text() and "4.99" in large.locator(".named").inner_text()
    page.keyboard.press("ArrowRight")
    assert "p498.png" in large.locator(".named").inner_text()
    sync_api.expect(large.locator(".pane img")).not_to_have_js_property("naturalWidth", 0)
    page.keyboard.press("Escape")
    sync_api.expect(large).to_have_count(0)
    assert focused(page) == "p498.png"
    page.get_by_role("link", name="p497.png").click()
    page.get_by_role("button", name="Previous picture").click()
    assert "p498.png" in large.locator(".named").inner_text()
    page.get_by_role("button", name="Close").click()
    sync_api.expect(large).to_have_count(0)


def test_a_picture_is_zoomed_to_its_own_pixels_and_those_of_the_file_where_it_is_there(browser, tmp_path):
    for name in ("here.png", "gone.png"):
        Image.effect_noise((900, 600), 80).save(tmp_path / name)
    ranking = ranking_of(order([2.0, 1.0], [str(tmp_path / name) for name in ("here.png", "gone.png")]))
    write_page(ranking, ranking.images, str(tmp_path / "x.html"))
    (tmp_path / "gone.png").unlink()
    size = "(image) => [image.naturalWidth, Math.round(image.getBoundingClientRect().width * devicePixelRatio)]"
    with from_disk(browser, tmp_path / "x.html") as page:
        page.locator("#live a").first.click()
        image = page.locator(".pane img")
        sync_api.expect(image).to_have_js_property("naturalWidth", 900)
        page.keyboard.press("z")
        sync_api.expect(page.locator(".zoomed")).to_have_count(1)
        until(lambda: image.evaluate(size) == [900, 900])
        page.keyboard.press("ArrowRight")
        sync_api.expect(image).to_have_js_property("naturalWidth", 240)
        page.keyboard.press("z")
        until(lambda: image.evaluate(size) == [240, 240])
        page.faults[:] = [fault for fault in page.faults if "ERR_FILE_NOT_FOUND" not in fault]


def test_a_picture_shown_large_says_how_its_score_is_explained(page):
    page.keyboard.press(" ")
    page.keyboard.press("w")
    command = page.locator("aside code")
    assert command.inner_text().startswith("imgrank explain ")
    assert command.inner_text().endswith("p499.png 'a cat'")
    page.keyboard.press("ArrowRight")
    assert command.inner_text().endswith("p498.png 'a cat'")
    page.locator("aside").get_by_role("button", name="Copy").click()
    sync_api.expect(page.locator("aside [role=status]")).not_to_be_empty()


@pytest.mark.parametrize(("key", "seen"), [("w", "aside code"), ("z", ".zoomed img")])
def test_a_key_that_follows_at_once_reaches_the_large_view(page, key, seen):
    """Before anything was painted: on a busy machine, a second key comes earlier than that."""
    page.evaluate(
        """async (key) => {
        const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        press(" ");
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        press(key);
    }""",
        key,
    )
    drawn(page)
    sync_api.expect(page.locator(seen)).to_be_visible()


def test_a_group_is_opened_and_folded_one_by_one_and_all(browser, tmp_path):
    paths = [str(tmp_path / f"p{n}.png") for n in range(6)]
    for path in paths:
        Image.new("RGB", (12, 8)).save(path)
    ranked = order([6.0 - n for n in range(6)], paths)
    groups = [(0, 1, 3), (1, 1, 2), (0, 2, 3), (2, 1, 1), (1, 2, 2), (0, 3, 3)]
    images = tuple(replace(i, group=g, group_rank=r, group_size=n) for i, (g, r, n) in zip(ranked, groups, strict=True))
    heads = [replace(images[n], rank=rank) for rank, n in enumerate((0, 1, 3), 1)]
    ranking = ranking_of(images)
    write_page(ranking, heads, str(tmp_path / "x.html"), members=[images[n] for n in (2, 4, 5)])
    with from_disk(browser, tmp_path / "x.html") as page:
        assert names_of(page) == ["p0.png", "p1.png", "p3.png"] and page.inner_text("#shown") == "3 of 3 shown"
        page.get_by_role("button", name="3 alike").click()
        assert names_of(page) == ["p0.png", "p2.png", "p5.png", "p1.png", "p3.png"]
        assert page.inner_text("#shown") == "3 of 3 shown"
        page.get_by_role("link", name="p2.png").click()
        assert "2 of 3" in page.get_by_role("dialog").locator(".named").inner_text()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Fold all groups").click()
        assert names_of(page) == ["p0.png", "p1.png", "p3.png"]
        page.get_by_role("button", name="Open all groups").click()
        assert len(names_of(page)) == 6
        page.get_by_role("link", name="p1.png").focus()
        page.keyboard.press("g")
        assert names_of(page) == ["p0.png", "p2.png", "p5.png", "p1.png", "p3.png"]
        set_cut(page, 4)
        assert names_of(page) == ["p0.png", "p2.png", "p1.png"]


def test_tab_reaches_one_picture_and_then_the_skipped_files(page):
    page.focus("#filter")
    page.keyboard.press("Tab")
    assert focused(page) == "p499.png"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("dt", has_text="broken.jpg").wait_for()


def test_thumbnails_beside_the_page_are_shown(browser, folder):
    with from_disk(browser, folder / "beside.html") as page:
        sync_api.expect(page.locator("#live img").first).not_to_have_js_property("naturalWidth", 0)
        assert "small/" in page.locator("#live img").first.get_attribute("src")


def test_a_phone_scrolls_one_way_only(browser, folder):
    with from_disk(browser, folder / "one.html", viewport={"width": 360, "height": 740}, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#live a").first.tap()
        page.get_by_role("dialog").wait_for()
        assert page.evaluate(
            "[...document.querySelectorAll('.bar > *')].every((part) => part.getBoundingClientRect().right <= 361)"
        )


def test_a_word_is_broken_only_where_no_line_has_room_for_it(browser, folder):
    with from_disk(browser, folder / "one.html") as page:
        set_cut(page, 2)
        for width in range(300, 420, 15):
            page.set_viewport_size({"width": width, "height": 740})
            drawn(page)
            assert broken_words(page) == [], width
        page.set_viewport_size({"width": 1200, "height": 740})
        page.click("#copy")
        assert "--min-score 2.00" in page.inner_text("#command")


def test_the_line_before_what_lacks_the_subject_touches_no_picture(browser, folder):
    with from_disk(browser, folder / "doubtful.html", viewport={"width": 320, "height": 740}) as page:
        page.locator(".divider").scroll_into_view_if_needed()
        bottom = "(part) => part.getBoundingClientRect().bottom"
        first = page.locator("#live li.aside").first
        assert page.locator(".divider").evaluate(bottom) <= first.evaluate("(part) => part.getBoundingClientRect().top")


@pytest.mark.parametrize("width", [1200, 360])
def test_every_picture_stays_in_its_cell_and_what_lacks_the_subject_is_grey(browser, folder, width):
    with from_disk(browser, folder / "one.html", viewport={"width": width, "height": 740}) as page:
        size = "(part) => [part.getBoundingClientRect().width, part.getBoundingClientRect().height]"
        for key, part in (("Home", "first"), ("End", "last")):
            page.keyboard.press(key)
            focused(page)
            page.evaluate("document.activeElement.blur()")
            card = getattr(page.locator("#live li"), part)
            (wide, _), (width_of, height) = card.evaluate(size), card.locator("img").evaluate(size)
            assert 0 < width_of <= wide
            assert abs(width_of - height) < 1
            sync_api.expect(card.locator("img")).not_to_have_class(re.compile("coming"))  # which is no grey one
            grey = card.locator("img").evaluate("(img) => getComputedStyle(img).filter") != "none"
            assert grey == (part == "last")


def test_what_is_printed_is_what_is_shown(page):
    set_cut(page, 4.9)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.locator("#live").is_visible()
    assert page.locator("#sheet li:visible .name").all_text_contents() == [f"p{n}.png" for n in range(499, 489, -1)]


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_a_hostile_name_is_shown_and_does_nothing(browser, tmp_path):
    names = [
        "</script><img src=x onerror=alert(1)>".replace("/", "∕") + ".png",
        "javascript:alert(1).png",
        "#a?b&lt;.png",
    ]
    for name in names:
        Image.new("RGB", (12, 8)).save(tmp_path / name)
    ranking = ranking_of(order([3.0, 2.0, 1.0], [str(tmp_path / name) for name in names]), names[0])
    write_page(ranking, ranking.images, str(tmp_path / "x.html"))
    with from_disk(browser, tmp_path / "x.html") as page:
        assert names_of(page) == names
        for n in range(3):
            page.locator("#live a").nth(n).click()
            sync_api.expect(page.locator(".pane img")).to_have_js_property("naturalWidth", 12)
            assert names[n] in page.locator(".named").inner_text()
            page.get_by_role("button", name="Close").click()
        assert page.locator("#live img").count() == 3


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
        page.locator("#live a").first.click()
        assert axe_faults(page) == []
        page.keyboard.press("w")
        assert axe_faults(page) == []
