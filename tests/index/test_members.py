"""Members of tar and Parquet files are found by their names in an index, and given where they are what was indexed."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
import xxhash

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

from imgrank.decode import DecodeError
from imgrank.index.format import IndexRow
from imgrank.index.members import container_of, is_member, member_bytes
from imgrank.index.needs import arrow, parquet
from imgrank.index.pictures import read_bytes
from imgrank.index.sources import find_items
from tests.index.making import picture

DATA = [picture(number) for number in range(7)]


def in_tar(where: Path) -> Path:
    where.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(where, "w") as tar:
        for number, data in enumerate(DATA):
            (where.parent / "one").write_bytes(data)
            tar.add(where.parent / "one", f"b.tar/{number}.png")
    (where.parent / "one").unlink()
    return where


def in_parquet(where: Path) -> Path:
    where.parent.mkdir(parents=True, exist_ok=True)
    parquet().write_table(arrow().table({"image": DATA}), where, row_group_size=3)
    return where


def rows_of(source: Path | str) -> list[IndexRow]:
    items = list(find_items([str(source)]))
    return [IndexRow(item.path, xxhash.xxh3_128_hexdigest(read_bytes(item))) for item in items]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (in_tar, "a.tar/c.tar"),
        (in_tar, "shard 1.TAR"),
        (in_parquet, "x.parquet"),
        (in_parquet, "x#1.PARQUET"),
        (in_parquet, "x.tar/y.parquet"),
    ],
)
def test_every_member_is_found_by_its_name(tmp_path, monkeypatch, make, name):
    source = make(tmp_path / "data" / name)
    beside = tmp_path / "data"
    for given in (source, source.relative_to(beside)):
        monkeypatch.chdir(beside if given != source else tmp_path)
        rows = rows_of(given)
        assert all(map(is_member, rows))
        assert [member_bytes(row, "nowhere") for row in rows] == DATA
        assert os.path.samefile(container_of(rows[0], "nowhere"), source)
        monkeypatch.chdir(tmp_path)
        if given == source.relative_to(beside):
            assert [member_bytes(row, str(beside)) for row in rows] == DATA
            with pytest.raises(DecodeError, match="is not found"):
                member_bytes(rows[0], "nowhere")
        monkeypatch.undo()


@pytest.mark.parametrize("make", [in_tar, in_parquet])
def test_a_member_that_was_changed_or_is_gone_is_refused(tmp_path, make):
    source = make(tmp_path / ("a.tar" if make is in_tar else "a.parquet"))
    rows = rows_of(source)
    with pytest.raises(DecodeError, match="changed after"):
        member_bytes(IndexRow(rows[0].path, rows[1].digest), "")
    for path in (f"{source}#99", f"{source}/none.png"):
        if is_member(IndexRow(path)):
            with pytest.raises(DecodeError):
                member_bytes(IndexRow(path, rows[0].digest), "")
    source.write_bytes(source.read_bytes()[:40])
    os.utime(source, (1, 1))
    with pytest.raises(DecodeError):
        member_bytes(rows[0], "") if make is in_tar else member_bytes(IndexRow(f"{source}#6", rows[6].digest), "")


@pytest.mark.parametrize(
    "row",
    [
        IndexRow("a.tar/b.jpg", folder="/photos"),
        IndexRow("https://example.org/a.tar/b.jpg"),
        IndexRow("s3://a/b.parquet#3"),
        IndexRow(r"\\elsewhere\share\a.tar/b.jpg"),
        IndexRow("//elsewhere/share/a.parquet#3"),
        IndexRow("a.jpg"),
        IndexRow("a.tar"),
        IndexRow("a.parquet#x"),
    ],
)
def test_what_is_no_member_is_told_by_its_row(row):
    assert not is_member(row)
