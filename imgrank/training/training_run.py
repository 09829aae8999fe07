"""`train`: labels -> an adapter file and its card."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from functools import partial
from pathlib import Path

import torch

from imgrank.adapter.files import load, save
from imgrank.adapter.header import LONGEST_TEXT, MOST_PHRASINGS, MOST_QUERIES, is_plain
from imgrank.adapter.model import AdapterConfig
from imgrank.adapter.registry import card_path, checkpoint_path, new_adapter_path
from imgrank.backbone.names import with_grid
from imgrank.counting import counted
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.errors import AdapterError, TrainingError, UsageError
from imgrank.evaluation.set_aside import keep_rows
from imgrank.index_tokens import IndexTokens
from imgrank.labels import Labels, read_labels
from imgrank.learning.dataset import (
    Clipped,
    Dataset,
    TokenSource,
    clip_outliers,
    flat_notes,
    made_splits,
    read_dataset,
    with_mirrored,
)
from imgrank.paths import printable, quoted, why
from imgrank.ranker import Ranker
from imgrank.records import Progress
from imgrank.training import start
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
        resume: Continue an interrupted run.
        source: Where tokens come from, instead of a `Ranker` of its own.
        index: An index that has the pictures' tokens: no picture is read, and none is mirrored.
        watch: Is told each epoch.
        progress: Is told how far encoding is.
        saved: Is told the closed form, which is in the file before the network's first epoch.

    Returns:
        The ranker's file and card, the figures of each query, and whether training was interrupted.

    Raises:
        LabelsError: The labels have faults; the message names each with its line.
        TrainingError: There is too little to learn from, or training diverged.
        UsageError: The name is taken, both `name` and `out` are given, or the file cannot be saved there.
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
        known = labels if isinstance(labels, Labels) else _labels_of(str(labels), source, skip_bad)
        path = _destination(known, name, out, replace or resume)
        _check_texts(known, unit)
        if source is None:
            source = opened.enter_context(Ranker(backbone, "none", device, cache, max_megapixels=max_megapixels))
        config = _fitting_config(config, preset, source)
        dataset = made_splits(read_dataset(known, source, skip_bad=skip_bad, progress=progress), options.seed)
        _check(dataset)
        run = _Run(started, path, unit, source, options, config, dataset, clip_outliers(dataset))
        outcome, terms = run.learn(resume, device, watch, progress, saved)
        return run.save(outcome, terms)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """All that a training needs, read and checked; `learnable` is the dataset with its outliers held back."""

    started: float
    path: Path
    unit: str | None
    source: TokenSource
    options: TrainingOptions
    config: AdapterConfig | None
    dataset: Dataset
    learnable: Clipped

    def learn(
        self,
        resume: bool,
        device: str,
        watch: Callable[[Epoch], None],
        progress: Callable[[Progress], None],
        saved: Callable[[TrainingResult], None],
    ) -> tuple[Fitted, str]:
        """What was learnt, and the terms of the weights that it began with; `saved` is told the closed form, first."""
        dataset, seed, backbone = self.learnable.dataset, self.options.seed, self.source.backbone
        shipped = shipped_adapter(backbone.fingerprint)
        queries = [rows.query for rows in dataset.tasks]
        first = begin(backbone, shipped, seed, self.config, queries)
        key = start.run_key(dataset, backbone.fingerprint, first.config, self.options)
        fitting = Fitting(
            dataset=dataset,
            new_model=lambda fold: begin(backbone, shipped, seed + fold, self.config, queries),
            options=self.options,
            device=_device(device),
            watch=watch,
            prepare=partial(self._mirrored, progress),
        )
        kept = checkpoint_path(self.path)
        memory = start.recall_run(kept, key) if resume else start.remember_run(kept, key)
        outcome = learn(fitting, memory, lambda closed: saved(self.save(closed, "")))
        if not outcome.interrupted:
            kept.unlink(missing_ok=True)
        warm = shipped is not None and shipped.header.config == first.config
        return outcome, shipped.header.terms if shipped is not None and warm and outcome.model is not None else ""

    def save(self, outcome: Fitted, terms: str) -> TrainingResult:
        """Measure what was learnt, and write the ranker, its card and the rows that it was not trained on."""
        queries = tuple(
            measure(learnt, self.learnable.dataset, self.source.sentence, self.unit, outcome.cross_validated)
            for learnt in outcome.learnt
        )
        adapter = to_adapter(self.path.stem, self.source.backbone, outcome, queries, terms)
        save(self.path, adapter)
        load(self.path, self.source.backbone.fingerprint)  # what cannot be read is known now, not when it is asked
        result = self._result(outcome, queries)
        try:
            result.card.write_text(card_text(adapter, result, self.dataset.labels.source), encoding="utf-8")
        except OSError as error:
            raise AdapterError(f"{self.path} was saved, but its card could not be written: {why(error)}.") from error
        keep_rows(self.path, self.dataset.labels, outcome.cross_validated)
        return result

    def _result(self, outcome: Fitted, queries: tuple[TrainedQuery, ...]) -> TrainingResult:
        labels = self.dataset.labels
        left_out = (f"left out: {fault}" for fault in labels.left_out)
        return TrainingResult(
            path=self.path,
            card=card_path(self.path),
            backbone=self.source.backbone.name,
            queries=queries,
            epochs=outcome.epochs,
            best_epoch=outcome.best_epoch,
            cross_validated=outcome.cross_validated,
            interrupted=outcome.interrupted,
            seconds=time.perf_counter() - self.started,
            notes=(*labels.notes, *self.learnable.notes, *flat_notes(self.dataset), *left_out),
        )

    def _mirrored(self, progress: Callable[[Progress], None], dataset: Dataset) -> Dataset:
        return with_mirrored(dataset, self.source, progress) if self.options.mirror else dataset


def _labels_of(file: str, source: TokenSource | None, skip_bad: bool) -> Labels:
    """The labels of a file, whose rows name images of the index if tokens come from one."""
    pictures = set(source.pictures.paths) if isinstance(source, IndexTokens) else None
    return read_labels(file, skip_bad=skip_bad, pictures=pictures)


def _fitting_config(config: AdapterConfig | None, preset: Preset, source: TokenSource) -> AdapterConfig | None:
    """The sizes of the network, if they were asked for. Raises TrainingError if the backbone's tokens are of others."""
    if preset == "paper" and config is None:
        config = AdapterConfig.paper(source.backbone.shape, source.backbone.text_width)
    if config is not None:
        check_sizes(config, source.backbone)
    return config


