"""Indexes that others made, or that do not fit together: one sentence each, and never the tokens of another row."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from imgrank.errors import ImgrankError
from imgrank.index.format import MANIFEST, part_name
from imgrank.index.locations import Location
from imgrank.index.merging import fill_store, merge
from imgrank.index.reading import index_paths
from imgrank.index.standing import rows_of, unfit
from imgrank.store import open_store
from tests.index.making import FakeBackbone, build, expected, opened, tokens, write_pictures

pa = pytest.importorskip("pyarrow", reason="an index needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="an index needs pyarrow")

COUNT = 9


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sound index of one part, and the tokens of its pictures."""
    home = tmp_path_factory.mktemp("whole")
    photos = write_pictures(home / "photos", COUNT)
    wanted = expected(photos)
    (photos / "bad.png").write_bytes(b"no picture")
    build(photos, home / "tokens", part_rows=100)
    return home / "tokens", wanted


@pytest.fixture
def hostile(whole, tmp_path, home):
    return Path(shutil.copytree(whole[0], tmp_path / "tokens"))


def part_of(location: Path) -> Path:
    (part,) = location.glob("part-*.parquet")
    return part


def rewritten(change):
    """The part with its table changed."""

    def make(location: Path) -> None:
        path = part_of(location)
        table = pq.read_table(path)
        pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)

    return make


def column(name, values=None, kind=None):
    def change(table):
        at = table.schema.get_field_index(name)
        made = table.column(name).cast(kind) if values is None else pa.array(values(table.column(name)), kind)
        return table.set_column(at, name, made)

    return rewritten(change)


def told(**changes):
    """The manifest with other fields; None takes one away."""

    def make(location: Path) -> None:
        fields = json.loads((location / MANIFEST).read_text()) | changes
        kept = {name: value for name, value in fields.items() if value is not None}
        (location / MANIFEST).write_text(json.dumps(kept))

    return make


def manifest(data: bytes):
    return lambda location: (location / MANIFEST).write_bytes(data)


def part(data: bytes):
    return lambda location: part_of(location).write_bytes(data)


def each(change):
    return lambda values: [change(n, value) for n, value in enumerate(values.to_pylist())]


def metadata(value: bytes):
    def make(location: Path) -> None:
        path = part_of(location)
        table = pq.read_table(path)
        pq.write_table(table.replace_schema_metadata({b"imgrank.written_ns": value}), path)

    return make


def folder_part(location: Path) -> None:
    path = part_of(location)
    path.unlink()
    path.mkdir()


def other_backbones_part(location: Path) -> None:
    class Other(FakeBackbone):
        shape = type(FakeBackbone.shape)(tokens=2, width=5, embedding=7)

    photos = write_pictures(location.parent / "other", 3)
    build(photos, location.parent / "others", Other(), part_rows=100)
    shutil.copy(part_of(location.parent / "others"), location / part_name([]))


def swapped_tokens(location: Path) -> None:
    """Tokens where the error stands, and none where there is none: as many as should be."""
    path = part_of(location)
    table = pq.read_table(path)
    errors = table.column("error").to_pylist()
    order = sorted(range(len(errors)), key=lambda n: errors[n] is None)
    for name in ("scales", "tokens", "embedding"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table.column(name).take(pa.array(order)))
    pq.write_table(table, path)


