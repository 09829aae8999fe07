"""The shapes that a config implies are those of the model that is built from it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.adapter.config import AdapterConfig, tensor_shapes
from imgrank.adapter.model import AdapterModel
from imgrank.tokens import TokenShape

small = st.integers(1, 5)
maybe = st.integers(0, 3)


@settings(max_examples=30, deadline=None)
@given(small, small, small, maybe, small, small, maybe, maybe, small, maybe, small)
def test_shapes_are_those_of_the_model(
    side: int,
    pool: int,
    image: int,
    embedding: int,
    text: int,
    heads: int,
    layers: int,
    prompts: int,
    relations: int,
    densities: int,
    hidden: int,
) -> None:
    config = AdapterConfig(
        (side * pool) ** 2, image, embedding, text, width=2 * heads, heads=heads, layers=layers, mlp_ratio=2,
        prompts=prompts, relations=relations, densities=densities, pair_hidden=hidden, pool=pool,
    )  # fmt: skip
    built = AdapterModel(config).state_dict()
    assert tensor_shapes(config) == {name: tuple(tensor.shape) for name, tensor in built.items()}


@pytest.mark.parametrize(("tokens", "pool"), [(6, 2), (16, 5), (9, 4), (8, 2)])
def test_only_a_square_grid_is_pooled(tokens: int, pool: int) -> None:
    with pytest.raises(ValueError, match=f"{tokens} tokens are no square grid of at least {pool} a side"):
        AdapterConfig(tokens, 4, 4, 4, width=8, heads=1, pool=pool)


@pytest.mark.parametrize(("tokens", "places"), [(16, 4), (4, 4), (36, 4), (49, 4), (25, 4), (9, 9), (6, 6), (1, 1)])
def test_the_mini_preset_sees_four_places_of_a_square_grid(tokens: int, places: int) -> None:
    assert AdapterConfig.mini(TokenShape(tokens, 4, 4), 4).places == places
