"""Adapter files made to harm: each is refused with one clear line, and nothing of it is built."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from imgrank.adapter import files
from imgrank.adapter.config import AdapterConfig, tensor_shapes
from imgrank.adapter.model import unfilled_model
from imgrank.errors import AdapterError
from tests.adapter.making import adapter

Header = dict[str, Any]
Tensors = dict[str, Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adapters") / "good.safetensors"
    files.save(path, adapter())
    return path


def _rewritten(good: Path, target: Path, change: Callable[[Header, Tensors], object]) -> Path:
    with safe_open(good, framework="numpy") as file:
        header = json.loads(file.metadata()[files.METADATA_KEY])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    del header["header_digest"]  # who forges a header writes none, or the right one
    change(header, tensors)
    save_file(tensors, target, {files.METADATA_KEY: json.dumps(header)})
    return target


def _refused(path: Path, word: str | None = None) -> None:
    for read in (files.load, files.read_header):
        with pytest.raises(AdapterError, match=word) as error:
            read(path)
        assert "\n" not in str(error.value)
        assert str(error.value).isprintable()


def _set(header: Header, key: str, value: object) -> None:
    header[key] = value


HEADERS: dict[str, tuple[Callable[[Header, Tensors], object], str]] = {
    "newer format": (lambda h, t: _set(h, "format", 4), "format is 4"),
    "no format": (lambda h, t: h.pop("format"), "format"),
    "unknown architecture": (lambda h, t: _set(h, "architecture", "os.system"), "architecture 'os.system'"),
    "no config": (lambda h, t: h.pop("config"), "config"),
    "config with more": (lambda h, t: _set(h["config"], "device", "cuda"), "config does not hold exactly"),
    "config with less": (lambda h, t: h["config"].pop("width"), "config does not hold exactly"),
    "vast width": (lambda h, t: _set(h["config"], "width", 1 << 40), "width is 1099511627776"),
    "vast depth": (lambda h, t: _set(h["config"], "layers", 10**9), "layers"),
    "negative": (lambda h, t: _set(h["config"], "prompts", -1), "prompts"),
    "float size": (lambda h, t: _set(h["config"], "width", 16.0), "width"),
    "text size": (lambda h, t: _set(h["config"], "width", "16"), "width"),
    "pool that does not divide": (lambda h, t: _set(h["config"], "pool", 2), "6 tokens are no square grid"),
    "pool of nothing": (lambda h, t: _set(h["config"], "pool", 0), "pool is 0"),
    "dropout nan": (lambda h, t: _set(h["config"], "dropout", float("nan")), "dropout"),
    "dropout text": (lambda h, t: _set(h["config"], "dropout", "0"), "dropout"),
    "other sizes than the tensors": (lambda h, t: _set(h["config"], "text_width", 99), "shape"),
    "allowed but huge sizes": (lambda h, t: h["config"].update(width=2048, layers=24, mlp_ratio=8), "missing|shape"),
    "no queries": (lambda h, t: _set(h, "queries", []), "queries"),
    "queries no list": (lambda h, t: _set(h, "queries", {"0": 1}), "queries"),
    "a query that is text": (lambda h, t: _set(h, "queries", ["x", "y"]), "a query"),
    "too many queries": (lambda h, t: _set(h, "queries", h["queries"] * 500), "queries"),
    "no phrasing": (lambda h, t: _set(h["queries"][0], "phrasings", []), "phrasings"),
    "endless phrasing": (lambda h, t: _set(h["queries"][0], "phrasings", ["x" * 10_000]), "phrasing"),
    "escape sequence": (lambda h, t: _set(h["queries"][0], "phrasings", ["\x1b[2J", "b"]), "printable"),
    "line that turns around": (lambda h, t: _set(h["queries"][0], "unit", "years\u202egpj"), "printable"),
    "new line in the backbone": (lambda h, t: _set(h, "backbone", "mini\nrm -rf"), "printable"),
    "fingerprint is a number": (lambda h, t: _set(h, "fingerprint", 7), "fingerprint"),
    "scale of zero": (lambda h, t: _set(h["queries"][0], "scale", 0), "scale"),
    "scale nan": (lambda h, t: _set(h["queries"][0], "scale", float("nan")), "scale"),
    "mean infinite": (lambda h, t: _set(h["queries"][0], "mean", float("inf")), "mean"),
    "threshold true": (lambda h, t: _set(h, "threshold", True), "threshold"),
    "scorer that is not there": (lambda h, t: _set(h["queries"][0], "scorer", "ridge"), "scorer"),
    "unknown scorer": (lambda h, t: _set(h["queries"][0], "scorer", "eval"), "scorer"),
    "blend of what is not there": (lambda h, t: _set(h["queries"][0], "scorer", "blend"), "scorer"),
    "mix above one": (lambda h, t: _set(h["queries"][1], "mix", 1.5), "mix"),
    "figures are text": (lambda h, t: _set(h["queries"][0], "figures", "good"), "figures"),
    "srcc is text": (lambda h, t: _set(h["queries"][0]["figures"], "srcc", "good"), "srcc"),
    "a tensor more": (lambda h, t: _set(t, "model.../../x", np.zeros(1, np.float32)), "not one of an adapter"),
    "a tensor less": (lambda h, t: t.pop("model.prompts"), "model.prompts.* is missing"),
    "a tensor of another shape": (lambda h, t: _set(t, "model.prompts", np.zeros((3, 17), np.float32)), "shape"),
    "a tensor of integers": (lambda h, t: _set(t, "model.prompts", np.zeros((3, 16), np.int64)), "type"),
    "ridge too long": (lambda h, t: _set(t, "query.1.ridge", np.zeros(1000, np.float32)), "shape"),
}


@pytest.mark.parametrize("attack", HEADERS)
def test_a_header_that_lies_is_refused(attack: str, good: Path, tmp_path: Path) -> None:
    change, word = HEADERS[attack]
    _refused(_rewritten(good, tmp_path / "bad.safetensors", change), word)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(value: float, good: Path, tmp_path: Path) -> None:
    def poison(_: Header, tensors: Tensors) -> None:
        tensors["model.pair_head.first.bias"] = np.full_like(tensors["model.pair_head.first.bias"], value)

    with pytest.raises(AdapterError, match="not finite numbers"):
        files.load(_rewritten(good, tmp_path / "bad.safetensors", poison))


def test_the_shapes_of_a_vast_config_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    vast = AdapterConfig(4096, 8192, 8192, 8192, width=2048, heads=64, layers=24, mlp_ratio=8)
    shapes = {name: tuple(tensor.shape) for name, tensor in unfilled_model(vast).state_dict().items()}
    assert sum(int(np.prod(shape)) for shape in shapes.values()) > 10**9
    assert shapes == tensor_shapes(vast)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_file_cut_short_anywhere_is_refused(good: Path, tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    whole = good.read_bytes()
    path = tmp_path_factory.mktemp("cut") / "cut.safetensors"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    _refused(path)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_flipped_bits_give_an_adapter_error_or_finite_weights(
    good: Path, tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    whole = bytearray(good.read_bytes())
    end_of_header = 8 + struct.unpack("<Q", whole[:8])[0]
    position = data.draw(st.integers(0, end_of_header + 64))
    whole[position] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("flip") / "flip.safetensors"
    path.write_bytes(whole)
    try:
        loaded = files.load(path)
    except AdapterError as error:
        assert str(error).isprintable()
    else:
        assert all(p.isfinite().all() for p in loaded.model.parameters())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 64,
        struct.pack("<Q", 1 << 62) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        b"\x80\x04\x95cposix\nsystem\n(S'true'\ntR.",
        struct.pack("<Q", 200_000) + b'{"a":' * 40_000,
    ],
    ids=["empty", "zeros", "ones", "vast header", "no tensors", "a pickle", "nested deep"],
)
def test_what_is_no_adapter_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    _refused(path)
    assert not files.has_adapter_metadata(path)


def test_metadata_nested_deep_is_refused(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    save_file({}, path, {files.METADATA_KEY: '{"queries":' + "[" * 100_000})
    _refused(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "none.safetensors", "There is no ranker file")
    _refused(tmp_path, "regular file|ermission|cannot be read")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no FIFO")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe.safetensors"
    os.mkfifo(path)
    _refused(path, "regular file")


def test_a_file_of_any_size_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vast.safetensors"
    with path.open("wb") as file:
        file.truncate(files.LARGEST_FILE + 1)
    _refused(path, "more than any adapter")
