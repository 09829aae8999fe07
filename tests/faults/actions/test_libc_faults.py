"""Each call of the C library on a file fails once, for every action and its undo, or is the last before the end.

What is left is brought back by undo, no name is lost or hidden, and an error is a sentence. All: pytest -m soak -s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imgrank.actions.records import Action
from tests.faults.actions.libc_faults import WAYS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="needs Linux and gcc, for a library that lets calls fail"
)
HERE = Path(__file__).parent
SOME = [("rename", "EIO"), ("tag", "full"), ("copy", "death"), ("trash", "EIO")]


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "libc.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "libc.c", "-ldl"], check=True)
    return library


def let_fail(shim, action, way, stride):
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as place:
        own = {"IMGRANK_HOME": f"{place}/home", "XDG_DATA_HOME": f"{place}/xdg", "LD_PRELOAD": str(shim)}
        command = [sys.executable, "-m", "tests.faults.actions.libc_faults", place, action, way, str(stride)]
        done = subprocess.run(
            command, env=os.environ | own, cwd=HERE.parents[2], capture_output=True, text=True, check=False
        )
    print("\n" + done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]


@pytest.mark.parametrize(("action", "way"), SOME)
def test_some_calls_that_fail(shim, action, way):
    let_fail(shim, action, way, 29)


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("action", [action.value for action in Action])
def test_every_call_that_fails(shim, action, way):
    let_fail(shim, action, way, 1)
