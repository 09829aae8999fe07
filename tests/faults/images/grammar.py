"""Pictures by grammar: any size, mode, content, profile, orientation and encoder's option that a format has."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.decode.profiles import cmyk_profile, grey_profile, rgb_profile, swapped_profile

ORIENTATION = 0x0112
PROFILES = {
    "RGB": [None, None, rgb_profile(), swapped_profile(), rgb_profile(curve=np.linspace(0, 1, 256) ** 1.8)],
    "L": [None, None, grey_profile(1.0), grey_profile(2.2)],
    "CMYK": [cmyk_profile(lambda c, m, y, k: (100 * (1 - k) * (1 - (c + m + y) / 4), 20 * (m - c), 30 * (y - m)))],
}
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF")


@dataclass(frozen=True)
class Made:
    """A file, and what was said to make it."""

    data: bytes
    said: str


def made(format_: str, chance: random.Random) -> Made:
    """The next picture of a format."""
    mode = chance.choice(_MODES[format_])
    size = chance.choice(
        [(chance.randint(1, 20), chance.randint(1, 20)), (chance.randint(20, 160), chance.randint(20, 160))]
    )
    options = {name: chance.choice(values) for name, values in _OPTIONS[format_].items()}
    if format_ == "AVIF" and options["subsampling"] != "4:4:4":  # decoders draw chroma to full size in their own ways
        picture = Image.fromarray(
            _smooth(np.random.default_rng(chance.getrandbits(32)), 2 * size[0] + 40, 2 * size[1] + 40)
        )
    else:
        picture = _content(chance, size)
    picture = _in_mode(picture, mode, chance)
    if format_ == "TIFF":
        options |= _compression(mode, chance)
    kind = mode if mode in PROFILES else "L" if mode == "LA" else "RGB" if mode in ("RGBA", "P") else None
    profile = chance.choice(PROFILES[kind]) if kind and format_ != "GIF" else None
    if profile:
        options["icc_profile"] = profile
    if chance.random() < 0.3 and format_ != "GIF":
        exif = Image.Exif()
        exif[ORIENTATION] = chance.randint(1, 8)
        options["exif"] = exif.tobytes() if format_ != "TIFF" else exif
    told = {name: f"{len(value)} bytes" if isinstance(value, bytes) else value for name, value in options.items()}
    said = f"{format_} {mode} {picture.size} {told}"
    stream = io.BytesIO()
    picture.save(stream, format_, **options)
    return Made(stream.getvalue(), said)


_MODES = {
    "JPEG": ["RGB", "RGB", "L", "CMYK"],
    "PNG": ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"],
    "GIF": ["P", "L", "1"],
    "WEBP": ["RGB", "RGBA"],
    "TIFF": ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK"],
    "AVIF": ["RGB", "RGBA", "L"],
}
_OPTIONS: dict[str, dict[str, list]] = {
    "JPEG": {
        "quality": [60, 85, 95],
        "subsampling": [0, 1, 2],
        "progressive": [False, True],
        "optimize": [False, True],
    },
    "PNG": {"compress_level": [0, 1, 9], "optimize": [False, True]},
    "GIF": {"interlace": [0, 1]},
    "WEBP": {"lossless": [False, True], "quality": [60, 95], "method": [0, 4]},
    "TIFF": {"big_tiff": [False, True]},
    "AVIF": {"quality": [60, 95], "speed": [8], "subsampling": ["4:4:4", "4:2:0", "4:2:2"]},
}


def _compression(mode: str, chance: random.Random) -> dict[str, object]:
    kinds = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"]
    if mode in ("RGB", "L"):
        kinds.append("jpeg")
    if mode == "1":
        kinds += ["group3", "group4"]
    kind = chance.choice(kinds)
    return {} if kind is None else {"compression": kind}


def _content(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    rng = np.random.default_rng(chance.getrandbits(32))
    make: Callable[[], np.ndarray] = chance.choice(
        [
            lambda: rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
            lambda: np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (height, width, 3)).copy(),
            lambda: _smooth(rng, width, height),
            lambda: _smooth(rng, width, height),
            lambda: _smooth(rng, width, height),
        ]
    )
    return Image.fromarray(make())


def _smooth(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def _in_mode(picture: Image.Image, mode: str, chance: random.Random) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    if mode == "P":
        return picture.quantize(chance.choice([2, 16, 256]))
    if mode in ("RGBA", "LA"):
        clear = _smooth(np.random.default_rng(chance.getrandbits(32)), *picture.size)[..., 0]
        made = picture.convert(mode)
        made.putalpha(Image.fromarray(np.ascontiguousarray(clear)))
        return made
    return picture.convert(mode)
