"""The page quotes the model as its script prints it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_shows_what_the_script_prints():
    code = "from paper import Assumed, lines; print('\\n'.join(lines(Assumed())))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "benchmarks", capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() in (ROOT / "docs" / "experiments" / "scale.md").read_text(encoding="utf-8")
