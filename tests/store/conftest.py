from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_store(home: Path) -> None:
    """Every test has a store of its own."""
