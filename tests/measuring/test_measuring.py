"""Files to detail: the same from a cold and a warm store, and what cannot be read is named."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imgrank.detail.measure import WIDTH
from imgrank.discover import discover
from imgrank.measuring import DetailMeasure, Measuring
from tests.detail.making import Bare, scene

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(Bare(scene(seed)).pixels).save(folder / f"{seed}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100))
    return discover([str(folder)]).files


def details(cache=True):
    return Measuring(DetailMeasure(), cache=cache, note=lambda line: pytest.fail(line), max_megapixels=500.0)


def test_detail_is_kept_and_the_same_from_a_warm_store(files):
    first = details().of(files, lambda _: None)
    again = details().of(files, lambda _: None)
    uncached = details(cache=False).of(files, lambda _: None)
    assert (first.fresh, again.fresh, uncached.fresh) == (3, 0, 3)
    assert np.array_equal(first.detail, again.detail, equal_nan=True)
    assert np.array_equal(first.detail, uncached.detail, equal_nan=True)


def test_a_file_that_is_no_picture_has_no_detail_and_is_named(files):
    measured = details().of(files, lambda _: None)
    assert measured.detail.shape == (4, WIDTH)
    assert [files[n].path[-5:] for n in measured.known] == ["0.png", "1.png", "2.png"]
    assert len(measured.skipped) == 1
    assert measured.skipped[0].path.endswith("broken.jpg")


def test_an_interruption_keeps_what_was_measured(files):
    def interrupt(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    measured = details().of(files, interrupt)
    assert measured.partial
    assert len(measured.known) == 2
    assert details().of(files, lambda _: None).fresh == 1


def test_no_files_have_no_detail():
    assert details().of([], lambda _: None).detail.shape == (0, WIDTH)
