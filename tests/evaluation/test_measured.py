"""What `sort` measures at full size, `eval` measures too, or says that it does not."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from imgrank import Ranker
from imgrank.evaluation import Report, evaluate
from tests.detail.making import Bare, scene

SIGMAS = (0.0, 0.7, 1.2, 2.0, 3.0, 4.5)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenes with more and more blur, and how sharp each is."""
    folder = tmp_path_factory.mktemp("labelled")
    rows = [["image", "query", "value"]]
    for seed in range(24):
        sigma = SIGMAS[seed % len(SIGMAS)]
        Image.fromarray(Bare(gaussian_filter(scene(seed), sigma)).pixels).save(folder / f"{seed}.png")
        rows.append([f"{seed}.png", "sharpest photo|sharpness", str(-sigma)])
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "labels.csv"


def measured(labels: Path, adapter: str = "auto", index: Path | None = None) -> Report:
    return evaluate(labels, adapter=adapter, split="all", index=index)


def test_the_photograph_is_measured_as_sort_measures_it(labels: Path) -> None:
    report = measured(labels)
    (query,) = report.queries
    with Ranker() as ranker:
        ranking = ranker.rank([labels.parent / f"{n}.png" for n in range(24)], "sharpest photo")
    by_path = {Path(image.path).name: image.score for image in ranking.images}
    assert query.predictions.score is not None
    np.testing.assert_array_equal(query.predictions.score, [by_path[f"{n}.png"] for n in range(24)])
    assert (query.quality, query.unit, report.adapter) == ("sharpness", None, None)
    assert query.score.srcc.value > 0.9 and np.isnan(query.score.mae.value)
    assert report.notes == ('"sharpest photo" is answered as sort answers it: by sharpness, measured at full size',)


def test_who_names_a_ranker_has_that_one_measured(labels: Path) -> None:
    report = measured(labels, "mini-adapter")
    assert (report.queries[0].quality, report.adapter, report.notes) == (None, "mini-adapter", ())


def test_where_not_every_image_can_be_measured_that_is_said(labels: Path, tmp_path: Path) -> None:
    rows = labels.read_text().replace("\n", f"\n{labels.parent}/").removesuffix(f"{labels.parent}/")
    Image.new("L", (8, 8)).save(tmp_path / "tiny.png")
    (tmp_path / "labels.csv").write_text(f"{rows}tiny.png,sharpest photo|sharpness,0\n")
    report = measured(tmp_path / "labels.csv")
    assert (report.queries[0].quality, report.adapter) == (None, "mini-adapter")
    assert report.notes[0].startswith(
        '"sharpest photo" is answered from small copies of the images here; sort measures'
    )
