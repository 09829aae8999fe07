"""`train`: labels -> an adapter file and its card."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace as replace_fields
from pathlib import Path

import torch

from imgrank.adapter.files import load, save
from imgrank.adapter.model import AdapterConfig
from imgrank.adapter.registry import adapter_path, card_path
from imgrank.backbone.names import with_grid
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.errors import AdapterError, TrainingError, UsageError
from imgrank.evaluation.outliers import tamed
from imgrank.evaluation.set_aside import keep_rows
from imgrank.index_tokens import IndexTokens
from imgrank.labels import Labels, read_labels
from imgrank.learning.dataset import Dataset, TokenSource, read_dataset, with_mirrored
from imgrank.learning.splits import flat_notes, made_splits
from imgrank.paths import why
from imgrank.ranker import Ranker
from imgrank.records import Progress
from imgrank.training import checkpoint
from imgrank.training.card import card_text
from imgrank.training.fitting import Fitted, Fitting, learn
from imgrank.training.loop import Epoch
from imgrank.training.options import PAPER, Preset, TrainingOptions
from imgrank.training.result import TrainedQuery, TrainingResult, measure, to_adapter
from imgrank.training.start import begin, check_sizes, shipped_adapter


def train(
    labels: str | Path | Labels,
    *,
    name: str | None = None,
    out: str | Path | None = None,
    unit: str | None = None,
    backbone: str = "mini",
    device: str = "auto",
    cache: bool = True,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    options: TrainingOptions | None = None,
    config: AdapterConfig | None = None,
    preset: Preset = "mini",
    skip_bad: bool = False,
    replace: bool = False,
    resume: bool = False,
    source: TokenSource | None = None,
    index: str | Path | None = None,
    watch: Callable[[Epoch], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
    saved: Callable[[TrainingResult], None] = lambda _: None,
) -> TrainingResult:
    """Train a ranker on labels and save it as `out`, or under `name` among the user's rankers.

    The closed form is saved within seconds; the network is tried after that. Ctrl-C keeps the best so far, and the
    result says so.

    Args:
        labels: A labels file, or `Labels` from `imgrank.labels`.
        name: The ranker's name; by default that of the query.
        out: A file to save it as, instead of a name.
        unit: The unit of the values, such as `years`; printed beside scores.
        backbone: As in `Ranker`.
        device: As in `Ranker`.
        cache: As in `Ranker`.
        max_megapixels: As in `Ranker`.
        options: Epochs, learning rate, seed and the like.
        config: Sizes of the network.
        preset: `paper` for the published sizes and options on every patch of the backbone, unless `config` or `options`
            say otherwise.
        skip_bad: Leave faulty rows out instead of refusing the file.
        replace: Overwrite a ranker of that name.
        resume: Go on with an interrupted run.
        source: Where tokens come from, instead of a `Ranker` of its own.
        index: An index that has the pictures' tokens: no picture is read, and none is mirrored.
        watch: Is told each epoch.
        progress: Is told how far encoding is.
        saved: Is told the closed form, which is in the file before the network's first epoch.

    Raises:
        LabelsError: The labels have faults; the message names each with its line.
        TrainingError: There is too little to learn from, or training diverged.
        UsageError: The name is taken.
        BackboneError: The backbone cannot be used.
        AdapterError: The file to resume does not fit.
    """
    started = time.perf_counter()
    options = options or (PAPER if preset == "paper" else TrainingOptions())
    if preset == "paper" and source is None and index is None:
        backbone = with_grid(backbone)
    with ExitStack() as opened:
        if index is not None:
            source = IndexTokens(opened.enter_context(Ranker(backbone, "none", device, cache)), index)
            options = replace_fields(options, mirror=False)
        pictures = set(source.pictures.paths) if isinstance(source, IndexTokens) else None
        known = labels if isinstance(labels, Labels) else read_labels(str(labels), skip_bad=skip_bad, pictures=pictures)
        path = _destination(known, name, out, replace or resume)
        if source is None:
            source = opened.enter_context(Ranker(backbone, "none", device, cache, max_megapixels=max_megapixels))
        if preset == "paper" and config is None:
            config = AdapterConfig.paper(source.backbone.shape, source.backbone.text_width)
        if config is not None:
            check_sizes(config, source.backbone)
        dataset = read_dataset(known, source, skip_bad=skip_bad, progress=progress)
        dataset = made_splits(dataset, options.seed)
        _check(dataset)
        learnable = tamed(dataset)
        notes = (*learnable.notes, *flat_notes(dataset))
        known_source, mirror = source, options.mirror

        def keep(outcome: Fitted, terms: str) -> TrainingResult:
            queries = tuple(
                measure(learnt, learnable.dataset, known_source.sentence, unit, outcome.cross_validated)
                for learnt in outcome.learnt
            )
            return _save(path, dataset, known_source, outcome, queries, terms, notes, started)

        def closed_form(outcome: Fitted) -> None:
            saved(keep(outcome, ""))

        def prepare(plain: Dataset) -> Dataset:
            return with_mirrored(plain, known_source, progress) if mirror else plain

        outcome, terms = _learn(
            learnable.dataset, source, options, config, path, resume, device, watch, closed_form, prepare
        )
        return keep(outcome, terms)


def _learn(
    dataset: Dataset,
    source: TokenSource,
    options: TrainingOptions,
    config: AdapterConfig | None,
    path: Path,
    resume: bool,
    device: str,
    watch: Callable[[Epoch], None],
    closed_form: Callable[[Fitted], None],
    prepare: Callable[[Dataset], Dataset],
) -> tuple[Fitted, str]:
    shipped = shipped_adapter(source.backbone.fingerprint)
    queries = [rows.query for rows in dataset.tasks]
    first = begin(source.backbone, shipped, options.seed, config, queries)
    warm = shipped is not None and shipped.header.config == first.config
    key = checkpoint.run_key(dataset, source.backbone.fingerprint, first.config, options)
    run = Fitting(
        dataset=dataset,
        new_model=lambda fold: begin(source.backbone, shipped, options.seed + fold, config, queries),
        options=options,
        device=_device(device),
        watch=watch,
        prepare=prepare,
    )
    kept = checkpoint_path(path)
    outcome = learn(run, checkpoint.recall(kept, key) if resume else checkpoint.remember(kept, key), closed_form)
    if not outcome.interrupted:
        kept.unlink(missing_ok=True)
    return outcome, shipped.header.terms if shipped is not None and warm and outcome.model is not None else ""


def _save(
    path: Path,
    dataset: Dataset,
    source: TokenSource,
    outcome: Fitted,
    queries: tuple[TrainedQuery, ...],
    terms: str,
    notes: tuple[str, ...],
    started: float,
) -> TrainingResult:
    adapter = to_adapter(path.stem, source.backbone, outcome, queries, terms)
    save(path, adapter)
    load(path, source.backbone.fingerprint)  # what would not be read again is known now, and not when it is asked
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
        raise UsageError(
            "A ranker is saved under a name or as a file, and both were given.", "Leave out {name} or {out}."
        )
    path = Path(out) if out is not None else adapter_path(name if name is not None else _name_of(labels))
    if path.suffix != ".safetensors":
        raise UsageError(f"The file of a ranker ends in .safetensors, and {path} does not.")
    if path.exists() and not replace:
        raise UsageError(f"{path} already exists.", "Choose another {name}, or use {replace} to overwrite it.")
    try:  # now, rather than after an hour of training
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The ranker cannot be saved as {path}: {why(error)}.") from error
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
