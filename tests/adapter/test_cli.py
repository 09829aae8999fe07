"""`imgrank adapters list | show | remove`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imgrank import paths
from imgrank.adapter import files, registry
from imgrank.adapter.header import ValMetrics
from imgrank.cli.adapters import app
from imgrank.cli.app import app as imgrank
from imgrank.errors import AdapterError, UsageError
from tests.adapter.making import adapter

RUN = CliRunner()


@pytest.fixture(autouse=True)
def installed(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "weights_dir", lambda: tmp_path / "weights")
    path = registry.adapter_path("ages")
    files.save(path, adapter(terms="for research alone"))
    return path


def test_list_names_each_adapter_and_what_it_orders_by() -> None:
    result = RUN.invoke(app, ["list"])
    assert result.exit_code == 0
    assert result.stdout == "ages\tmini\tyours\tolder person; more people\n"


def test_list_names_a_damaged_file_on_stderr(installed: Path) -> None:
    installed.with_name("bad.safetensors").write_bytes(b"x")
    result = RUN.invoke(app, ["list"])
    assert "bad.safetensors" not in result.stdout
    assert "bad.safetensors" in result.stderr


def test_list_of_nothing_says_what_to_do(installed: Path) -> None:
    installed.unlink()
    result = RUN.invoke(app, ["list"])
    assert result.stdout == ""
    assert "imgrank train" in result.stderr


def test_show_says_terms_queries_units_and_figures() -> None:
    shown = RUN.invoke(app, ["show", "ages"]).stdout
    for part in (
        "for research alone",
        "older person",
        "elderly",
        "years",
        "SRCC 0.500",
        "plain ridge SRCC 0.750",
        "30 rows:",
    ):
        assert part in shown


def test_show_says_what_answers_and_what_is_only_the_baseline(installed: Path) -> None:
    """A file that does not say whether its rows were trained on is not said to have set them aside."""
    shown = RUN.invoke(app, ["show", "ages"]).stdout
    assert "answered by: plain ridge, without the neural network" in shown  # of an older file: one axis
    assert "which was better" not in shown and "set aside" not in shown


@pytest.mark.parametrize("crossed", [True, False])
def test_show_says_on_how_many_rows_it_learnt_and_which_were_measured(installed: Path, crossed: bool) -> None:
    saved = adapter()
    figures = ValMetrics(
        30, srcc=0.5, srcc_low=0.25, srcc_high=0.625, ridge_srcc=0.75, trained_on=40, cross_validated=crossed
    )
    answers = ValMetrics(
        30, pair_accuracy=0.875, pair_accuracy_low=0.5, pair_accuracy_high=1.0, ridge_pair_accuracy=0.75, trained_on=90
    )
    few = ValMetrics(0, trained_on=8, cross_validated=True)
    for metrics, told in (
        (figures, "SRCC 0.500 [0.250, 0.625], plain ridge SRCC 0.750"),
        (answers, "on 30 rows: pair accuracy 0.875 [0.500, 1.000], plain ridge 0.750"),
        (few, "not measured: there were too few rows"),
    ):
        query = replace(saved.queries[0], metrics=metrics)
        files.save(installed, replace(saved, header=replace(saved.header, queries=(query,))))
        shown = RUN.invoke(app, ["show", "ages"]).stdout
        assert told in shown and f"trained on: {metrics.trained_on} rows" in shown
        if metrics is figures:
            rows = "30 training rows, each predicted by a fit without it" if crossed else "30 rows set aside (val)"
            assert f"on {rows}: " in shown


def test_show_of_an_unknown_name_is_an_adapter_error() -> None:
    assert isinstance(RUN.invoke(app, ["show", "nobody"]).exception, AdapterError)


@pytest.mark.parametrize("words", [["sort", ".", "a cat"], ["explain", "a.jpg", "a cat"]])
def test_an_unknown_ranker_is_refused_before_a_model_is_loaded(installed: Path, words: list[str]) -> None:
    told = RUN.invoke(imgrank, [*words, "--adapter", "nobody"])
    assert isinstance(told.exception, AdapterError) and "loading" not in told.output


def test_remove_of_an_unknown_name_asks_for_no_yes(installed: Path) -> None:
    assert isinstance(RUN.invoke(app, ["remove", "nobody"]).exception, AdapterError)


@pytest.mark.parametrize("more", [[], ["--yes"]])
def test_what_ships_is_not_removed_and_nobody_is_asked(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    installed.rename(shipped / installed.name)
    monkeypatch.setattr(paths, "weights_dir", lambda: shipped)
    refused = RUN.invoke(app, ["remove", "ages", *more]).exception
    assert isinstance(refused, AdapterError) and "part of imgrank" in str(refused)
    assert (shipped / installed.name).exists()


def test_remove_asks_for_a_yes_where_nobody_can_answer(installed: Path) -> None:
    assert isinstance(RUN.invoke(app, ["remove", "ages"]).exception, UsageError)
    assert installed.exists()
    result = RUN.invoke(app, ["remove", "ages", "--yes"])
    assert result.exit_code == 0
    assert str(installed) in result.stdout
    assert not installed.exists()
