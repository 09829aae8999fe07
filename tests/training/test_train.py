"""`train` from labels to a file that answers: small data, val splits, pairs, faults, interruption, resuming."""

import csv
import math
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import load
from imgrank.adapter.model import AdapterConfig
from imgrank.adapter.registry import adapter_path, kept_rows_path, remove
from imgrank.atomic import atomic_file
from imgrank.cli.app import app
from imgrank.errors import AdapterError, LabelsError, TrainingError, UsageError
from imgrank.evaluation import evaluate
from imgrank.evaluation.report_formats import verdict
from imgrank.evaluation.set_aside import last_trained
from imgrank.learning.metrics import pair_accuracy, srcc
from imgrank.training import TrainingOptions, train, training_run
from imgrank.training.card import plot_training
from imgrank.training.loop import fit
from tests.training.making import AUTO, CONFIG, QUICK, SHAPE, FakeSource, NarrowSource, labels_csv, level, pairs_csv

pytestmark = pytest.mark.usefixtures("home")


def trained(folder, labels, options=QUICK, **more):
    return train(labels, out=folder / "made.safetensors", options=options, config=CONFIG, source=FakeSource(), **more)


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    """Labels of thirty pictures, and the bytes of the ranker that a run which nothing stops makes of them."""
    folder = tmp_path_factory.mktemp("thirty")
    path = labels_csv(folder, 30)
    return path, trained(folder, path).path.read_bytes()


def scores(result, folder, numbers):
    adapter = load(result.path, FakeSource.backbone.fingerprint)
    source = NarrowSource() if adapter.header.config.text_width == SHAPE.embedding else FakeSource()
    packed = source.encode([str(folder / f"{n}.jpg") for n in numbers]).packed
    return score_tokens(adapter, packed, source.sentence("more"), adapter.queries[0]).value


def test_a_config_for_other_tokens_is_refused_before_any_picture_is_read(tmp_path):
    source = FakeSource()
    labels = labels_csv(tmp_path, 10)
    with pytest.raises(TrainingError, match="tokens 100 instead of 4"):
        train(labels, out=tmp_path / "a.safetensors", config=AdapterConfig.paper(), source=source, options=QUICK)
    assert source.calls == []


def test_sentences_narrower_than_the_space_of_pictures_are_read_again_from_the_file(tmp_path):
    """As RN50's are; the embedding left out, the config does not tell how wide that space is."""
    config = replace(CONFIG, embedding_width=0)
    result = train(
        labels_csv(tmp_path, 12), out=tmp_path / "a.safetensors", config=config, source=FakeSource(), options=QUICK
    )
    adapter = load(result.path, FakeSource.backbone.fingerprint)
    assert adapter.queries[0].embeddings.shape[1] == SHAPE.embedding != config.text_width


def test_thirty_pictures_give_a_ranker_in_the_users_unit(tmp_path):
    result = trained(tmp_path, labels_csv(tmp_path, 30), unit="points")
    (query,) = result.queries
    assert result.cross_validated
    assert query.rows == query.trained_on == 30
    assert query.adapter.srcc.value > 0.8
    numbers = np.arange(2.5, 28, 2.5)
    assert srcc(scores(result, tmp_path, numbers.astype(int)), numbers) > 0.9
    assert np.abs(scores(result, tmp_path, range(30)) - np.arange(30) / 2).mean() < 4
    assert load(result.path).queries[0].unit == "points"


def test_what_is_saved_is_what_was_measured(tmp_path):
    """The file's scores on the val rows are the very predictions that the figures were taken from."""
    split = lambda n: ("train", "val", "train", "test")[n % 4]
    result = trained(tmp_path, labels_csv(tmp_path, 520, split=split))
    assert not result.cross_validated
    val = np.arange(1, 520, 4)
    assert result.queries[0].rows == len(val)
    assert srcc(scores(result, tmp_path, val), val / 2) == pytest.approx(result.queries[0].adapter.srcc.value, abs=1e-4)
    error = np.abs(scores(result, tmp_path, val) - val / 2).mean()
    assert error == pytest.approx(result.queries[0].adapter.mae.value, rel=1e-3)


