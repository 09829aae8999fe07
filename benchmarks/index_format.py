"""One part of an index, column by column and under each compression: bytes a picture, seconds a million to read.

    python benchmarks/index_format.py [--count N]

Tokens are likely ones: those of real photographs, a little moved. Read on one thread, checksums compared.
"""

from __future__ import annotations

import argparse
import io
import time

import numpy as np
import pyarrow.parquet as pq
from synthetic_store import likely_tokens

from imgrank.index.format import PART_ROWS, IndexRow, IndexRows, Manifest, to_table
from imgrank.index.parquet_files import open_parquet
from imgrank.tokens import Reads

CODECS = (("none", None), ("lz4", None), ("zstd", 1), ("zstd", 3), ("zstd", 9))
TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=PART_ROWS, help="pictures in the part")
    rows = index_rows(parser.parse_args().count)
    layout = (manifest := Manifest("mini", "", 0, rows.packed.shape)).layout
    table = to_table(rows, manifest)
    questions = {
        "embeddings": layout.columns(Reads(tokens=False)),
        "and kinds": layout.columns(Reads(tokens=False, moments=(0, 1, 2, 3, 8))),
        "all tokens": layout.columns(),
    }
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


def read(part: bytes, columns: tuple[str, ...]) -> tuple[int, float]:
    """Bytes of these columns in the file, and the least seconds that reading them took."""
    file = open_parquet(io.BytesIO(part), checked=True)
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    size = sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in columns)
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        for group in range(file.num_row_groups):
            for _ in file.iter_batches(4096, row_groups=[group], columns=list(columns), use_threads=False):
                pass
        taken.append(time.perf_counter() - started)
    return size, min(taken)


def index_rows(count: int) -> IndexRows:
    """Rows of `count` likely pictures."""
    packed = likely_tokens(count, np.random.default_rng(0))
    rows = tuple(IndexRow(f"photos/{n:06}.jpg", f"{n:032x}", 100_000 + n, n, 640, 480) for n in range(count))
    return IndexRows(rows, packed)


if __name__ == "__main__":
    main()
