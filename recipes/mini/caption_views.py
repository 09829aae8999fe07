"""Step 5a: what both halves of the tower see of every picture that can be described, in several views.

    python recipes/mini/caption_views.py --data ../shared/data --out build/mini --minutes 40

Views are the whole picture, a mirrored one, crops, and pictures made black and white, dark, blurred and so on, whose
phrases say so. Plain views come first, so that a run that ends early (`--minutes`) lacks only some of the others; a
later run goes on: delete `seen.npy` where the tower is another. `--task-from FILE` takes the
task half from an earlier weights file.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from augment import colour, crop, squash, styled
from data import read_samples
from halves import State, general_state, learnt_task_state, task_state_from
from phrases import STYLES, TEXT_SETS, Described, in_style, of_captions, of_face, of_set, of_world
from PIL import Image, ImageOps

from imgrank.backbone.mini_image import FEW, HEAD, MOMENTS, Trunk, UpperHalf, moments_of

SEEN, STATISTICS = "seen.npy", "seen_statistics.npz"
BATCH = 16
WHOLE, MIRRORED, CROPPED, STYLED = 0, 1, 2, 10  # view numbers; styled ones from STYLED on


@dataclass(frozen=True)
class Pictured:
    """A picture with what can be said of it."""

    path: Path
    source: str
    split: str
    described: Described


@dataclass(frozen=True)
class View:
    """One view of the picture with this number; `style` is empty or one of the STYLES."""

    picture: int
    number: int
    style: str = ""


def read_pictures(data: Path) -> list[Pictured]:
    """Every picture of the training data that words describe, in a fixed order."""
    found = []
    for sample in read_samples(data):
        if sample.source == "quality":
            continue
        described = (
            of_captions(sample.path, sample.captions)
            if sample.source == "captions"
            else of_face(sample.path)
            if sample.source == "age"
            else of_set(sample.source)
        )
        found.append(Pictured(sample.path, sample.source, sample.split, described))
    with open(data / "world" / "world.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = data / "world" / row["image"]
            found.append(Pictured(path, row["set"], row["split"], of_world(row["set"], row["sentence"])))
    return found


def plan_views(pictures: list[Pictured]) -> list[View]:
    """Whole pictures first, then other views of training pictures; of photographs with captions, two styled ones."""
    plain = [View(number, WHOLE) for number in range(len(pictures))]
    train = [number for number, picture in enumerate(pictures) if picture.split == "train"]
    captioned = [number for number in train if pictures[number].source == "captions"]
    rng = random.Random(0)
    styled_ones = [[View(n, STYLED + again, rng.choice(list(STYLES))) for n in captioned] for again in range(2)]
    wide = [number for number in train if pictures[number].source != "age"]
    mirrored, cropped = ([View(number, view) for number in wide] for view in (MIRRORED, CROPPED))
    return [*plain, *mirrored, *styled_ones[0], *cropped, *styled_ones[1]]


def described(view: View, pictures: list[Pictured]) -> Described:
    """What can be said of a view."""
    of_picture = pictures[view.picture].described
    return in_style(of_picture, view.style, _rng(view, pictures)) if view.style else of_picture


def load_view(view: View, pictures: list[Pictured]) -> npt.NDArray[np.uint8]:
    """(224, 224, 3)."""
    picture, rng = pictures[view.picture], _rng(view, pictures)
    image = Image.open(picture.path).convert("RGB")
    if view.style:
        return np.asarray(squash(styled(crop(image, rng, 0.6) if rng.random() < 0.5 else image, view.style, rng)))
    if view.number == WHOLE:
        return np.asarray(squash(image))
    holds_text = picture.source in TEXT_SETS
    if not holds_text and (view.number == MIRRORED or rng.random() < 0.5):
        image = ImageOps.mirror(image)
    if view.number >= CROPPED or holds_text:
        image = crop(image, rng, 0.6 if holds_text else 0.4)
    return np.asarray(colour(squash(image), rng, 0.25))


class Towers:
    """Both halves over one lower half."""

    def __init__(self, task: State) -> None:
        self.trunk, self.task = Trunk(), UpperHalf()
        self.trunk.load_state_dict({n.removeprefix("trunk."): t.float() for n, t in general_state().items()})
        self.task.load_state_dict({n.removeprefix("task."): t.float() for n, t in task.items() if "task." in n})
        for half in (self.trunk, self.task):
            half.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
        """(B, 224, 224, 3) to (B, MOMENTS + 1280): moments of the general half, the task half's mean top level."""
        fine = torch.cat([self.trunk.lower(few) for few in torch.from_numpy(pixels).split(FEW)])
        general = moments_of(fine, *self.trunk.upper(fine))
        return torch.cat([general, self.task(fine)[1].mean((2, 3))], dim=1).half().numpy()


def statistics(seen: npt.NDArray[np.float16], rows: npt.NDArray[np.intp], trunk: Trunk) -> dict[str, np.ndarray]:
    """Means and deviations of what is seen, and of the class normaliser, on some rows."""
    some = seen[rows].astype(np.float32)
    with torch.inference_mode():
        normaliser = trunk.classifier(torch.from_numpy(some[:, :HEAD])).logsumexp(1).numpy()
    deviation = np.maximum(some.std(0), 1e-2)
    return {
        "mean": some.mean(0),
        "deviation": deviation,
        "normaliser": normaliser.mean(),
        "normaliser_deviation": normaliser.std(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--task-from", type=Path, metavar="FILE")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pictures = read_pictures(args.data)
    views = plan_views(pictures)
    target, sizes = args.out / SEEN, (len(views), MOMENTS + HEAD)
    seen = np.lib.format.open_memmap(target, "r+" if target.exists() else "w+", np.float16, sizes)
    missing = [row for row in range(len(views)) if not np.any(seen[row, :HEAD])]
    print(f"{len(pictures)} pictures, {len(views)} views, {len(missing)} to see", flush=True)
    task = task_state_from(args.task_from) if args.task_from else learnt_task_state(args.out)
    towers, started = Towers(task), time.time()
    torch.set_num_threads(1)

    def see(at: int) -> None:
        if time.time() - started < 60 * args.minutes:
            rows = missing[at : at + BATCH]
            seen[rows] = towers(np.stack([load_view(views[row], pictures) for row in rows]))
            if at % (100 * BATCH) == 0:
                print(f"{at} views, {at / (time.time() - started):.0f}/s", flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(see, range(0, len(missing), BATCH)))
    seen.flush()
    plain = [row for row, view in enumerate(views) if view.number == WHOLE and pictures[view.picture].split == "train"]
    rows = np.sort(np.random.default_rng(0).choice(plain, 4000, replace=False))
    np.savez(args.out / STATISTICS, **statistics(seen, rows, towers.trunk))


def _rng(view: View, pictures: list[Pictured]) -> random.Random:
    return random.Random(f"{pictures[view.picture].path.name}/{view.number}/{view.style}")


if __name__ == "__main__":
    main()
