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

from imgrank.backbone.contract import Pixels, together
from imgrank.backbone.fingerprint import recall, remember
from imgrank.backbone.load import choose_device, has_bf16, load_backbone
from imgrank.backbone.names import MINI, BackboneName, read_name
from imgrank.decode import Loaded, load_images
from imgrank.discover import discover
from imgrank.index.reading import is_index
from imgrank.records import ImageFile
from imgrank.tokens import joined

FEWEST = 256  # pictures from which a trial is worth its time
TRIED = 64
FASTER = 1.2  # times as many pictures a second, at least
ALIKE = 0.99  # Kendall's tau of the two orders, at least

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """Pictures a second in bfloat16 and in float32, and how alike they order pictures (tau)."""

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
    note(f"trying bfloat16 for {name} on the first {TRIED} images; this happens once")
    trial = tried(name, chosen, files[:TRIED])
    remember(_key(name, chosen), trial.pays)
    note(_told(name, trial))
    return trial.pays


def tried(name: BackboneName, device: str, files: Sequence[ImageFile]) -> Trial:
    """Encode these pictures in both precisions, one after the other: two models in memory may be one too many."""
    made = load_backbone(str(name), device).preprocessing
    loaded = load_images(files, made.side, made.interpolation, is_known=lambda _: False, crop=made.crop, pad=made.pad)
    pictures = [item.pixels for item in loaded if isinstance(item, Loaded) and item.pixels is not None]
    slow, quick = (_encoded(str(replace(name, bf16=bf16)), device, pictures) for bf16 in (False, True))
    return Trial(quick.rate, slow.rate, agreement_of_orders(slow.embedding, quick.embedding))


@dataclass(frozen=True, slots=True, eq=False)
class _Encoded:
    rate: float
    embedding: npt.NDArray[Any]


def _encoded(name: str, device: str, pictures: Sequence[Pixels]) -> _Encoded:
    """The first quarter is not timed: the tower is built with it, and its kernels are chosen."""
    backbone, untimed = load_backbone(name, device), -(-len(pictures) // 4)
    first = backbone.encode_images(together(pictures[:untimed]))
    started = time.perf_counter()
    rest = backbone.encode_images(together(pictures[untimed:]))
    seconds = max(time.perf_counter() - started, 1e-9)
    return _Encoded((len(pictures) - untimed) / seconds, joined([first, rest]).embedding)


def agreement_of_orders(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Mean tau of the orders by nearness to each picture in turn, in the one space (N, E) and in the other.

    Kendall's tau-b, without scipy: to import it takes as long as a dozen pictures.
    """
    first, second = (space @ space.T for space in (one.astype(np.float64), other.astype(np.float64)))
    taus = [_tau(np.delete(first[n], n), np.delete(second[n], n)) for n in range(len(one))]
    return float(np.mean(taus)) if taus else 0.0


def _tau(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    above, above_other = (np.sign(values[:, None] - values[None, :]) for values in (one, other))
    whole = float(np.sqrt(np.square(above).sum() * np.square(above_other).sum()))
    return float((above * above_other).sum()) / whole if whole else 0.0


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
    why = "not enough" if trial.bf16 < FASTER * trial.float32 else f"the order would change (tau {trial.tau:.3f})"
    return f"{rates}: {why}, so {name} stays in float32"
