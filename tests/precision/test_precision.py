"""bfloat16 is taken where it pays and keeps the order, once for all; it has tokens of its own."""

import numpy as np
import pytest
from PIL import Image

from imgrank import precision
from imgrank.backbone.names import parse_name
from imgrank.precision import Trial, agreement_of_orders, named_precisely

NAME = "ViT-B-32/openai"


@pytest.fixture(autouse=True)
def _own_home(home, monkeypatch):
    monkeypatch.setattr(precision, "has_bf16", lambda _: True)
    monkeypatch.setattr(precision, "_has_rankers", lambda *_: False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "FEWEST", 3)
    for number in range(3):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{number}.png")
    return [str(tmp_path)]


@pytest.fixture
def outcome(monkeypatch):
    """Sets what a trial comes to, and counts how often one was made."""
    made = []

    def set_to(trial):
        monkeypatch.setattr(precision, "tried", lambda *_: made.append(1) or trial)
        return made

    return set_to


def test_a_precision_that_is_asked_for_is_taken():
    assert named_precisely(NAME, "float32") == NAME
    assert named_precisely(NAME, "bf16") == f"{NAME}+bf16"
    assert named_precisely(f"{NAME}+bf16", "auto") == f"{NAME}+bf16"
    assert named_precisely("mini", "bf16") == "mini"
    assert named_precisely("small", "bf16") == f"{parse_name('small')}+bf16"


@pytest.mark.parametrize(
    ("trial", "suffix"),
    [
        (Trial(30.0, 10.0, 0.995), "+bf16"),
        (Trial(30.0, 10.0, 0.98), ""),
        (Trial(11.0, 10.0, 0.0), ""),
    ],
)
def test_auto_takes_what_pays_and_keeps_the_order_and_says_so_once(trial, suffix, folder, outcome):
    made, notes = outcome(trial), []
    for _ in range(2):
        assert named_precisely(NAME, "auto", "cpu", folder, notes.append) == NAME + suffix
    assert len(made) == 1
    assert ("from now on" in notes[-1]) == bool(suffix)
    assert named_precisely(NAME, "auto", "cpu") == NAME + suffix  # commands without pictures follow


def test_few_pictures_are_no_trial(tmp_path, outcome):
    made = outcome(Trial(30.0, 10.0, 1.0))
    assert named_precisely(NAME, "auto", "cpu", [str(tmp_path)]) == NAME
    assert not made


def test_rankers_for_float32_keep_it(folder, outcome, monkeypatch):
    made = outcome(Trial(30.0, 10.0, 1.0))
    monkeypatch.setattr(precision, "_has_rankers", lambda *_: True)
    assert named_precisely(NAME, "auto", "cpu", folder) == NAME
    assert not made


def test_the_agreement_of_two_orders_is_scipys_tau():
    from scipy.stats import kendalltau

    one, other = (np.random.default_rng(seed).integers(0, 9, 40).astype(float) for seed in (0, 1))
    assert precision._tau(one, other) == pytest.approx(kendalltau(one, other).statistic)
    assert precision._tau(one, np.ones(40)) == 0


def test_orders_are_alike_by_how_far_they_agree():
    make = np.random.default_rng(0)
    space = make.normal(size=(30, 8))
    assert agreement_of_orders(space, space) == pytest.approx(1)
    assert 0.9 < agreement_of_orders(space, space + 0.01 * make.normal(size=space.shape)) < 1
    assert abs(agreement_of_orders(space, make.normal(size=space.shape))) < 0.3
