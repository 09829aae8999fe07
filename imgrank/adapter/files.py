"""Adapter files: safetensors with the header as metadata. A file is checked whole before anything is built from it.

Nothing in a file is ever run, and no number in it is believed: the header is bounded, every tensor must have
the shape that the config implies, and every weight must be finite, or the file is refused with one line.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from imgrank.adapter.closed import ClosedForm, RowShape, row_places
from imgrank.adapter.config import AdapterConfig, tensor_shapes
from imgrank.adapter.header import (
    AdapterHeader,
    Changed,
    HeaderFields,
    Query,
    QueryFields,
    header_json,
    other_tokens,
    parse_header,
)
from imgrank.adapter.subject import Subject
from imgrank.atomic import write_atomic
from imgrank.errors import AdapterError
from imgrank.paths import printable, why

if TYPE_CHECKING:
    from imgrank.adapter.model import AdapterModel

METADATA_KEY = "imgrank.adapter"
LARGEST_FILE = 1 << 30
LARGEST_HEADER = 16 << 20
STORED_TYPES = {"F32": np.float32, "F16": np.float16}

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """A trained adapter: what it says of itself, and its model; None where closed forms answer alone."""

    header: AdapterHeader
    model: AdapterModel | None

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def backbone(self) -> str:
        return self.header.backbone

    @property
    def fingerprint(self) -> str:
        return self.header.fingerprint

    @property
    def queries(self) -> tuple[Query, ...]:
        return self.header.queries


def save(path: Path, adapter: Adapter, half: bool = False) -> None:
    """Write an adapter file, whole or not at all; `half` stores the model in float16.

    Raises AdapterError where a weight is no finite number or the file cannot be written.
    """
    kept = np.float16 if half else np.float32
    state = {} if adapter.model is None else adapter.model.state_dict()
    tensors: dict[str, npt.NDArray[Any]] = {
        f"model.{name}": tensor.detach().cpu().numpy().astype(kept) for name, tensor in state.items()
    }
    for index, query in enumerate(adapter.queries):
        tensors[f"query.{index}.embeddings"] = np.ascontiguousarray(query.embeddings, np.float32)
        if query.ridge is not None:
            tensors[f"query.{index}.ridge"] = np.ascontiguousarray(query.ridge, np.float32)
        if query.closed is not None:
            tensors |= {f"query.{index}.{name}": array for name, array in query.closed.tensors().items()}
        if query.subject is not None:
            tensors[f"query.{index}.subject"] = np.ascontiguousarray(query.subject.known, np.float16)
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise AdapterError(
                f"{printable(str(path))} was not written: the weights {name} hold values that are not finite numbers."
            )
    header = replace(adapter.header, has_model=adapter.model is not None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        digests = {name: _digest(array) for name, array in tensors.items()}
        whole = to_bytes(tensors, {METADATA_KEY: header_json(header, digests)})
        if len(whole) > LARGEST_FILE:
            raise AdapterError(
                f"{printable(str(path))} was not written: it would have {len(whole):,} bytes, more than an adapter may "
                f"have ({LARGEST_FILE:,}). Train fewer queries at once."
            )
        write_atomic(path, whole, durable=True)
    except OSError as error:
        raise AdapterError(f"{printable(str(path))} could not be written: {why(error)}.") from error


def read_header(path: Path, shipped: bool = False) -> AdapterHeader:
    """What an adapter file says of itself, its model unread. Raises AdapterError."""
    with _opened(path) as (file, fields):
        return _header(path, file, fields, shipped)


def load(path: Path, fingerprint: str | None = None) -> Adapter:
    """An adapter from its file, in float32, for scoring (`eval` mode).

    Raises AdapterError where the file is missing, damaged or not an adapter, or where `fingerprint` is given
    and the adapter was made for another backbone.
    """
    import torch

    from imgrank.adapter.model import unfilled_model

    with _opened(path) as (file, fields):
        if fingerprint is not None and fields.fingerprint != fingerprint:
            raise other_tokens(str(path), fields, "this one", fingerprint)
        header = _header(path, file, fields, shipped=False)
        if not fields.has_model:
            return Adapter(header, None)
        read = _Reader(file, fields.digests)
        state = {name: torch.from_numpy(read(f"model.{name}")) for name in tensor_shapes(fields.config)}
    model = unfilled_model(fields.config)
    model.load_state_dict(state, assign=True)
    return Adapter(header, model.eval())


def has_adapter_metadata(path: Path) -> bool:
    """Whether a file is safetensors and says that it is an adapter, rightly or wrongly."""
    try:
        _check_outside(path)
        with safe_open(path, framework="numpy") as file:
            return METADATA_KEY in (file.metadata() or {})
    except (SafetensorError, OSError, ValueError):
        return False


class _SafeFile(Protocol):
    """What is used of an open safetensors file."""

    def metadata(self) -> dict[str, str] | None: ...
    def keys(self) -> list[str]: ...
    def get_slice(self, name: str) -> _SafeSlice: ...
    def get_tensor(self, name: str) -> npt.NDArray[np.floating[Any]]: ...


class _SafeSlice(Protocol):
    def get_shape(self) -> list[int]: ...
    def get_dtype(self) -> str: ...


@contextmanager
def _opened(path: Path) -> Iterator[tuple[_SafeFile, HeaderFields]]:
    """An adapter file, open and checked against its own header; every fault becomes an AdapterError."""
    try:
        _check_outside(path)
        with safe_open(path, framework="numpy") as file:
            yield file, _checked(file)
    except FileNotFoundError as error:
        raise AdapterError(f"There is no ranker file {printable(str(path))}.") from error
    except OSError as error:
        raise AdapterError(f"The ranker {printable(str(path))} cannot be read: {why(error)}.") from error
    except Changed as error:
        raise AdapterError(
            f"The ranker {printable(str(path))} is damaged: {error}. Nothing was loaded from it.",
            "Train it again on its labels, or copy it again from where it came from.",
        ) from error
    except (SafetensorError, ValueError, TypeError, MemoryError) as error:
        reason = "the file is cut short or damaged" if isinstance(error, SafetensorError) else printable(str(error))
        raise AdapterError(
            f"The ranker {printable(str(path))} cannot be used: {reason}. Nothing was loaded from it."
        ) from error


def _checked(file: _SafeFile) -> HeaderFields:
    text = (file.metadata() or {}).get(METADATA_KEY)
    if text is None:
        raise ValueError(f"it has no {METADATA_KEY!r} metadata, so it is no adapter")
    fields = parse_header(text)
    _check_tensors(file, fields)
    return fields


def _check_outside(path: Path) -> None:
    """Look at a file's kind and size, and at the length of its header, before anyone reads it."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise ValueError(f"it has {status.st_size:,} bytes, more than any adapter ({LARGEST_FILE:,})")
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if status.st_size < 8 or length > min(LARGEST_HEADER, status.st_size - 8):
        raise ValueError("its header is cut short or larger than the file")


