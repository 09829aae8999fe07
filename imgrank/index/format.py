"""What an index is on disk: a manifest, and parts that are Parquet files of one schema. See `schema`.

Parts are never changed once they stand: of two rows of one path, the one in the part written later holds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from imgrank.detail.measure import WIDTH
from imgrank.errors import IndexFault
from imgrank.index.needs import arrow
from imgrank.paths import printable
from imgrank.tokens import PackedTokens, TokenShape
from imgrank.tokens import joined as joined_tokens

FORMAT_VERSION = 1
MANIFEST = "imgrank-index.json"
PART_PREFIX, PART_SUFFIX = "part-", ".parquet"
ROW_GROUP = 4096  # rows read, and scored, at once
FACTS = ("path", "digest", "size", "mtime_ns", "width", "height", "error", "folder")
TOKEN_COLUMNS = ("scales", "tokens", "embedding")
DETAIL_COLUMN = "detail"  # in indexes that were made with it
_LARGEST_SIZE = 1 << 14  # of any side of a picture's tokens
_WRITTEN = b"imgrank.written_ns"
_SHAPE = b"imgrank.shape"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What all parts of an index have in common: which backbone made the tokens, and their sizes.

    `detail` is the DETAIL_VERSION of what was measured at full size beside them, 0 where nothing was.
    """

    backbone: str
    fingerprint: str
    tokens_version: int
    shape: TokenShape
    detail: int = 0

    @property
    def token_columns(self) -> tuple[str, ...]:
        """The columns of a part that hold tokens, and detail."""
        return (*TOKEN_COLUMNS, DETAIL_COLUMN) if self.detail else TOKEN_COLUMNS


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What is known of one picture besides its tokens.

    `path` is a path, a URL, `shard.tar/name.jpg` or `file.parquet#7`; `digest` the xxh3-128 of its bytes in
    hex, None where they could not be read; `size` in bytes, `mtime_ns`, `width` and `height` (upright, in pixels)
    are None where nobody says; `error` is None, or why there are no tokens, in words for the user. `folder` is the
    absolute one that a relative `path` is relative to, where the row is a file of its own on the machine that indexed
    it; None for a URL, a member of a tar file, a row of a Parquet file, and whatever those name.
    """

    path: str
    digest: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    width: int | None = None
    height: int | None = None
    error: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class IndexRows:
    """N rows, and the tokens of those without an error, in their order."""

    rows: tuple[IndexRow, ...]
    packed: PackedTokens

    def __len__(self) -> int:
        return len(self.rows)


def to_json(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    shape = manifest.shape
    fields = {
        "imgrank_index": FORMAT_VERSION,
        "backbone": manifest.backbone,
        "fingerprint": manifest.fingerprint,
        "tokens_version": manifest.tokens_version,
        "tokens": shape.tokens,
        "width": shape.width,
        "embedding": shape.embedding,
        "moments": shape.moments,
        **({"detail": manifest.detail} if manifest.detail else {}),
    }
    return (json.dumps(fields, indent=2) + "\n").encode()


def from_json(data: bytes, where: str) -> Manifest:
    """The manifest of the index `where`. Raises IndexFault where it is none, or one of a newer imgrank."""
    try:
        fields = json.loads(data)
        version = int(fields["imgrank_index"])
        sizes = (fields["tokens"], fields["width"], fields["embedding"], fields.get("moments", 0))
        shape = TokenShape(*map(int, sizes))
        names = str(fields["backbone"]), str(fields["fingerprint"])
        manifest = Manifest(*names, int(fields["tokens_version"]), shape, int(fields.get("detail", 0)))
        is_named = re.fullmatch("[0-9a-f]{1,64}", manifest.fingerprint) is not None
        is_sound = is_named and all(0 <= size <= _LARGEST_SIZE for size in map(int, sizes)) and manifest.detail >= 0
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        version, is_sound = 0, False
    if not is_sound:
        raise IndexFault(
            f"{MANIFEST} in {printable(where)} is damaged; delete it and run imgrank index build again: parts that "
            "stand are kept."
        )
    if version > FORMAT_VERSION:
        raise IndexFault(f"The index {printable(where)} was made by a newer imgrank; install that one to read it.")
    return manifest


def schema(shape: TokenShape, written_ns: int = 0, detailed: bool = False) -> Any:  # noqa: ANN401 (pyarrow has no types)
    """The Parquet schema of a part.

    `scales` (P + M) little-endian float16, `tokens` (P + M, D) int8, `embedding` (E) and, where there is any, `detail`
    (K), both little-endian float16, are raw bytes of fixed size, as `imgrank.tokens.PackedTokens` holds them; null
    where `error` is not.
    """
    pa = arrow()
    columns = [
        ("path", pa.string()),
        ("digest", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("error", pa.string()),
        ("folder", pa.string()),
        ("scales", pa.binary(2 * shape.rows)),
        ("tokens", pa.binary(shape.rows * shape.width)),
        ("embedding", pa.binary(2 * shape.embedding)),
        *([(DETAIL_COLUMN, pa.binary(2 * WIDTH))] if detailed else []),
    ]
    return pa.schema(columns, {_WRITTEN: str(written_ns).encode(), _SHAPE: shape.packed().encode()})


def written_ns(kind: Any) -> int:  # noqa: ANN401
    """When a part was written, in nanoseconds of Unix time, from its schema; 0 where it does not say."""
    told = (kind.metadata or {}).get(_WRITTEN, b"0")
    return int(told) if told.isdigit() and len(told) <= 19 else 0


def misfit(kind: Any, manifest: Manifest) -> str | None:  # noqa: ANN401
    """What is wrong with the schema of a part, in words that may stand after a colon; None where it fits."""
    wanted = schema(manifest.shape, detailed=bool(manifest.detail))
    for name in wanted.names:
        if name not in kind.names:
            if name != "folder":  # indexes of an older imgrank do not have it
                return f"it has no column {name}"
        elif kind.names.count(name) > 1:
            return f"it has several columns {name}"
        elif kind.field(name).type != wanted.field(name).type:
            return f"its column {name} holds {printable(str(kind.field(name).type))}, not {wanted.field(name).type}"
    return None


def part_name(rows: Sequence[IndexRow]) -> str:
    """The file name of a part that holds these rows: the same rows give the same name on any machine.

    So a task that an engine runs twice writes one part, and workers need not agree on numbers.
    """
    content = "\0".join(f"{row.path}\0{row.digest}\0{row.error}" for row in rows)
    return f"{PART_PREFIX}{xxhash.xxh3_64_hexdigest(_encoded(content))}{PART_SUFFIX}"


def is_part(name: str) -> bool:
    """Whether a file of this name is a part; what is being written has another name."""
    return name.startswith(PART_PREFIX) and name.endswith(PART_SUFFIX)


def to_table(rows: IndexRows, manifest: Manifest, written_at: int = 0) -> Any:  # noqa: ANN401
    """Rows as a pyarrow table of the part's schema. Raises ValueError where tokens and rows do not fit together."""
    shape, detailed = manifest.shape, bool(manifest.detail)
    pa = arrow()
    good = np.array([row.error is None for row in rows.rows], bool)
    if int(good.sum()) != len(rows.packed) or (len(rows.packed) and rows.packed.shape != shape):
        raise ValueError(f"{good.sum()} rows without an error, {len(rows.packed)} tokens")
    if detailed and len(rows.packed) and rows.packed.detail is None:
        raise ValueError("tokens without detail, for an index that has it")
    kind, packed = schema(shape, written_at, detailed), rows.packed
    names = manifest.token_columns
    blobs = [packed.scales.astype("<f2"), packed.quantised, packed.embedding.astype("<f2")]
    if detailed:
        blobs.append(np.zeros((0, WIDTH), "<f2") if packed.detail is None else packed.detail.astype("<f2"))
    facts = [_column(rows.rows, name, kind.field(name).type) for name in kind.names if name not in names]
    tokens = [_blobs(blob, good, kind.field(name).type) for name, blob in zip(names, blobs, strict=True)]
    return pa.Table.from_arrays([*facts, *tokens], schema=kind)


