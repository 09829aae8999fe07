"""An index in place of a folder, from the command line and the library: the same answers to the last byte."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from imgrank import Ranker
from imgrank.cli.app import main
from imgrank.errors import UsageError
from imgrank.index_tokens import IndexTokens

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

CLASSES = ("bad", "good", "fair")
PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
# Runs each of its arguments, words parted by "|", where neither package is installed.
WITHOUT = """
import sys
for name in sys.argv[1].split(): sys.modules[name] = None
from imgrank.cli import terminal
from imgrank.cli.app import main
terminal.LONG = 3600.0
for words in sys.argv[2:]:
    sys.argv[1:] = words.split("|")
    try:
        main()
    except SystemExit as ended:
        print("ended", ended.code or 0, file=sys.stderr)
"""


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Nine photographs, one of them twice, and two files that are none."""
    where = tmp_path_factory.mktemp("work")
    (where / "photos").mkdir()
    for photo in sorted(PHOTOS.glob("*.jpg"))[:8]:
        shutil.copy(photo, where / "photos")
    shutil.copy(next(iter(sorted(PHOTOS.glob("*.jpg")))), where / "photos" / "again10.jpg")
    (where / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (where / "photos" / "empty.jpg").write_bytes(b"")
    return where


@pytest.fixture(scope="module")
def tokens(folder):
    """The index of the folder, of two shards."""
    for n in range(2):
        done = imgrank("index", "photos", "--out", f"shard{n}", "--shard", f"{n}/2", cwd=folder)
        assert done.returncode == 0, done.stderr
    done = imgrank("index", "merge", "tokens", "shard0", "shard1", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "tokens"


def test_a_part_that_no_image_falls_to_is_an_index_like_the_others(folder, tmp_path):
    photo = str(next((folder / "photos").glob("*10.jpg")))
    done = [imgrank("index", photo, "--out", f"part{n}", "--shard", f"{n}/3", cwd=tmp_path) for n in range(3)]
    assert [one.returncode for one in done] == [0, 0, 0]
    assert sum("1 image added" in one.stderr for one in done) == 1
    assert sum("no image falls to part" in one.stderr for one in done) == 2
    merged = imgrank("index", "merge", "whole", "part0", "part1", "part2", cwd=tmp_path)
    assert (merged.returncode, "whole: 1 image from 3 indexes" in merged.stderr) == (0, True)


@pytest.mark.parametrize("shard", ["0/1", "0/2", "1/2"])
def test_a_part_of_nothing_is_refused_as_the_whole_is(tmp_path, monkeypatch, shard):
    (tmp_path / "none").mkdir()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    for source in ("none", "-"):
        done = imgrank("index", source, "--out", "t", "--shard", shard, cwd=tmp_path)
        assert (done.returncode, "No readable image was found. Use -r" in done.stderr) == (1, True)


def test_a_broken_image_alone_is_no_part_of_others(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    done = [imgrank("index", "broken.jpg", "--out", "t", "--shard", f"{n}/2", cwd=tmp_path) for n in range(2)]
    assert sorted(one.returncode for one in done) == [0, 1]
    assert not any("other parts" in one.stderr for one in done)


def test_sources_that_are_not_there_leave_no_index(tmp_path):
    assert imgrank("index", "nowhere", "--out", "t", cwd=tmp_path).returncode == 2
    assert not any(tmp_path.iterdir())


def test_without_pyarrow_no_index_is_begun(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.compute", None)
    done = imgrank("index", str(folder / "photos"), "--out", "t", cwd=tmp_path)
    assert (done.returncode, "needs pyarrow" in done.stderr) == (2, True)
    assert not any(tmp_path.iterdir())


def imgrank(*words, cwd):
    """Run a command in this process: another would import torch anew."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["imgrank", *words])
        patch.setattr(signal, "signal", lambda *_: None)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    return Done(ended.value.code or 0, out.getvalue(), err.getvalue())


def test_a_merge_tells_images_from_what_could_not_be_read_and_from_rows_of_the_same_paths(folder, tokens):
    apart, twice, again = (
        imgrank("index", "merge", *words, cwd=folder).stderr
        for words in (("apart", "shard0", "shard1"), ("twice", "tokens", "apart"), ("twice", "shard0", "shard1"))
    )
    assert apart.endswith("apart: 9 images from 2 indexes; 2 images could not be read\n")
    rows = "2 images could not be read; 11 rows of a path that another row has, too, left out\n"
    assert twice.endswith(f"twice: 9 images from 2 indexes; {rows}")
    assert again.endswith(f"twice: 9 images from 2 indexes and what it held; {rows}")


@pytest.mark.parametrize("question", [["a cat"], ["older person", "--refine"], ["a cat", "--opposite", "a dog"]])
def test_an_index_answers_as_its_folder(folder, tokens, question):
    plain, indexed = (
        imgrank("sort", source, *question, "--format", "json", cwd=folder) for source in ("photos", "tokens")
    )
    assert plain.returncode == indexed.returncode == 0, indexed.stderr
    assert without_seconds(plain.stdout) == without_seconds(indexed.stdout)
    assert len(json.loads(indexed.stdout)["images"]) == 9


def without_seconds(text):
    assert re.search('"seconds": [0-9.]+', text)
    return re.sub('"seconds": [0-9.]+', "", text)


def test_an_index_and_a_folder_together_count_each_picture_once(folder, tokens, monkeypatch):
    monkeypatch.chdir(folder)
    ranker = Ranker(adapter="none")
    assert ranker.rank(["tokens", "photos"], "a cat").images == ranker.rank(["photos"], "a cat").images
    assert ranker.rank(["shard0", "shard1"], "a cat").images == ranker.rank(["photos"], "a cat").images


def test_the_library_reads_tokens_of_an_index(folder, tokens, monkeypatch):
    monkeypatch.chdir(folder)
    ranker = Ranker(adapter="none")
    indexed = ranker.encode(["tokens"])
    plain = ranker.encode([file.path for file in indexed.files])
    assert len(plain.files) == 9
    for name in ("quantised", "scales", "embedding"):
        assert np.array_equal(getattr(plain.packed, name), getattr(indexed.packed, name))
    with pytest.raises(UsageError, match="mirror"):
        ranker.encode(["tokens"], mirrored=True)


def test_indexing_again_encodes_nothing(folder, tokens):
    done = imgrank("index", "photos", "--out", "tokens", "--no-cache", cwd=folder)
    assert done.returncode == 0
    assert "0 images added, 0 encoded, 9 already there" in done.stderr
    assert "broken.jpg" in done.stderr
    quiet = imgrank("index", "photos", "--out", "tokens", "--quiet", "--strict", cwd=folder)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (3, "", "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["index", "photos"], 2, "--out tokens"),
        (["index", "nowhere", "--out", "t"], 2, "nowhere"),
        (["index", "photos", "--out", "t", "--shard", "2/2"], 2, "the last is 7/8"),
        (["index", "merge", "t"], 2, "INDEX... is missing"),
        (["index", "merge", "t", "photos"], 2, "is not an index"),
        (["index", "merge", "tokens", "tokens"], 2, "into itself"),
        (["index", "photos/broken.jpg", "--out", "t"], 1, "No readable image was found"),
        (["sort", "s3x://bucket/x", "a cat"], 2, "s3x://bucket/x"),
        (["label", "tokens", "a cat", "--no-open"], 2, "Name the folder"),
        (["eval", "labels.csv", "--index", "photos"], 2, "is not an index"),
        (["train", "tokens", "--from-ratings", "--query", "better"], 2, "An index has no star ratings"),
    ],
)
def test_mistakes_are_one_sentence(folder, tokens, words, code, said):
    done = imgrank(*words, cwd=folder)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_one_sentence_says_what_to_install(folder, tokens):
    missing = "pyarrow pyarrow.parquet pyarrow.compute fsspec s3fs"
    lacking = ["index|photos|--out|t", "sort|tokens|a cat", "index|s3://x/y|--out|t"]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT, missing, *lacking, "sort|photos|a cat|--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
    )
    *said, last = done.stderr.splitlines()
    assert [line for line in said if "ended" in line] == ["ended 2"] * 3
    named = [line.split("pip install ")[1] for line in said if "pip install" in line]
    assert named == ['"imgrank[index]".'] * 3 and len(said) == 6
    assert last == "ended 0"
    assert len(done.stdout.splitlines()) == 9


def test_an_index_here_needs_neither_an_engine_nor_drivers(folder, tokens, tmp_path):
    asked = [f"index|build|photos|--out|{tmp_path / 'made'}|--quiet", f"sort|{tmp_path / 'made'}|a cat|--quiet"]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT, "ray fsspec s3fs aiohttp", *asked],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
    )
    assert done.stderr.splitlines() == ["ended 0", "ended 0"]
    assert len(done.stdout.splitlines()) == 9


def test_training_on_an_index_is_training_on_its_folder(folder, tokens, tmp_path, monkeypatch):
    from imgrank.training import TrainingOptions, train

    monkeypatch.chdir(folder)
    names = [Path(file.path).name for file in Ranker(adapter="none").encode(["tokens"]).files]
    lines = [f"photos/{name},larger,{n},{'val' if n % 3 == 0 else 'train'}" for n, name in enumerate(sorted(names))]
    Path("labels.csv").write_text("image,query,value,split\n" + "\n".join(lines) + "\n", encoding="utf-8")
    options = TrainingOptions(epochs=2, fold_epochs=2, patience=2, min_steps=2, mirror=False)
    train("labels.csv", out=tmp_path / "plain.safetensors", options=options)
    shutil.move("photos", "hidden")
    try:
        train("labels.csv", out=tmp_path / "index.safetensors", options=options, index="tokens")
    finally:
        shutil.move("hidden", "photos")
    plain, indexed = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("plain", "index"))
    assert plain.replace(b'"plain', b'"index') == indexed


def test_rows_are_measured_on_an_index_as_on_its_folder(folder, tokens, tmp_path, monkeypatch):
    names = sorted(path.name for path in (folder / "photos").glob("*.jpg") if path.stat().st_size > 100)
    kept = [f"{folder}/photos/{name}" for name in names]  # as a training keeps rows: by whole paths
    for labels, images in (("rows.csv", [f"photos/{name}" for name in names]), ("kept.csv", kept)):
        lines = [f"{image},larger,{n % 4},test" for n, image in enumerate(images)]
        (folder / labels).write_text("image,query,value,split\n" + "\n".join(lines) + "\n", encoding="utf-8")
    words = ("--adapter", "none", "--format", "json")
    plain = imgrank("eval", "rows.csv", *words, cwd=folder)
    assert plain.returncode == 0, plain.stderr
    shutil.move(folder / "photos", folder / "hidden")
    try:
        measured = [imgrank("eval", name, "--index", "tokens", *words, cwd=folder) for name in ("rows.csv", "kept.csv")]
    finally:
        shutil.move(folder / "hidden", folder / "photos")
    assert [done.stdout for done in measured] == [plain.stdout] * 2, measured[1].stderr


def test_addresses_stay_in_labels_that_are_written(tmp_path):
    from imgrank.labels import labels_from_folders, write_labels

    pictures = [f"s3://mine/{name}/{n}.jpg" for name in CLASSES for n in range(4)]
    write_labels(labels_from_folders("s3://mine/tokens", "better", pictures=pictures), str(tmp_path / "labels.csv"))
    rows = (tmp_path / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.split(",")[0] for row in rows) == sorted(pictures)


def test_sub_folders_of_an_index_are_classes(folder, tokens, monkeypatch, tmp_path):
    from imgrank.index.reading import index_paths
    from imgrank.labels import labels_from_folders

    for n, photo in enumerate(sorted(PHOTOS.glob("*.jpg"))[:12]):
        (tmp_path / "all" / CLASSES[n % 3]).mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, tmp_path / "all" / CLASSES[n % 3])
    assert imgrank("index", "all", "-r", "--out", "classes", cwd=tmp_path).returncode == 0
    monkeypatch.chdir(tmp_path)
    plain = labels_from_folders("all", "better")
    indexed = labels_from_folders("classes", "better", pictures=index_paths("classes"))
    assert [task.images for task in plain.values] == [task.images for task in indexed.values]
    assert [task.values.tolist() for task in plain.values] == [task.values.tolist() for task in indexed.values]


def test_what_an_index_does_not_hold_is_named(folder, tokens, monkeypatch):
    monkeypatch.chdir(folder)
    source = IndexTokens(Ranker(adapter="none"), "tokens")
    encoded = source.encode(["photos/other.jpg", "photos/broken.jpg"])
    assert encoded.skipped[0].reason == "it is not in the index"
    assert "JPEG" in encoded.skipped[1].reason
