"""The pipeline, in one readable function: discover, decode, encode, store, score, order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imgrank.answering import Answer, Question, answer
from imgrank.backbone.load import load_backbone
from imgrank.discover import Discovered, discover
from imgrank.encoding import Encoded, encode_files
from imgrank.errors import NothingToRank, StoreError, UsageError
from imgrank.order import order
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, Ranking, Unreadable
from imgrank.store import TextStore, open_store
from imgrank.tokens import PackedTokens, TextTokens

SCORED_AT_ONCE = 4096
SCORE_DIGITS = 6  # sums may differ in their last bits between machines; an order must not


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """Tokens of pictures in input order, row for row with `files`, and what could not be read."""

    files: tuple[ImageFile, ...]
    packed: PackedTokens
    skipped: tuple[Unreadable, ...]


class Ranker:
    """Puts pictures in order by a sentence; answers many sentences without loading anything twice.

    `backbone` is `mini`, `NAME/TAG` or `NAME@FILE`; `adapter` a name, a file, `auto` (the trained one
    that was taught such a query, if any) or `none` (zero-shot); `device` auto, cpu, cuda or mps;
    `cache=False` neither reads nor writes stored tokens. `note` receives single lines for the user.
    Raises BackboneError or AdapterError where one of them cannot be used.
    """

    def __init__(
        self,
        backbone: str = "mini",
        adapter: str = "auto",
        device: str = "auto",
        cache: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.backbone = load_backbone(backbone, device, note)
        self.adapter = adapter
        self._store = open_store(self.backbone.fingerprint, self.backbone.shape, cache=cache, note=note)
        self._text_store = TextStore(self.backbone.fingerprint) if cache else None
        self._sentences: dict[str, TextTokens] = {}

    def rank(
        self,
        sources: Sequence[str | Path],
        sentence: str | None = None,
        *,
        opposite: str | None = None,
        like: str | Path | None = None,
        recursive: bool = False,
        stdin: BinaryIO | None = None,
        nul: bool = False,
        refine: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Ranking:
        """Order the pictures that `sources` name (files, folders, globs, `-`) by a sentence, best first.

        `opposite` names the other end of a zero-shot axis; `like` orders by nearness to a picture
        instead of a sentence; `refine` lets the pairwise head settle neighbours. Ctrl-C while encoding
        gives the ranking of what was done, marked partial. Raises UsageError where neither a sentence nor
        `like` is given, NothingToRank where no picture could be read.
        """
        started = time.perf_counter()
        question = self._question(sentence, opposite, like, refine)
        found = discover([str(source) for source in sources], recursive=recursive, stdin=stdin, nul=nul)
        encoded = self._encode(found, progress)
        try:
            answered = self._answer(question, encoded)
        except StoreError:  # rows were damaged or removed meanwhile: encode those again
            encoded = self._encode(found, progress)
            answered = self._answer(question, encoded)
        return self._ranking(question, found, encoded, answered, time.perf_counter() - started)

    def encode(
        self,
        files: Sequence[str | Path],
        *,
        mirrored: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> EncodedPictures:
        """Tokens of pictures, or of their mirror images, in input order; what cannot be read is named.

        Raises UsageError where a file does not exist.
        """
        found = discover([str(file) for file in files])
        encoded = encode_files(_as_given(found, files), self.backbone, self._store, progress, mirrored)
        packed = self._store.read(encoded.keys).packed
        return EncodedPictures(encoded.files, packed, found.skipped + encoded.skipped)

    def sentence(self, text: str) -> TextTokens:
        """Text tokens of a sentence, from memory, from the store, or made now."""
        if text not in self._sentences:
            known = self._text_store.get(text) if self._text_store else None
            if known is None:
                known = self.backbone.encode_sentence(text)
                if self._text_store:
                    self._text_store.put(text, known)
            self._sentences[text] = known
        return self._sentences[text]

    def close(self) -> None:
        """Write what waits for the store, and let go of its files."""
        self._store.close()

    def _question(self, sentence: str | None, opposite: str | None, like: str | Path | None, refine: bool) -> Question:
        if like is not None:
            pictures = self.encode([like])
            if not len(pictures.packed):
                reason = pictures.skipped[0].reason if pictures.skipped else "it is no picture"
                raise UsageError(f"No picture can be like {printable(str(like))}: {reason}.")
            return Question(sentence or f"like {like}", like=pictures.packed.embedding[0])
        if not sentence or not sentence.strip():
            raise UsageError('A sentence to order by is missing, such as "older person"; or name a picture by --like.')
        return Question(sentence.strip(), opposite, refine=refine)

    def _encode(self, found: Discovered, progress: Callable[[Progress], None]) -> Encoded:
        encoded = encode_files(found.files, self.backbone, self._store, progress)
        if not encoded.files and not encoded.partial:
            skipped = found.skipped + encoded.skipped
            hint = (
                f" {printable(skipped[0].path)}: {skipped[0].reason}."
                if skipped
                else " Use -r to go down into folders."
            )
            named = f"None of {len(skipped)} files could be read." if skipped else "No picture was found."
            raise NothingToRank(named + hint)
        return encoded

    def _answer(self, question: Question, encoded: Encoded) -> Answer:
        blocks = partial(self._store.read_blocks, encoded.keys, SCORED_AT_ONCE)
        return answer(question, self.backbone, self.adapter, self.sentence, blocks)

    def _ranking(
        self, question: Question, found: Discovered, encoded: Encoded, answered: Answer, seconds: float
    ) -> Ranking:
        scores = np.round(answered.scores, SCORE_DIGITS) + 0.0  # no negative zero
        return Ranking(
            query=question.sentence,
            images=order(scores.tolist(), [file.path for file in encoded.files], answered.relevant.tolist()),
            skipped=found.skipped + encoded.skipped,
            backbone=self.backbone.name,
            fingerprint=self.backbone.fingerprint,
            scorer=answered.scorer,
            adapter=answered.adapter,
            unit=answered.unit,
            confident=answered.confident,
            device=self.backbone.device,
            encoded=encoded.fresh,
            seconds=seconds,
            partial=encoded.partial,
            notes=answered.notes,
        )


def _as_given(found: Discovered, files: Sequence[str | Path]) -> list[ImageFile]:
    """Discovered files back in the order in which they were named."""
    by_path = {file.path: file for file in found.files}
    return [by_path[str(file)] for file in files if str(file) in by_path]
