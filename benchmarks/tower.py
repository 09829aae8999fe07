"""Forms of the image tower of `mini`, each beside the shipped one: speed, and whether the order holds.

    python benchmarks/tower.py [--small]

All in one process, in turn, on one core, by its own time; Kendall's tau is that of a zero-shot order.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from figures import Figure, script, seconds_of
from pictures import paste_together, photographs
from scipy.stats import kendalltau

from imgrank.backbone import mini_image
from imgrank.backbone.batches import FIRST_BATCH
from imgrank.backbone.load import has_bf16
from imgrank.backbone.mini import load_mini
from imgrank.backbone.mini_image import LOWER_STAGES, MIDDLE_STAGE, relu6
from imgrank.backbone.towers import ensure_importable, fuse_conv_bn

Outputs = tuple[torch.Tensor, torch.Tensor]
Tower = Callable[[torch.Tensor], Outputs]
BATCH = FIRST_BATCH["cpu"]
SENTENCE = "a building by the water"


def shipped_tower() -> mini_image.MiniImageTower:
    return load_mini()._image_tower


class TimmUpper(torch.nn.Module):
    """The upper half of timm's model under the names that `MiniImageTower` calls."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        middle = self.model.blocks[LOWER_STAGES : MIDDLE_STAGE + 1](fine)
        top = self.model.blocks[MIDDLE_STAGE + 1 :](middle)
        return middle, self.model.bn2(self.model.conv_head(top))


class TimmTrunk(torch.nn.Module):
    """timm's own model in place of `Trunk`."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.upper, self.classifier = model, TimmUpper(model), model.classifier

    def lower(self, pixels: torch.Tensor) -> torch.Tensor:
        x = ((pixels.float() - 127) / 128).permute(0, 3, 1, 2)
        return self.model.blocks[:LOWER_STAGES](self.model.bn1(self.model.conv_stem(x)))


class WholeBatches(torch.nn.Module):
    """A tower whose lower half takes a batch in one piece."""

    def __init__(self, tower: mini_image.MiniImageTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: torch.Tensor) -> Outputs:
        return self.tower.upper(self.tower.trunk.lower(pixels))


def timm_tower(fold: bool = True) -> mini_image.MiniImageTower:
    """The tower on timm's model with the same weights; not folded: with norms that do nothing beside them."""
    ensure_importable()
    tower = shipped_tower()
    general = timm_model(tower.trunk.state_dict(), "upper.", fold)
    task = timm_model({**tower.trunk.state_dict(), **_renamed(tower.task.state_dict())}, "upper.", fold)
    tower.trunk, tower.task = TimmTrunk(general), TimmUpper(task)
    return tower.to(memory_format=torch.channels_last)


def timm_model(state: dict[str, torch.Tensor], upper: str, fold: bool) -> torch.nn.Module:
    """timm's model with the weights of a `Trunk`."""
    import timm

    model = fuse_conv_bn(timm.create_model("tf_efficientnet_lite0").eval())
    model.load_state_dict({_timm_name(name, upper): tensor for name, tensor in state.items()})
    if not fold:
        _add_norms(model)
    return model.requires_grad_(False).eval()


def _renamed(half: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"upper.{name}": tensor for name, tensor in half.items()}


def _timm_name(name: str, upper: str) -> str:
    if not name.startswith(upper):
        return name
    part, *rest = name.removeprefix(upper).split(".")
    return (
        ".".join([part, str(int(rest[0]) + LOWER_STAGES), *rest[1:]]) if part == "blocks" else name.removeprefix(upper)
    )


def _add_norms(module: torch.nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.Conv2d):
            norm = torch.nn.BatchNorm2d(child.out_channels).eval()
            setattr(module, name, torch.nn.Sequential(child, norm))
        else:
            _add_norms(child)


def timm_whole() -> Tower:
    return WholeBatches(timm_tower()).eval()


def timm_unfolded() -> Tower:
    return WholeBatches(timm_tower(fold=False)).eval()


def timm_contiguous() -> Tower:
    return WholeBatches(timm_tower().to(memory_format=torch.contiguous_format)).eval()


def bf16() -> Tower:
    tower = shipped_tower().to(torch.bfloat16)

    def run(pixels: torch.Tensor) -> Outputs:
        fine = [_lower_bf16(tower, few) for few in pixels.split(mini_image.FEW)]
        tokens, embedding = tower.upper(torch.cat(fine))
        return tokens.float(), embedding.float()

    return run


def _lower_bf16(tower: mini_image.MiniImageTower, pixels: torch.Tensor) -> torch.Tensor:
    hidden = ((pixels.float() - 127) / 128).to(torch.bfloat16).permute(0, 3, 1, 2)
    return tower.trunk.blocks(relu6(tower.trunk.conv_stem(hidden)))


