"""Who answers a sentence: a query that some adapter was trained on, or nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.registry import find_adapter, installed_adapters
from imgrank.errors import AdapterError
from imgrank.paths import printable
from imgrank.scoring.comparatives import opposite_of
from imgrank.scoring.question import Encode

ANYONE = -2.0  # below every cosine: who was asked for by name answers whatever is asked

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The query that answers a sentence; `similarity` is their cosine.

    `reversed` says that the sentence asks for the other end: "younger person" of a query "older person".
    """

    adapter: AdapterHeader
    query: Query
    similarity: float
    reversed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Adapters that may answer: all of this backbone, or, `named`, the one that the user asked for."""

    headers: tuple[AdapterHeader, ...]
    named: bool = False

    @staticmethod
    def of(adapter: str, backbone: str, fingerprint: str) -> Candidates:
        """`adapter` is a name or a file, `auto` for all, `none` for nobody.

        Raises AdapterError where there is no such adapter, or it was made for another backbone.
        """
        if adapter == "none":
            return Candidates(())
        if adapter == "auto":
            headers = installed_adapters().adapters
            return Candidates(tuple(header for header in headers if header.fingerprint == fingerprint))
        header = find_adapter(adapter)
        if header.fingerprint != fingerprint:
            raise AdapterError(
                f"The adapter {printable(header.name)} was trained on the tokens of backbone {header.backbone} "
                f"({header.fingerprint}), not on those of {backbone} ({fingerprint}); use --backbone "
                f"{header.backbone} if that is the one, or train the adapter again."
            )
        return Candidates((header,), named=True)


def who_answers(sentence: str, candidates: Candidates, encode: Encode) -> Choice | None:
    """The trained query that answers a sentence, None where likeness does. A query's own words find it always."""
    for header in candidates.headers:
        query = header.query(sentence)
        if query is not None:
            return Choice(header, query, 1.0)
    turned = opposite_of(sentence, any_word=True)
    return _nearest_query(
        encode(sentence).embedding,
        encode(turned).embedding if turned else None,
        candidates.headers,
        ANYONE if candidates.named else None,
    )


def _nearest_query(
    sentence: Vector, opposite: Vector | None, adapters: Iterable[AdapterHeader], threshold: float | None
) -> Choice | None:
    """The trained query nearest to a sentence embedding (E,), or None where none is near enough."""
    choices = [
        choice
        for adapter in adapters
        for query in adapter.queries
        if (choice := _placed(sentence, opposite, adapter, query)).similarity
        >= (adapter.threshold if threshold is None else threshold)
    ]
    return max(choices, key=lambda choice: choice.similarity, default=None)


def _placed(sentence: Vector, opposite: Vector | None, adapter: AdapterHeader, query: Query) -> Choice:
    straight = _nearest(sentence, query.embeddings)
    turned = -1.0 if opposite is None else _nearest(opposite, query.embeddings)
    return Choice(adapter, query, max(straight, turned), reversed=turned > straight)


def _nearest(embedding: Vector, phrasings: Vector) -> float:
    lengths = np.linalg.norm(phrasings, axis=1) * np.linalg.norm(embedding)
    return float((phrasings @ embedding / np.maximum(lengths, 1e-12)).max())
