"""A file is read; what is none is neither waited for nor read without end."""

import os
from pathlib import Path

import pytest

from imgrank.regular import open_regular, read_regular


def test_a_file_is_read_by_its_name_and_by_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    os.symlink("a", tmp_path / "link")
    assert read_regular(tmp_path / "a") == read_regular(tmp_path / "link") == read_regular(tmp_path / "a", 3) == b"abc"
    with open_regular(tmp_path / "a") as file:
        assert file.read(2) == b"ab"


def test_one_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with pytest.raises(OSError, match="too large"):
        read_regular(tmp_path / "a", 2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/dev/zero", tmp_path / "device")
    for name in ("pipe", "device", "."):
        with pytest.raises(OSError):
            read_regular(tmp_path / name)
