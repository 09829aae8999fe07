"""What every kind of source gives: each picture once, with its bytes, whatever it is packed in."""

from __future__ import annotations

import functools
import http.server
import io
import os
import tarfile
import threading

import pytest
from PIL import Image

from imgrank.decode import DecodeError
from imgrank.encode import Decoding
from imgrank.errors import UsageError
from imgrank.index.items import Kind, SourceItem
from imgrank.index.pictures import prepare, read_bytes
from imgrank.index.sources import Shard, find_items, parse_shard
from imgrank.records import Unreadable

pa = pytest.importorskip("pyarrow", reason="an index needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="an index needs pyarrow")


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8 + number, 6), (number * 20, 0, 0)).save(out, "PNG")
    return out.getvalue()


DECODING = Decoding(8, "bicubic")


def one_prepared(item):
    (made,) = prepare([item], DECODING)
    return made


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "photos"
    (where / "below").mkdir(parents=True)
    for number in range(4):
        (where / f"img{number}.png").write_bytes(picture(number))
    (where / "below" / "img9.png").write_bytes(picture(9))
    return where


@pytest.fixture
def server(tmp_path):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path)))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()


def shard_of(tmp_path, name="shard-000.tar", numbers=range(3)):
    path = tmp_path / name
    with tarfile.open(path, "w") as tar:
        for number in numbers:
            for suffix, data in ((".png", picture(number)), (".txt", b"a caption")):
                info = tarfile.TarInfo(f"{number:03}{suffix}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return path


def contents(items):
    return [read_bytes(item) for item in items]


def test_a_folder_gives_what_it_gives_elsewhere(folder):
    items = list(find_items([str(folder)]))
    assert [item.path for item in items] == [str(folder / f"img{n}.png") for n in range(4)]
    assert contents(items) == [picture(n) for n in range(4)]
    assert len(list(find_items([str(folder)], recursive=True))) == 5


def test_a_list_may_hold_paths_urls_and_what_is_gone(folder, server, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{folder}/img1.png\n{server}/photos/img2.png\r\n{folder}/gone.png\n\n", encoding="utf-8")
    found = list(find_items([str(listed)]))
    assert contents(item for item in found if isinstance(item, SourceItem)) == [picture(1), picture(2)]
    assert [item.path for item in found if isinstance(item, Unreadable)] == [f"{folder}/gone.png"]


def test_a_url_is_a_picture(folder, server):
    (item,) = find_items([f"{server}/photos/img3.png"])
    assert read_bytes(item) == picture(3)
    (gone,) = find_items([f"{server}/photos/gone.png"])
    assert "nothing at this address" in one_prepared(gone).row.error


@pytest.mark.parametrize("at", ["path", "url"])
def test_a_tar_file_gives_its_pictures_and_no_captions(tmp_path, server, at):
    path = shard_of(tmp_path)
    source = str(path) if at == "path" else f"{server}/{path.name}"
    items = list(find_items([source]))
    assert [item.path for item in items] == [f"{source}/{n:03}.png" for n in range(3)]
    assert contents(items) == [picture(n) for n in range(3)]
    assert {item.kind for item in items} == {Kind.tar}


def test_a_server_that_sends_files_only_whole_gives_all_of_a_large_one(tmp_path, server):
    large = picture(1) + bytes(200_000)
    with tarfile.open(tmp_path / "large.tar", "w") as tar:
        for number in range(3):
            info = tarfile.TarInfo(f"{number}.png")
            info.size = len(large)
            tar.addfile(info, io.BytesIO(large))
    pq.write_table(
        pa.table({"image": [large + bytes([n]) * 3_000_000 for n in range(3)]}),
        tmp_path / "large.parquet",
        compression="none",
        use_dictionary=False,
    )
    assert contents(find_items([f"{server}/large.tar"])) == [large] * 3
    assert [len(one) for one in contents(find_items([f"{server}/large.parquet"]))] == [len(large) + 3_000_000] * 3


def test_a_glob_finds_tar_files(tmp_path):
    for name in ("b.tar", "a.tar"):
        shard_of(tmp_path, name)
    assert [item.path for item in find_items([str(tmp_path / "*.tar")])][::3] == [
        f"{tmp_path}/a.tar/000.png",
        f"{tmp_path}/b.tar/000.png",
    ]


def test_a_tar_file_that_is_cut_off_gives_what_is_whole_and_a_reason(tmp_path):
    path = shard_of(tmp_path)
    path.write_bytes(path.read_bytes()[:1100])  # in the second member's header
    found = list(prepare(list(find_items([str(path)])), DECODING))
    assert found[0].made is not None
    assert all(one.row.error for one in found[1:])


@pytest.mark.parametrize("at", ["path", "url"])
@pytest.mark.parametrize("form", ["bytes", "struct", "large"])
def test_parquet_of_bytes(tmp_path, server, form, at):
    data = [picture(n) for n in range(5)] + [None]
    values = {
        "bytes": pa.array(data, pa.binary()),
        "large": pa.array(data, pa.large_binary()),
        "struct": pa.array([{"bytes": one, "path": "x"} for one in data]),
    }[form]
    pq.write_table(pa.table({"caption": ["a"] * 6, "image": values}), tmp_path / "p.parquet", row_group_size=2)
    source = str(tmp_path / "p.parquet") if at == "path" else f"{server}/p.parquet"
    items = list(find_items([source]))
    assert [item.path for item in items] == [f"{source}#{n}" for n in range(6)]
    assert contents(items[:5]) == data[:5]
    assert "no bytes" in one_prepared(items[5]).row.error


def test_parquet_of_addresses(folder, server, tmp_path):
    addresses = [f"{server}/photos/img0.png", str(folder / "img1.png"), None]
    pq.write_table(pa.table({"id": [1, 2, 3], "url": addresses}), tmp_path / "p.parquet")
    found = list(find_items([str(tmp_path / "p.parquet")], allow_local_urls=True))
    assert contents(found[:2]) == [picture(0), picture(1)]
    assert isinstance(found[2], Unreadable)


def test_rows_of_a_parquet_file_lead_to_nothing_of_this_machine(folder, server, tmp_path):
    addresses = [
        f"{server}/photos/img0.png",
        str(folder / "img1.png"),
        (folder / "img1.png").as_uri(),
        "s3://mine/a.png",
    ]
    pq.write_table(pa.table({"url": addresses}), tmp_path / "p.parquet")
    found = list(find_items([str(tmp_path / "p.parquet")]))
    assert ["--allow-local-urls" in one.reason for one in found[:3] if isinstance(one, Unreadable)] == [True] * 3
    assert isinstance(found[3], SourceItem) and found[3].is_foreign


def test_a_url_of_a_file_obeys_what_a_file_obeys(folder):
    (item,) = find_items([(folder / "img1.png").as_uri()])
    assert read_bytes(item) == picture(1)
    if os.path.exists("/dev/zero"):
        with pytest.raises(DecodeError, match="not a regular file"):
            read_bytes(SourceItem("file:///dev/zero", "file:///dev/zero"))


def test_a_parquet_column_is_named_where_it_cannot_be_known(tmp_path):
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"left": [picture(0)], "right": [picture(1)]}), path)
    with pytest.raises(UsageError, match="not clear which column"):
        list(find_items([str(path)]))
    with pytest.raises(UsageError, match='no column "middle"'):
        list(find_items([str(path)], column="middle"))
    assert contents(find_items([str(path)], column="right")) == [picture(1)]


