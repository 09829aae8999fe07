"""Adapters are read from their files once."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.adapter import files
from imgrank.adapter.registry import Shelf
from imgrank.errors import AdapterError
from tests.adapter.making import adapter


def test_an_adapter_is_read_once_and_again_where_its_file_changed(tmp_path: Path) -> None:
    path, shelf = tmp_path / "ages.safetensors", Shelf()
    files.save(path, adapter())
    header = files.read_header(path)
    first = shelf.load(header, header.fingerprint)
    assert shelf.load(header, header.fingerprint) is first
    files.save(path, adapter(seed=1, terms="other"))
    assert shelf.load(header, header.fingerprint).header.terms == "other"


def test_an_adapter_that_has_gone_is_said(tmp_path: Path) -> None:
    path, shelf = tmp_path / "ages.safetensors", Shelf()
    files.save(path, adapter())
    header = files.read_header(path)
    shelf.load(header, header.fingerprint)
    path.unlink()
    with pytest.raises(AdapterError, match="no ranker file"):
        shelf.load(header, header.fingerprint)
