"""A file is written whole, or what was there stays."""

import os
import stat
from pathlib import Path

import pytest

from imgrank.atomic import atomic_file, write_atomic


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), atomic_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["kept.csv"]


def test_nobody_sees_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    with atomic_file(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.symlink("pipe", tmp_path / "link")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match="not a regular file"):
            write_atomic(tmp_path / name, b"new")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_those_of_the_file_before_or_of_any_new_file(tmp_path: Path) -> None:
    plain, private = tmp_path / "plain", tmp_path / "private"
    private.touch(mode=0o600)
    for path in (plain, private):
        write_atomic(path, b"new", durable=True)
    (tmp_path / "other").touch()
    assert plain.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert private.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"before")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"after"


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folder, and has no such permissions")
@pytest.mark.parametrize("durable", [True, False])
def test_whoever_asks_for_it_has_bytes_on_the_disk_before_the_name_and_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    """Nobody else waits for a disk."""
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(before: str, after: str) -> None:
        done.append("name")
        replace(before, after)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    if durable:
        write_atomic(tmp_path / "kept.csv", b"new", durable=True)
    else:
        write_atomic(tmp_path / "kept.csv", b"new")
    assert done == (["file", "name", "folder"] if durable else ["name"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o601, 0o711, 0o644, 0o666, 0o777])
def test_every_permission_is_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kept.csv"
    path.touch()
    path.chmod(mode)
    write_atomic(path, b"new")
    assert path.stat().st_mode & 0o777 == mode