def test_test_rows_are_never_learnt_from(tmp_path):
    """Turning the values of test rows around changes not one bit of what is saved."""
    files = []
    for sign in (1, -1):
        folder = tmp_path / str(sign)
        path = labels_csv(folder, 40, split=lambda n: "test" if n % 4 == 0 else "")
        rows = list(csv.reader(path.open()))
        for row in rows[1:]:
            row[2] = str(float(row[2]) * (sign if row[3] == "test" else 1))
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        files.append(trained(folder, path).path.read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("count", [40, 640])
def test_two_runs_with_one_seed_are_bit_equal_and_another_seed_is_another_run(tmp_path, count):
    path = labels_csv(tmp_path, count)
    files = []
    for options in (QUICK, QUICK, replace(QUICK, seed=1)):
        files.append(trained(tmp_path, path, options, replace=True).path.read_bytes())
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_an_adapter_may_leave_the_embedding_out(tmp_path):
    result = train(
        labels_csv(tmp_path, 30),
        out=tmp_path / "made.safetensors",
        options=QUICK,
        config=replace(CONFIG, embedding_width=0, text_width=SHAPE.embedding),
        source=NarrowSource(),
    )
    assert srcc(scores(result, tmp_path, range(30)), np.arange(30.0)) > 0.8


def test_pictures_are_encoded_once_and_mirrored_once(tmp_path):
    source = FakeSource()
    train(labels_csv(tmp_path, 30), out=tmp_path / "a.safetensors", options=QUICK, config=CONFIG, source=source)
    assert source.calls == [False, True]


def test_mirror_images_are_not_read_before_the_closed_form_is_saved_nor_for_it_alone(tmp_path):
    path, source, calls = labels_csv(tmp_path, 30), FakeSource(), []
    make = lambda options, **more: train(
        path, out=tmp_path / "a.safetensors", options=options, config=CONFIG, source=source, replace=True, **more
    )
    make(AUTO, saved=lambda _: calls.extend(source.calls))
    assert calls == [False]
    source.calls.clear()
    make(replace(AUTO, epochs=0))
    assert source.calls == [False]


def test_answers_alone_give_a_ranker(tmp_path):
    result = trained(tmp_path, pairs_csv(tmp_path, 80))
    (query,) = result.queries
    assert query.adapter.pair_accuracy.value > 0.75
    assert math.isnan(query.adapter.srcc.value)
    numbers = np.arange(60)
    assert pair_accuracy(scores(result, tmp_path, numbers), numbers.astype(float)) > 0.8


def test_answers_that_hang_on_no_picture_are_measured_as_chance(tmp_path):
    """Whoever remembers the pictures that are always on the left would answer all of them."""
    for seed in (1, 2):
        labels = pairs_csv(tmp_path / str(seed), 60, 12, seed, say="left")
        result = trained(tmp_path / str(seed), labels, options=replace(AUTO, epochs=0))
        (query,) = result.queries
        assert result.cross_validated
        for measured in (query.adapter.pair_accuracy, query.ridge.pair_accuracy):
            assert measured.ci.low < 0.5 < measured.ci.high
            assert 0.25 < measured.value < 0.75


def test_answers_that_do_hang_on_their_pictures_are_measured_well_above_chance(tmp_path):
    (query,) = trained(tmp_path, pairs_csv(tmp_path, 120, 24), options=replace(AUTO, epochs=0)).queries
    assert query.adapter.pair_accuracy.value > 0.75
    assert query.adapter.pair_accuracy.ci.low > 0.5


def test_a_ranker_knows_whether_its_answers_show_it_to_order_better_than_words_and_chance(tmp_path):
    def lead(folder, count, say=None):
        made = trained(folder, pairs_csv(folder, count, 24, say=say), options=replace(AUTO, epochs=0))
        return load(made.path).header.queries[0].metrics.lead

    assert lead(tmp_path / "learnt", 120) > 0
    assert lead(tmp_path / "chance", 60, say="left") <= 0
    assert lead(tmp_path / "few", 8) <= 0


def test_answers_about_so_few_pictures_that_none_can_be_left_out_still_give_a_ranker(tmp_path):
    (query,) = trained(tmp_path, pairs_csv(tmp_path, 8, 3, say="left")).queries
    assert query.trained_on == 8
    assert query.rows == 0
    assert math.isnan(query.adapter.pair_accuracy.value)


def test_several_queries_share_one_file(tmp_path):
    for n in range(40):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    path = tmp_path / "labels.csv"
    path.write_text("image,more,fewer|less\n" + "".join(f"{n}.jpg,{n},{40 - n}\n" for n in range(40)))
    result = trained(tmp_path, path)
    assert [query.query for query in result.queries] == ["more", "fewer"]
    assert all(query.adapter.srcc.value > 0.7 for query in result.queries)
    assert load(result.path).queries[1].phrasings == ("fewer", "less")


def test_a_picture_that_cannot_be_read_is_a_fault_unless_bad_rows_are_skipped(tmp_path):
    path = labels_csv(tmp_path, 30, bad={3, 7})
    with pytest.raises(LabelsError, match="2 images cannot be read") as error:
        trained(tmp_path, path)
    assert "bad3.jpg: the file is empty" in str(error.value)
    result = trained(tmp_path, path, skip_bad=True)
    assert result.queries[0].rows == 28
    assert any("bad7.jpg" in note for note in result.notes)


def test_one_group_cannot_be_split(tmp_path):
    with pytest.raises(TrainingError, match="of 1 group; at least"):
        trained(tmp_path, labels_csv(tmp_path, 30, group=lambda n: "all"))


def test_a_taken_name_is_refused_and_a_name_lands_in_the_users_folder(tmp_path, home):
    path = labels_csv(tmp_path, 30)
    make = lambda **more: train(path, options=QUICK, config=CONFIG, source=FakeSource(), **more)
    assert make().path == home / "data" / "adapters" / "more.safetensors"
    with pytest.raises(UsageError, match="already exists"):
        make(name="more")
    assert make(name="more", replace=True).card.read_text(encoding="utf-8").startswith("# more\n")
    with pytest.raises(UsageError, match="both were given"):
        make(name="more", out=tmp_path / "a.safetensors")


def test_the_rows_kept_aside_are_remembered_for_eval(tmp_path):
    path = labels_csv(tmp_path, 60, split=lambda n: "test" if n % 3 == 0 else "")
    train(path, options=QUICK, config=CONFIG, source=FakeSource())
    adapter = last_trained()
    assert adapter is not None
    report = evaluate(str(kept_rows_path(adapter)), adapter=str(adapter), source=FakeSource())
    assert report.adapter == "more"
    assert report.queries[0].n == 20
    assert report.queries[0].score.srcc.value > 0.7
    remove("more")
    assert list(adapter.parent.iterdir()) == []


def test_eval_without_labels_shows_the_card_of_the_last_training_where_it_kept_no_rows(tmp_path):
    train(labels_csv(tmp_path, 30), name="all rows", options=QUICK, config=CONFIG, source=FakeSource())
    shown = CliRunner().invoke(app, ["eval"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# all rows\n")
    assert "all rows, the ranker trained last, has no rows set aside" in shown.stderr
    asked = CliRunner().invoke(app, ["eval", "--format", "json"])
    assert isinstance(asked.exception, UsageError)
    assert asked.stdout == ""


def test_the_card_says_figures_and_whether_ridge_is_beaten(tmp_path):
    result = trained(tmp_path, labels_csv(tmp_path, 30))
    text = result.card.read_text(encoding="utf-8")
    assert "cross-validation" in text
    assert "| plain ridge | " in text and "Plain ridge is one ridge regression" in text
    assert "averaged ridges (an average of several ridge regressions" in text
    (query,) = result.queries
    saved = load(result.path).queries[0].metrics
    assert (saved.trained_on, saved.cross_validated) == (query.trained_on, True)
    assert saved.srcc_low == query.adapter.srcc.ci.low and saved.pair_accuracy == query.adapter.pair_accuracy.value
    assert f"On these rows {verdict(query.ridge, query.versus_ridge, 'this ranker')}." in text
    assert "Largest errors" in text


class Stop:
    """Ctrl-C while an epoch is reported."""

    def __init__(self, at):
        self.at, self.seen = at, 0

    def __call__(self, epoch):
        self.seen += 1
        if self.seen == self.at:
            raise KeyboardInterrupt


def test_an_interrupted_run_keeps_the_best_and_goes_on_to_the_same_end(tmp_path):
    path = labels_csv(tmp_path, 640)
    whole = trained(tmp_path, path).path.read_bytes()
    cut = trained(tmp_path, path, watch=Stop(at=3), replace=True)
    assert cut.interrupted
    assert cut.queries[0].adapter.srcc.value > 0.3
    assert (tmp_path / "made.resume").is_file()
    again = trained(tmp_path, path, resume=True)
    assert len(again.epochs) == len(trained(tmp_path, path, replace=True).epochs)
    assert again.path.read_bytes() == whole
    assert not (tmp_path / "made.resume").exists()


def test_an_interrupted_small_run_leaves_a_ranker_too(tmp_path):
    cut = trained(tmp_path, labels_csv(tmp_path, 30), watch=Stop(at=2))
    assert cut.interrupted
    assert cut.queries[0].blend_weight == 0
    assert srcc(scores(cut, tmp_path, range(30)), np.arange(30.0)) > 0.8


@pytest.mark.parametrize("count", [30, 640])
def test_the_closed_form_is_in_the_file_before_the_first_epoch_and_ctrl_c_keeps_it(tmp_path, count):
    path, saved = labels_csv(tmp_path, count), []

    def first(result):
        assert load(result.path).model is None
        saved.append(result.path.read_bytes())

    cut = trained(tmp_path, path, AUTO, saved=first, watch=Stop(at=1))
    assert len(saved) == 1
    assert cut.interrupted
    assert cut.path.read_bytes() == saved[0]
    assert srcc(scores(cut, tmp_path, range(30)), np.arange(30.0)) > 0.8
    assert cut.queries[0].blend_weight == 0


def test_no_epochs_are_the_closed_form_alone(tmp_path):
    seen = []
    result = trained(tmp_path, labels_csv(tmp_path, 30), replace(QUICK, epochs=0), watch=seen.append, saved=seen.append)
    assert seen == []
    assert not result.interrupted
    assert load(result.path).model is None
    assert not (tmp_path / "made.resume").exists()
    assert srcc(scores(result, tmp_path, range(30)), np.arange(30.0)) > 0.8


def test_a_network_that_adds_nothing_is_given_up_early_and_stored_nowhere(tmp_path):
    """What the closed form knows to the last bit leaves a network nothing to add."""
    path, seen = labels_csv(tmp_path, 60), []
    source = FakeSource(noise=0.0)
    result = train(
        path, out=tmp_path / "made.safetensors", options=AUTO, config=CONFIG, source=source, watch=seen.append
    )
    assert {epoch.stage for epoch in seen} <= {"fold 1 of 5", "fold 2 of 5"}
    assert result.queries[0].blend_weight == 0
    assert load(result.path).model is None
    assert "without a neural network" in result.card.read_text(encoding="utf-8")


def test_the_time_left_is_that_of_the_whole_run(tmp_path):
    """Each epoch of a fold still has the other folds and all rows before it: more epochs than its own fold has."""
    seen = []
    trained(tmp_path, labels_csv(tmp_path, 30), watch=seen.append)
    first, last = seen[0], seen[-1]
    assert first.stage == "fold 1 of 5"
    assert first.seconds_left > 0
    assert last.seconds_left == 0
    whole_rows = [epoch for epoch in seen if epoch.stage == "all rows"]
    before = [epoch for epoch in seen if epoch.stage == "fold 5 of 5"][-1]
    assert whole_rows and before.seconds_left > 0


def test_shares_of_the_parts_are_the_whole_answer(tmp_path):
    (query,) = trained(tmp_path, labels_csv(tmp_path, 40), AUTO).queries
    assert sum(part.share for part in query.parts) == pytest.approx(1)
    assert query.parts[-1].name == "network"
    assert {"moments", "places", "embedding", "likeness to labelled pictures"} <= {part.name for part in query.parts}


def test_two_values_many_rows_of_a_group_and_one_row_a_group_are_all_learnt(tmp_path):
    for n, group in enumerate((lambda n: f"g{n // 10}", lambda n: f"g{n}")):
        path = labels_csv(tmp_path / str(n), 60, group=group)
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], *(_two_valued(line) for line in lines[1:])]) + "\n")
        result = trained(tmp_path / str(n), path, replace(AUTO, epochs=0))
        predicted = scores(result, tmp_path / str(n), range(60))
        assert predicted[30:].mean() - predicted[:30].mean() > 0.5


