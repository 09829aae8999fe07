"""Ray as the engine: Ray Data streams the stages of an index, Ray's tasks score its parts and its sort orders them.

The stages of `imgrank index` are functions from table to table: read and decode, encode, write. A wave of items travels
as chunks, each one row of pickled bytes; pictures travel as rows of a pickled `IndexRow` and pixels; tokens as the rows
of a part. A stage may run twice on the same rows after a worker's death: the index keeps one row of each path, and the
same rows make a part of the same name.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from imgrank.backbone.load import load_backbone
from imgrank.encode import FEWEST, Decoding
from imgrank.encode import tokens_of as tokens_of_pictures
from imgrank.engine.contract import Making
from imgrank.engine.score_part import PartScores, Run, ScoreParts, empty_run, portable
from imgrank.errors import BackboneError, ImgrankError, UsageError
from imgrank.index.building import Built, is_news, known_rows, missing, start_index
from imgrank.index.format import ROWS_AT_ONCE, IndexRow, IndexRows, Manifest, facts_of, to_table, tokens_of
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.pictures import Item, prepare
from imgrank.index.reading import KeptRows
from imgrank.index.remote import is_url
from imgrank.paths import printable
from imgrank.records import Progress, Unreadable

CHUNK = 128  # items that one task reads and decodes: with 224 x 224 pixels, 19 MB

WORKERS = 2  # pictures that a task decodes at once, each in a process of its own

Table = Any  # a pyarrow table


@dataclass(frozen=True, slots=True)
class Todo:
    """An item to index, and what the index says of it already."""

    item: Item
    before: IndexRow | None


@dataclass(frozen=True, slots=True)
class Decode:
    """Chunks to pictures."""

    decoding: Decoding

    def __call__(self, chunks: Table) -> Table:
        """Of each item its row, and the decoded picture where it could be read; no row where that is as it was."""
        rows, pictures = [], []
        for chunk in chunks.column("chunk").to_pylist():
            todo: list[Todo] = pickle.loads(chunk)  # noqa: S301 - written by `chunked`
            prepared = prepare([one.item for one in todo], self.decoding, WORKERS)
            for one, done in zip(todo, prepared, strict=True):
                known = {one.item.path: one.before} if one.before else {}
                if is_news(done.row, known):
                    rows.append(pickle.dumps(done.row))
                    pictures.append(None if done.made is None else pickle.dumps(done.made))
        pa = arrow()
        return pa.table({"row": pa.array(rows, pa.binary()), "picture": pa.array(pictures, pa.large_binary())})


class Encode:
    """Pictures to tokens. Made once a worker: it holds the model."""

    def __init__(self, backbone: str, device: str, manifest: Manifest, threads: int | None = None) -> None:
        """Raises BackboneError where this machine's backbone is not the index's."""
        if threads:
            import torch

            torch.set_num_threads(threads)
        self._backbone, self._manifest = load_backbone(backbone, device), manifest
        if self._backbone.fingerprint != manifest.fingerprint:
            raise BackboneError(
                f"A worker's backbone {backbone} is {self._backbone.fingerprint} and the index's is "
                f"{manifest.fingerprint}: install the same imgrank, and the same weights, on every machine."
            )

    def __call__(self, pictures: Table) -> Table:
        """Rows of a part; a picture's tokens do not depend on which others come along."""
        rows = tuple(pickle.loads(row) for row in pictures.column("row").to_pylist())  # noqa: S301 - written by Decode
        made = [pickle.loads(one) for one in pictures.column("picture").to_pylist() if one is not None]  # noqa: S301 - likewise
        indexed = IndexRows(rows, tokens_of_pictures(made, self._backbone))
        return to_table(indexed, self._manifest).replace_schema_metadata(None)


@dataclass(frozen=True, slots=True)
class Write:
    """Tokens to a part."""

    location: Location
    manifest: Manifest

    def __call__(self, tokens: Table) -> Table:
        """What was written: how many rows and pictures, and the rows that could not be read, pickled."""
        rows = IndexRows(facts_of(tokens), tokens_of(tokens, self.manifest.layout))
        if len(rows):
            self.location.write_part(rows, self.manifest)
        failed = [(row.path, row.error) for row in rows.rows if row.error is not None]
        return arrow().table({"rows": [len(rows)], "encoded": [len(rows.packed)], "failed": [pickle.dumps(failed)]})


