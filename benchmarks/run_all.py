"""Runs every benchmark of speed in turn and writes `docs/experiments/speed.md`.

    python benchmarks/run_all.py [NAME...] [--small]

Each script runs in a process of its own. Nothing else should run meanwhile. With names, those scripts alone
run, and their sections are replaced. `--small` tries them and writes nothing.
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

PAGE = ROOT / "docs" / "experiments" / "speed.md"
SCRIPTS = {
    "startup": "Start-up",
    "indexing": "Indexing",
    "decoding": "Ways to decode",
    "profiles": "Colour profiles",
    "tower": "Forms of the tower",
    "question": "A new question on stored pictures",
    "pairs": "Pairs",
    "training_epoch": "Training",
    "growth": "Growth",
    "file_growth": "Growth of changing files",
    "store": "Reading the store",
    "gpu": "GPU",
}
INTRODUCTION = """# Speed

These tables were printed by `python benchmarks/run_all.py`. Each section is one run of the script that it names, and
everything it compares was measured in that run. Seconds and rates hold for this machine; ratios are more comparable.

Machine: {machine}.
"""


def machine() -> str:
    """Cores and software, without names."""
    import torch

    from imgrank.backbone.load import has_bf16

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


def sections(page: str) -> dict[str, str]:
    """The parts of a written page by their titles."""
    parts = page.split("\n## ")[1:]
    return {part.splitlines()[0]: f"## {part.rstrip()}\n" for part in parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SCRIPTS], help="scripts to run; else all")
    parser.add_argument("--small", action="store_true", help="try the scripts, write nothing")
    given = parser.parse_args()
    parts = sections(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in given.names or SCRIPTS:
            title = SCRIPTS[name]
            print(f"\n{title}", flush=True)
            begun = time.perf_counter()
            parts[title] = section(name, title, run_script(name, given.small, Path(folder)))
            print(f"({time.perf_counter() - begun:.0f} s)", flush=True)
            if not given.small:
                ordered = [parts[title] for title in SCRIPTS.values() if title in parts]
                PAGE.write_text("\n".join([INTRODUCTION.format(machine=machine()), *ordered]), encoding="utf-8")


if __name__ == "__main__":
    main()
