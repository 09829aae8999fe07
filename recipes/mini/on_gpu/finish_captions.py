"""Step 2: the caption head learns the sets that the tower must not see, and keeps what it learnt with the tower.

    PYTHONPATH=.. python finish_captions.py --data DATA --out build --device cuda --tuned 0.85

The task half is taken `--tuned` of the way from the published tower to what step 1 left. The head goes on from where it
learnt with the tower, on all described pictures: contrast in both directions, and on pictures that the tower has seen
its places must stay near what they were. A head fitted anew to the finished tower overfits its features. Sentences keep
their places. Prints recall of captions and mean average precision of the world sets on val.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from draw import HELD_OUT, Described, on
from fit_captions import CaptionsInTraining
from half import TowerInTraining, read_tower
from losses import name_loss, pair_loss
from steps import follow
from train_half import TOWER, Material, by_sentence

from imgrank.backbone.mini_image import HEAD

FINISHED = "finished.pt"
RATE, KEPT, OFTEN = 8e-4, 8.0, 2.5
VIEWS = 3  # fresh ones of each training picture, beside the plain one


class SeenViews:
    """What both halves see of described items: the plain view of all, then fresh ones of training items."""

    def __init__(self, model: TowerInTraining, material: Material) -> None:
        self.device = material.device
        plain = np.array([row for row, item in enumerate(material.items) if item.described.phrases])
        train = np.array([row for row in plain if material.items[row].split == "train"])
        passes = [_see(model, material, plain, fresh=False)]
        self.place = torch.full((len(material.items), 1 + VIEWS), -1, device=self.device)
        self.place[on(plain, self.device), 0] = torch.arange(len(plain), device=self.device)
        for number in range(VIEWS):
            start = len(plain) + number * len(train)
            self.place[on(train, self.device), 1 + number] = torch.arange(start, start + len(train), device=self.device)
            passes.append(_see(model, material, train, fresh=True))
        self.seen = torch.cat(passes)

    def plain(self, rows: np.ndarray) -> torch.Tensor:
        """Standardised (B, MOMENTS + 1280) of plain views."""
        return self.seen[self.place[on(rows, self.device), 0]].float()

    def drawn(self, rows: torch.Tensor) -> torch.Tensor:
        """The same of one view each, drawn at random."""
        number = torch.randint(1 + VIEWS, (len(rows),), device=self.device)
        return self.seen[self.place[rows, number]].float()


@torch.inference_mode()
def _see(model: TowerInTraining, material: Material, rows: np.ndarray, fresh: bool) -> torch.Tensor:
    """(B, MOMENTS + 1280) in float16."""
    parts = []
    for part in np.array_split(rows, max(1, len(rows) // 512)):
        at = on(part, material.device)
        pixels = material.fresh(at) if fresh else material.plain(at)
        with torch.autocast(material.device, torch.bfloat16, enabled=material.device != "cpu"):
            parts.append(model.see(model.lower(pixels)).both.half())
    return torch.cat(parts)


def fit(model: TowerInTraining, material: Material, views: SeenViews, args: argparse.Namespace) -> CaptionsInTraining:
    """Batches of views, each with one of its phrases."""
    before, head = model.captions, copy.deepcopy(model.captions)
    average = copy.deepcopy(head)
    draw = Described(material.items, frozenset(), args.seed, dict.fromkeys(HELD_OUT, OFTEN))
    strange = torch.tensor([item.source in HELD_OUT for item in material.items], device=material.device)
    learning = [*head.up.parameters(), *head.down.parameters()]
    optimiser = torch.optim.AdamW(learning, lr=RATE, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, args.steps, pct_start=0.1)
    head.train()
    for step in range(1, args.steps + 1):
        rows = on(draw.batch(args.batch), material.device)
        seen = views.drawn(rows)
        with torch.no_grad():
            classes = model.general.classifier(seen[:, :HEAD] * model.deviation[:HEAD] + model.mean[:HEAD])
            kept = before.images(seen)
        near = (head.images(seen) * kept).sum(1)
        loss = pair_loss(head, seen, material.words, rows) + 0.1 * name_loss(head, seen, classes, material.names)
        loss = loss + KEPT * ((1 - near) * ~strange[rows]).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        decay = min(0.99, step / (step + 10))
        follow(average.parameters(), head.parameters(), decay)
    return average.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tuned", type=float, default=0.85)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--few", type=int, default=0, help="so many items only, to try the script")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    material = Material.read(args.data, args.out, args.device, args.few)
    model = read_tower(args.out / TOWER, args.tuned).to(args.device)
    views = SeenViews(model, material)
    rows = np.array([row for row in material.rows("val") if material.items[row].described.phrases])
    print(f"as learnt: {by_sentence(model.captions, material, rows, views.plain(rows))}", flush=True)
    model.captions = fit(model, material, views, args)
    print(f"with all sets: {by_sentence(model.captions, material, rows, views.plain(rows))}", flush=True)
    torch.save(model.state_dict(), args.out / FINISHED)


if __name__ == "__main__":
    main()
