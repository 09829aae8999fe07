"""Step 6: both halves of the image tower, the caption head and the text tower into one fp16 file.

    python recipes/mini/export.py --data ../shared/data --out build/mini --weights weights

The general half is the published ImageNet tower as it is. The task half comes from step 4, with a projection from a
cell's 1472 numbers to a token's 320 that needs no training: the directions that the task heads read come first, then
the principal components of what is left, on training pictures. `--task-from FILE` takes task half and projection from
an earlier weights file instead.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from caption_views import STATISTICS
from data import read_samples
from halves import State, general_state, task_names, task_state_from
from safetensors.torch import save_file
from text import build_text_tower
from tower_data import TrainingData
from tower_model import TowerInTraining

from imgrank.backbone.fingerprint import TOKENS_VERSION
from imgrank.backbone.mini_image import FINE, HEAD, MIDDLE, MOMENTS, ImageConfig

LEVELS = (HEAD, HEAD, MIDDLE, MIDDLE, FINE, FINE)  # the blocks of moments, means and deviations in turn
NORMALISER_STEPS = 4  # a class normaliser is kept four times as finely as the other numbers of its row


@torch.inference_mode()
def cells_of(model: TowerInTraining, data: TrainingData, rows: np.ndarray) -> torch.Tensor:
    """(N, 16, C) of the given views, in units of the cell scale."""
    chunks = [model(data.hidden(rows[at : at + 64])).cells / model.cell_scale for at in range(0, len(rows), 64)]
    return torch.cat(chunks)


def token_projection(cells: torch.Tensor, directions: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (width, C) and bias (width,) on scaled cells.

    Rows are orthogonal directions; each is scaled to a deviation between 0.1 and 1 so that int8 keeps
    the small ones: task directions to 1, components to the square root of their share.
    """
    flat = cells.flatten(0, 1).double()
    mean = flat.mean(0)
    covariance = torch.cov((flat - mean).T) + torch.cov((cells.double().mean(1) - mean).T)
    tasks = torch.linalg.qr(directions.double().T).Q.T
    rest = torch.eye(len(mean), dtype=torch.double) - tasks.T @ tasks
    values, vectors = torch.linalg.eigh(rest @ covariance @ rest)
    components = vectors.T.flip(0)[: width - len(tasks)]
    shares = values.flip(0)[: len(components)].clamp(min=1e-12)
    basis = torch.cat([tasks, components])
    deviation = ((flat - mean) @ basis.T).std(0)
    target = torch.cat([torch.ones(len(tasks)), (shares / shares[0]).double().pow(0.25).clamp(min=0.1)])
    weight = basis * (target / deviation).unsqueeze(1)
    return weight.float(), (-weight @ mean).float()


def task_state(out: Path, data_folder: Path, without: str, config: ImageConfig) -> State:
    """The task half of the tower that step 4 left, its readouts, and the projection to tokens."""
    data = TrainingData(out, read_samples(data_folder), without)
    model = TowerInTraining(config)
    model.load_state_dict(torch.load(out / "averaged.pt", weights_only=True))
    model.eval()
    plain = np.flatnonzero((data.split == "train") & (data.view == 0))
    rows = np.sort(np.random.default_rng(0).choice(plain, 4000, replace=False))
    directions = torch.cat([head.weight for head in (model.mean_heads, model.density_heads, model.bin_heads)]).detach()
    weight, bias = token_projection(cells_of(model, data, rows), directions, config.width)
    return {
        **task_names(model.trunk.state_dict()),
        **{f"readouts.{name}": tensor for name, tensor in model.readouts.state_dict().items()},
        "project.weight": weight / model.cell_scale,
        "project.bias": bias,
    }


def caption_state(out: Path) -> State:
    """The caption head with its standardisation folded in, and the scale on which moments are stored.

    Moments are stored centred, each block of them on one scale: what varies more inside a block says more.
    """
    fitted: State = torch.load(out / "captions.pt", weights_only=True)
    known = np.load(out / STATISTICS)
    mean, deviation = (torch.from_numpy(known[name]).double() for name in ("mean", "deviation"))
    blocks = deviation[:MOMENTS].square().split(LEVELS)
    spread = torch.cat([block.mean().sqrt().expand(len(block)) for block in blocks])
    scale = torch.cat([spread / deviation[:MOMENTS], 1 / deviation[MOMENTS:]])
    up = fitted["up.weight"].double()
    task_mean = torch.cat([torch.zeros(MOMENTS), mean[MOMENTS:]])
    middle, turn = (torch.from_numpy(known[name]).double() for name in ("normaliser", "normaliser_deviation"))
    return {
        "caption_head.up.weight": (up * scale).float(),
        "caption_head.up.bias": (fitted["up.bias"].double() - (up * scale) @ task_mean).float(),
        "caption_head.down.weight": fitted["down.weight"],
        "caption_head.down.bias": fitted["down.bias"],
        "moment_mean": torch.cat([mean[:MOMENTS], middle.reshape(1)]).float(),
        "moment_spread": torch.cat([spread, turn.reshape(1) / NORMALISER_STEPS]).float(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    parser.add_argument("--without", default="", help="the set that the tower has never seen")
    parser.add_argument("--task-from", type=Path, metavar="FILE", help="an earlier weights file with the task half")
    args = parser.parse_args()
    config = ImageConfig()
    task = task_state_from(args.task_from) if args.task_from else task_state(args.out, args.data, args.without, config)
    text_map = torch.load(args.out / "captions.pt", weights_only=True)["text_map"]
    write(task | caption_state(args.out), text_map, config, args.weights)


def write(learnt: State, text_map: torch.Tensor, config: ImageConfig, folder: Path) -> None:
    """The weights file and the vocabulary, from what learnt and what was published."""
    text, tokenizer = build_text_tower()
    parts = {"image": general_state() | learnt, "text": text.state_dict(), "sentence": {"text_map": text_map}}
    tensors = {f"{part}.{name}": _shipped(name, t) for part, state in parts.items() for name, t in state.items()}
    facts = {
        "tokens_version": TOKENS_VERSION,
        "image": asdict(config),
        "moments": {"rows": config.moments},
        "text": asdict(text.config),
        "vision_cfg": {"timm_model_name": "tf_efficientnet_lite0", "image_size": config.side},
    }
    folder.mkdir(exist_ok=True)
    save_file(tensors, str(folder / "mini.safetensors"), {"imgrank.backbone": json.dumps(facts)})
    (folder / "mini.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "mini.tokenizer.json"), pretty=False)
    print(f"{(folder / 'mini.safetensors').stat().st_size / 1e6:.1f} MB")


def _shipped(name: str, tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().contiguous()
    exact = name in ("moment_mean", "moment_spread")
    return tensor.half() if tensor.is_floating_point() and not exact else tensor


if __name__ == "__main__":
    main()
