"""The trunk of `mini`, tf_efficientnet_lite0 with its batch norms folded in, in plain torch.

The arithmetic and the names of tensors are those of timm's model. It is written out here because timm would have to
be imported, and torchvision with it, longer than a small folder takes to encode; and because on a processor most of
timm's time goes into memory that is new at each step, not into sums.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

# of each stage: blocks, kernel, stride of the first block, expansion, channels
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD, CLASSES = 32, 1280, 1000
LOWER_STAGES = 3  # stages 0 to 2 stand once, whatever stands above them
MIDDLE_STAGE = 4


class Conv(nn.Module):
    """A convolution with TensorFlow's padding: where a stride leaves an odd rest, more below and to the right."""

    def __init__(self, source: int, target: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride, self.groups = kernel, stride, groups
        self.weight = nn.Parameter(torch.empty(target, source // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(target))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, source, S, S), S even where the stride is 2, to (B, target, S / stride, S / stride)."""
        if self.stride == 1:
            return self._convolve(x, self.kernel // 2)
        return self._convolve(pad_for_stride(x, self.kernel), 0)

    def _convolve(self, x: torch.Tensor, padding: int) -> torch.Tensor:
        if x.device.type == "cpu" and torch.backends.mkldnn.is_available():
            # F.conv2d leaves oneDNN where one thread has few pictures: slower, and with other last digits.
            p, s = (padding, padding), (self.stride, self.stride)
            return torch.mkldnn_convolution(x, self.weight, self.bias, p, s, (1, 1), self.groups)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)


def pad_for_stride(x: torch.Tensor, kernel: int) -> torch.Tensor:
    """Zeros around x (B, C, S, S) for a kernel of stride 2; F.pad would write all of the inside twice."""
    before, total = (kernel - 2) // 2, kernel - 2
    batch, channels, height, width = x.shape
    room = x.new_empty(batch, height + total, width + total, channels).permute(0, 3, 1, 2)
    bottom, right = before + height, before + width
    for border in (room[:, :, :before], room[:, :, bottom:], room[..., :before], room[..., right:]):
        border.zero_()
    room[:, :, before:bottom, before:right] = x
    return room


class Separable(nn.Module):
    """The first block: a depthwise convolution, then one over channels."""

    def __init__(self, source: int, target: int, kernel: int) -> None:
        super().__init__()
        self.conv_dw = Conv(source, source, kernel, groups=source)
        self.conv_pw = Conv(source, target, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, source, S, S) to (B, target, S, S)."""
        narrowed: torch.Tensor = self.conv_pw(relu6(self.conv_dw(x)))
        return narrowed


class Inverted(nn.Module):
    """Channels widened, a depthwise convolution, channels narrowed; around it a way past where shapes agree."""

    def __init__(self, source: int, target: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = source * expansion
        self.conv_pw = Conv(source, wide, 1)
        self.conv_dw = Conv(wide, wide, kernel, stride, groups=wide)
        self.conv_pwl = Conv(wide, target, 1)
        self.passes = stride == 1 and source == target

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, source, S, S) to (B, target, S / stride, S / stride)."""
        narrowed: torch.Tensor = self.conv_pwl(relu6(self.conv_dw(relu6(self.conv_pw(x)))))
        return narrowed.add_(x) if self.passes else narrowed


class UpperHalf(nn.Module):
    """The stages above the fine level, and the head."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = _stages(LOWER_STAGES, len(STAGES))
        self.conv_head = Conv(STAGES[-1][-1], HEAD, 1)

    def forward(self, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 40, 28, 28) to the middle level (B, 112, 14, 14) and the top one (B, 1280, 7, 7)."""
        middle = self.blocks[: MIDDLE_STAGE + 1 - LOWER_STAGES](fine)
        return middle, relu6(self.conv_head(self.blocks[MIDDLE_STAGE + 1 - LOWER_STAGES :](middle)))


class Trunk(nn.Module):
    """The published tower: the lower half up to the fine level, the upper half, and the classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = Conv(3, STEM, 3, 2)
        self.blocks = _stages(0, LOWER_STAGES)
        self.upper = UpperHalf()
        self.classifier = nn.Linear(HEAD, CLASSES)

    def lower(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 224, 224, 3) uint8 to the fine level (B, 40, 28, 28)."""
        hidden = ((pixels.float() - 127) / 128).permute(0, 3, 1, 2)
        fine: torch.Tensor = self.blocks(relu6(self.conv_stem(hidden)))
        return fine


def _stages(first: int, last: int) -> nn.Sequential:
    """Stages `first` to before `last` of the tower, each a sequence of blocks."""
    stages, source = [], STAGES[first - 1][-1] if first else STEM
    for count, kernel, stride, expansion, target in STAGES[first:last]:
        blocks: list[nn.Module] = []
        for number in range(count):
            at = stride if number == 0 else 1
            if expansion == 1:
                blocks.append(Separable(source, target, kernel))
            else:
                blocks.append(Inverted(source, target, kernel, at, expansion))
            source = target
        stages.append(nn.Sequential(*blocks))
    return nn.Sequential(*stages)


def relu6(x: torch.Tensor) -> torch.Tensor:
    """In place: x is a convolution's own output."""
    return x.clamp_(0, 6)
