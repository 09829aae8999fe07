"""How sure a folder looks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.scoring.calibration import _FILE, DEFAULT, asking_weights, confidence_weights
from imgrank.scoring.question import Evidence

MEASURED = next(name for name in json.loads(_FILE.read_text(encoding="utf-8")) if name != DEFAULT)
FINGERPRINTS = ["of a backbone that nobody measured", MEASURED]


def evidence(*cosines: float) -> Evidence:
    """Cosines to a sentence; and to others, of which each picture has as much as most have of this one."""
    others = tuple((0.13 + shift, 0.12 + shift, 0.11 + shift)[: len(cosines)] for shift in (-0.02, 0.0, 0.02))
    ahead = tuple((cosine - 0.12) / 0.05 for cosine in sorted(cosines, reverse=True)[:5])
    return replace(Evidence.of(np.array(cosines), np.ones(len(cosines), bool)), unrelated=others, ahead=ahead)


@pytest.mark.parametrize("fingerprint", FINGERPRINTS)
def test_a_picture_that_stands_out_is_surer_than_none(fingerprint):
    weights, rest = confidence_weights(fingerprint), [0.1, 0.12, 0.08, 0.11, 0.09, 0.1] * 9
    sure, unsure = (weights.confidence(evidence(top, *rest)) for top in (0.7, 0.13))
    assert 0 <= unsure < weights.threshold < sure <= 1


@pytest.mark.parametrize("fingerprint", FINGERPRINTS)
def test_one_picture_and_equal_pictures_have_a_confidence(fingerprint):
    for cosines in ([0.2], [0.2] * 30, [0.0, 0.0]):
        assert 0 <= confidence_weights(fingerprint).confidence(evidence(*cosines)) <= 1
    assert len(asking_weights(fingerprint).weights) == 15


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(0, 40))
def test_evidence_of_parts_adds_up_to_that_of_the_whole(cosines, cut):
    whole, parts = evidence(*cosines), (cosines[:cut], cosines[cut:])
    there = [evidence(*part) for part in parts if part]
    summed = sum(there, Evidence()), sum(reversed(there), Evidence())
    assert [replace(one, unrelated=(), ahead=()) for one in summed] == [replace(whole, unrelated=(), ahead=())] * 2
    assert whole.mean == pytest.approx(np.mean(cosines), abs=1e-5)
    assert whole.spread == pytest.approx(np.std(cosines), abs=1e-3)


def test_every_backbone_has_weights_for_its_signs():
    """A backbone that nobody measured is held against unrelated sentences, whatever its cosines amount to."""
    weights = confidence_weights(FINGERPRINTS[0])
    assert (weights.is_own, confidence_weights(MEASURED).is_own) == (False, True)
    near, others = np.array([0.5, 0.2, 0.2, 0.1]), ((0.21, 0.2), (0.19, 0.2), (0.25, 0.2))
    said = replace(evidence(*near), unrelated=others)
    for shrunk, shift in ((0.1, 0.2), (1.0, -0.3)):
        other = evidence(*(shrunk * near + shift))
        other = replace(
            other, ahead=said.ahead, unrelated=tuple(tuple(shrunk * x + shift for x in one) for one in others)
        )
        assert weights.confidence(other) == pytest.approx(weights.confidence(said), abs=2e-3)


@pytest.mark.parametrize("fingerprint", FINGERPRINTS)
def test_a_denial_is_sure_where_a_picture_lacks_the_thing(fingerprint):
    weights = confidence_weights(fingerprint)
    some, none = evidence(0.8, 0.8, 0.02), evidence(0.8, 0.8, 0.75)
    some, none = (
        replace(one, ahead=tuple(sorted((-least, -14.0, -14.0), reverse=True)))
        for one, least in ((some, -2.0), (none, 13.0))
    )
    assert weights.chance_lacking(some) > 0.5 > weights.chance_lacking(none)


@given(st.lists(st.integers(-1_000_000, 1_000_000), max_size=30), st.integers(0, 30))
def test_evidence_keeps_the_ends_of_all_likenesses_whatever_the_parts(millionths, cut):
    def of(some):
        return Evidence.of(np.array(some, float) / 1e6, np.ones(len(some), bool))

    whole = of(millionths)
    assert whole == of(millionths[:cut]) + of(millionths[cut:])
    assert whole.nearest == tuple(value / 1e6 for value in sorted(millionths, reverse=True)[:5])
    assert whole.farthest == tuple(value / 1e6 for value in sorted(millionths)[:5])