def _two_valued(line):
    cells = line.split(",")
    cells[2] = str(int(float(cells[2]) >= 15))
    return ",".join(cells)


FOLD = QUICK.fold_epochs


@pytest.mark.parametrize("at", [2, FOLD, FOLD + 1, 3 * FOLD, 5 * FOLD + 1])
def test_an_interrupted_small_run_goes_on_to_the_same_end(tmp_path, thirty, at):
    path, whole = thirty
    trained(tmp_path, path, watch=Stop(at))
    seen = []
    again = trained(tmp_path, path, resume=True, watch=seen.append)
    assert again.path.read_bytes() == whole
    finished = (at - 1) // FOLD
    assert len(seen) == (5 - finished) * FOLD + again.best_epoch
    assert not (tmp_path / "made.resume").exists()


class Killed(BaseException):
    """An end that nothing of the run may catch."""


def test_a_killed_small_run_goes_on_with_the_fold_that_it_was_in(tmp_path, thirty):
    (path, whole), seen = thirty, []

    def watch(epoch):
        seen.append(epoch)
        if len(seen) == 2 * FOLD + 2:
            raise Killed

    with pytest.raises(Killed):
        trained(tmp_path, path, watch=watch)
    assert trained(tmp_path, path, resume=True, watch=seen.append).path.read_bytes() == whole
    assert seen[2 * FOLD + 2].stage == "fold 3 of 5"


