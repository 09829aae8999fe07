"""Which adapters there are, each read from its file once."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank import paths
from imgrank.adapter import files, registry
from imgrank.adapter.registry import Shelf
from imgrank.errors import AdapterError
from tests.adapter.making import adapter


@pytest.fixture(autouse=True)
def shipped(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shipped = tmp_path / "weights"
    shipped.mkdir()
    monkeypatch.setattr(paths, "weights_dir", lambda: shipped)
    return shipped


def _install(name: str, **header: object) -> Path:
    path = registry.adapter_path(name)
    files.save(path, adapter(**header))
    return path


def test_nothing_is_installed_at_first() -> None:
    assert registry.installed_adapters() == registry.Installed((), ())
    with pytest.raises(AdapterError, match="None is installed"):
        registry.find_adapter("ages")


def test_own_and_shipped_adapters_are_found_and_other_weights_are_not(shipped: Path) -> None:
    _install("mine")
    files.save(shipped / "rankers.safetensors", adapter())
    (shipped / "mini.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    installed = registry.installed_adapters()
    assert [(a.name, a.shipped) for a in installed.adapters] == [("mine", False), ("rankers", True)]
    assert installed.damaged == ()
    assert registry.find_adapter("rankers").shipped


def test_an_own_adapter_hides_a_shipped_one_of_its_name(shipped: Path) -> None:
    _install("rankers")
    files.save(shipped / "rankers.safetensors", adapter())
    assert [a.shipped for a in registry.installed_adapters().adapters] == [False]


def test_a_damaged_file_is_named_and_does_not_hide_the_others() -> None:
    _install("good")
    bad = registry.adapter_path("bad")
    bad.write_bytes(b"no adapter")
    installed = registry.installed_adapters()
    assert [a.name for a in installed.adapters] == ["good"]
    assert [fault.path for fault in installed.damaged] == [str(bad)]
    with pytest.raises(AdapterError, match="cannot be used"):
        registry.find_adapter("bad")
    assert registry.remove("bad") == (bad,)


def test_an_adapter_is_found_by_its_file(tmp_path: Path) -> None:
    files.save(tmp_path / "other" / "x.safetensors", adapter())
    assert registry.find_adapter(str(tmp_path / "other" / "x.safetensors")).name == "x"


def test_a_name_that_is_almost_right_gets_a_hint() -> None:
    _install("elderly")
    with pytest.raises(AdapterError, match="Did you mean elderly"):
        registry.find_adapter("eldery")
    with pytest.raises(AdapterError, match="The rankers are: elderly"):
        registry.find_adapter("zzz")


def test_removing_takes_the_file_its_card_and_a_run_that_was_stopped_and_nothing_else() -> None:
    path, other = _install("ages"), _install("other")
    beside = {registry.card_path(path), registry.checkpoint_path(path)}
    for each in beside:
        each.write_text("of this ranker")
    assert set(registry.remove("ages")) == {path, *beside}
    assert not any(each.exists() for each in (path, *beside))
    assert other.exists()


def test_a_shipped_adapter_stays(shipped: Path) -> None:
    files.save(shipped / "rankers.safetensors", adapter())
    with pytest.raises(AdapterError, match="cannot be removed"):
        registry.remove("rankers")
    assert (shipped / "rankers.safetensors").exists()


@pytest.mark.parametrize("name", ["older people", "ages-2.1", "Größe", "年齢", "a", "x" * 64])
def test_plain_names_are_names(name: str) -> None:
    assert registry.adapter_path(name).parent == paths.adapters_dir()


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
