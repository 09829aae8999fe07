"""Ways from a JPEG to a 224-pixel square: speed, and whether the order stays that of decoding in full.

    python benchmarks/decoding.py [--small]

Each way decodes the same 12 MP photographs (and 1 MP ones); then `mini` encodes what came out, and Kendall's tau
between the order of a sentence and the order after full decoding is the gate: at least 0.98 as the mean over two
dozen sentences, told with its 95 % interval over pictures (bootstrap), and the least of the sentences beside it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
from figures import Figure, cores, script, seconds_of
from pictures import CAMERA, Size, jpeg, paste_together, photographs
from PIL import Image

SIDE, BICUBIC = 224, Image.Resampling.BICUBIC
SENTENCES = (
    "a dog", "a building by the water", "bright colours", "a person", "a car", "food on a table", "an old photograph",
    "a blurred picture", "many people", "a forest", "the sea", "a city at night", "a cat", "flowers", "snow",
    "a dark picture", "something red", "a bicycle", "a bird", "a mountain", "a child", "a beautiful picture",
    "a machine", "animals in a field",
)  # fmt: skip
RESAMPLES = 1000
GATE = 0.98
Pixels = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float64]
Way = Callable[[bytes], Pixels]


def shipped(data: bytes) -> Pixels:
    from imgrank.decode import decode_bytes

    return decode_bytes(data, "a.jpg", SIDE, "bicubic")


def full(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE), BICUBIC))


def full_reducing(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE), BICUBIC, reducing_gap=2.0))


def drafted(data: bytes, room: float, gap: float | None = None) -> Pixels:
    """JPEG's own scaling to no less than `room` times the side, blocks averaged down to `gap` times, then bicubic."""
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (round(room * SIDE), round(room * SIDE)))
    return np.asarray(image.resize((SIDE, SIDE), BICUBIC, reducing_gap=gap))


def draft_box(data: bytes) -> Pixels:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


def draft_torch(data: bytes) -> Pixels:
    """The draft made small by torch's antialiased bicubic on uint8."""
    import torch
    from torch.nn.functional import interpolate

    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    pixels = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None]
    small = interpolate(pixels, (SIDE, SIDE), mode="bicubic", antialias=True)
    return small[0].permute(1, 2, 0).numpy()


def simplejpeg(data: bytes) -> Pixels:
    import simplejpeg

    pixels = simplejpeg.decode_jpeg(data, min_height=2 * SIDE, min_width=2 * SIDE, fastdct=True, fastupsample=True)
    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), BICUBIC, reducing_gap=2.0))


def torchvision(data: bytes) -> Pixels:
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg

    pixels = decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)
    return np.asarray(Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize((SIDE, SIDE), BICUBIC, reducing_gap=2.0))


WAYS: dict[str, Way] = {
    "Pillow, draft and blocks: shipped": shipped,
    "Pillow, in full": full,
    "Pillow, in full, reducing_gap=2": full_reducing,
    "Pillow, draft to the side itself": partial(drafted, room=1),
    "Pillow, draft to 2 sides, no blocks": partial(drafted, room=2),
    "Pillow, draft to 2 sides, blocks to 2": partial(drafted, room=2, gap=2.0),
    "Pillow, draft to 2 sides, blocks to 3": partial(drafted, room=2, gap=3.0),
    "Pillow, draft to 3 sides, blocks to 3": partial(drafted, room=3, gap=3.0),
    "Pillow, draft and box filter": draft_box,
    "Pillow draft, torch antialias": draft_torch,
    "simplejpeg, scaled": simplejpeg,
    "torchvision.io, in full": torchvision,
}


def usable(way: Way, data: bytes) -> str:
    """Why a way cannot be tried here, or nothing."""
    if way is simplejpeg and not find_spec("simplejpeg"):
        return "not installed"
    try:
        way(data)
    except (RuntimeError, ImportError) as error:
        return f"does not load: {str(error).splitlines()[0]:.60}"
    return ""


def rate(way: Way, files: list[bytes], threads: int) -> float:
    """Pictures a second in this many threads."""
    with ThreadPoolExecutor(threads) as pool:
        return len(files) / seconds_of(lambda: list(pool.map(way, files)))


def scores(pixels: list[Pixels]) -> list[Scores]:
    """Zero-shot scores of each sentence."""
    from imgrank.backbone.mini import load_mini
    from imgrank.scoring.similarity import text_axis

    backbone = load_mini()
    packed = backbone.encode_images(np.stack(pixels))
    return [text_axis(text, None, backbone.encode_sentence)(packed).scores for text in SENTENCES]


@dataclass(frozen=True)
class Agreement:
    """Kendall's tau as the mean over sentences, its 95 % interval over pictures, and the least of the sentences."""

    mean: float
    low: float
    high: float
    least: float


def agreement(ours: list[Scores], theirs: list[Scores]) -> Agreement:
    """How far two lists of scores, a sentence each, order the pictures alike; scores have no ties to speak of."""
    pairs = np.stack([_signs(a) * _signs(b) for a, b in zip(ours, theirs, strict=True)])
    count = pairs.shape[1]
    each = pairs.sum((1, 2)) / (count * (count - 1))
    agreeing = pairs.mean(0)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)
    # A picture drawn twice is no pair with itself.
    taus = ((drawn @ agreeing) * drawn).sum(1) / (count**2 - (drawn**2).sum(1))
    return Agreement(float(each.mean()), *map(float, np.percentile(taus, (2.5, 97.5))), float(each.min()))


def _signs(scores: Scores) -> Scores:
    return np.sign(scores[:, None] - scores[None, :])


def judged_size(rng: np.random.Generator) -> Size:
    """1 to 5 MP: from 4 to 8 times the side high, so that JPEG's scaling leaves now more of it and now less.

    12 MP would take minutes to make; what is left after scaling is the same.
    """
    height = int(rng.integers(4 * SIDE, 8 * SIDE))
    return round(height * rng.choice([4 / 3, 3 / 2])), height


def measure(small: bool) -> list[Figure]:
    rng, photos = np.random.default_rng(2), photographs()
    camera = [jpeg(paste_together(photos, CAMERA, rng)) for _ in range(2 if small else 16)]
    web = [jpeg(paste_together(photos, (1200, 800), rng)) for _ in range(4 if small else 64)]
    judged = [jpeg(paste_together(photos, judged_size(rng), rng)) for _ in range(6 if small else 400)]
    truth, figures = scores([full(data) for data in judged]), []
    for name, way in WAYS.items():
        if reason := usable(way, web[0]):
            figures.append(Figure(name, None, note=reason))
            continue
        tau = agreement(scores([way(data) for data in judged]), truth)
        aim = GATE if way is shipped else None
        told = f"{tau.mean:.3f}, 95 % interval {tau.low:.3f} to {tau.high:.3f}; least of the sentences {tau.least:.3f}"
        figures += [
            Figure(f"{name}: 12 MP", rate(way, camera, cores()), "images/s"),
            Figure(f"{name}: 1 MP", rate(way, web, cores()), "images/s"),
            Figure(f"{name}: order against full decoding", tau.mean, "tau", aim=aim, note=told),
        ]
    for threads in (1, cores(), 2 * cores()):
        figures.append(Figure(f"shipped, {threads} threads: 12 MP", rate(shipped, camera, threads), "images/s"))
    return figures


if __name__ == "__main__":
    script(__doc__, measure)