def test_ctrl_c_in_the_first_epoch_of_a_later_fold_keeps_what_the_one_before_came_to(tmp_path, thirty, monkeypatch):
    (path, whole), begun = thirty, []

    def begin_or_stop(*args, **more):
        begun.append(args)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return fit(*args, **more)

    monkeypatch.setattr("imgrank.training.fitting.fit", begin_or_stop)
    cut = trained(tmp_path, path)
    assert cut.interrupted
    assert srcc(scores(cut, tmp_path, range(30)), np.arange(30.0)) > 0.8
    assert trained(tmp_path, path, resume=True).path.read_bytes() == whole


def test_ctrl_c_while_a_fold_is_being_kept_keeps_it_and_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    path = labels_csv(tmp_path, 30)
    kept = []

    @contextmanager
    def whole_or_half(target):
        with atomic_file(target) as part:
            kept.append(Path(part.name))
            yield part
            if len(kept) == 3:
                part.seek(0)
                part.truncate(100)
                raise KeyboardInterrupt

    monkeypatch.setattr("imgrank.training.start.atomic_file", whole_or_half)
    cut = trained(tmp_path, path)
    assert cut.interrupted
    assert srcc(scores(cut, tmp_path, range(30)), np.arange(30.0)) > 0.8
    assert (tmp_path / "made.resume").is_file()
    assert len(kept) == 3 and not kept[-1].exists()


