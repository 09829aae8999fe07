"""`imgrank sort` as scripts and people call it: what is on stdout, what on stderr, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from imgrank.cli.options import MAX_MEGAPIXELS
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.paths import adapters_dir
from tests import forked

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
USED = ("cat.jpg", "dog.jpg", "rocket.jpg", "goldfish.jpg")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("somewhere")
    (folder / "photos").mkdir()
    for name in USED:
        shutil.copy(PHOTOS / name, folder / "photos" / name)
    return folder


@pytest.fixture(scope="module")
def home(folder, tmp_path_factory):
    """Where what was read of the photographs and of a sentence is stored, so that no process loads torch for them."""
    home = tmp_path_factory.mktemp("home")
    assert forked.imgrank("sort", "photos", "a cat", cwd=folder, env=at(home)).returncode == 0
    return home


def at(home):
    return {**os.environ, "IMGRANK_HOME": str(home)}


@pytest.fixture(scope="module")
def imgrank(folder, home):
    def run(*words, stdin=b"", cwd=folder, env=None):
        return forked.imgrank(*words, stdin=stdin, cwd=cwd, env={**at(home), **(env or {})})

    return run


def test_a_pipe_gets_plain_paths_as_they_were_given(imgrank):
    done = imgrank("sort", "photos", "a cat")
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines[0] == str(Path("photos", "cat.jpg"))
    assert sorted(lines) == sorted(str(Path("photos", name)) for name in USED)
    assert b"Ranked by similarity to the sentence (no trained ranker fits it)." in done.stderr


def test_quiet_leaves_stderr_empty(imgrank):
    assert imgrank("sort", "photos", "a cat", "--quiet").stderr == b""


def test_json_holds_every_promised_field(imgrank):
    told = json.loads(imgrank("sort", "photos", "a cat", "--format", "json").stdout)
    assert list(told)[:11] == [
        "imgrank", "query", "backbone", "fingerprint", "scorer", "adapter", "unit", "confident", "images", "skipped",
        "seconds",
    ]  # fmt: skip
    assert {"query", "similarity", "reason", "answers"} == set(told["asked"])
    assert 0 <= told["confidence"] <= 1
    assert (told["query"], told["backbone"], told["scorer"], told["adapter"]) == ("a cat", "mini", "zero-shot", None)
    assert [image["rank"] for image in told["images"]] == [1, 2, 3, 4]
    assert {"rank", "score", "percentile", "path"} <= set(told["images"][0])
    assert told["images"][0]["percentile"] == 100
    assert told["images"][-1]["percentile"] == 0


def test_csv_and_jsonl_tell_the_same_order(imgrank):
    rows = list(csv.DictReader(io.StringIO(imgrank("sort", "photos", "a dog", "--format", "csv").stdout.decode())))
    lines = imgrank("sort", "photos", "a dog", "--format", "jsonl").stdout.decode().splitlines()
    assert [row["path"] for row in rows] == [json.loads(line)["path"] for line in lines]
    assert list(rows[0]) == ["rank", "score", "percentile", "path"]


def test_top_keeps_the_order_and_the_ranks(imgrank):
    whole = imgrank("sort", "photos", "a cat", "--format", "csv").stdout.decode().splitlines()
    assert imgrank("sort", "photos", "a cat", "--format", "csv", "--top", "2").stdout.decode().splitlines() == whole[:3]
    bottom = imgrank("sort", "photos", "a cat", "--format", "csv", "--bottom", "1").stdout.decode().splitlines()
    assert bottom[1:] == whole[-1:]


def test_a_list_on_standard_input_separated_by_nul(imgrank):
    listed = b"".join(os.fsencode(Path("photos", name)) + b"\0" for name in USED[:2])
    done = imgrank("sort", "-0", "-", "a dog", stdin=listed)
    assert done.stdout == listed[len(b"photos/cat.jpg\0") :] + listed[: len(b"photos/cat.jpg\0")]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 exist on Linux alone")
def test_any_bytes_of_a_name_survive(imgrank, tmp_path):
    name = b"caf\xe9 \n \x1b[31m.jpg"
    shutil.copy(PHOTOS / "cat.jpg", os.path.join(os.fsencode(tmp_path), name))
    assert imgrank("sort", "-0", ".", "a cat", cwd=tmp_path).stdout == b"./" + name + b"\0"
    told = json.loads(imgrank("sort", ".", "a cat", "--format", "json", cwd=tmp_path).stdout)
    assert os.fsencode(told["images"][0]["path"]) == b"./" + name
    table = imgrank("sort", ".", "a cat", "--format", "table", cwd=tmp_path)
    assert b"\x1b[31m" not in table.stdout + table.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["sort", "photos"], 2, b"a sentence"),
        (["sort"], 2, b"--help"),
        (["sort", "nowhere", "a cat"], 2, b"nowhere"),
        (["sort", "a cat", "photos"], 2, b"put the sentence last"),
        (["sort", "photos", " "], 2, b"sentence"),
        (["sort", "photos", "a cat", "--format", "xml"], 2, b"jsonl"),
        (["srot", "photos"], 2, b"did you mean sort?"),
        (["sort", "photos", "a cat", "--\x1b[31mred"], 2, b"--\\x1b[31mred"),
        (["sort", "photos", "a cat", "--top", "0"], 2, b"at least 1"),
        (["sort", "photos", "a cat", "--no-such-option"], 2, b"--no-such-option"),
        (["sort", "photos", "a cat", "--backbone", "ViT-X"], 2, b"ViT-X"),
        (["sort", "photos", "a cat", "--adapter", "nobody"], 2, b"nobody"),
        (["sort", "photos", "a cat", "--device", "cuda"], 2, b"cuda"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(imgrank, words, code, said):
    done = imgrank(*words, env={"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""})
    assert done.returncode == code
    assert done.stdout == b""
    assert said in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_empty_folder_is_exit_1(imgrank, tmp_path):
    done = imgrank("sort", ".", "a cat", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b'No image was found in "."' in done.stderr
    assert b"subfolder" not in done.stderr


def test_a_folder_with_nothing_but_folders_tells_how_to_enter_them(imgrank, folder):
    done = imgrank("sort", str(folder), "a cat")
    assert done.returncode == 1
    assert f'No image was found in "{folder}". Use --recursive to include 1 subfolder.'.encode() in done.stderr


def test_a_cut_above_all_scores_says_how_high_they_go(imgrank):
    best = imgrank("sort", "photos", "a cat", "--format", "csv").stdout.decode().splitlines()[1].split(",")[1]
    done = imgrank("sort", "photos", "a cat", "--min-score", "900")
    assert (done.returncode, done.stdout) == (0, b"")
    assert f"no image has a score of 900 or more; the highest score is {float(best):g}".encode() in done.stderr


def test_strict_tells_of_skipped_files(imgrank, tmp_path):
    shutil.copy(PHOTOS / "cat.jpg", tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert imgrank("sort", ".", "a cat", cwd=tmp_path).returncode == 0
    strict = imgrank("sort", ".", "a cat", "--strict", cwd=tmp_path)
    assert strict.returncode == 3
    assert b"broken.jpg" in strict.stderr
    assert strict.stdout.splitlines() == [b"./cat.jpg"]


def test_a_cap_on_pixels_skips_what_is_larger_and_says_so(imgrank, tmp_path):
    shutil.copy(PHOTOS / "cat.jpg", tmp_path)
    Image.new("RGB", (2000, 1000)).save(tmp_path / "wide.jpg")
    words = ("sort", ".", "a cat", "--no-cache", "--format", "json", "--max-megapixels", "1")
    told = json.loads(imgrank(*words, cwd=tmp_path).stdout)
    assert [Path(image["path"]).name for image in told["images"]] == ["cat.jpg"]
    [skipped] = told["skipped"]
    assert "2000 x 1000" in skipped["reason"]


def test_training_holds_to_the_cap_on_pixels_too(imgrank, tmp_path):
    for number in range(8):  # pictures that no other test has stored
        Image.new("RGB", (200, 100), (number, 50, 90)).save(tmp_path / f"{number}.jpg")
    rows = "".join(f"{number}.jpg,fluffier,{number}\n" for number in range(8))
    (tmp_path / "labels.csv").write_text(f"image,query,value\n{rows}")
    done = imgrank("train", "labels.csv", "--max-megapixels", "0.01", cwd=tmp_path)
    assert done.returncode != 0
    assert b"megapixels" in done.stderr


def test_a_column_that_was_left_out_is_told_with_how_to_take_it(imgrank, tmp_path):
    for number in range(8):
        Image.new("RGB", (20, 10), (number, 50, 90)).save(tmp_path / f"{number}.jpg")
    rows = "".join(f"{number}.jpg,{number},{100 + number}\n" for number in range(8))
    (tmp_path / "labels.csv").write_text(f"image,fluffier,shot id\n{rows}")
    said = imgrank("train", "labels.csv", "--write-labels", "plain.csv", cwd=tmp_path).stderr.decode()
    assert 'the column "shot id" numbers the images, and was left out; --column "shot id" trains on it' in said
    imgrank("train", "labels.csv", "--write-labels", "both.csv", "--column", "shot id", cwd=tmp_path)
    counts = [len((tmp_path / name).read_text().splitlines()) for name in ("plain.csv", "both.csv")]
    assert counts == [1 + 8, 1 + 16]


def test_the_cap_on_pixels_is_the_decoders_unless_said():
    assert MAX_MEGAPIXELS == DEFAULT_MAX_MEGAPIXELS


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    "words", ['sort photos "a cat" -q --format jsonl', "sort photos x -q --format table", "--help"]
)
def test_a_closed_pipe_ends_quietly(folder, home, words):
    script = f'"{sys.executable}" -m imgrank {words} | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, cwd=folder, env=at(home), timeout=600, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [["sort", "photos", "a cat", "-q"], ["--help"]])
def test_a_full_disk_is_one_sentence(folder, home, words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "imgrank", *words], stdout=full, stderr=subprocess.PIPE, cwd=folder,
            env=at(home), timeout=600, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"no space left" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_what_was_changed_is_said_even_where_the_plan_cannot_be_shown(folder, home, tmp_path):
    shutil.copytree(folder / "photos", tmp_path / "photos")
    with open("/dev/full", "wb") as full:
        words = [sys.executable, "-m", "imgrank", "sort", "photos", "a cat", "-q", "--rename", "--yes"]
        done = subprocess.run(
            words, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, env=at(home), timeout=600, check=False
        )
    assert done.returncode == 1 and b"done as run" in done.stderr and b"no space left" in done.stderr


def test_like_takes_no_sentence(imgrank):
    done = imgrank("sort", "photos", "--like", "photos/rocket.jpg")
    assert done.stdout.splitlines()[0].endswith(b"rocket.jpg")


def test_terms_stand_beside_a_sentence_or_alone(imgrank):
    done = imgrank("sort", "photos", "a cat", "--minus", "a kitten:0.5", "--plus", "photos/cat.jpg", "--format", "json")
    terms = json.loads(done.stdout)["terms"]
    assert [(term.get("text") or term["picture"], term["weight"]) for term in terms] == [
        ("a cat", 1.0), ("photos/cat.jpg", 1.0), ("a kitten", -0.5),
    ]  # fmt: skip
    assert (
        b"Ranked by a mix: 'a cat' by similarity; similarity to photos/cat.jpg; less 'a kitten' by similarity"
        in done.stderr
    )
    done = imgrank("sort", "photos", "--between", "photos/rocket.jpg", "photos/cat.jpg", "--top", "1")
    assert done.stdout == b"photos/cat.jpg\n"


def test_the_version_and_the_help_need_no_torch(folder):
    for words in (["--version"], ["--help"], ["sort", "--help"]):
        without_torch = f"import sys; sys.modules['torch'] = None; sys.argv = {['imgrank', *words]}"
        script = f"{without_torch}; from imgrank.__main__ import main; main()"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        assert b"imgrank" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("words", "code", "lines", "said"),
    [
        ('sort photos "a cat" -q >&-', 1, 0, b"standard output is closed"),
        ('sort photos "a cat" 2>&-', 0, len(USED), b""),
        ('sort - "a cat" -q <&-', 2, 0, b"standard input cannot be read: it is closed"),
        ('sort photos "a cat" -q <&-', 0, len(USED), b""),
        ("--help >&-", 1, 0, b"standard output is closed"),
        ("sort photos 2>&-", 2, 0, b""),
        ("sort photos \"$(printf 'caf\\351')\" -q", 2, 0, b"\\xe9"),
        ("sort photos cat --opposite \"$(printf 'caf\\351')\" -q", 2, 0, b"\\xe9"),
    ],
)
def test_closed_streams_and_odd_sentences_end_in_one_line_at_most(folder, home, words, code, lines, said):
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m imgrank {words}'], capture_output=True, cwd=folder, timeout=600,
        check=False, env=at(home),
    )  # fmt: skip
    assert (done.returncode, done.stdout.count(b"\n")) == (code, lines)
    assert said in done.stderr
    assert done.stderr.count(b"\n") == (1 if said else 0)


def test_a_tilde_that_the_shell_left_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("IMGRANK_HOME", "~/x")
    assert adapters_dir() == tmp_path / "x" / "data" / "adapters"
