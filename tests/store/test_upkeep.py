from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from imgrank.paths import text_dir, tokens_dir
from imgrank.records import ImageFile
from imgrank.store import TextStore, View, clear, open_store, prune, store_info
from imgrank.tokens import TextTokens, TokenShape
from tests.store.making import (
    FINGERPRINT,
    SHAPE,
    Walk,
    digest_of,
    encode,
    expected,
    folder,
    index,
    same,
    walk,
    walk_with,
    write_picture,
    write_pictures,
)

OTHER = "f" * 16
BIG = TokenShape(16, 64, 64)  # about 1.2 KB a picture


def fill(fingerprint: str, where: Path, numbers: range, shape: TokenShape = BIG) -> list[ImageFile]:
    where.mkdir(exist_ok=True)
    files = [write_picture(where / f"{i}.jpg", b"%d" % i) for i in numbers]
    names = [digest_of(b"%d" % i) for i in numbers]
    with open_store(fingerprint, shape, note=lambda text: None) as store:
        store.put(files, names, encode(names, shape))
    return files


def kept(fingerprint: str, numbers: range, shape: TokenShape = BIG) -> list[int]:
    with open_store(fingerprint, shape, note=lambda text: None) as store:
        return [i for i in numbers if store.has(digest_of(b"%d" % i))]


