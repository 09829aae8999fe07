"""What a folder surely shows, and what it does not, whatever kind of thing is asked for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from imgrank import Ranker
from imgrank.training import train
from imgrank.training.options import TrainingOptions

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
SHOWN = ("a cat", "a dog", "an owl", "a goldfish", "horses", "boats")
ABSENT = ("a giraffe", "a kangaroo-shaped kite", "a handbag", "scissors", "a wedding", "people dancing")  # no classes


@pytest.fixture(scope="module")
def ranker():
    with Ranker(adapter="none") as made:
        yield made


def confident(ranker: Ranker, *sentences: str) -> list[str]:
    return [sentence for sentence in sentences if ranker.rank([PHOTOS], sentence).confident]


def test_what_a_folder_shows_is_confident(ranker):
    assert confident(ranker, *SHOWN) == list(SHOWN)


def test_what_a_folder_lacks_is_not_confident_though_imagenet_has_no_class_of_it(ranker):
    assert not confident(ranker, *ABSENT)


def test_a_ranker_of_ones_own_is_not_said_to_judge_what_the_shipped_one_does(tmp_path):
    path = tmp_path / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "query", "value"])
        rows.writerows([photo, "brighter image", brightness(photo)] for photo in sorted(PHOTOS.glob("*.jpg")))
    train(path, options=TrainingOptions(epochs=0))
    with Ranker() as mine, Ranker(adapter="mini-adapter") as shipped:
        own = mine.rank([PHOTOS], "brightest photo")
        assert own.adapter == "brighter-image" and not any("judged by" in note for note in own.notes)
        assert any("judged by exposure" in note for note in shipped.rank([PHOTOS], "brightest photo").notes)


def brightness(photo: Path) -> float:
    with Image.open(photo) as picture:
        return ImageStat.Stat(picture.convert("L")).mean[0]


def test_what_surely_lacks_a_thing_is_not_all_that_does_not_surely_show_it(ranker):
    cats = fitting(ranker, "a cat")
    assert cats
    assert not cats & fitting(ranker, "no cat")
    assert len(fitting(ranker, "no animal")) + len(fitting(ranker, "an animal")) < len(list(PHOTOS.glob("*.jpg")))


def fitting(ranker: Ranker, sentence: str) -> set[str]:
    return {image.path for image in ranker.rank([PHOTOS], sentence).images if image.fits and image.relevant}