def _destination(labels: Labels, name: str | None, out: str | Path | None, replace: bool) -> Path:
    if name is not None and out is not None:
        raise UsageError(
            "A ranker is saved under a name or as a file, and both were given.", "Leave out {name} or {out}."
        )
    path = Path(out) if out is not None else new_adapter_path(name if name is not None else _name_of(labels))
    if path.suffix != ".safetensors":
        raise UsageError(f"The file name of a ranker must end in .safetensors, and {path} does not.")
    if path.exists() and not replace:
        raise UsageError(f"{path} already exists.", "Choose another {name}, or use {replace} to overwrite it.")
    try:  # now, rather than after an hour of training
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The ranker cannot be saved as {path}: {why(error)}.") from error
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"The ranker cannot be saved as {path}: its folder cannot be written to.")
    return path


def _name_of(labels: Labels) -> str:
    words = re.sub(r"[^\w]+", "-", labels.tasks[0].query.casefold(), flags=re.UNICODE).strip("-_")
    return words[:60].rstrip("-_") or "adapter"


def _check_texts(labels: Labels, unit: str | None) -> None:
    """Raises TrainingError where a ranker's file could not hold the words: it would be refused when it is read."""
    phrasings = [text for task in labels.tasks for text in task.phrasings]
    for what, text in [*(("query", text) for text in phrasings), ("unit", unit or "")]:
        if len(text) > LONGEST_TEXT:
            raise TrainingError(
                f'The {what} "{quoted(text)}" has {len(text):,} characters; at most {LONGEST_TEXT:,} fit in a ranker.'
            )
        if not is_plain(text):
            raise TrainingError(f'The {what} "{quoted(text)}" has characters that cannot be printed; remove them.')
    most = max((len(task.phrasings) for task in labels.tasks), default=0)
    if len(labels.tasks) > MOST_QUERIES or most > MOST_PHRASINGS:
        raise TrainingError(
            f"{printable(labels.source)} has {counted(len(labels.tasks), 'query', 'queries')} of up to "
            f"{counted(most, 'phrasing')}; a ranker holds at most {MOST_QUERIES} queries of {MOST_PHRASINGS} phrasings."
        )


def _check(dataset: Dataset) -> None:
    for rows in dataset.tasks:
        used = rows.in_split("train", "val")
        keys = rows.together()
        if len(used) < 4 or len({keys[n] for n in used}) < 2:
            raise TrainingError(
                f'The query "{rows.query}" has {counted(len(used), "row")} to train on, of '
                f"{counted(len({keys[n] for n in used}), 'group')}; at least 4 rows of 2 groups are needed outside the "
                "test split."
            )


def _device(name: str) -> torch.device:
    """CUDA where there is some; elsewhere the CPU, which is quick enough for stored tokens and repeats to the bit."""
    return torch.device("cuda" if name in ("auto", "cuda") and torch.cuda.is_available() else "cpu")
