"""What the paper's preset adds: crops of the grid, negatives and relevance, one scale, tokens that stay on disk."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imgrank.adapter.files import load
from imgrank.adapter.model import AdapterConfig
from imgrank.backbone.names import with_grid
from imgrank.labels import read_labels
from imgrank.learning.dataset import read_dataset
from imgrank.learning.on_disk import mapped, read_tokens, row_bytes
from imgrank.tokens import TokenShape
from imgrank.training import TrainingOptions, train
from imgrank.training.batches import Augmentation, QueryRows, batches, strangers
from imgrank.training.fitting import Fitting, _one_scale
from imgrank.training.options import PAPER
from tests.training.making import CONFIG, QUICK, SHAPE, Facts, FakeSource, labels_csv

pytestmark = pytest.mark.usefixtures("home")
CPU = torch.device("cpu")
NONE = np.zeros(0, np.intp)


class GridSource(FakeSource):
    """Tokens of a 5 x 5 grid; the first number of each tells its place."""

    backbone = Facts(shape=TokenShape(25, 16, 12))

    def _tokens(self, path):
        tokens = np.repeat(super()._tokens(path).mean(axis=0, keepdims=True), 25, axis=0)
        tokens[:, 0] = np.arange(25)
        return tokens


def two_queries(folder, count=20):
    """Two queries on pictures of their own: values of the second are a hundred times those of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["image,query,value"]
    for n in range(2 * count):
        (folder / f"{n}.jpg").write_bytes(b"")
        lines.append(f"{n}.jpg,{'cats' if n < count else 'dogs'},{n if n < count else 100 * n}")
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder / "labels.csv"


def parts_of(dataset):
    return [QueryRows.of(task, np.arange(len(task)), NONE) for task in dataset.tasks]


def test_crops_are_windows_of_the_grid_as_large_in_all_of_a_batch(tmp_path):
    dataset = read_dataset(read_labels(str(labels_csv(tmp_path, 20))), GridSource())
    shapes = set()
    for batch in batches(dataset, parts_of(dataset), 10, 30, (0,), CPU, Augmentation(crop=0.6)):
        places = batch.pictures.tokens[:, :, 0].round().long()
        side = round(places.shape[1] ** 0.5)
        shapes.add(side)
        grid = places.reshape(-1, side, side)
        assert (grid[:, :, 1:] - grid[:, :, :-1] == 1).all()
        assert (grid[:, 1:] - grid[:, :-1] == 5).all()
        assert (grid[:, 0, 0] % 5 + side <= 5).all()
    assert shapes == {3, 4, 5}


def test_negatives_are_pictures_that_the_query_says_nothing_of(tmp_path):
    dataset = read_dataset(read_labels(str(two_queries(tmp_path))), FakeSource())
    parts = parts_of(dataset)
    for n, part in enumerate(parts):
        assert not set(strangers(parts, n)) & set(part.task.rows)
        assert len(strangers(parts, n)) == 20
    for batch in batches(dataset, parts, 10, 8, (0,), CPU, Augmentation(negatives=0.2)):
        assert (len(batch.target), len(batch.pictures.tokens)) == (10, 12)


def test_no_negatives_where_queries_share_their_pictures(tmp_path):
    dataset = read_dataset(read_labels(str(labels_csv(tmp_path, 20))), FakeSource())
    parts = parts_of(dataset) * 2
    assert len(strangers(parts, 0)) == 0
    for batch in batches(dataset, parts, 10, 4, (0,), CPU, Augmentation(negatives=0.5)):
        assert len(batch.pictures.tokens) == len(batch.target)


@pytest.mark.parametrize("negatives", [0.0, 0.3])
def test_relevance_is_kept_where_it_was_learnt(tmp_path, negatives):
    options = replace(QUICK, negatives=negatives)
    result = train(
        two_queries(tmp_path), out=tmp_path / "a.safetensors", source=FakeSource(), config=CONFIG, options=options
    )
    adapter = load(result.path)
    assert {query.relevance for query in adapter.queries if query.scorer != "ridge"} <= {negatives > 0}
    assert any(query.relevance for query in adapter.queries) == (negatives > 0)


def test_one_scale_gives_all_queries_one_mean(tmp_path):
    dataset = read_dataset(read_labels(str(two_queries(tmp_path))), FakeSource())
    dataset = replace(
        dataset, tasks=tuple(replace(t, task=replace(t.task, splits=("train",) * len(t))) for t in dataset.tasks)
    )
    run = Fitting(dataset, lambda _: None, replace(QUICK, one_scale=True), CPU, lambda _: None)
    mean, scale = _one_scale(run)
    values = np.concatenate([task.values for task in dataset.tasks])
    assert (mean, scale) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    assert _one_scale(replace(run, options=QUICK)) is None


def test_the_preset_takes_every_patch_and_the_published_options():
    assert with_grid("mini") == "mini"
    assert with_grid("small").endswith("+grid")
    shape = TokenShape(576, 1024, 1024)
    config = AdapterConfig.paper(shape, 1024)
    assert (config.tokens, config.image_width, config.places) == (576, 1024, 576)
    assert (PAPER.learning_rate, PAPER.negatives, PAPER.always) == (5e-5, 0.2, True)
    assert TrainingOptions().negatives == 0


def test_the_preset_trains_and_is_read_back(tmp_path, monkeypatch):
    small = replace(CONFIG, tokens=25, embedding_width=0)
    monkeypatch.setattr(AdapterConfig, "paper", staticmethod(lambda shape, width: replace(small, tokens=shape.tokens)))
    options = replace(PAPER, epochs=1, fold_epochs=1, min_steps=2)
    result = train(
        two_queries(tmp_path), out=tmp_path / "a.safetensors", source=GridSource(), preset="paper", options=options
    )
    assert load(result.path).header.config.tokens == 25


def test_tokens_that_memory_does_not_hold_stay_on_disk_and_are_the_same(tmp_path, monkeypatch):
    from imgrank.learning import on_disk

    monkeypatch.setattr(on_disk, "PIECE", 7)
    source = FakeSource()
    images = [str(tmp_path / f"{'bad' if n == 11 else ''}{n}.jpg") for n in range(20)]
    whole, told = source.encode(images), []
    on = read_tokens(source, images, progress=told.append, most=row_bytes(SHAPE))
    assert isinstance(on.packed.quantised, np.memmap)
    assert on.files == whole.files
    assert [bad.path for bad in on.skipped] == [images[11]]
    for name in ("quantised", "scales", "embedding"):
        np.testing.assert_array_equal(getattr(on.packed, name), getattr(whole.packed, name))
    np.testing.assert_array_equal(on.packed[np.array([3, 1])].tokens(), whole.packed[np.array([3, 1])].tokens())


def test_a_ranker_from_tokens_on_disk_is_the_one_from_memory(tmp_path, monkeypatch):
    from imgrank.learning import on_disk

    labels = labels_csv(tmp_path, 30)

    def trained(name):
        result = train(labels, out=tmp_path / name, options=QUICK, config=CONFIG, source=FakeSource())
        return result.path.read_bytes()

    before = trained("a.safetensors")
    monkeypatch.setattr(on_disk, "memory_for_tokens", lambda: 0)
    monkeypatch.setattr(on_disk, "PIECE", 8)
    assert trained("a2.safetensors") == before


def test_files_of_tokens_are_gone_with_their_reader(tmp_path):
    packed = mapped(3, SHAPE)
    packed.quantised[:] = 1
    from imgrank.paths import tokens_dir

    assert list(tokens_dir().iterdir()) == []  # nothing that a killed run could leave behind