def chunked(todo: Iterable[Todo], wave: int) -> Iterator[tuple[int, list[bytes]]]:
    """Waves of at most `wave` items: how many there are, and the items as pickled chunks."""
    items = iter(todo)
    while some := list(islice(items, wave)):
        yield len(some), [pickle.dumps(some[start : start + CHUNK]) for start in range(0, len(some), CHUNK)]


WAVE = 1 << 20  # items that the driver holds at once
ROWS_A_RUN = 1 << 16
_OWN_WORDS = re.compile(r"imgrank\.[\w.]+: (.+)")
RETRIES = 8  # workers that may die over one part; a part that ends each of them must not go round for ever
# A core that encodes is shared with the decoding that feeds it: with whole cores, two workers would leave none for it.
ENCODE_CPUS, DECODE_CPUS = 0.75, 0.25


@dataclass(frozen=True, slots=True)
class Workers:
    """Who encodes: `count` workers (None: as many as fit), each with `gpus` of a GPU."""

    count: int | None = None
    gpus: float = 0.0


class RayEngine:
    """A connection to a Ray cluster, or to one that is started on this machine and ended with it."""

    def __init__(self, address: str | None, workers: Workers) -> None:
        """Raises UsageError where Ray is not installed, or nothing answers at the address."""
        self._ray, self._workers = _needed_ray(), workers
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet = {"include_dashboard": False, "log_to_driver": False} if address is None else {"log_to_driver": False}
        try:
            # Without an address Ray would look for a cluster that some other run has left behind, perhaps a dead one.
            self._ray.init(address or os.environ.get("RAY_ADDRESS") or "local", logging_level=logging.ERROR, **quiet)
        except Exception as error:  # Ray raises plain ones of many kinds
            where = f"at {printable(address)}" if address else "on this machine"
            raise UsageError(
                f"No Ray cluster could be reached {where}: {printable(' '.join(str(error).split())[:300])}. Where the "
                "cluster asks for a token, set RAY_AUTH_MODE=token; where this machine is very busy, try again."
            ) from error
        self._ray.data.DataContext.get_current().enable_progress_bars = False
        for name in ("ray.data", "ray.data._internal"):  # a line for each stage, on the user's stderr
            logging.getLogger(name).setLevel(logging.ERROR)

    def build(
        self,
        items: Iterable[Item],
        location: Location,
        making: Making,
        progress: Callable[[Progress], None],
        note: Callable[[str], None],
    ) -> Built:
        """As `build_index`, a wave of items after another; what is written stays if one fails."""
        location = _anywhere(location)
        backbone = load_backbone(making.backbone, "cpu" if self._workers.gpus else making.device, note)
        manifest = start_index(location, backbone, making.detail)
        known, found = known_rows(location, note), _Counted(items)
        todo = (Todo(_readable_anywhere(item), known.get(item.path)) for item in missing(found, known))
        decode = Decode(Decoding.of(backbone, making.max_megapixels, manifest.is_detailed, guarded=True))
        built = Built(0, 0, 0, 0, ())
        asked = 0
        try:
            for count, chunks in chunked(todo, WAVE):
                asked += count
                for row in self._written(chunks, decode, making, Write(location, manifest), manifest):
                    built = _with(built, row)
                    progress(Progress(min(built.added, asked), asked, "encoding"))
        except KeyboardInterrupt:
            built = replace(built, partial=True)
        return replace(built, found=found.count, known=found.count - asked)

    def score(self, task: ScoreParts, parts: Sequence[KeptRows]) -> Iterator[PartScores]:
        """Each part's scores as they come."""
        with _sentences():
            for made, rows in self._scored(task, parts):
                yield replace(made, rows=self._ray.get(rows))

    def sort(self, task: ScoreParts, parts: Sequence[KeptRows]) -> tuple[list[PartScores], Iterator[Run]]:
        """Rows stay on the workers, and on their disks where memory does not hold them, until they are in order."""
        with _sentences():
            scored = list(self._scored(task, parts))
        return [made for made, _ in scored], self._runs([rows for made, rows in scored if made.evidence.count])

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def _written(
        self, chunks: list[bytes], decode: Decode, making: Making, write: Write, manifest: Manifest
    ) -> Iterator[dict[str, Any]]:
        """Run the stages over the chunks; what each written part came to. Only so much is under way at once."""
        data, gpus = self._ray.data, self._workers.gpus
        device = "cuda" if gpus else making.device
        arguments = (making.backbone, device, manifest, None if gpus else 1)
        # One block a chunk, or a block would be decoded as a whole by one task.
        stages = (
            data.from_items([{"chunk": chunk} for chunk in chunks], override_num_blocks=len(chunks))
            .map_batches(decode, batch_size=1, batch_format="pyarrow", num_cpus=DECODE_CPUS)
            .map_batches(
                Encode,
                fn_constructor_args=arguments,
                batch_size=FEWEST,
                batch_format="pyarrow",
                compute=data.ActorPoolStrategy(min_size=1, max_size=self._encoders(), initial_size=1),
                num_cpus=1 if gpus else ENCODE_CPUS,
                num_gpus=gpus or None,
            )
            .map_batches(write, batch_size=ROWS_AT_ONCE, batch_format="pyarrow", num_cpus=DECODE_CPUS)
        )
        with _sentences():
            yield from stages.iter_rows()

    def _encoders(self) -> int:
        """How many workers encode: as asked, or one a core, or as many as share the GPUs."""
        if self._workers.count:
            return self._workers.count
        there = self._ray.cluster_resources()
        if self._workers.gpus:
            return max(1, int(there.get("GPU", 0) / self._workers.gpus))
        return max(1, int(there.get("CPU", 1)))

    def _scored(self, task: ScoreParts, parts: Sequence[KeptRows]) -> Iterator[tuple[PartScores, Any]]:
        """For each part what it came to, without its rows, and a reference to those, as tasks end."""
        ray = self._ray
        score = ray.remote(_score).options(num_returns=2, max_retries=RETRIES)
        shared = ray.put(portable(task))
        under_way = {}
        for part in parts:
            made, rows = score.remote(shared, replace(part, location=_anywhere(part.location)))
            under_way[made] = rows
        while under_way:
            done, _ = ray.wait(list(under_way), num_returns=1)
            yield ray.get(done[0]), under_way.pop(done[0])

    def _runs(self, rows: list[Any]) -> Iterator[Run]:
        if not rows:
            return
        with _sentences():
            order = self._ray.data.from_arrow_refs(rows).sort(["lacking", "score"], descending=[False, True])
            yield from order.iter_batches(batch_size=ROWS_A_RUN, batch_format="pyarrow")


