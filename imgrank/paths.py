"""Where imgrank keeps a user's own files. `IMGRANK_HOME` moves them all under one folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def _folder(kind: str, default: str) -> Path:
    home = os.environ.get("IMGRANK_HOME")
    return Path(home) / kind if home else Path(default) / "imgrank"


def tokens_dir() -> Path:
    """Image tokens: `tokens/<fingerprint>/`. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "tokens"


def text_dir() -> Path:
    """Text tokens by fingerprint and sentence. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "text"


def adapters_dir() -> Path:
    """Adapters the user trained, and their cards."""
    return _folder("data", platformdirs.user_data_dir()) / "adapters"


def journal_dir() -> Path:
    """One journal for each run that changed files: what undo reads."""
    return _folder("state", platformdirs.user_state_dir()) / "journal"


def weights_dir() -> Path:
    """The shipped weights: inside the package when installed, at the top level in a checkout."""
    inside = Path(__file__).parent / "weights"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "weights"
