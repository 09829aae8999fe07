"""Which column of a Parquet file holds pictures, as bytes or as addresses of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imgrank.errors import UsageError
from imgrank.index.needs import arrow
from imgrank.index.parquet_files import read_group
from imgrank.paths import printable

# Names that people and tools give; the first that is there is taken.
_BYTES = ("image", "bytes", "image_bytes", "img", "jpg", "jpeg", "png", "webp", "content", "data", "picture", "photo")
_ADDRESSES = ("url", "image_url", "uri", "image_uri", "image", "path", "image_path", "file", "link")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name, `image.bytes` where it stands inside another."""

    name: str
    is_bytes: bool


def find_column(schema: Any, asked: str | None, where: str) -> Column:  # noqa: ANN401 (pyarrow has no types)
    """The column called `asked`, or the one that by type and name holds pictures. Raises UsageError."""
    columns = {name.lower(): column for name in schema.names for column in _candidates(schema.field(name))}
    columns |= {column.name.lower(): column for column in columns.values()}
    if asked is not None:
        if asked.lower() not in columns:
            raise UsageError(f'{printable(where)} has no column "{printable(asked)}" of bytes or text{_has(schema)}.')
        return columns[asked.lower()]
    of_bytes = {name: column for name, column in columns.items() if column.is_bytes}
    for names, found in ((_BYTES, of_bytes), (_ADDRESSES, columns)):
        known = next((found[name] for name in names if name in found), None)
        if known is not None:
            return known
    if len(set(of_bytes.values())) == 1:
        return next(iter(of_bytes.values()))
    facts = f"It is not clear which column of {printable(where)} holds images{_has(schema)}."
    raise UsageError(facts, "Name it with {column}.")


def values_of(file: Any, group: int, column: str) -> Any:  # noqa: ANN401
    """The values of a column in one row group, as one pyarrow array."""
    outer, _, inner = column.partition(".")
    table = read_group(file, group, [column])
    values = table.column(outer).combine_chunks() if outer in table.column_names else table.column(column)
    return arrow().compute.struct_field(values, inner) if inner and outer in table.column_names else values


def _candidates(field: Any) -> list[Column]:  # noqa: ANN401
    """A column of bytes or text, or the `bytes` inside a column of structs, as Hugging Face writes pictures."""
    types = arrow().types
    if types.is_struct(field.type):
        inner = {child.name: child.type for child in field.type}
        return [Column(f"{field.name}.bytes", True)] if _is_bytes(inner.get("bytes")) else []
    if _is_bytes(field.type):
        return [Column(field.name, True)]
    is_text = types.is_string(field.type) or types.is_large_string(field.type)
    return [Column(field.name, False)] if is_text else []


def _is_bytes(kind: Any) -> bool:  # noqa: ANN401
    types = arrow().types
    return kind is not None and bool(types.is_binary(kind) or types.is_large_binary(kind))


def _has(schema: Any) -> str:  # noqa: ANN401
    return f" (it has {', '.join(map(printable, schema.names))})"