def test_no_more_epochs_are_run_than_were_asked_for_in_folds_too(tmp_path):
    seen = []
    trained(tmp_path, labels_csv(tmp_path, 30), replace(QUICK, epochs=2), watch=seen.append)
    assert max(epoch.number for epoch in seen) <= 2
    assert all(epoch.of == 2 for epoch in seen)


def test_a_place_that_cannot_be_written_is_refused_before_training(tmp_path):
    path = labels_csv(tmp_path, 30)
    with pytest.raises(UsageError, match="cannot be saved"):
        train(path, out=path / "made.safetensors", config=CONFIG, source=FakeSource(), watch=Stop(at=1))


def test_resuming_another_run_or_none_is_refused(tmp_path):
    path = labels_csv(tmp_path, 640)
    with pytest.raises(TrainingError, match="nothing to resume"):
        trained(tmp_path, path, resume=True)
    trained(tmp_path, path, watch=Stop(at=2))
    with pytest.raises(TrainingError, match="other labels, options"):
        trained(tmp_path, path, replace(QUICK, learning_rate=1e-3), resume=True)
    (tmp_path / "made.resume").write_bytes(b"rubbish")
    with pytest.raises(TrainingError, match="damaged"):
        trained(tmp_path, path, resume=True)


@pytest.mark.parametrize("count", [30, 640])
def test_a_flipped_bit_anywhere_in_what_was_kept_of_a_run_is_found(tmp_path, count):
    path, kept = labels_csv(tmp_path, count), tmp_path / "made.resume"
    trained(tmp_path, path, watch=Stop(at=6 if count == 30 else 2))
    whole = kept.read_bytes()
    for at in range(0, len(whole), len(whole) // 25):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(TrainingError, match="damaged"):
            trained(tmp_path, path, resume=True)


def test_a_loss_that_is_no_number_stops_with_a_clear_word(tmp_path):
    with pytest.raises(TrainingError, match=r"Training diverged in epoch 1: the loss is NaN .* saved before is kept"):
        trained(tmp_path, labels_csv(tmp_path, 640), replace(QUICK, learning_rate=1e30))
    assert load(tmp_path / "made.safetensors").model is None  # the closed form, whole


def test_options_that_make_no_sense_are_refused():
    for name, value, said in (
        ("batch", 1, "a batch must hold at least 2"),
        ("patience", 0, "patience must be at least 1"),
        ("learning_rate", 0.0, "learning rate must be above 0"),
        ("epochs", -1, "epochs must be at least 0"),
        ("ema_decay", 1.0, "ema_decay must be at least 0 and below 1"),
        ("crop", 0.0, "crop must be above 0"),
    ):
        with pytest.raises(ValueError, match=said):
            TrainingOptions(**{name: value})


def test_the_stand_in_is_read_by_its_numbers():
    assert level("a/12.jpg") == 12


def put_value(path, row, value):
    rows = list(csv.reader(path.open()))
    rows[row][2] = value
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_one_wild_value_is_told_and_ruins_nothing(tmp_path):
    path = labels_csv(tmp_path, 60)
    put_value(path, 18, "1e6")
    result = trained(tmp_path, path)
    (note,) = [note for note in result.notes if "1e+06" in note]
    assert "labels.csv" in note and "17.jpg" in note and "counts as 29.5" in note
    numbers = np.arange(2, 58, 5)
    found = scores(result, tmp_path, numbers)
    assert srcc(found, numbers) > 0.9
    assert np.abs(found - numbers / 2).mean() < 5
    assert "1000000" in kept_rows_path(result.path).read_text() or "1e+06" in kept_rows_path(result.path).read_text()


def test_a_val_split_of_one_value_is_said_and_folds_decide(tmp_path):
    path = labels_csv(tmp_path, 300, split=lambda n: "val" if n % 2 else "train")
    rows = list(csv.reader(path.open()))
    for row in rows[1:]:
        row[2] = "7" if row[3] == "val" else row[2]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    result = trained(tmp_path, path)
    assert result.cross_validated
    assert any("all have the same value" in note for note in result.notes)


def test_the_command_says_how_to_ask_and_how_to_give_more_words(tmp_path, monkeypatch):
    """The name of a column, which becomes the sentence, may be no sentence."""
    monkeypatch.setattr(training_run, "Ranker", lambda *_, **__: nullcontext(FakeSource()))
    for name, query in (("one", "Score"), ("more", "Score|better photo")):
        path = labels_csv(tmp_path, 12, query=query)
        ran = CliRunner().invoke(app, ["train", str(path), "--epochs", "0", "--name", name])
        assert 'try: imgrank sort FOLDER "Score"\n' in ran.stdout
        assert ('write "Score|WORDS" for "Score" in the labels file' in ran.stdout) == (name == "one")


def test_a_value_that_may_be_a_typing_error_is_told_and_used(tmp_path):
    path = labels_csv(tmp_path, 60)
    put_value(path, 18, "170")
    (note,) = [note for note in trained(tmp_path, path, replace(AUTO, epochs=0)).notes if "170" in note]
    assert "of 17.jpg is 170, far from all others, which are from 0 to 29.5; it is used as it is" in note


def test_the_command_prints_what_was_held_back_and_what_was_left_out_once(tmp_path, monkeypatch):
    """A value of 1e6 counts as another, and its MAE is that of the other: who reads the table must know."""
    monkeypatch.setattr(training_run, "Ranker", lambda *_, **__: nullcontext(FakeSource()))
    path = labels_csv(tmp_path, 60, bad={3})
    rows = list(csv.reader(path.open()))
    rows[18][2], rows[20][2] = "1e6", "nan"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    ran = CliRunner().invoke(app, ["train", str(path), "--skip-bad", "--epochs", "0", "--name", "held"])
    assert ran.exit_code == 0
    assert ran.stderr.count("1e+06") == 1 and "counts as 29.5" in ran.stderr
    assert ran.stderr.count('left out: line 21: the value "nan"') == 1
    assert ran.stderr.count("bad3.jpg: the file is empty") == 1
    assert "1e+06" in adapter_path("held").with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("query", "unit", "said"),
    [
        ("more " * 500, None, "2,499 characters"),
        ("more", "ye\x07ars", "cannot be printed"),
        ("more", "\u202eyears", "cannot be printed"),
        ("a|" * 70, None, ""),
    ],
)
def test_words_that_no_file_can_hold_are_refused_before_anything_is_saved(tmp_path, query, unit, said):
    query = "|".join(f"more {n}" for n in range(70)) if "|" in query else query
    with pytest.raises(TrainingError, match=said or "70 phrasings; a ranker holds at most"):
        trained(tmp_path, labels_csv(tmp_path, 12, query=query), unit=unit)
    assert not (tmp_path / "made.safetensors").exists()


