"""Convolutions of the tower that learn faster on a processor's cores: the same products, in another order.

Most of a step goes into the gradients of depthwise weights, for which torch has no good way on a processor; a loop over
places with the channels innermost takes a fraction of that. Convolutions over one place are matrix products, which some
processors do faster in bfloat16: there they are rounded while learning, and elsewhere left as they are.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from torch import nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F

from imgrank.backbone.towers import ensure_importable

ensure_importable()
from timm.layers import pad_same  # noqa: E402 (torchvision must be importable first)

HAS_BFLOAT16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def quicken(part: nn.Module, bfloat16: bool = HAS_BFLOAT16) -> None:
    """Let the depthwise convolutions in `part`, with `bfloat16` those over one place too, be the ones below.

    Names stay.
    """
    for module in part.modules():
        if not isinstance(module, nn.Conv2d):
            continue
        if module.groups == module.in_channels == module.out_channels:
            module.__class__ = DepthwiseConv
        elif bfloat16 and module.groups == 1 and module.kernel_size == module.stride == (1, 1):
            module.__class__ = PointConv


class DepthwiseConv(nn.Conv2d):
    """One filter a channel; with the padding that it has, or as TensorFlow pads where it has none."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padding = self.padding[0]
        padded = x if padding else pad_same(x, list(self.kernel_size), list(self.stride))
        return Depthwise.apply(padded, self.weight, self.bias, self.stride[0], padding)


class PointConv(nn.Conv2d):
    """Over one place, in bfloat16 while learning."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(x)
        bias = None if self.bias is None else self.bias.bfloat16()
        return F.conv2d(x.bfloat16(), self.weight.bfloat16(), bias).float()


class Depthwise(torch.autograd.Function):
    """(B, C, H, W) by (C, 1, K, K)."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        stride, padding = [ctx.stride] * 2, [ctx.padding] * 2
        of_x, *_ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, stride, padding, [1, 1], False, [0, 0], len(weight), [True, False, False]
        )
        of_weight = np.zeros((*weight.shape[2:], len(weight)), np.float32)
        add_products(_places(x), _places(gradient), ctx.stride, ctx.padding, of_weight)
        of_bias = gradient.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
        return of_x, torch.from_numpy(of_weight).permute(2, 0, 1)[:, None], of_bias, None, None


def _places(values: torch.Tensor) -> np.ndarray:
    """(B, H, W, C)."""
    return values.permute(0, 2, 3, 1).contiguous().numpy()


@numba.njit(nogil=True, fastmath=True)
def add_products(seen: np.ndarray, gradient: np.ndarray, stride: int, padding: int, into: np.ndarray) -> None:
    """Add to (K, K, C) what each weight was multiplied with, times the gradient there."""
    count, height, width, channels = gradient.shape
    for image in range(count):
        for y in range(height):
            for x in range(width):
                for row in range(into.shape[0]):
                    down = y * stride + row - padding
                    if not 0 <= down < seen.shape[1]:
                        continue
                    for column in range(into.shape[1]):
                        right = x * stride + column - padding
                        if not 0 <= right < seen.shape[2]:
                            continue
                        for channel in range(channels):
                            into[row, column, channel] += (
                                seen[image, down, right, channel] * gradient[image, y, x, channel]
                            )
