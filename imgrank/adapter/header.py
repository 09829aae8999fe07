"""What an adapter file says of itself: for which backbone and queries it was trained, and how well it did."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from pathlib import Path
from types import NoneType
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from imgrank.adapter.closed import ClosedForm, ClosedSizes
from imgrank.adapter.config import LIMITS, AdapterConfig
from imgrank.adapter.subject import Subject, SubjectSizes
from imgrank.errors import AdapterError
from imgrank.paths import printable

PLAIN_FORMAT = 1  # every query is answered by the model, or by an axis on mean token and embedding
CLOSED_FORMAT = 2  # closed forms, or no model
FORMAT_VERSION = 3  # subjects
ARCHITECTURE = "imgrank-adapter"
DEFAULT_THRESHOLD = 0.75  # cosine of two sentences from which they count as the same query
MOST_QUERIES = 256
MOST_PHRASINGS = 64
LONGEST_TEXT = 2000
_DIGEST = "header_digest"  # of all else that stands there; older files have none

Array = npt.NDArray[np.float32]
Scorer = Literal["adapter", "ridge", "blend"]
_COUNTS = ("rows", "trained_on", "cross_validated")  # of ValMetrics; all else is a figure


@dataclass(frozen=True, slots=True)
class ValMetrics:
    """How a query did on `rows`, which lie aside (val) or, where it was `cross_validated`, are among the `trained_on`.

    Bounds are those of 95 % intervals. None where a figure was not measured, or is not in an older file.

    `lead` is by how much at least it orders better than the words alone, and than chance: the lower end of the
    intervals of both, in SRCC, or for answers in pair accuracy.
    """

    rows: int = 0
    srcc: float | None = None
    mae: float | None = None
    ridge_srcc: float | None = None
    ridge_mae: float | None = None
    zero_shot_srcc: float | None = None
    srcc_low: float | None = None
    srcc_high: float | None = None
    pair_accuracy: float | None = None
    pair_accuracy_low: float | None = None
    pair_accuracy_high: float | None = None
    ridge_pair_accuracy: float | None = None
    zero_shot_pair_accuracy: float | None = None
    trained_on: int | None = None
    cross_validated: bool | None = None
    lead: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One thing an adapter was trained to order by.

    `embeddings` (n, E) are the unit sentence embeddings of its n `phrasings`. A standardised value v means
    `mean + scale * v` in `unit`. `relevance` says whether "shows the subject" was trained. `closed` gives the
    standardised value in closed form; in older files `ridge` (D_v + E + 1,) does: weights over the mean of the image
    tokens, over the embedding, and a bias. `scorer` says what answers: the model ("adapter"), the closed form
    ("ridge"), or in a blend both: `blend_weight` of the model's value and the rest of the closed form's. `subject`
    tells pictures of the kind that it was trained on from others, where that was learnt.
    """

    phrasings: tuple[str, ...]
    embeddings: Array
    unit: str | None = None
    mean: float = 0.0
    scale: float = 1.0
    relevance: bool = False
    scorer: Scorer = "adapter"
    ridge: Array | None = None
    metrics: ValMetrics = ValMetrics()
    blend_weight: float = 0.5
    closed: ClosedForm | None = None
    subject: Subject | None = None

    @property
    def name(self) -> str:
        """What the query is called: its first phrasing."""
        return self.phrasings[0]


@dataclass(frozen=True, slots=True, eq=False)
class AdapterHeader:
    """Everything of an adapter but its model; `has_model` says whether there is one, or closed forms alone.

    `threshold` is the cosine from which a sentence counts as one of its queries; `terms` what the training
    data asks of whoever uses the weights; `path` and `shipped` say where it came from, if from a file.
    """

    name: str
    backbone: str
    fingerprint: str
    config: AdapterConfig
    queries: tuple[Query, ...]
    threshold: float = DEFAULT_THRESHOLD
    terms: str = ""
    path: Path | None = None
    shipped: bool = False
    has_model: bool = True

    def query(self, name: str) -> Query | None:
        """The query that has this phrasing, whatever its case; None where there is none."""
        wanted = name.casefold()
        return next((q for q in self.queries if wanted in (p.casefold() for p in q.phrasings)), None)


