"""What looks at a page: axe, and a list of whatever a page complains about or asks a network for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AXE = os.environ.get("IMGRANK_AXE")
NO_AXE = "IMGRANK_AXE names no axe.min.js (npm pack axe-core)"


def axe_faults(page: Any) -> list[str]:
    """What axe finds to mend on a page to which it was added."""
    found: list[str] = page.evaluate("axe.run().then((found) => found.violations.map((fault) => fault.id))")
    return found


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
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
    page = context.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.faults = faults
    page.goto(path.as_uri())
    yield page
    context.close()
    assert faults == []
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