def facts_of(batch: Any) -> tuple[IndexRow, ...]:  # noqa: ANN401
    """The rows of a pyarrow table or batch of a part that has at least the columns path to error, without tokens."""
    texts = {name: texts_of(batch.column(name)) for name in ("path", "digest", "error")}
    # Indexes of an older imgrank say of no row whether it is a file.
    known = "folder" in batch.schema.names
    texts["folder"] = texts_of(batch.column("folder")) if known else [None] * batch.num_rows
    numbers = {name: batch.column(name).to_pylist() for name in ("size", "mtime_ns", "width", "height")}
    columns = texts | numbers
    return tuple(IndexRow(*values) for values in zip(*(columns[name] for name in FACTS), strict=True))


def tokens_of(batch: Any, shape: TokenShape) -> PackedTokens:  # noqa: ANN401
    """The tokens in a pyarrow record batch with TOKEN_COLUMNS, and detail where it has that column; rows that have none
    are left out."""
    scales, tokens, embedding = (_bytes(batch.column(name)) for name in TOKEN_COLUMNS)
    has_detail = DETAIL_COLUMN in batch.schema.names
    detail = _bytes(batch.column(DETAIL_COLUMN)).view("<f2").reshape(-1, WIDTH) if has_detail else None
    return PackedTokens(
        tokens.view(np.int8).reshape(-1, shape.rows, shape.width),
        scales.view("<f2").reshape(-1, shape.rows),
        embedding.view("<f2").reshape(-1, shape.embedding),
        shape.moments,
        None if detail is None else detail.astype(np.float32),
    )


