"""The whole story: answers by keyboard, real training, and a `sort` that orders pictures nobody answered about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from imgrank.cli.label import open_controller
from imgrank.ranker import Ranker
from imgrank.web.records import LabelSettings
from tests.browser.opening import TRAINING
from tests.browser.test_label import open_page, ready
from tests.docs.pages import ROOT
from tests.web.making import served

pytestmark = pytest.mark.browser
SENTENCE = "zorbish pictures"  # no ranker knows the word: whatever is known of it comes from the answers
ANSWERS = 40


def squares(folder: Path, sides: range) -> Path:
    """Grey pictures with a red square in the middle; its side is the number in the name."""
    folder.mkdir()
    for side in sides:
        picture = Image.new("RGB", (160, 160), (128, 128, 128))
        edge = (160 - side) // 2
        picture.paste((200, 30, 30), (edge, edge, edge + side, edge + side))
        picture.save(folder / f"{side:03}.png")
    return folder


def side(path: str) -> int:
    return int(Path(path).stem)


def test_what_forty_answers_teach_is_how_sort_orders(browser: Any, home: Path, tmp_path: Path) -> None:
    taught, unseen = squares(tmp_path / "photos", range(10, 160, 10)), squares(tmp_path / "unseen", range(15, 155, 12))
    settings = LabelSettings(str(taught), SENTENCE, labels=str(tmp_path / "labels.csv"))
    controller = open_controller(settings, lambda adapter: Ranker("mini", adapter, "cpu"), quiet=True)
    with served(controller) as client:
        page = open_page(browser.new_context(), client)
        for turn in range(ANSWERS):
            ready(page, turn)
            left, right = (side(picture["name"]) for picture in client.ask("/state").json()["question"])
            page.keyboard.press("ArrowLeft" if left > right else "ArrowRight")
        ready(page, ANSWERS)
        page.fill("#name", "zorbish")
        page.keyboard.press("Enter")
        page.wait_for_selector("#result:visible", timeout=TRAINING)
        assert "Saved as zorbish" in page.inner_text("#said")
        assert page.faults == []
    words = ["sort", str(unseen), SENTENCE, "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "imgrank", *words], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["adapter"] == "zorbish"
    order = [side(image["path"]) for image in told["images"]]
    assert spearmanr(order, -np.arange(len(order))).statistic > 0.9
