"""What a model begins with: the shipped adapter's weights where the backbone is the same, or fresh ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from imgrank.adapter.files import Adapter, load
from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.adapter.registry import installed_adapters
from imgrank.errors import TrainingError
from imgrank.learning.dataset import BackboneFacts


def shipped_adapter(fingerprint: str) -> Adapter | None:
    """The adapter that came with imgrank, if it was made for this backbone."""
    for header in installed_adapters().adapters:
        if header.shipped and header.fingerprint == fingerprint and header.path is not None:
            return load(header.path, fingerprint)
    return None


def check_sizes(config: AdapterConfig, backbone: BackboneFacts) -> None:
    """Raise TrainingError where a model of these sizes could not read the backbone's tokens."""
    shape = backbone.shape
    wanted = (config.tokens, config.image_width, config.text_width, config.embedding_width or shape.embedding)
    has = (shape.tokens, shape.width, backbone.text_width, shape.embedding)
    names = ("tokens", "image_width", "text_width", "embedding_width")
    wrong = [
        f"{name} {mine} instead of {its}" for name, mine, its in zip(names, wanted, has, strict=True) if mine != its
    ]
    if wrong:
        raise TrainingError(
            f"The config does not fit the tokens of backbone {backbone.name}: it has {', '.join(wrong)}. "
            "Take its sizes, as AdapterConfig.mini and AdapterConfig.paper do."
        )


def begin(
    backbone: BackboneFacts,
    shipped: Adapter | None,
    seed: int,
    config: AdapterConfig | None = None,
    queries: Sequence[str] = (),
) -> AdapterModel:
    """A model to train: shipped weights where there are some of the wanted sizes, else drawn from the seed.

    Where the shipped adapter was not trained on all of the `queries`, its value head begins at nothing: what
    it says of other queries would have to be unlearnt first.
    """
    wanted = config or (shipped.header.config if shipped else AdapterConfig.mini(backbone.shape, backbone.text_width))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AdapterModel(wanted)
    if shipped is not None and shipped.model is not None and shipped.header.config == wanted:
        model.load_state_dict(shipped.model.state_dict())
        if not all(shipped.header.query(query) for query in queries):
            _forget_values(model)
    return model


@torch.no_grad()
def _forget_values(model: AdapterModel) -> None:
    head = model.score_head
    head.out.weight[0].zero_()
    head.out.bias[0].zero_()
    if head.count is not None:
        head.count.weight.zero_()
