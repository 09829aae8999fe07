"""One part of an index, column by column and under each compression: bytes a picture, seconds a million to read.

    python benchmarks/index_format.py [--count N]

And the same part as imgrank writes it, read by Parquet and as it stands in the file. Tokens are likely ones: those of
real photographs, a little moved. Read on one thread, checksums compared; seconds are of the processor.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pyarrow.parquet as pq
from synthetic_store import likely_tokens

from imgrank.index.format import PART_ROWS, IndexRow, IndexRows, Manifest, glance_of, to_table
from imgrank.index.locations import Location
from imgrank.index.needs import open_parquet
from imgrank.index.parts import Part
from imgrank.tokens import EVERYTHING, Reads

CODECS = (("none", None), ("lz4", None), ("zstd", 1), ("zstd", 3), ("zstd", 9))
TURNS = 5
QUESTIONS = {
    "embeddings": Reads(tokens=False),
    "and kinds": Reads(tokens=False, moments=(0, 1, 2, 3, 8)),
    "all tokens": EVERYTHING,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=PART_ROWS, help="pictures in the part")
    rows = index_rows(parser.parse_args().count)
    layout = (manifest := Manifest("mini", "", 0, rows.packed.shape)).layout
    table = to_table(rows, manifest)
    questions = {name: layout.columns(reads) for name, reads in QUESTIONS.items()}
    print("| compression | read | bytes a picture | seconds a million |\n|---|---|--:|--:|")
    for codec, level in CODECS:
        out = io.BytesIO()
        pq.write_table(
            table,
            out,
            row_group_size=PART_ROWS,
            compression=codec,
            compression_level=level,
            use_dictionary=["error", "folder"],
            write_page_checksum=True,
        )
        for name, columns in questions.items():
            size, seconds = read(out.getvalue(), columns)
            print(f"| {codec} {level or ''} | {name} | {size / len(rows):,.0f} | {seconds / len(rows) * 1e6:.2f} |")
    print("\n| read | seconds a million, by Parquet | as it stands |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        location = Location(folder)
        location.write_manifest(manifest)
        name = location.write_part(rows, manifest)
        for asked, reads in QUESTIONS.items():
            taken = [least(lambda way=way, reads=reads: way(location, name, reads)) for way in (by_parquet, by_blocks)]
            print(f"| {asked} | {' | '.join(f'{seconds / len(rows) * 1e6:.2f}' for seconds in taken)} |")


def by_parquet(location: Location, name: str, reads: Reads) -> None:
    """Read what a question reads of a part, all of it by Parquet."""
    with Part(location, name) as part:
        for table in part.batches(("path", "error", *part.layout.columns(reads, detailed=False))):
            glance_of(table, part.layout, reads)


def by_blocks(location: Location, name: str, reads: Reads) -> None:
    """The same as a question does it."""
    with Part(location, name) as part:
        for block in part.blocks(("path", "error"), part.layout.columns(reads, detailed=False)):
            part.layout.joined(block.tokens, reads)


def least(work: Callable[[], None]) -> float:
    """The least seconds of the processor of several runs."""
    taken = []
    for _ in range(TURNS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def read(part: bytes, columns: tuple[str, ...]) -> tuple[int, float]:
    """Bytes of these columns in the file, and the least seconds that reading them took."""
    file = open_parquet(io.BytesIO(part), checked=True)
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    size = sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in columns)

    def all_of_it() -> None:
        for group in range(file.num_row_groups):
            for _ in file.iter_batches(4096, row_groups=[group], columns=list(columns), use_threads=False):
                pass

    return size, least(all_of_it)


def index_rows(count: int) -> IndexRows:
    """Rows of `count` likely pictures."""
    packed = likely_tokens(count, np.random.default_rng(0))
    rows = tuple(IndexRow(f"photos/{n:06}.jpg", f"{n:032x}", 100_000 + n, n, 640, 480) for n in range(count))
    return IndexRows(rows, packed)


if __name__ == "__main__":
    main()
