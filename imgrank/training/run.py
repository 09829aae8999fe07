"""`train`: labels -> an adapter file and its card."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace as replace_fields
from pathlib import Path

import torch

from imgrank.adapter.files import save
from imgrank.adapter.model import AdapterConfig
from imgrank.adapter.registry import adapter_path, card_path
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.errors import AdapterError, TrainingError, UsageError
from imgrank.evaluation.dataset import Dataset, TokenSource, read_dataset
from imgrank.evaluation.kept import keep_rows
from imgrank.evaluation.outliers import tamed
from imgrank.evaluation.splits import flat_notes, made_splits
from imgrank.labels import Labels, read_labels
from imgrank.paths import why
from imgrank.ranker import IndexTokens, Ranker
from imgrank.records import Progress
from imgrank.training import checkpoint
from imgrank.training.card import card_text
from imgrank.training.loop import Epoch
from imgrank.training.options import TrainingOptions
from imgrank.training.plan import Outcome, Run, learn
from imgrank.training.result import TrainedQuery, TrainingResult, measure, to_adapter
from imgrank.training.start import begin, shipped_adapter


def train(
    labels: str | Path | Labels,
    *,
    name: str | None = None,
    out: str | Path | None = None,
    unit: str | None = None,
    backbone: str = "mini",
    device: str = "auto",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    options: TrainingOptions | None = None,
    config: AdapterConfig | None = None,
    skip_bad: bool = False,
    replace: bool = False,
    resume: bool = False,
    source: TokenSource | None = None,
    index: str | Path | None = None,
    watch: Callable[[Epoch], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> TrainingResult:
    """Train an adapter on labels and save it as `out`, or under `name` among the user's adapters.

    `unit` is the unit of the values, for print; `config` sets the model's sizes; `replace` overwrites an
    adapter of that name; `index` names an index that has the tokens, so that no picture is read (and none is
    mirrored); `resume` goes on with an interrupted run; `max_megapixels` is the Ranker's. Ctrl-C saves
    the best so far and the result says so. Raises LabelsError, TrainingError, AdapterError, BackboneError, or
    UsageError where the name is taken.
    """
    started = time.perf_counter()
    options = options or TrainingOptions()
    with ExitStack() as opened:
        if index is not None:
            source = IndexTokens(opened.enter_context(Ranker(backbone, "none", device)), index)
            options = replace_fields(options, mirror=False)
        pictures = set(source.pictures.paths) if isinstance(source, IndexTokens) else None
        known = labels if isinstance(labels, Labels) else read_labels(str(labels), skip_bad=skip_bad, pictures=pictures)
        path = _destination(known, name, out, replace or resume)
        if source is None:
            source = opened.enter_context(Ranker(backbone, "none", device, max_megapixels=max_megapixels))
        dataset = read_dataset(known, source, mirrored=options.mirror, skip_bad=skip_bad, progress=progress)
        dataset = made_splits(dataset, options.seed)
        _check(dataset)
        learnable = tamed(dataset)
        notes = (*learnable.notes, *flat_notes(dataset))
        outcome, terms = _learn(learnable.dataset, source, options, config, path, resume, device, watch)
        queries = tuple(
            measure(learnt, learnable.dataset, source.sentence, unit, outcome.cross_validated)
            for learnt in outcome.learnt
        )
        return _save(path, dataset, source, outcome, queries, terms, notes, started)


def _learn(
    dataset: Dataset,
    source: TokenSource,
    options: TrainingOptions,
    config: AdapterConfig | None,
    path: Path,
    resume: bool,
    device: str,
    watch: Callable[[Epoch], None],
) -> tuple[Outcome, str]:
    shipped = shipped_adapter(source.backbone.fingerprint)
    queries = [rows.query for rows in dataset.tasks]
    first = begin(source.backbone, shipped, options.seed, config, queries)
    warm = shipped is not None and shipped.header.config == first.config
    key = checkpoint.run_key(dataset, source.backbone.fingerprint, first.config, options)
    run = Run(
        dataset=dataset,
        new_model=lambda fold: begin(source.backbone, shipped, options.seed + fold, config, queries),
        options=options,
        device=_device(device),
        watch=watch,
    )
    kept = checkpoint_path(path)
    outcome = learn(run, checkpoint.recall(kept, key) if resume else checkpoint.remember(kept, key))
    if not outcome.interrupted:
        kept.unlink(missing_ok=True)
    return outcome, shipped.header.terms if shipped is not None and warm else ""


def _save(
    path: Path,
    dataset: Dataset,
    source: TokenSource,
    outcome: Outcome,
    queries: tuple[TrainedQuery, ...],
    terms: str,
    notes: tuple[str, ...],
    started: float,
) -> TrainingResult:
    adapter = to_adapter(path.stem, source.backbone, outcome, queries, terms)
    save(path, adapter)
    result = TrainingResult(
        path=path,
        card=card_path(path),
        backbone=source.backbone.name,
        queries=queries,
        epochs=outcome.epochs,
        best_epoch=outcome.best_epoch,
        cross_validated=outcome.cross_validated,
        interrupted=outcome.interrupted,
        seconds=time.perf_counter() - started,
        notes=(*dataset.labels.notes, *notes, *(f"left out: {fault}" for fault in dataset.labels.left_out)),
    )
    try:
        result.card.write_text(card_text(adapter, result, dataset.labels.source), encoding="utf-8")
    except OSError as error:
        raise AdapterError(f"{path} was saved, but its card could not be written: {error}.") from error
    keep_rows(path, dataset.labels, outcome.cross_validated)
    return result


def checkpoint_path(path: Path) -> Path:
    """Where an interrupted run that makes this adapter is kept."""
    return path.with_suffix(".resume")


def _destination(labels: Labels, name: str | None, out: str | Path | None, replace: bool) -> Path:
    if name is not None and out is not None:
        raise UsageError("An adapter is saved under --name or as --out, not both.")
    path = Path(out) if out is not None else adapter_path(name if name is not None else _name_of(labels))
    if path.suffix != ".safetensors":
        raise UsageError(f"An adapter file ends in .safetensors, and {path} does not.")
    if path.exists() and not replace:
        raise UsageError(f"{path} exists; give another name, or --replace to overwrite it.")
    try:  # now, rather than after an hour of training
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"No adapter can be saved as {path}: {why(error)}.") from error
    return path


def _name_of(labels: Labels) -> str:
    words = re.sub(r"[^\w]+", "-", labels.tasks[0].query.casefold(), flags=re.UNICODE).strip("-_")
    return words[:60].rstrip("-_") or "adapter"


def _check(dataset: Dataset) -> None:
    for rows in dataset.tasks:
        used = rows.in_split("train", "val")
        keys = rows.together()
        if len(used) < 4 or len({keys[n] for n in used}) < 2:
            raise TrainingError(
                f'The query "{rows.query}" has {len(used)} rows to train on, of {len({keys[n] for n in used})} groups; '
                "at least 4 rows of 2 groups are needed outside the test split."
            )


def _device(name: str) -> torch.device:
    """CUDA where there is some; elsewhere the CPU, which is quick enough for stored tokens and repeats to the bit."""
    return torch.device("cuda" if name in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
