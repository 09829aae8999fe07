"""A made scene with edges and flat parts, and what a camera does to it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter


class Bare:
    """Brightness that lies in an array."""

    def __init__(self, pixels):
        self.pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        self.height, self.width = self.pixels.shape

    def rows(self, top, bottom):
        return self.pixels[top:bottom]


def scene(seed=0, height=400, width=520):
    """Rectangles of many sizes, as a lens shows them; the left quarter is flat."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width), 120.0)
    for _ in range(120):
        top, left = rng.integers(0, height), rng.integers(width // 4, width)
        size = rng.integers(5, 90, 2)
        pixels[top : top + size[0], left : left + size[1]] = rng.uniform(20, 235)
    return gaussian_filter(pixels, 0.6)


def shaken(pixels, length, axis):
    return convolve1d(pixels, np.ones(length) / length, axis)


def noisy(pixels, sigma, seed=0):
    return pixels + np.random.default_rng(seed).normal(0, sigma, pixels.shape)
