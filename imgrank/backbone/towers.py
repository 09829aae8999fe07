"""The two towers of any open_clip model, read out as tokens by its `forward_intermediates`.

timm and open_clip import torchvision for its transforms alone. Where torch and torchvision come from
different builds, `import torchvision` stops with "operator torchvision::nms does not exist", because
it registers meta kernels for two operators that its C++ library would have declared. Declaring their
schemas is enough to import; imgrank never calls them.
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from imgrank.adapter.unfilled import Unfilled
from imgrank.backbone.batches import channels_last
from imgrank.backbone.contract import Preprocessing
from imgrank.backbone.names import FOLDER
from imgrank.backbone.windows import GRID, Window, pool_grid, shares
from imgrank.tokens import TokenShape


def fuse_conv_bn(module: nn.Module) -> nn.Module:
    """Fold every batch norm that directly follows a convolution, in place; returns the module.

    The module must be in eval mode. timm keeps the activation inside its batch norm layer, so what
    stays in the norm's place is that activation.
    """
    previous_name, previous = "", None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
            setattr(module, previous_name, fuse_conv_bn_eval(previous, child))
            setattr(module, name, getattr(child, "act", nn.Identity()))
            previous = None
        elif isinstance(child, nn.Conv2d):
            previous_name, previous = name, child
        else:
            fuse_conv_bn(child)
            previous = None
    return module


FORCE_SAFE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


@dataclass(frozen=True, slots=True)
class Architecture:
    """What open_clip builds: a model of its list or a folder, and whether its weights were trained with QuickGELU.

    `grid` says how many places a side are kept of an image, 0 for every patch.
    """

    model: str
    quick_gelu: bool = False
    grid: int = GRID


@dataclass(frozen=True, slots=True)
class TowerShapes:
    """Sizes of what the two towers give: image tokens and embedding, and the width of text tokens.

    `plain`: the file of weights holds the model's tensors by their own names, so that one tower can be had alone.
    """

    image: TokenShape
    text_width: int
    plain: bool = False


class OpenClipModel(Protocol):
    """The little that is asked of a model of open_clip, which is untyped."""

    visual: nn.Module
    context_length: int

    def forward_intermediates(self, **inputs: object) -> dict[str, Any]:
        """Intermediate and final outputs of either tower, by open_clip's names."""
        ...


class ImageTower(nn.Module):
    """Pixels to patch tokens and one embedding, preprocessing included."""

    def __init__(self, visual: nn.Module, preprocessing: Preprocessing, most: int = GRID) -> None:
        super().__init__()
        self.most = most
        self.visual = visual
        self.is_bf16 = False  # as a whole, its norms included
        self.normalises = getattr(visual, "attn_pool", None) is None  # else its last norm has another width
        self.mean: torch.Tensor
        self.std: torch.Tensor
        self.register_buffer("mean", torch.tensor(preprocessing.mean), persistent=False)
        self.register_buffer("std", torch.tensor(preprocessing.std), persistent=False)

    def forward(
        self, pixels: torch.Tensor, windows: Sequence[Window] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, side, side, 3) uint8 to tokens (B, P, D) with P <= most ** 2 and embeddings (B, E) of unit length.

        With `windows` the pixels are squares of pictures, and the tokens each one's part of the whole picture's.
        """
        # In place: new memory for each step costs more than the sums.
        hidden = pixels.float().div_(255).sub_(self.mean).div_(self.std).permute(0, 3, 1, 2)
        hidden = hidden.bfloat16() if self.is_bf16 else hidden
        run: Any = self.visual.forward_intermediates
        found = run(hidden, indices=1, normalize_intermediates=self.normalises)
        grid, side, rows, columns = found["image_intermediates"][-1], pixels.shape[1], None, None
        if windows is not None:
            rows, columns = shares(windows, side, grid.shape[2], grid.shape[3], self.most)
        return pool_grid(grid, rows, columns, self.most), F.normalize(found["image_features"].float(), dim=-1)


class TextTower(nn.Module):
    """One sentence's ids to its tokens after the last norm and one embedding."""

    def __init__(self, model: OpenClipModel | nn.Module) -> None:
        """Of a whole model, or of its text tower alone."""
        super().__init__()
        self.model: Any = model
        self.alone = not hasattr(model, "visual")
        hub_text: Any = None if self.alone else _text_from_hub(model)
        if hub_text is not None:
            hub_text.output_tokens = True
        self.hub_text = hub_text

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, context) ids to tokens (1, context, D_t) and embedding (1, E) of unit length."""
        if self.hub_text is not None:
            embedding, tokens = self.hub_text(ids)
            return tokens, F.normalize(embedding, dim=-1)
        last = {"indices": 1, "output_fmt": "NLC"} if self.alone else {"text_indices": 1}
        found = self.model.forward_intermediates(text=ids, normalize_intermediates=True, **last)
        return found["text_intermediates"][-1], F.normalize(found["text_features"], dim=-1)


def measure(architecture: Architecture, preprocessing: Preprocessing, weights: Path | None = None) -> TowerShapes:
    """Sizes of the tokens, from a model without weights or arithmetic (torch's meta device)."""
    with torch.device("meta"), torch.inference_mode():
        model = _create(architecture, None, "meta")
        pixels = torch.empty(1, preprocessing.side, preprocessing.side, 3, dtype=torch.uint8)
        tokens, embedding = ImageTower(model.visual, preprocessing, architecture.grid)(pixels)
        shape = TokenShape(tokens.shape[1], tokens.shape[2], embedding.shape[1])
        return TowerShapes(shape, _text_width(model), weights is not None and _holds(weights, model))


def _holds(weights: Path, model: Any) -> bool:
    if weights.suffix != ".safetensors":
        return False
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    try:
        with safe_open(str(weights), "pt") as file:
            return {name: file.get_slice(name).get_shape() for name in file.keys()} == expected  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError):  # building the model will name the fault
        return False