@pytest.mark.parametrize("query", ["عکس\u200cهای بهتر", "👨\u200d👩\u200d👧 together"])
def test_words_with_joiners_are_trained_and_read_back(tmp_path, query):
    trained(tmp_path, labels_csv(tmp_path, 12, query=query))
    assert load(tmp_path / "made.safetensors").header.queries[0].phrasings == (query,)


def test_eval_says_that_the_ranker_was_trained_on_what_is_measured(tmp_path):
    path = labels_csv(tmp_path, 60, split=lambda n: "test" if n % 3 == 0 else "")
    train(path, options=QUICK, config=CONFIG, source=FakeSource())
    seen = evaluate(str(path), adapter="more", source=FakeSource(), split="all")
    assert any("more was trained on 40 of the 60 rows" in note for note in seen.notes)
    assert seen.queries[0].learnt == 40
    unseen = evaluate(str(path), adapter="more", source=FakeSource(), split="test")
    assert unseen.notes == () and unseen.queries[0].learnt == 0


def test_eval_says_that_pairs_share_images_with_those_that_the_ranker_was_trained_on(tmp_path):
    path = pairs_csv(tmp_path, 80)
    rows = list(csv.reader(path.open()))
    header, *answers = rows
    learnt = [[*row, "train"] for row in answers[:60]]
    seen = {image for row in learnt for image in row[:2]}
    strange = [row for row in answers[60:] if not seen & {*row[:2]}]
    test = [[*row, "test"] for row in answers[60:]]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[*header, "split"], *learnt, *test])
    train(path, options=QUICK, config=CONFIG, source=FakeSource(), name="pairs")
    [told] = evaluate(str(path), adapter="pairs", source=FakeSource(), split="test").notes
    both = sum({*row[:2]} <= seen for row in test)
    assert f"pairs was trained on an image of {20 - len(strange)} of the 20 rows of" in told
    assert f"on both images of {both}:" in told
    [told] = evaluate(str(path), adapter="none", source=FakeSource(), split="test").notes[-1:]
    assert f"{20 - len(strange)} of the 20 rows of" in told and "also in rows to learn from" in told


