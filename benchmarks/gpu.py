"""From a folder of JPEGs to tokens on a GPU, against the bare forward and against an open_clip loop as users write it.

    python benchmarks/gpu.py [--small] [--device cuda] [--only NAME]...

`mini`, and ViT-B-32, ViT-L-14 and ConvNeXt-L-d-320 with random weights, which cost what trained ones cost; these in
bfloat16 too. Where no GPU answers, the one line that says why is all there is. Rows are printed as they are measured.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from figures import Figure, argument_parser, cores, report, seconds_of, temporary_home
from pictures import write_folder
from torch.utils.data import DataLoader, Dataset

from imgrank.backbone.contract import Backbone
from imgrank.backbone.load import choose_device, load_backbone
from imgrank.backbone.names import BF16
from imgrank.backbone.towers import ensure_importable
from imgrank.decode import load_images
from imgrank.discover import discover
from imgrank.encoding import encode_files
from imgrank.store import open_store

MODELS = ("ViT-B-32", "ViT-L-14", "convnext_large_d_320")
ensure_importable()
FORWARD_SHARE, B32_RATE, GATE = 0.9, 2500.0, 0.98


class Pictures(Dataset):
    """As users write it: open it, and give it to open_clip's own preprocessing."""

    def __init__(self, paths: list[Path], preprocess: object) -> None:
        self.paths, self.preprocess = paths, preprocess

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        from PIL import Image

        return self.preprocess(Image.open(self.paths[index]).convert("RGB"))


def plain_loop(name: str, weights: Path, paths: list[Path], device: str) -> float:
    """Images/s of open_clip with a DataLoader, batches of 128, in the precision it loads in."""
    import open_clip

    model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=str(weights), device=device)
    loader = DataLoader(Pictures(paths, preprocess), batch_size=128, num_workers=min(cores(), 16))

    @torch.inference_mode()
    def loop() -> None:
        for batch in loader:
            model.encode_image(batch.to(device)).cpu()

    loop()
    return len(paths) / seconds_of(loop)


def random_weights(name: str, folder: Path) -> Path:
    """A file of untrained weights."""
    import open_clip

    path = folder / f"{name}.pt"
    torch.save(open_clip.create_model(name).state_dict(), path)
    return path


def bare_forward(backbone: Backbone, count: int) -> float:
    """Images/s of the backbone on random pixels that are in memory."""
    side = backbone.preprocessing.side
    pixels = np.random.default_rng(0).integers(0, 255, (count, side, side, 3), np.uint8)
    backbone.encode_images(pixels)
    return count / seconds_of(lambda: backbone.encode_images(pixels), 3)


def from_folder(backbone: Backbone, folder: Path) -> float:
    """Images/s from files to stored tokens; what is stored is forgotten between the two runs."""
    files = discover([str(folder)]).files

    def encode() -> None:
        with open_store(backbone.fingerprint, backbone.shape, cache=False, note=print) as store:
            encode_files(files, backbone, store, lambda _: None)

    return len(files) / seconds_of(encode, 2)


def decoding(backbone: Backbone, folder: Path) -> float:
    """Images/s of reading and decoding alone."""
    files, made = discover([str(folder)]).files, backbone.preprocessing
    work = (load_images(files, made.side, made.interpolation, is_known=lambda _: False) for _ in itertools.count())
    return len(files) / seconds_of(lambda: list(next(work)), 2)


def backbones(names: list[str], folder: Path, device: str) -> Iterator[tuple[str, Backbone, Path | None]]:
    for name in names:
        weights = None if name == "mini" else random_weights(name, folder)
        yield name, load_backbone(f"{name}@{weights}" if weights else name, device), weights


def one_backbone(
    name: str, backbone: Backbone, weights: Path | None, paths: list[Path], device: str, small: bool
) -> list[Figure]:
    folder = paths[0].parent
    forward = bare_forward(backbone, 16 if small else 1024)
    decoded, rate = decoding(backbone, folder), from_folder(backbone, folder)
    aim = B32_RATE if name == "ViT-B-32" and device == "cuda" else None
    figures = [
        Figure(f"{name}: bare forward on {device}", forward, "images/s"),
        Figure(f"{name}: folder to tokens", rate, "images/s", aim),
        Figure(f"{name}: against the slower of forward and decoding", rate / min(forward, decoded), aim=FORWARD_SHARE),
        Figure(f"{name}: order on {device} against the processor's", agreement(name, backbone, weights), "tau", GATE),
    ]
    if weights:
        figures += in_bf16(name, backbone, weights, folder, device, small)
        figures.append(
            Figure(f"{name}: against open_clip with a DataLoader", rate / plain_loop(name, weights, paths, device))
        )
    return figures


def in_bf16(name: str, exact: Backbone, weights: Path, folder: Path, device: str, small: bool) -> list[Figure]:
    backbone = load_backbone(f"{name}@{weights}{BF16}", device)
    return [
        Figure(f"{name}, bf16: bare forward on {device}", bare_forward(backbone, 16 if small else 1024), "images/s"),
        Figure(f"{name}, bf16: folder to tokens", from_folder(backbone, folder), "images/s"),
        Figure(f"{name}, bf16: order against float32", tau_of_orders(backbone, exact), "tau", GATE),
    ]


def agreement(name: str, backbone: Backbone, weights: Path | None) -> float:
    """The same order on the processor?"""
    return tau_of_orders(backbone, load_backbone(f"{name}@{weights}" if weights else name, "cpu"))


def tau_of_orders(backbone: Backbone, other: Backbone) -> float:
    """Kendall's tau between two backbones' orders of 64 random pictures by nearness to the first."""
    from scipy.stats import kendalltau

    side = backbone.preprocessing.side
    coarse = np.random.default_rng(5).integers(0, 255, (64, 7, 7, 3), np.uint8)
    pixels = coarse.repeat(-(-side // 7), 1).repeat(-(-side // 7), 2)[:, :side, :side]
    here, there = (b.encode_images(pixels).embedding.astype(np.float64) for b in (backbone, other))
    return float(kendalltau(here[1:] @ here[0], there[1:] @ there[0]).statistic)


def measure(small: bool, wanted: str, names: list[str]) -> list[Figure]:
    said: list[str] = []
    device = choose_device(wanted, said.append)
    if device == "cpu" and wanted != "cpu":
        reason = said[0] if said else "this machine has no GPU that PyTorch knows"
        return [Figure("images/s from folder to tokens", None, note=reason)]
    figures = []
    with temporary_home() as home:
        paths = write_folder(home / "photos", 16 if small else 4096, itertools.repeat((500, 400)), 64)
        for name, backbone, weights in backbones(names[:2] if small else names, home, device):
            started = time.perf_counter()
            found = one_backbone(name, backbone, weights, paths, device, small)
            print(*(figure.row() for figure in found), sep="\n", file=sys.stderr, flush=True)
            print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
            figures += found
    return figures


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda, mps, or cpu to try the script without a GPU")
    parser.add_argument("--only", action="append", choices=("mini", *MODELS), help="one backbone; may be repeated")
    arguments = parser.parse_args()
    chosen = arguments.only or ["mini", *MODELS]
    report(measure(arguments.small, arguments.device, chosen), arguments)
