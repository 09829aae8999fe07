from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.errors import StoreError
from imgrank.records import ImageFile
from imgrank.store import View, open_store, segments, store_info
from imgrank.tokens import PackedTokens, TokenShape
from tests.store.making import (
    FINGERPRINT,
    OLD_NS,
    SHAPE,
    Walk,
    digest_of,
    encode,
    expected,
    folder,
    index,
    same,
    segment,
    walk,
    walk_with,
    write_picture,
    write_pictures,
)

numbers = st.lists(st.integers(0, 30), max_size=40)


def no_note(text: str) -> None:
    raise AssertionError(text)


def an_image(number: int) -> ImageFile:
    return ImageFile(f"{number}.jpg", number, OLD_NS)


def name(number: int) -> str:
    return digest_of(b"%d" % number)


@settings(max_examples=40, deadline=None)
@given(st.lists(numbers, max_size=4), numbers, st.integers(1, 9), st.booleans(), st.booleans())
def test_what_was_put_is_read_in_any_order_with_repeats(batches, asked, size, cache, reopened):
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.dict(os.environ, IMGRANK_HOME=home),
    ):
        store = open_store(FINGERPRINT, SHAPE, cache=cache, note=no_note)
        for batch in batches:
            names = list(map(name, batch))
            store.put(list(map(an_image, batch)), names, encode(names))
        if cache and reopened:
            store.close()
            store = open_store(FINGERPRINT, SHAPE, note=no_note)
        stored = {number for batch in batches for number in batch}
        found = store.read(list(map(name, asked)))
        assert found.missing.tolist() == [number not in stored for number in asked]
        assert [store.has(name(number)) for number in asked] == [number in stored for number in asked]
        there = np.flatnonzero(~found.missing)
        known = [name(asked[i]) for i in there]
        assert same(found.packed[there], encode(known))
        assert not found.packed.quantised[found.missing].any()
        blocks = list(store.read_blocks(known, size))
        assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
        assert b"".join(block.quantised.tobytes() for block in blocks) == encode(known).quantised.tobytes()
        store.close()


def test_rows_go_on_in_a_new_segment_when_one_is_full(monkeypatch):
    for module in (segments, sys.modules["imgrank.store.sqlite_index"], sys.modules["imgrank.store.disk"]):
        monkeypatch.setattr(module, "ROWS", 8)
    names = [name(i) for i in range(20)]
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store:
        for start in range(0, 20, 5):
            store.put(
                [an_image(i) for i in range(start, start + 5)],
                names[start : start + 5],
                encode(names[start : start + 5]),
            )
        assert len(list(folder().glob("segment-*.tok"))) == 4
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store:
        mixed = names[::-3] + names
        assert same(store.read(mixed).packed, encode(mixed))


def test_a_second_walk_encodes_nothing_and_hashes_nothing(tmp_path):
    files = write_pictures(tmp_path / "photos", 10)
    first, second = walk(files), walk(files)
    assert (first.encoded, first.hashed) == (10, 10)
    assert (second.encoded, second.hashed) == (0, 0)
    assert same(first.packed, expected(files)) and same(second.packed, expected(files))
    assert first.notes == second.notes == []


def test_a_moved_or_renamed_file_is_a_hit(tmp_path):
    files = write_pictures(tmp_path / "photos", 4)
    walk(files)
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    moved = [ImageFile(f.path.replace("photos", "elsewhere"), f.size, f.mtime_ns) for f in files]
    assert walk(moved).encoded == 0
    assert walk(moved).hashed == 0


def in_both_views(files: list[ImageFile], cache: bool = True) -> tuple[Walk, Walk]:
    """One walk for the mirror images, then one for the pictures, each with a store of its own."""
    walks = Walk(), Walk()
    for result, view in zip(walks, (View.mirrored, View.plain), strict=True):
        with open_store(FINGERPRINT, SHAPE, cache=cache, note=no_note) as store:
            walk_with(store, files, result, view)
    return walks


def test_a_mirror_image_is_never_taken_for_the_picture(tmp_path):
    files = write_pictures(tmp_path / "photos", 10)
    mirrored, plain = in_both_views(files)
    assert same(plain.packed, expected(files)) and not same(mirrored.packed, expected(files))
    again = in_both_views(files)
    assert [walk.encoded for walk in again] == [walk.hashed for walk in again] == [0, 0]
    assert same(again[0].packed, mirrored.packed) and same(again[1].packed, plain.packed)


def test_a_picture_stored_in_one_view_alone_is_encoded_for_the_other(tmp_path):
    files = write_pictures(tmp_path / "photos", 5)
    mirrored, plain = in_both_views(files)
    assert (mirrored.encoded, plain.encoded) == (5, 5)
    assert store_info().backbones[0].images == 5


