"""The closed form: its views are told apart by left-out rows, and what is packed is what was fitted."""

import numpy as np
import pytest

from imgrank.adapter.answering import closed_values
from imgrank.learning.blocks import Blocks
from imgrank.learning.fit_closed import KERNEL, fit_closed, fit_values
from imgrank.learning.metrics import srcc
from tests.learning.making import PLACES, pair_rows, pictures, value_rows

TRAIN, UNSEEN = np.arange(100), np.arange(100, 200)


def learnt(packed, values, **more):
    task = value_rows(values, **more)
    return fit_closed(Blocks.of(packed, TRAIN), task, TRAIN)


def signals(packed):
    """One quantity for each part of a picture that only that part shows."""
    tokens = packed.tokens()
    return {
        "one place": tokens[:, 2, 5],
        "mean": tokens.mean(axis=1)[:, 3],
        "embedding": packed.embedding[:, 4].astype(np.float64),
        "general": packed.moments_of_all()[:, 7],
        "deviations": packed.moments_of_all()[:, -5],
    }


@pytest.mark.parametrize("where", ["one place", "mean", "embedding", "general", "deviations"])
def test_whatever_part_shows_a_quantity_is_found(where):
    packed = pictures(200, moments=3)
    values = 40 + 3 * signals(packed)[where]
    assert srcc(learnt(packed, values)(UNSEEN), values[UNSEEN]) > 0.9


def test_spread_over_places_is_seen_where_a_backbone_stores_no_moments():
    packed = pictures(200)
    values = packed.tokens().std(axis=1)[:, 3]
    assert srcc(learnt(packed, values)(UNSEEN), values[UNSEEN]) > 0.9


def test_likeness_to_labelled_pictures_answers_what_no_line_can():
    packed = pictures(600, moments=2)
    kept, unseen = np.arange(400), np.arange(400, 600)
    moments = packed.moments_of_all()
    moments[:, 2:] = 0
    packed.quantised[:, PLACES:, 2:] = 0
    values = np.square(packed.moments_of_all()[:, :1]).sum(axis=1)
    fit = fit_closed(Blocks.of(packed, kept), value_rows(values), kept)
    assert max(fit.views, key=lambda view: view.share).name == KERNEL
    assert srcc(fit(unseen), values[unseen]) > 0.6


@pytest.mark.parametrize("moments", [0, 3])
@pytest.mark.parametrize("kernel", [True, False])
def test_what_is_packed_scores_as_what_was_fitted(moments, kernel):
    packed = pictures(200, moments)
    values = 40 + 3 * packed.tokens()[:, 2, 5] + np.random.default_rng(0).normal(size=200)
    fit = fit_values(Blocks.of(packed, TRAIN), TRAIN, values[TRAIN], [""] * 100, kernel=kernel)
    form = fit.form(mean=40.0, scale=3.0)
    assert (form.kernel is not None) == kernel
    said = 40 + 3 * closed_values(form, packed)
    assert said == pytest.approx(fit(np.arange(200)), abs=0.01 if kernel else 1e-4)


def test_left_out_predictions_have_not_seen_their_row_or_its_group():
    """Noise that rows of a group share looks like knowledge to a row that is left out alone."""
    packed = pictures(300, moments=2)
    rng = np.random.default_rng(1)
    one = np.repeat(np.arange(60), 5)
    for part in (packed.quantised, packed.scales, packed.embedding):
        part[:] = part[one]
    packed.embedding[:] += 0.01 * rng.normal(size=packed.embedding.shape).astype(np.float16)
    values = np.repeat(rng.normal(size=60), 5)
    rows = np.arange(300)
    told = [f"g{n}" for n in one]
    alone, together = (
        fit_closed(Blocks.of(packed), value_rows(values, groups), rows).left_out for groups in (None, told)
    )
    assert srcc(alone, values) > 0.8
    assert srcc(together, values) < 0.4


def test_a_true_hint_of_the_sentence_helps_few_rows_and_a_false_one_is_not_believed():
    packed, few = pictures(300, seed=3), np.arange(12)
    truth, false = np.random.default_rng(1).normal(size=(2, packed.shape.embedding))
    values = packed.embedding @ truth + 0.3 * np.random.default_rng(2).normal(size=300)
    unseen = np.arange(12, 300)

    def error(embedding):
        fit = fit_values(Blocks.of(packed), few, values[few], [""] * 12, embedding)
        return np.square(fit(unseen) - values[unseen]).mean() / values.var()

    assert error(truth) < 0.8 * error(None)
    assert error(false) < 1.2 * error(None)


def test_answers_are_learnt_and_their_left_out_logits_are_of_other_pictures():
    packed = pictures(60, moments=2)
    levels = packed.moments_of_all()[:, 0]
    task = pair_rows(levels, 300)
    fit = fit_closed(Blocks.of(packed), task, np.arange(200))
    unseen = np.arange(200, 300)
    right = np.sign(fit.of_task(task, unseen)) == task.preferred[unseen]
    assert right.mean() > 0.8
    assert fit.bumps is None
    told = np.isfinite(fit.left_out)
    assert 0.4 < told.mean() < 0.8
    assert (np.sign(fit.left_out) == task.preferred[:200])[told].mean() > 0.8


@pytest.mark.parametrize("values", [np.full(200, 7.0), np.arange(200) % 2, np.r_[np.zeros(199), 1e9]])
def test_constant_two_valued_and_wild_values_end_in_finite_scores(values):
    packed = pictures(200, moments=2)
    fit = fit_closed(Blocks.of(packed), value_rows(values), np.arange(200))
    assert np.isfinite(fit(np.arange(200))).all()
    assert np.isfinite(closed_values(fit.form(0.0, 1.0), packed)).all()


def test_pictures_that_do_not_differ_get_the_mean():
    packed = pictures(10)
    for part in (packed.quantised, packed.scales, packed.embedding):
        part[:] = part[:1]
    fit = fit_closed(Blocks.of(packed), value_rows(np.arange(10.0)), np.arange(10))
    assert fit(np.arange(10)) == pytest.approx(np.full(10, 4.5))


def test_more_pictures_than_directions_are_learnt_along_the_leading_ones(monkeypatch):
    monkeypatch.setattr("imgrank.learning.blocks.MOST_DIRECTIONS", 40)
    monkeypatch.setattr("imgrank.learning.fit_closed.MOST_DIRECTIONS", 40)
    packed = pictures(200, moments=2)
    values = packed.tokens().mean(axis=1)[:, 3]
    assert srcc(learnt(packed, values)(UNSEEN), values[UNSEEN]) > 0.9
