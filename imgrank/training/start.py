"""What a run begins with: the shipped adapter's weights where the backbone is the same, fresh ones, or a checkpoint.

A checkpoint is a run between two epochs or two folds, on disk: for `--resume`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

import torch

from imgrank.adapter.files import Adapter, load
from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.adapter.registry import installed_adapters
from imgrank.atomic import atomic_file
from imgrank.errors import TrainingError
from imgrank.learning.dataset import BackboneFacts, Dataset
from imgrank.paths import why
from imgrank.training.fitting import Checkpointing
from imgrank.training.loop import Epoch, Fit, LoopState
from imgrank.training.options import TrainingOptions

_DIGEST_BYTES = 16


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
            "Use its sizes, as AdapterConfig.mini and AdapterConfig.paper do."
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


def run_key(dataset: Dataset, fingerprint: str, config: AdapterConfig, options: TrainingOptions) -> str:
    """Equal for two runs that would do the same."""
    digest = hashlib.blake2b(repr((fingerprint, asdict(config), asdict(options))).encode(), digest_size=16)
    for rows in dataset.tasks:
        digest.update(repr((rows.task.phrasings, rows.task.splits, rows.task.groups)).encode())
        for column in rows.columns():
            digest.update(column.tobytes())
    return digest.hexdigest()


def remember_run(path: Path, key: str) -> Checkpointing:
    """The memory of a new run, kept in a file after each epoch or fold."""

    def after_epoch(progress: LoopState) -> None:
        state = {
            "model": progress.model.state_dict(),
            "averaged": progress.averaged.state_dict(),
            "optimiser": progress.optimiser.state_dict(),
            "place": (progress.epoch, progress.best_epoch, progress.best_metric),
            "best_state": progress.best_state,
            "epochs": [astuple(epoch) for epoch in progress.epochs],
        }
        _write(path, {"key": key, "run": state})

    def after_fold(fits: Sequence[Fit]) -> None:
        _write(path, {"key": key, "folds": [_fit_state(fit) for fit in fits]})

    return Checkpointing(after_epoch=after_epoch, after_fold=after_fold)


def recall_run(path: Path, key: str) -> Checkpointing:
    """The same, going on where the kept run stands. Raises TrainingError where there is none, or another."""
    kept = _read(path, key)
    state = kept.get("run")

    def resume(progress: LoopState) -> None:
        if state is None:
            return
        progress.model.load_state_dict(state["model"])
        progress.averaged.load_state_dict(state["averaged"])
        progress.optimiser.load_state_dict(state["optimiser"])
        progress.epoch, progress.best_epoch, progress.best_metric = state["place"]
        progress.best_state = state["best_state"]
        progress.epochs = tuple(Epoch(*epoch) for epoch in state["epochs"])

    folds = tuple(_fit(fold) for fold in kept.get("folds", ()))
    return replace(remember_run(path, key), resume=resume, folds=folds)


def _fit_state(fit: Fit) -> Mapping[str, object]:
    return {
        "state": fit.state,
        "best_epoch": fit.best_epoch,
        "epochs": [astuple(epoch) for epoch in fit.epochs],
        "predicted": [[torch.from_numpy(part) for part in epoch] for epoch in fit.predicted],
    }


def _fit(kept: Mapping[str, Any]) -> Fit:
    predicted = tuple(tuple(part.numpy() for part in epoch) for epoch in kept["predicted"])
    return Fit(kept["state"], kept["best_epoch"], tuple(Epoch(*epoch) for epoch in kept["epochs"]), predicted)


def _write(path: Path, state: Mapping[str, object]) -> None:
    """Whole or not at all; a disk that refuses costs the resume, not the run."""
    with contextlib.suppress(OSError, RuntimeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with atomic_file(path) as file:
            file.write(_digest(buffer.getbuffer()))
            file.write(buffer.getbuffer())


def _digest(saved: bytes | memoryview) -> bytes:
    """What stands before a saved run: torch reads a flipped bit as another number."""
    return hashlib.blake2b(saved, digest_size=_DIGEST_BYTES).digest()


def _unspoilt(path: Path) -> io.BytesIO:
    whole = memoryview(path.read_bytes())
    saved = whole[_DIGEST_BYTES:]
    if _digest(saved) != whole[:_DIGEST_BYTES]:
        raise ValueError("the digest is another")
    return io.BytesIO(saved)


def _read(path: Path, key: str) -> Mapping[str, Any]:
    try:
        state = torch.load(_unspoilt(path), map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"There is nothing to resume: {path} does not exist.", "Leave out {resume}.") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {why(error)}.") from error
    except Exception as error:  # whatever unpickling meets in a damaged file, or in one of an earlier imgrank
        raise TrainingError(
            f"{path} is damaged, or of another version of imgrank, and cannot be resumed.",
            "Leave out {resume} to start again.",
        ) from error
    if not isinstance(state, dict) or state.get("key") != key:
        raise TrainingError(
            "The interrupted run had other labels, options or encoded images, and cannot be resumed with these.",
            "Leave out {resume} to start again.",
        )
    return state
