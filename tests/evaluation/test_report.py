"""`evaluate`: four scorers side by side, in every format."""

import csv
import io
import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from imgrank.cli.app import app
from imgrank.errors import AdapterError, LabelsError, UsageError
from imgrank.evaluation import evaluate
from imgrank.evaluation.report import measured_rows
from imgrank.evaluation.report_formats import report_csv, report_json, scorers, table_rows, verdict
from imgrank.labels import read_labels
from imgrank.learning.dataset import deal, made_splits, read_dataset
from imgrank.learning.metrics import Difference, Interval, Metric, ScorerMetrics
from imgrank.training import train
from tests.training.making import CONFIG, QUICK, FakeSource, labels_csv, pairs_csv

FIGURES = ["srcc", "krcc", "plcc", "mae", "pair_accuracy"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    path = labels_csv(folder, 60, split=lambda n: "test" if n % 3 == 0 else "train")
    made = train(
        path, out=folder / "made.safetensors", options=QUICK, config=CONFIG, source=FakeSource(), unit="points"
    )
    return path, made.path


pytestmark = pytest.mark.usefixtures("home")


def measure(labels, adapter="none", **more):
    return evaluate(labels, adapter=str(adapter), source=FakeSource(), **more)


def test_json_has_the_promised_fields_and_intervals_around_the_figures(trained):
    labels, adapter = trained
    whole = json.loads(report_json(measure(labels, adapter)))
    assert list(whole) == ["adapter", "backbone", "queries"]
    assert (whole["adapter"], whole["backbone"]) == ("made", "fake")
    (query,) = whole["queries"]
    assert list(query) == ["query", "n", "score", "pairs", "ridge", "zero_shot"]
    assert query["n"] == 20
    for scorer in ("score", "pairs", "ridge", "zero_shot"):
        section = query[scorer]
        assert list(section) == [*FIGURES, "ci"]
        assert list(section["ci"]) == FIGURES
        for name in FIGURES:
            low, high = section["ci"][name]
            if section[name] is not None:
                assert low <= section[name] <= high
    assert query["score"]["srcc"] > 0.8
    assert query["zero_shot"]["mae"] is None


def test_without_an_adapter_its_sections_are_empty_and_a_note_says_so(tmp_path):
    report = measure(labels_csv(tmp_path, 30))
    section = json.loads(report_json(report))["queries"][0]["score"]
    assert all(section[name] is None for name in FIGURES)
    assert "no ranker fits" in report.notes[0]
    assert report.adapter is None
    assert verdict(report.queries[0].ridge, report.queries[0].versus_ridge) == "no ranker fits this query"


def test_ridge_never_learns_from_what_it_is_measured_on(tmp_path):
    """On values that mean nothing ridge is no better than chance, with and without a train split."""
    for name, split in (("with", lambda n: "test" if n % 2 else "train"), ("without", None)):
        path = labels_csv(tmp_path / name, 80, split=split)
        rows = list(csv.reader(path.open()))
        noise = np.random.default_rng(0).permutation(80)
        for row, value in zip(rows[1:], noise, strict=True):
            row[2] = str(value)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        assert abs(measure(path).queries[0].ridge.srcc.value) < 0.5


@pytest.mark.parametrize(
    ("split", "measured", "learnt"), [(None, "test", 6), ("test", "test", 6), ("val", "val", 4), ("train", "train", 0)]
)
def test_each_split_is_measured_by_what_others_taught(tmp_path, split, measured, learnt):
    names = ["train", "train", "val", "test"]
    labels = read_labels(str(labels_csv(tmp_path, 12, split=lambda n: names[n % 4] if n < 8 else "train")))
    (rows,) = read_dataset(labels, FakeSource()).tasks
    chosen, train_rows, name = measured_rows(rows, split)
    assert name == measured
    assert {rows.task.splits[n] for n in chosen} == {measured}
    assert not set(chosen) & set(train_rows)
    assert (len(train_rows) == 0) == (learnt == 0)


def test_an_empty_split_is_said(tmp_path):
    with pytest.raises(LabelsError, match="split val"):
        measure(labels_csv(tmp_path, 12), split="val")


def test_who_is_asked_for_by_name_answers_a_query_that_it_was_not_trained_on(trained, tmp_path):
    stranger = labels_csv(tmp_path / "stranger", 30, query="something quite different")
    assert measure(stranger, trained[1]).adapter == "made"
    assert measure(stranger, "auto").adapter is None


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.1, 0.02, 0.2, "the adapter beats plain ridge: "),
        (0.1, -0.02, 0.2, "the adapter does not clearly beat plain ridge: "),
        (-0.1, -0.2, -0.02, "the adapter does not beat plain ridge: "),
        (0.0, 0.0, 0.0, "the adapter does not beat plain ridge: "),
        (float("nan"), float("nan"), float("nan"), "these rows cannot tell whether the adapter beats plain ridge"),
    ],
)
def test_the_verdict_says_what_the_interval_allows(value, low, high, said):
    ridge = ScorerMetrics(srcc=Metric(0.5, Interval(0.4, 0.6)))
    told = verdict(ridge, Difference(value, Interval(low, high)))
    assert told.startswith(said)
    if np.isfinite(value):
        assert told.removeprefix(said) == f"{value:+.3f} SRCC [{low:+.3f}, {high:+.3f}]"


