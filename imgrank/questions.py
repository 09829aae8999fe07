"""What is asked, made ready for a backbone: sentences as text tokens, and pictures that stand for a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from imgrank.backbone.contract import Backbone
from imgrank.discover import discover
from imgrank.errors import UsageError
from imgrank.index.reading import is_index
from imgrank.paths import printable
from imgrank.pictures import PictureReader
from imgrank.scoring.composing import Asking, Pictures, Split, check_kinds, compose
from imgrank.scoring.question import NamedPictures, Question
from imgrank.scoring.similarity import appearance_of
from imgrank.scoring.words import in_words
from imgrank.store import TextStore
from imgrank.tokens import TextTokens


class QuestionReader:
    """Reads questions with one backbone; text tokens come from memory, from the cache, or are made."""

    def __init__(self, backbone: Backbone, pictures: PictureReader, *, cache: bool) -> None:
        self._backbone, self._pictures = backbone, pictures
        self._store = TextStore(backbone.fingerprint) if cache else None
        self._known: dict[str, TextTokens] = {}

    def read(self, asking: Asking, split: Split) -> Question:
        """As `Ranker.question`; `split` as `compose` has it."""
        check_kinds(asking)
        for term in (*asking.plus, *asking.minus):
            _check_text((term if isinstance(term, str) else term.text) or "")
        for text in filter(None, (asking.sentence, asking.opposite)):
            _check_text(text)
        return compose(asking, self._encode_named, split)

    def tokens(self, text: str) -> TextTokens:
        """As `Ranker.sentence`."""
        text = in_words(text)
        if text not in self._known:
            _check_text(text)
            self._known[text] = self._stored(text) or self._encoded(text)
        return self._known[text]

    def _stored(self, text: str) -> TextTokens | None:
        stored = self._store.get(text) if self._store else None
        return None if stored is None else replace(stored, kinds=self._backbone.kinds(text))

    def _encoded(self, text: str) -> TextTokens:
        encoded = self._backbone.encode_sentence(text)
        if self._store:
            self._store.put(text, encoded)
        return encoded

    def _encode_named(self, named: Pictures) -> NamedPictures:
        """Pictures that stand for what is asked. Raises UsageError where one of them cannot be used."""
        each = [named] if isinstance(named, (str, Path)) else list(named)
        paths: list[str] = []
        appearances = []
        for one in each:
            files = [str(one)] if is_index(str(one)) else [file.path for file in discover([str(one)]).files]
            pictures = self._pictures.encode(files or [one])
            if not len(pictures.packed):
                reason = pictures.skipped[0].reason if pictures.skipped else "no image is there"
                raise UsageError(f"{printable(str(one))} cannot be compared with: {reason}.")
            paths.append(str(one))
            appearances.append(appearance_of(pictures.packed))
        return NamedPictures(tuple(paths), np.concatenate(appearances).mean(axis=0), self._backbone.shape.embedding)


def _check_text(text: str) -> None:
    """Raise UsageError on what a shell passed on in another encoding: Python keeps such bytes as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f'The sentence "{printable(text)}" is not UTF-8; use a terminal that is set to UTF-8.'
        ) from error
