"""From a name to the facts of a backbone: known names, weights on disk or downloaded, sizes, fingerprint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imgrank.backbone.contract import Preprocessing
from imgrank.backbone.download import NotDownloaded, fetch_weights, reason_of
from imgrank.backbone.fingerprint import fingerprint, weights_hash
from imgrank.backbone.known import check_name, pretrained, read_config, refusal
from imgrank.backbone.names import FOLDER, BackboneName
from imgrank.backbone.open_clip_facts import OpenClipFacts
from imgrank.backbone.own_config import ModelFolder, read_model
from imgrank.backbone.sentences import load_tokenizer, needs_hub
from imgrank.backbone.towers import Architecture, measure
from imgrank.backbone.windows import GRID

RESIZE_MODES = ("shortest", "longest", "squash")  # open_clip's; the first is what it takes where nothing is said
FILE_KINDS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
# open_clip's own default, for a file whose model has no published weights or several kinds of them
OPENAI = {
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "std": (0.26862954, 0.26130258, 0.27577711),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}


def resolve(name: BackboneName, note: Callable[[str], None]) -> OpenClipFacts:
    """Find or download the weights, measure the towers, take the fingerprint.

    Raises BackboneError in one line: what was asked, what is close, what is on disk, and that `mini`
    needs nothing.
    """
    found = _found(name, note)
    config, weights = found.config, found.weights
    quick_gelu = bool(found.preprocessing.get("quick_gelu")) and not config.get("quick_gelu")
    preprocessing = _preprocessing(name, config, found.preprocessing)
    _check_tokenizer(name, config)
    shapes = measure(architecture_of(name, weights, quick_gelu), preprocessing, weights)
    architecture = {**config, "quick_gelu": quick_gelu or bool(config.get("quick_gelu"))}
    if name.grid:
        architecture["grid"] = "whole"
    return OpenClipFacts(
        weights=weights,
        hash=weights_hash(weights),
        quick_gelu=quick_gelu,
        fingerprint=fingerprint(architecture, [weights], preprocessing.facts()),
        shape=shapes.image,
        text_width=shapes.text_width,
        preprocessing=preprocessing,
        config=config,
        plain=shapes.plain,
    )


def architecture_of(name: BackboneName, weights: Path, quick_gelu: bool = False) -> Architecture:
    """What open_clip builds of a name whose weights are this file."""
    model = f"{FOLDER}{weights.parent}" if name.is_whole else name.model
    return Architecture(model, quick_gelu, 0 if name.grid else GRID)


def _found(name: BackboneName, note: Callable[[str], None]) -> ModelFolder:
    """Config, preprocessing and weights, wherever they come from. Raises BackboneError."""
    check_name(name)
    if name.is_whole:
        try:
            found = read_model(name, note)
        except (NotDownloaded, ValueError) as error:
            raise refusal(name, str(error)) from error
        return replace(found, preprocessing={**OPENAI, **found.preprocessing})
    tag_config = _file_config(name) if name.file else pretrained()[str(name.plain)]
    weights = _own_file(name) if name.file else _published_file(name, tag_config, note)
    return ModelFolder(read_config(name.model), tag_config, weights)


def published_preprocessing(name: BackboneName) -> Preprocessing:
    """How pixels are made for published weights, on disk or not. Raises BackboneError for an unknown name."""
    check_name(name)
    return _preprocessing(name, read_config(name.model), pretrained()[str(name.plain)])


def _file_config(name: BackboneName) -> Mapping[str, Any]:
    """Preprocessing of a file of one's own: that of the model's published weights where they agree."""
    of_model = [config for known, config in pretrained().items() if known.startswith(f"{name.model}/")]
    kinds = [{key: config[key] for key in OPENAI} for config in of_model if all(key in config for key in OPENAI)]
    return kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else OPENAI


def _own_file(name: BackboneName) -> Path:
    if not os.path.isfile(name.file):
        raise refusal(name, f"there is no file {name.file}")
    if not name.file.lower().endswith(FILE_KINDS):
        raise refusal(name, f"{name.file} is none of {', '.join(FILE_KINDS)}")
    if not os.access(name.file, os.R_OK):
        raise refusal(name, f"there is no permission to read {name.file}")
    return Path(name.file)


def _published_file(name: BackboneName, config: Mapping[str, Any], note: Callable[[str], None]) -> Path:
    try:
        return fetch_weights(str(name.plain), config, note)
    except NotDownloaded as error:
        raise refusal(name, str(error)) from error


def _preprocessing(name: BackboneName, config: Mapping[str, Any], tag_config: Mapping[str, Any]) -> Preprocessing:
    size = config["vision_cfg"].get("image_size", 224)
    sides = set(size) if isinstance(size, (list, tuple)) else {size}
    if len(sides) != 1:
        raise refusal(name, f"it takes images of {size} pixels, and imgrank supports square images only")
    mean, std = (tuple(float(value) for value in tag_config[key]) for key in ("mean", "std"))
    interpolation = "bilinear" if tag_config["interpolation"] == "bilinear" else "bicubic"
    mode = tag_config.get("resize_mode", "shortest")
    if mode not in RESIZE_MODES:
        raise refusal(name, f"its config asks for the resize mode {mode!r}; known are {', '.join(RESIZE_MODES)}")
    return Preprocessing(
        int(sides.pop()),
        (mean[0], mean[1], mean[2]),
        (std[0], std[1], std[2]),
        interpolation,
        crop=mode == "shortest",
        pad=mode == "longest",
    )


def _check_tokenizer(name: BackboneName, config: Mapping[str, Any]) -> None:
    """Fail before a thousand pictures are encoded, not at the sentence after them."""
    if not needs_hub(config):
        return
    try:
        load_tokenizer(name, config)
    except ImportError as error:
        raise refusal(name, 'its tokenizer needs the package transformers: pip install "imgrank[languages]"') from error
    except Exception as error:  # transformers and the hub raise types of their own
        raise refusal(name, f"its tokenizer does not load: {reason_of(error)}") from error
