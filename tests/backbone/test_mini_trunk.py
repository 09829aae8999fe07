"""The trunk written out here against timm's, from which its weights come."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from imgrank.backbone.mini_image import (
    FEW,
    LOWER_STAGES,
    MOMENTS,
    ImageConfig,
    MiniImageTower,
    Trunk,
    moments_of,
    pad_for_stride,
)
from imgrank.backbone.towers import ensure_importable, fuse_conv_bn


@pytest.fixture(scope="module")
def timm_model():
    ensure_importable()
    import timm

    torch.manual_seed(0)
    return fuse_conv_bn(timm.create_model("tf_efficientnet_lite0", pretrained=False).eval())


@torch.inference_mode()
def test_it_computes_what_timms_model_computes(timm_model):
    trunk = Trunk()
    trunk.load_state_dict({_ours(name): tensor for name, tensor in timm_model.state_dict().items()})
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    pictures = ((pixels.float() - 127) / 128).permute(0, 3, 1, 2)
    _, top = trunk.upper(trunk.lower(pixels))
    torch.testing.assert_close(top, timm_model.forward_features(pictures), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(trunk.classifier(top.mean((2, 3))), timm_model(pictures), rtol=1e-4, atol=1e-4)


def _ours(name: str) -> str:
    part, *rest = name.split(".")
    if part == "blocks" and int(rest[0]) >= LOWER_STAGES:
        return ".".join(["upper", part, str(int(rest[0]) - LOWER_STAGES), *rest[1:]])
    return f"upper.{name}" if part == "conv_head" else name


@torch.inference_mode()
def test_moments_are_those_of_the_levels():
    torch.manual_seed(2)
    fine, middle, top = torch.randn(2, 40, 28, 28), torch.randn(2, 112, 14, 14), torch.randn(2, 1280, 7, 7)
    moments = moments_of(fine, middle, top)
    assert moments.shape == (2, MOMENTS)
    torch.testing.assert_close(moments[:, 5], top[:, 5].mean((1, 2)))
    torch.testing.assert_close(moments[:, 1280 + 7], top[:, 7].flatten(1).std(1, correction=0))
    torch.testing.assert_close(moments[:, 2560 + 3], middle[:, 3].mean((1, 2)))
    torch.testing.assert_close(moments[:, -1], fine[:, -1].flatten(1).std(1, correction=0))


@pytest.mark.parametrize(("kernel", "before", "after"), [(3, 0, 1), (5, 1, 2)])
def test_padding_for_a_stride_is_tensorflows(kernel, before, after):
    x = torch.randn(2, 4, 6, 6)
    padded = F.pad(x, (before, after, before, after))
    assert torch.equal(pad_for_stride(x, kernel), padded)


@torch.inference_mode()
def test_a_picture_has_the_same_lower_half_alone_and_among_others():
    torch.manual_seed(1)
    tower = MiniImageTower(ImageConfig())
    for parameter in tower.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    tower = tower.eval().to(memory_format=torch.channels_last)
    pixels = torch.randint(0, 256, (2 * FEW + 1, 224, 224, 3), dtype=torch.uint8)
    together = tower.trunk.lower(pixels)
    alone = torch.cat([tower.trunk.lower(one) for one in pixels.split(1)])
    assert torch.equal(together, alone)
