"""What a file of weights that does not load really is, and what to do with it."""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

_HEAD = 1 << 10
_LARGEST_PICKLE = 64 << 20
_WEIGHTS = "a plain state dict, saved by torch.save(model.state_dict(), ...) or as safetensors"
_OWN = ("torch", "collections")  # modules whose classes torch loads
_NESTED = ("model", "model_state_dict", "model_state", "module", "net", "params", "ema", "weights")


def advice_on(path: Path) -> str | None:
    """What the file is and what to do, as a part of a sentence; None where nothing is to be said. Runs none of it."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return _not_weights(head) or _unloadable(path)
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        return None


def _not_weights(head: bytes) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "the file is empty; fetch it again"
    if text.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer and not the weights; fetch them by git lfs pull"
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page and not the weights; fetch the file itself, by its download link"
    return None


def _unloadable(path: Path) -> str | None:
    """Of a file that torch.save or torch.jit.save wrote, which is a ZIP archive."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.endswith("/constants.pkl") for name in names):
            return f"it is a TorchScript program; load it by torch.jit.load where it is trusted, and save {_WEIGHTS}"
        pickled = next((name for name in names if name.endswith("/data.pkl")), None)
        if pickled is None or archive.getinfo(pickled).file_size > _LARGEST_PICKLE:
            return None
        return _in_pickle(archive.read(pickled))


def _in_pickle(data: bytes) -> str | None:
    """What of a pickle torch refuses to load, or where in it the weights stand. Reads its words, executes none."""
    told = [(code.name, value) for code, value, _ in pickletools.genops(data) if isinstance(value, str)]
    words = [value for _, value in told]
    classes = (value.replace(" ", ".") for code, value in told if code == "GLOBAL")  # as torch writes "module name"
    foreign = next((name for name in classes if name.split(".")[0] not in _OWN), None)
    if foreign is not None:
        return (
            f"beside weights it holds {foreign}, which could run a stranger's code; load it by torch.load(..., "
            f"weights_only=False) where it is trusted, and save {_WEIGHTS}"
        )
    nested = next((word for word in words[:_HEAD] if word in _NESTED), None)
    if nested is not None and "state_dict" not in words:
        return f'its weights stand under "{nested}"; save that part alone, as {_WEIGHTS}'
    return None
