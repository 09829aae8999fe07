"""Forms of the image tower of `mini`, each beside the shipped one: speed, and whether the order holds.

    python benchmarks/tower.py [--small]

All in one process, in turn, on one core; Kendall's tau is that of a zero-shot order.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
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
from imgrank.backbone.device import has_bf16
from imgrank.backbone.mini import load_mini

Outputs = tuple[torch.Tensor, torch.Tensor]
Tower = Callable[[torch.Tensor], Outputs]
BATCH = FIRST_BATCH["cpu"]
SENTENCE = "a building by the water"


def shipped_tower() -> mini_image.ImageTower:
    return load_mini()._image_tower


def contiguous() -> Tower:
    return shipped_tower().to(memory_format=torch.contiguous_format)


def unfused() -> Tower:
    """Batch norms that do nothing, where the shipped form has folded them away: what folding saves."""
    tower = shipped_tower()
    _add_norms(tower.trunk)
    return tower.eval()


def _add_norms(module: torch.nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.Conv2d):
            norm = torch.nn.BatchNorm2d(child.out_channels)
            setattr(module, name, torch.nn.Sequential(child, norm))
        else:
            _add_norms(child)


def bf16() -> Tower:
    tower = shipped_tower().to(torch.bfloat16)

    def run(pixels: torch.Tensor) -> Outputs:
        tokens, embedding = tower.upper(_lower_bf16(tower, pixels))
        return tokens.float(), embedding.float()

    return run


def _lower_bf16(tower: mini_image.ImageTower, pixels: torch.Tensor) -> torch.Tensor:
    hidden = ((pixels.float() - 127) / 128).to(torch.bfloat16).permute(0, 3, 1, 2)
    hidden = tower.trunk.bn1(tower.trunk.conv_stem(hidden))
    for block in tower.trunk.blocks[: mini_image.LOWER_BLOCKS]:
        hidden = block(hidden)
    return hidden


def scripted() -> Tower:
    """Traced, frozen, and fused by oneDNN's own graph."""
    tower = shipped_tower()
    with torch.inference_mode():
        traced = torch.jit.trace(tower, torch.zeros(BATCH, 224, 224, 3, dtype=torch.uint8))
    return torch.jit.optimize_for_inference(torch.jit.freeze(traced))


def compiled() -> Tower:
    import torch._inductor.config as inductor

    inductor.freezing = True
    return torch.compile(shipped_tower())


def onnx_float() -> Tower:
    """The same graph in onnxruntime."""
    return _session(onnx_file(shipped_tower()))


def onnx_int8() -> Tower:
    """In onnxruntime, weights and activations of the convolutions in int8, calibrated on photographs."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    source = onnx_file(shipped_tower())
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


def onnx_file(tower: mini_image.ImageTower) -> Path:
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
    "shipped: channels last, norms folded": shipped_tower,
    "not channels last": contiguous,
    "norms not folded": unfused,
    "bfloat16": bf16,
    "TorchScript, frozen and fused": scripted,
    "torch.compile, frozen": compiled,
    "onnxruntime, float32": onnx_float,
    "onnxruntime, int8": onnx_int8,
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
    from imgrank.adapter.zero_shot import text_axis, zero_shot_scores
    from imgrank.tokens import pack

    outputs = [tower(batch) for batch in torch.from_numpy(pixels).split(BATCH)]
    tokens, embedding = (torch.cat(parts).numpy() for parts in zip(*outputs, strict=True))
    return zero_shot_scores(pack(tokens, embedding), text_axis(SENTENCE, None, load_mini().encode_sentence))


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
            rate = BATCH * rounds / seconds_of(lambda run=tower: [run(batch) for _ in range(rounds)], 3)
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
