"""Where the pictures of an order stand: a path is a file, unless somebody says otherwise of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from imgrank.records import RankedImage, Standing

PLAIN: Mapping[str, Standing] = MappingProxyType({})  # every path is a file


def places_of(images: Iterable[RankedImage], standing: Mapping[str, Standing]) -> list[Standing]:
    """Where each stands, in their order."""
    return [standing.get(image.path) or Standing(image.path, image.path) for image in images]
