"""What open_clip itself knows: its models, their published weights, their configs. Importing it takes seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgrank.backbone.towers import quiet_and_safe


def pretrained() -> dict[str, Mapping[str, Any]]:
    """open_clip's own notes on each published set of weights, by `NAME/TAG`."""
    with quiet_and_safe():
        import open_clip
        from open_clip.pretrained import get_pretrained_cfg

        return {f"{model}/{tag}": get_pretrained_cfg(model, tag) for model, tag in open_clip.list_pretrained()}


def models() -> list[str]:
    """Every architecture that open_clip can build."""
    with quiet_and_safe():
        import open_clip

        return list(open_clip.list_models())


def read_config(model: str) -> dict[str, Any]:
    """open_clip's own description of a model of its list."""
    with quiet_and_safe():
        import open_clip

        config: dict[str, Any] = open_clip.get_model_config(model)
    return config
