"""Every size of an adapter, and what follows from it, without the model.

A question that no ranker fits needs no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from imgrank.tokens import TokenShape

Shapes = dict[str, tuple[int, ...]]

LIMITS = {  # no file may ask for more than this
    "tokens": (1, 4096),
    "image_width": (1, 8192),
    "embedding_width": (0, 8192),
    "text_width": (1, 8192),
    "width": (1, 2048),
    "heads": (1, 64),
    "layers": (0, 24),
    "mlp_ratio": (1, 8),
    "prompts": (0, 256),
    "relations": (1, 256),
    "densities": (0, 256),
    "pair_hidden": (1, 2048),
    "pool": (1, 64),
}


PAPER_SHAPE = TokenShape(tokens=100, width=1536, embedding=768)


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """Every size of an adapter.

    `tokens`, `image_width`, `embedding_width` and `text_width` are the backbone's; an `embedding_width` of 0 leaves the
    embedding out. `pool` x `pool` image tokens of a square grid are averaged into one place before anything looks at
    them; where the side does not divide, areas are averaged into as many places as fit. `tokens` only sets the scale of
    totals: any number that can be pooled may come. `densities` is how many totals are counted (0: the mean readout
    alone). Raises ValueError on sizes
    that cannot be.
    """

    tokens: int
    image_width: int
    embedding_width: int
    text_width: int
    width: int = 128
    heads: int = 4
    layers: int = 1
    mlp_ratio: int = 2
    prompts: int = 8
    relations: int = 8
    densities: int = 16
    pair_hidden: int = 64
    dropout: float = 0.1
    pool: int = 1

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} is {value!r}, not a whole number from {low} to {high}")
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be shared by {self.heads} heads")
        if not _can_be_pooled(self.tokens, self.pool):
            raise ValueError(f"{self.tokens} tokens are no square grid of at least {self.pool} a side")
        if not isinstance(self.dropout, (int, float)) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout!r}, not a number from 0 to 1")

    @property
    def places(self) -> int:
        """How many places of a picture the model sees."""
        return (isqrt(self.tokens) // self.pool) ** 2 if self.pool > 1 else self.tokens

    @staticmethod
    def mini(shape: TokenShape, text_width: int, layers: int = 1) -> AdapterConfig:
        """The shipped adapter's sizes, for a backbone's tokens of this shape; 2 x 2 places of a square grid."""
        half = max(isqrt(shape.tokens) // 2, 1)
        pool = half if _can_be_pooled(shape.tokens, half) else 1
        return AdapterConfig(shape.tokens, shape.width, shape.embedding, text_width, layers=layers, pool=pool)

    @staticmethod
    def paper(shape: TokenShape = PAPER_SHAPE, text_width: int = 768) -> AdapterConfig:
        """The published sizes, for a backbone's tokens: by default all patches of ConvNeXt-L-d at 320 pixels."""
        return AdapterConfig(
            tokens=shape.tokens,
            image_width=shape.width,
            embedding_width=0,
            text_width=text_width,
            width=768,
            heads=8,
            layers=2,
            mlp_ratio=4,
            prompts=32,
            relations=16,
            densities=64,
            pair_hidden=768,
        )


def _can_be_pooled(tokens: int, pool: int) -> bool:
    side = isqrt(tokens)
    return pool == 1 or (side * side == tokens and pool <= side)


def tensor_shapes(config: AdapterConfig) -> Shapes:
    """Names and shapes of all tensors of a model of this config, as its `state_dict` has them."""
    d, hidden = config.width, config.mlp_ratio * config.width
    shapes: Shapes = {"prompts": (config.prompts, d)}
    maps = {"image_map": config.image_width, "embedding_map": config.embedding_width, "text_map": config.text_width}
    for name, source in maps.items():
        if source:
            shapes |= {f"{name}.strength": (d,)} | _norm(f"{name}.norm", source) | _linear(f"{name}.linear", source, d)
    for number in range(config.layers):
        layer = f"layers.{number}"
        for kind in ("self", "cross", "text", "mlp"):
            shapes |= _norm(f"{layer}.norm_{kind}", d)
        for kind in ("self", "cross"):
            name = f"{layer}.{kind}_attention"
            shapes |= _linear(f"{name}.query", d, d) | _linear(f"{name}.key_value", d, 2 * d)
            shapes |= _linear(f"{name}.out", d, d)
        shapes |= _linear(f"{layer}.mlp.0", d, hidden) | _linear(f"{layer}.mlp.2", hidden, d)
    return shapes | _head_shapes(config)


def _head_shapes(config: AdapterConfig) -> Shapes:
    d, densities = config.width, config.densities
    shapes = _norm("score_head.norm", d) | _linear("score_head.hidden", d + densities, d)
    shapes |= _linear("score_head.out", d, 2)
    if densities:
        shapes |= _linear("score_head.density", d, densities) | {"score_head.count.weight": (1, densities)}
    shapes |= {"relations.queries": (config.relations, d)} | _norm("relations.norm", d)
    shapes |= {"relations.key_value.weight": (2 * d, d)} | _linear("pair_head.first", d, config.pair_hidden)
    return shapes | {"pair_head.last.weight": (1, config.pair_hidden)}


def _linear(name: str, source: int, target: int) -> Shapes:
    return {f"{name}.weight": (target, source), f"{name}.bias": (target,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