def _score(task: ScoreParts, part: KeptRows) -> tuple[PartScores, Run]:
    made = task(part)
    return replace(made, rows=empty_run()), made.rows


def _anywhere(location: Location) -> Location:
    """The same location for a worker, whose current folder is another."""
    return location if location.is_url else Location(os.path.abspath(location.where))


def _readable_anywhere(item: Item) -> Item:
    """The same item for a worker; its name stays as given."""
    if isinstance(item, Unreadable) or is_url(item.location):
        return item
    return replace(item, location=os.path.abspath(item.location))


class _Counted:
    """Items on their way, counted."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items, self.count = items, 0

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            self.count += 1
            yield item


def _with(built: Built, row: dict[str, Any]) -> Built:
    failed = tuple(Unreadable(*one) for one in pickle.loads(row["failed"]))  # noqa: S301 - written by Write
    return replace(
        built,
        added=built.added + int(row["rows"]),
        encoded=built.encoded + int(row["encoded"]),
        failed=built.failed + failed,
    )


def _needed_ray() -> Any:  # noqa: ANN401 (an extra, whose types are not ours)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError(
            'The engine ray needs Ray, which is not installed: pip install "imgrank[cluster]" on every machine.'
        ) from error
    return ray


@contextmanager
def _sentences() -> Iterator[None]:
    """What failed on a worker, as our own error where it was one, or else in one sentence."""
    import ray

    try:
        yield
    except ray.exceptions.RayError as error:
        said = _OWN_WORDS.findall(str(error))  # where a worker died of it, Ray keeps its words alone
        if said:
            raise ImgrankError(said[-1]) from error
        words = printable(" ".join(str(error).split())[-300:])
        raise ImgrankError(
            f"Ray stopped with an error; run the same command again to continue from here: {words}"
        ) from error
