"""Sentences about the photograph itself are answered from its full size, everything else as ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from imgrank import Ranker
from imgrank.detail.measure import WIDTH
from imgrank.output.summary import who_answered
from tests.detail.making import Bare, noisy, scene


@pytest.fixture
def photos(tmp_path):
    """Three scenes, sharp, soft and blurred, and one with noise."""
    for seed, (name, sigma) in enumerate((("sharp", 0), ("soft", 1.5), ("blurred", 5))):
        Image.fromarray(Bare(gaussian_filter(scene(seed), sigma)).pixels).save(tmp_path / f"{name}.png")
    Image.fromarray(Bare(noisy(scene(3), 12)).pixels).save(tmp_path / "noisy.png")
    return tmp_path


def names(ranking):
    return [Path(image.path).stem for image in ranking.images]


def test_sharpness_is_measured_at_full_size(ranker, photos):
    ranking = ranker.rank([photos], "sharpest photo")
    order = [name for name in names(ranking) if name != "noisy"]
    assert (ranking.scorer, ranking.adapter) == ("detail", None)
    assert order == ["sharp", "soft", "blurred"]
    assert who_answered(ranking).startswith("Ranked by sharpness, measured at full size")
    assert names(ranker.rank([photos], "blurriest")) == names(ranking)[::-1]


def test_noise_is_measured_at_full_size(ranker, photos):
    assert names(ranker.rank([photos], "noisy"))[0] == "noisy"
    assert names(ranker.rank([photos], "less noise"))[-1] == "noisy"


def test_things_are_no_qualities(ranker, photos):
    assert ranker.rank([photos], "a sharp knife").scorer != "detail"


def test_who_names_an_adapter_none_or_the_other_end_is_answered_by_that(ranker, photos):
    assert ranker.rank([photos], "sharp", opposite="blurry").scorer == "zero-shot"
    with Ranker(adapter="none") as other:
        assert other.rank([photos], "sharpest photo").scorer == "zero-shot"
    with Ranker(adapter="mini-adapter") as other:
        assert other.rank([photos], "blurry").scorer == "adapter"


def test_the_order_is_the_same_from_a_warm_store_and_without_one(ranker, photos):
    first = ranker.rank([photos], "sharpest photo")
    with Ranker() as warm, Ranker(cache=False) as uncached:
        assert warm.rank([photos], "sharpest photo").images == first.images
        assert uncached.rank([photos], "sharpest photo").images == first.images


def test_what_cannot_be_decoded_at_full_size_is_left_out_with_its_reason(ranker, photos):
    Image.fromarray(np.zeros((1200, 1200), np.uint8)).save(photos / "large.png")
    ranker.rank([photos], "a cat")  # tokens of all are stored, so that size is no matter for those
    with Ranker(max_megapixels=1.0) as careful:
        ranking = careful.rank([photos], "sharpest photo")
    assert "large" not in names(ranking)
    assert [(Path(bad.path).stem, "too large" in bad.reason) for bad in ranking.skipped] == [("large", True)]


@pytest.mark.parametrize("sentence", ["sharpest photo", "blurriest", "less noise", "noisy", "jpeg artifacts"])
def test_an_image_that_is_too_small_to_measure_comes_last_and_is_counted(ranker, photos, sentence):
    for side in (1, 15):
        Image.fromarray(np.zeros((side, side), np.uint8)).save(photos / f"tiny{side}.png")
    ranking = ranker.rank([photos], sentence)
    assert [image.relevant for image in ranking.images] == [True] * 4 + [False] * 2
    assert (
        "2 images of fewer than 16 pixels across are too small to measure at full size and come last" in ranking.notes
    )
    assert ranking.confident
    alone = ranker.rank([photos / "tiny1.png"], sentence)
    assert (alone.confident, alone.confidence) == (False, 0.0)
    assert alone.notes == ("1 image of fewer than 16 pixels across is too small to measure at full size",)


def test_numbers_of_an_image_that_is_too_small_to_measure_are_none(ranker, photos):
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(photos / "tiny.png")
    detail = ranker.detail_of([photos / "tiny.png", photos / "sharp.png"])
    assert np.isnan(detail[0]).all() and np.isfinite(detail[1]).all()


def test_an_index_without_detail_answers_as_before_and_says_so(ranker, photos, tmp_path_factory):
    pytest.importorskip("pyarrow", reason="an index needs pyarrow")
    from imgrank.index.building import build_index
    from imgrank.index.locations import Location
    from imgrank.index.sources import find_items

    out = str(tmp_path_factory.mktemp("index") / "tokens")
    build_index(find_items([str(photos)]), Location(out), ranker.backbone)
    ranking = ranker.rank([out], "blurry")
    assert ranking.scorer == "adapter"
    assert any("full size" in note for note in ranking.notes)
    assert ranker.rank([out, photos], "blurry").scorer == "detail"  # the files themselves stand beside it


def test_an_index_with_detail_answers_as_the_files_do(ranker, photos, tmp_path_factory):
    pytest.importorskip("pyarrow", reason="an index needs pyarrow")
    from imgrank.engine.contract import open_engine
    from imgrank.engine.sorting import rank_indexes
    from imgrank.index.building import IndexOptions, build_index
    from imgrank.index.locations import Location
    from imgrank.index.sources import find_items

    out = str(tmp_path_factory.mktemp("index") / "tokens")
    build_index(find_items([str(photos)]), Location(out), ranker.backbone, options=IndexOptions(detail=True))
    indexed, files = ranker.rank([out], "sharpest photo"), ranker.rank([photos], "sharpest photo")
    assert indexed.scorer == files.scorer == "detail"
    assert [(image.path, image.score) for image in indexed.images] == [(i.path, i.score) for i in files.images]
    with open_engine("local") as engine:
        ordered = rank_indexes(ranker, engine, [out], "sharpest photo")
        assert [image.path for image in ordered.images] == [image.path for image in files.images]


def test_detail_of_files_stands_row_for_row(ranker, photos):
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50))
    asked = [photos / "sharp.png", photos / "broken.jpg", photos / "blurred.png", photos / "sharp.png"]
    detail = ranker.detail_of(asked)
    assert detail.shape == (4, WIDTH)
    assert np.isnan(detail[1]).all()
    assert np.isfinite(detail[[0, 2]]).all()
    assert np.array_equal(detail[0], detail[3])
