"""A folder that is open in a real browser: what complains, and what asks for anything but this machine, fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.browser.looking import COUNT_REQUESTS, PATIENCE, drawn
from tests.web.making import Client, until

TRAINING = 600_000  # milliseconds, on a machine that is busy with other things
MISSING = "404 (Not Found)"
UNREADABLE = "415 (Unsupported Media Type)"


@contextmanager
def page_of(browser: Any, client: Client, fragment: str = "", *, empty: bool = False, **options: Any) -> Iterator[Any]:
    """The page of a folder, with a picture in it unless it is `empty`."""
    with browser.new_context(**{"viewport": {"width": 1200, "height": 850}, **options}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watched(page)
        here = f"http://127.0.0.1:{client.port}/"
        page.goto(f"{here}?token={client.token}")
        if fragment:
            page.goto(here + fragment)
            page.reload()
        page.locator(".empty" if empty else "li.cell").first.wait_for()
        yield page
        assert not page.faults, page.faults
        assert not [url for url in page.asked if not url.startswith((here, "blob:" + here))]


def watched(page: Any) -> None:
    """Keep what a page complains of in `page.faults`, what it asks for in `page.asked`, and count what it waits for.

    While the page acts on files (`page.acts`), one may have gone before its picture is asked for: the line that the
    browser itself then writes is no fault of the page.
    """
    page.add_init_script(COUNT_REQUESTS)
    faults: list[str] = []
    asked: list[str] = []

    def heard(message: Any) -> None:
        gone = "/picture/" in message.location["url"] and (MISSING in message.text or UNREADABLE in message.text)
        if not (page.acts and gone):
            faults.append(f"{message.text} ({message.location['url']})")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", heard)
    page.on("request", lambda request: asked.append(request.url))
    page.faults, page.asked, page.acts = faults, asked, False


def ask(page: Any, sentence: str) -> list[str]:
    """Type a sentence and press Enter; the names of the pictures in the new order."""
    with page.expect_response(lambda reply: reply.url.endswith("/order")):
        page.get_by_role("searchbox", name="Sentence").fill(sentence)
        page.keyboard.press("Enter")
    drawn(page)
    return names(page)


def comes(page: Any, condition: str) -> None:
    """Wait until a condition in JavaScript holds, as the page's policy allows no other way."""
    until(lambda: bool(page.evaluate(condition)), PATIENCE / 1000)


def names(page: Any) -> list[str]:
    """The names of the pictures in the page, in order."""
    found: list[str] = (
        page.get_by_role("list", name="Pictures", exact=True)
        .locator("li img")
        .evaluate_all("(images) => images.map((image) => image.alt)")
    )
    return found


def status(page: Any) -> str:
    """How many there are, and how many are shown."""
    text: str = page.get_by_role("status").inner_text()
    return text


def choose(page: Any, *wanted: str) -> None:
    """Tick pictures by their names."""
    for name in wanted:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def plan(page: Any, action: str, folder: str | None = None) -> Any:
    """Press an action; the plan that is shown."""
    page.acts = True
    page.get_by_role("button", name=action, exact=True).click()
    dialog = page.get_by_role("dialog", name="Plan")
    dialog.wait_for()
    if folder is not None:
        dialog.get_by_role("textbox", name="Folder").fill(folder)
    comes(page, "!document.querySelector('dialog button[type=submit]').disabled")
    return dialog


def apply(page: Any, action: str, folder: str | None = None) -> str:
    """Plan and apply; what is said when it is done."""
    plan(page, action, folder).get_by_role("button", name="Apply").click()
    return said(page)


def undo(page: Any) -> str:
    """Take the last run back; what is said when it is done."""
    page.acts = True
    page.get_by_role("button", name="Undo", exact=True).click()
    return said(page)


def said(page: Any) -> str:
    """What is said once the work in hand is done."""
    said = "document.querySelector('.messages progress') ? '' : document.querySelector('.messages p')?.innerText"
    heard: list[str] = []
    until(lambda: bool(heard.append(page.evaluate(said)) or heard[-1]), PATIENCE / 1000)
    return heard[-1]


def uncovered(page: Any) -> None:
    """Wait until what lay over the page is closed, and the step back that goes with it was taken."""
    comes(page, "!document.querySelector('dialog') && !/(look|window)=/.test(location.hash)")
    drawn(page)


def held_back(page: Any, pattern: str) -> list[Any]:
    """The requests of a pattern, none of which is answered until `let_go`."""
    held: list[Any] = []
    page.route(pattern, lambda route: route.continue_() if None in held else held.append(route))
    return held


def let_go(page: Any, held: list[Any]) -> None:
    """Answer what was held back, and what comes from now on; of the first, Playwright may be yet to tell."""
    until(lambda: bool(page.evaluate("true") and held), PATIENCE / 1000)
    held.append(None)
    for route in held[:-1]:
        route.continue_()
