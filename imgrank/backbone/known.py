"""What open_clip knows (models, weights, configs), and what to say of a name that is none of it.

The names are had without importing open_clip or torch, which takes seconds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from imgrank.backbone.names import CHOICES, FORMS, MINI, BackboneName, NoSuchName, close_matches, parse_name
from imgrank.errors import BackboneError

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
