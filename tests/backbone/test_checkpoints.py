"""A file of weights that does not load: what it is, and what to do."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch

from imgrank.backbone.open_clip_backbone import advice_on

WEIGHTS = {"visual.proj": torch.zeros(2, 2)}


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ({"state_dict": WEIGHTS, "args": argparse.Namespace(a=1)}, "argparse.Namespace"),
        ({"state_dict": WEIGHTS, "best": np.float64(1)}, "numpy"),
        ({"model": WEIGHTS}, 'under "model"'),
        ({"epoch": 3, "model_state_dict": WEIGHTS}, 'under "model_state_dict"'),
    ],
)
def test_a_checkpoint_that_holds_more_says_what_and_where(tmp_path, holds, said):
    torch.save(holds, tmp_path / "a.pt")
    assert said in advice_on(tmp_path / "a.pt")


def test_torchscript_is_named(tmp_path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "a.pt"))
    assert "TorchScript" in advice_on(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (b"<html>", "a web page"),
        (b"", "empty"),
    ],
)
def test_what_is_no_checkpoint_is_named(tmp_path, data, said):
    (tmp_path / "a.pt").write_bytes(data)
    assert said in advice_on(tmp_path / "a.pt")


@pytest.mark.parametrize("holds", [WEIGHTS, {"state_dict": WEIGHTS, "epoch": 3, "best epoch": "older person"}])
def test_sound_checkpoints_need_no_advice(tmp_path, holds):
    torch.save(holds, tmp_path / "a.pt")
    assert advice_on(tmp_path / "a.pt") is None


@pytest.mark.parametrize("data", [b"PK\3\4 cut off", b"anything", b"\x80\2."])
def test_damage_needs_none_either(tmp_path, data):
    (tmp_path / "a.pt").write_bytes(data)
    assert advice_on(tmp_path / "a.pt") is None
    assert advice_on(tmp_path / "gone.pt") is None
