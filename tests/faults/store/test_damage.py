"""Whatever happened to the files of the store: the same tokens, at most one note, and healed by the next walk."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imgrank.paths import tokens_dir
from imgrank.records import ImageFile
from imgrank.store import prune, store_info
from imgrank.store.segments import HEADER, STORE_VERSION
from tests.store.making import FINGERPRINT, expected, folder, index, same, segment, walk, write_pictures

COUNT = 12


@pytest.fixture
def files(tmp_path: Path) -> list[ImageFile]:
    made = write_pictures(tmp_path / "photos", COUNT)
    walk(made)
    return made


def assert_harmless(files: list[ImageFile], notes: int = 1, late: bool = False) -> int:
    """Walk twice; how many pictures the first walk encoded. The second finds a whole store again,
    or the third where damage is found `late`: with the store already open."""
    first = walk(files)
    if late:
        assert same(walk(files).packed, expected(files))
    assert same(first.packed, expected(files)) and len(first.notes) <= notes
    second = walk(files)
    assert same(second.packed, expected(files))
    assert (second.encoded, second.notes) == (0, [])
    return first.encoded


def truncate(path: Path, size: int) -> None:
    os.truncate(path, size)


def flip(path: Path, at: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)


def change_meta(key: str, value: str) -> None:
    connection = sqlite3.connect(index())
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", [value, key])
    connection.close()


@pytest.mark.parametrize("size", [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + 100, HEADER + 500])
def test_a_truncated_segment(files, size):
    truncate(segment(), size)
    assert 0 < assert_harmless(files, notes=0) <= COUNT


def test_every_flipped_byte_of_a_row_costs_that_row_alone(files):
    size = (segment().stat().st_size - HEADER) // COUNT
    whole = {path.name: path.read_bytes() for path in folder().iterdir()}
    for at in range(size):
        restore(whole)
        flip(segment(), HEADER + 3 * size + at, at % 8)
        damaged = walk(files)
        assert same(damaged.packed, expected(files)) and (damaged.encoded, damaged.notes) == (1, [])


@pytest.mark.parametrize("at", [0, 8, 20, 60, 90, HEADER - 1])
def test_a_flipped_header_of_a_segment(files, at):
    flip(segment(), at)
    assert assert_harmless(files, notes=0) == COUNT


def test_a_deleted_segment(files):
    segment().unlink()
    assert assert_harmless(files, notes=0) == COUNT


def test_a_segment_of_another_backbone(files):
    data = segment().read_bytes()
    segment().write_bytes(data.replace(FINGERPRINT.encode(), b"f" * 16, 1))
    assert assert_harmless(files, notes=0) == COUNT


def test_a_segment_from_a_newer_version_is_left_alone(files):
    data = segment().read_bytes()
    newer = data.replace(b'"version": %d' % STORE_VERSION, b'"version": %d' % (STORE_VERSION + 1), 1)
    assert newer != data
    segment().write_bytes(newer)
    assert assert_harmless(files, notes=0) == COUNT
    assert segment().read_bytes() == newer


def test_rows_that_changed_places(files):
    size = (segment().stat().st_size - HEADER) // COUNT
    data = segment().read_bytes()
    rows = np.frombuffer(data[HEADER:], np.uint8).reshape(COUNT, size)
    segment().write_bytes(data[:HEADER] + rows[::-1].tobytes())
    assert assert_harmless(files, notes=0) == COUNT


@pytest.mark.parametrize("size", [1, 15, 16, 100, 4095, 4096, 4097, 9000])
def test_a_truncated_index(files, size):
    truncate(index(), size)
    assert_harmless(files)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 50_000, b"SQLite format 3\0" + b"\xff" * 20_000])
def test_an_index_that_is_something_else(files, content):
    index().write_bytes(content)
    assert assert_harmless(files) == COUNT


@pytest.mark.parametrize("rounds", [25, pytest.param(3000, marks=pytest.mark.soak)])
def test_flipped_bits_anywhere_in_the_index_never_change_a_result(files, rounds):
    whole = {path.name: path.read_bytes() for path in folder().iterdir()}
    random = np.random.default_rng(rounds)
    for _ in range(rounds):
        restore(whole)
        for at in random.integers(0, len(whole["index.sqlite"]), random.integers(1, 30)):
            flip(index(), int(at), int(random.integers(8)))
        walked = walk(files)
        assert same(walked.packed, expected(files)) and len(walked.notes) <= 1
        assert same(walk(files).packed, expected(files))
        store_info()


def restore(whole: dict[str, bytes]) -> None:
    shutil.rmtree(folder(), ignore_errors=True)
    folder().mkdir()
    for name, content in whole.items():
        (folder() / name).write_bytes(content)


def test_a_database_of_another_program(files):
    index().unlink()
    connection = sqlite3.connect(index())
    connection.execute("CREATE TABLE meta (key, value)")
    connection.execute("CREATE TABLE recipes (name)")
    connection.commit()
    connection.close()
    assert assert_harmless(files) == COUNT


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fingerprint", "f" * 16),
        ("shape", "1 2 3"),
        ("shape", "many"),
        ("version", "0"),
        ("version", "one"),
    ],
)
def test_an_index_with_other_facts(files, key, value):
    change_meta(key, value)
    assert assert_harmless(files) == COUNT


@pytest.mark.parametrize("value", ["", "-5", "many", "9" * 30, "3"])
def test_an_index_that_lost_count_of_its_rows(files, value, tmp_path):
    change_meta("next_place", value)
    more = files + write_pictures(tmp_path / "more", 5)
    for _ in range(3):
        walked = walk(more)
        assert same(walked.packed, expected(more)) and len(walked.notes) <= 1
    assert walk(more).encoded == 0


@pytest.mark.parametrize("value", [-1, 10**6, 2**60, "x", "", 0])
def test_places_that_lead_nowhere(files, value):
    connection = sqlite3.connect(index())
    with connection:
        connection.execute("UPDATE images SET place = ?", [value])
    connection.close()
    assert_harmless(files, late=True)


def test_a_damaged_shortcut_does_not_lead_to_another_picture(files):
    connection = sqlite3.connect(index())
    with connection:
        (other,) = connection.execute("SELECT digest FROM paths ORDER BY path DESC LIMIT 1").fetchone()
        connection.execute("UPDATE paths SET digest = ?", [other])
    connection.close()
    assert assert_harmless(files, notes=0) == 0


def test_a_newer_store_is_used_neither_nor_changed(files):
    change_meta("version", str(STORE_VERSION + 1))
    before = {path.name: path.read_bytes() for path in folder().glob("*.tok")}
    walked = walk(files)
    assert same(walked.packed, expected(files))
    assert walked.encoded == COUNT and len(walked.notes) == 1 and "newer" in walked.notes[0]
    assert {path.name: path.read_bytes() for path in folder().glob("*.tok")} == before
    assert prune().backbones == 0 and index().exists()


def test_a_store_that_took_mirror_images_for_pictures_begins_anew_with_one_line(files):
    """As an earlier version left it: rows have no view, and paths lead to the rows of mirror images."""
    connection = sqlite3.connect(index())
    with connection:
        connection.execute("DROP TABLE images")
        connection.execute("CREATE TABLE images (digest BLOB PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID")
        connection.execute("INSERT INTO images SELECT digest, rowid FROM (SELECT digest, 0 AS rowid FROM paths)")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
    connection.close()
    walked = walk(files)
    assert same(walked.packed, expected(files)) and walked.encoded == COUNT
    assert len(walked.notes) == 1 and "earlier imgrank" in walked.notes[0]
    again = walk(files)
    assert (again.encoded, again.hashed, again.notes) == (0, 0, [])


def test_an_earlier_store_may_be_looked_at_and_pruned(files):
    change_meta("version", "1")
    assert [stored.images for stored in store_info().backbones] == [None]
    assert prune().backbones == 1


def test_a_deleted_index(files):
    index().unlink()
    assert assert_harmless(files) == COUNT


@pytest.mark.parametrize("name", ["index.sqlite-wal", "index.sqlite-shm", "index.sqlite-journal"])
def test_garbage_in_sqlites_own_side_files(files, name):
    (folder() / name).write_bytes(os.urandom(9000))
    walked = walk(files)
    assert same(walked.packed, expected(files)) and len(walked.notes) <= 1


def blocked(path: Path, make: Callable[[Path], object], files: list[ImageFile]) -> None:
    """Something of the wrong kind stands where a file or folder of the store should."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)
    for _ in range(2):
        walked = walk(files)
        assert same(walked.packed, expected(files)) and len(walked.notes) == 1 and "\n" not in walked.notes[0]
    store_info()


def test_a_folder_in_place_of_the_index(files):
    blocked(index(), Path.mkdir, files)


def test_a_folder_in_place_of_a_segment(files):
    blocked(segment(), Path.mkdir, files)


def test_a_file_in_place_of_the_folder(files):
    blocked(folder(), Path.touch, files)


def test_a_file_in_place_of_all_folders(files):
    blocked(tokens_dir(), Path.touch, files)
