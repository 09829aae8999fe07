"""One part of an index under one question: what a worker that answers does."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Flags, Floats
from imgrank.atomic import write_atomic
from imgrank.errors import UsageError
from imgrank.index.format import encoded_path, texts_of
from imgrank.index.layout import KEY
from imgrank.index.needs import ArrowColumn, ArrowTable, array_of, array_of_bytes, arrow, numpy_of
from imgrank.index.parts import Part
from imgrank.index.plain import Blob
from imgrank.index.reading import KeptRows
from imgrank.order import ScoredPath, check_finite, rank_sorted
from imgrank.paths import lent_adapters_dir
from imgrank.records import Unreadable
from imgrank.scoring.question import Evidence, Scored
from imgrank.scoring.scorers import Resources, Scorer
from imgrank.tokens import TokenShape
from imgrank.version import __version__

Run = ArrowTable  # a pyarrow table of the columns lacking (bool), score (float64) and path (large_binary)


@dataclass(frozen=True, slots=True, eq=False)
class PartScores:
    """What one part came to. `rows` are its pictures, all or the best; `evidence` is of all of them.

    `skipped` are its rows without tokens; the first of a pair says whether the file's size is known. `keys` are of all
    its rows, where nobody has looked yet whether a path stands twice.
    """

    evidence: Evidence
    skipped: tuple[tuple[bool, Unreadable], ...]
    rows: Run
    keys: npt.NDArray[np.uint64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScoreParts:
    """The task of a worker. Small, and complete: a machine that never saw the adapter gets its file along.

    `top` keeps only so many of a part, the best; with `evidence_alone`, none. `detailed` where all parts have detail.
    """

    asked: Scorer
    shape: TokenShape
    top: int | None = None
    adapter_files: tuple[bytes, ...] = ()
    evidence_alone: bool = False
    detailed: bool = False
    version: str = __version__

    def __call__(self, part: KeptRows) -> PartScores:
        """Score a part's kept rows, a row group at a time.

        Raises DamagedPart, IndexFault, and UsageError on a machine with another imgrank: it may score otherwise.
        """
        if self.version != __version__:
            raise UsageError(
                f"A worker has imgrank {__version__} and this machine {self.version}; "
                "use the same version on all machines."
            )
        score = _asked_here(self.asked, self.adapter_files).open(_resources())
        skipped: list[tuple[bool, Unreadable]] = []
        done, evidence, at, reads = [], Evidence(), 0, self.asked.reads(self.shape)
        manifest = part.location.known_manifest()
        ahead = () if manifest is None else manifest.layout.columns(reads, self.detailed)
        keys: list[npt.NDArray[np.uint64]] = []
        facts = ("path", "size", "error", *((KEY,) if part.unread else ()))
        with Part(part.location, part.name, ahead) as whole:
            for block in whole.blocks(facts, whole.layout.columns(reads, self.detailed)):
                table = block.facts
                kept = np.ones(len(table), bool) if part.unread else part.kept[at : at + len(table)]
                at += len(table)
                if part.unread:
                    keys.append(numpy_of(table.column(KEY)))
                good = numpy_of(table.column("error").is_null())
                skipped += _skipped(_filtered(table, kept & ~good))
                if (kept & good).any():
                    scored = score(whole.layout.joined(_chosen(block.tokens, kept[good]), reads))
                    if not self.evidence_alone:
                        done.append(_run(_filtered(table, kept & good).column("path"), scored))
                    evidence += scored.evidence
        rows = arrow().concat_tables(done) if done else empty_run()
        known = np.concatenate([np.zeros(0, np.uint64), *keys]) if part.unread else None
        return PartScores(evidence, tuple(skipped), best(rows, self.top) if self.top else rows, known)


def empty_run() -> Run:
    """No rows."""
    return _table(np.zeros(0, bool), np.zeros(0), array_of_bytes([]))


def sorted_run(rows: Run) -> Run:
    """Relevant before others, then the greatest score first; ties as they come."""
    lacking, scores = numpy_of(rows.column("lacking")), numpy_of(rows.column("score"))
    return rows.take(array_of(np.lexsort((-scores, lacking))))


def best(rows: Run, top: int) -> Run:
    """The first `top` of the whole order of `rows`, ties included."""
    rows = _no_worse_than(rows, top)
    first = list(islice(rank_sorted(paths_of(sorted_run(rows)), len(rows)), top))
    lacking, scores = [not image.relevant for image in first], [image.score for image in first]
    paths = array_of_bytes([encoded_path(image.path) for image in first])
    return _table(np.array(lacking, bool), np.array(scores, float), paths)


def _no_worse_than(rows: Run, top: int) -> Run:
    """The rows that may be among the first `top`: no worse than the one in that place, whose ties paths settle."""
    if len(rows) <= top:
        return rows
    # What lacks the subject stands behind all others, whatever its score.
    lacking, scores = numpy_of(rows.column("lacking")), numpy_of(rows.column("score"))
    shown = int((~lacking).sum())
    whole = lacking if shown < top else ~lacking
    asked = top - shown if shown < top else top
    least = np.partition(scores[whole], -asked)[-asked]
    return _filtered(rows, (whole & (scores >= least)) | (~lacking if shown < top else np.zeros(len(rows), bool)))


def _filtered(rows: ArrowTable, kept: Flags) -> ArrowTable:
    return rows if kept.all() else rows.filter(array_of(kept))


def paths_of(run: Run) -> Iterator[ScoredPath]:
    """The rows of a run, one by one."""
    columns = run.column("lacking").to_pylist(), run.column("score").to_pylist(), texts_of(run.column("path"))
    for lacking, score, path in zip(*columns, strict=True):
        yield ScoredPath(not lacking, score, path or "")


def _chosen(columns: dict[str, Blob], kept: Flags) -> dict[str, Blob]:
    return columns if kept.all() else {name: blob[kept] for name, blob in columns.items()}


def portable(task: ScoreParts) -> ScoreParts:
    """The task with the files of the adapters that answer, for machines that may not have them."""
    return replace(task, adapter_files=tuple(file.read_bytes() for file in task.asked.adapter_files))


def _run(paths: ArrowColumn, scored: Scored) -> Run:
    run = _table(~scored.relevant, scored.scores, paths.cast(arrow().large_binary()))
    if not np.isfinite(scored.scores).all():
        check_finite(paths_of(run))
    return run


def _table(lacking: Flags, scores: Floats, paths: ArrowColumn) -> Run:
    pa = arrow()
    kinds = pa.schema([("lacking", pa.bool_()), ("score", pa.float64()), ("path", pa.large_binary())])
    return pa.Table.from_arrays([array_of(lacking), array_of(scores), paths], schema=kinds)


def _skipped(rows: ArrowTable) -> list[tuple[bool, Unreadable]]:
    sized = rows.column("size").is_valid().to_pylist()
    named = zip(sized, texts_of(rows.column("path")), texts_of(rows.column("error")), strict=True)
    return [(size, Unreadable(path or "", error or "")) for size, path, error in named]


def _asked_here(asked: Scorer, files: tuple[bytes, ...]) -> Scorer:
    """The question with the adapters' files where this machine has them."""
    return asked.with_adapter_files(list(map(_kept_file, files))) if files else asked


@lru_cache(maxsize=1)
def _resources() -> Resources:
    """What this worker keeps from one part to the next: parts are not asked about twice, adapters are."""
    return Resources()


@lru_cache(maxsize=4)
def _kept_file(file: bytes) -> Path:
    """The bytes as a file of this machine, one for all its workers, or one of this worker where none can be kept."""
    name = f"{hashlib.blake2b(file, digest_size=16).hexdigest()}.safetensors"
    path = lent_adapters_dir() / name
    try:
        if not (path.is_file() and path.read_bytes() == file):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, file)
    except OSError:
        path = _own_folder() / name
        path.write_bytes(file)
    return path


@lru_cache(maxsize=1)
def _own_folder() -> Path:
    """A folder of this process, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="imgrank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