def header_json(header: AdapterHeader, digests: Mapping[str, str]) -> str:
    """The header as it stands in a file, with the digest of each tensor beside it: embeddings, axes, a model."""
    queries = [
        {
            "phrasings": list(query.phrasings),
            "unit": query.unit,
            "mean": float(query.mean),
            "scale": float(query.scale),
            "relevance": bool(query.relevance),
            "scorer": query.scorer,
            "mix": float(query.blend_weight),
            "ridge": query.ridge is not None,
            "closed": None if query.closed is None else asdict(query.closed.sizes),
            "figures": asdict(query.metrics),
            **({} if query.subject is None else {"subject": asdict(query.subject.sizes)}),
        }
        for query in header.queries
    ]
    whole = {
        "format": _format(header),
        "architecture": ARCHITECTURE,
        "config": asdict(header.config),
        "model": header.has_model,
        "backbone": header.backbone,
        "fingerprint": header.fingerprint,
        "threshold": float(header.threshold),
        "terms": header.terms,
        "queries": queries,
        "digests": dict(digests),
        **_shared(header),
    }
    return _written({**whole, _DIGEST: _digest(whole)})


def _written(table: Mapping[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, allow_nan=False)


def _digest(table: Mapping[str, Any]) -> str:
    """Of all that a header says; as those of tensors, not against those who mean harm."""
    return blake2b(_written(table).encode(), digest_size=8).hexdigest()


def _shared(header: AdapterHeader) -> dict[str, int]:
    """The width of the space that sentences share with pictures, where the config does not tell it."""
    width = header.queries[0].embeddings.shape[1]
    return {} if width == (header.config.embedding_width or header.config.text_width) else {"shared": width}


def _format(header: AdapterHeader) -> int:
    """The oldest format that says it all, so that older readers understand what they can."""
    if any(query.subject is not None for query in header.queries):
        return FORMAT_VERSION
    plain = header.has_model and all(query.closed is None for query in header.queries)
    return PLAIN_FORMAT if plain else CLOSED_FORMAT


@dataclass(frozen=True, slots=True)
class QueryFields:
    """A query's own words in the header, before its tensors are read."""

    phrasings: tuple[str, ...]
    unit: str | None
    mean: float
    scale: float
    relevance: bool
    scorer: Scorer
    blend_weight: float
    has_ridge: bool
    closed: ClosedSizes | None
    subject: SubjectSizes | None
    metrics: ValMetrics


@dataclass(frozen=True, slots=True)
class HeaderFields:
    """The header's own words, checked one by one; `shared` is the width of the space of sentences and pictures where
    the config does not tell it, and `digests` are those of tensors by name, None in older files."""

    config: AdapterConfig
    has_model: bool
    backbone: str
    fingerprint: str
    threshold: float
    terms: str
    queries: tuple[QueryFields, ...]
    shared: int | None = None
    digests: Mapping[str, object] | None = None


def other_tokens(name: str, of: AdapterHeader | HeaderFields, backbone: str, fingerprint: str) -> AdapterError:
    """Why an adapter cannot read the tokens of `backbone`, which has this fingerprint, and what to do."""
    name = printable(name)
    if of.backbone == backbone:
        return AdapterError(
            f"The ranker {name} was trained on tokens ({of.fingerprint}) that an earlier imgrank made with backbone "
            f"{backbone}; this version makes others ({fingerprint}), which it cannot read.",
            "Train it again on its labels: imgrank train LABELS.csv",
        )
    return AdapterError(
        f"The ranker {name} was trained on the tokens of backbone {of.backbone} ({of.fingerprint}), not on those of "
        f"{backbone} ({fingerprint}).",
        f"Use {{backbone}} {of.backbone} if that is the one, or train the ranker again.",
    )


class Changed(ValueError):
    """A part of a file is not what was saved."""


def parse_header(text: str) -> HeaderFields:
    """Read and check what `header_json` wrote. Raises ValueError that says what is wrong."""
    try:
        whole = _mapping(json.loads(text), "the header")
    except RecursionError:
        raise ValueError("the header is nested too deep") from None
    if whole.get("format") not in range(PLAIN_FORMAT, FORMAT_VERSION + 1):
        raise ValueError(
            f"its format is {whole.get('format')!r}, and this imgrank reads formats {PLAIN_FORMAT} to {FORMAT_VERSION}"
        )
    if whole.get("architecture") != ARCHITECTURE:
        raise ValueError(f"its architecture {whole.get('architecture')!r} is unknown; known is {ARCHITECTURE!r}")
    queries = whole.get("queries")
    if not isinstance(queries, list) or not 1 <= len(queries) <= MOST_QUERIES:
        raise ValueError(f"it names no list of 1 to {MOST_QUERIES} queries")
    has_model = _bool(whole, "model") if "model" in whole else True  # older files always hold one
    found = HeaderFields(
        config=_config(whole.get("config")),
        has_model=has_model,
        backbone=_text(whole, "backbone"),
        fingerprint=_text(whole, "fingerprint"),
        threshold=_number(whole, "threshold"),
        terms=_text(whole, "terms"),
        shared=_width(whole),
        digests=None if whole.get("digests") is None else _mapping(whole["digests"], "digests"),
        queries=tuple(_query(query, has_model) for query in queries),
    )
    if _DIGEST in whole and whole[_DIGEST] != _digest(
        {name: value for name, value in whole.items() if name != _DIGEST}
    ):
        raise Changed("its header is not the one that was saved")
    return found


def _width(whole: Mapping[str, Any]) -> int | None:
    value = whole.get("shared")
    if value is None:
        return None
    low, high = LIMITS["text_width"]
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"its shared is {value!r:.40}, not a whole number from {low} to {high}")
    return value


