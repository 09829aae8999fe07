"""Models that bring their own config: a folder as open_clip saves one, or a repository of a hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgrank.backbone.download import OFFLINE, NotDownloaded, is_reachable, reason_of
from imgrank.backbone.names import CONFIG_FILE, FOLDER, HUB, BackboneName

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
        raise ValueError(f"{folder} holds no {CONFIG_FILE}; it is no model that open_clip saved") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{folder / CONFIG_FILE} is no config of open_clip ({error})") from error
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
