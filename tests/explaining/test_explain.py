"""An explanation of a picture: the score that `sort` gives, the places that made it, and labelled pictures like it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgrank.errors import NothingToRank, UsageError
from imgrank.explaining import Example, explain
from imgrank.explaining.presentation import as_json, draw, map_over, told
from tests.explaining.making import GREEN, LOWER_RIGHT, RED, UPPER_LEFT, RedRanker, painted

RANKER = RedRanker()


@pytest.fixture
def two_spots(tmp_path: Path) -> str:
    return painted(tmp_path / "spots.png", (UPPER_LEFT, RED), (LOWER_RIGHT, GREEN))


def test_what_speaks_for_and_what_speaks_against_are_found(two_spots: str) -> None:
    found = explain(RANKER, two_spots, "red")
    middle = len(found.influence) // 2
    assert found.influence[:middle, :middle].max() == found.influence.max() > 0
    assert found.influence[middle:, middle:].min() == found.influence.min() < 0
    other = explain(RANKER, two_spots, "green")
    assert other.influence[middle:, middle:].max() > 0 > other.influence[:middle, :middle].min()


def test_the_map_leaves_out_bars_beside_a_picture(tmp_path: Path) -> None:
    """Where a model sees a long picture between bars, its map is of the picture alone, as it is drawn over it."""
    spot = Image.new("RGB", (280, 140), (90, 90, 90))
    spot.paste(RED, (0, 0, 60, 40))
    spot.save(tmp_path / "long.png")
    padding = RedRanker()
    padding.backbone.preprocessing = replace(padding.backbone.preprocessing, pad=(0, 0, 0))
    found = explain(padding, tmp_path / "long.png", "red").influence
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert max(row, column) <= 1


def test_the_words_name_the_places(two_spots: str) -> None:
    lines = told([explain(RANKER, two_spots, "red")])
    assert lines[0].startswith(two_spots) and "red" in lines[0] and "by similarity" in lines[0]
    assert lines[1].startswith("  raises the score: upper left")
    assert lines[2].startswith("  lowers the score: lower right")


def test_no_place_both_raises_and_lowers_the_score(two_spots: str) -> None:
    """A part of a place may pull one way and its neighbour the other: the stronger one tells."""
    found = explain(RANKER, two_spots, "red")
    for seed in range(20):
        mixed = replace(found, influence=np.random.default_rng(seed).normal(size=(14, 14)))
        raising, lowering = (set(re.findall(r"([a-z][a-z ]*) \(", line)) for line in told([mixed])[1:3])
        assert raising and lowering and raising.isdisjoint(lowering)
    mixed.influence[:] = 0
    mixed.influence[6:8, 6:8] = [[3, -2], [-2, -2]]
    assert told([mixed])[1:3] == ["  raises the score: centre (3.00)", "  lowers the score: nothing much"]


def test_a_larger_image_than_allowed_is_not_explained(two_spots: str) -> None:
    careful = RedRanker()
    careful.max_megapixels = 0.01
    with pytest.raises(NothingToRank, match="megapixels"):
        explain(careful, two_spots, "red")


def test_of_two_pictures_the_difference_is_told_and_each_has_its_map(tmp_path: Path, two_spots: str) -> None:
    all_red = painted(tmp_path / "red.png", ((0, 0, 280, 280), RED))
    both = [explain(RANKER, path, "red") for path in (two_spots, all_red)]
    assert told(both)[-1].startswith("the second scores more by ")
    fields = json.loads(as_json(both))
    assert fields["difference"] < 0
    assert fields["difference"] == pytest.approx(both[0].score - both[1].score)
    assert [np.shape(image["influence"]) for image in fields["images"]] == [(14, 14)] * 2
    assert draw(both).width == draw(both[:1]).width > 2 * map_over(Image.new("RGB", (9, 9)), np.eye(3), 1).width


def test_the_map_paints_for_orange_and_against_blue(two_spots: str) -> None:
    influence = np.zeros((14, 14))
    influence[2, 2], influence[11, 11] = 1, -1
    painted_map = np.asarray(map_over(Image.new("RGB", (140, 140), "white"), influence, 1.0)).astype(int)
    (red, _, blue), (red_against, _, blue_against) = painted_map[25, 25], painted_map[115, 115]
    assert red > blue and blue_against > red_against
    assert len(set(painted_map[70, 70])) == 1


def test_labelled_pictures_are_told_and_drawn(two_spots: str) -> None:
    bare = explain(RANKER, two_spots, "red")
    full = replace(bare, adapter="mine", examples=(Example(two_spots, 0.93, "34 years"), Example("gone", 0.9, "3")))
    assert "    34 years: " + two_spots + " (similarity 0.93)" in told([full])
    assert draw([full]).height > draw([bare]).height
    assert any("no labelled images were kept" in line for line in told([replace(bare, adapter="mine")]))


@pytest.mark.parametrize("name", ["spots.png", "*.png", "."])
def test_one_picture_is_explained_and_a_sentence_is_needed(
    tmp_path: Path, two_spots: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "spots.png":
        with pytest.raises(UsageError, match="sentence"):
            explain(RANKER, name, " ")
    else:
        with pytest.raises(UsageError, match="not a single image"):
            explain(RANKER, name, "red")


def test_an_unreadable_picture_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    with pytest.raises(NothingToRank, match=r"broken\.png cannot be explained"):
        explain(RANKER, tmp_path / "broken.png", "red")


def test_of_a_mix_each_term_is_named_with_its_share_and_which_one_is_shown(two_spots: str) -> None:
    mixed, first = (explain(RANKER, two_spots, sentence) for sentence in ("red, no green", "red"))
    assert mixed.shares == (("red", 0.5), ("green", -0.5))
    assert (mixed.sentence, mixed.explained, mixed.score) == ("red, no green", "red", first.score)
    assert np.array_equal(mixed.influence, first.influence)
    lines = told([mixed])
    assert "for “red”," in lines[0]
    assert lines[-1] == (
        "  sort orders this by a mix of 'red' (50%), less 'green' (50%); the score and the map here are of 'red' alone"
    )
    assert json.loads(as_json([mixed]))["images"][0]["shares"] == [
        {"text": "red", "share": 0.5},
        {"text": "green", "share": -0.5},
    ]
    assert draw([mixed]).size == draw([first]).size


def test_a_plain_sentence_is_no_mix(two_spots: str) -> None:
    found = explain(RANKER, two_spots, "red")
    assert (found.shares, found.explained) == ((), "red")
    assert not any("mix" in note for note in found.notes)