def random_image_tower(architecture: Architecture, preprocessing: Preprocessing, device: str) -> ImageTower:
    """The image tower alone with random weights, for timing."""
    visual = _create(architecture, None, "meta").visual.to_empty(device=device)
    for tensor in (*visual.parameters(), *visual.buffers()):
        if tensor.is_floating_point():
            tensor.data.uniform_(0.01, 0.02)
    tower = ImageTower(visual, preprocessing).eval().to(device)
    return channels_last(tower)


def build(architecture: Architecture, weights: Path) -> OpenClipModel:
    """The open_clip model with its weights, in eval mode.

    Raises whatever open_clip, torch and safetensors raise on a bad file: there is no one type for it.
    """
    model = _create(architecture, weights)
    if type(model.visual).__name__ == "ModifiedResNet":  # its batch norms stand right behind their convolutions
        fuse_conv_bn(model.visual)
    elif type(model.visual).__name__ == "TimmModel":  # MobileCLIP is trained with branches that become one convolution
        _merge_branches(model.visual)
    return model


def _merge_branches(visual: nn.Module) -> None:
    from timm.utils.model import reparameterize_model

    reparameterize_model(visual, inplace=True)


def hold_in_bf16(tower: ImageTower) -> None:
    """Keep weights in bfloat16, in place: autocast would convert them at every call.

    open_clip's own vision transformers hand everything on in it anyway, so that they need no autocast at all.
    """
    if type(tower.visual).__name__ == "VisionTransformer":
        tower.visual.to(torch.bfloat16)
        tower.is_bf16 = True
        return
    for module in tower.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.MultiheadAttention)):
            module.to(torch.bfloat16)


def _text_from_hub(model: Any) -> nn.Module | None:
    """The text tower where it is a transformer of Hugging Face's, which has no `forward_intermediates`."""
    text = getattr(model, "text", None)
    return None if hasattr(text, "forward_intermediates") else text


def _text_width(model: OpenClipModel) -> int:
    tower = TextTower(model)
    if tower.hub_text is not None:
        return int(tower.hub_text.config.hidden_size)
    tokens, _ = tower(torch.zeros(1, model.context_length, dtype=torch.long))
    return int(tokens.shape[2])


def _create(architecture: Architecture, weights: Path | None, device: str = "cpu") -> OpenClipModel:
    # Random numbers take half of a model's time to build; those of a file replace them all, or it is refused.
    with quiet_and_safe(), Unfilled("uniform_", "normal_") if weights else nullcontext():
        import open_clip

        model = open_clip.create_model(
            architecture.model,
            pretrained=str(weights) if weights and not architecture.model.startswith(FOLDER) else None,
            load_weights=weights is not None,
            force_quick_gelu=architecture.quick_gelu,
            pretrained_hf=False,
            device=device,
        )
        frozen: OpenClipModel = model.eval().requires_grad_(False)
    return frozen


@contextmanager
def quiet_and_safe() -> Iterator[None]:
    """Within, open_clip can be imported, tells the user nothing, and unpickles nothing but tensors."""
    ensure_importable()
    # open_clip repeats a load without weights_only where the first try ends in a TypeError; torch obeys this first.
    before, level = os.environ.get(FORCE_SAFE), logging.root.manager.disable
    os.environ[FORCE_SAFE] = "1"
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        if before is None:
            os.environ.pop(FORCE_SAFE)
        else:
            os.environ[FORCE_SAFE] = before


_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

_declared: list[torch.library.Library] = []


def ensure_importable() -> None:
    """Import torchvision, declaring its missing operators when the plain import fails."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "nms" not in str(error) or _declared:
            raise
        _declare_operators()
        importlib.import_module("torchvision")


def _declare_operators() -> None:
    # torch leaves this class untyped. The library must outlive the import, hence the module-level list.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)
