"""The hostile corpus: the run ends, good pictures stay what they are alone, bad ones are named in plain words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imgrank.decode import Loaded, decode_bytes, load_images
from imgrank.discover import discover
from imgrank.paths import printable
from imgrank.records import Unreadable
from tests.faults.images.corpus import build

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pytest undoes the filter that imgrank sets

SIDE = 32
# Words of decoders and of Python that mean nothing to someone with photographs.
JARGON = (
    "pil",
    "cannot identify",
    "errno",
    "exception",
    "traceback",
    "decoder error",
    "struct",
    "none",
    "bytesio",
    "0x",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def found(corpus):
    return discover([corpus.folder])


@pytest.fixture(scope="module")
def results(found):
    loaded = list(load_images(found.files, SIDE, "bicubic", is_known=lambda digest: False))
    return {item.file.path if isinstance(item, Loaded) else item.path: item for item in [*loaded, *found.skipped]}


def test_the_corpus_is_large_and_every_file_gets_an_answer(corpus, results):
    assert len(corpus) >= 300
    assert set(results) == {*corpus.good, *corpus.bad, *corpus.either}


def test_good_pictures_decode_as_they_do_alone(corpus, results):
    for path in corpus.good:
        assert isinstance(results[path], Loaded), (path, results[path])
        alone = decode_bytes(Path(path).read_bytes(), path, SIDE, "bicubic")
        assert (results[path].pixels == alone).all(), path


def test_bad_files_are_named(corpus, results):
    assert [path for path in corpus.bad if not isinstance(results[path], Unreadable)] == []


def test_reasons_are_plain_words(results):
    for item in results.values():
        if isinstance(item, Unreadable):
            assert item.reason, item.path
            assert item.reason.isprintable(), item
            assert not [word for word in JARGON if word in item.reason.lower().split()], item


def test_a_truncated_picture_is_never_taken_for_a_whole_one(corpus, results):
    """Only what follows the pixels may be missing."""
    for path in corpus.either:
        name = os.path.basename(path)
        if name.startswith("cut-") and isinstance(results[path], Loaded):
            whole = results[os.path.join(corpus.folder, "good-" + name.split("-", 2)[2])]
            assert (results[path].pixels == whole.pixels).all(), path


def test_names_can_be_shown(corpus):
    for path in (*corpus.good, *corpus.bad, *corpus.either):
        shown = printable(path)
        assert shown.replace("\xa0", " ").isprintable()
        assert not set(shown) & set("\x1b\n\r\x9b\u202e\u2028")
        shown.encode("utf-8")


CHILD = """
import json, sys
from pathlib import Path
from imgrank.decode import Loaded, load_images
from imgrank.discover import discover
good = sum(isinstance(item, Loaded) for item in
           load_images(discover(sys.argv[1:]).files, 224, "bicubic", is_known=lambda digest: False, workers=8))
peak = 0
if sys.platform == "linux":  # not ru_maxrss: a child inherits that of the process that started it
    peak = 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
elif sys.platform == "darwin":
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"good": good, "peak": peak}))
"""


def test_the_run_stays_small_and_writes_nothing_to_the_terminal(corpus):
    run = subprocess.run([sys.executable, "-c", CHILD, corpus.folder], capture_output=True, timeout=1800, check=True)
    assert run.stderr == b""
    report = json.loads(run.stdout)
    assert report["good"] >= len(corpus.good)
    assert report["peak"] < 2e9
