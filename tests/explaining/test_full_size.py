"""What `sort` measures at full size, an explanation measures too, and shows where in the image it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from scipy.ndimage import gaussian_filter

from imgrank import Ranker, explain
from imgrank.errors import NothingToRank
from imgrank.explaining.presentation import as_json, draw, told
from tests.detail.making import Bare, scene

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


@pytest.fixture
def half_blurred(tmp_path: Path) -> str:
    """Sharp at the right, blurred in the middle, flat at the left."""
    pixels = scene(0)
    pixels[:, :320] = gaussian_filter(pixels, 4)[:, :320]
    Image.fromarray(Bare(pixels).pixels).save(tmp_path / "half.png")
    return str(tmp_path / "half.png")


@pytest.mark.parametrize("sentence", ["sharpest photo", "blurriest", "noisy", "motion blur", "jpeg artifacts"])
def test_who_answers_and_the_score_are_those_of_sort(ranker: Ranker, half_blurred: str, sentence: str) -> None:
    found, ranking = explain(ranker, half_blurred, sentence), ranker.rank(half_blurred, sentence)
    assert (found.scorer, found.adapter, found.unit) == (ranking.scorer, ranking.adapter, ranking.unit)
    assert found.scorer == "detail" and found.asked == ranking.asked
    assert found.score == ranking.images[0].score
    assert f"by {ranking.asked.quantity}, measured at full size" in told([found])[0]


def test_the_map_shows_where_it_is_sharp_and_flat_parts_say_nothing(ranker: Ranker, half_blurred: str) -> None:
    found = explain(ranker, half_blurred, "sharpest photo")
    assert found.influence.shape == (14, 14)
    assert found.influence[:, 10:].mean() > 0.5 > -0.5 > found.influence[:, 4:8].mean()
    assert np.abs(found.influence[:, :2]).max() < 0.1
    lines = told([found])
    assert lines[1].startswith("  sharpest: ") and "right" in lines[1] and "centre" in lines[2]
    assert any("parts without texture say nothing" in line for line in lines)
    assert json.loads(as_json([found]))["images"][0]["ends"] == ["sharpest", "least sharp"]
    assert draw([found]).width > 900


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_map_lies_as_the_image_is_shown(
    ranker: Ranker, half_blurred: str, tmp_path: Path, orientation: int, suffix: str
) -> None:
    """However a camera lay the image into its file, the sharp part stands where it is seen."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Image.Transpose: what the orientation undoes
    with Image.open(half_blurred) as upright:
        lying = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright.copy()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    lying.save(tmp_path / f"lying{suffix}", exif=exif, quality=95)
    found = explain(ranker, tmp_path / f"lying{suffix}", "sharpest photo").influence
    assert found[:, 10:].mean() > 0.3 > -0.3 > found[:, 4:8].mean()
    assert np.abs(found[:, :2]).max() < 0.3


def test_the_other_end_turns_the_map_and_its_words(ranker: Ranker, half_blurred: str) -> None:
    sharp, blurred = (explain(ranker, half_blurred, sentence) for sentence in ("sharpest photo", "blurriest"))
    assert np.array_equal(blurred.influence, -sharp.influence)
    assert blurred.ends == sharp.ends[::-1] and blurred.score == -sharp.score


@pytest.mark.parametrize("sentence", ["noisy", "jpeg artifacts"])
def test_what_is_read_from_the_whole_image_has_no_map_and_says_so(
    ranker: Ranker, half_blurred: str, sentence: str
) -> None:
    lines = told([explain(ranker, half_blurred, sentence)])
    assert len(lines) == 2 and "no map is made of it" in lines[1]


def test_what_cannot_be_measured_says_why(half_blurred: str, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with Ranker(max_megapixels=0.1) as careful:
        for path, reason in ((half_blurred, "megapixels"), (str(tmp_path / "broken.png"), "")):
            with pytest.raises(NothingToRank, match=f"cannot be explained: .*{reason}"):
                explain(careful, path, "sharpest photo")


def test_an_image_that_is_too_small_to_measure_is_not_explained(ranker: Ranker, tmp_path: Path) -> None:
    Image.new("L", (1, 1)).save(tmp_path / "tiny.png")
    with pytest.raises(NothingToRank, match=r"tiny\.png cannot be explained: .* fewer than 16 pixels .* too small"):
        explain(ranker, tmp_path / "tiny.png", "sharpest photo")


def test_of_one_image_its_score_is_said_to_mean_little_and_said_once(ranker: Ranker) -> None:
    """What an order of many means is no word about one image."""
    lines = told([explain(ranker, PHOTOS / "cat.jpg", "oldest car")])
    assert [line for line in lines if "seem to show" in line] == [
        "  this image does not seem to show what the sentence is about, so its score means little"
    ]
    assert not any("order" in line for line in lines)
