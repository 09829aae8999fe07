"""What following a picture's colour profile costs, as CPU seconds a picture, beside the same picture without one.

python benchmarks/profiles.py [--small]
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

import numpy as np
from figures import ROOT, Figure, script
from pictures import CAMERA, paste_together, photographs
from PIL import Image, ImageCms

sys.path.insert(0, str(ROOT))  # tests/decode/profiles.py makes profiles whose meaning is known

from imgrank.decode import decode_bytes, measure_pixels
from imgrank.detail.measure import measure as measure_detail
from tests.decode.profiles import cmyk_profile, rgb_profile

# Display P3: the screens and cameras of phones.
P3 = rgb_profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
INKS = cmyk_profile(lambda c, m, y, k: (100 * (1 - k) * (1 - (c + m + y) / 4), 20 * (m - c), 30 * (y - m)))
ROUNDS = 5


def small(data: bytes) -> None:
    decode_bytes(data, "a.jpg", 224, "bicubic")


def detail(data: bytes) -> None:
    measure_pixels(data, "a.jpg", measure_detail)


def milliseconds(way: Callable[[bytes], None], data: bytes) -> float:
    """The least CPU time of some rounds, the first of which builds what is kept."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        way(data)
        times.append(time.process_time() - started)
    return 1000 * min(times)


def encoded(picture: Image.Image, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, icc_profile=profile)
    return out.getvalue()


def measure(is_small: bool) -> list[Figure]:
    size = (400, 300) if is_small else CAMERA
    picture = paste_together(photographs(), size, np.random.default_rng(1))
    figures = []
    for name, way in (("for a score", small), ("detail at full size", detail)):
        plain = milliseconds(way, encoded(picture, None))
        figures.append(Figure(f"12 MP JPEG, {name}: no profile", plain, "ms"))
        for called, profile in (("sRGB's own", SRGB), ("Display P3", P3)):
            took = milliseconds(way, encoded(picture, profile))
            figures.append(Figure(f"12 MP JPEG, {name}: {called}", took, "ms"))
        inks = picture.convert("CMYK")
        figures.append(Figure(f"12 MP JPEG, {name}: CMYK, none", milliseconds(way, encoded(inks, None)), "ms"))
        figures.append(Figure(f"12 MP JPEG, {name}: CMYK, a press's", milliseconds(way, encoded(inks, INKS)), "ms"))
    return figures


if __name__ == "__main__":
    script(__doc__, measure)
