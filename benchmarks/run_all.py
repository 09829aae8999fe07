"""Runs every benchmark of speed in turn and writes `docs/performance.md`.

    python benchmarks/run_all.py [--small]

Each script runs in a process of its own. Nothing else should run meanwhile. `--small` tries them all
and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import HEAD, ROOT, Figure, cores

PAGE = ROOT / "docs" / "performance.md"
SCRIPTS = {
    "startup": "Start-up",
    "indexing": "Indexing",
    "decoding": "Ways to decode",
    "tower": "Forms of the tower",
    "question": "A new question on stored pictures",
    "pairs": "Pairs",
    "training_epoch": "Training",
    "growth": "Growth",
    "store": "Reading the store",
    "gpu": "GPU",
}
INTRODUCTION = """# Performance

Made by `python benchmarks/run_all.py` in one run of {minutes:.0f} minutes. Every figure comes from the script named
above it, which compares in one run and runs by itself too. Seconds and rates belong to this machine,
ratios travel further.

Machine: {machine}.
"""


def machine() -> str:
    """Cores and software, without names."""
    import torch

    from imgrank.backbone.device import has_bf16

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else 0
    facts = [
        f"{cores()} cores ({platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"
        + (", bfloat16 in hardware)" if has_bf16("cpu") else ")"),
        f"{memory:.0f} GB of memory",
        platform.system(),
        f"Python {platform.python_version()}",
        f"PyTorch {torch.__version__.split('+')[0]}",
    ]
    return ", ".join(facts)


def run_script(name: str, small: bool, folder: Path) -> list[Figure]:
    """The figures of one script; what goes wrong in it is told and does not end the others."""
    found = folder / f"{name}.json"
    command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), "--json", str(found)]
    done = subprocess.run(command + ["--small"] * small, cwd=ROOT, check=False)
    if done.returncode:
        print(f"{name}.py ended with {done.returncode}", file=sys.stderr)
        return []
    return [Figure(**figure) for figure in json.loads(found.read_text())]


def section(name: str, title: str, figures: list[Figure]) -> str:
    """One script's part of the page."""
    rows = "\n".join(figure.row() for figure in figures) or "| the script failed | | | |"
    plot = "\n![Seconds and memory by the number of pictures](growth.png)\n" if name == "growth" else ""
    return f"## {title}\n\n`python benchmarks/{name}.py`\n{plot}\n{HEAD}\n{rows}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="try every script, write nothing")
    given = parser.parse_args()
    started, parts = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for name, title in SCRIPTS.items():
            print(f"\n{title}", flush=True)
            begun = time.perf_counter()
            parts.append(section(name, title, run_script(name, given.small, Path(folder))))
            print(f"({time.perf_counter() - begun:.0f} s)", flush=True)
    minutes = (time.perf_counter() - started) / 60
    if not given.small:
        PAGE.write_text("\n".join([INTRODUCTION.format(minutes=minutes, machine=machine()), *parts]), encoding="utf-8")


if __name__ == "__main__":
    main()
