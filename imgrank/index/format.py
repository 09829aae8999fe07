"""What an index is on disk: a manifest, and parts that are Parquet files of one schema. See `schema`.

Parts are never changed once they stand: of two rows of one path, the one in the part written later holds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from imgrank.counting import counted
from imgrank.detail.measure import DETAIL_VERSION
from imgrank.errors import IndexFault
from imgrank.index.layout import DETAIL, FORMAT_VERSION, KEY, Layout, blobs, bytes_of
from imgrank.index.needs import ArrowColumn, ArrowSchema, ArrowTable, ArrowType, arrow
from imgrank.index.plain import Digests
from imgrank.paths import printable
from imgrank.tokens import EVERYTHING, Packed, PackedTokens, Reads, TokenShape, whole
from imgrank.tokens import joined as joined_tokens

MANIFEST = "imgrank-index.json"
PART_PREFIX, PART_SUFFIX = "part-", ".parquet"
ROWS_AT_ONCE = 4096  # that are read, and scored
PART_ROWS = 1 << 14  # of a part that is merged, and of a row group at most: 13 MB of embeddings, in one piece
FACTS = ("path", "digest", "size", "mtime_ns", "width", "height", "error", "folder")
_LARGEST_SIZE = 1 << 14  # of any side of a picture's tokens
_WRITTEN = b"imgrank.written_ns"
_SHAPE = b"imgrank.shape"
_DIGESTS = b"imgrank.digests"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What all parts of an index have in common: which backbone made the tokens, and their sizes.

    `detail` is the DETAIL_VERSION of what was measured at full size beside them, 0 where nothing was; `version` that of
    the format of the parts.
    """

    backbone: str
    fingerprint: str
    tokens_version: int
    shape: TokenShape
    detail: int = 0
    version: int = FORMAT_VERSION

    @property
    def is_detailed(self) -> bool:
        """Whether it holds detail as it is measured today."""
        return self.detail == DETAIL_VERSION

    @property
    def layout(self) -> Layout:
        """Which columns of a part hold what of tokens; detail of another version is left unread."""
        return Layout(self.shape, self.is_detailed, self.version)


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
        "imgrank_index": manifest.version,
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
        manifest = Manifest(*names, int(fields["tokens_version"]), shape, int(fields.get("detail", 0)), version)
        is_named = re.fullmatch("[0-9a-f]{1,64}", manifest.fingerprint) is not None
        is_sized = all(0 <= size <= _LARGEST_SIZE for size in map(int, sizes)) and manifest.detail >= 0
        is_sound = version > 0 and is_named and is_sized
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        version, is_sound = 0, False
    if not is_sound:
        raise IndexFault(
            f"{MANIFEST} in {printable(where)} is damaged; delete it and run imgrank index build again: the "
            "parts that are there are kept."
        )
    if version > FORMAT_VERSION:
        raise IndexFault(f"The index {printable(where)} was made by a newer imgrank; install that one to read it.")
    return manifest


