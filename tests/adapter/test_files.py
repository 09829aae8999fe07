"""What is saved is what is loaded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from imgrank.adapter import files
from imgrank.errors import AdapterError
from tests.adapter.making import adapter, packed, sentence


def test_an_adapter_comes_back_bit_for_bit(tmp_path: Path) -> None:
    saved = adapter(threshold=0.6, terms="for research alone")
    files.save(tmp_path / "ages.safetensors", saved)
    loaded = files.load(tmp_path / "ages.safetensors", saved.fingerprint)
    for name, tensor in saved.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor), name
    assert not loaded.model.training
    for mine, theirs in zip(saved.queries, loaded.queries, strict=True):
        assert (mine.phrasings, mine.unit, mine.mean, mine.scale) == (
            theirs.phrasings,
            theirs.unit,
            theirs.mean,
            theirs.scale,
        )
        assert (mine.relevance, mine.scorer, mine.metrics) == (theirs.relevance, theirs.scorer, theirs.metrics)
        np.testing.assert_array_equal(mine.embeddings, theirs.embeddings)
    np.testing.assert_array_equal(saved.queries[1].ridge, loaded.queries[1].ridge)
    header = loaded.header
    assert (header.name, header.backbone, header.threshold, header.terms) == ("ages", "mini", 0.6, "for research alone")


def test_the_same_adapter_gives_the_same_bytes_and_the_same_scores(tmp_path: Path) -> None:
    saved = adapter()
    for name in ("a", "b"):
        files.save(tmp_path / f"{name}.safetensors", saved)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    from imgrank.adapter.answering import score_tokens

    loaded = files.load(tmp_path / "a.safetensors")
    before, after = (score_tokens(a, packed(7), sentence(), a.queries[0]).value for a in (saved, loaded))
    np.testing.assert_array_equal(before, after)


def test_a_half_precision_file_is_half_as_large_and_loads_in_float32(tmp_path: Path) -> None:
    saved = adapter()
    files.save(tmp_path / "full.safetensors", saved)
    files.save(tmp_path / "half.safetensors", saved, half=True)
    full, half = ((tmp_path / f"{name}.safetensors").stat().st_size for name in ("full", "half"))
    numbers = saved.model.parameter_count()
    assert full - half == pytest.approx(2 * numbers, abs=200)
    loaded = files.load(tmp_path / "half.safetensors")
    assert all(p.dtype == torch.float32 for p in loaded.model.parameters())


def test_the_header_alone_says_what_the_file_holds(tmp_path: Path) -> None:
    files.save(tmp_path / "ages.safetensors", adapter())
    header = files.read_header(tmp_path / "ages.safetensors", shipped=True)
    assert header.shipped and header.path == tmp_path / "ages.safetensors"
    assert [q.name for q in header.queries] == ["older person", "more people"]
    found = header.query("Elderly")
    assert found is not None and found.name == "older person"
    assert header.query("a cat") is None


def test_an_adapter_that_holds_nan_is_not_written(tmp_path: Path) -> None:
    broken = adapter()
    with torch.no_grad():
        broken.model.prompts[0, 0] = float("nan")
    with pytest.raises(AdapterError, match="prompts"):
        files.save(tmp_path / "ages.safetensors", broken)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AdapterError, match=r"(?i)no space left"):
        files.save(path, adapter(seed=1))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_another_backbone_is_named(tmp_path: Path) -> None:
    files.save(tmp_path / "ages.safetensors", adapter())
    with pytest.raises(AdapterError, match="trained on the tokens of backbone mini"):
        files.load(tmp_path / "ages.safetensors", "f" * 16)


def _tensor_bytes(path: Path) -> tuple[int, int]:
    """Where the tensors of a file begin and end."""
    return 8 + int.from_bytes(path.read_bytes()[:8], "little"), path.stat().st_size


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """The header of a file, as text, and its tensors."""
    with safe_open(path, "np") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        return file.metadata()[files.METADATA_KEY], tensors


def _flip(path: Path, at: int) -> None:
    whole = bytearray(path.read_bytes())
    whole[at] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize("half", [False, True])
def test_a_flipped_bit_in_any_tensor_is_told_with_what_to_do(tmp_path: Path, half: bool) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter(), half)
    start, end = _tensor_bytes(path)
    for at in {start, *range(start, end, (end - start) // 40), end - 1}:
        _flip(path, at)
        with pytest.raises(AdapterError, match=r"is damaged: its weights \S+ are not those that were saved") as error:
            files.load(path)
        assert "Train it again" in error.value.remedy
        _flip(path, at)
    assert files.load(path).queries


def test_a_flipped_bit_in_what_a_question_is_compared_with_is_found_without_the_model(tmp_path: Path) -> None:
    path = tmp_path / "ages.safetensors"
    saved = adapter()
    files.save(path, saved)
    known = np.ascontiguousarray(saved.queries[0].embeddings, np.float32).tobytes()
    _flip(path, path.read_bytes().index(known))
    with pytest.raises(AdapterError, match=r"query\.0\.embeddings are not those that were saved"):
        files.read_header(path)


@pytest.mark.parametrize(
    ("said", "read"), [('"mean": 40.0', '"mean": 48.0'), ('"unit": "years"', '"unit": "yearr"'), ("elderly", "elderlx")]
)
def test_a_header_with_another_value_is_told_with_what_to_do(tmp_path: Path, said: str, read: str) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    metadata, tensors = _read(path)
    assert said in metadata
    save_file(tensors, path, {files.METADATA_KEY: metadata.replace(said, read)})
    with pytest.raises(AdapterError, match="is damaged: its header is not the one that was saved") as error:
        files.read_header(path)
    assert "Train it again" in error.value.remedy


def test_a_file_without_digests_loads_as_before(tmp_path: Path) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    metadata, tensors = _read(path)
    header = json.loads(metadata)
    assert set(header.pop("digests")) == set(tensors)
    del header["header_digest"]
    tensors["query.0.embeddings"][0, 0] += 1
    save_file(tensors, path, {files.METADATA_KEY: json.dumps(header)})
    assert files.load(path).queries[0].embeddings[0, 0] == tensors["query.0.embeddings"][0, 0]


def test_a_file_from_before_pooling_is_one_that_does_not_pool(tmp_path: Path) -> None:
    path = tmp_path / "ages.safetensors"
    files.save(path, adapter())
    metadata, tensors = _read(path)
    header = json.loads(metadata)
    del header["config"]["pool"], header["header_digest"]
    save_file(tensors, path, {files.METADATA_KEY: json.dumps(header)})
    assert files.load(path).header.config.pool == 1
