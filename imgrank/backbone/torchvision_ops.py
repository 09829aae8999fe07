"""Lets torchvision import where its compiled operators do not load.

timm and open_clip import torchvision for its transforms alone. Where torch and torchvision come from
different builds, `import torchvision` stops with "operator torchvision::nms does not exist", because
it registers meta kernels for two operators that its C++ library would have declared. Declaring their
schemas is enough to import; imgrank never calls them.
"""

from __future__ import annotations

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

_library: torch.library.Library | None = None


def ensure_importable() -> None:
    """Import torchvision, declaring its missing operators when the plain import fails."""
    global _library
    if _library is not None:
        return
    try:
        import torchvision
    except RuntimeError as error:
        if "nms" not in str(error):
            raise
        _library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  (torch leaves it untyped)
        for schema in _SCHEMAS:
            _library.define(schema)  # type: ignore[no-untyped-call]
        import torchvision
