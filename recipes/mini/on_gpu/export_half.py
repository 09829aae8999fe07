"""Step 3: the weights file, with the task half and the caption head that step 2 left.

    PYTHONPATH=.. python export_half.py --data DATA --out build --weights weights

The projection from a cell to a token is that of the recipe beside this one (`../export.py`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from export import LEVELS, NORMALISER_STEPS, token_projection, write
from finish_captions import FINISHED
from half import TowerInTraining, read_tower
from halves import State
from items import Item, pixels_of, read_items

from imgrank.backbone.mini_image import MOMENTS, ImageConfig


@torch.inference_mode()
def see_some(model: TowerInTraining, items: list[Item]) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells (N, 16, C) in units of the cell scale, and class normalisers (N,), of items as they are."""
    cells, normalisers = [], []
    for at in range(0, len(items), 64):
        pixels = torch.from_numpy(np.stack([pixels_of(item) for item in items[at : at + 64]]))
        seen = model.see(model.lower(pixels.permute(0, 3, 1, 2).float()))
        cells.append(seen.cells / model.cell_scale)
        normalisers.append(seen.wanted.logsumexp(1))
    return torch.cat(cells), torch.cat(normalisers)


def task_state(model: TowerInTraining, cells: torch.Tensor, width: int) -> State:
    """The task half, its readouts, and the projection to tokens."""
    directions = torch.cat([head.weight for head in (model.mean_heads, model.density_heads, model.bin_heads)]).detach()
    weight, bias = token_projection(cells, directions, width)
    return {
        **{f"task.{name}": tensor for name, tensor in model.task.state_dict().items()},
        **{f"readouts.{name}": tensor for name, tensor in model.readouts.state_dict().items()},
        "project.weight": weight / model.cell_scale,
        "project.bias": bias,
    }


def caption_state(model: TowerInTraining, normalisers: torch.Tensor) -> State:
    """The caption head with its standardisation folded in, and the scale on which moments are stored.

    Moments are stored centred, each block of them on one scale: what varies more inside a block says more.
    """
    fitted = model.captions.state_dict()
    mean, deviation = model.mean.double(), model.deviation.double()
    blocks = deviation[:MOMENTS].square().split(LEVELS)
    spread = torch.cat([block.mean().sqrt().expand(len(block)) for block in blocks])
    scale = torch.cat([spread / deviation[:MOMENTS], 1 / deviation[MOMENTS:]])
    up = fitted["up.weight"].double()
    task_mean = torch.cat([torch.zeros(MOMENTS), mean[MOMENTS:]])
    turn = normalisers.std() / NORMALISER_STEPS
    return {
        "caption_head.up.weight": (up * scale).float(),
        "caption_head.up.bias": (fitted["up.bias"].double() - (up * scale) @ task_mean).float(),
        "caption_head.down.weight": fitted["down.weight"],
        "caption_head.down.bias": fitted["down.bias"],
        "moment_mean": torch.cat([mean[:MOMENTS], normalisers.mean().reshape(1)]).float(),
        "moment_spread": torch.cat([spread, turn.reshape(1)]).float(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    args = parser.parse_args()
    config, model = ImageConfig(), read_tower(args.out / FINISHED)
    plain = [item for item in read_items(args.data) if item.split == "train" and not item.style and not item.kind]
    chosen = np.sort(np.random.default_rng(0).choice(len(plain), 4000, replace=False))
    cells, normalisers = see_some(model, [plain[row] for row in chosen])
    learnt = task_state(model, cells, config.width) | caption_state(model, normalisers)
    write(learnt, model.captions.text_map, config, args.weights)


if __name__ == "__main__":
    main()
