"""What backbones there are, which are on disk, and what their makers measured."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from imgrank.backbone.download import cached_weights
from imgrank.backbone.names import MINI
from imgrank.paths import weights_dir

# `published.csv` holds well-known rows of docs/openclip_results.csv of mlfoundations/open_clip at its commit
# f862f86cd92123615a8695ce8bcb6ecc066af452: parameters in millions, zero-shot top-1 accuracy on ImageNet-1k.
PUBLISHED = "published.csv"
BYTES_A_PARAMETER = 4  # published weights are mostly float32


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One backbone: its name, whether it is on disk, the size of its file in bytes (`about` where it is a
    guess from the parameters, 0 where unknown) and its published zero-shot ImageNet accuracy, or None."""

    name: str
    on_disk: bool
    size: int
    about: bool
    imagenet_top1: float | None


@dataclass(frozen=True, slots=True)
class Published:
    """What open_clip's own table says of one set of weights."""

    parameters_millions: float
    imagenet_top1: float


def catalogue() -> list[CatalogueEntry]:
    """`mini`, then every set of weights that open_clip knows, in its order. Needs no network."""
    published = read_published()
    entries = [_open_clip_entry(name, config, published.get(name)) for name, config in pretrained().items()]
    return [_mini_entry(), *entries]


def on_disk() -> list[str]:
    """Names that can be used now without a network."""
    return [entry.name for entry in catalogue() if entry.on_disk]


def pretrained() -> dict[str, Mapping[str, Any]]:
    """open_clip's own notes on each published set of weights, by `NAME/TAG`."""
    from imgrank.backbone.towers import quiet_and_safe

    with quiet_and_safe():
        import open_clip
        from open_clip.pretrained import get_pretrained_cfg

        return {f"{model}/{tag}": get_pretrained_cfg(model, tag) for model, tag in open_clip.list_pretrained()}


def models() -> list[str]:
    """Every architecture that open_clip can build."""
    from imgrank.backbone.towers import quiet_and_safe

    with quiet_and_safe():
        import open_clip

        return list(open_clip.list_models())


def read_published() -> dict[str, Published]:
    """The shipped table, by `NAME/TAG`."""
    text = files(__package__).joinpath(PUBLISHED).read_text("utf-8")
    return {
        f"{row['model']}/{row['tag']}": Published(float(row["parameters_millions"]), float(row["imagenet_top1"]))
        for row in csv.DictReader(text.splitlines())
    }


def _mini_entry() -> CatalogueEntry:
    file = weights_dir() / "mini.safetensors"
    size = file.stat().st_size if file.is_file() else 0
    return CatalogueEntry(MINI, size > 0, size, False, None)


def _open_clip_entry(name: str, config: Mapping[str, Any], published: Published | None) -> CatalogueEntry:
    file = cached_weights(config)
    guess = int(published.parameters_millions * 1e6) * BYTES_A_PARAMETER if published else 0
    size = file.stat().st_size if file else guess
    return CatalogueEntry(name, file is not None, size, file is None, published.imagenet_top1 if published else None)
