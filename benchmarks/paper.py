"""A model on paper of one billion pictures, as `python benchmarks/scale.py --paper` prints it.

docs/experiments/scale.md quotes it.

Every figure that was measured comes in as an option and names the script that prints it; what was assumed says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Assumed:
    """What the model starts from. Rates are pictures a second."""

    pictures: float = 1e9
    token_bytes: float = 8818  # docs/decisions: 25 x 320 int8, 25 scales, 384 float16
    row_bytes: float = 8250  # on disk with path, hash and sizes: `scale.py` prints it as "bytes a picture on disk"
    sentence_bytes: float = 800  # of these, what a sentence reads: the embedding, the path
    kind_bytes: float = 2450  # what one reads that names kinds of things: five rows of moments and their scales too
    picture_bytes: float = 200e3  # assumed: a photograph of 1024 x 768 at quality 85
    path_bytes: float = 60  # assumed
    gpus: float = 8
    gpu_rate: float = 2500  # assumed, of one GPU: no GPU was at hand; `benchmarks/gpu.py` measures it
    cores: float = 128  # assumed: 16 a GPU, as clouds rent them
    decode_rate: float = 100  # of one core, read, hash, decode: `benchmarks/decoding.py` measures it
    core_encode_rate: float = 40  # of one core, decoding too: 1 / (1/67 + 1/104), `indexing.py` and `decoding.py`
    network_bytes: float = 2.5e9  # a second into the cluster, assumed: 8 x 2.5 Gbit/s, a usual share of an object store
    gpu_hour: float = 3.0  # dollars an hour of one GPU with its 16 cores, assumed
    storage_month: float = 0.023  # dollars a GB and month of object storage, assumed
    score_rate: float = 440e3  # of one core, by similarity, reading included: `scale.py` over a million, --top 100
    score_rate_kinds: float = 200e3  # likewise, of a sentence that names a kind of seven classes
    score_rate_adapter: float = 13.8e3  # of one core, a trained adapter: likewise


def lines(given: Assumed) -> Iterator[str]:
    """The model as Markdown: what was assumed, what follows, and what becomes the limit first."""
    yield "| assumed or measured | |\n|---|--:|"
    for field in fields(given):
        yield f"| {field.name.replace('_', ' ')} | {getattr(given, field.name):,g} |"
    yield ""
    n = given.pictures
    yield "| storage | |\n|---|--:|"
    yield f"| the index | {n * given.row_bytes / 1e12:.1f} TB |"
    yield f"| a month of it | {n * given.row_bytes / 1e9 * given.storage_month:,.0f} dollars |"
    yield f"| its paths alone | {n * given.path_bytes / 1e9:,.0f} GB |"
    yield f"| its scores alone | {n * 8 / 1e9:,.0f} GB |"
    yield f"| parts of 16,384 rows, merged | {n / 16384:,.0f} |"
    yield f"| the pictures themselves | {n * given.picture_bytes / 1e12:,.0f} TB |"
    yield ""
    yield from _making(given)
    yield ""
    yield from _asking(given)


def making_hours(given: Assumed) -> dict[str, float]:
    """Hours that each stage would take alone; the longest is the run's."""
    n = given.pictures
    return {
        f"encode on {given.gpus:g} GPUs": n / (given.gpus * given.gpu_rate) / 3600,
        f"decode on {given.cores:g} cores": n / (given.cores * given.decode_rate) / 3600,
        "read over the network": n * given.picture_bytes / given.network_bytes / 3600,
        "write over the network": n * given.row_bytes / given.network_bytes / 3600,
    }


def _making(given: Assumed) -> Iterator[str]:
    hours = making_hours(given)
    slowest = max(hours, key=lambda stage: hours[stage])
    yield "| making the index, each stage alone | hours |\n|---|--:|"
    for stage, taken in hours.items():
        yield f"| {stage} | {taken:,.1f} |"
    taken = hours[slowest]
    dollars = taken * given.gpus * given.gpu_hour
    yield f"| **the whole run: {slowest}** | **{taken:,.1f}**, {dollars:,.0f} dollars |"
    alone = given.pictures / (given.cores * given.core_encode_rate) / 3600
    yield f"| without GPUs: encode on the same {given.cores:g} cores | {alone:,.1f} |"
    needed = given.gpus * given.gpu_rate / given.decode_rate
    yield f"| cores that decode as fast as the GPUs encode | {needed:,.0f} |"


def _asking(given: Assumed) -> Iterator[str]:
    n, cores = given.pictures, given.cores
    read = n * given.row_bytes / given.network_bytes
    yield f"| one question, on {cores:g} cores | minutes |\n|---|--:|"
    yield f"| read the index from the object store | {read / 60:,.1f} |"
    yield f"| of it what a sentence reads | {n * given.sentence_bytes / given.network_bytes / 60:,.1f} |"
    yield f"| of it what one reads that names kinds | {n * given.kind_bytes / given.network_bytes / 60:,.1f} |"
    yield f"| score, by similarity | {n / (cores * given.score_rate) / 60:,.1f} |"
    yield f"| score, where kinds are named | {n / (cores * given.score_rate_kinds) / 60:,.1f} |"
    yield f"| score, a trained adapter | {n / (cores * given.score_rate_adapter) / 60:,.1f} |"
