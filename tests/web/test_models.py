"""Another image model is taken while the page is open: the present one answers until all is read, or stays."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imgrank.backbone.names import CONFIG_FILE
from imgrank.errors import BackboneError
from imgrank.pictures import EncodedPictures
from imgrank.ranker import Ranker
from tests.backbone.conftest import CONFIGS, make_model
from tests.web.making import until
from tests.web.viewing import names_in_order, new_ranker, opened, pictures


class OtherRanker(Ranker):
    """Another model to the page: it takes its time, and turns every embedding around."""

    def __init__(self, may_go_on: threading.Event) -> None:
        super().__init__("mini", "none", "cpu")
        self._may_go_on = may_go_on

    def encode(self, files: Sequence[str | Path], **options: Any) -> EncodedPictures:
        self._may_go_on.wait(600)
        found = super().encode(files, **options)
        found.packed.embedding[...] = -found.packed.embedding
        return found


def test_a_model_is_taken_once_it_has_read_every_picture(tmp_path: Path) -> None:
    folder, go_on = pictures(tmp_path / "photos"), threading.Event()
    other = OtherRanker(go_on)
    with opened(folder, new_ranker=lambda a, b: new_ranker(a, b) if b == "mini" else other) as (room, client):
        before = client.ask("/order", {"sentence": "a cosy picture"}).json()
        names = names_in_order(client)
        assert client.ask("/model", {"name": "small"}).json()["coming"] == "small"
        until(lambda: client.ask("/state").json()["indexing"]["stage"] == "changing")
        assert client.ask("/order", {"sentence": "a cosy picture"}).json()["scores"] == before["scores"]
        assert "is being loaded" in client.ask("/model", {"name": "medium"}).json()["error"]
        go_on.set()
        until(lambda: client.ask("/state").json()["coming"] == "")
        assert room.engine.ranker is other
        assert client.ask("/order", {"sentence": "a cosy picture"}).json()["scores"] != before["scores"]
        assert names_in_order(client) == names


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a small open_clip model of random weights."""
    folder = tmp_path / "model"
    folder.mkdir()
    weights = make_model("tiny-vit", CONFIGS["tiny-vit"], tmp_path)
    weights.rename(folder / "open_clip_model.safetensors")
    config = {"model_cfg": CONFIGS["tiny-vit"], "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    return folder


def test_a_real_model_reads_the_pictures_is_asked_and_gives_way_again(tmp_path: Path, model: Path) -> None:
    folder, question = pictures(tmp_path / "photos"), {"sentence": "a cosy picture"}
    names = {"mini": "mini", "small": str(model)}
    with opened(folder, new_ranker=lambda adapter, backbone: new_ranker(adapter, names[backbone])) as (room, client):
        before = client.ask("/order", question).json()
        client.ask("/model", {"name": "small"})
        until(lambda: client.ask("/state").json()["backbone"] == f"local-dir:{model}")
        pictures(folder, ("owl", "boats"))
        until(lambda: client.ask("/state").json()["count"] == 9)
        told = client.ask("/order", question).json()
        with Ranker(str(model), "auto", "cpu") as ranker:
            ranking = ranker.rank([folder], question["sentence"])
        assert names_in_order(client, **question) == [os.path.basename(each.path) for each in ranking.images]
        assert told["scores"] == pytest.approx([each.score for each in ranking.images], abs=1e-6)
        assert room.library.snapshot().blocks[0].shape == room.engine.ranker.backbone.shape
        (folder / "boats.jpg").unlink()
        client.ask("/model", {"name": "mini"})
        until(lambda: client.ask("/state").json()["backbone"] == "mini")
        until(lambda: client.ask("/state").json()["count"] == 8)
        assert client.ask("/order", question).json()["scores"] == before["scores"]


def test_a_model_that_is_given_up_changes_nothing(tmp_path: Path) -> None:
    folder, go_on = pictures(tmp_path / "photos"), threading.Event()
    with opened(folder, new_ranker=lambda a, b: new_ranker(a, b) if b == "mini" else OtherRanker(go_on)) as both:
        room, client = both
        present = room.engine.ranker
        client.ask("/model", {"name": "small"})
        until(lambda: client.ask("/state").json()["indexing"]["stage"] == "changing")
        assert client.ask("/model", {"name": "mini"}).json()["coming"] == ""
        go_on.set()
        until(lambda: client.ask("/state").json()["indexing"]["stage"] == "idle")
        assert room.engine.ranker is present and client.ask("/state").json()["model_fault"] == ""
        assert len(names_in_order(client, sentence="a cat")) == 8


def test_a_model_that_cannot_be_had_is_refused_in_words(tmp_path: Path) -> None:
    def without_network(adapter: str, backbone: str) -> Ranker:
        if backbone != "mini":
            raise BackboneError("There is no network.")
        return new_ranker(adapter, backbone)

    with opened(pictures(tmp_path / "photos"), new_ranker=without_network) as (_, client):
        for name in ("", "nosuch", "mini@/etc/passwd", "../x", None, 3, "x" * 5000):
            assert client.ask("/model", {"name": name}).status == 400
        client.ask("/model", {"name": "small"})
        until(lambda: client.ask("/state").json()["coming"] == "")
        state = client.ask("/state").json()
        assert "no network" in state["model_fault"] and "stays" in state["model_fault"]
        assert (state["coming"], state["backbone"]) == ("", "mini")
