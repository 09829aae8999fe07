"""Building a model whose numbers come from elsewhere, without filling them first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode


class Unfilled(TorchFunctionMode):
    """Within, functions of the given names (`normal_`) leave the tensor that they would fill in place as it is.

    It holds in its own thread alone.
    """

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = frozenset(names)

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        given = kwargs or {}
        if getattr(func, "__name__", "") in self._names:
            return args[0] if args else given["tensor"]
        return func(*args, **given)
