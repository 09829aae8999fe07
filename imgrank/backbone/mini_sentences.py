"""The text tower of `mini` in numpy: a new sentence is read in a hundredth of the time that importing torch takes.

The same sums as `mini_text.MiniTextTower` and `SentenceHead`, which are trained; a test holds one against the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from imgrank.tokens import TextTokens

Floats32 = npt.NDArray[np.float32]
_ROOT_2 = math.sqrt(2)
_WORDS = "text.words.weight"
_MIDDLE = 4  # layers; further up a sentence says less of which end comes first


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """All that a sentence goes through: `tensors` as the weights file names them, floats as float32."""

    tokenizer: Any
    tensors: dict[str, npt.NDArray[Any]]
    layers: int
    heads: int
    positions: int
    norm_eps: float

    def encode(self, sentence: str) -> TextTokens:
        """Token states (L, width), the sentence's place in the space of the image embeddings, and states on the way."""
        ids = self.tokenizer.encode(sentence).ids[: self.positions]
        words = self.tensors[_WORDS][ids].astype(np.float32) * self.tensors["text.words.scale"][ids, None]
        states = [self._normed(words + self.tensors["text.positions"][: len(ids)], "text.embedding_norm")]
        for number in range(self.layers):
            states.append(self._layer(states[-1], f"text.layers.{number}."))
        vector = _unit(states[-1].mean(axis=0))
        embedding = _unit(vector + vector @ self.tensors["sentence.text_map"])
        return TextTokens(states[-1], embedding, middle=states[_MIDDLE])

    def _layer(self, states: Floats32, name: str) -> Floats32:
        """One post-norm transformer layer of BERT: (L, width) to (L, width)."""
        length, width = states.shape
        query, key, value = self._linear(states, f"{name}qkv").reshape(length, 3, self.heads, -1).transpose(1, 2, 0, 3)
        attended = softmax(query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(width // self.heads))) @ value
        joined = attended.transpose(1, 0, 2).reshape(length, width)
        states = self._normed(states + self._linear(joined, f"{name}out"), f"{name}attention_norm")
        made = self._linear(gelu(self._linear(states, f"{name}up")), f"{name}down")
        return self._normed(states + made, f"{name}mlp_norm")

    def _linear(self, states: Floats32, name: str) -> Floats32:
        result: Floats32 = states @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]
        return result

    def _normed(self, states: Floats32, name: str) -> Floats32:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(self.norm_eps))
        result: Floats32 = centred / spread * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]
        return result


def build_sentences(weights: Path, config: dict[str, Any]) -> Sentences:
    """The text tower with its tokenizer; the rest of the file stays untouched."""
    from tokenizers import Tokenizer

    with safe_open(str(weights), "numpy") as file:
        names = [name for name in file.keys() if name.startswith(("text.", "sentence."))]  # noqa: SIM118 (not a dict)
        tensors = {name: file.get_tensor(name) for name in names}
    floats = {name: found if name == _WORDS else found.astype(np.float32) for name, found in tensors.items()}
    text = config["text"]
    tokenizer = Tokenizer.from_file(str(weights.with_name("mini.tokenizer.json")))
    return Sentences(tokenizer, floats, text["layers"], text["heads"], text["positions"], text["norm_eps"])


def gelu(values: Floats32) -> Floats32:
    """By the error function itself, as BERT was trained, and not by one that is nearly the same."""
    halves = map(math.erf, (values.ravel() / _ROOT_2).tolist())
    shares = np.fromiter(halves, np.float32, values.size).reshape(values.shape)
    result: Floats32 = values * (np.float32(1) + shares) * np.float32(0.5)
    return result


def softmax(logits: Floats32) -> Floats32:
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats32 = shares / shares.sum(axis=-1, keepdims=True)
    return result


def _unit(vector: Floats32) -> Floats32:
    result: Floats32 = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return result.astype(np.float32)
