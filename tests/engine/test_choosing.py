"""What is asked of an engine that is not there, or of none, is said in one sentence; and the command says the same."""

from __future__ import annotations

import sys
from unittest.mock import MagicMock

import pytest
from typer.testing import CliRunner

from imgrank.backbone.load import load_backbone
from imgrank.cli.app import app
from imgrank.engine.contract import open_engine
from imgrank.errors import UsageError
from tests.engine.making import make_index


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("spark", {}, "local or ray"),
        ("local", {"address": "auto"}, "only work with a cluster"),
        ("local", {"gpus": 1.0}, "only work with a cluster"),
    ],
)
def test_what_no_engine_can_do_is_said(name, options, said):
    with pytest.raises(UsageError, match=said):
        open_engine(name, **options)


def test_without_ray_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"imgrank\[cluster\]"):
        open_engine("ray")


@pytest.mark.parametrize(
    ("address", "named", "reached"),
    [(None, None, "local"), ("host:6379", None, "host:6379"), (None, "host:1", "host:1"), ("auto", "host:1", "auto")],
)
def test_without_an_address_a_cluster_is_started_whatever_another_run_left_behind(monkeypatch, address, named, reached):
    asked = []
    ray = MagicMock(init=lambda at, **_: asked.append(at))
    monkeypatch.setattr("imgrank.engine.on_ray._needed_ray", lambda: ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if named:
        monkeypatch.setenv("RAY_ADDRESS", named)
    open_engine("ray", address)
    assert asked == [reached]


@pytest.fixture
def index(home, tmp_path):
    return str(make_index(tmp_path / "index", load_backbone("mini", "cpu"), 60, 9))


def run(*words):
    done = CliRunner().invoke(app, list(words), standalone_mode=False)
    return done.stdout_bytes, done.exception


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--top", "5"],
        ["--min-score", "0.0"],
        ["--bottom", "4", "--reverse"],
    ],
)
def test_sort_prints_the_same_with_an_engine(index, words):
    asked = ["sort", index, "a cat", "-q", "--format", "jsonl", *words]  # the one format that any terminal can show
    plain, _ = run(*asked)
    spread, error = run(*asked, "--engine", "local")
    assert error is None
    assert plain
    assert spread == plain


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--address", "auto"], "--engine ray"),
        (["--engine", "local", "--address", "auto"], "--engine ray"),
        (["--engine", "local", "--refine"], "--refine"),
    ],
)
def test_options_that_do_not_fit_are_refused(index, words, said):
    _, error = run("sort", index, "a cat", *words)
    assert isinstance(error, UsageError)
    assert said in str(error)
