"""What happens to the store while it is in use: no room, no right, deleted, another process, killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from imgrank.paths import tokens_dir
from imgrank.records import ImageFile
from imgrank.store import TextStore, clear, open_store, segments, store_info
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
    write_pictures,
)

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits, users or signals")
REPOSITORY = Path(__file__).parents[3]


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process that shares this test's store."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=1800)
    assert process.returncode == 0, error
    return out


# -- no room -------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_no_room_for_rows(tmp_path, monkeypatch, at):
    files = write_pictures(tmp_path / "photos", 12)
    whole, calls = segments._write_all, []

    def no_room(file, data):
        calls.append(file)
        if len(calls) > at:
            file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(file, data)

    monkeypatch.setattr(segments, "_write_all", no_room)
    walked = walk(files, batch=3)
    monkeypatch.undo()
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    assert same(walked.packed, expected(files))
    assert len(walked.notes) == 1 and "no space left" in walked.notes[0]
    again = walk(files)
    assert same(again.packed, expected(files)) and again.notes == []
    assert walk(files).encoded == 0


@posix
@pytest.mark.parametrize("limit", [0, 2000, 20_000, 60_000])
def test_no_room_anywhere(tmp_path, limit):
    """The system itself refuses to let any file grow beyond `limit` bytes: index, log and segments."""
    write_pictures(tmp_path / "photos", 300)
    code = """
        import resource, sys
        from pathlib import Path
        from imgrank.records import ImageFile
        from tests.store.making import OLD_NS, expected, same, walk
        files = [ImageFile(str(p), p.stat().st_size, OLD_NS) for p in sorted(Path(sys.argv[1]).iterdir())]
        wanted = expected(files)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
        walked = walk(files, batch=16)
        assert same(walked.packed, wanted)
        assert len(walked.notes) <= 1, walked.notes
        print(walked.notes)
    """
    said = finish(python(code, tmp_path / "photos", limit))
    assert limit > 20_000 or "cache" in said


# -- no right ------------------------------------------------------------------------------------


WALK = """
    import os, sys
    from pathlib import Path
    from imgrank.records import ImageFile
    from imgrank.store import store_info
    from tests.store.making import OLD_NS, expected, same, walk
    files = [ImageFile(str(p), p.stat().st_size, OLD_NS) for p in sorted(Path(sys.argv[1]).iterdir())]
    wanted = expected(files)
    if os.geteuid() == 0:  # root may do anything; become nobody, with all modules loaded
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
    walked = walk(files)
    assert same(walked.packed, wanted)
    store_info()
    print(walked.encoded, len(walked.notes))
