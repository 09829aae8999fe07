"""`imgrank index merge`: the indexes of many machines as one, each path once. Nothing is encoded, and one part held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from imgrank.errors import UsageError
from imgrank.index.format import FACTS, PART_ROWS, IndexRows, Manifest, facts_of, joined, tokens_of
from imgrank.index.layout import FORMAT_VERSION
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.parts import Part
from imgrank.index.reading import KeptRows, checked_manifest, settled
from imgrank.paths import printable
from imgrank.records import Progress


def merge(
    out: Location,
    shards: Sequence[Location],
    *,
    part_rows: int = PART_ROWS,
    progress: Callable[[Progress], None] = lambda _: None,
) -> int:
    """Write the rows of all `shards` to the index `out`, which may hold rows already; the number of its rows.

    The shards stay as they are. A merge that was interrupted is run again and goes on where it stood.
    Raises UsageError where one of them is no index or of another backbone, DamagedPart, IndexFault.
    """
    manifest = _manifest(out, shards)
    before = [(out, name) for name in out.parts()]
    parts = settled([*before, *((shard, name) for shard in shards for name in shard.parts())])
    fresh = parts[len(before) :]
    total = int(sum(part.kept.sum() for part in parts))
    done = total - int(sum(part.kept.sum() for part in fresh))
    waiting: list[IndexRows] = []
    for rows in _rows(fresh, manifest):
        waiting.append(rows)
        done += len(rows)
        if sum(map(len, waiting)) >= part_rows:
            _write(out, waiting, manifest)
        progress(Progress(done, total, "merging"))
    _write(out, waiting, manifest)
    return total


def _manifest(out: Location, shards: Sequence[Location]) -> Manifest:
    if not shards:
        raise UsageError("Nothing to merge: imgrank index merge OUT SHARD SHARD...")
    if out.where in {shard.where for shard in shards}:
        raise UsageError(f"{printable(out.where)} cannot be merged into itself; name another location first.")
    first = shards[0].manifest()
    name, fingerprint = (first.backbone, first.fingerprint) if first else ("", "")
    manifests = [checked_manifest(shard, fingerprint, name) for shard in shards]
    if out.manifest() is None:
        least = min(manifest.detail for manifest in manifests)
        out.write_manifest(replace(manifests[0], detail=least, version=FORMAT_VERSION))
    manifest = checked_manifest(out, fingerprint, name)
    lacking = [shard for shard, other in zip(shards, manifests, strict=True) if other.detail < manifest.detail]
    if lacking:
        raise UsageError(
            f"{printable(out.where)} holds detail at full size and {printable(lacking[0].where)} does not; merge them "
            "into a new index, which will hold none."
        )
    return manifest


def _rows(parts: Sequence[KeptRows], manifest: Manifest) -> Iterator[IndexRows]:
    for kept in parts:
        if not kept.kept.any():
            continue
        at = 0
        with Part(kept.location, kept.name) as part:
            columns = part.layout.columns(detailed=bool(manifest.detail))
            for table in part.batches((*FACTS, *columns)):
                some = table.filter(arrow().array(kept.kept[at : at + len(table)]))
                at += len(table)
                if len(some):
                    yield IndexRows(facts_of(some), tokens_of(some, part.layout))


def _write(out: Location, waiting: list[IndexRows], manifest: Manifest) -> None:
    if waiting:
        out.write_part(joined(waiting, manifest.shape), manifest)
        waiting.clear()
