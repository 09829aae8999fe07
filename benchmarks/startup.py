"""Start-up: `imgrank --help`, and `sort` of 20 stored pictures from the start of its process to the last line.

    python benchmarks/startup.py [--small]

The fastest of several runs each, beside what importing torch alone costs.
"""

from __future__ import annotations

import sys

from figures import Figure, imgrank, run, script, temporary_home
from pictures import small_size, write_folder


def measure(small: bool) -> list[Figure]:
    import numpy as np

    times = 2 if small else 9
    rng = np.random.default_rng(3)
    with temporary_home() as home:
        folder = str(home / "photos")
        write_folder(home / "photos", 20, (small_size(rng) for _ in range(20)), 20)
        imgrank("sort", folder, "a cat")  # from here on its pictures and the sentence are stored
        figures = {
            "torch": min(run([sys.executable, "-c", "import torch"]).seconds for _ in range(times)),
            "help": min(imgrank("--help").seconds for _ in range(times)),
            "sort": min(imgrank("sort", folder, "a cat").seconds for _ in range(times)),
            "adapter": min(imgrank("sort", folder, "older person").seconds for _ in range(times)),
        }
    return [
        Figure("imgrank --help", figures["help"], "s", 0.3, less=True),
        Figure("sort of 20 stored pictures, zero-shot", figures["sort"], "s", 2.0, less=True),
        Figure("sort of 20 stored pictures, adapter", figures["adapter"], "s", 2.0, less=True),
        Figure("import torch alone", figures["torch"], "s"),
        Figure("sort, zero-shot, against importing torch", figures["sort"] / figures["torch"]),
    ]


if __name__ == "__main__":
    script(__doc__, measure)