"""


def walk_read_only(home: Path, photos: Path) -> str:
    """Walk in a process that may read the store but not write it; what it encoded and how often it spoke."""
    for path in [photos, *photos.parents]:
        if path.stat().st_uid == os.getuid() and "pytest" in str(path):
            path.chmod(0o755)
    inside = [home, *home.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        return finish(python(WALK, photos))
    finally:
        for path in inside:
            path.chmod(0o755 if path.is_dir() else 0o644)


@posix
def test_a_read_only_store_is_read(tmp_path, home):
    walk(write_pictures(tmp_path / "photos", 5))
    assert walk_read_only(home, tmp_path / "photos") == "0 0\n"


@posix
def test_a_read_only_store_costs_one_note_when_there_is_something_new(tmp_path, home):
    walk(write_pictures(tmp_path / "photos", 5))
    write_pictures(tmp_path / "photos", 8)
    assert walk_read_only(home, tmp_path / "photos") == "3 1\n"


@posix
def test_a_store_that_cannot_be_made_costs_one_note(tmp_path, home):
    home.mkdir()
    write_pictures(tmp_path / "photos", 5)
    assert walk_read_only(home, tmp_path / "photos") == "5 1\n"


@posix
def test_a_file_system_without_shared_memory_serves_without_the_log(tmp_path, monkeypatch):
    files = write_pictures(tmp_path / "photos", 5)
    connect = sqlite3.connect

    class NoLog(sqlite3.Connection):
        def execute(self, sql, *values):
            if "WAL" in sql:
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(sql, *values)

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=NoLog))
    assert walk(files).notes == []
    again = walk(files)
    assert (again.encoded, again.notes) == (0, []) and same(again.packed, expected(files))


# -- deleted while running -------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("how", ["clear", "rmtree", "index alone", "segment alone", "replaced"])
@pytest.mark.parametrize("warm", [True, False])
def test_deleted_while_running(tmp_path, how, warm):
    files = write_pictures(tmp_path / "photos", 12)
    if warm:
        walk(files[:6])
    result = Walk()
    with open_store(FINGERPRINT, SHAPE, note=result.notes.append) as store:
        walk_with(store, files[:8], result)
        delete(how, files)
        walk_with(store, files, result)
        assert same(result.packed, expected(files))
        walk_with(store, files[::-1], result)
        assert same(result.packed, expected(files[::-1]))
    assert len(result.notes) <= 1
    for _ in range(2):
        again = walk(files)
        assert same(again.packed, expected(files)) and again.notes == []
    assert again.encoded == 0


@posix
def test_a_store_deleted_and_made_anew_by_another_is_not_written_into(tmp_path):
    files = write_pictures(tmp_path / "photos", 6)
    notes: list[str] = []
    with open_store(FINGERPRINT, SHAPE, note=notes.append) as store:
        clear()
        walk(files)
        others = [ImageFile(f"{i}.jpg", 1, OLD_NS) for i in range(4)]
        names = [digest_of(b"%d" % i) for i in range(4)]
        store.put(others, names, encode(names))
    assert len(notes) == 1
    assert walk(files).encoded == 0


def delete(how: str, files: list) -> None:
    if how == "clear":
        clear()
    elif how == "index alone":
        index().unlink()
    elif how == "segment alone":
        segment().unlink()
    else:
        shutil.rmtree(folder())
    if how == "replaced":
        walk(files[::-1])


def test_a_segment_cut_short_while_it_is_open_is_a_miss_and_no_crash(tmp_path):
    files = write_pictures(tmp_path / "photos", 12)
    names = [digest_of(b"picture %d" % i) for i in range(12)]
    walk(files)
    with open_store(FINGERPRINT, SHAPE, note=lambda text: None) as store:
        store.recall(files)
        os.truncate(segment(), 500)
        found = store.read(names)
        assert found.missing.any()
        assert [store.has(name) for name in names] == (~found.missing).tolist()
        result = Walk()
        walk_with(store, files, result)
        assert same(result.packed, expected(files))


# -- several processes -----------------------------------------------------------------------------

WRITE = """
    import sys
    from imgrank.records import ImageFile
    from imgrank.store import open_store, sqlite_index
    from tests.store.making import FINGERPRINT, SHAPE, digest_of, encode, same
    sqlite_index.PATIENCE = 300.0  # on a slow disk others may write for long
    first, last = map(int, sys.argv[1:3])
    notes = []
    with open_store(FINGERPRINT, SHAPE, note=notes.append) as store:
        print("ready", flush=True)
        for start in range(first, last, 7):
            numbers = range(start, min(start + 7, last))
            names = [digest_of(b"%d" % i) for i in numbers]
            store.put([ImageFile(f"{i}.jpg", 1, 1) for i in numbers], names, encode(names))
            assert same(store.read(names).packed, encode(names))
    assert not notes, notes
"""


def assert_holds(numbers: range) -> None:
    names = [digest_of(b"%d" % i) for i in numbers]
    with open_store(FINGERPRINT, SHAPE, note=lambda text: None) as store:
        found = store.read(names)
    assert not found.missing.any() and same(found.packed, encode(names))


def test_two_processes_write_and_read_at_once():
    writers = [python(WRITE, first, first + 400) for first in (0, 200, 400)]
    for writer in writers:
        finish(writer)
    assert_holds(range(800))
    assert store_info().backbones[0].images == 800


def test_many_processes_may_make_the_store_at_once():
    for writer in [python(WRITE, first, first + 10) for first in range(0, 40, 10)]:
        finish(writer)
    assert_holds(range(40))


@posix
def test_one_process_clears_while_another_writes():
    writer = python(WRITE.replace("assert not notes, notes", "assert len(notes) <= 1, notes"), 0, 1500)
    assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for _ in range(5):
        clear()
    finish(writer)


@posix
@pytest.mark.parametrize("rounds", [3, pytest.param(100, marks=pytest.mark.soak)])
def test_a_killed_writer_leaves_a_store_that_works(tmp_path, rounds):
    files = write_pictures(tmp_path / "photos", 6)
    for count in range(rounds):
        writer = python(WRITE, 0, 100_000)
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.02 + 0.013 * (count % 20))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        walked = walk(files)
        assert same(walked.packed, expected(files)) and walked.notes == []
        assert walk(files).encoded == 0


def test_an_index_locked_by_another_program_costs_one_note(tmp_path, monkeypatch):
    files = write_pictures(tmp_path / "photos", 6)
    walk(files[:3])
    monkeypatch.setattr("imgrank.store.sqlite_index.PATIENCE", 0.05)
    other = sqlite3.connect(index(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    walked = walk(files)
    other.execute("ROLLBACK")
    other.close()
    assert same(walked.packed, expected(files))
    assert walked.encoded == 3 and len(walked.notes) == 1


def test_a_sentence_survives_a_full_disk(monkeypatch):
    import numpy as np

    from imgrank.tokens import TextTokens

    text = TextTokens(np.ones((2, 3), np.float32), np.ones(3, np.float32))

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", no_room)
    TextStore(FINGERPRINT).put("a cat", text)
    assert TextStore(FINGERPRINT).get("a cat") is None
    assert not [p for p in tokens_dir().parent.rglob("*") if p.is_file()]
