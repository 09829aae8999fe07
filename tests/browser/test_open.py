"""`imgrank open` in a real browser: ask, cut, choose, act, take back; addresses, tabs, hostile names, keys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgrank.web.viewer.room import Room
from tests.actions.pictures import XMP as RATED
from tests.browser.looking import AXE, NO_AXE, PATIENCE, axe_faults, drawn
from tests.browser.opening import apply, ask, choose, comes, names, page_of, plan, status, undo
from tests.web.making import Client, until
from tests.web.viewing import EXAMPLES, names_in_order, opened, pictures, tree

pytestmark = pytest.mark.browser
ALL = tuple(sorted(path.stem for path in EXAMPLES.glob("*.jpg")))
Opened = tuple[Room, Client]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """All example photographs, for tests that change no file."""
    with opened(pictures(tmp_path_factory.mktemp("opened") / "photos", ALL)) as both:
        yield both


def test_five_sentences_in_a_row(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        assert status(page) == "24 pictures, 24 shown"
        for sentence in ("a cat", "a bird", "older person", "a building", "something to drink"):
            assert ask(page, sentence) == names_in_order(both[1], sentence=sentence)
        page.get_by_role("searchbox", name="Sentence").fill("")
        page.keyboard.press("ArrowDown")
        assert (
            page.get_by_role("listbox", name="Earlier sentences").get_by_role("option").first.inner_text()
            == "something to drink"
        )


def test_the_cut_the_first_and_only_what_fits(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        whole = ask(page, "a cat")
        slider = page.get_by_role("slider", name="Minimum score")
        slider.fill("0.45")
        drawn(page)
        kept = names(page)
        assert kept == whole[: len(kept)] and 0 < len(kept) < 24
        assert status(page) == f"24 pictures, {len(kept)} shown"
        page.reload()
        page.locator("li.cell").first.wait_for()
        assert names(page) == kept
        slider.press("Home")
        drawn(page)
        assert len(names(page)) == 24
        page.get_by_label("First").fill("3")
        drawn(page)
        assert names(page) == whole[:3]


def test_the_address_carries_the_state_back_and_forward(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        cats = ask(page, "a cat")
        birds = ask(page, "a bird & <b>more</b> #1")
        page.get_by_label("First").fill("5")
        drawn(page)
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.go_back()
        comes(page, "document.getElementById('sentence').value === 'a cat'")
        drawn(page)
        assert names(page) == cats
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.go_forward()
        drawn(page)
        assert names(page) == birds[:5]
        page.reload()
        comes(page, "document.querySelectorAll('li.cell').length === 5")
        assert names(page) == birds[:5]
        assert page.get_by_role("searchbox").input_value() == "a bird & <b>more</b> #1"


def test_the_plan_of_a_tag_shows_the_stars_of_each_and_which_it_replaces(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ALL)
    (folder / "cat.jpg.xmp").write_bytes(RATED)
    with opened(folder) as (_, client), page_of(browser, client) as page:
        ask(page, "a cat")
        choose(page, "cat.jpg", names(page)[-1])
        dialog = plan(page, "Tag")
        rows = dialog.locator(".planned tbody tr").all_inner_texts()
        assert ["5 stars instead of 2" in row for row in rows] == [True, False]
        assert "1 star" in rows[1] and "instead" not in rows[1]
        assert "1 image has stars of yours, which are replaced" in dialog.locator(".note").inner_text()


def test_thirty_ticked_are_copied_moved_trashed_and_taken_back(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ALL)
    for n in range(12):
        shutil.copy(EXAMPLES / "boats.jpg", folder / f"boats {n}.jpg")
    before = tree(tmp_path)
    with opened(folder) as (_, client), page_of(browser, client) as page:

        def shows_what_is_there() -> bool:
            return sorted(names(page)) == sorted(path.name for path in folder.glob("*.jpg"))

        ask(page, "a boat")
        ticked = names(page)[:30]
        for action, out in (
            ("Copy", "../copied"),
            ("Move", str(tmp_path / "moved")),
            ("Trash", None),
            ("Rename", None),
            ("Tag", None),
        ):
            choose(page, *ticked)
            assert "30 files" in apply(page, action, out)
            changed = tree(tmp_path)
            assert changed != before
            assert (set(changed) >= set(before)) == (action in ("Copy", "Tag"))
            if action == "Move":
                assert sorted(os.listdir(tmp_path / "moved")) == sorted(ticked)
            until(shows_what_is_there)
            shown = 6 if action in ("Move", "Trash") else 36
            comes(page, f"document.querySelector('[role=status]').innerText === '{shown} pictures, {shown} shown'")
            assert "undone" in undo(page)
            assert tree(tmp_path) == before
            until(shows_what_is_there)
            comes(page, "document.querySelector('[role=status]').innerText === '36 pictures, 36 shown'")
        assert page.get_by_role("button", name="Undo", exact=True).is_disabled()


def test_cancel_changes_nothing(browser: Any, both: Opened) -> None:
    before = tree(Path(both[0].library.folder))
    with page_of(browser, both[1]) as page:
        choose(page, "cat.jpg")
        dialog = plan(page, "Rename")
        assert "05-cat.jpg" in dialog.inner_text()
        dialog.get_by_role("button", name="Cancel").click()
        dialog.wait_for(state="detached")
        plan(page, "Trash")
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
    assert tree(Path(both[0].library.folder)) == before


def test_two_tabs_agree(browser: Any, tmp_path: Path) -> None:
    with opened(pictures(tmp_path / "photos")) as (_, client), page_of(browser, client) as one:
        other = one.context.new_page()
        other.set_default_timeout(PATIENCE)
        other.goto(f"http://127.0.0.1:{client.port}/")
        other.locator("li.cell").first.wait_for()
        choose(one, "cat.jpg", "dog.jpg")
        apply(one, "Move", "../out")
        comes(other, "document.querySelector('[role=status]').innerText === '6 pictures, 6 shown'")
        other.get_by_role("button", name="Undo", exact=True).click()
        comes(one, "document.querySelector('[role=status]').innerText === '8 pictures, 8 shown'")


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_a_hostile_name_and_sentence_are_text(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ("cat", "dog"))
    hostile = "<img src=x onerror=document.title=1>&\"'#?%41.jpg"
    (folder / "cat.jpg").rename(folder / hostile)
    broken = pictures(folder, ("boats",)) / "two\nlines.jpg"
    (folder / "boats.jpg").rename(broken)
    with opened(folder) as (_, client), page_of(browser, client) as page:
        assert sorted(names(page)) == sorted([hostile, "dog.jpg", r"two\nlines.jpg"])
        ask(page, "<script>document.title=2</script>${7*7}</title>")
        choose(page, hostile)
        assert hostile in plan(page, "Copy", "../<b>out").inner_text()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.locator("a[data-number]").first.dblclick()
        page.get_by_role("dialog", name="Enlarged").wait_for()
        assert "imgrank" in page.title()


def test_by_keyboard_alone(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.keyboard.press("/")
        page.keyboard.type("a cat")
        with page.expect_response(lambda reply: reply.url.endswith("/order")):
            page.keyboard.press("Enter")
        drawn(page)
        order = names(page)
        page.keyboard.press("Escape")
        page.keyboard.press("x")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("x")
        page.keyboard.press("ArrowDown")
        assert [
            name for name in order if page.get_by_role("checkbox", name=f"Select {name}", exact=True).is_checked()
        ] == order[:2]
        page.keyboard.press("c")
        page.get_by_role("dialog", name="Side by side").wait_for()
        assert page.locator(".pane img").count() == 2
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.keyboard.press("Escape")
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        large = page.get_by_role("dialog", name="Enlarged")
        large.wait_for()
        assert large.locator(".pane img").get_attribute("alt") == order[0]
        page.keyboard.press("ArrowRight")
        large.get_by_role("img", name=order[1]).wait_for()
        comes(page, "/look=[0-9]+/.test(location.hash)")


def test_choosing_by_shift_and_by_a_frame(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        links = page.locator("a[data-number]")
        links.nth(1).click(modifiers=["Control"])
        links.nth(4).click(modifiers=["Shift"])
        drawn(page)
        assert page.locator("li.chosen").count() == 4
        page.keyboard.press("Escape")
        first, second = links.nth(0).bounding_box(), links.nth(1).bounding_box()
        for x in (first["x"] + 20, first["x"] - 8):  # on a picture, and beside all
            page.mouse.move(x, first["y"] + 90)
            page.mouse.down()
            page.mouse.move(second["x"] + 20, second["y"] + 60, steps=5)
            page.mouse.up()
            drawn(page)
            assert page.locator("li.chosen").count() == 2
            assert page.get_by_role("dialog").count() == 0
            page.keyboard.press("Escape")


def test_an_enlarged_picture_zooms_to_its_own_pixels(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        page.locator("a[data-number]").first.click()
        comes(page, "document.querySelector('.pane img')?.complete")
        page.keyboard.press("z")
        comes(page, "document.querySelector('.zoomed img')?.style.width")
        shown = page.locator(".pane img").evaluate(
            "(image) => [image.getBoundingClientRect().width * devicePixelRatio, image.naturalWidth]"
        )
        assert abs(shown[0] - shown[1]) < 1
        page.keyboard.press("i")
        page.locator("aside dt", has_text="Dimensions").wait_for()


def test_a_list_is_downloaded(browser: Any, both: Opened) -> None:
    with page_of(browser, both[1]) as page:
        choose(page, "cat.jpg")
        page.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        rows = Path(download.value.path()).read_text().splitlines()
        assert rows[0] == "rank,score,percentile,path" and len(rows) == 2 and rows[1].endswith("cat.jpg")


@pytest.mark.parametrize("name", ["Copy", "Move", "Rename", "Tag", "Trash", "Export", "Undo", "Compare"])
def test_a_button_is_found_by_its_name_alone(browser: Any, both: Opened, name: str) -> None:
    with page_of(browser, both[1]) as page:
        assert page.get_by_role("button", name=name).count() == 1
        assert page.get_by_role("status").count() == 1 and page.get_by_role("searchbox").count() == 1


@pytest.mark.skipif(not AXE, reason=NO_AXE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_to_mend(browser: Any, both: Opened, scheme: str, width: int) -> None:
    options = {"viewport": {"width": width, "height": 850}, "color_scheme": scheme, "bypass_csp": True}
    with page_of(browser, both[1], **options) as page:
        page.add_script_tag(path=str(AXE))
        ask(page, "a cat")
        assert axe_faults(page) == []
        choose(page, "cat.jpg", "dog.jpg")
        plan(page, "Copy")
        assert axe_faults(page) == []
        page.keyboard.press("Escape")
        for button in ("History", "Keys", "Export", "Compare"):
            page.get_by_role("button", name=button, exact=True).click()
            page.get_by_role("dialog").wait_for()
            assert axe_faults(page) == [], button
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
