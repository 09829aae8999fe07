"""What a picture's own colours make of its numbers: sRGB, as every other part of imgrank takes them.

A profile that leaves every colour where sRGB has it costs nothing and changes no bit; one that is broken, or made for
another kind of picture, is passed over. Some files name their colours instead of bringing a profile: AVIF, HEIC and PNG
by the numbers of ITU-T H.273 (`colr nclx`, `cICP`), cameras set to Adobe RGB by EXIF.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms

from imgrank.decode.file_bytes import box_properties, number_at
from imgrank.decode.sniff import HEIC

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


Curve = npt.NDArray[np.float64]
_D65 = (0.3127, 0.3290)
_SRGB = 1
_CHROMATICITIES = {  # of red, green, blue and white, by their number; what is not here is taken for sRGB
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), (0.310, 0.316)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
    _SRGB: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65),
}
_ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_PQ = 16  # HLG, 18, was made to be shown as if it were no HDR
_GAMMA_STEPS = 1024
_WHITE_NITS, _BRIGHTEST_NITS, _KNEE = 203.0, 1000.0, 0.6
_INTEROPERABILITY, _ADOBE_RGB = 1, 2
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def named_profile(data: bytes, kind: str, image: Image.Image) -> bytes | None:
    """The profile of a file that brings none itself; None where its colours are sRGB, or it does not say."""
    if kind == "JPEG":
        return adobe_rgb() if names_adobe_rgb(image.getexif()) else None
    numbers = _of_png(data) if kind == "PNG" else _of_boxes(data) if kind in ("AVIF", HEIC) else None
    return None if numbers is None else _profile_of(*numbers)


def names_adobe_rgb(exif: Image.Exif) -> bool:
    """Whether EXIF says so, as cameras do: color space 2, or none and the rules R03 of DCF."""
    try:
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        rules = exif.get_ifd(ExifTags.IFD.Interop).get(_INTEROPERABILITY)
    except Exception:  # noqa: BLE001 - broken EXIF raises anything, and the pixels are fine
        return False
    return space == _ADOBE_RGB or (space != 1 and isinstance(rules, str) and rules.startswith("R03"))


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    """Adobe RGB (1998) as a profile."""
    return _profile(_ADOBE, np.linspace(0, 1, _GAMMA_STEPS) ** 2.19921875)


def _of_boxes(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer function of an AVIF or HEIC picture."""
    for part in box_properties(data):
        if part.name == b"colr" and bytes(part.body[:4]) == b"nclx":
            try:
                return number_at(part.body, 4, 2), number_at(part.body, 6, 2)
            except IndexError:
                return None
    return None


def _of_png(data: bytes) -> tuple[int, int] | None:
    at = data.find(b"\0\0\0\4cICP", 8, max(0, data.find(b"IDAT")))
    return None if at < 0 else (data[at + 8], data[at + 9])


@lru_cache(maxsize=16)
def _profile_of(primaries: int, transfer: int) -> bytes | None:
    if primaries not in _CHROMATICITIES:
        primaries = _SRGB
    if primaries == _SRGB and transfer not in _GAMMAS and transfer != _PQ:
        return None
    return _profile(_CHROMATICITIES[primaries], _curve(transfer))


def _curve(transfer: int) -> Curve:
    """Light, 0 to 1, of numbers from 0 to 1."""
    steps = np.linspace(0, 1, _GAMMA_STEPS)
    if transfer == _PQ:
        return _shown(_nits(steps) / _WHITE_NITS)
    if transfer in _GAMMAS:
        return np.power(steps, _GAMMAS[transfer])
    return np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)


def _nits(steps: Curve) -> Curve:
    """SMPTE ST 2084."""
    root = steps ** (1 / 78.84375)
    return 10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)


def _shown(light: Curve) -> Curve:
    """Light, of which 1 is white paper, for a screen that shows no more: what is brighter is pressed together."""
    room = 1 - _KNEE
    above = np.clip(light - _KNEE, 0, _BRIGHTEST_NITS / _WHITE_NITS - _KNEE)
    pressed = above / (above + room)
    return np.where(light <= _KNEE, light, _KNEE + room * pressed / pressed.max())


def _profile(chromaticities: tuple[tuple[float, float], ...], curve: Curve) -> bytes:
    """An ICC profile of version 2: three primaries, adapted to its white, and one curve."""
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in chromaticities])
    primaries, white = xyz[:3].T, xyz[3]
    colorants = _adaptation(white) @ (primaries * np.linalg.solve(primaries, white))
    trc = b"curv\0\0\0\0" + struct.pack(">I", len(curve)) + np.round(curve * 65535).astype(">u2").tobytes()
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", 6) + b"named\0" + b"\0" * 78, b"wtpt": _xyz(_D50)}
    tags |= {name: _xyz(colorants[:, n]) for n, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), trc)
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _xyz(_D50)[8:] + b"\0" * 48
    return head + table + body


def _adaptation(white: Curve) -> npt.NDArray[np.float64]:
    """From a white to D50, which profiles are relative to, by Bradford's method."""
    scaled = np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white))
    adapted: npt.NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ scaled @ _BRADFORD
    return adapted


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65536) for value in values))
