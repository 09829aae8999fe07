"""What training begins with, and that the backbone is frozen whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.model import AdapterModel, TextBatch
from imgrank.ranker import Ranker
from imgrank.training import TrainingOptions, train
from imgrank.training.start import begin
from tests.training.making import CONFIG, Facts, FakeSource

SHIPPED = Adapter(
    AdapterHeader("shipped", "fake", Facts().fingerprint, CONFIG, (Query(("older person", "elderly"), None),)),
    AdapterModel(CONFIG),
)


with torch.no_grad():  # no weight at its first value
    for weight in SHIPPED.model.parameters():
        weight.add_(0.1)


def equal(one, other):
    theirs = other.state_dict()
    return {name for name, tensor in one.state_dict().items() if torch.equal(tensor, theirs[name])}


def test_shipped_weights_are_taken_whole_for_a_query_that_was_trained():
    model = begin(Facts(), SHIPPED, 0, queries=["Elderly"])
    assert equal(model, SHIPPED.model) == set(model.state_dict())


def test_a_new_query_begins_without_an_opinion():
    model = begin(Facts(), SHIPPED, 0, queries=["elderly", "sharper"])
    assert {name for name in model.state_dict() if name not in equal(model, SHIPPED.model)} == {
        "score_head.out.weight",
        "score_head.out.bias",
        "score_head.count.weight",
    }
    source = FakeSource()
    packed = source.encode(["1.jpg", "40.jpg"]).packed
    tokens, embedding = torch.from_numpy(packed.tokens()), torch.from_numpy(packed.embedding.astype("f4"))
    value = model.eval().score(model.fuse(tokens, embedding, TextBatch.of(source.sentence("sharper")))).value
    assert torch.equal(value, torch.zeros(2))


def test_other_sizes_begin_fresh_and_by_the_seed():
    other = replace(CONFIG, prompts=3)
    one, same, another = (begin(Facts(), SHIPPED, seed, other) for seed in (0, 0, 1))
    assert equal(one, same) == set(one.state_dict())
    assert "prompts" not in equal(one, another)


pytestmark = pytest.mark.usefixtures("home")


def photographs(folder, count):
    rng = np.random.default_rng(0)
    lines = ["image,query,value"]
    for n in range(count):
        shown = (np.full((32, 32, 3), 20 * n) + rng.integers(0, 40, (32, 32, 3))).astype(np.uint8)
        Image.fromarray(shown).save(folder / f"{n}.png")
        lines.append(f"{n}.png,brighter,{n}")
    labels = folder / "labels.csv"
    labels.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return labels


def parameters(backbone):
    """Of the image tower; that of sentences is numpy, which no gradient reaches."""
    return list(backbone._image_tower.parameters())


def test_none_of_the_gradient_reaches_the_backbone(tmp_path):
    ranker = Ranker("mini", adapter="none", device="cpu")
    labels = photographs(tmp_path, 10)
    before = [parameter.detach().clone() for parameter in parameters(ranker.backbone)]
    options = TrainingOptions(epochs=2, fold_epochs=1, min_steps=1, mirror=False)
    train(labels, out=tmp_path / "made.safetensors", options=options, source=ranker)
    for parameter, was in zip(parameters(ranker.backbone), before, strict=True):
        assert not parameter.requires_grad
        assert parameter.grad is None
        assert torch.equal(parameter, was)