def schema(layout: Layout, written_ns: int = 0) -> ArrowSchema:
    """The Parquet schema of a part.

    Of tokens, scales (little-endian float16), tokens and moments (int8), embedding and, where there is any, detail
    (both little-endian float16) are raw bytes of fixed size, as `imgrank.tokens.PackedTokens` holds them; null where
    `error` is not. `key` is the xxh3-64 of a path's bytes.
    """
    pa = arrow()
    facts = [
        ("path", pa.string()),
        ("digest", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("error", pa.string()),
        ("folder", pa.string()),
    ]
    tokens = [(name, pa.binary(width)) for name, width in layout.widths.items()]
    columns = [*tokens, *facts[1:], facts[0], (KEY, pa.uint64())] if layout.has_keys else [*facts, *tokens]
    return pa.schema(columns, {_WRITTEN: str(written_ns).encode(), _SHAPE: layout.shape.packed().encode()})


def written_ns(kind: ArrowSchema) -> int:
    """When a part was written, in nanoseconds of Unix time, from its schema; 0 where it does not say."""
    told = (kind.metadata or {}).get(_WRITTEN, b"0")
    return int(told) if told.isdigit() and len(told) <= 19 else 0


def digests_of(kind: ArrowSchema) -> Digests:
    """What a part says of its columns that are read as they stand; nothing where it says nothing."""
    return Digests.from_json((kind.metadata or {}).get(_DIGESTS, b"{}"))


def misfit(kind: ArrowSchema, manifest: Manifest) -> str | None:
    """What is wrong with the schema of a part, in words that may stand after a colon; None where it fits."""
    wanted = schema(manifest.layout)
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


def key_of(path: str) -> int:
    """The hash that stands for a path."""
    return xxhash.xxh3_64_intdigest(_encoded(path))


def to_table(rows: IndexRows, manifest: Manifest, written_at: int = 0) -> ArrowTable:
    """Rows as a pyarrow table of the part's schema. Raises ValueError where tokens and rows do not fit together."""
    pa, layout = arrow(), manifest.layout
    good = np.array([row.error is None for row in rows.rows], bool)
    if int(good.sum()) != len(rows.packed) or (len(rows.packed) and rows.packed.shape != layout.shape):
        raise ValueError(f"{counted(int(good.sum()), 'row')} without an error, tokens of {len(rows.packed)}")
    if layout.detailed and len(rows.packed) and rows.packed.detail is None:
        raise ValueError("tokens without detail, for an index that has it")
    kind = schema(layout, written_at)
    split = layout.split(rows.packed)
    columns = {name: blobs(blob, good) for name, blob in split.items()}
    columns |= {name: _column(rows.rows, name, kind.field(name).type) for name in FACTS}
    if layout.has_keys:
        columns[KEY] = pa.array(np.fromiter((key_of(row.path) for row in rows.rows), np.uint64, len(rows)))
    plain = {name: blob for name, blob in split.items() if name in layout.uncompressed}
    told = {_DIGESTS: Digests.of(plain, good, PART_ROWS).to_json()}
    kind = kind.with_metadata({**kind.metadata, **told})
    return pa.Table.from_arrays([columns[name] for name in kind.names], schema=kind)


def facts_of(batch: ArrowTable) -> tuple[IndexRow, ...]:
    """The rows of a pyarrow table or batch of a part that has at least the columns path to error, without tokens."""
    texts = {name: texts_of(batch.column(name)) for name in ("path", "digest", "error")}
    # Indexes of an older imgrank say of no row whether it is a file.
    known = "folder" in batch.schema.names
    texts["folder"] = texts_of(batch.column("folder")) if known else [None] * batch.num_rows
    numbers = {name: batch.column(name).to_pylist() for name in ("size", "mtime_ns", "width", "height")}
    columns = texts | numbers
    return tuple(IndexRow(*values) for values in zip(*(columns[name] for name in FACTS), strict=True))


def tokens_of(batch: ArrowTable, layout: Layout) -> PackedTokens:
    """The tokens in a pyarrow table with the columns of a layout, and detail where it has that column; rows that have
    none are left out."""
    return whole(glance_of(batch, layout, EVERYTHING))


def glance_of(batch: ArrowTable, layout: Layout, reads: Reads) -> Packed:
    """The same, of as much as was read."""
    names = layout.columns(reads, detailed=DETAIL in batch.schema.names)
    return layout.joined({name: bytes_of(batch.column(name)) for name in names}, reads)


def joined(pieces: Sequence[IndexRows], shape: TokenShape) -> IndexRows:
    """All rows of several pieces, in order."""
    packed = [PackedTokens.empty(0, shape), *(piece.packed for piece in pieces)]
    return IndexRows(tuple(row for piece in pieces for row in piece.rows), joined_tokens(packed))


def encoded_path(path: str) -> bytes:
    """A path's bytes in the index: UTF-8, and whatever bytes a name has that are none."""
    return _encoded(path)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", sys.getfilesystemencodeerrors())


def _column(rows: Sequence[IndexRow], name: str, kind: ArrowType) -> ArrowColumn:
    pa = arrow()
    values = [getattr(row, name) for row in rows]
    if kind != pa.string():
        return pa.array(values, kind)
    # Not by pyarrow's own conversion: it refuses names that are no UTF-8.
    raw = pa.array([None if value is None else _encoded(value) for value in values], pa.binary())
    return pa.StringArray.from_buffers(len(raw), raw.buffers()[1], raw.buffers()[2], raw.buffers()[0], raw.null_count)


def texts_of(column: ArrowColumn) -> list[str | None]:
    pa, errors = arrow(), sys.getfilesystemencodeerrors()
    return [None if raw is None else raw.decode("utf-8", errors) for raw in column.cast(pa.binary()).to_pylist()]
