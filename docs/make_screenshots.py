"""Draws open.png, page.png, label.png and explain.jpg in docs/images/ from the example photographs, in a real browser.

python docs/make_screenshots.py [--chromium PATH]
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
IMAGES = HERE / "images"
PHOTOS = Path("examples") / "photos"
WIDE = {"width": 1180, "height": 860}
CHROMIUM = os.environ.get("IMGRANK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def imgrank(*words: str) -> list[str]:
    return [sys.executable, "-m", "imgrank", *words]


def run(*words: str) -> None:
    subprocess.run(imgrank(*words), cwd=HERE.parent, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def keep(shot: bytes, name: str) -> None:
    """As a PNG of 256 colours: a screenshot has few, and the folder stays small."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
    picture.save(IMAGES / name, "PNG", optimize=True)
    print(f"{name}: {picture.width} x {picture.height}, {(IMAGES / name).stat().st_size / 1000:.0f} kB")


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


@contextmanager
def serving(*words: str) -> Iterator[str]:
    """The address that a command prints, which serves until the block ends."""
    served = subprocess.Popen(
        imgrank(*words), cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert served.stdout is not None
    try:
        yield served.stdout.readline().strip()
    finally:
        served.terminate()
        served.wait(60)


def shoot_open(browser: Browser) -> None:
    with serving("open", str(PHOTOS), "--no-open") as address, opened(browser, address) as page:
        sentence = page.get_by_role("searchbox", name="Sentence")
        sentence.fill("a bird")
        sentence.press("Enter")
        first = page.get_by_role("list", name="Pictures").get_by_role("listitem").first
        first.get_by_role("img", name="parrot.jpg").wait_for(timeout=60_000)
        for name in ("parrot.jpg", "owl.jpg", "chickens.jpg"):
            page.get_by_role("checkbox", name=f"Select {name}").check(force=True)
        page.wait_for_function("[...document.images].every((one) => one.complete)")
        page.mouse.move(0, 0)
        keep(page.screenshot(), "open.png")


def shoot_page(browser: Browser, folder: Path) -> None:
    out = folder / "order.html"
    run("sort", str(PHOTOS), "a bird", "--page", str(out))
    with opened(browser, out.as_uri()) as page:
        page.wait_for_function("[...document.images].slice(0, 12).every((one) => one.complete)")
        keep(page.screenshot(), "page.png")


def shoot_label(browser: Browser, folder: Path) -> None:
    words = ["label", str(PHOTOS), "warmer colours", "--no-open", "--labels", str(folder / "labels.csv")]
    with serving(*words) as address, opened(browser, address) as page:
        for turn in range(24):
            page.wait_for_selector(f'body[data-turn="{turn}"]', timeout=60_000)
            left, right = (warmth(shown.get_attribute("alt")) for shown in page.locator("#pictures img").all())
            page.keyboard.press("ArrowLeft" if left > right else "ArrowRight")
        page.wait_for_selector('body[data-turn="24"]', timeout=60_000)
        page.mouse.move(0, 0)
        keep(page.screenshot(), "label.png")


def warmth(alt: str) -> float:
    """How much redder than blue a photograph is, by the alt text `left: NAME`."""
    red, _, blue = (
        Image.open(HERE.parent / PHOTOS / alt.partition(": ")[2]).convert("RGB").resize((1, 1)).getpixel((0, 0))
    )
    return red - blue


def draw_explanation(folder: Path) -> None:
    out = folder / "explain.png"
    run("explain", str(PHOTOS / "dog.jpg"), "a dog", "--out", str(out))
    Image.open(out).save(IMAGES / "explain.jpg", quality=85)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default=CHROMIUM, help="the browser (default: the one on this machine)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        os.environ["IMGRANK_HOME"] = str(Path(folder) / "home")
        browser = running.chromium.launch(executable_path=args.chromium, args=["--no-sandbox", "--disable-gpu"])
        shoot_open(browser)
        shoot_page(browser, Path(folder))
        shoot_label(browser, Path(folder))
        browser.close()
        draw_explanation(Path(folder))


if __name__ == "__main__":
    main()
