"""A name to an engine."""

from __future__ import annotations

from imgrank.engine.contract import Engine
from imgrank.errors import UsageError
from imgrank.paths import printable

LOCAL, RAY = "local", "ray"


def open_engine(name: str, address: str | None = None, workers: int | None = None, gpus: float = 0.0) -> Engine:
    """The engine called `local` or `ray`; `address` is a Ray cluster's, None for one that is started here.

    `workers` encode, each with `gpus` of a GPU. Raises UsageError on another name, on what `local` cannot be asked,
    and where Ray is not installed or cannot be reached.
    """
    if name == RAY:
        from imgrank.engine.on_ray import RayEngine, Workers

        return RayEngine(address, Workers(workers, gpus))
    if name != LOCAL:
        raise UsageError(f'"{printable(name)}" is no engine; there are local and ray.')
    if address is not None or workers is not None or gpus:
        raise UsageError("An address, workers and GPUs belong to a cluster.", "Add {engine} ray.")
    from imgrank.engine.local import LocalEngine

    return LocalEngine()
