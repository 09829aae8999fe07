"""Tiny models with random weights, one of each kind of image tower, known to open_clip by their config files."""

import json
from pathlib import Path

import numpy as np
import pytest

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
VIT = {"image_size": 36, "patch_size": 4, "layers": 1, "width": 32, "head_width": 16}  # 9 x 9 patches
CONFIGS = {
    "tiny-vit": {"embed_dim": 24, "vision_cfg": VIT, "text_cfg": TEXT},
    "tiny-resnet": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8},
        "text_cfg": TEXT,
    },
    "tiny-convnext": {
        "embed_dim": 24,
        "vision_cfg": {"timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear", "image_size": 256},
        "text_cfg": TEXT,
    },
    "tiny-coca": {
        "embed_dim": 24,
        "vision_cfg": {**VIT, "attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True},
        "text_cfg": {**TEXT, "embed_cls": True, "output_tokens": True},
        "multimodal_cfg": {**TEXT, "layers": 1, "attn_pooler_heads": 2},
        "custom_text": True,
    },
}


@pytest.fixture(autouse=True)
def _own_home_and_no_network(home, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory) -> dict[str, Path]:
    """Weights files by model name."""
    folder = tmp_path_factory.mktemp("models")
    return {name: make_model(name, config, folder) for name, config in CONFIGS.items()}


def make_model(name: str, config: dict, folder: Path) -> Path:
    """A model of this config with random weights, in a file of `folder`."""
    import torch
    from safetensors.torch import save_file

    from imgrank.backbone.towers import quiet_and_safe

    (folder / f"{name}.json").write_text(json.dumps(config))
    with quiet_and_safe():
        import open_clip

        open_clip.add_model_config(folder / f"{name}.json")
        torch.manual_seed(0)
        model = open_clip.create_model(name)
    for key, tensor in model.state_dict().items():
        if "bn" in key and tensor.is_floating_point():  # else zero gains hide most of a fresh ResNet
            tensor.uniform_(0.5, 1.5)
    weights = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, weights)
    return weights


@pytest.fixture
def random_pixels():
    """A function: pictures of noise over a gradient, as (N, side, side, 3) uint8."""

    def make(count: int, side: int, seed: int = 0) -> np.ndarray:
        random = np.random.default_rng(seed)
        shade = random.integers(0, 200, (count, 1, 1, 3))
        return (shade + random.integers(0, 56, (count, side, side, 3))).astype(np.uint8)

    return make
