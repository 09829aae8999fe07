"""The backbone is frozen whole: no parameter of it asks for a gradient, gets one, or moves while an adapter learns."""

import numpy as np
import pytest
import torch
from PIL import Image

from imgrank.ranker import Ranker
from imgrank.training import TrainingOptions, train

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
