"""Ray Data against Daft on the work of `imgrank index`, on one machine with two workers.

    python benchmarks/engines.py --pictures 400 --rounds 3
    python benchmarks/engines.py --engines ray daft --python daft=/other/venv/bin/python --kill

Each run is a process of its own: read pictures (from Parquet bytes, or files), decode them, make tokens with `mini`
(one model a worker, one thread each), write Parquet. Engines take turns, so that what else runs here meets all of
them. `daft-ray` is Daft on a Ray cluster. With `--kill`, a worker gets SIGKILL when a third of the pictures are done.

start     seconds from the process's start to the first batch: imports, the engine, two models
images/s  between the first batch's start and the last one's end
CPU       seconds of both cores that the whole tree of processes spent, start and all: what else runs here hardly
          moves it, as it moves the clock
batch     pictures that a worker was handed at once, of the 16 that were asked for
memory    the peak of that tree, shared pages counted once (PSS), looked at twice a second
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
BATCH = 16
FILES = 8  # Parquet files that the pictures are spread over


class Work:
    """What a worker does: built once, then batches of names and bytes come in, and tokens go out."""

    def __init__(self, log: str) -> None:
        import torch

        from imgrank.backbone.load import load_backbone

        torch.set_num_threads(1)
        self.backbone, self.log = load_backbone("mini", "cpu"), Path(log) / f"{os.getpid()}.log"

    def tokens(self, paths: list[str], data: list[bytes]) -> list[bytes]:
        """The tokens of each picture as bytes; a line in the log says who made how many, and when."""
        import numpy as np

        from imgrank.decode import decode_bytes

        began, made = time.time(), self.backbone.preprocessing
        pixels = [decode_bytes(one, path, made.side, made.interpolation) for path, one in zip(paths, data, strict=True)]
        packed = self.backbone.encode_images(np.stack(pixels))
        with open(self.log, "a") as log:
            log.write(f"{began} {time.time()} {len(paths)}\n")
        return [packed.quantised[row].tobytes() for row in range(len(packed))]


# The engines, each in a process of its own


def run_ray(source: str, folder: Path, out: Path, log: str) -> None:
    """Read, work, write with Ray Data."""
    import pyarrow as pa
    import ray

    class RayWork(Work):
        def __call__(self, batch: pa.Table) -> pa.Table:
            paths = batch.column("path").to_pylist()
            return pa.table({"path": paths, "tokens": self.tokens(paths, batch.column("bytes").to_pylist())})

    start_ray()
    ray.data.DataContext.get_current().enable_progress_bars = False
    if source == "parquet":
        rows = ray.data.read_parquet(str(folder / "parquet"))
    else:
        rows = ray.data.read_binary_files(str(folder / "files"), include_paths=True)
    pool = ray.data.ActorPoolStrategy(size=WORKERS)
    made = rows.map_batches(
        RayWork, fn_constructor_args=(log,), batch_size=BATCH, batch_format="pyarrow", compute=pool, num_cpus=0.5
    )
    made.write_parquet(str(out))


def start_ray() -> None:
    """A cluster for this run alone; or the one at RAY_ADDRESS, whose start and memory then do not count."""
    import ray

    fresh = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": WORKERS, "include_dashboard": False}
    ray.init(log_to_driver=False, configure_logging=False, **fresh)


def run_daft(source: str, folder: Path, out: Path, log: str, on_ray: bool = False) -> None:
    """Read, work, write with Daft."""
    import daft
    from daft import DataType, Series, col

    if on_ray:
        start_ray()
        daft.set_runner_ray()

    @daft.cls(max_concurrency=WORKERS, use_process=True)
    class DaftWork(Work):
        @daft.method.batch(return_dtype=DataType.binary(), batch_size=BATCH)
        def made(self, paths: Series, data: Series) -> list[bytes]:
            return self.tokens(paths.to_pylist(), data.to_pylist())

    if source == "parquet":
        rows = daft.read_parquet(str(folder / "parquet"))
    else:
        found = daft.from_glob_path(str(folder / "files" / "*.jpg"))
        rows = found.select(col("path"), col("path").download().alias("bytes"))
    rows.select(col("path"), DaftWork(log).made(col("path"), col("bytes")).alias("tokens")).write_parquet(str(out))


ENGINES: dict[str, Callable[[str, Path, Path, str], None]] = {
    "ray": run_ray,
    "daft": run_daft,
    "daft-ray": lambda *all: run_daft(*all, on_ray=True),
}


# The pictures


def make_pictures(count: int, folder: Path) -> None:
    """`count` photographs-like JPEGs of 1024 x 768, no two alike, as files and as rows of Parquet files."""
    import io

    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from PIL import Image

    (folder / "files").mkdir(), (folder / "parquet").mkdir()
    draw, rows = np.random.default_rng(0), []
    for number in range(count):
        coarse = Image.fromarray(draw.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((1024, 768), 3)
        grain = draw.integers(-12, 13, (768, 1024, 1))
        pixels = (np.asarray(coarse).astype(int) + grain).clip(0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
        (folder / "files" / f"{number:05d}.jpg").write_bytes(buffer.getvalue())
        rows.append({"path": f"{number:05d}.jpg", "bytes": buffer.getvalue()})
    for part in range(FILES):
        pq.write_table(pa.Table.from_pylist(rows[part::FILES]), folder / "parquet" / f"{part}.parquet")


# One run, watched from outside


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to; `lost` and `twice` count pictures in what was written."""

    ended: str
    wall: float
    start: float
    rate: float
    cpu: float
    batch: float
    memory_mb: float
    lost: int
    twice: int


