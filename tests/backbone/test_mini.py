"""The shipped backbone: what its files hold, and that a picture's tokens are its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from imgrank.backbone.mini import load_mini
from imgrank.backbone.mini_text import MiniTextTower, SentenceHead, TextConfig
from imgrank.paths import weights_dir

PHOTOS = sorted(path for path in (weights_dir().parent / "examples" / "photos").glob("*.jpg"))


@pytest.fixture(scope="module")
def mini():
    return load_mini("cpu")


@pytest.fixture(scope="module")
def pixels(mini):
    side = mini.preprocessing.side
    return np.stack([np.asarray(Image.open(path).convert("RGB").resize((side, side))) for path in PHOTOS[:5]])


def test_the_weights_are_as_small_as_promised():
    assert sum(path.stat().st_size for path in weights_dir().iterdir()) <= 60_000_000


def test_tokens_do_not_depend_on_batch_mates(mini, pixels):
    together = mini.encode_images(pixels)
    for row in range(len(pixels)):
        alone = mini.encode_images(pixels[row : row + 1])
        assert (alone.quantised[0] == together.quantised[row]).all()
        assert (alone.scales[0] == together.scales[row]).all()
        assert (alone.embedding[0] == together.embedding[row]).all()


def test_tokens_have_the_shape_that_was_promised(mini, pixels):
    assert mini.encode_images(pixels).shape == mini.shape
    text = mini.encode_sentence("older person")
    assert text.tokens.shape[1] == mini.text_width
    assert text.embedding.shape == (mini.shape.embedding,)


def test_class_probabilities_follow_from_stored_moments(mini, pixels):
    packed = mini.encode_images(pixels)
    everything = mini._evidence([(number,) for number in range(1000)]).probabilities(packed)
    np.testing.assert_allclose(everything.sum(axis=1), 1, atol=0.05)
    some = mini.kinds("a dog")
    dog = some.probabilities(packed)[:, 0]
    for rows in ([4, 3, 2, 1, 0], [2], [0, 1]):
        np.testing.assert_array_equal(some.probabilities(packed[np.array(rows)])[:, 0], dog[rows])


def test_a_sentence_that_names_no_kind_has_no_evidence(mini):
    assert mini.kinds("black and white") is None
    assert mini.encode_sentence("two dogs").kinds is not None


def test_embeddings_have_unit_length(mini, pixels):
    lengths = np.linalg.norm(mini.encode_images(pixels).embedding.astype(float), axis=1)
    assert lengths == pytest.approx(np.ones(len(pixels)), abs=2e-3)
    assert np.linalg.norm(mini.encode_sentence("a cat").embedding) == pytest.approx(1, abs=1e-5)


def test_a_sentence_of_any_length_has_tokens(mini):
    assert len(mini.encode_sentence("word " * 2000).tokens) <= 128
    assert np.isfinite(mini.encode_sentence("").embedding).all()
    assert np.isfinite(mini.encode_sentence("日本語 \x00 🐈").embedding).all()


@pytest.mark.parametrize("sentence", ["an older person", "", "two dogs 🐈 日本 Füße", "word " * 300])
@torch.inference_mode()
def test_sentences_are_read_as_by_the_tower_that_was_trained(mini, sentence):
    read = mini.encode_sentence(sentence)
    with safe_open(str(mini.weights), "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    tower, head = MiniTextTower(TextConfig(**mini.config["text"])), SentenceHead(mini.config["text"]["width"])
    for module, prefix in ((tower, "text."), (head, "sentence.")):
        own = {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}
        module.load_state_dict({name: one.float() if one.is_floating_point() else one for name, one in own.items()})
    ids = torch.tensor([mini._sentences.tokenizer.encode(sentence).ids[:128]])
    states, vector = tower(ids, torch.ones_like(ids, dtype=torch.bool))
    np.testing.assert_allclose(read.tokens, states[0].numpy(), atol=2e-5)
    np.testing.assert_allclose(read.embedding, head(vector)[0].numpy(), atol=2e-6)


def test_words_outside_the_captions_mean_something(mini):
    def cosine(left: str, right: str) -> float:
        return float(mini.encode_sentence(left).embedding @ mini.encode_sentence(right).embedding)

    assert cosine("a scarlet automobile", "a red car") > cosine("a scarlet automobile", "a green tree")
    assert cosine("elderly gentleman", "old man") > cosine("elderly gentleman", "young girl")
    assert cosine("glacier", "ice and snow") > cosine("glacier", "a busy kitchen")


def test_the_fingerprint_is_the_same_each_time(mini):
    assert load_mini("cpu").fingerprint == mini.fingerprint
    assert len(mini.fingerprint) == 16
