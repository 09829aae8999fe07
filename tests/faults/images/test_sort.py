"""`imgrank sort` on the hostile corpus: it ends, ranks the good as it does alone, names the bad, stays small."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.faults.images.corpus import build

# The command itself, which says at its end how much memory it held at most.
CHILD = """
import resource, sys
from pathlib import Path
from imgrank.cli.app import main
try:
    main()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if sys.platform == "linux":  # ru_maxrss is inherited from the process that started this one
        peak = 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    Path(sys.argv[0]).write_text(str(peak))
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows counts memory otherwise")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def sort(tmp_path_factory):
    home, peak = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("peak") / "bytes"

    def run(folder, *options):
        code = f"import sys; sys.argv[0] = {str(peak)!r}\n{CHILD}"
        done = subprocess.run(
            [sys.executable, "-c", code, "sort", str(folder), "a red square", *options],
            capture_output=True,
            timeout=1800,
            check=False,
            env={**os.environ, "IMGRANK_HOME": str(home), "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        assert int(peak.read_text()) < 2e9
        return done

    return run


def paths(report):
    return [os.fsencode(image["path"]) for image in report["images"]]


@pytest.fixture(scope="module")
def report(corpus, sort):
    return json.loads(sort(corpus.folder, "--format", "json").stdout)


def test_the_good_ones_are_ranked_in_the_order_that_they_have_alone(corpus, sort, report, tmp_path):
    for path in corpus.good:
        shutil.copy(path, tmp_path)
    alone = [os.path.basename(path) for path in paths(json.loads(sort(tmp_path, "--format", "json").stdout))]
    good = set(alone)
    assert len(good) == len(corpus.good)
    assert [name for path in paths(report) if (name := os.path.basename(path)) in good] == alone


def test_each_bad_one_is_named_with_a_reason(corpus, report):
    named = {os.fsencode(each["path"]): each["reason"] for each in report["skipped"]}
    assert {os.fsencode(path) for path in corpus.bad} <= set(named) and all(named.values())
    everything = {os.fsencode(path) for path in (*corpus.good, *corpus.bad, *corpus.either)}
    assert set(named) | set(paths(report)) == everything


@pytest.mark.parametrize("options", [("--format", "table"), ("--copy", "elsewhere", "--dry-run", "--format", "table")])
def test_no_name_speaks_to_the_terminal(corpus, sort, options):
    done = sort(corpus.folder, *options)
    for text in (done.stdout.decode("utf-8"), done.stderr.decode("utf-8")):
        assert not [sign for sign in text if sign != "\n" and not (sign.isprintable() or sign == "\xa0")]
    assert sorted(os.listdir(corpus.folder)) == sorted(
        {os.path.basename(path) for path in (*corpus.good, *corpus.bad, *corpus.either)}
    )
