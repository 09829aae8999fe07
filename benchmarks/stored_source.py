"""Tokens of many pictures in one npz file, and a token source that serves them: for benchmarks that fit a lot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from imgrank.learning.baselines import features
from imgrank.records import ImageFile
from imgrank.tokens import PackedTokens, TextTokens, TokenShape


def write_source(out: Path, folder: Path, names: list[str], sentences: list[str], backbone: str) -> None:
    """Encode the pictures of these names under `folder`, and the sentences, into one npz file."""
    from imgrank.ranker import Ranker

    ranker = Ranker(backbone, adapter="none")
    encoded = ranker.encode([str(folder / name) for name in names], progress=_show)
    if encoded.skipped:
        sys.exit(f"{len(encoded.skipped)} pictures cannot be read, the first is {encoded.skipped[0].path}")
    save_source(out, names, encoded.packed, ranker.backbone, sentences)


def save_source(out: Path, names: list[str], packed: PackedTokens, backbone: object, sentences: list[str]) -> None:
    """The npz file of tokens that are known already."""
    texts = [backbone.encode_sentence(sentence) for sentence in sentences]
    arrays = {f"text.{n}": text.tokens for n, text in enumerate(texts)}
    np.savez(
        out,
        names=np.array(names),
        quantised=packed.quantised,
        scales=packed.scales,
        embedding=packed.embedding,
        fingerprint=backbone.fingerprint,
        sentences=np.array(sentences),
        embeddings=np.stack([text.embedding for text in texts]),
        **arrays,
    )


@dataclass(frozen=True)
class Facts:
    """What a token source says of its backbone."""

    name: str
    fingerprint: str
    shape: TokenShape
    text_width: int


class StoredSource:
    """The pictures and sentences of one npz file, as `imgrank.training.train` asks for them."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.packed = PackedTokens(file["quantised"], file["scales"], file["embedding"])
            self._place = {str(name): n for n, name in enumerate(file["names"])}
            embeddings = file["embeddings"]
            self._texts = {
                str(sentence): TextTokens(file[f"text.{n}"], embeddings[n])
                for n, sentence in enumerate(file["sentences"])
            }
            width = next(iter(self._texts.values())).tokens.shape[1]
            self.backbone = Facts("mini", str(file["fingerprint"]), self.packed.shape, width)

    def rows(self, names: Sequence[str]) -> np.ndarray:
        """(N,) places of pictures in `packed`."""
        return np.array([self._place[name] for name in names], np.intp)

    def features(self) -> np.ndarray:
        """(pictures, D + E) mean tokens and embedding."""
        return features(self.packed)

    def encode(self, files: Sequence[str], *, mirrored: bool = False, progress: object = None) -> SimpleNamespace:
        """Stored tokens by name; nothing is known of mirrored pictures."""
        if mirrored:
            raise ValueError("no mirrored tokens are stored: train with mirror=False")
        found = tuple(ImageFile(name, 1, 1) for name in files)
        return SimpleNamespace(files=found, packed=self.packed[self.rows(files)], skipped=())

    def sentence(self, text: str) -> TextTokens:
        """A stored sentence; another one is encoded by the backbone of the tokens, while that is still installed."""
        if text not in self._texts:
            from imgrank.ranker import Ranker

            ranker = Ranker(self.backbone.name, adapter="none")
            if ranker.backbone.fingerprint != self.backbone.fingerprint:
                raise ValueError(f'"{text}" is not stored, and the tokens\' backbone is not installed any more')
            self._texts[text] = ranker.sentence(text)
        return self._texts[text]


def _show(progress: object) -> None:
    if sys.stderr.isatty():
        print(progress, end="\r", file=sys.stderr)
