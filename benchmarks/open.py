"""`imgrank open` on a large folder, in a real browser: how soon it answers, whether scrolling shows blank rows, memory.

    python benchmarks/open.py [--small]

Questions are put to 10,000 photographs (the examples, each with bytes of its own) whose tokens are stored, one as soon
as the order of the one before is drawn; start, scrolling and memory are those of 20,000. Chromium, headless.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xxhash
from figures import Figure, script, temporary_home
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from imgrank.discover import discover
from imgrank.ranker import Ranker
from imgrank.store import open_store

EXAMPLES = Path(__file__).parents[1] / "examples" / "photos"
CHROMIUM = os.environ.get("IMGRANK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
LONG_AGO = 1_600_000_000
AT_ONCE = 4096
SETTLED = 8_000  # milliseconds
BLANK = """() => {
  const cells = [...document.querySelectorAll("li.cell")].map((cell) => cell.getBoundingClientRect());
  const head = document.querySelector("header").getBoundingClientRect().bottom;
  const covers = cells.some((cell) => cell.top <= head + 30) && cells.some((cell) => cell.bottom >= innerHeight - 80);
  return covers ? 0 : 1;
}"""
LOADED = """() => {
  const seen = [...document.querySelectorAll("li.cell img")].filter((image) => {
    const box = image.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  });
  return seen.length > 0 && seen.every((image) => image.complete && image.naturalWidth);
}"""
WATCH = """() => {
  const shown = () => [...document.querySelectorAll(".line .score, li.cell img")].slice(0, 12)
    .map((each) => each.src || each.textContent).join();
  window.drawn = new Promise((done) => addEventListener("keydown", () => {
    const start = performance.now(), before = shown();
    const look = () => {
      const image = document.querySelector("li.cell img");
      if (shown() !== before && image.complete && image.naturalWidth) done(performance.now() - start);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true }));
}"""


def make_folder(folder: Path, count: int) -> None:
    """`count` photographs with tokens in the store of `IMGRANK_HOME`: those of the examples, a little moved."""
    folder.mkdir(parents=True)
    sources = sorted(EXAMPLES.glob("*.jpg"))
    with Ranker() as ranker:
        packed = ranker.encode(sources).packed
        backbone = ranker.backbone
    small = [_small(path) for path in sources]
    digests = []
    for number in range(count):
        content = small[number % len(small)] + b"%d" % number  # bytes behind the end of a JPEG are not looked at
        path = folder / f"{sources[number % len(sources)].stem}-{number:06}.jpg"
        path.write_bytes(content)
        os.utime(path, (LONG_AGO, LONG_AGO))
        digests.append((path.name, xxhash.xxh3_128_hexdigest(content)))
    files = discover([str(folder)]).files
    by_name = dict(digests)
    rng = np.random.default_rng(0)
    with open_store(backbone.fingerprint, backbone.shape, note=print) as store:
        for start in range(0, count, AT_ONCE):
            some = files[start : start + AT_ONCE]
            names = [os.path.basename(file.path) for file in some]
            rows = np.array([int(name.rpartition("-")[2][:6]) % len(sources) for name in names], np.intp)
            tokens = packed[rows]
            jitter = rng.normal(0, 0.002, tokens.embedding.shape).astype(np.float16)
            tokens.embedding[...] = tokens.embedding + jitter
            store.put(some, [by_name[name] for name in names], tokens)


def _small(path: Path) -> bytes:
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((480, 480))
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=75)
    return into.getvalue()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a running `imgrank open`, and its process."""
    words = [sys.executable, "-m", "imgrank", "open", str(folder), "--no-open", "-q"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.terminate()
        process.wait(60)


def enter(page: Page, sentence: str) -> float:
    """Milliseconds from Enter until the new order is drawn."""
    page.get_by_role("searchbox", name="Sentence").fill(sentence)
    page.evaluate(WATCH)
    page.keyboard.press("Enter")
    return float(page.evaluate("window.drawn"))


def scroll(page: Page, screens: int) -> tuple[int, float]:
    """Steps with blank rows while scrolling, and seconds until what is seen after a jump is loaded."""
    blank = 0
    for _ in range(screens):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(60)
        blank += page.evaluate(BLANK)
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    started = time.perf_counter()
    while not page.evaluate(LOADED):
        page.wait_for_timeout(20)
    return blank, time.perf_counter() - started


def resident(pid: int) -> float:
    """Megabytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS"))


LIKENESS = ("a cat", "a red bird", "stairs in a house", "a rocket", "a sunny day")
ADAPTER = ("younger person", "old people", "newer car", "older person", "oldest car")
ANSWERING = """() => performance.getEntriesByType("resource").filter((each) => each.name.endsWith("/order"))
  .map((each) => each.responseEnd - each.requestStart).pop()"""


@contextmanager
def shown(browser: Browser, folder: Path, count: int) -> Iterator[tuple[Page, int, float, float]]:
    """The page of a folder of `count` pictures, the server's process, and the seconds from the command to its first
    picture and until all are there."""
    started = time.perf_counter()
    with served(folder) as (address, pid):
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        page.goto(address)
        page.wait_for_selector("li.cell img")
        first = time.perf_counter() - started
        while page.get_by_role("status").inner_text() != f"{count} pictures, {count} shown":
            page.wait_for_timeout(50)
        yield page, pid, first, time.perf_counter() - started


def settle(page: Page) -> None:
    """Wait until all that a person would not wait for is done: dates are read, and rankers ready."""
    page.wait_for_timeout(SETTLED)
    page.evaluate("performance.setResourceTimingBufferSize(100000)")


def asked(page: Page, sentences: Sequence[str]) -> tuple[float, float]:
    """Medians of the seconds from Enter until the new order is drawn, and of the server's part of that."""
    drawn, answered = [], []
    for sentence in sentences:
        drawn.append(enter(page, sentence) / 1e3)
        answered.append(page.evaluate(ANSWERING) / 1e3)
    return float(np.median(drawn)), float(np.median(answered))


def measure(small: bool) -> list[Figure]:
    few, many = (200, 400) if small else (10_000, 20_000)
    with temporary_home() as home, sync_playwright() as running:
        make_folder(home / "few", few)
        make_folder(home / "many", many)
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with shown(browser, home / "few", few) as (page, *_):
            settle(page)
            likely, likely_answered = asked(page, LIKENESS)
            trained, trained_answered = asked(page, ADAPTER)
        with shown(browser, home / "many", many) as (page, pid, first, whole):
            settle(page)
            enter(page, "a boat at sea")
            blank, loaded = scroll(page, 60)
            heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
            nodes = page.evaluate("document.querySelectorAll('*').length")
            memory = resident(pid)
        name, large = f"{few:,} pictures", f"{many:,} pictures"
        return [
            Figure(f"{name}: Enter to drawn, likeness, median", likely, "s", 0.3, less=True),
            Figure(f"{name}: the server's part of that", likely_answered, "s"),
            Figure(f"{name}: Enter to drawn, adapter, median", trained, "s", 1.0, less=True),
            Figure(f"{name}: the server's part of that", trained_answered, "s"),
            Figure(f"{large}: from the command to the first picture", first, "s", 3.0, less=True),
            Figure(f"{large}: until all are there", whole, "s"),
            Figure(f"{large}: steps with blank rows of 60 while scrolling", blank, "", 0.5, less=True),
            Figure(f"{large}: a jump to the middle, until it is loaded", loaded, "s"),
            Figure(f"{large}: elements in the page", nodes, ""),
            Figure(f"{large}: JavaScript memory of the tab", heap, "MB"),
            Figure(f"{large}: memory of the server", memory, "MB"),
        ]


if __name__ == "__main__":
    script(__doc__, measure)
