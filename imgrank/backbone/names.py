"""How a backbone is called: `mini`, a short name, `NAME/TAG`, `NAME@FILE`, a folder or a repository of a hub.

And what open_clip knows (models, weights, configs), with what to say of a name that is none of it. The names are had
without importing open_clip or torch, which takes seconds.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


_ALIAS = "_imgrank_open_clip"  # open_clip's folder as a package without its __init__, which imports torch
_LOADS_TORCH = "safetensors.torch"


def check_backbone(text: str) -> None:
    """Raise BackboneError where no backbone can be meant by this name; says nothing of what is on disk."""
    if text != MINI:
        check_name(read_name(text))


def read_name(text: str) -> BackboneName:
    """A text as a name. Raises BackboneError, with names that are near, where it has no form of one."""
    try:
        return parse_name(text)
    except NoSuchName as error:
        known = [MINI, *CHOICES, *pretrained()]
        close = close_matches(text, known) or _tags_of(close_matches(text, models()), known)
        raise BackboneError(f"No backbone is called {text!r}: {FORMS}{_instead(close)}") from error


def check_name(name: BackboneName) -> None:
    """Raise BackboneError where open_clip has no such model, or no such weights of it."""
    if name.is_whole:
        return
    if name.model not in models():
        raise refusal(name, f"open_clip has no model {name.model!r}", _close_models(name))
    published = pretrained()
    if not name.file and str(name.plain) not in published:
        tags = [known for known in published if known.startswith(f"{name.model}/")]
        close = close_matches(str(name.plain), tags) or close_matches(str(name.plain), published) or tags[:5]
        raise refusal(name, f"open_clip has no weights {name.tag!r} for {name.model}", close)


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


def refusal(name: BackboneName, reason: str, close: Sequence[str] = ()) -> BackboneError:
    """What to say of a name that cannot be used."""
    return BackboneError(f"The backbone {str(name)!r} cannot be used: {reason}{_instead(close)}")


def _instead(close: Sequence[str]) -> str:
    """The end of such a sentence: which names are near, and what works without a download."""
    from imgrank.backbone.catalogue import on_disk

    near = f"; did you mean {', '.join(close)}?" if close else ""
    stored = ", ".join(on_disk()) or "nothing"
    return f"{near}; on disk: {stored}; `mini` needs no download, and `imgrank backbones` lists all."


def _close_models(name: BackboneName) -> list[str]:
    """Whole names that can be used, nearest first; models without published weights by their own name."""
    close = close_matches(name.model, models())
    if name.file:
        return [f"{model}@{name.file}" for model in close]
    tags = list(pretrained())
    return close_matches(str(name.plain), tags) or _tags_of(close, tags)


def _tags_of(near: Iterable[str], known: Sequence[str]) -> list[str]:
    return [name for model in near for name in known if name.startswith(f"{model}/")][:3]


def _folder() -> str:
    spec = find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        raise BackboneError("The package open_clip is missing; install imgrank again.")
    return str(spec.submodule_search_locations[0])


@lru_cache(maxsize=1)
def _pretrained_module() -> Any:  # noqa: ANN401 (open_clip has no types)
    with _without_torch():
        return open_clip_part("pretrained")


def open_clip_part(name: str) -> Any:  # noqa: ANN401 (open_clip has no types)
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
