"""A run between two epochs, on disk: for `--resume`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import asdict, astuple
from pathlib import Path

import torch

from imgrank.adapter.model import AdapterConfig
from imgrank.errors import TrainingError
from imgrank.evaluation.dataset import Dataset, ValueRows
from imgrank.paths import why
from imgrank.training.loop import Epoch, Progress
from imgrank.training.options import TrainingOptions


def run_key(dataset: Dataset, fingerprint: str, config: AdapterConfig, options: TrainingOptions) -> str:
    """Equal for two runs that would do the same."""
    digest = hashlib.blake2b(repr((fingerprint, asdict(config), asdict(options))).encode(), digest_size=16)
    for rows in dataset.tasks:
        digest.update(repr((rows.task.phrasings, rows.task.splits, rows.task.groups)).encode())
        numbers = (rows.rows, rows.values) if isinstance(rows, ValueRows) else (rows.left, rows.right, rows.preferred)
        for column in numbers:
            digest.update(column.tobytes())
    return digest.hexdigest()


def keeper(path: Path, key: str) -> Callable[[Progress], None]:
    """What keeps a run after each epoch, whole or not at all; a disk that refuses costs the resume, not the run."""

    def keep(progress: Progress) -> None:
        part = path.with_name(path.name + ".part")
        state = {
            "key": key,
            "model": progress.model.state_dict(),
            "averaged": progress.averaged.state_dict(),
            "optimiser": progress.optimiser.state_dict(),
            "place": (progress.epoch, progress.best_epoch, progress.best_figure),
            "best_state": progress.best_state,
            "epochs": [astuple(epoch) for epoch in progress.epochs],
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(state, part)
            os.replace(part, path)
        except (OSError, RuntimeError):
            part.unlink(missing_ok=True)

    return keep


def resumer(path: Path, key: str) -> Callable[[Progress], None]:
    """What sets a new run to where the kept one stands. Raises TrainingError where that is not the same run."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"There is nothing to resume: {path} does not exist. Leave out --resume.") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {why(error)}.") from error
    except Exception as error:  # whatever unpickling meets in a damaged file
        raise TrainingError(f"{path} is damaged and cannot be resumed; leave out --resume to begin again.") from error
    if not isinstance(state, dict) or state.get("key") != key:
        raise TrainingError(
            "The interrupted run had other labels, options or tokens, and cannot be resumed with these; "
            "leave out --resume to begin again."
        )

    def resume(progress: Progress) -> None:
        progress.model.load_state_dict(state["model"])
        progress.averaged.load_state_dict(state["averaged"])
        progress.optimiser.load_state_dict(state["optimiser"])
        progress.epoch, progress.best_epoch, progress.best_figure = state["place"]
        progress.best_state = state["best_state"]
        progress.epochs = tuple(Epoch(*epoch) for epoch in state["epochs"])

    return resume