def _check_tensors(file: _SafeFile, fields: HeaderFields) -> None:
    expected = _expected_shapes(fields)
    names = set(file.keys())
    if names != set(expected):
        odd = min(names ^ set(expected))
        raise ValueError(f"the tensor {odd!r:.80} is {'missing' if odd in expected else 'not one of an adapter'}")
    for name, shape in expected.items():
        piece = file.get_slice(name)
        if tuple(piece.get_shape()) != shape:
            raise ValueError(f"the tensor {name} has shape {piece.get_shape()}, and its config says {list(shape)}")
        if piece.get_dtype() not in STORED_TYPES:
            raise ValueError(f"the tensor {name} has type {piece.get_dtype()}, not F32 or F16")


def _expected_shapes(fields: HeaderFields) -> dict[str, tuple[int, ...]]:
    config = fields.config
    model = tensor_shapes(config) if fields.has_model else {}
    shapes = {f"model.{name}": shape for name, shape in model.items()}
    shared = fields.shared or config.embedding_width or config.text_width  # in the space of sentences and pictures
    for index, query in enumerate(fields.queries):
        shapes[f"query.{index}.embeddings"] = (len(query.phrasings), shared)
        if query.has_ridge:
            shapes[f"query.{index}.ridge"] = (config.image_width + config.embedding_width + 1,)
        if query.closed is not None:
            closed = query.closed.tensors(_row_shape(config, query.closed.moments))
            shapes |= {f"query.{index}.{name}": shape for name, shape in closed.items()}
        if query.subject is not None:
            shapes[f"query.{index}.subject"] = (query.subject.known, shared)
    return shapes


def _row_shape(config: AdapterConfig, moments: int) -> RowShape:
    return RowShape(row_places(config.tokens), config.image_width, moments, config.embedding_width)


def _header(path: Path, file: _SafeFile, fields: HeaderFields, shipped: bool) -> AdapterHeader:
    read = _Reader(file, fields.digests)
    queries = tuple(_query(read, index, query, fields.config) for index, query in enumerate(fields.queries))
    return AdapterHeader(
        name=path.stem,
        backbone=fields.backbone,
        fingerprint=fields.fingerprint,
        config=fields.config,
        queries=queries,
        threshold=fields.threshold,
        terms=fields.terms,
        path=path,
        shipped=shipped,
        has_model=fields.has_model,
    )


def _query(read: _Reader, index: int, query: QueryFields, config: AdapterConfig) -> Query:
    return Query(
        phrasings=query.phrasings,
        embeddings=read(f"query.{index}.embeddings"),
        unit=query.unit,
        mean=query.mean,
        scale=query.scale,
        relevance=query.relevance,
        scorer=query.scorer,
        blend_weight=query.blend_weight,
        ridge=read(f"query.{index}.ridge") if query.has_ridge else None,
        metrics=query.metrics,
        closed=_closed(read, index, query, config),
        subject=_subject(read, index, query),
    )


def _subject(read: _Reader, index: int, query: QueryFields) -> Subject | None:
    if query.subject is None:
        return None
    return Subject(read(f"query.{index}.subject").astype(np.float16), query.subject.limit)


def _closed(read: _Reader, index: int, query: QueryFields, config: AdapterConfig) -> ClosedForm | None:
    if query.closed is None:
        return None
    shape = _row_shape(config, query.closed.moments)
    tensors = {name: read(f"query.{index}.{name}") for name in query.closed.tensors(shape)}
    return ClosedForm.from_tensors(shape, tensors)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads tensors in float32, each against its digest where the file has digests."""

    file: _SafeFile
    digests: Mapping[str, object] | None

    def __call__(self, name: str) -> Floats:
        stored = self.file.get_tensor(name)
        array: Floats = np.array(stored, dtype=np.float32)
        if not math.isfinite(float(np.abs(array).sum(dtype=np.float64))):
            raise ValueError(f"the weights {name} hold values that are not finite numbers")
        if self.digests is not None and self.digests.get(name) != _digest(stored):
            raise Changed(f"its weights {name} are not those that were saved")
        return array


def _digest(array: npt.NDArray[Any]) -> str:
    """Of its bytes; not against those who mean harm, but against disks and copies that fail."""
    return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=8).hexdigest()
