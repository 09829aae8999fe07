"""The parts of training alone: the choice of mix and epoch, batches, and the loop's power to learn."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from imgrank.adapter.model import AdapterModel
from imgrank.labels import read_labels
from imgrank.learning.dataset import read_dataset
from imgrank.training.batches import QueryRows, ValueBatch, batches, steps_in_epoch
from imgrank.training.blend_weight import Unseen, best_blend_weight, best_common_epoch, network_adds
from imgrank.training.loop import fit, predict
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv

CPU = torch.device("cpu")
NONE = np.zeros(0, np.intp)


def dataset(folder, count=24, **more):
    return read_dataset(read_labels(str(labels_csv(folder, count, **more))), FakeSource(), mirrored=True)


def model(seed=0):
    torch.manual_seed(seed)
    return AdapterModel(replace(CONFIG, dropout=0.0))


@pytest.mark.parametrize("ranking", ["pairs", "list", "none"])
def test_the_loop_overfits_a_few_pictures(tmp_path, ranking):
    data = dataset(tmp_path, 8)
    part = QueryRows.of(data.tasks[0], np.arange(8), NONE)
    options = replace(QUICK, ranking=ranking, learning_rate=1e-2, ema_decay=0.8, mirror=False, weight_decay=0.0)
    done = fit(model(), replace(data, mirrored=None), [part], options, epochs=60)
    trained = model()
    trained.load_state_dict(done.state)
    assert part.task.order_metric(part.train, predict(trained, data, part.task, part.train, CPU)) > 0.97


def test_without_val_rows_the_last_weights_are_kept_and_with_them_the_best(tmp_path):
    data = dataset(tmp_path)
    rows = np.arange(24)
    blind = fit(model(), data, [QueryRows.of(data.tasks[0], rows, NONE)], QUICK, epochs=4)
    assert blind.best_epoch == 4
    watched = fit(model(), data, [QueryRows.of(data.tasks[0], rows[::2], rows[1::2])], QUICK, epochs=6)
    metrics = [epoch.metric for epoch in watched.epochs]
    assert watched.best_epoch == int(np.argmax(metrics)) + 1
    kept = model()
    kept.load_state_dict(watched.state)
    predicted = predict(kept, data, data.tasks[0], rows[1::2], CPU)
    assert data.tasks[0].order_metric(rows[1::2], predicted) == pytest.approx(max(metrics))


def test_training_stops_early_where_val_gets_no_better(tmp_path):
    data = dataset(tmp_path)
    rows = np.arange(24)
    part = QueryRows.of(data.tasks[0], rows[::2], rows[1::2])
    done = fit(model(), data, [part], replace(QUICK, patience=2, learning_rate=1e-9), epochs=50)
    assert len(done.epochs) < 50


def test_small_queries_are_drawn_as_often_as_large_ones(tmp_path):
    small, large = dataset(tmp_path / "small", 8), dataset(tmp_path / "large", 300)
    task = small.tasks[0]
    both = replace(large, tasks=(task, large.tasks[0]))
    parts = [QueryRows.of(task, np.arange(8), NONE), QueryRows.of(large.tasks[0], np.arange(300), NONE)]
    drawn = [
        len(batch.target) == 8 for batch in batches(both, parts, 16, 400, (0,), CPU) if isinstance(batch, ValueBatch)
    ]
    assert 0.4 < np.mean(drawn) < 0.6


def test_an_epoch_sees_every_row_once_and_both_sides(tmp_path):
    data = dataset(tmp_path, 32)
    part = QueryRows.of(data.tasks[0], np.arange(32), NONE)
    steps = steps_in_epoch([part], 8, 1)
    seen = [batch for batch in batches(data, [part], 8, steps, (0,), CPU) if isinstance(batch, ValueBatch)]
    targets = torch.cat([batch.target for batch in seen]).sort().values
    expected = torch.from_numpy(((data.tasks[0].values - part.mean) / part.scale).astype(np.float32)).sort().values
    assert torch.equal(targets, expected)
    plain = torch.from_numpy(data.packed.tokens())
    as_they_are = sum(bool((tokens == plain).all((1, 2)).any()) for batch in seen for tokens in batch.pictures.tokens)
    assert 0 < as_they_are < 32


def test_answers_reach_their_own_pictures(tmp_path):
    data = read_dataset(read_labels(str(pairs_csv(tmp_path, 40))), FakeSource(noise=0.0))
    task = data.tasks[0]
    told = 0
    for batch in batches(data, [QueryRows.of(task, np.arange(40), NONE)], 10, 4, (0,), CPU):
        level = batch.pictures.tokens[:, :, 1].mean(1)  # without noise it grows with the picture's number
        agrees = (level[batch.left] - level[batch.right]) * batch.preferred
        assert (agrees[batch.preferred != 0] > 0).all()
        told += int((batch.preferred != 0).sum())
    assert told > 30


def test_the_mix_goes_to_the_better_one_and_to_the_axis_between_equals(tmp_path):
    task, rows = dataset(tmp_path, 60).tasks[0], np.arange(60)
    good, bad = task.values, np.random.default_rng(0).normal(size=60) * 30
    assert best_blend_weight(Unseen(task, rows, good, bad)) >= 0.9
    assert best_blend_weight(Unseen(task, rows, good, bad), most=0.5) == 0.5
    assert best_blend_weight(Unseen(task, rows, bad, good)) == 0
    assert best_blend_weight(Unseen(task, rows, good, good)) == 0


def test_two_that_err_apart_are_mixed(tmp_path):
    task, rows = dataset(tmp_path, 60).tasks[0], np.arange(60)
    noise = np.random.default_rng(0).normal(size=(2, 60)) * 8
    assert 0.25 <= best_blend_weight(Unseen(task, rows, task.values + noise[0], task.values + noise[1])) <= 0.75


def test_a_network_is_heard_only_where_it_really_adds(tmp_path):
    task, rows = dataset(tmp_path, 300).tasks[0], np.arange(300)
    noise = 50 * np.random.default_rng(0).normal(size=(2, 300))
    closed = task.values + noise[0]
    assert network_adds(Unseen(task, rows, task.values + noise[1], closed), 0.5)
    assert not network_adds(Unseen(task, rows, closed + 0.01 * noise[1], closed), 0.5)
    assert not network_adds(Unseen(task, rows, task.values, closed), 0.0)
    assert not network_adds(Unseen(task, rows[:6], task.values[:6] + noise[1, :6], closed[:6]), 0.5)


def test_the_common_epoch_is_good_on_every_fold():
    """One lucky epoch counts less than one among good ones; an epoch that one fold alone reached is left out."""
    curves = [[0.1, 0.8, 0.1, 0.6, 0.7, 0.6], [0.1, 0.9, 0.2, 0.6, 0.6, 0.6, 1.0]]
    fits = [SimpleNamespace(epochs=[SimpleNamespace(metric=value) for value in curve]) for curve in curves]
    assert best_common_epoch(fits) == 5