def scripted() -> Tower:
    """Traced, frozen, and fused by oneDNN's own graph."""
    with torch.inference_mode():
        traced = torch.jit.trace(timm_whole().eval(), torch.zeros(BATCH, 224, 224, 3, dtype=torch.uint8))
    return torch.jit.optimize_for_inference(torch.jit.freeze(traced))


def compiled() -> Tower:
    import torch._inductor.config as inductor

    inductor.freezing = True
    return torch.compile(timm_whole())


def onnx_float() -> Tower:
    """The same graph in onnxruntime."""
    return _session(onnx_file(timm_whole()))


def onnx_int8() -> Tower:
    """In onnxruntime, weights and activations of the convolutions in int8, calibrated on photographs."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    source = onnx_file(timm_whole())
    target = source.with_name("int8.onnx")
    quantize_static(
        source,
        target,
        Calibration(list(torch.from_numpy(judged(32)).split(BATCH))),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["Conv"],
    )
    return _session(target)


class Calibration:
    """Batches for onnxruntime to watch activations on."""

    def __init__(self, batches: list[torch.Tensor]) -> None:
        self._left = [{"pixels": batch.numpy()} for batch in batches]

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        return self._left.pop() if self._left else None


def onnx_file(tower: torch.nn.Module) -> Path:
    """The tower in ONNX, in a folder that stays as long as this process."""
    path = Path(_FOLDER.name) / "float.onnx"
    example = torch.zeros(BATCH, 224, 224, 3, dtype=torch.uint8)
    torch.onnx.export(
        tower, (example,), str(path), input_names=["pixels"], output_names=["tokens", "embedding"], dynamo=False
    )
    return path


def _session(path: Path) -> Tower:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(pixels: torch.Tensor) -> Outputs:
        tokens, embedding = session.run(None, {"pixels": pixels.numpy()})
        return torch.from_numpy(tokens), torch.from_numpy(embedding)

    return run


_FOLDER = tempfile.TemporaryDirectory(prefix="imgrank-bench-")

FORMS: dict[str, Callable[[], Tower]] = {
    "shipped: plain torch, the lower half a few at a time": shipped_tower,
    "timm's model, channels last, norms folded": timm_whole,
    "timm's model, norms not folded": timm_unfolded,
    "timm's model, not channels last": timm_contiguous,
    "bfloat16, as shipped": bf16,
    "timm's model in TorchScript, frozen and fused": scripted,
    "timm's model in torch.compile, frozen": compiled,
    "timm's model in onnxruntime, float32": onnx_float,
    "timm's model in onnxruntime, int8": onnx_int8,
}


def unusable(form: Callable[[], Tower]) -> str:
    """Why a form cannot be tried here, or nothing."""
    if form is bf16 and not has_bf16("cpu"):
        return "this processor has no bfloat16"
    if form in (onnx_float, onnx_int8) and not (find_spec("onnxruntime") and find_spec("onnx")):
        return "onnxruntime and onnx are not installed"
    if form is compiled and not (shutil.which("g++") or shutil.which("clang++")):
        return "there is no C++ compiler"
    return ""


def judged(count: int) -> npt.NDArray[np.uint8]:
    """(count, 224, 224, 3): photographs pasted together."""
    rng, photos = np.random.default_rng(4), photographs()
    return np.stack([np.asarray(paste_together(photos, (224, 224), rng)) for _ in range(count)])


@torch.inference_mode()
def order_scores(tower: Tower, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Cosines to a sentence, from packed tokens as the store keeps them."""
    from imgrank.scoring.similarity import text_axis
    from imgrank.tokens import pack

    outputs = [tower(batch) for batch in torch.from_numpy(pixels).split(BATCH)]
    tokens, embedding = (torch.cat(parts).numpy() for parts in zip(*outputs, strict=True))
    return text_axis(SENTENCE, None, load_mini().encode_sentence)(pack(tokens, embedding)).scores


def repeat(tower: Tower, batch: torch.Tensor, rounds: int) -> None:
    for _ in range(rounds):
        tower(batch)


def measure(small: bool) -> list[Figure]:
    torch.set_num_threads(1)
    pixels = judged(BATCH if small else 12 * BATCH)
    batch = torch.from_numpy(pixels[:BATCH])
    rounds = 1 if small else 8
    truth, base, figures = None, 0.0, []
    for name, form in FORMS.items():
        if reason := unusable(form):
            figures.append(Figure(name, None, note=reason))
            continue
        started = time.perf_counter()
        tower = form()
        with torch.inference_mode():
            tower(batch)
            start = time.perf_counter() - started
            rate = BATCH * rounds / seconds_of(partial(repeat, tower, batch, rounds), 3, time.process_time)
        scores = order_scores(tower, pixels)
        if truth is None:
            truth, base = scores, rate
            figures.append(Figure(f"{name}, one core", rate, "images/s"))
            continue
        tau = float(kendalltau(truth, scores).statistic)
        figures.append(Figure(name, rate / base, note=f"order: tau {tau:.3f}; {start:.1f} s to start"))
    return figures


if __name__ == "__main__":
    script(__doc__, measure)
