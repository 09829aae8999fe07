"""What a picture's own colour profile makes of its numbers: sRGB, as every other part of imgrank takes them.

A profile that leaves every colour where sRGB has it costs nothing and changes no bit; one that is broken, or made for
another kind of picture, is passed over.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_LONGEST = 4 << 20  # bytes; a press's profile takes up to 3 MB
_SAME = 2  # steps of 255 by which profiles that mean sRGB differ from it
_STEPS = 6  # a side of the lattice of colours on which that is looked at
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}  # Pillow's mode -> ICC's name


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """The way to sRGB from pixels of `mode`: RGB, L, CMYK or LAB."""

    mode: str
    _transform: ImageCms.ImageCmsTransform

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The same picture as sRGB; an RGB one of grey pixels stands for grey."""
        turned = self._transform.apply(image if image.mode == self.mode else image.convert(self.mode))
        turned.info.pop("icc_profile", None)
        return turned


def colours_of(image: Image.Image) -> Colours | None:
    """What an image's profile asks for; None where its numbers are sRGB, or must be taken for it."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= _LONGEST:
        profile = b""
    if image.mode == "LAB":
        return _colours(profile, "LAB") or _colours(b"", "LAB")
    if not profile:
        return None
    if image.mode == "CMYK":
        return _colours(profile, "CMYK")
    return _colours(profile, "L" if profile[16:20] == b"GRAY" and _is_grey(image) else "RGB")


def _is_grey(image: Image.Image) -> bool:
    return image.mode[0] in "1LIF"


@lru_cache(maxsize=16)
def _colours(profile: bytes, mode: str) -> Colours | None:
    try:
        source = io.BytesIO(profile) if profile else ImageCms.createProfile("LAB")
        return _unless_same(Colours(mode, _transform(ImageCms.ImageCmsProfile(source), mode)))
    except Exception:  # noqa: BLE001 - a broken profile raises anything, and the pixels are fine
        return None


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    if profile.profile.xcolor_space != _SPACES[mode]:
        raise ValueError("a profile of another kind of image")
    return ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _unless_same(colours: Colours) -> Colours | None:
    """None where no colour of a lattice moves: many profiles mean sRGB, under many names and in many tables."""
    if colours.mode not in ("RGB", "L"):
        return colours
    lattice = _lattice(colours.mode)
    moved = np.asarray(colours.to_srgb(lattice)).astype(int) - np.asarray(lattice.convert("RGB"))
    return colours if np.abs(moved).max() > _SAME else None


def _lattice(mode: str) -> Image.Image:
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.linspace(0, 255, _STEPS).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(colours.reshape(1, -1, 3))
