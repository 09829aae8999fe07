"""What a sentence asks for, read by a small model: one of the shipped queries or none, and which end of it.

Taught by `recipes/mini/train_asking.py` on sentences of many hands; `weights/mini-asking.md` is its card. It reads
states of the text tower of `mini` and letters of the words, in numpy, and serves that backbone alone. Queries that
users train are known by their phrasings (`signs.py`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from imgrank.arrays import Floats
from imgrank.backbone.mini_sentences import gelu, softmax
from imgrank.paths import weights_dir
from imgrank.scoring.question import Encode
from imgrank.scoring.words import in_words, is_readable, spelt_out
from imgrank.tokens import TextTokens

Floats32 = npt.NDArray[np.float32]
KEY = "imgrank.asking"
FILE = "mini-asking.safetensors"
LONGEST = 28  # tokens
BUCKETS = 8192  # of letters and pairs of words
_ARTICLES = frozenset(("a", "an", "the"))


@dataclass(frozen=True, slots=True)
class Asks:
    """The shipped query that a sentence asks for. `clearness` are log odds above the threshold: below 0 it asks for
    none. `more` are log odds that its own end is meant, to which `by_marks` times the turn of the sentence's marks of
    order (1 or -1) are added."""

    query: str
    clearness: float
    more: float
    by_marks: float

    def is_reversed(self, turn: int) -> bool:
        """Whether the other end is meant: "younger person" of the query "older person"."""
        return self.more + self.by_marks * turn < 0


def asks(sentence: str, fingerprint: str, encode: Encode) -> Asks | None:
    """What a sentence asks for; None where nobody was taught to read for this backbone, or it says nothing."""
    model = _model(weights_dir() / FILE)
    if model is None or model.fingerprint != fingerprint or not is_readable(sentence):
        return None
    said = plain(sentence)
    text = encode(said)
    return None if text.middle is None else model.read(said, states_of(text))


def plain(sentence: str) -> str:
    """A sentence as it is read: capitals, articles and signs at its ends say nothing."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=\w)_+(?=\w)", " ", spelt_out(in_words(sentence)))
    words = [word for word in apart.lower().split() if word not in _ARTICLES]
    return " ".join(words).strip(" \t.,;:!?…\"'“”‘’()[]")


def letters(said: str) -> list[int]:
    """Buckets of its words, of their parts of three to five letters, and of its pairs of words; sorted, each once."""
    words = re.findall(r"[^\W_]+", said)
    parts = {f"<{word}>"[at : at + n] for word in words for n in (3, 4, 5) for at in range(len(word) + 3 - n)}
    pairs = {f"{left} {right}" for left, right in zip(["^", *words], [*words, "$"], strict=True)}
    found = {*(f"<{word}>" for word in words), *(f".{part}" for part in parts), *pairs}
    return sorted({zlib.crc32(one.encode()) % BUCKETS for one in found})


def states_of(text: TextTokens) -> Floats32:
    """(L, 768) states of at most `LONGEST` tokens half-way up the tower, and at its top."""
    if text.middle is None:
        raise ValueError("this sentence comes without its states half-way up")
    return np.concatenate([text.middle[:LONGEST], text.tokens[:LONGEST]], axis=1)


def means_of(states: Floats32) -> Floats32:
    """(768,) the mean of either half of the states, of unit length each."""
    halves = np.split(states.mean(axis=0), 2)
    return np.concatenate([half / np.linalg.norm(half) for half in halves]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Two readers: a linear one of which query is asked for, and transformers whose mean tells which end."""

    queries: tuple[str, ...]
    fingerprint: str
    threshold: float
    heads: int
    layers: int
    members: int
    tensors: Mapping[str, Floats32]

    def read(self, said: str, states: Floats32) -> Asks:
        odds = self._queries(said, states)
        best = 1 + int(odds[1:].argmax())
        rest = np.delete(odds, best)
        clearness = float(odds[best] - np.log(np.exp(rest - rest.max()).sum()) - rest.max())
        names = [f"end.{member}." for member in range(self.members)]
        more = float(np.mean([self._ends(states, name)[best - 1] for name in names]))
        by_marks = float(np.mean([self.tensors[f"{name}by_marks"][best - 1] for name in names]))
        return Asks(self.queries[best - 1], clearness - self.threshold, more, by_marks)

    def _queries(self, said: str, states: Floats32) -> Floats:
        """(1 + queries,) log odds, the first of none."""
        tensors = self.tensors
        by_letters = tensors["query.letters"][letters(said)].sum(axis=0)
        odds: Floats = (means_of(states) @ tensors["query.means"] + by_letters + tensors["query.bias"]).astype(float)
        return odds

    def _ends(self, states: Floats32, member: str) -> Floats32:
        """(queries,) one transformer's log odds that the query's own end is meant."""
        read = np.concatenate([self.tensors[f"{member}start"], self._linear(states, f"{member}inp")])
        read = read + self.tensors[f"{member}places"][: len(read)]
        for number in range(self.layers):
            name = f"{member}layers.{number}."
            read = read + self._attended(self._normed(read, f"{name}norm1"), name)
            up = gelu(self._linear(self._normed(read, f"{name}norm2"), f"{name}up"))
            read = read + self._linear(up, f"{name}down")
        odds: Floats32 = self._linear(self._normed(read[:1], f"{member}norm"), f"{member}out")[0]
        return odds

    def _attended(self, read: Floats32, name: str) -> Floats32:
        length, width = read.shape
        query, key, value = self._linear(read, f"{name}qkv").reshape(length, 3, self.heads, -1).transpose(1, 2, 0, 3)
        shares = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(width // self.heads)))
        return self._linear((shares @ value).transpose(1, 0, 2).reshape(length, width), f"{name}joined")

    def _linear(self, read: Floats32, name: str) -> Floats32:
        result: Floats32 = read @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]
        return result

    def _normed(self, read: Floats32, name: str) -> Floats32:
        centred = read - read.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(1e-5))
        result: Floats32 = centred / spread * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]
        return result


@lru_cache(maxsize=1)
def _model(path: Path) -> _Model | None:
    if not path.is_file():
        return None
    with safe_open(str(path), "numpy") as file:
        facts = json.loads(file.metadata()[KEY])
        tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118 (not a dict)
    queries = tuple(facts["queries"])
    sizes = (facts["heads"], facts["layers"], facts["members"])
    return _Model(queries, facts["fingerprint"], facts["threshold"], *sizes, tensors)
