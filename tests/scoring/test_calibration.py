"""How sure a folder looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.scoring.calibration import asking_weights, confidence_weights
from imgrank.scoring.question import Evidence

FINGERPRINTS = ["of a backbone that nobody measured", "eb940ebe647385b7"]


def evidence(*cosines: float) -> Evidence:
    return Evidence.of(np.array(cosines), np.ones(len(cosines), bool))


@pytest.mark.parametrize("fingerprint", FINGERPRINTS)
def test_a_picture_that_stands_out_is_surer_than_none(fingerprint):
    weights, rest = confidence_weights(fingerprint), [0.1, 0.12, 0.08, 0.11, 0.09, 0.1] * 9
    sure, unsure = (weights.confidence(evidence(top, *rest)) for top in (0.7, 0.13))
    assert 0 <= unsure < weights.threshold < sure <= 1


@pytest.mark.parametrize("fingerprint", FINGERPRINTS)
def test_one_picture_and_equal_pictures_have_a_confidence(fingerprint):
    for cosines in ([0.2], [0.2] * 30, [0.0, 0.0]):
        assert 0 <= confidence_weights(fingerprint).confidence(evidence(*cosines)) <= 1
    assert len(asking_weights(fingerprint).weights) == 14


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(0, 40))
def test_evidence_of_parts_adds_up_to_that_of_the_whole(cosines, cut):
    whole, parts = evidence(*cosines), (cosines[:cut], cosines[cut:])
    there = [evidence(*part) for part in parts if part]
    assert sum(there, Evidence()) == whole == sum(reversed(there), Evidence())
    assert whole.mean == pytest.approx(np.mean(cosines), abs=1e-5)
    assert whole.spread == pytest.approx(np.std(cosines), abs=1e-3)