def _config(value: object) -> AdapterConfig:
    sizes: dict[str, Any] = {"pool": 1, **_mapping(value, "config")}  # older files do not know of pooling
    names = {field.name for field in fields(AdapterConfig)}
    if set(sizes) != names:
        raise ValueError(f"its config does not hold exactly {', '.join(sorted(names))}")
    return AdapterConfig(**sizes)


def _query(value: object, has_model: bool) -> QueryFields:
    query = _mapping(value, "a query")
    phrasings = query.get("phrasings")
    if not isinstance(phrasings, list) or not 1 <= len(phrasings) <= MOST_PHRASINGS:
        raise ValueError(f"a query has no list of 1 to {MOST_PHRASINGS} phrasings")
    scorer = query.get("scorer")
    scale = _number(query, "scale")
    if scale <= 0:
        raise ValueError(f"a query's scale is {scale}, not above 0")
    has_ridge = _bool(query, "ridge")
    closed = _closed(query.get("closed"))
    answers: dict[Scorer, bool] = {"adapter": has_model, "ridge": has_ridge or closed is not None}
    answers["blend"] = all(answers.values())
    if scorer not in get_args(Scorer) or not answers[cast(Scorer, scorer)]:
        raise ValueError(f"a query's scorer {scorer!r} is not there")
    if _bool(query, "relevance") and not has_model:
        raise ValueError("a query has relevance, and there is no model to judge it")
    blend_weight = _number(query, "mix") if "mix" in query else 0.5
    if not 0 <= blend_weight <= 1:
        raise ValueError(f"a query's mix is {blend_weight}, not from 0 to 1")
    return QueryFields(
        phrasings=tuple(_text({"phrasing": p}, "phrasing") for p in phrasings),
        unit=None if query.get("unit") is None else _text(query, "unit"),
        mean=_number(query, "mean"),
        scale=scale,
        relevance=_bool(query, "relevance"),
        scorer=cast(Scorer, scorer),
        blend_weight=blend_weight,
        has_ridge=has_ridge,
        closed=closed,
        subject=_subject(query.get("subject")),
        metrics=_val_metrics(query.get("figures")),
    )


def _closed(value: object) -> ClosedSizes | None:
    return None if value is None else ClosedSizes(**_exactly(value, "a closed form", ClosedSizes))


def _subject(value: object) -> SubjectSizes | None:
    return None if value is None else SubjectSizes(**_exactly(value, "a subject", SubjectSizes))


def _exactly(value: object, what: str, kind: type[ClosedSizes | SubjectSizes]) -> Mapping[str, Any]:
    """A table that has the fields of a kind and no others."""
    sizes, names = _mapping(value, what), {field.name for field in fields(kind)}
    if set(sizes) != names:
        raise ValueError(f"{what} does not hold exactly {', '.join(sorted(names))}")
    return sizes


def _val_metrics(value: object) -> ValMetrics:
    metrics = _mapping(value, "figures")
    rows, trained_on, crossed = (metrics.get(name) for name in _COUNTS)
    if type(rows) is not int:
        raise ValueError("a query's figures do not say on how many rows")
    if type(trained_on) not in (int, NoneType) or type(crossed) not in (bool, NoneType):
        raise ValueError("a query's figures do not say on how many rows it was trained, and whether on those measured")
    names = [field.name for field in fields(ValMetrics) if field.name not in _COUNTS]
    measured = {name: None if metrics.get(name) is None else _number(metrics, name) for name in names}
    return ValMetrics(rows, trained_on=trained_on, cross_validated=crossed, **measured)


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no table of names and values")
    return value


JOINERS = "\u200c\u200d"  # in words of Persian, Hindi and other languages, and in many emoji


def is_plain(text: str) -> bool:
    """Whether terminals may print it: no control characters, and no marks that turn the line around."""
    return all(char.isprintable() or char in JOINERS for char in text)


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not is_plain(value):
        raise ValueError(f"its {key} is no printable text of at most {LONGEST_TEXT} characters")
    return value


def _number(table: Mapping[str, Any], key: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"its {key} is {value!r:.40}, not a finite number")
    return float(value)


def _bool(table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"its {key} is {value!r:.40}, not true or false")
    return value
