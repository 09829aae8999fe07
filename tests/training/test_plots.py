"""The picture of a training."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.errors import UsageError
from imgrank.training import train
from imgrank.training.plots import plot_training
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv

pytest.importorskip("matplotlib", reason="plots need matplotlib")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("make", [labels_csv, pairs_csv])
def test_values_and_answers_are_drawn_and_a_place_that_is_not_there_is_said(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    result = train(
        make(tmp_path / "in", 40),
        out=tmp_path / "a$b.safetensors",
        options=QUICK,
        config=CONFIG,
        source=FakeSource(),
        unit="points",
    )
    plot_training(result, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="could not be written"):
        plot_training(result, tmp_path / "nowhere" / "out.png")
