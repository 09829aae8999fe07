"""Any open_clip model gives the tokens its own forward pass stands for, whatever its batch mates."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgrank.backbone.load import load_backbone
from imgrank.backbone.open_clip_backbone import advice_on
from imgrank.backbone.towers import Architecture, quiet_and_safe
from imgrank.backbone.windows import pool_grid
from imgrank.tokens import TokenShape

SHAPES = {
    "tiny-vit": TokenShape(49, 32, 24),
    "tiny-resnet": TokenShape(4, 256, 24),
    "tiny-convnext": TokenShape(49, 64, 24),
    "tiny-coca": TokenShape(49, 32, 24),
}
KINDS = list(SHAPES)


@pytest.fixture
def backbone_of(tiny_models):
    return lambda kind, suffix="", *notes: load_backbone(f"{kind}@{tiny_models[kind]}{suffix}", "cpu", *notes)


@pytest.fixture(scope="module")
def plain_models(tiny_models):
    """The same models as open_clip alone loads them."""
    with quiet_and_safe():
        import open_clip

        return {kind: open_clip.create_model(kind, pretrained=str(file)).eval() for kind, file in tiny_models.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_facts_are_known_without_a_model_and_hold_for_the_tokens(kind, backbone_of, random_pixels):
    backbone = backbone_of(kind)
    assert "_model" not in vars(backbone)
    assert backbone.shape == SHAPES[kind]
    packed = backbone.encode_images(random_pixels(3, backbone.preprocessing.side))
    assert packed.shape == backbone.shape
    assert len(packed) == 3
    text = backbone.encode_sentence("older person")
    assert text.tokens.shape[1] == backbone.text_width
    assert text.embedding.shape == (backbone.shape.embedding,)


@pytest.mark.parametrize("kind", KINDS)
def test_the_image_embedding_is_what_open_clip_computes(kind, backbone_of, plain_models, random_pixels):
    backbone = backbone_of(kind)
    pixels = random_pixels(2, backbone.preprocessing.side)
    mean, std = backbone.preprocessing.mean, backbone.preprocessing.std
    inputs = torch.from_numpy(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = plain_models[kind].encode_image(inputs, normalize=True).numpy()
    np.testing.assert_allclose(backbone.encode_images(pixels).embedding, expected, atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sentence_embedding_is_what_open_clip_computes(kind, backbone_of, plain_models):
    with quiet_and_safe():
        import open_clip

        ids = open_clip.get_tokenizer(kind)(["a dog on grass"])
    with torch.inference_mode():
        expected = plain_models[kind].encode_text(ids, normalize=True).numpy()
    np.testing.assert_allclose(backbone_of(kind).encode_sentence("a dog on grass").embedding, expected[0], atol=1e-5)


def test_patch_tokens_are_the_towers_own_last_states(backbone_of, plain_models, random_pixels):
    backbone = backbone_of("tiny-resnet")
    pixels = random_pixels(1, 64)
    mean, std = backbone.preprocessing.mean, backbone.preprocessing.std
    inputs = torch.from_numpy(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    visual = plain_models["tiny-resnet"].visual
    with torch.inference_mode():
        states = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(inputs)))))
    expected = states.flatten(2).transpose(1, 2).numpy()
    np.testing.assert_allclose(backbone.encode_images(pixels).tokens(), expected, atol=np.abs(expected).max() / 100)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.integers(0, 19), min_size=1, max_size=20))
def test_a_pictures_tokens_never_depend_on_its_batch_mates(kind, chosen, backbone_of, random_pixels):
    backbone = _once(kind, backbone_of)
    pixels = random_pixels(20, backbone.preprocessing.side)
    together = _once(kind, lambda _: backbone.encode_images(pixels), "packed")
    some = backbone.encode_images(pixels[chosen])
    np.testing.assert_array_equal(some.quantised, together.quantised[chosen])
    np.testing.assert_array_equal(some.scales, together.scales[chosen])
    np.testing.assert_array_equal(some.embedding, together.embedding[chosen])


_made: dict = {}


def _once(kind, make, what="backbone"):
    if (kind, what) not in _made:
        _made[kind, what] = make(kind)
    return _made[kind, what]


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_no_token_of_a_sentence(kind, backbone_of):
    backbone = backbone_of(kind)
    assert len(backbone.encode_sentence("dog").tokens) == 3  # start, word, end
    assert len(backbone.encode_sentence("dog dog dog").tokens) == 5
    assert len(backbone.encode_sentence("dog " * 100).tokens) == 16
    assert len(backbone.encode_sentence("").tokens) == 2


def test_no_pictures_give_no_rows(backbone_of):
    packed = backbone_of("tiny-vit").encode_images(np.zeros((0, 36, 36, 3), np.uint8))
    assert (len(packed), packed.shape) == (0, SHAPES["tiny-vit"])


@settings(deadline=None)
@given(height=st.integers(1, 24), width=st.integers(1, 24))
def test_pooling_a_grid_keeps_its_mean_and_at_most_49_cells(height, width):
    grid = torch.rand(2, 3, height, width, dtype=torch.float64)
    pooled = pool_grid(grid)
    assert pooled.shape == (2, min(height, 7) * min(width, 7), 3)
    torch.testing.assert_close(pooled.mean(1), grid.mean((2, 3)), atol=1e-9, rtol=0)


def test_quickgelu_of_the_weights_reaches_the_model(tiny_models):
    from imgrank.backbone.towers import build

    found = [type(m).__name__ for m in build(Architecture("tiny-vit", True), tiny_models["tiny-vit"]).visual.modules()]
    assert "QuickGELU" in found


def test_bf16_has_its_own_fingerprint_and_nearly_the_same_tokens(backbone_of, random_pixels):
    from imgrank.backbone.load import has_bf16

    if not has_bf16("cpu"):
        notes = []
        assert backbone_of("tiny-vit", "+bf16", notes.append).name.endswith("+bf16")
        assert "bfloat16" in notes[0]
    exact, rounded = backbone_of("tiny-vit"), backbone_of("tiny-vit", "+bf16")
    assert exact.fingerprint != rounded.fingerprint
    pixels = random_pixels(2, 36)
    np.testing.assert_allclose(
        rounded.encode_images(pixels).embedding, exact.encode_images(pixels).embedding, atol=0.05
    )


def test_bf16_keeps_the_order(backbone_of):
    """Rounding to 8 bits moves a cosine by some 0.003 where pictures' cosines spread over 0.1: of two normal scores
    so related the tau is 2 / pi * asin(1 / sqrt(1 + 0.03 ** 2)) = 0.98.
    """
    from scipy.stats import kendalltau

    from imgrank.backbone.load import has_bf16

    if not has_bf16("cpu"):
        pytest.skip("this processor has no bfloat16 in hardware")
    make = np.random.default_rng(0)
    colours = make.integers(0, 256, (200, 3, 3, 3))  # nine fields a picture
    pixels = colours.repeat(12, axis=1).repeat(12, axis=2).astype(np.uint8)
    exact, rounded = (backbone_of("tiny-vit", suffix).encode_images(pixels).embedding for suffix in ("", "+bf16"))
    asked = make.normal(size=exact.shape[1])
    order = kendalltau(exact.astype(np.float64) @ asked, rounded.astype(np.float64) @ asked)
    assert (exact != rounded).any()
    assert order.statistic >= 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_lacks_weights_is_refused(kind, tiny_models, tmp_path):
    """Nothing is drawn at random in their place, nor left as memory happens to be."""
    from safetensors.torch import load_file, save_file

    from imgrank.backbone.towers import build

    whole = load_file(tiny_models[kind])
    lacking = tmp_path / "lacking.safetensors"
    weights = [name for name, tensor in whole.items() if tensor.is_floating_point()]
    for name in (weights[0], max(weights, key=lambda name: whole[name].numel())):
        save_file({key: value for key, value in whole.items() if key != name}, lacking)
        with pytest.raises(Exception, match=name):
            build(Architecture(kind), lacking)


def test_a_vision_transformer_in_bf16_says_what_it_says_in_float32(tiny_models, random_pixels):
    exact, whole = (load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}{end}", "cpu") for end in ("", "+bf16"))
    pixels = random_pixels(4, whole.preprocessing.side)
    told, expected = (one.encode_images(pixels).embedding.astype(np.float32) for one in (whole, exact))
    assert whole._image_tower.is_bf16 and not exact._image_tower.is_bf16
    assert {weights.dtype for weights in whole._image_tower.visual.parameters()} == {torch.bfloat16}
    assert (told * expected).sum(axis=1).min() > 0.999


WEIGHTS = {"visual.proj": torch.zeros(2, 2)}


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ({"state_dict": WEIGHTS, "args": argparse.Namespace(a=1)}, "argparse.Namespace"),
        ({"state_dict": WEIGHTS, "best": np.float64(1)}, "numpy"),
        ({"model": WEIGHTS}, 'under "model"'),
        ({"epoch": 3, "model_state_dict": WEIGHTS}, 'under "model_state_dict"'),
    ],
)
def test_a_checkpoint_that_holds_more_says_what_and_where(tmp_path, holds, said):
    torch.save(holds, tmp_path / "a.pt")
    assert said in advice_on(tmp_path / "a.pt")


def test_torchscript_is_named(tmp_path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "a.pt"))
    assert "TorchScript" in advice_on(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (b"<html>", "a web page"),
        (b"", "empty"),
    ],
)
def test_what_is_no_checkpoint_is_named(tmp_path, data, said):
    (tmp_path / "a.pt").write_bytes(data)
    assert said in advice_on(tmp_path / "a.pt")


@pytest.mark.parametrize("holds", [WEIGHTS, {"state_dict": WEIGHTS, "epoch": 3, "best epoch": "older person"}])
def test_sound_checkpoints_need_no_advice(tmp_path, holds):
    torch.save(holds, tmp_path / "a.pt")
    assert advice_on(tmp_path / "a.pt") is None


@pytest.mark.parametrize("data", [b"PK\3\4 cut off", b"anything", b"\x80\2."])
def test_damage_needs_none_either(tmp_path, data):
    (tmp_path / "a.pt").write_bytes(data)
    assert advice_on(tmp_path / "a.pt") is None
    assert advice_on(tmp_path / "gone.pt") is None
