"""One run a folder at a time; a dead one does not stand in the way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from imgrank.actions.lock import holding
from imgrank.errors import ActionError
from imgrank.paths import journal_dir

DIE = """
import os, sys
from imgrank.actions.lock import holding
with holding([sys.argv[1]]):
    os._exit(9)
"""


pytestmark = pytest.mark.usefixtures("home")


def test_a_second_run_on_the_folder_is_told_who_is_there(tmp_path):
    with holding([str(tmp_path)]):
        with pytest.raises(ActionError, match=f"process {os.getpid()}"), holding([str(tmp_path / "home" / "..")]):
            pass
        with holding([str(tmp_path / "other")]):
            pass
    with holding([str(tmp_path)]):
        pass


def test_a_killed_run_leaves_the_folder_free(tmp_path):
    assert subprocess.run([sys.executable, "-c", DIE, str(tmp_path)]).returncode == 9
    with holding([str(tmp_path)]):
        assert len(list((journal_dir().parent / "locks").glob("*.json"))) == 1
