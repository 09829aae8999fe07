"""The tower's convolutions that learn quickly give what torch's own give, and learn the same."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

pytest.importorskip("numba", reason="numba is not installed: see recipes/mini")
MINI = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, MINI)
try:
    from quick_convolutions import DepthwiseConv, PointConv, quicken
    from timm.layers import Conv2dSame
finally:
    sys.path.remove(MINI)


def both(plain, size):
    """What comes out of one module, and the gradients of what goes in and of its weights, before and after."""
    seen = []
    for _ in range(2):
        torch.manual_seed(0)
        pictures = torch.randn(3, plain.in_channels, size, size).contiguous(memory_format=torch.channels_last)
        pictures.requires_grad_()
        out = plain(pictures)
        wanted = [pictures, *plain.parameters()]
        seen.append((out, *torch.autograd.grad((out * torch.randn(out.shape)).sum(), wanted)))
        quicken(plain, bfloat16=True)
    return zip(*seen, strict=True)


@pytest.mark.parametrize(
    ("layer", "side", "stride", "padding"),
    [(nn.Conv2d, 3, 1, 1), (nn.Conv2d, 5, 1, 2), (Conv2dSame, 3, 2, 0), (Conv2dSame, 5, 2, 0), (Conv2dSame, 5, 1, 0)],
)
@pytest.mark.parametrize("size", [7, 14])
@pytest.mark.parametrize("bias", [True, False])
def test_a_depthwise_convolution_is_the_same_to_rounding(layer, side, stride, padding, size, bias):
    plain = layer(8, 8, side, stride, padding, groups=8, bias=bias)
    for before, after in both(plain, size):
        torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)
    assert isinstance(plain, DepthwiseConv)


@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_over_one_place_is_rounded_while_it_learns_and_exact_afterwards(bias):
    plain = nn.Conv2d(64, 32, 1, bias=bias)
    for before, after in both(plain, 7):
        assert 0 < (after - before).norm() < 0.02 * before.norm()
    assert isinstance(plain, PointConv)
    pictures = torch.randn(2, 64, 7, 7)
    plain.eval()
    torch.testing.assert_close(plain(pictures), nn.functional.conv2d(pictures, plain.weight, plain.bias))


def test_a_convolution_over_one_place_stays_exact_where_bfloat16_is_slow():
    plain = nn.Conv2d(64, 32, 1)
    quicken(plain, bfloat16=False)
    assert type(plain) is nn.Conv2d


def test_other_convolutions_stay_as_they_are():
    others = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1, 2), nn.Conv2d(8, 8, 3, groups=2)])
    quicken(others, bfloat16=True)
    assert {type(other) for other in others} == {nn.Conv2d}