def test_a_row_of_one_view_in_the_place_of_another_is_a_miss(tmp_path):
    files = write_pictures(tmp_path / "photos", 4)
    in_both_views(files)
    connection = sqlite3.connect(index())
    with connection:
        connection.execute(
            "UPDATE images SET place = (SELECT place FROM images AS other"
            " WHERE other.digest = images.digest AND other.view != images.view)"
        )
    connection.close()
    assert same(walk(files).packed, expected(files))


def test_files_are_known_after_a_walk_also_where_nobody_closes_the_store(tmp_path):
    files = write_pictures(tmp_path / "photos", 4)
    walk(files)
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    moved = [ImageFile(f.path.replace("photos", "elsewhere"), f.size, f.mtime_ns) for f in files]
    walk_with(open_store(FINGERPRINT, SHAPE, note=no_note), moved, first := Walk())
    walk_with(open_store(FINGERPRINT, SHAPE, note=no_note), moved, second := Walk())
    assert (first.hashed, second.hashed) == (4, 0)


def test_a_changed_byte_is_a_miss(tmp_path):
    files = write_pictures(tmp_path / "photos", 4)
    walk(files)
    files[1] = write_picture(Path(files[1].path), b"pictvre 1", OLD_NS + 1)
    again = walk(files)
    assert again.encoded == 1
    assert same(again.packed, expected(files))


@pytest.mark.parametrize("cache", [True, False])
def test_a_file_changed_within_the_tick_of_its_clock_is_never_mistaken(tmp_path, cache):
    now = time.time_ns()
    notes: list[str] = []
    with open_store(FINGERPRINT, SHAPE, cache=cache, note=notes.append) as store:
        files = [write_picture(tmp_path / "a.jpg", b"before", now)]
        walk_with(store, files, Walk())
        files = [write_picture(tmp_path / "a.jpg", b"behind", now)]
        again = Walk()
        walk_with(store, files, again)
    assert same(again.packed, expected(files))
    assert same(walk(files).packed, expected(files))


def test_equal_pictures_share_a_row(tmp_path):
    files = [write_picture(tmp_path / f"{i}.jpg", b"the same") for i in range(6)]
    walk(files)
    assert segment().stat().st_size < 2 * 256
    assert same(walk(files).packed, expected(files))


def test_relative_and_absolute_paths_are_one_file(tmp_path, monkeypatch):
    files = write_pictures(tmp_path / "photos", 3)
    walk(files)
    monkeypatch.chdir(tmp_path)
    relative = [ImageFile(f"./photos/{i}.jpg", f.size, f.mtime_ns) for i, f in enumerate(files)]
    assert walk(relative).hashed == 0


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="this system's names are always text")
def test_a_name_that_is_no_text_is_remembered(tmp_path):
    files = [write_picture(tmp_path / os.fsdecode(b"caf\xe9\n.jpg"), b"x")]
    walk(files)
    assert walk(files).hashed == 0


def test_without_cache_nothing_touches_the_disk(tmp_path, home):
    files = write_pictures(tmp_path / "photos", 5)
    with open_store(FINGERPRINT, SHAPE, cache=False, note=no_note) as store:
        first, second = Walk(), Walk()
        walk_with(store, files, first)
        walk_with(store, files, second)
    assert (first.encoded, second.encoded, second.hashed) == (5, 0, 0)
    assert same(second.packed, expected(files))
    assert not home.exists()


def test_backbones_do_not_share_tokens(tmp_path):
    walk(write_pictures(tmp_path / "photos", 3))
    with open_store("f" * 16, SHAPE, note=no_note) as store:
        assert not store.has(digest_of(b"picture 0"))


def test_tokens_of_another_shape_are_refused():
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store, pytest.raises(ValueError, match="tokens of"):
        store.put([an_image(1)], [name(1)], PackedTokens.empty(1, TokenShape(1, 1, 1)))


def test_blocks_never_pass_off_zeros_as_tokens():
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store:
        store.put([an_image(1)], [name(1)], encode([name(1)]))
        with pytest.raises(StoreError):
            list(store.read_blocks([name(1), name(2)], 8))


def test_threads_may_ask_at_once():
    names = [name(i) for i in range(200)]
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store:
        store.put([an_image(i) for i in range(200)], names, encode(names))
    answers: list[bool] = []
    with open_store(FINGERPRINT, SHAPE, note=no_note) as store:
        threads = [threading.Thread(target=lambda: answers.extend(map(store.has, names))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [True] * 800
