"""The image tower of `mini`: tf_efficientnet_lite0 whose upper half stands twice over one lower half.

The *general* half is the published ImageNet tower, untouched: its first and second moments over places at three levels
say what that tower sees, and class probabilities follow from them. The *task* half was tuned to a few quantities and
is read out as a 4 x 4 grid of tokens. The caption head looks at both.

The trunk is tf_efficientnet_lite0 with its batch norms folded in, in plain torch. The arithmetic and the names of
tensors are those of timm's model. It is written out here because timm would have to be imported, and torchvision with
it, longer than a small folder takes to encode; and because on a processor most of timm's time goes into memory that is
new at each step, not into sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn

from imgrank.backbone.batches import BatchRunner, channels_last

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


FEW = 2  # pictures at once in the lower half: there a batch's levels outgrow a processor's cache
FINE, MIDDLE = 40, 112  # channels of the levels at 28 x 28 and 14 x 14


@dataclass(frozen=True)
class ImageConfig:
    """Sizes: grid cells a side, token width, channels of the fine and middle readouts, caption space."""

    side: int = 224
    grid: int = 4
    width: int = 320
    fine: int = 64
    middle: int = 128
    caption_hidden: int = 640
    caption: int = 384
    classes: int = 1000

    @property
    def cell(self) -> int:
        """Numbers that describe one cell before the projection to a token."""
        return HEAD + self.middle + self.fine

    @property
    def moments(self) -> int:
        """Rows of `width` numbers that hold the moments and, last, the class normaliser."""
        return -(-(MOMENTS + 1) // self.width)


MOMENTS = 2 * (HEAD + MIDDLE + FINE)  # means and deviations of three levels, in the order of `moments_of`


def moments_of(fine: torch.Tensor, middle: torch.Tensor, top: torch.Tensor) -> torch.Tensor:
    """Levels (B, C, S, S) to (B, MOMENTS): means and deviations over places of the top, the middle and the fine one."""
    moments = []
    for level in (top, middle, fine):
        places = level.permute(0, 2, 3, 1).flatten(1, 2)  # a view where channels stand last
        mean = places.mean(1)
        # Two sums, where torch's own deviation costs eight times as much as they do.
        moments += [mean, (places.square().mean(1) - mean.square()).clamp_(min=0).sqrt_()]
    return torch.cat(moments, dim=1)


def area_pool_matrix(source: int, target: int) -> torch.Tensor:
    """(target^2, source^2) weights of area pooling of a square grid; each row sums to 1 and every source
    cell weighs the same in total, so that means and totals survive where sizes do not divide."""
    edges_s = torch.arange(source + 1, dtype=torch.float64) / source
    edges_t = torch.arange(target + 1, dtype=torch.float64) / target
    low = torch.maximum(edges_t[:-1, None], edges_s[None, :-1])
    high = torch.minimum(edges_t[1:, None], edges_s[None, 1:])
    axis = (high - low).clamp(min=0) * target
    return torch.kron(axis, axis).float()


class Readouts(nn.Module):
    """The three levels of the task half as cells: fine (28 x 28), middle (14 x 14) and top (7 x 7)."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.fine_depthwise = nn.Conv2d(FINE, FINE, 3, padding=1, groups=FINE)
        self.fine = nn.Conv2d(FINE, config.fine, 1)
        self.middle = nn.Conv2d(MIDDLE, config.middle, 1)
        for name, size in (("top", 7), ("middle", 14), ("fine", 28)):
            self.register_buffer(f"pool_{name}", area_pool_matrix(size, config.grid), persistent=False)

    def forward(self, fine: torch.Tensor, middle: torch.Tensor, top: torch.Tensor) -> torch.Tensor:
        """(B, 40, 28, 28), (B, 112, 14, 14), (B, 1280, 7, 7) to cells (B, grid * grid, cell), top first."""
        levels = (
            self._pool(top, "top"),
            self._pool(F.relu(self.middle(middle)), "middle"),
            self._pool(F.relu(self.fine(self.fine_depthwise(fine))), "fine"),
        )
        return torch.cat(levels, dim=-1)

    def _pool(self, level: torch.Tensor, name: str) -> torch.Tensor:
        # Channels last: a view, so that one product pools the whole level.
        return self.get_buffer(f"pool_{name}") @ level.permute(0, 2, 3, 1).flatten(1, 2)


class CaptionHead(nn.Module):
    """Standardised moments and the task half's pooled top level to the space of sentence vectors."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.up = nn.Linear(MOMENTS + HEAD, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """(B, MOMENTS + 1280) to (B, caption) of unit length."""
        return F.normalize(self.down(F.gelu(self.up(seen))), dim=-1)


class MiniImageTower(nn.Module):
    """Pixels to 16 tokens, rows of moments, and a place in the space of sentence vectors."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk()
        self.task = UpperHalf()
        self.readouts = Readouts(config)
        self.project = nn.Linear(config.cell, config.width)
        self.caption_head = CaptionHead(config)
        for name in ("moment_mean", "moment_spread"):
            self.register_buffer(name, torch.zeros(MOMENTS + 1))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, side, side, 3) uint8 to rows (B, 16 + moments, width), the tokens first, and embeddings (B, caption)."""
        if pixels.device.type == "cpu":
            return self.upper(torch.cat([self.trunk.lower(few) for few in torch.split(pixels, FEW)]))
        return self.upper(self.trunk.lower(pixels))

    def upper(self, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The fine level (B, 40, 28, 28) to rows and embeddings."""
        general = moments_of(fine, *self.trunk.upper(fine))
        middle, top = self.task(fine)
        cells = self.readouts(fine, middle, top)
        normaliser = self.trunk.classifier(general[:, :HEAD]).logsumexp(dim=1, keepdim=True)
        middle_of_all, spread = self.get_buffer("moment_mean"), self.get_buffer("moment_spread")
        moments = (torch.cat([general, normaliser], dim=1) - middle_of_all) / spread
        embedding = self.caption_head(torch.cat([moments[:, :MOMENTS], cells[..., :HEAD].mean(1)], dim=1))
        return torch.cat([self.project(cells), self._rows(moments)], dim=1), embedding

    def _rows(self, moments: torch.Tensor) -> torch.Tensor:
        """(B, MOMENTS + 1) to (B, rows, width), filled up with zeros."""
        sizes = (len(moments), self.config.moments, self.config.width)
        return F.pad(moments, (0, sizes[1] * sizes[2] - moments.shape[1])).reshape(sizes)


Config = dict[str, Any]  # as the weights file has it


def batch_runner(device: str, moments: int) -> BatchRunner:
    """Batches side by side, one core each."""
    return BatchRunner(device, lanes=torch.get_num_threads(), moments=moments)


def build_image_tower(weights: Path, config: Config, device: str) -> MiniImageTower:
    """The image tower on a device."""
    tower = MiniImageTower(ImageConfig(**config["image"]))
    tower.load_state_dict(_tensors(weights, "image."), assign=True)
    frozen = tower.requires_grad_(False).eval()
    return channels_last(frozen).to(device)


def _tensors(weights: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The tensors of one part, floats widened to float32; the rest of the file stays untouched."""
    with safe_open(str(weights), "pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
        found = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    return {name: t.float() if t.is_floating_point() else t for name, t in found.items()}
