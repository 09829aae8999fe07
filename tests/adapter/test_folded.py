"""The form that answers questions is the model, worked out ahead."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from imgrank.adapter.config import AdapterConfig
from imgrank.adapter.folded import FoldedModel
from imgrank.adapter.model import AdapterModel, TextBatch, pooled
from tests.adapter.making import SHAPE, model, packed, sentence

CONFIGS: list[dict[str, int]] = [
    {},
    {"layers": 1},
    {"layers": 0},
    {"layers": 3, "heads": 1},
    {"embedding_width": 0},
    {"prompts": 0},
    {"densities": 0},
    {"tokens": 16, "pool": 2},
    {"tokens": 16, "pool": 4, "layers": 1},
    {"heads": 8, "mlp_ratio": 4, "width": 32},
]


def trained(changes: dict[str, int], seed: int) -> AdapterModel:
    """A model whose norms, biases and strengths are not what they start as."""
    made = model(**changes)
    torch.manual_seed(seed)
    for parameter in made.parameters():
        nn.init.normal_(parameter.data, std=0.4) if parameter.dim() > 1 else parameter.data.add_(
            torch.randn_like(parameter), alpha=0.4
        )
    return made


def folded_tokens(made: AdapterModel, kind: torch.dtype, length: int) -> tuple[Tensor, Tensor]:
    """z as the model has it, and as its folded form has it."""
    pictures, said = packed(5, tokens=made.config.tokens), torch.from_numpy(sentence(length=length).tokens).to(kind)
    scales = torch.from_numpy(pictures.scales).to(kind)[..., None]
    quantised, embedding = torch.from_numpy(pictures.quantised).to(kind), torch.from_numpy(pictures.embedding).to(kind)
    with torch.inference_mode():
        folded = FoldedModel(made)
        z = folded.fuse(folded.encode_images(quantised, scales, embedding), folded.words(said))
        return made.fuse(quantised * scales, embedding, TextBatch(said[None])), z


@pytest.mark.parametrize("changes", CONFIGS, ids=str)
@pytest.mark.parametrize("length", [1, 9])
def test_it_gives_what_the_model_gives(changes: dict[str, int], length: int) -> None:
    for seed in range(3):
        made = trained(changes, seed)
        exact, folded = folded_tokens(made, torch.float64, length)
        torch.testing.assert_close(folded, exact, rtol=1e-10, atol=1e-10)
        with torch.inference_mode():
            one, two = made.score(folded), made.score(exact)
        torch.testing.assert_close((one.value, one.relevance), (two.value, two.relevance), rtol=1e-9, atol=1e-9)


def test_it_does_so_in_float32_at_the_shipped_sizes() -> None:
    torch.manual_seed(0)
    made = AdapterModel(AdapterConfig.mini(SHAPE, text_width=12)).eval()
    exact, folded = folded_tokens(made, torch.float32, 6)
    torch.testing.assert_close(folded, exact, rtol=1e-5, atol=1e-5)


def test_tokens_of_zeros_give_numbers() -> None:
    """A picture of one colour may have tokens that hold nothing."""
    made = trained({}, 0).float()
    with torch.inference_mode():
        folded = FoldedModel(made)
        nothing = torch.zeros(2, SHAPE.tokens, SHAPE.width)
        x = folded.encode_images(nothing, torch.full((2, SHAPE.tokens, 1), 6e-5), torch.zeros(2, SHAPE.embedding))
    assert torch.isfinite(x).all()


@pytest.mark.parametrize("pool", [1, 2])
def test_tokens_all_of_one_number_give_what_the_model_gives(pool: int) -> None:
    """Their variance is nothing, and must not come out as what is left of rounding."""
    made = trained({"tokens": 16, "pool": pool, "layers": 0, "embedding_width": 0}, 0).float()
    quantised = torch.arange(-127.0, 128.0)[:, None, None].expand(-1, 16, SHAPE.width)
    scales = torch.full((len(quantised), 16, 1), 60.0)
    with torch.inference_mode():
        x = FoldedModel(made).encode_images(quantised, scales, torch.empty(0))
        exact = made.image_map(pooled(quantised * scales, pool))
    np.testing.assert_allclose(x, exact, rtol=1e-4, atol=1e-4)