KINDS = {
    "manifest: nothing": manifest(b""),
    "manifest: no JSON": manifest(b"\xff\xfe{{{"),
    "manifest: a list": manifest(b"[1, 2]"),
    "manifest: a number": manifest(b"7"),
    "manifest: nested without end": manifest(b"[" * 200_000),
    "manifest: infinite": manifest(b'{"imgrank_index": 1e999}'),
    "manifest: a version of text": told(imgrank_index="one"),
    "manifest: a newer version": told(imgrank_index=99),
    "manifest: no sizes": told(tokens=None),
    "manifest: sizes of text": told(width="wide"),
    "manifest: negative sizes": told(tokens=-3),
    "manifest: huge sizes": told(tokens=2**62),
    "manifest: other sizes": told(tokens=4),
    "manifest: no location": told(tokens=0),
    "manifest: moments that are not there": told(moments=2),
    "manifest: sizes of nested things": told(embedding={"a": 1}),
    "manifest: detail that is not there": told(detail=2),
    "manifest: negative detail": told(detail=-1),
    "manifest: another fingerprint": told(fingerprint="f" * 16),
    "manifest: control characters": told(fingerprint="\x1b[31m\n", backbone="\x00\u202e"),
    "part: nothing": part(b""),
    "part: text": part(b"PAR1 and no more"),
    "part: ends alone": part(b"PAR1" + b"\0" * 100 + b"PAR1"),
    "part: a footer too long": part(b"PAR1" + b"\0" * 20 + b"\xff\xff\xff\x7fPAR1"),
    "part: a folder": folder_part,
    "part: another backbone's": other_backbones_part,
    "part: written at no time": metadata(b"yesterday"),
    "part: written at the end of time": metadata(b"9" * 400),
    "part: written before": metadata(b"-5"),
    "columns: none": rewritten(lambda table: table.select([])),
    "columns: no path": rewritten(lambda table: table.drop_columns(["path"])),
    "columns: no tokens": rewritten(lambda table: table.drop_columns(["tokens"])),
    "columns: no error": rewritten(lambda table: table.drop_columns(["error"])),
    "columns: no digest": rewritten(lambda table: table.drop_columns(["digest"])),
    "columns: no folder": rewritten(lambda table: table.drop_columns(["folder"])),
    "columns: no sizes": rewritten(lambda table: table.drop_columns(["size", "width"])),
    "columns: numbers for paths": column("path", lambda values: list(range(len(values))), pa.int64()),
    "columns: bytes of any length": column("tokens", kind=pa.binary()),
    "columns: text for sizes": column("size", lambda values: ["x"] * len(values), pa.string()),
    "columns: floats for times": column("mtime_ns", lambda values: [0.5] * len(values), pa.float64()),
    "columns: lists for errors": column("error", lambda values: [[]] * len(values), pa.list_(pa.string())),
    "columns: shorter embeddings": column("embedding", lambda values: [b"xx"] * len(values), pa.binary(2)),
    "columns: twice the same": rewritten(lambda table: table.append_column("path", table.column("path"))),
    "rows: none": rewritten(lambda table: table.slice(0, 0)),
    "rows: no path": column("path", each(lambda n, value: None if n == 2 else value), pa.string()),
    "rows: odd paths": column("path", each(lambda n, value: "\0\n\x1b" * n), pa.string()),
    "rows: paths that leave": column("path", each(lambda n, value: f"../../{value}"), pa.string()),
    "rows: all the same path": column("path", each(lambda n, value: "one.png"), pa.string()),
    "rows: digests of text": column("digest", each(lambda n, value: "no digest " * 40), pa.string()),
    "rows: negative sizes": column("size", each(lambda n, value: -(2**63)), pa.int64()),
    "rows: no errors": column("error", each(lambda n, value: None), pa.string()),
    "rows: errors alone": column("error", each(lambda n, value: "no"), pa.string()),
    "rows: some without tokens": column("tokens", each(lambda n, value: None if n == 1 else value), pa.binary(15)),
    "rows: tokens of the others": swapped_tokens,
    "rows: no numbers": column("scales", each(lambda n, value: value and b"\xff" * 6), pa.binary(6)),
}


def everything(location: Path, tmp_path: Path) -> dict[str, bytes]:
    """All that is done with an index; gives the tokens that it was read as."""
    found = tokens(opened(location))
    index_paths(str(location))
    merge(Location(tmp_path / "merged"), [Location(location)])
    with open_store(FakeBackbone.fingerprint, FakeBackbone.shape, note=lambda _: None) as store:
        fill_store(Location(location), store, FakeBackbone.fingerprint, "fake")
    for row in rows_of([str(location)], list(found)).values():
        unfit(row)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_rightly_or_refused_in_a_sentence(kind, hostile, whole, tmp_path):
    KINDS[kind](hostile)
    for action in (lambda: everything(hostile, tmp_path), lambda: build(tmp_path / "photos", hostile)):
        write_pictures(tmp_path / "photos", 2)
        try:
            found = action()
        except ImgrankError as error:
            text = str(error)
            assert text.endswith((".", "kept.")) and text.isprintable(), text
        else:
            if kind.startswith(("columns", "part")) and isinstance(found, dict):
                assert all(found[path] == whole[1][path] for path in found)


def test_bytes_changed_anywhere_are_read_rightly_or_refused(hostile, whole, tmp_path):
    path = part_of(hostile)
    sound, chance = path.read_bytes(), random.Random(5)
    for _ in range(60):
        broken = bytearray(sound)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(bytes(broken[: chance.choice([len(broken), chance.randrange(len(broken))])]))
        try:
            found = tokens(opened(hostile))
        except ImgrankError:
            continue
        known = dict.fromkeys(whole[1].values())
        assert all(value in known for value in found.values())


def test_pictures_of_a_sound_index_are_all_there(hostile, whole, tmp_path):
    assert everything(hostile, tmp_path) == whole[1]