def make_old(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_an_empty_store_is_no_error():
    found = store_info()
    assert (found.backbones, found.sentences, found.bytes) == ((), 0, 0)
    assert prune(unused_days=1, max_bytes=0).bytes == clear().bytes == 0


def test_info_counts_images_sentences_and_bytes(tmp_path):
    walk(write_pictures(tmp_path / "photos", 5))
    TextStore(FINGERPRINT).put("a cat", TextTokens(np.ones((2, 3), np.float32), np.ones(3, np.float32)))
    found = store_info()
    assert [(stored.fingerprint, stored.images) for stored in found.backbones] == [(FINGERPRINT, 5)]
    assert found.sentences == 1
    assert found.bytes == sum(p.stat().st_size for root in (tokens_dir(), text_dir()) for p in root.glob("*/*"))


def test_info_passes_over_what_it_cannot_read(tmp_path):
    walk(write_pictures(tmp_path / "photos", 5))
    index().write_bytes(b"no index at all, but long enough to be looked at" * 50)
    assert [stored.images for stored in store_info().backbones] == [None]


def test_clear_removes_all_of_ours_and_nothing_else(tmp_path):
    walk(write_pictures(tmp_path / "photos", 5))
    TextStore(FINGERPRINT).put("a cat", TextTokens(np.ones((2, 3), np.float32), np.ones(3, np.float32)))
    foreign = tokens_dir() / "my holiday"
    foreign.mkdir()
    assert clear().backbones == 1
    assert list(tokens_dir().iterdir()) == [foreign] and not list(text_dir().iterdir())
    assert store_info().bytes == 0


def test_prune_drops_pictures_that_are_gone_and_gives_their_room_back(tmp_path):
    files = fill(FINGERPRINT, tmp_path / "photos", range(300))
    for file in files[:290]:
        os.unlink(file.path)
    gone = prune()
    assert gone.images == 290 and gone.bytes > 290 * 1000
    assert kept(FINGERPRINT, range(300)) == list(range(290, 300))
    with open_store(FINGERPRINT, BIG, note=lambda text: None) as store:
        names = [digest_of(b"%d" % i) for i in range(299, 289, -1)]
        assert same(store.read(names).packed, encode(names, BIG))
        assert store.recall(files[290:]) == names[::-1]


def test_prune_keeps_the_mirror_image_of_a_picture_that_stays_and_drops_it_with_the_picture(tmp_path):
    files = write_pictures(tmp_path / "photos", 6)
    for view in View:
        with open_store(FINGERPRINT, SHAPE, note=lambda text: None) as store:
            walk_with(store, files, Walk(), view)
    for file in files[:4]:
        os.unlink(file.path)
    assert prune().images == 4
    with open_store(FINGERPRINT, SHAPE, note=lambda text: None) as store:
        for view in View:
            assert store.have([digest_of(b"picture %d" % n) for n in range(6)], view) == [False] * 4 + [True] * 2


def test_prune_keeps_a_picture_that_has_a_copy(tmp_path):
    files = [write_picture(tmp_path / name, b"the same") for name in ("a.jpg", "b.jpg")]
    walk(files)
    os.unlink(files[0].path)
    assert prune().images == 0
    assert walk(files[1:]).encoded == 0


def test_prune_keeps_pictures_too_young_for_a_shortcut(tmp_path):
    files = [write_picture(tmp_path / "a.jpg", b"new", time.time_ns())]
    walk(files)
    assert prune().images == 0
    assert walk(files).encoded == 0


def test_what_is_put_after_a_prune_stands_beside_what_was_kept(tmp_path):
    files = write_pictures(tmp_path / "photos", 20)
    walk(files)
    for file in files[:18]:
        os.unlink(file.path)
    prune()
    more = files[18:] + write_pictures(tmp_path / "more", 30)
    assert same(walk(more).packed, expected(more))
    assert walk(more).encoded == 0


def test_a_store_that_is_open_lives_through_a_prune(tmp_path):
    files = write_pictures(tmp_path / "photos", 20)
    walk(files)
    names = [digest_of(b"picture %d" % i) for i in range(20)]
    for file in files[:18]:
        os.unlink(file.path)
    with open_store(FINGERPRINT, SHAPE, note=lambda text: None) as store:
        store.recall(files)
        prune()
        found = store.read(names)
        assert same(
            found.packed[~found.missing], encode([n for n, m in zip(names, found.missing, strict=True) if not m])
        )
        new = [digest_of(b"%d" % i) for i in range(5)]
        store.put([ImageFile(f"{i}", 1, 1) for i in range(5)], new, encode(new))
        assert same(store.read(new).packed, encode(new))


def test_prune_drops_backbones_unused_for_so_long(tmp_path):
    fill(FINGERPRINT, tmp_path / "a", range(3))
    fill(OTHER, tmp_path / "b", range(3))
    make_old(tokens_dir() / OTHER, days=40)
    assert prune(unused_days=41).backbones == 0
    assert prune(unused_days=39).backbones == 1  # looking at it did not count as use
    assert [stored.fingerprint for stored in store_info().backbones] == [FINGERPRINT]


def test_prune_to_a_size_drops_what_was_used_longest_ago_then_what_came_first(tmp_path):
    fill(OTHER, tmp_path / "b", range(100))
    fill(FINGERPRINT, tmp_path / "a", range(1000))
    make_old(tokens_dir() / OTHER, days=1)
    limit = 400_000
    gone = prune(max_bytes=limit)
    assert gone.backbones == 1
    assert 0 < sum(stored.bytes for stored in store_info().backbones) <= limit
    left = kept(FINGERPRINT, range(1000))
    assert left == list(range(1000 - len(left), 1000)) and len(left) > 100


def test_prune_removes_a_damaged_store_and_leaves_a_newer_one(tmp_path):
    fill(FINGERPRINT, tmp_path / "a", range(3))
    (folder() / "index.sqlite").write_bytes(b"garbage" * 1000)
    assert prune().backbones == 1
    assert not folder().exists()


def test_prune_clears_what_a_removal_cut_short_has_left(tmp_path):
    fill(FINGERPRINT, tmp_path / "a", range(3))
    shutil.copytree(folder(), folder().with_name(FINGERPRINT + ".aside-1-2"))
    prune()
    assert [path.name for path in tokens_dir().iterdir()] == [FINGERPRINT]


@pytest.mark.parametrize("limit", [0, 1])
def test_prune_to_nothing_leaves_a_store_that_works(tmp_path, limit):
    files = write_pictures(tmp_path / "photos", 5)
    walk(files)
    assert prune(max_bytes=limit).images == 5
    assert walk(files).encoded == 5
    assert walk(files).encoded == 0
