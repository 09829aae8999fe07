"""A stand-in for the pipeline: pictures are files whose name is a number, and their tokens say something of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imgrank.adapter.model import AdapterConfig
from imgrank.records import ImageFile, Unreadable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape, pack
from imgrank.training import TrainingOptions

SHAPE = TokenShape(tokens=4, width=16, embedding=12)
TEXT_WIDTH = 10
CONFIG = AdapterConfig(
    tokens=4, image_width=16, embedding_width=12, text_width=10, width=16, heads=2, prompts=2, relations=2,
    densities=3, pair_hidden=8,
)  # fmt: skip
QUICK = TrainingOptions(epochs=6, fold_epochs=3, patience=6, min_steps=4, learning_rate=3e-3, always=True)
AUTO = replace(QUICK, always=False)


@dataclass(frozen=True)
class Facts:
    name: str = "fake"
    fingerprint: str = "feedfacefeedface"
    shape: TokenShape = SHAPE
    text_width: int = TEXT_WIDTH


@dataclass(frozen=True)
class Pictures:
    files: tuple[ImageFile, ...]
    packed: PackedTokens
    skipped: tuple[Unreadable, ...]


class FakeSource:
    """`level(path)` is the number in a picture's name; its first tokens grow with it, the rest is noise."""

    backbone = Facts()

    def __init__(self, noise: float = 0.3) -> None:
        self.noise = noise
        self.calls: list[bool] = []

    def encode(self, files, *, mirrored=False, progress=lambda _: None):
        self.calls.append(mirrored)
        good = [path for path in files if "bad" not in os.path.basename(path)]
        skipped = tuple(Unreadable(path, "the file is empty") for path in files if path not in good)
        tokens = np.stack([self._tokens(path) for path in good])
        if mirrored:
            tokens = tokens[:, ::-1]
        packed = pack(np.ascontiguousarray(tokens), np.stack([self._noise(path, 12) for path in good]))
        return Pictures(tuple(ImageFile(path, 1, 1) for path in good), packed, skipped)

    def sentence(self, text: str) -> TextTokens:
        rng = np.random.default_rng(list(text.encode()))
        embedding = rng.normal(size=SHAPE.embedding).astype(np.float32)
        return TextTokens(
            rng.normal(size=(1 + text.count(" "), TEXT_WIDTH)).astype(np.float32), embedding / np.linalg.norm(embedding)
        )

    def _tokens(self, path):
        tokens = self.noise * self._noise(path, SHAPE.tokens * SHAPE.width).reshape(SHAPE.tokens, SHAPE.width)
        tokens[:, :4] += np.arcsinh([level(path) / 20, level(path) / 40, level(path) / 60, 1])
        return tokens

    def _noise(self, path, size):
        return np.random.default_rng(int(level(path) * 7 + 1)).normal(size=size).astype(np.float32)


class NarrowSource(FakeSource):
    """A backbone whose text tokens are as wide as its embeddings, as in the published one."""

    backbone = Facts(text_width=SHAPE.embedding)

    def sentence(self, text: str) -> TextTokens:
        whole = super().sentence(text)
        return TextTokens(np.stack([whole.embedding] * 2), whole.embedding)


def level(path: str) -> float:
    return float("".join(c for c in os.path.basename(path).split(".")[0] if c.isdigit()))


def labels_csv(folder: Path, count: int, *, split=None, group=None, query="more|larger", bad=()) -> Path:
    """`count` pictures whose value is half their number, in the long form."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["image,query,value,split,group"]
    for n in range(count):
        name = f"bad{n}.jpg" if n in bad else f"{n}.jpg"
        (folder / name).write_bytes(b"")
        lines.append(f"{name},{query},{n / 2},{split(n) if split else ''},{group(n) if group else ''}")
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pairs_csv(folder: Path, count: int, pictures: int = 60, seed: int = 0, say: str | None = None) -> Path:
    """`count` answers between pictures, some of them ties; or all of them what `say` says."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    lines = ["left,right,query,preferred"]
    for n in range(pictures):
        (folder / f"{n}.jpg").write_bytes(b"")
    for _ in range(count):
        left, right = rng.choice(pictures, 2, replace=False)
        answer = "tie" if abs(left - right) < 3 else "left" if left > right else "right"
        lines.append(f"{left}.jpg,{right}.jpg,more,{say or answer}")
    path = folder / "pairs.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
