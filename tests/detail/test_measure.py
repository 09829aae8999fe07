"""What the detail of a picture says of known amounts of blur, motion, noise and compression."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from imgrank.detail.measure import NAMES, WIDTH, measure
from imgrank.detail.qualities import Quality, amount
from imgrank.detail.tiles import tiles_of
from tests.detail.making import Bare, noisy, scene, shaken


def amounts(quality, pictures):
    return amount(quality, np.stack([measure(Bare(pixels)) for pixels in pictures]))


@pytest.mark.parametrize("seed", range(4))
def test_more_blur_is_less_sharp_in_every_scene(seed):
    sharp = scene(seed)
    found = amounts(Quality.sharpness, [sharp, *(gaussian_filter(sharp, sigma) for sigma in (0.7, 1.5, 3, 6))])
    assert (np.diff(found) < 0).all()


def test_scenes_with_little_contrast_are_sharper_than_blurred_ones_with_much():
    faint = 120 + (scene(1) - 120) * 0.4
    found = amounts(Quality.sharpness, [faint, gaussian_filter(scene(2), 3)])
    assert found[0] > found[1]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_shake_of_two_pixels_is_less_sharp_than_every_other_scene(axis):
    scenes = [120 + (scene(seed) - 120) * contrast for seed, contrast in enumerate((1, 0.7, 0.5, 0.3))]
    sharp = amounts(Quality.sharpness, scenes)
    moved = amounts(Quality.sharpness, [shaken(pixels, 2, axis) for pixels in scenes])
    assert sharp.min() > moved.max()


def test_noise_makes_no_blurred_picture_sharp():
    blurred = [gaussian_filter(scene(seed), 4) for seed in range(3)]
    found = amounts(Quality.sharpness, [scene(3), *(noisy(pixels, 8) for pixels in blurred)])
    assert found[0] > found[1:].max()


def test_noise_is_no_sharpness():
    blurred = gaussian_filter(scene(), 2)
    found = amounts(Quality.sharpness, [scene(1), blurred, noisy(blurred, 5)])
    assert found[0] > found[2]
    assert abs(found[2] - found[1]) < found[0] - found[1]


@pytest.mark.parametrize("length", [2, 9])
@pytest.mark.parametrize("axis", [0, 1])
def test_motion_stands_out_from_blur_and_from_none(axis, length):
    sharp = scene()
    found = amounts(Quality.motion, [shaken(sharp, length, axis), gaussian_filter(sharp, 3), sharp])
    assert found[0] > max(found[1:])


def test_noise_is_read_in_its_own_amount():
    found = amounts(Quality.noise, [noisy(scene(seed), sigma, seed) for seed, sigma in enumerate((2, 4, 8, 16))])
    assert np.abs(2**found / (2, 4, 8, 16) - 1).max() < 0.25


def test_blocks_grow_with_compression():
    def compressed(quality):
        file = io.BytesIO()
        Image.fromarray(Bare(scene()).pixels).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    found = amounts(Quality.blocks, [compressed(quality) for quality in (95, 40, 8)])
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (63, 64), (64, 64), (130, 70), (700, 30)])
@pytest.mark.parametrize("level", [0, 100, 255])
def test_any_size_and_a_flat_picture_have_finite_detail(size, level):
    detail = measure(Bare(np.full(size, level)))
    assert detail.shape == (WIDTH,)
    assert len(NAMES) == len(set(NAMES)) == WIDTH
    assert np.isfinite(detail.astype(np.float16)).all()


def test_of_a_vast_picture_evenly_spread_bands_are_read():
    class Vast(Bare):
        read = 0

        def rows(self, top, bottom):
            self.read += bottom - top
            return super().rows(top, bottom)

    vast = Vast(np.zeros((8000, 4096), np.uint8))
    assert len(tiles_of(vast).mean) * 64 * 64 <= 8_500_000
    assert vast.read < 6000