def test_eval_says_nothing_of_pairs_of_other_images(tmp_path):
    path = pairs_csv(tmp_path, 80)
    header, *answers = list(csv.reader(path.open()))
    names = sorted({image for row in answers for image in row[:2]})
    few = {*names[: len(names) // 2]}
    kept = [[*row, "train" if row[0] in few else "test"] for row in answers if (row[0] in few) == (row[1] in few)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[*header, "split"], *kept])
    train(path, options=QUICK, config=CONFIG, source=FakeSource(), name="pairs")
    assert evaluate(str(path), adapter="pairs", source=FakeSource(), split="test").notes == ()


def test_eval_says_which_rows_it_left_out(tmp_path):
    made = trained(tmp_path, labels_csv(tmp_path, 30))
    measured = evaluate(
        str(labels_csv(tmp_path, 30, bad={3})), adapter=str(made.path), source=FakeSource(), skip_bad=True
    )
    assert any(note.startswith("left out:") and "bad3.jpg" in note for note in measured.notes)


@pytest.mark.parametrize(("plot", "said"), [("photo.webp", "ends in .png"), ("nowhere/a.png", "there is no folder")])
def test_a_plot_never_replaces_a_photograph_and_is_refused_before_measuring(tmp_path, plot, said):
    photo = tmp_path / "photo.webp"
    photo.write_bytes(b"a photograph")
    ran = CliRunner().invoke(app, ["eval", str(tmp_path / "missing.csv"), "--plot", str(tmp_path / plot)])
    assert said in str(ran.exception)
    assert photo.read_bytes() == b"a photograph"


def test_a_plot_of_a_query_in_other_letters_says_nothing_of_fonts(tmp_path):
    result = trained(tmp_path, labels_csv(tmp_path, 12, query="年上の顔"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_training(result, tmp_path / "made.png")


def test_a_folder_that_cannot_be_written_to_is_said_before_an_image_is_read(tmp_path, monkeypatch):
    source = FakeSource()
    monkeypatch.setattr(training_run.os, "access", lambda *_: False)  # root may write to whatever has a mode
    with pytest.raises(UsageError, match=r"made[.]safetensors: its folder cannot be written to"):
        train(labels_csv(tmp_path, 12), out=tmp_path / "made.safetensors", source=source)
    assert source.calls == []


def test_a_split_that_does_not_exist_is_refused(tmp_path):
    made = trained(tmp_path, labels_csv(tmp_path, 12))
    with pytest.raises(UsageError, match='no split "dev"; the splits are train, val, test and all'):
        evaluate(str(tmp_path / "labels.csv"), adapter=str(made.path), source=FakeSource(), split="dev")


def test_a_ranker_whose_file_is_cut_short_is_said_to_be_that(tmp_path):
    made = trained(tmp_path, labels_csv(tmp_path, 12))
    made.path.write_bytes(made.path.read_bytes()[:-100])
    with pytest.raises(AdapterError, match="the file is cut short or damaged"):
        load(made.path)
