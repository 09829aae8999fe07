"""A labelling session in a real browser, by keyboard."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from imgrank.labelling import lesson
from imgrank.web.records import Trained
from imgrank.web.trainer import Report
from tests.browser.looking import AXE, NO_AXE, PATIENCE, axe_faults
from tests.web.making import Client, fake_teach, make_controller, photos, served, until

pytestmark = pytest.mark.browser


def open_page(context: Any, client: Client) -> Any:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Security Policy" in message.text else None)
    page.faults = faults
    page.goto(f"http://127.0.0.1:{client.port}/?token={client.token}")
    return page


def ready(page: Any, turn: int) -> None:
    """Wait until the question of this turn can be seen."""
    page.wait_for_selector(f'body[data-turn="{turn}"]', timeout=PATIENCE)


def rows(folder: Path) -> list[str]:
    return (folder / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_forty_answers_by_keyboard_with_a_reload_in_the_middle_then_train(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos", 14)
    order = tuple(str(path) for path in sorted((tmp_path / "photos").iterdir(), reverse=True))

    def teach(name: str, replace: bool, report: Report) -> Trained:
        trained = fake_teach(name, replace, report)
        return Trained(trained.adapter, trained.rows, trained.metrics, order, trained.seconds)

    keys = ["ArrowLeft", "ArrowRight", "ArrowRight", "ArrowDown"]
    with served(make_controller(tmp_path, teach)) as client:
        page = open_page(browser.new_context(viewport={"width": 1100, "height": 800}), client)
        assert "token" not in page.url
        for turn in range(40):
            ready(page, turn)
            if turn == 20:
                shown = page.inner_html("#pictures")
                page.reload()
                ready(page, turn)
                assert page.inner_html("#pictures") == shown
            page.keyboard.press(keys[turn % 4])
        ready(page, 40)
        assert [row.rsplit(",", 1)[1] for row in rows(tmp_path)] == ["left", "right", "right", "tie"] * 10
        page.keyboard.press("u")
        ready(page, 41)
        assert len(rows(tmp_path)) == 39
        page.keyboard.press("s")
        ready(page, 42)
        assert len(rows(tmp_path)) == 39
        assert "%" in page.inner_text("#figures")
        page.fill("#name", "my own")
        page.keyboard.press("Enter")
        page.wait_for_selector("#result:visible", timeout=PATIENCE)
        assert "Saved as my own" in page.inner_text("#said")
        assert " of your answers, each kept back from learning for its test." in page.inner_text("#caption")
        assert page.locator("#after li").count() == 14
        assert page.faults == []


def test_two_tabs_never_answer_what_the_other_has_answered(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        context = browser.new_context()
        one, other = open_page(context, client), open_page(context, client)
        ready(one, 0)
        ready(other, 0)
        one.keyboard.press("ArrowLeft")
        ready(one, 1)
        other.keyboard.press("ArrowRight")
        ready(other, 1)
        assert "another tab" in other.inner_text("#message") or len(rows(tmp_path)) == 1
        assert len(rows(tmp_path)) == 1
        other.keyboard.press("ArrowRight")
        ready(other, 2)
        assert [row.rsplit(",", 1)[1] for row in rows(tmp_path)] == ["left", "right"]


def test_a_file_name_is_text_and_never_markup(browser: Any, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 3)
    hostile = "<img src=x onerror=document.title=1>"
    for n, path in enumerate(sorted(folder.iterdir())):
        if os.name == "nt":
            pytest.skip("Windows allows no such names")
        path.rename(folder / f"{n}{hostile}.png")
    with served(make_controller(tmp_path)) as client:
        page = open_page(browser.new_context(), client)
        ready(page, 0)
        assert page.locator("#pictures img").count() == 2
        assert hostile in (page.locator("#pictures img").first.get_attribute("alt") or "")
        assert page.title() != "1" and page.faults == []


def test_why_is_shown_on_demand_and_no_key_answers_behind_it(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos", 3)
    with served(make_controller(tmp_path)) as client:
        page = open_page(browser.new_context(), client)
        ready(page, 0)
        page.keyboard.press("w")
        maps = page.locator("#reasons img[src^='/why/map/']")
        maps.nth(1).wait_for(timeout=PATIENCE)
        assert page.locator("#reasons p", has_text="by auto").count() == 2
        for n in range(2):
            maps.nth(n).evaluate("(map) => map.decode()")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("s")
        assert rows(tmp_path) == [] and page.get_attribute("body", "data-turn") == "0"
        for key in ("w", "Escape"):
            page.keyboard.press(key)
            page.locator("#why").wait_for(state="hidden", timeout=PATIENCE)
            if key == "w":
                page.keyboard.press("w")
                maps.nth(1).wait_for(timeout=PATIENCE)
        page.keyboard.press("ArrowLeft")
        ready(page, 1)
        assert len(rows(tmp_path)) == 1 and page.faults == []


@pytest.mark.parametrize("mode", ["values", "stars"])
def test_numbers_and_stars_by_keyboard(browser: Any, tmp_path: Path, mode: str) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path, mode=mode, unit="years" if mode == "values" else None)) as client:
        page = open_page(browser.new_context(), client)
        for turn in range(3):
            ready(page, turn)
            page.keyboard.type("3")
            if mode == "values":
                page.keyboard.press("Enter")
        ready(page, 3)
        assert [row.rsplit(",", 1)[1] for row in rows(tmp_path)] == ["3"] * 3
        assert page.faults == []


def test_a_stranger_who_opens_the_address_without_its_token_sees_nothing(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        page = browser.new_context().new_page()
        reply = page.goto(f"http://127.0.0.1:{client.port}/", timeout=PATIENCE)
        assert reply.status == 403
        assert "older person" not in page.content()


@pytest.mark.skipif(not AXE, reason=NO_AXE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["pairs", "values", "stars"])
def test_axe_finds_nothing_to_mend(browser: Any, tmp_path: Path, mode: str, scheme: str) -> None:
    photos(tmp_path / "photos")
    order = tuple(str(path) for path in (tmp_path / "photos").iterdir())

    def teach(name: str, replace: bool, report: Report) -> Trained:
        trained = fake_teach(name, replace, report)
        return Trained(trained.adapter, trained.rows, trained.metrics, order, trained.seconds)

    with served(make_controller(tmp_path, teach, mode=mode)) as client:
        for _ in range(9):
            client.answer("left" if mode == "pairs" else 3)
        page = open_page(browser.new_context(bypass_csp=True, color_scheme=scheme), client)
        ready(page, 9)
        page.click("#train button")
        page.wait_for_selector("#result:visible", timeout=PATIENCE)
        page.add_script_tag(path=AXE)
        assert axe_faults(page) == []
        page.locator("#after button").first.click()
        page.wait_for_selector("#reasons img[src^='/why/map/']", timeout=PATIENCE)
        assert axe_faults(page) == []


def test_what_goes_wrong_behind_the_page_is_said_and_the_question_stays(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        page = open_page(browser.new_context(), client)
        ready(page, 0)
        shown = page.inner_html("#pictures")
        for path in ("**/state", "**/why/words/*"):
            page.route(path, lambda route: route.fulfill(status=500, json={"error": "It went wrong."}))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.get_by_role("alert").get_by_text("It went wrong.").wait_for(timeout=PATIENCE)
        assert page.inner_html("#pictures") == shown
        page.keyboard.press("w")
        page.get_by_role("dialog").get_by_text("It went wrong.").first.wait_for(timeout=PATIENCE)
        page.unroute_all(behavior="ignoreErrors")
        page.keyboard.press("Escape")
        page.locator("#why").wait_for(state="hidden", timeout=PATIENCE)
        page.keyboard.press("ArrowLeft")
        ready(page, 1)
        assert page.inner_text("#message") == "" and page.faults == []


def test_a_key_before_the_next_pair_is_there_is_told_to_count_for_nothing(browser: Any, tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        page = open_page(browser.new_context(), client)
        ready(page, 0)
        held: list[Any] = []
        page.route("**/step/answer", lambda route: route.continue_() if held else held.append(route))
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.get_by_role("alert").get_by_text("too soon").wait_for(timeout=PATIENCE)
        until(lambda: bool(page.evaluate("true") and held))  # of which Playwright tells while it is asked something
        held[0].continue_()
        ready(page, 1)
        assert len(rows(tmp_path)) == 1 and "too soon" in page.inner_text("#message")
        page.keyboard.press("ArrowRight")
        ready(page, 2)
        assert page.inner_text("#message") == "" and page.faults == []


def test_an_answer_counts_as_soon_as_it_is_saved_and_its_pair_looks_answered(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thought, think = threading.Event(), lesson.next_pair

    def slow(beliefs: Any, answers: Any, passed: Any) -> Any:
        if len(answers):
            thought.wait(PATIENCE / 1000)
        return think(beliefs, answers, passed)

    monkeypatch.setattr(lesson, "next_pair", slow)
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        page = open_page(browser.new_context(), client)
        ready(page, 0)
        opacity = "getComputedStyle(document.querySelector('#pictures')).opacity"
        assert page.evaluate(opacity) == "1"
        page.keyboard.press("ArrowLeft")
        page.get_by_text("Saved. The next pair is coming…").wait_for(timeout=PATIENCE)
        assert page.inner_text("#count").startswith(f"{len(rows(tmp_path))} answer,")
        assert len(rows(tmp_path)) == 1 and float(page.evaluate(opacity)) < 1
        page.keyboard.press("ArrowLeft")
        assert "not counted" in page.inner_text("#message")
        thought.set()
        ready(page, 1)
        assert page.inner_text("#coming") == "" and page.evaluate(opacity) == "1"
        assert len(rows(tmp_path)) == 1 and page.faults == []
