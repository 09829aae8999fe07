"""Ten thousand pictures on one page: what is out of sight is not in it. Prints how smooth it was."""

from __future__ import annotations

import pytest
from PIL import Image

from imgrank.order import order
from imgrank.output.page import write_page
from imgrank.records import Ranking
from tests.browser.looking import from_disk
from tests.web.making import until

# Its `expect` waits without eval, which the page's policy forbids.
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.soak]
COUNT, MOST_LOADED = 10_000, 1_000
LOADED = "[...document.querySelectorAll('#live img')].filter((one) => one.complete && one.naturalWidth).length"
FRAMES = """() => new Promise((done) => {
  const gaps = [];
  let before = performance.now();
  const frame = (now) => {
    gaps.push(now - before);
    before = now;
    scrollBy(0, 400);
    if (gaps.length < 120) requestAnimationFrame(frame); else done(gaps.slice(1));
  };
  requestAnimationFrame(frame);
})"""


def test_ten_thousand_pictures_load_as_they_come_into_sight(browser, tmp_path):
    (tmp_path / "in").mkdir()
    paths = [str(tmp_path / "in" / f"p{n}.png") for n in range(COUNT)]
    for n, path in enumerate(paths):
        Image.new("RGB", (12, 8), (n % 256, n // 256, 99)).save(path)
    images = order([n / 100 for n in range(COUNT)], paths)
    ranking = Ranking("a cat", images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 1.0)
    write_page(ranking, images, str(tmp_path / "many.html"), str(tmp_path / "small"))
    with from_disk(browser, tmp_path / "many.html") as page:
        timing = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
        print(f"ready after {page.evaluate(timing):.0f} ms")
        until(lambda: page.evaluate(LOADED) > 0)
        assert page.evaluate(LOADED) < MOST_LOADED
        gaps = sorted(page.evaluate(FRAMES))
        print(f"frames while scrolling: median {gaps[len(gaps) // 2]:.0f} ms, slowest {gaps[-1]:.0f} ms")
        page.locator("#live a").first.focus()
        page.keyboard.press("End")
        sync_api.expect(page.locator("#live a:focus img")).not_to_have_js_property("naturalWidth", 0)
        assert page.evaluate("document.activeElement.closest('li').querySelector('.name').textContent") == "p0.png"
        assert page.evaluate(LOADED) < 2 * MOST_LOADED
        took = """() => { const began = performance.now(); const cut = document.getElementById("cut");
            cut.value = 90; cut.dispatchEvent(new Event("input")); document.body.offsetHeight;
            return performance.now() - began; }"""
        print(f"a cut takes {page.evaluate(took):.0f} ms")
        assert page.inner_text("#shown").startswith("1,000 of 10,000")
        page.keyboard.press("/")
        page.keyboard.type("p9999.")
        assert page.inner_text("#shown").startswith("1 of 10,000")
