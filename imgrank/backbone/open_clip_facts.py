"""What is known of an open_clip backbone without building it: learnt once, then remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from imgrank.backbone.contract import Preprocessing
from imgrank.backbone.fingerprint import TOKENS_VERSION, recall, remember, weights_hash
from imgrank.backbone.names import GRID, BackboneName
from imgrank.tokens import TokenShape


@dataclass(frozen=True, slots=True)
class OpenClipFacts:
    """Where the weights are, and all that a warm question asks of a backbone.

    `quick_gelu` says that the weights were trained with that activation although the model's own config
    does not name it; `hash` is the weights' own; `config` is open_clip's description of the model, and `plain` that of
    `TowerShapes`.
    """

    weights: Path
    hash: str
    quick_gelu: bool
    fingerprint: str
    shape: TokenShape
    text_width: int
    preprocessing: Preprocessing
    config: Mapping[str, Any] = field(default_factory=dict)
    plain: bool = False


def recall_facts(name: BackboneName) -> OpenClipFacts | None:
    """The remembered facts, if the weights are on disk still and have not changed. Asks no network."""
    known = recall(_key(name))
    if not isinstance(known, dict):
        return None
    try:
        facts = _from_json(known)
        return facts if weights_hash(facts.weights) == facts.hash else None
    except (OSError, KeyError, TypeError, ValueError):
        return None


def remember_facts(name: BackboneName, facts: OpenClipFacts) -> None:
    """Keep them for `recall_facts`."""
    remember(_key(name), {**asdict(facts), "weights": str(facts.weights)})


def _key(name: BackboneName) -> str:
    grid = GRID if name.grid else ""
    of = f"{name.model}@{Path(name.file).absolute()}{grid}" if name.file else f"{name.plain}{grid}"
    return f"facts {of} tokens {TOKENS_VERSION} open_clip {version('open-clip-torch')}"


def _from_json(known: Mapping[str, Any]) -> OpenClipFacts:
    shape = TokenShape(**{name: int(size) for name, size in known["shape"].items()})
    return OpenClipFacts(
        weights=Path(known["weights"]),
        hash=str(known["hash"]),
        quick_gelu=bool(known["quick_gelu"]),
        fingerprint=str(known["fingerprint"]),
        shape=shape,
        text_width=int(known["text_width"]),
        preprocessing=_preprocessing_from_json(known["preprocessing"]),
        config=dict(known["config"]),
        plain=bool(known["plain"]),
    )


def _preprocessing_from_json(known: Mapping[str, Any]) -> Preprocessing:
    mean, std = ([float(value) for value in known[name]] for name in ("mean", "std"))
    return Preprocessing(
        int(known["side"]),
        (mean[0], mean[1], mean[2]),
        (std[0], std[1], std[2]),
        str(known["interpolation"]),
        bool(known["crop"]),
        _colour_from_json(known["pad"]),
    )


def _colour_from_json(known: object) -> tuple[int, int, int] | None:
    """Raises ValueError where only the fact that there are bars was kept: the model's own config says more."""
    if known is None or known is False:
        return None
    if not isinstance(known, list):
        raise ValueError("no colour")
    red, green, blue = map(int, known)
    return red, green, blue
