"""Long pictures are seen whole: squares cover them, and what the squares say adds up to what the picture shows."""

import io
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.backbone.load import load_backbone
from imgrank.backbone.towers import quiet_and_safe
from imgrank.backbone.windows import Window, cut, pool_grid, shares, starts
from imgrank.decode import decode_bytes
from imgrank.errors import BackboneError

SIDE = 36


def picture(width, height, seed=0):
    make = np.random.default_rng(seed)
    coarse = make.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def decoded(image, crop=True):
    file = io.BytesIO()
    image.save(file, "PNG")
    return decode_bytes(file.getvalue(), "a.png", SIDE, "bicubic", crop=crop)


@pytest.fixture(scope="module")
def transform():
    """open_clip's own, by whose default the shorter side is made fit and the centre cropped."""
    with quiet_and_safe():
        from open_clip.transform import image_transform

        return image_transform(SIDE, False, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), resize_mode="shortest")


def as_open_clip(transform, image):
    return (transform(image).permute(1, 2, 0) * 255).round().byte().numpy()


@pytest.mark.parametrize("side", [20, 36, 50, 143])
def test_a_square_picture_is_what_open_clips_own_transform_makes_of_it(side, transform):
    image = picture(side, side)
    np.testing.assert_array_equal(decoded(image), as_open_clip(transform, image))


@pytest.mark.parametrize("size", [(100, 40), (40, 100), (105, 41), (72, 27)])
def test_the_middle_square_of_three_is_open_clips_centre_crop(size, transform):
    image = picture(*size)
    squares = cut([decoded(image)], SIDE).pixels
    assert len(squares) == 3
    np.testing.assert_array_equal(squares[1], as_open_clip(transform, image))


@given(width=st.integers(1, 400), height=st.integers(1, 400))
@settings(deadline=None, max_examples=60)
def test_squares_show_all_of_a_picture(width, height):
    pixels = decoded(Image.new("RGB", (width, height)))
    assert min(pixels.shape[:2]) == SIDE
    length = max(pixels.shape[:2])
    assert length <= 3 * SIDE
    if 3 * max(width, height) <= 4 * min(width, height):
        assert length == SIDE  # about a square: seen at once
    begins = starts(length, SIDE)
    assert begins[0] == 0 and begins[-1] == length - SIDE
    assert all(after - before <= SIDE for before, after in itertools.pairwise(begins))


@given(length=st.integers(SIDE, 3 * SIDE), cells=st.integers(1, 24), wide=st.booleans())
@settings(deadline=None, max_examples=60)
def test_parts_of_squares_add_up_to_means_over_the_whole(length, cells, wide):
    """A field that is the same all over stays so, and the mean of the places is the mean over what squares show."""
    height, width = (SIDE, length) if wide else (length, SIDE)
    windows = [Window(height, width, number) for number in range(len(starts(length, SIDE)))]
    rows, columns = shares(windows, SIDE, cells, cells)
    whole = pool_grid(torch.ones(len(windows), 1, cells, cells), rows, columns).sum(0)
    assert whole.shape == (min(cells, 7) ** 2, 1)
    torch.testing.assert_close(whole, torch.ones_like(whole), atol=1e-5, rtol=0)


def test_one_square_is_pooled_as_ever():
    grid = torch.rand(2, 3, 9, 9)
    weights = shares([Window(SIDE, SIDE, 0)] * 2, SIDE, 9, 9)
    torch.testing.assert_close(pool_grid(grid, *weights), pool_grid(grid), atol=1e-6, rtol=0)


def test_a_place_in_the_picture_keeps_its_place_among_the_tokens():
    """Each cell of each square tells its own middle: a token then tells the middle of what it stands for."""
    length, cells = 90, 12
    begins = starts(length, SIDE)
    windows = [Window(SIDE, length, number) for number in range(len(begins))]
    middles = torch.tensor([[begin + (cell + 0.5) * SIDE / cells for cell in range(cells)] for begin in begins])
    grid = middles[:, None, None, :].expand(-1, 1, cells, -1)
    told = pool_grid(grid, *shares(windows, SIDE, cells, cells)).sum(0).reshape(7, 7)
    expected = (torch.arange(7) + 0.5) * length / 7
    torch.testing.assert_close(told, expected.expand(7, 7), atol=SIDE / cells, rtol=0)


@pytest.fixture(scope="module")
def backbone(tiny_models):
    return load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu")


