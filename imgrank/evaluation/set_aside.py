"""The rows that a training run kept aside, beside its adapter: what `eval` without labels measures on."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from imgrank import paths
from imgrank.adapter.registry import card_path, find_adapter, installed_adapters, kept_rows_path
from imgrank.errors import UsageError
from imgrank.labels import Labels, PairTask, ValueTask, write_labels


def keep_rows(adapter: Path, labels: Labels, cross_validated: bool) -> None:
    """Write down which rows an adapter learnt from and which it did not; with folds val rows were learnt too.

    A disk that refuses costs the comfort, not the adapter.
    """
    path = kept_rows_path(adapter)
    try:
        path.unlink(missing_ok=True)
        write_labels(_as_learnt(labels, cross_validated), str(path), absolute=True)
    except (OSError, UsageError):
        return


def last_trained() -> Path | None:
    """The user's adapter that was trained last, whether it kept rows aside or not."""
    folder = paths.adapters_dir()
    adapters = [path for path in folder.glob("*.safetensors") if kept_rows_path(path).is_file()]
    return max(adapters, key=lambda path: path.stat().st_mtime_ns, default=None)


def rows_of(adapter: str) -> Path:
    """The rows that an adapter kept aside. Raises UsageError where it has none."""
    header = find_adapter(adapter)
    assert header.path is not None
    if not kept_any(header.path):
        raise UsageError(
            f"The ranker {header.name} has no rows set aside: its model card has the metrics of its training "
            f"(imgrank adapters show {header.name}); to measure it again, name a labels.csv."
        )
    return kept_rows_path(header.path)


def card_of(adapter: Path) -> str | None:
    """The card beside an adapter file."""
    try:
        return card_path(adapter).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def shipped_card() -> str | None:
    """The card of the adapter that came with imgrank."""
    shipped = (header.path for header in installed_adapters().adapters if header.shipped and header.path is not None)
    return next((card for path in shipped if (card := card_of(path)) is not None), None)


def kept_any(adapter: Path) -> bool:
    """Whether an adapter's training kept rows aside."""
    try:
        with kept_rows_path(adapter).open(encoding="utf-8", newline="") as file:
            return any(row.get("split") in ("val", "test") for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def learnt_images(adapter: Path, query: str) -> frozenset[str]:
    """The images, by whole paths, that an adapter trained here learnt a query from; none where that is not known."""
    try:
        with kept_rows_path(adapter).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row.get("split") == "train"]
    except (OSError, UnicodeDecodeError, csv.Error):
        return frozenset()
    its_rows = (row for row in rows if (row.get("query") or "").split("|")[0] == query)
    return frozenset(row[name] for row in its_rows for name in ("image", "left", "right") if row.get(name))


def _as_learnt(labels: Labels, cross_validated: bool) -> Labels:
    def splits(task: ValueTask | PairTask) -> tuple[str, ...]:
        return tuple("train" if cross_validated and split == "val" else split for split in task.splits)

    return replace(
        labels,
        values=tuple(replace(task, splits=splits(task)) for task in labels.values),
        pairs=tuple(replace(task, splits=splits(task)) for task in labels.pairs),
    )
