"""The trunk written out here against timm's, from which its weights come."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from imgrank.backbone.fuse import fuse_conv_bn
from imgrank.backbone.mini_image import FEW, ImageConfig, ImageTower
from imgrank.backbone.mini_trunk import Trunk, pad_for_stride
from imgrank.backbone.torchvision_ops import ensure_importable


@pytest.fixture(scope="module")
def timm_model():
    ensure_importable()
    import timm

    torch.manual_seed(0)
    return fuse_conv_bn(timm.create_model("tf_efficientnet_lite0", pretrained=False).eval())


@torch.inference_mode()
def test_it_computes_what_timms_model_computes(timm_model):
    trunk = Trunk()
    trunk.load_state_dict(timm_model.state_dict())
    pictures = torch.randn(2, 3, 224, 224)
    top = trunk.head(trunk.blocks(trunk.stem(pictures)))
    torch.testing.assert_close(top, timm_model.forward_features(pictures), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(trunk.classifier(top.mean((2, 3))), timm_model(pictures), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kernel", "before", "after"), [(3, 0, 1), (5, 1, 2)])
def test_padding_for_a_stride_is_tensorflows(kernel, before, after):
    x = torch.randn(2, 4, 6, 6)
    padded = F.pad(x, (before, after, before, after))
    assert torch.equal(pad_for_stride(x, kernel), padded)


@torch.inference_mode()
def test_a_picture_has_the_same_lower_half_alone_and_among_others():
    torch.manual_seed(1)
    tower = ImageTower(ImageConfig())
    for parameter in tower.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    tower = tower.eval().to(memory_format=torch.channels_last)
    pixels = torch.randint(0, 256, (2 * FEW + 1, 224, 224, 3), dtype=torch.uint8)
    together = tower.lower(pixels)
    alone = torch.cat([tower.lower(one) for one in pixels.split(1)])
    assert torch.equal(together, alone)
