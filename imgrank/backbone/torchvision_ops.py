"""Lets torchvision import where its compiled operators do not load.

timm and open_clip import torchvision for its transforms alone. Where torch and torchvision come from
different builds, `import torchvision` stops with "operator torchvision::nms does not exist", because
it registers meta kernels for two operators that its C++ library would have declared. Declaring their
schemas is enough to import; imgrank never calls them.
"""

from __future__ import annotations

import importlib

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

_declared: list[torch.library.Library] = []


def ensure_importable() -> None:
    """Import torchvision, declaring its missing operators when the plain import fails."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "nms" not in str(error) or _declared:
            raise
        _declare_operators()
        importlib.import_module("torchvision")


def _declare_operators() -> None:
    # torch leaves this class untyped. The library must outlive the import, hence the module-level list.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)
