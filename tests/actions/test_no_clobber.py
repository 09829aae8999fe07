"""The operations themselves never clobber, and a copy is the file with its time."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from imgrank.actions import boundary, no_clobber


def both(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    return str(tmp_path / "a"), str(tmp_path / "b")


@pytest.mark.parametrize("kernel", [True, False])
def test_rename_refuses_a_taken_name(tmp_path, monkeypatch, kernel):
    if not kernel:
        monkeypatch.setattr(no_clobber, "_rename_by_kernel", lambda *_: False)
    a, b = both(tmp_path)
    with pytest.raises(FileExistsError):
        no_clobber.rename_no_replace(a, b)
    assert (tmp_path / "a").read_bytes() == b"one" and (tmp_path / "b").read_bytes() == b"two"
    no_clobber.rename_no_replace(a, str(tmp_path / "c"))
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]


def test_copy_refuses_a_taken_name_and_leaves_no_part(tmp_path):
    a, b = both(tmp_path)
    with pytest.raises(FileExistsError):
        no_clobber.copy_no_replace(a, b, str(tmp_path / "part"))
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    assert (tmp_path / "b").read_bytes() == b"two"


def test_copy_keeps_bytes_and_time(tmp_path):
    a, _ = both(tmp_path)
    os.utime(a, ns=(1, 1_500_000_000_123_456_700))
    no_clobber.copy_no_replace(a, str(tmp_path / "c"), str(tmp_path / "part"))
    assert no_clobber.identify(str(tmp_path / "c")) == no_clobber.identify(a)


def test_a_full_disk_leaves_no_part(tmp_path, monkeypatch):
    a, _ = both(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(no_clobber, "_reflink", lambda *_: False)
    monkeypatch.setattr(no_clobber.shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="space"):
        no_clobber.copy_no_replace(a, str(tmp_path / "c"), str(tmp_path / "part"))
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_copy_that_reads_back_wrong_keeps_the_source(tmp_path):
    a, _ = both(tmp_path)
    with pytest.raises(OSError, match="read back"):
        wrong = replace(no_clobber.identify(a), hash="0" * 32)
        no_clobber.move_across(a, str(tmp_path / "c"), str(tmp_path / "part"), wrong)
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_source_that_is_written_while_it_moves_to_another_disk_keeps_what_was_written(tmp_path):
    a, _ = both(tmp_path)
    found = no_clobber.identify(a)
    boundary.listen(lambda point: (tmp_path / "a").write_bytes(b"edited") if point == "copy placed" else None)
    try:
        with pytest.raises(no_clobber.Changed):
            no_clobber.move_across(a, str(tmp_path / "c"), str(tmp_path / "part"), found)
    finally:
        boundary.listen(None)
    assert (tmp_path / "a").read_bytes() == b"edited" and sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_copy_keeps_permissions_and_extended_attributes(tmp_path):
    a, _ = both(tmp_path)
    os.chmod(a, 0o640)
    attributes = hasattr(os, "setxattr")
    try:
        os.setxattr(a, "user.note", b"mine")
    except (AttributeError, OSError):
        attributes = False
    copy = str(tmp_path / "c")
    no_clobber.copy_no_replace(a, copy, str(tmp_path / "part"))
    assert os.stat(copy).st_mode == os.stat(a).st_mode
    assert not attributes or os.getxattr(copy, "user.note") == b"mine"


def test_a_copy_asks_the_file_system_to_share_its_blocks_first(tmp_path, monkeypatch):
    a, _ = both(tmp_path)
    asked = []

    def shared(reader, writer):
        asked.append(os.write(writer, os.pread(reader, 100, 0)))
        return True

    monkeypatch.setattr(no_clobber, "_reflink", shared)
    monkeypatch.setattr(no_clobber.shutil, "copyfileobj", lambda *_: pytest.fail("the bytes were copied as well"))
    no_clobber.copy_no_replace(a, str(tmp_path / "c"), str(tmp_path / "part"))
    assert asked == [3] and (tmp_path / "c").read_bytes() == b"one"
