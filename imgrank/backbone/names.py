"""How a backbone is called: `mini`, a short name, `NAME/TAG`, `NAME@FILE`, a folder or a repository of a hub."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from imgrank.errors import BackboneError

MINI = "mini"
CHOICES = {  # of what is published, the best for its cost under a licence that lets anyone use it
    "small": "ViT-B-32-256/datacomp_s34b_b86k",
    "medium": "ViT-B-16-SigLIP2/webli",
    "best": "PE-Core-L-14-336/meta",
}
HUB, FOLDER = "hf-hub:", "local-dir:"  # as open_clip has them
CONFIG_FILE = "open_clip_config.json"  # what makes a folder a model
BF16, GRID = "+bf16", "+grid"
FORMS = (
    "a backbone is `mini`, `small`, `medium`, `best`, `NAME/TAG` (ViT-B-32/laion2b_s34b_b79k), `NAME@FILE`, "
    f"`hf-hub:OWNER/NAME` or a folder with {CONFIG_FILE}"
)


class NoSuchName(BackboneError):
    """A text that has no form of a name."""


@dataclass(frozen=True, slots=True)
class BackboneName:
    """An open_clip model by its name, and either the tag of its published weights or a file of one's own; or, as
    `model` alone, a repository of a hub or a folder that holds both.

    `bf16`: its image tower runs in bfloat16; `grid`: every patch is a token, where at most 49 places are kept else.
    """

    model: str
    tag: str = ""
    file: str = ""
    bf16: bool = False
    grid: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the name is that of a hub's repository or a folder, which hold config and weights."""
        return self.model.startswith((HUB, FOLDER))

    @property
    def plain(self) -> BackboneName:
        """The same weights, run in float32 and pooled."""
        return replace(self, bf16=False, grid=False)

    def __str__(self) -> str:
        name = self.model if self.is_whole else f"{self.model}@{self.file}" if self.file else f"{self.model}/{self.tag}"
        return f"{name}{GRID if self.grid else ''}{BF16 if self.bf16 else ''}"


def parse_name(text: str) -> BackboneName:
    """Read a name in one of its forms, with `+bf16` and `+grid` after it; slashes in NAME become hyphens, as open_clip
    has it.

    Raises NoSuchName where the text has none of the forms.
    """
    rest, bf16 = _without(text.strip(), BF16)
    rest, grid = _without(rest, GRID)
    rest, bf16_first = _without(rest, BF16)
    parsed = _parse_plain(CHOICES.get(rest.lower(), rest))
    if parsed is None:
        raise NoSuchName(f"No backbone is called {text!r}: {FORMS}; `imgrank backbones` lists them.")
    return replace(parsed, bf16=bf16 or bf16_first, grid=grid)


def with_grid(text: str) -> str:
    """The name of the same backbone with every patch a token; `mini` has none that could be more."""
    return text if text == MINI else str(replace(parse_name(text), grid=True))


def close_matches(wanted: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The names nearest to `wanted`, nearest first, without regard to case."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower, limit, cutoff=0.6)]


def _without(text: str, suffix: str) -> tuple[str, bool]:
    return text.removesuffix(suffix), text.endswith(suffix)


def _parse_plain(text: str) -> BackboneName | None:
    if text.startswith(HUB):
        return BackboneName(text) if text.count("/") == 1 else None
    folder = text.removeprefix(FOLDER)
    if text.startswith(FOLDER) or os.path.isfile(os.path.join(folder, CONFIG_FILE)):
        return BackboneName(FOLDER + os.path.abspath(os.path.expanduser(folder)))
    model, at, file = text.partition("@")
    if at:
        return BackboneName(model.replace("/", "-"), file=file) if model and file else None
    model, _, tag = text.rpartition("/")
    return BackboneName(model.replace("/", "-"), tag=tag.lower().replace("-", "_")) if model and tag else None