@pytest.mark.parametrize(
    ("split", "told"), [("train", "was trained on 40 of these 40 rows"), ("test", "plain ridge: ")]
)
def test_no_lead_over_ridge_is_told_on_rows_that_were_learnt_from(trained, monkeypatch, split, told):
    labels, adapter = trained
    measured = measure(labels, adapter, split=split)
    monkeypatch.setattr("imgrank.evaluation.evaluate", lambda *_, **__: measured)
    ran = CliRunner().invoke(app, ["eval", str(labels), "--adapter", str(adapter), "--split", split])
    assert told in ran.stdout
    assert ("cannot tell whether it beats plain ridge" in ran.stdout) == (split == "train")


def test_an_adapter_of_another_backbone_is_refused(trained, monkeypatch):
    labels, adapter = trained
    source = FakeSource()
    monkeypatch.setattr(source, "backbone", type(source.backbone)(fingerprint="0000000000000000"))
    with pytest.raises(AdapterError, match="made with backbone fake; this version makes others"):
        evaluate(labels, adapter=str(adapter), source=source)


def test_answers_have_pair_accuracy_alone(tmp_path):
    path = pairs_csv(tmp_path, 80)
    made = train(path, out=tmp_path / "a.safetensors", options=QUICK, config=CONFIG, source=FakeSource())
    (query,) = measure(path, made.path).queries
    assert query.score.pair_accuracy.value > 0.75
    assert query.ridge.pair_accuracy.value > 0.75
    assert math.isnan(query.score.srcc.value)


def test_csv_and_table_hold_the_same_figures(trained):
    report = measure(*trained)
    lines = list(csv.DictReader(io.StringIO(report_csv(report))))
    srcc = next(line for line in lines if line["scorer"] == "score" and line["figure"] == "srcc")
    assert float(srcc["value"]) == report.queries[0].score.srcc.value
    head, *rows = table_rows(scorers(report.queries[0]))
    assert [row[0] for row in rows] == ["score", "pairs", "plain ridge", "zero-shot"]
    assert head[1] == "srcc"
    assert f"{float(srcc['value']):.3f}" in rows[0][1]
    assert report.queries[0].unit == "points"


def test_classes_get_an_accuracy(tmp_path):
    for n in range(40):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    path = tmp_path / "labels.csv"
    path.write_text("image,query,value\n" + "".join(f"{n}.jpg,more,{n // 10}\n" for n in range(40)))
    assert 0.25 < measure(path).queries[0].ridge.accuracy.value <= 1


def test_the_plot_is_drawn(trained, tmp_path):
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    from imgrank.evaluation.report_formats import plot_report

    report = measure(*trained)
    plot_report(report, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="could not be written"):
        plot_report(report, tmp_path / "nowhere" / "out.png")


def test_probabilities_of_answers_are_drawn_where_a_ranker_gives_some(tmp_path):
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    from imgrank.evaluation.report_formats import plot_report

    path = pairs_csv(tmp_path, 80)
    made = train(path, out=tmp_path / "a.safetensors", options=QUICK, config=CONFIG, source=FakeSource())
    report = measure(path, made.path)
    plot_report(report, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="nothing to plot"):
        plot_report(measure(path), tmp_path / "out.png")


def test_chances_are_those_of_the_pair_head_and_of_pairs_that_differ(trained, tmp_path):
    (query,) = measure(*trained).queries
    chances = query.predictions.chances
    assert ((chances.probability > 0) & (chances.probability < 1)).all()
    assert set(chances.won) == {0.0, 1.0}
    assert ((chances.probability > 0.5) == (chances.won > 0.5)).mean() > 0.75
    path = pairs_csv(tmp_path, 80)
    (query,) = measure(path, trained[1]).queries
    assert set(query.predictions.chances.won) == {0.0, 0.5, 1.0}
    assert len(query.predictions.chances.probability) == query.n
    assert measure(path).queries[0].predictions.chances is None


def test_made_splits_keep_groups_together_and_what_was_given(tmp_path):
    given = lambda n: "test" if n < 15 else ""
    labels = read_labels(str(labels_csv(tmp_path, 100, split=given, group=lambda n: f"g{n // 5}")))
    (rows,) = made_splits(read_dataset(labels, FakeSource())).tasks
    splits = rows.task.splits
    assert set(splits[:15]) == {"test"}
    assert "test" not in splits[15:]
    assert all(len(set(splits[n : n + 5])) == 1 for n in range(0, 100, 5))
    assert 10 <= splits.count("val") <= 25


def test_dealing_spreads_values_and_keeps_a_picture_in_one_part_for_all_queries(tmp_path):
    for n in range(50):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    path = tmp_path / "labels.csv"
    path.write_text("image,more,fewer\n" + "".join(f"{n}.jpg,{n},{(n * 7) % 50}\n" for n in range(50)))
    tasks = read_dataset(read_labels(str(path)), FakeSource()).tasks
    every = np.arange(50)
    first, second = deal(tasks, [every, every], 5, seed=0)
    assert np.array_equal(first, second)
    assert np.bincount(first).tolist() == [10] * 5
