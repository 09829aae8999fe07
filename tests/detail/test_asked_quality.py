"""Which sentences ask for the quality of the photograph, and in which direction."""

from __future__ import annotations

import pytest

from imgrank.detail.qualities import Quality, asked_quality

SHARP, MOTION, NOISE, BLOCKS = Quality.sharpness, Quality.motion, Quality.noise, Quality.blocks


@pytest.mark.parametrize(
    ("sentence", "quality", "turn"),
    [
        ("sharpest photo", SHARP, 1),
        ("Sharper", SHARP, 1),
        ("in focus", SHARP, 1),
        ("the sharpest picture, in focus", SHARP, 1),
        ("tack sharp", SHARP, 1),
        ("not blurry", SHARP, 1),
        ("out of focus", SHARP, -1),
        ("not in focus", SHARP, -1),
        ("blurriest", SHARP, -1),
        ("how blurry the picture is", SHARP, -1),
        ("less sharp", SHARP, -1),
        ("motion blur", MOTION, 1),
        ("no camera shake", MOTION, -1),
        ("noisy", NOISE, 1),
        ("grainy photo", NOISE, 1),
        ("less noise", NOISE, -1),
        ("noise-free image", NOISE, -1),
        ("JPEG artifacts", BLOCKS, 1),
    ],
)
def test_words_of_quality_ask_for_it(sentence, quality, turn):
    asked = asked_quality(sentence)
    assert asked is not None
    assert (asked.quality, asked.turn) == (quality, turn)


@pytest.mark.parametrize(
    "sentence",
    [
        "a sharp knife",
        "a noisy street",
        "a blurry dog",
        "wheat grain",
        "children in focus",
        "sharp cheddar",
        "sharp and noisy",
        "a photo",
        "more",
        "good photo quality",
        "ein Foto",
        "",
        "☃",
    ],
)
def test_whatever_names_a_thing_or_two_qualities_asks_for_none(sentence):
    assert asked_quality(sentence) is None