def test_a_damaged_parquet_file_is_one_row_with_its_reason(tmp_path):
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"image": [picture(0)]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert list(find_items([str(path)])) == [Unreadable(str(path), "the Parquet file is cut off or damaged")]


def test_shards_share_everything_and_nothing_twice(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # paths are the same each time, and with them what falls to each part
    tars = [shard_of(tmp_path, f"{n}.tar").name for n in range(5)]
    table = pa.table({"image": [picture(n) for n in range(20)]})
    pq.write_table(table, tmp_path / "p.parquet", row_group_size=3)
    sources = [folder.name, *tars, "p.parquet"]
    whole = [item.path for item in find_items(sources)]
    parts = [[item.path for item in find_items(sources, shard=Shard(n, 3))] for n in range(3)]
    assert len(whole) == 4 + 15 + 20
    assert sorted(path for part in parts for path in part) == sorted(whole)
    assert all(parts)


def test_a_source_named_twice_counts_once(folder):
    assert len(list(find_items([str(folder), str(folder / "img1.png"), str(folder)]))) == 4


@pytest.mark.parametrize("text", ["3/3", "x", "1/0", "-1/2", "1"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="0/8"):
        parse_shard(text)


def test_shards_count_from_zero():
    assert parse_shard("0/8") == Shard(0, 8)
    assert parse_shard("7/8") == Shard(7, 8)


def test_what_is_not_there_is_said(tmp_path):
    for source in (tmp_path / "gone", tmp_path / "gone.tar", tmp_path / "gone.txt"):
        with pytest.raises(UsageError, match="gone"):
            list(find_items([str(source)]))
    with pytest.raises(UsageError, match="unpack"):
        list(find_items([str(tmp_path / "x.tar.gz")]))


@pytest.mark.parametrize("odd", ["nosuch://x.jpg", "reference://x.jpg"])
def test_an_odd_address_is_a_row_with_its_reason(odd):
    assert "cannot be used" in one_prepared(SourceItem(odd, odd)).row.error