def test_a_long_pictures_embedding_is_the_mean_of_its_squares(backbone):
    long = decoded(picture(150, 50))
    squares = cut([long], SIDE).pixels
    said = backbone.encode_images(squares).embedding.astype(np.float32).mean(axis=0)
    whole = backbone.encode_images([long]).embedding[0].astype(np.float32)
    np.testing.assert_allclose(whole, said / np.linalg.norm(said), atol=2e-3)


@given(chosen=st.lists(st.integers(0, 9), min_size=1, max_size=12))
@settings(deadline=None, max_examples=10)
def test_tokens_of_long_pictures_never_depend_on_their_batch_mates(backbone, chosen):
    make = np.random.default_rng(0)
    pictures = [decoded(picture(*make.integers(20, 200, 2).tolist(), seed)) for seed in range(10)]
    together = backbone.encode_images(pictures)
    some = backbone.encode_images([pictures[n] for n in chosen])
    np.testing.assert_array_equal(some.quantised, together.quantised[chosen])
    np.testing.assert_array_equal(some.embedding, together.embedding[chosen])


def test_cropping_is_part_of_the_fingerprint_where_a_model_crops(backbone):
    assert backbone.preprocessing.crop
    assert "crop" in backbone.preprocessing.facts()


def test_a_model_that_squashes_gets_squares(tiny_models, monkeypatch):
    from imgrank.backbone import resolve

    monkeypatch.setattr(resolve, "OPENAI", {**resolve.OPENAI, "resize_mode": "squash"})
    squashing = load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu")
    assert not squashing.preprocessing.crop
    assert "crop" not in squashing.preprocessing.facts()
    cropping = decoded(picture(90, 45)).shape
    assert cropping == (SIDE, 2 * SIDE, 3)
    assert decoded(picture(90, 45), squashing.preprocessing.crop).shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("size", [(100, 40), (41, 105), (20, 9), (36, 36)])
@pytest.mark.parametrize("fill", [(0, 0, 0), (255, 255, 255), (10, 200, 90)])
def test_a_model_that_pads_sees_what_open_clips_own_transform_makes(size, fill):
    with quiet_and_safe():
        from open_clip.transform import image_transform

        pads = image_transform(SIDE, False, (0.0,) * 3, (1.0,) * 3, resize_mode="longest", fill_color=fill)
    image, file = picture(*size), io.BytesIO()
    image.save(file, "PNG")
    padded = decode_bytes(file.getvalue(), "a.png", SIDE, "bicubic", pad=fill)
    np.testing.assert_array_equal(padded, as_open_clip(pads, image))


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
def test_each_resize_mode_is_followed(mode, tiny_models, monkeypatch):
    from imgrank.backbone import resolve

    monkeypatch.setattr(resolve, "OPENAI", {**resolve.OPENAI, "resize_mode": mode})
    made = load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu").preprocessing
    assert (made.crop, made.pad) == (mode == "shortest", (0, 0, 0) if mode == "longest" else None)
    assert made.facts().get("pad") is (True if mode == "longest" else None)


@pytest.mark.parametrize(("fill", "seen"), [(7, (7, 7, 7)), ([1, 2, 3], (1, 2, 3)), (0, (0, 0, 0))])
def test_the_colour_of_bars_is_the_models_own_and_part_of_the_fingerprint_where_there_are_bars(
    fill, seen, tiny_models, monkeypatch, tmp_path
):
    from imgrank.backbone import resolve

    def loaded(**config):
        with monkeypatch.context() as patched:
            patched.setattr(resolve, "OPENAI", {**resolve.OPENAI, **config})
            patched.setenv("IMGRANK_HOME", str(tmp_path / str(sorted(config.items()))))  # nothing is remembered yet
            first, again = (load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu") for _ in range(2))
        assert (again.preprocessing, again.fingerprint) == (first.preprocessing, first.fingerprint)
        return first

    black, filled = loaded(resize_mode="longest"), loaded(resize_mode="longest", fill_color=fill)
    assert filled.preprocessing.pad == seen
    assert (filled.fingerprint == black.fingerprint) == (seen == (0, 0, 0))
    for mode in ("shortest", "squash"):
        assert loaded(resize_mode=mode, fill_color=fill).fingerprint == loaded(resize_mode=mode).fingerprint


@pytest.mark.parametrize("fill", [-1, 256, 0.5, "white", True, [1, 2], [1, 2, 3, 4], None])
def test_a_colour_that_is_none_is_refused(fill, tiny_models, monkeypatch):
    from imgrank.backbone import resolve

    monkeypatch.setattr(resolve, "OPENAI", {**resolve.OPENAI, "resize_mode": "longest", "fill_color": fill})
    with pytest.raises(BackboneError, match="fill_color"):
        load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu")
