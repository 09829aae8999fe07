"""The picture of a training."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imgrank.adapter.registry import plot_path
from imgrank.cli import train as command
from imgrank.errors import UsageError
from imgrank.training import TrainingResult, train
from imgrank.training.card import plot_training
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv

pytest.importorskip("matplotlib", reason="plots need matplotlib")


pytestmark = pytest.mark.usefixtures("home")


def trained(labels: Path, out: Path) -> TrainingResult:
    return train(labels, out=out, options=QUICK, config=CONFIG, source=FakeSource(), unit="points")


@pytest.mark.parametrize("make", [labels_csv, pairs_csv])
def test_values_and_answers_are_drawn_and_a_place_that_is_not_there_is_said(tmp_path: Path, make) -> None:
    result = trained(make(tmp_path / "in", 40), tmp_path / "a$b.safetensors")
    plot_training(result, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="could not be written"):
        plot_training(result, tmp_path / "nowhere" / "out.png")


def test_train_draws_beside_the_adapter_and_without_matplotlib_says_so_only_if_asked_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = trained(labels_csv(tmp_path / "in", 20), tmp_path / "made.safetensors")
    command._plot(result, quiet=False, verbose=False)
    drawn = plot_path(result.path)
    assert drawn.read_bytes().startswith(b"\x89PNG") and drawn.name in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    command._plot(result, quiet=False, verbose=False)
    assert not capsys.readouterr().err
    command._plot(result, quiet=False, verbose=True)
    assert "imgrank[plots]" in capsys.readouterr().err
