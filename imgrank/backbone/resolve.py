"""From a name to the facts of a backbone: weights on disk or downloaded, sizes, fingerprint.

Names are known ones, or models that bring their own config: a folder as open_clip saves one, or a repository of a hub.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imgrank.backbone.contract import Preprocessing
from imgrank.backbone.download import OFFLINE, NotDownloaded, fetch_weights, is_reachable, reason_of
from imgrank.backbone.fingerprint import fingerprint, weights_hash
from imgrank.backbone.names import (
    CONFIG_FILE,
    FILE_KINDS,
    FOLDER,
    HUB,
    BackboneName,
    check_name,
    missing,
    pretrained,
    read_config,
    refusal,
)
from imgrank.backbone.open_clip_facts import OpenClipFacts
from imgrank.backbone.sentences import load_tokenizer, needs_hub
from imgrank.backbone.towers import Architecture, measure
from imgrank.backbone.windows import GRID

# In open_clip's own order: what it would load from such a folder.
WEIGHT_FILES = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model in a folder: its config, its preprocessing as far as it says, and its weights."""

    config: Mapping[str, Any]
    preprocessing: Mapping[str, Any]
    weights: Path


def read_model(name: BackboneName, note: Callable[[str], None]) -> ModelFolder:
    """The folder or repository that `name` names, brought here first where it is a repository.

    Raises NotDownloaded where it is not to be had, ValueError where it is no model of open_clip.
    """
    if name.model.startswith(HUB):
        return read_folder(_fetched(name, note))
    return read_folder(Path(name.model.removeprefix(FOLDER)))


def read_folder(folder: Path) -> ModelFolder:
    """Raises ValueError where the folder holds no model of open_clip."""
    try:
        whole = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        config, preprocessing = whole["model_cfg"], whole.get("preprocess_cfg", {})
        _ = config["embed_dim"], config["vision_cfg"], config["text_cfg"], preprocessing.get("mean")
    except FileNotFoundError as error:
        raise ValueError(f"{folder} holds no {CONFIG_FILE}, so it is not a model that open_clip saved") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{folder / CONFIG_FILE} is not an open_clip config ({error})") from error
    found = [folder / file for file in WEIGHT_FILES if (folder / file).is_file()]
    if not found:
        raise ValueError(f"{folder} holds no weights; open_clip calls them {WEIGHT_FILES[0]}")
    return ModelFolder(config, preprocessing, found[0])


def _fetched(name: BackboneName, note: Callable[[str], None]) -> Path:
    """The folder in the hub's own cache that holds the repository's config and weights."""
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache

    repository = name.model.removeprefix(HUB)
    config = try_to_load_from_cache(repository, CONFIG_FILE)
    if isinstance(config, str) and any(Path(config).with_name(file).is_file() for file in WEIGHT_FILES):
        return Path(config).parent
    if constants.HF_HUB_OFFLINE:
        raise NotDownloaded("it is not on disk, and HF_HUB_OFFLINE forbids a download")
    if not is_reachable(constants.ENDPOINT):
        raise NotDownloaded(OFFLINE)
    note(f"downloading {name}; this happens once")
    try:
        folder = Path(hf_hub_download(repository, CONFIG_FILE)).parent
        for file in WEIGHT_FILES:
            if _try_download(repository, file):
                return folder
    except Exception as error:  # the hub raises types of its own
        raise NotDownloaded(reason_of(error)) from error
    raise NotDownloaded("the repository holds no weights by a name that open_clip knows")


def _try_download(repository: str, file: str) -> bool:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        hf_hub_download(repository, file)
    except EntryNotFoundError:
        return False
    return True


RESIZE_MODES = ("shortest", "longest", "squash")  # open_clip's; the first is what it takes where nothing is said
WITHOUT_TRANSFORMERS = 'its tokenizer needs the package transformers: pip install "imgrank[languages]"'
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
        except NotDownloaded as error:
            raise missing(name, str(error)) from error
        except ValueError as error:
            raise refusal(name, str(error)) from error
        return replace(found, preprocessing={**OPENAI, **found.preprocessing})
    config = read_config(name.model)
    if name.file:
        return ModelFolder(config, _file_config(name), _own_file(name))
    if needs_hub(config) and find_spec("transformers") is None:  # said before gigabytes are downloaded
        raise refusal(name, WITHOUT_TRANSFORMERS)
    tag_config = pretrained()[str(name.plain)]
    return ModelFolder(config, tag_config, _published_file(name, tag_config, note))


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
        raise refusal(name, f"{name.file} is not one of {', '.join(FILE_KINDS)}")
    if not os.access(name.file, os.R_OK):
        raise refusal(name, f"there is no permission to read {name.file}")
    return Path(name.file)


def _published_file(name: BackboneName, config: Mapping[str, Any], note: Callable[[str], None]) -> Path:
    try:
        return fetch_weights(str(name.plain), config, note)
    except NotDownloaded as error:
        raise missing(name, str(error)) from error


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
        pad=_bars(name, tag_config) if mode == "longest" else None,
    )


def _bars(name: BackboneName, config: Mapping[str, Any]) -> tuple[int, int, int]:
    """The colour beside a picture that keeps its proportions: one shade, or red, green and blue."""
    colour = config.get("fill_color", 0)
    shades = list(colour) if isinstance(colour, (list, tuple)) else [colour] * 3
    if len(shades) != 3 or not all(type(shade) is int and 0 <= shade <= 255 for shade in shades):
        raise refusal(name, f"its config asks for fill_color {colour!r}; it takes one number from 0 to 255, or three")
    return shades[0], shades[1], shades[2]


def _check_tokenizer(name: BackboneName, config: Mapping[str, Any]) -> None:
    """Fail before a thousand pictures are encoded, not at the sentence after them."""
    if not needs_hub(config):
        return
    try:
        load_tokenizer(name, config)
    except ImportError as error:
        raise refusal(name, WITHOUT_TRANSFORMERS) from error
    except Exception as error:  # transformers and the hub raise types of their own
        raise refusal(name, f"its tokenizer does not load: {reason_of(error)}") from error
