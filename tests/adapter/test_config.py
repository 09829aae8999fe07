"""The shapes that a config implies are those of the model that is built from it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.adapter.config import AdapterConfig, tensor_shapes
from imgrank.adapter.model import AdapterModel

small = st.integers(1, 5)
maybe = st.integers(0, 3)


@settings(max_examples=30, deadline=None)
@given(small, small, maybe, small, small, maybe, maybe, small, maybe, small)
def test_shapes_are_those_of_the_model(
    tokens: int,
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
        tokens, image, embedding, text, width=2 * heads, heads=heads, layers=layers, mlp_ratio=2, prompts=prompts,
        relations=relations, densities=densities, pair_hidden=hidden,
    )  # fmt: skip
    built = AdapterModel(config).state_dict()
    assert tensor_shapes(config) == {name: tuple(tensor.shape) for name, tensor in built.items()}
