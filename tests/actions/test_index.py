"""What an index names is acted on only where it is a file that stands here as it was indexed."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from imgrank.cli import actions as cli
from imgrank.errors import ActionError
from imgrank.index.locations import Location
from imgrank.index.merging import merge
from imgrank.records import RankedImage
from tests.actions.test_cli import ranking, wanted
from tests.actions.trees import snapshot
from tests.index.making import build, opened, picture, write_pictures


def indexed(place, monkeypatch, source="photos", count=3):
    """An index of relative paths, made in `place`; its pictures in a ranking."""
    monkeypatch.chdir(place)
    if source == "photos":
        write_pictures(place / source, count)
    build(source, "tokens")
    return ranked(opened("tokens").paths)


def ranked(paths):
    return ranking(RankedImage(rank, 1.0 / rank, 0.0, path) for rank, path in enumerate(paths, 1))


def act(found, where, **options):
    chosen, images = cli.as_files(found, found.images[:1], [str(where)])
    return cli.change_files(chosen, images, wanted(yes=True, **options), None, print0=False)


def test_an_index_is_about_its_own_folder_from_wherever_it_is_used(tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    write_pictures(theirs / "photos", 3)
    before = snapshot(theirs)
    found = indexed(ours, monkeypatch)
    monkeypatch.chdir(theirs)
    assert act(found, ours / "tokens", rename=True) == 0
    assert snapshot(theirs) == before
    assert sorted(os.listdir(ours / "photos")) == ["1-img0.png", "img1.png", "img2.png"]


def test_a_merged_index_knows_it_too(tmp_path, monkeypatch):
    found = indexed(tmp_path, monkeypatch)
    merge(Location("merged"), [Location("tokens")])
    monkeypatch.chdir("/")
    assert act(found, tmp_path / "merged", rename=True) == 0 and (tmp_path / "photos" / "1-img0.png").exists()


@pytest.mark.parametrize("change", ["bytes", "time", "gone", "link"])
def test_a_picture_that_was_changed_after_it_was_indexed_is_refused(tmp_path, monkeypatch, change):
    found = indexed(tmp_path, monkeypatch)
    path = tmp_path / "photos" / "img0.png"
    time = os.stat(path).st_mtime_ns
    if change == "time":
        os.utime(path, ns=(1, 1))
    elif change == "bytes":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        os.utime(path, ns=(time, time))
    else:
        path.unlink()
        if change == "link":
            path.symlink_to("img1.png")
    before = snapshot(tmp_path)
    for options in ({"rename": True}, {"trash": True, "chosen": True}, {"tag": True}):
        with pytest.raises(
            ActionError, match=r"photos/img0\.png: it (was changed|no longer exists).*Nothing was changed"
        ):
            act(found, "tokens", **options)
    assert snapshot(tmp_path) == before


def test_members_of_a_tar_file_are_no_files_wherever_their_names_lead(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    content = picture(1)
    (tmp_path / "victim.png").write_bytes(content)
    with tarfile.open(tmp_path / "data" / "shard.tar", "w") as tar:
        member = tarfile.TarInfo("../../victim.png")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    found = indexed(tmp_path, monkeypatch, "data/shard.tar")
    before = snapshot(tmp_path)
    with pytest.raises(ActionError, match="part of a container"):
        act(found, "tokens", rename=True)
    assert snapshot(tmp_path) == before


def test_a_row_that_names_a_file_of_this_machine_leads_to_none(tmp_path, monkeypatch):
    (tmp_path / "victim.png").write_bytes(picture(1))
    pq.write_table(pa.table({"path": [str(tmp_path / "victim.png")]}), tmp_path / "rows.parquet")
    assert not indexed(tmp_path, monkeypatch, "rows.parquet").images


def test_rows_of_a_parquet_file_are_no_files(tmp_path, monkeypatch):
    pq.write_table(pa.table({"image": [picture(1)]}), tmp_path / "rows.parquet")
    found = indexed(tmp_path, monkeypatch, "rows.parquet")
    before = snapshot(tmp_path)
    with pytest.raises(ActionError, match="container or an address"):
        act(found, "tokens", rename=True)
    assert snapshot(tmp_path) == before


def test_a_file_that_is_no_picture_by_its_name_is_refused(tmp_path, monkeypatch):
    (tmp_path / "id_rsa").write_bytes(picture(1))
    found = indexed(tmp_path, monkeypatch, "id_rsa")
    with pytest.raises(ActionError, match="not that of an image"):
        act(found, "tokens", rename=True)


def test_files_named_beside_an_index_are_acted_on_as_ever(tmp_path, monkeypatch):
    found = indexed(tmp_path, monkeypatch)
    write_pictures(tmp_path / "more", 1)
    both = ranked(["more/img0.png", *(image.path for image in found.images)])
    assert act(both, "tokens", rename=True) == 0 and (tmp_path / "more" / "1-img0.png").exists()


def test_the_same_name_in_another_folder_is_another_picture(tmp_path, monkeypatch):
    """An index that is gone on with from elsewhere holds what stands there."""
    indexed(tmp_path, monkeypatch)
    other = tmp_path / "other"
    other.mkdir()
    os.rename(tmp_path / "photos", other / "photos")
    monkeypatch.chdir(other)
    assert build("photos", tmp_path / "tokens").added == 3
    assert act(ranked(opened(tmp_path / "tokens").paths), tmp_path / "tokens", rename=True) == 0
    assert (other / "photos" / "1-img0.png").exists()
