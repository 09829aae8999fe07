"""How a backbone is called: `mini`, a short name, `NAME/TAG`, `NAME@FILE`, a folder or a repository of a hub.

And what open_clip knows (models, weights, configs), with what to say of a name that is none of it. The names are had
without importing open_clip or torch, which takes seconds.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from imgrank.errors import BackboneError

MINI = "mini"
CHOICES = {  # of what is published, the best for its cost under a licence that lets anyone use it
    "small": "ViT-B-32-256/datacomp_s34b_b86k",
    "medium": "ViT-B-16-SigLIP2/webli",
    "best": "PE-Core-L-14-336/meta",
}
HUB, FOLDER = "hf-hub:", "local-dir:"  # as open_clip has them
CONFIG_FILE = "open_clip_config.json"  # what makes a folder a model
FILE_KINDS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
BF16, GRID = "+bf16", "+grid"


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
        raise NoSuchName(f"No backbone is called {text!r}; `imgrank backbones` lists all.")
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
        return BackboneName(model.replace("/", "-"), file=os.path.expanduser(file)) if model and file else None
    model, _, tag = text.rpartition("/")
    return BackboneName(model.replace("/", "-"), tag=tag.lower().replace("-", "_")) if model and tag else None


_ALIAS = "_imgrank_open_clip"  # open_clip's folder as a package without its __init__, which imports torch
_LOADS_TORCH = "safetensors.torch"


def check_backbone(text: str) -> None:
    """Raise BackboneError where no backbone can be meant by this name; says nothing of what is on disk."""
    if text != MINI:
        check_name(read_name(text))


def read_name(text: str) -> BackboneName:
    """A text as a name. Raises BackboneError, with names that are near, where it has no form of one."""
    from imgrank.backbone.near_names import looks_like_path, unknown_name

    try:
        name = parse_name(text)
    except NoSuchName as error:
        raise BackboneError(unknown_name(text, models())) from error
    if not name.is_whole and name.model not in models() and (looks_like_path(text) or os.path.exists(text)):
        raise BackboneError(unknown_name(text, models()))
    return name


def check_name(name: BackboneName) -> None:
    """Raise BackboneError where open_clip has no such model, or no such weights of it."""
    from imgrank.backbone.near_names import instead, near_names

    if name.is_whole:
        return
    if name.model not in models():
        close = close_matches(name.model, models())
        near = [f"{model}@{name.file}" for model in close] if name.file else near_names(str(name.plain), models())
        raise refusal(name, f"open_clip has no model {name.model!r}{instead(near)}")
    if not name.file and str(name.plain) not in pretrained():
        near = near_names(str(name.plain), models())
        raise refusal(name, f"open_clip has no weights {name.tag!r} for {name.model}{instead(near)}")


def pretrained() -> dict[str, Mapping[str, Any]]:
    """open_clip's own notes on each published set of weights, by `NAME/TAG`."""
    module = _pretrained_module()
    return {f"{model}/{tag}": module.get_pretrained_cfg(model, tag) for model, tag in module.list_pretrained()}


def models() -> list[str]:
    """Every architecture that open_clip can build, also those that were added to it."""
    added = sys.modules.get("open_clip")
    if added is not None:
        return list(added.list_models())
    return sorted(file.stem for file in Path(_folder(), "model_configs").glob("*.json"))


def read_config(model: str) -> dict[str, Any]:
    """open_clip's own description of a model of its list, or of those that were added to it."""
    added = sys.modules.get("open_clip")
    if added is not None:
        known: dict[str, Any] = added.get_model_config(model)
        return known
    config: dict[str, Any] = json.loads(Path(_folder(), "model_configs", f"{model}.json").read_text("utf-8"))
    return config


def refusal(name: BackboneName, reason: str) -> BackboneError:
    """What to say of a name that cannot be used."""
    short = next((word for word, known in CHOICES.items() if known == str(name.plain)), "")
    shown = f"{short} ({name})" if short else repr(str(name))
    return BackboneError(f"The backbone {shown} cannot be used: {reason}{'' if reason.endswith('.') else '.'}")


def missing(name: BackboneName, reason: str) -> BackboneError:
    """As `refusal`, of weights that are not on this computer: with what is."""
    from imgrank.backbone.catalogue import on_disk

    return refusal(name, f"{reason}. On disk: {', '.join(on_disk()) or 'nothing'}. `mini` needs no download.")


def _folder() -> str:
    spec = find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        raise BackboneError("The package open_clip is missing; install imgrank again.")
    return str(spec.submodule_search_locations[0])


@lru_cache(maxsize=1)
def _pretrained_module() -> Any:
    with _without_torch():
        return open_clip_part("pretrained")


def open_clip_part(name: str) -> Any:
    """One module of open_clip without the package, which takes seconds to import."""
    if "open_clip" in sys.modules:
        return import_module(f"open_clip.{name}")
    if _ALIAS not in sys.modules:
        package = ModuleType(_ALIAS)
        package.__path__ = [_folder()]
        sys.modules[_ALIAS] = package
    return import_module(f"{_ALIAS}.{name}")


@contextmanager
def _without_torch() -> Iterator[None]:
    """Within, `safetensors.torch` cannot be imported unless it was: the table does without."""
    blocked = _LOADS_TORCH not in sys.modules
    if blocked:
        sys.modules[_LOADS_TORCH] = None  # type: ignore[assignment]  # so that importing it fails
    try:
        yield
    finally:
        if blocked:
            sys.modules.pop(_LOADS_TORCH, None)
