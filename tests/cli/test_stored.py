"""What one command stores changes nothing of what the next one says, and spares it work."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path

import pytest

from tests import forked
from tests.store.making import OLD_NS

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
USED = ("cat", "dog", "rocket", "goldfish", "owl", "horses", "temple", "coffee")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in USED:
        shutil.copy(PHOTOS / f"{name}.jpg", tmp_path / "photos")
        os.utime(tmp_path / "photos" / f"{name}.jpg", ns=(OLD_NS, OLD_NS))
    rows = "".join(f"photos/{name}.jpg,tamer animal,{n}\n" for n, name in enumerate(USED))
    (tmp_path / "labels.csv").write_text("image,query,value\n" + rows)
    return tmp_path


@pytest.fixture
def imgrank(folder):
    def run(*words):
        done = forked.imgrank(*words, cwd=folder, env={**os.environ, "IMGRANK_HOME": str(folder / "home")})
        assert done.returncode == 0, done.stderr.decode()
        return done

    return run


def scores(done):
    return {Path(row["path"]).stem: row["score"] for row in csv.DictReader(io.StringIO(done.stdout.decode()))}


def test_training_changes_nothing_of_what_sort_says(imgrank):
    imgrank("train", "labels.csv", "--epochs", "1", "--out", "tame.safetensors", "--quiet")
    words = ("sort", "photos", "a cat", "--adapter", "none", "--format", "csv")
    assert scores(imgrank(*words)) == scores(imgrank(*words, "--no-cache"))


def test_a_moved_folder_is_read_once_and_verify_reads_it_again(imgrank, folder):
    words = ("a cat", "--adapter", "none", "--format", "csv")
    before = scores(imgrank("sort", "photos", *words))
    (folder / "photos").rename(folder / "moved")
    assert scores(imgrank("sort", "moved", *words)) == before
    changed = folder / "moved" / "owl.jpg"  # bytes change, size and time do not
    data = (folder / "moved" / "cat.jpg").read_bytes()
    changed.write_bytes((data + bytes(changed.stat().st_size))[: changed.stat().st_size])
    os.utime(changed, ns=(OLD_NS, OLD_NS))
    assert scores(imgrank("sort", "moved", *words)) == before, "a picture was read"
    verified = imgrank("sort", "moved", *words, "--verify")
    assert scores(verified)["owl"] != before["owl"]
    assert b"1 file has new contents" in verified.stderr
    assert scores(imgrank("sort", "moved", *words)) == scores(verified)