def measure(engine: str, python: str, source: str, folder: Path, count: int, kill: bool, limit: float) -> Run:
    """Start one engine in a process of its own and watch it to its end, or to `limit` seconds."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        out, log = Path(work, "out"), Path(work, "log")
        log.mkdir()
        command = [python, __file__, "--child", engine, source, str(folder), str(out), str(log)]
        began, peak, killed = time.time(), 0.0, not kill
        spent: dict[int, float] = {}
        with open(Path(work, "stderr"), "w+b") as stderr:
            process = subprocess.Popen(command, stdout=stderr, stderr=stderr)
            while process.poll() is None and time.time() - began < limit:
                time.sleep(0.5)
                spent |= {one: max(cpu_seconds(one), spent.get(one, 0.0)) for one in descendants(process.pid)}
                peak = max(peak, sum(map(pss_mb, spent)))
                if not killed and sum(rows for _, _, rows in batches(log)) >= count / 3:
                    os.kill(int(max(log.iterdir(), key=lambda file: file.stat().st_size).stem), 9)
                    killed = True
            wall, code = time.time() - began, process.poll()
            end_all(set(spent))
            process.wait()
            if code == 0 and not killed:
                raise SystemExit("The run was over before a worker could be killed; ask for more --pictures.")
            stderr.seek(0)
            said = stderr.read().decode(errors="replace").strip().splitlines()
        return _result(code, said, wall, sum(spent.values()), peak, began, log, out, count)


def _result(
    code: int | None,
    said: list[str],
    wall: float,
    cpu: float,
    peak: float,
    began: float,
    log: Path,
    out: Path,
    count: int,
) -> Run:
    done = list(batches(log))
    ended = {0: "done", None: f"stopped after {wall:.0f} s"}.get(code, f"failed: {said[-1][:200] if said else code}")
    first = min((start for start, _, _ in done), default=began)
    seconds = max((end for _, end, _ in done), default=began) - first
    found = Counter(written(out))
    rows = sum(rows for _, _, rows in done)
    twice = sum(times - 1 for times in found.values())
    return Run(
        ended,
        wall,
        first - began,
        rows / max(seconds, 1e-9),
        cpu,
        rows / max(len(done), 1),
        peak,
        count - len(found),
        twice,
    )


def batches(log: Path) -> Iterator[tuple[float, float, int]]:
    """Start, end and pictures of each batch so far."""
    for file in log.iterdir():
        for line in file.read_text().splitlines():
            start, end, rows = line.split()
            yield float(start), float(end), int(rows)


def written(out: Path) -> list[str]:
    """The names in whatever whole Parquet files stand there."""
    import pyarrow.parquet as pq

    names: list[str] = []
    for file in sorted(out.rglob("*.parquet")) if out.exists() else ():
        names += [path.rsplit("/", 1)[-1] for path in pq.ParquetFile(file).read(["path"])["path"].to_pylist()]
    return names


def descendants(root: int) -> Iterator[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    waiting = [root]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += parents.get(here, [])


def cpu_seconds(process: int) -> float:
    """User and system time that it has spent."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mb(process: int) -> float:
    """Its memory, shared pages divided among those who share them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def end_all(tree: set[int]) -> None:
    """End what a run has left behind."""
    for process in tree:
        try:
            os.kill(process, 9)
        except ProcessLookupError:
            continue


def _report(runs: dict[str, list[Run]], source: str) -> None:
    for engine, made in runs.items():
        figures = {
            name: [getattr(run, name) for run in made]
            for name in ("rate", "start", "cpu", "batch", "memory_mb", "wall")
        }
        rate, start, cpu, batch, memory, wall = (statistics.median(values) for values in figures.values())
        ends = "; ".join(f"{end} x{times}" for end, times in Counter(run.ended for run in made).items())
        lost, twice = max(run.lost for run in made), max(run.twice for run in made)
        print(
            f"| {engine} | {source} | {rate:.1f} | {start:.1f} s | {wall:.1f} s | {cpu:.1f} s | {batch:.1f} | "
            f"{memory:.0f} MB | {ends}; {lost} lost, {twice} twice |"
        )


def main() -> None:
    """Make pictures, run each engine in turn, print medians."""
    if sys.argv[1:2] == ["--child"]:
        engine, source, folder, out, log = sys.argv[2:]
        return ENGINES[engine](source, Path(folder), Path(out), log)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--sources", nargs="+", choices=["parquet", "files"], default=["parquet", "files"])
    parser.add_argument("--python", nargs="*", default=[], metavar="ENGINE=PATH", help="the interpreter of an engine")
    parser.add_argument("--kill", action="store_true", help="end a worker by SIGKILL midway")
    parser.add_argument("--limit", type=float, default=180, help="seconds a run may take")
    asked = parser.parse_args()
    pythons = dict(pair.split("=", 1) for pair in asked.python)
    columns = ("engine", "source", "images/s", "start", "whole run", "CPU", "batch", "memory", "end")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    with tempfile.TemporaryDirectory() as folder:
        make_pictures(asked.pictures, Path(folder))
        for source in asked.sources:
            runs: dict[str, list[Run]] = {engine: [] for engine in asked.engines}
            for _ in range(asked.rounds):
                for engine in asked.engines:
                    python = pythons.get(engine, sys.executable)
                    run = measure(engine, python, source, Path(folder), asked.pictures, asked.kill, asked.limit)
                    runs[engine].append(run)
                    print(json.dumps({"engine": engine, "source": source, **vars_of(run)}), file=sys.stderr)
            _report(runs, source)
    return None


def vars_of(run: Run) -> dict[str, object]:
    """A run's figures by name, rounded."""
    names = Run.__dataclass_fields__
    return {name: round(v, 1) if isinstance(v := getattr(run, name), float) else v for name in names}


if __name__ == "__main__":
    main()