def joined(pieces: Sequence[IndexRows], shape: TokenShape) -> IndexRows:
    """All rows of several pieces, in order."""
    packed = [PackedTokens.empty(0, shape), *(piece.packed for piece in pieces)]
    return IndexRows(tuple(row for piece in pieces for row in piece.rows), joined_tokens(packed))


def encoded_path(path: str) -> bytes:
    """A path's bytes in the index: UTF-8, and whatever bytes a name has that are none."""
    return _encoded(path)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", sys.getfilesystemencodeerrors())


def _column(rows: Sequence[IndexRow], name: str, kind: Any) -> Any:  # noqa: ANN401
    pa = arrow()
    values = [getattr(row, name) for row in rows]
    if kind != pa.string():
        return pa.array(values, kind)
    # Not by pyarrow's own conversion: it refuses names that are no UTF-8.
    raw = pa.array([None if value is None else _encoded(value) for value in values], pa.binary())
    return pa.StringArray.from_buffers(len(raw), raw.buffers()[1], raw.buffers()[2], raw.buffers()[0], raw.null_count)


def texts_of(column: Any) -> list[str | None]:  # noqa: ANN401
    pa, errors = arrow(), sys.getfilesystemencodeerrors()
    return [None if raw is None else raw.decode("utf-8", errors) for raw in column.cast(pa.binary()).to_pylist()]


def _blobs(values: npt.NDArray[Any], good: npt.NDArray[np.bool_], kind: Any) -> Any:  # noqa: ANN401
    """(M, ...) numbers as N fixed-size blobs of bytes, the M `good` ones filled and the rest null."""
    pa = arrow()
    data = np.zeros((len(good), kind.byte_width), np.uint8)
    flat = np.ascontiguousarray(values).reshape(len(values), kind.byte_width // values.itemsize)
    data[good] = flat.view(np.uint8)
    there = pa.py_buffer(np.packbits(good, bitorder="little"))
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(good), [there, pa.py_buffer(data)])


def _bytes(column: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401
    """(M, width) the bytes of the blobs that are not null."""
    pa = arrow()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    width = column.type.byte_width
    if column.null_count == len(column):
        return np.zeros((0, width), np.uint8)
    raw = np.frombuffer(column.buffers()[1], np.uint8, len(column) * width, column.offset * width)
    there = column.is_valid().to_numpy(zero_copy_only=False)
    whole = raw.reshape(len(column), width)
    return whole if there.all() else whole[there]
