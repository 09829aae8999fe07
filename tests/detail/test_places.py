"""Where in a picture a quality is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from imgrank.detail.places import places
from imgrank.detail.qualities import Quality
from imgrank.detail.tiles import tiles_of
from tests.detail.making import Bare, noisy, scene, shaken


def found(pixels, quality, grid=14):
    picture = Bare(pixels)
    return places(picture, tiles_of(picture), quality, grid)


CHANGED = {
    Quality.sharpness: lambda sharp: gaussian_filter(sharp, 4),
    Quality.motion: lambda sharp: shaken(sharp, 15, 1),
}


@pytest.mark.parametrize("quality", CHANGED)
@pytest.mark.parametrize("lower", [True, False])
def test_a_part_that_was_changed_stands_out_from_the_rest(quality, lower):
    sharp = scene(1, height=896, width=896)
    there = np.s_[512:] if lower else np.s_[:384]
    changed = sharp.copy()
    changed[there] = CHANGED[quality](sharp)[there]
    where = found(changed, quality)
    inside, outside = (where[9:], where[:7]) if lower else (where[:5], where[7:])
    turn = -1 if quality is Quality.sharpness else 1
    assert turn * (inside.mean() - outside.mean()) > 0.3


@pytest.mark.parametrize(("height", "width"), [(20, 30), (64, 64), (65, 400), (3000, 4000)])
@pytest.mark.parametrize("quality", Quality)
def test_pictures_of_any_size_have_a_map_of_finite_numbers(height, width, quality):
    where = found(scene(2, height, width), quality, grid=5)
    assert where.shape == (5, 5) and np.isfinite(where).all()


def test_what_is_read_from_the_whole_picture_or_from_nothing_has_no_places():
    assert not found(noisy(scene(1), 12), Quality.noise).any() and not found(scene(1), Quality.blocks).any()
    assert not found(np.full((200, 300), 90.0), Quality.sharpness).any()
