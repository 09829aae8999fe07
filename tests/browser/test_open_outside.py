"""`imgrank open` in a real browser, and what happens outside: files change, the folder goes, the server is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser.looking import drawn
from tests.browser.opening import ask, choose, comes, names, page_of, plan, undo
from tests.docs.pages import ROOT
from tests.web.making import until
from tests.web.viewing import EXAMPLES, NAMES, opened, pictures, put, tree

pytestmark = pytest.mark.browser
GONE = "is not in the folder any more"


def enlarge(page: Any, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    comes(page, "document.querySelector('.pane img')?.complete")


def test_an_enlarged_picture_that_goes_is_named_and_its_neighbours_stay_so(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        order = ask(page, "a cat")
        enlarge(page, order[3])
        page.acts = True
        (folder / order[3]).unlink()
        comes(page, f"document.querySelector('.named').innerText.includes('{GONE}')")
        assert page.locator(".named").inner_text().startswith(order[3])
        page.keyboard.press("i")
        page.locator("aside .fault").wait_for()
        assert GONE in page.locator("aside").inner_text()
        assert page.locator("aside").get_by_role("button").count() == 0
        page.keyboard.press("ArrowRight")
        assert page.locator(".pane img").get_attribute("alt") == order[4]
        page.faults.clear()  # the browser's own line about the answer 404


def test_a_picture_that_changes_stays_chosen_enlarged_and_a_term(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        enlarge(page, "kitten.jpg")
        page.get_by_role("button", name="More like this").click()
        comes(page, "document.querySelector('.term img') && document.querySelector('li.cell img').alt === 'kitten.jpg'")
        choose(page, "kitten.jpg", "dog.jpg")
        page.get_by_role("button", name="Compare").click()
        before = page.locator(".pane img").first.get_attribute("src")
        page.acts = True
        put(EXAMPLES / "spoons.jpg", folder / "kitten.jpg")
        comes(page, f"(document.querySelector('.pane img')?.getAttribute('src') ?? '{before}') !== '{before}'")
        comes(page, "document.querySelector('.pane img')?.naturalWidth === 320")  # that of the spoons
        page.keyboard.press("Escape")
        comes(page, "document.querySelector('li.cell img')?.alt === 'kitten.jpg'")
        drawn(page)
        assert page.get_by_role("checkbox", name="Select kitten.jpg", exact=True).is_checked()
        assert names(page)[0] == "kitten.jpg" and not page.get_by_role("alert").count()
        page.faults.clear()


def test_a_folder_that_goes_is_told_once_and_shown_when_it_is_back(browser: Any, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with opened(folder) as (_, client), page_of(browser, client) as page:
        folder.rename(tmp_path / "away")
        comes(page, "document.querySelector('.empty')?.innerText === 'The folder is not there any more.'")
        assert page.locator("li.cell").count() == 0
        (tmp_path / "away").rename(folder)
        comes(page, "document.querySelectorAll('li.cell').length === 8")
        assert page.locator(".standing .fault").count() == 0
        page.faults.clear()


# The command, which changes half of the files and then waits: it is killed in the middle, however quick it is.
HALF = """
import runpy, threading
from imgrank.actions import run
really = run.act

def act(plan, *, progress, stop):
    def report(now):
        progress(now)
        if now.done > len(plan.changes) // 2:
            threading.Event().wait()
    return really(plan, progress=report, stop=stop)

run.act = act
runpy.run_module("imgrank", run_name="__main__")
"""


@contextmanager
def served(folder: Path, *command: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """The command itself, and what `page_of` needs to know of it."""
    words = [sys.executable, *(command or ("-m", "imgrank")), "open", str(folder), "--no-open", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            address, _, token = process.stdout.readline().strip().partition("/?token=")
            yield process, SimpleNamespace(port=int(address.rpartition(":")[2]), token=token)
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such end")
@pytest.mark.parametrize("action", ["Copy", "Move", "Rename", "Trash"])
def test_what_a_killed_server_left_is_told_and_taken_back(browser: Any, tmp_path: Path, action: str) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(300):
        shutil.copy(EXAMPLES / f"{NAMES[n % len(NAMES)]}.jpg", folder / f"{n}.jpg")
        (folder / f"{n}.xmp").write_text("<x/>")
    before, files = tree(tmp_path), set(tmp_path.rglob("*.*"))
    out = "../out" if action in ("Copy", "Move") else None
    with served(folder, "-c", HALF) as (process, client), page_of(browser, client) as page:
        comes(page, "document.querySelector('[role=status]').innerText === '300 pictures, 300 shown'")
        page.get_by_role("button", name="All", exact=True).click()
        plan(page, action, out).get_by_role("button", name="Apply").click()
        until(lambda: set(tmp_path.rglob("*.*")) != files)
        process.kill()
        comes(page, "document.querySelector('[role=alert]')?.innerText.includes('does not answer')")
        assert page.locator(".messages progress").count() == 0  # nothing goes on any more
        page.faults.clear()
    assert tree(tmp_path) != before
    with served(folder) as (_, client), page_of(browser, client) as page:
        comes(page, "document.querySelector('.messages p')?.innerText.includes('stopped in the middle')")
        assert f"last {action.lower()} " in page.locator(".messages").inner_text()
        comes(page, "!document.querySelector('.reading')")
        assert "undone" in undo(page)
        assert tree(tmp_path) == before
        comes(page, "document.querySelector('[role=status]').innerText === '300 pictures, 300 shown'")
