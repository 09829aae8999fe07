from __future__ import annotations

import pytest
from typer.testing import CliRunner

from imgrank.cli.cache import app
from imgrank.errors import UsageError
from imgrank.paths import tokens_dir
from tests.store.making import FINGERPRINT, walk, write_pictures

run = CliRunner().invoke


def test_info_names_the_folder_and_what_is_in_it(tmp_path):
    walk(write_pictures(tmp_path / "photos", 3))
    shown = run(app, ["info"])
    assert shown.exit_code == 0
    assert str(tokens_dir()) in shown.stdout and f"{FINGERPRINT}  3 images" in shown.stdout


def test_prune_drops_and_says_how_much(tmp_path):
    files = write_pictures(tmp_path / "photos", 3)
    walk(files)
    shown = run(app, ["prune", "--max-size", "0"])
    assert shown.exit_code == 0 and shown.stdout.startswith("removed 3 images and 0 backbones")


def test_clear_makes_the_next_sort_encode_again(tmp_path):
    files = write_pictures(tmp_path / "photos", 3)
    walk(files)
    assert run(app, ["clear"]).stdout.startswith("removed 1 backbone,")
    assert walk(files).encoded == 3


@pytest.mark.parametrize("size", ["many", "-1", "1XB", "1 2"])
def test_a_size_that_is_none_is_said_to_be_so(size):
    assert isinstance(run(app, ["prune", f"--max-size={size}"]).exception, UsageError)
