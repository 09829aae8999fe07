"""In which precision a larger model runs: bfloat16 where it is quicker here and keeps the order of the first pictures.

A precision has tokens of its own, so that it is part of a backbone's name. It is chosen once for a model and a device,
and remembered: an order must not change with how many pictures there are today.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgrank.backbone.contract import Backbone, Pixels, together
from imgrank.backbone.device import choose_device, has_bf16
from imgrank.backbone.known import read_name
from imgrank.backbone.load import load_backbone
from imgrank.backbone.memory import recall, remember
from imgrank.backbone.names import MINI, BackboneName
from imgrank.decode import Loaded, load_images
from imgrank.discover import discover
from imgrank.index.reading import is_index
from imgrank.records import ImageFile

FEWEST = 256  # pictures from which a trial is worth its time
TRIED = 64
FASTER = 1.2  # times as many pictures a second, at least
ALIKE = 0.99  # Kendall's tau of the two orders, at least

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """Pictures a second in bfloat16 and in float32, and how alike they order pictures (tau; 0 where not looked at)."""

    bf16: float
    float32: float
    tau: float

    @property
    def pays(self) -> bool:
        """Whether it is quicker, and the order stays."""
        return self.bf16 >= FASTER * self.float32 and self.tau >= ALIKE


def named_precisely(
    backbone: str, precision: str, device: str = "auto", sources: Sequence[str] = (), note: Note = lambda _: None
) -> str:
    """The name of a backbone with a precision: auto, float32 or bf16.

    `auto` tries bfloat16 on the first pictures of `sources` where nothing is known yet and there are many. `mini`, and
    a name that tells its precision, stay as they are.
    """
    if backbone == MINI:
        return backbone
    name = read_name(backbone)
    if name.bf16 or precision == "float32":
        return str(name)
    if precision == "bf16" or _decided(name, device, sources, note):
        return str(replace(name, bf16=True))
    return str(name)


def _decided(name: BackboneName, device: str, sources: Sequence[str], note: Note) -> bool:
    chosen = choose_device(device)
    known = recall(_key(name, chosen))
    if isinstance(known, bool):
        return known
    if not has_bf16(chosen):
        return False
    files = discover([source for source in sources if source != "-" and not is_index(source)], recursive=True).files
    if len(files) < FEWEST or _has_rankers(name, chosen):
        return False
    note(f"trying bfloat16 for {name} on the first {TRIED} pictures; this happens once")
    trial = tried(name, chosen, files[:TRIED])
    remember(_key(name, chosen), trial.pays)
    note(_told(name, trial))
    return trial.pays


def tried(name: BackboneName, device: str, files: Sequence[ImageFile]) -> Trial:
    """Encode a first batch in both precisions, and all of these pictures where that pays."""
    exact, rounded = (load_backbone(str(replace(name, bf16=bf16)), device) for bf16 in (False, True))
    pictures = _pixels(exact, files)
    batch = pictures[: exact.batch_size]
    slow, quick = (len(batch) / _seconds(each, batch) for each in (exact, rounded))
    if quick < FASTER * slow:
        return Trial(quick, slow, 0.0)
    one, other = (each.encode_images(together(pictures)).embedding for each in (exact, rounded))
    return Trial(quick, slow, likeness_of_orders(one, other))


def likeness_of_orders(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Mean tau of the orders by nearness to each picture in turn, in the one space (N, E) and in the other."""
    from scipy.stats import kendalltau

    spaces = [space.astype(np.float64) for space in (one, other)]
    orders = [space @ space.T for space in spaces]
    taus = [kendalltau(*(np.delete(order[n], n) for order in orders)).statistic for n in range(len(one))]
    return float(np.nan_to_num(np.mean(taus), nan=0.0))


def _pixels(backbone: Backbone, files: Sequence[ImageFile]) -> list[Pixels]:
    made = backbone.preprocessing
    loaded = load_images(files, made.side, made.interpolation, is_known=lambda _: False, crop=made.crop)
    return [item.pixels for item in loaded if isinstance(item, Loaded) and item.pixels is not None]


def _seconds(backbone: Backbone, batch: Sequence[Pixels]) -> float:
    """Of one batch, once the tower stands and its kernels are chosen."""
    backbone.encode_images(together(batch))
    started = time.perf_counter()
    backbone.encode_images(together(batch))
    return time.perf_counter() - started


def _has_rankers(name: BackboneName, device: str) -> bool:
    """Whether a ranker of the user's reads this model's float32 tokens, which others could not stand for."""
    from imgrank.adapter.registry import installed_adapters

    fingerprint = load_backbone(str(name), device).fingerprint
    return any(header.fingerprint == fingerprint for header in installed_adapters().adapters)


def _key(name: BackboneName, device: str) -> str:
    return f"precision {name} on {device} of {os.cpu_count()} cores"


def _told(name: BackboneName, trial: Trial) -> str:
    rates = f"{trial.bf16:.1f} images/s in bfloat16, {trial.float32:.1f} in float32"
    if trial.pays:
        return f"{rates}, and the order stays (tau {trial.tau:.3f}): {name} runs in bfloat16 from now on"
    why = f"the order would change (tau {trial.tau:.3f})" if trial.tau else "not enough"
    return f"{rates}: {why}, so {name} stays in float32"
