"""What looks at a page: axe, and a list of whatever a page complains about or asks a network for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AXE = os.environ.get("IMGRANK_AXE")
PATIENCE = 120_000  # milliseconds; a busy machine takes what time it takes
NO_AXE = "IMGRANK_AXE names no axe.min.js (npm pack axe-core)"


def axe_faults(page: Any) -> list[str]:
    """What axe finds to mend on a page to which it was added."""
    found: list[str] = page.evaluate("axe.run().then((found) => found.violations.map((fault) => fault.id))")
    return found


COUNT_REQUESTS = """window.pending = 0;
for (const [owner, name] of [[window, "fetch"], [Response.prototype, "json"], [Response.prototype, "blob"]]) {
  const ask = owner[name];
  owner[name] = function (...words) {
    window.pending += 1;
    return ask.apply(this, words).finally(() => (window.pending -= 1));
  };
}"""
_DRAWN = """() => new Promise((done) => {
  let still = 0;
  const observer = new MutationObserver(() => (still = 0));
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const look = () => {
    still = window.pending || document.querySelector(".spin") ? 0 : still + 1;
    if (still < 4) return requestAnimationFrame(look);
    observer.disconnect();
    done();
  };
  requestAnimationFrame(look);
})"""


def drawn(page: Any) -> None:
    """Wait until the page waits for no answer, where `COUNT_REQUESTS` was put into it, and some frames were alike."""
    page.evaluate(_DRAWN)


_BROKEN = """() => {
  const found = [], range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const around = node.parentElement.closest("p, dd, dt, td, li, h1, h2, h3, code, label, figcaption, div");
    if (!around) continue;
    const style = getComputedStyle(around);
    const room = around.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    for (const { 0: word, index } of node.data.matchAll(/\\S+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const parts = [...range.getClientRects()].filter(({ width }) => width);
      const wide = parts.reduce((sum, { width }) => sum + width, 0);
      const lines = new Set(parts.map(({ top }) => Math.round(top)));
      if (lines.size > 1 && wide < room && !/^\\w.*-/.test(word)) found.push(word);
    }
  }
  return found;
}"""


def broken_words(page: Any) -> list[str]:
    """Words that stand in two lines though one would have room for them; words like "zero-shot" may."""
    found: list[str] = page.evaluate(_BROKEN)
    return found


@contextmanager
def from_disk(browser: Any, path: Path, **options: Any) -> Iterator[Any]:
    """A page opened from disk; it must complain of nothing and ask no network."""
    faults: list[str] = []
    asked: list[str] = []
    with browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.faults = faults
        page.goto(path.as_uri())
        yield page
    assert not faults, faults
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
