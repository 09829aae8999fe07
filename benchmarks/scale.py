"""More pictures than one machine: question time and memory, alone and on engines; encode rate by workers; a billion.

    python benchmarks/scale.py --counts 100000 1000000      # 1 M takes 8 GB of disk, and is deleted afterwards
    python benchmarks/scale.py --counts 1000000 --questions similarity --engines local    # a part of its time
    python benchmarks/scale.py --index s3://mine/tokens --engines local    # one that stands already
    python benchmarks/scale.py --encode 400 --workers 1 2
    python benchmarks/scale.py --paper --decode-rate 120     # any assumption of benchmarks/paper.py by name

Questions run on made-up tokens, through the command line, in processes of their own: `sort` as ever, `--engine local`
and `--engine ray` (the cluster at --address, or one that is started for each question, whose start then counts).
Memory is the peak of the whole tree of processes (PSS), twice a second; a cluster at --address is not in that tree.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

from engines import descendants, make_pictures, pss_mb
from figures import ROOT, temporary_home
from paper import Assumed, lines

QUESTIONS = {
    "similarity": ("a quiet evening", "none"),  # reads embeddings
    "kind of 7 classes": ("a cat", "none"),  # and moments
    "kind of 118 classes": ("a dog", "none"),
    "ranker": ("older person", "mini-adapter"),  # reads all tokens
}


@dataclass(frozen=True)
class Watched:
    """A command that is done: seconds of the clock and of the processor, and the most memory that it and its children
    held."""

    seconds: float
    processor: float
    megabytes: float


def main() -> None:
    """Print what was asked for, as Markdown tables."""
    given = _arguments()
    if given.paper:
        names = [field.name for field in fields(Assumed)]
        print("\n".join(lines(Assumed(**{name: getattr(given, name) for name in names}))))
    for count in given.counts:
        ask_at(count, given)
    if given.index:
        with temporary_home():
            ask_all(given.index, given)
    if given.encode:
        encode_rates(given)


def ask_at(count: int, given: argparse.Namespace) -> None:
    """The question's time and memory over `count` pictures, by engine."""
    with temporary_home() as home:
        index = Path(given.folder or home) / f"scale-{count}"
        started = time.perf_counter()
        size = make_index(index, count)
        print(f"\n{count:,} pictures: {size / count:,.0f} bytes a picture on disk", end="")
        print(f", {sum(1 for _ in index.iterdir()) - 1} parts, made in {time.perf_counter() - started:.0f} s\n")
        try:
            ask_all(str(index), given)
        finally:
            for file in index.iterdir():
                file.unlink()
            index.rmdir()


def ask_all(index: str, given: argparse.Namespace) -> None:
    """A table of each question to each engine. A sentence is new each time."""
    print("| question | engine | shown | seconds | of the processor | memory |\n|---|---|---|--:|--:|--:|")
    numbers = itertools.count()
    for question in given.questions:
        sentence, adapter = QUESTIONS[question]
        for engine in given.engines:
            for shown in given.shown:
                runs = []
                for _ in range(given.turns):
                    if given.cold:
                        forget(Path(index))
                    asked = f"{sentence} {next(numbers)}" if adapter == "none" else sentence
                    words = ["sort", index, asked, "--adapter", adapter, "--format", "paths", "-q"]
                    words += shown.split() if shown != "all" else []
                    runs.append(watch([sys.executable, "-m", "imgrank", *words, *engine_words(engine, given)]))
                seconds, processor = min(run.seconds for run in runs), min(run.processor for run in runs)
                memory = f"{max(run.megabytes for run in runs):,.0f} MB"
                print(f"| {question} | {engine} | {shown} | {seconds:.1f} | {processor:.1f} | {memory} |", flush=True)


def forget(index: Path) -> None:
    """Have the system read the parts of an index from the disk next time: what it holds of them in memory goes."""
    for file in index.iterdir():
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def engine_words(engine: str, given: argparse.Namespace) -> list[str]:
    """The options that name an engine; `none` is the command as ever."""
    if engine == "none":
        return []
    address = ["--address", given.address] if engine == "ray" and given.address else []
    return ["--engine", engine, *address]


def encode_rates(given: argparse.Namespace) -> None:
    """Pictures a second of `index`, start and all, by number of workers."""
    print("\n| workers | seconds | pictures/s | memory |\n|---|--:|--:|--:|")
    with temporary_home() as home, tempfile.TemporaryDirectory() as folder:
        make_pictures(given.encode, Path(folder))
        plans = {"local": ["--no-cache"]}
        for workers in given.workers:
            plans[f"ray, {workers}"] = [*engine_words("ray", given), "--workers", str(workers)]
        for name, words in plans.items():
            out = home / f"tokens-{len(name)}-{words[-1]}"
            source = str(Path(folder) / "files")
            ran = watch([sys.executable, "-m", "imgrank", "index", source, "--out", str(out), "-q", *words])
            print(f"| {name} | {ran.seconds:.1f} | {given.encode / ran.seconds:.1f} | {ran.megabytes:,.0f} MB |")


def make_index(where: Path, count: int) -> int:
    """An index of made-up tokens; its size in bytes."""
    import numpy as np
    from synthetic_store import likely_tokens

    from imgrank.backbone.fingerprint import TOKENS_VERSION
    from imgrank.backbone.mini import load_mini
    from imgrank.index.format import IndexRow, IndexRows, Manifest
    from imgrank.index.locations import Location
    from imgrank.index.merging import PART_ROWS

    backbone, place = load_mini(), Location(where)
    manifest = Manifest(backbone.name, backbone.fingerprint, TOKENS_VERSION, backbone.shape)
    place.write_manifest(manifest)
    draw = np.random.default_rng(0)
    for start in range(0, count, PART_ROWS):
        numbers = range(start, min(start + PART_ROWS, count))
        rows = (IndexRow(f"album {n // 1000:06}/img{n}.jpg", f"{n * 2654435761:032x}", 200_000) for n in numbers)
        place.write_part(IndexRows(tuple(rows), likely_tokens(len(numbers), draw)), manifest)
    return sum(file.stat().st_size for file in where.iterdir())


def watch(command: list[str]) -> Watched:
    """Run a command to its end, its output thrown away. Exits where the command fails."""
    started, before, peak = time.perf_counter(), _of_children(), 0.0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, cwd=ROOT)
        while process.poll() is None:
            peak = max(peak, sum(map(pss_mb, descendants(process.pid))))
            time.sleep(0.5)
        seconds = time.perf_counter() - started
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command[2:5])} ended with {process.returncode}: {errors.read()[-1500:]!r}")
    return Watched(seconds, _of_children() - before, peak)


def _of_children() -> float:
    """Seconds of the processor that commands took which are done."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="*", default=[], help="pictures in the indexes that are asked")
    parser.add_argument("--engines", nargs="+", default=["none", "local", "ray"], choices=["none", "local", "ray"])
    parser.add_argument("--questions", nargs="+", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--shown", nargs="+", default=["--top 100", "all"], choices=["--top 100", "all"])
    parser.add_argument("--turns", type=int, default=1, help="the fastest of so many runs counts")
    parser.add_argument("--index", help="an index that stands, to be asked and left as it is")
    parser.add_argument("--cold", action="store_true", help="read from the disk each time (Linux)")
    parser.add_argument("--address", help="a Ray cluster that runs already")
    parser.add_argument("--folder", type=Path, help="where the made-up indexes stand; a temporary folder if not said")
    parser.add_argument("--encode", type=int, default=0, metavar="N", help="encode N made-up photographs")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--paper", action="store_true", help="print the model of a billion pictures")
    for field in fields(Assumed):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
