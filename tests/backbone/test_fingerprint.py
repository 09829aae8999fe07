import os

import pytest

from imgrank.backbone import fingerprint as module
from imgrank.backbone.fingerprint import fingerprint, weights_hash
from imgrank.paths import backbones_file


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"some weights")
    return path


def test_it_is_sixteen_hex_digits_and_the_same_again(weights):
    first = fingerprint({"width": 3}, [weights], {"side": 224})
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert fingerprint({"width": 3}, [weights], {"side": 224}) == first


def test_everything_that_shapes_tokens_changes_it(weights, tmp_path, monkeypatch):
    other = tmp_path / "other.bin"
    other.write_bytes(b"more weights")
    base = fingerprint({"width": 3}, [weights], {"side": 224})
    prints = {
        base,
        fingerprint({"width": 4}, [weights], {"side": 224}),
        fingerprint({"width": 3}, [weights], {"side": 225}),
        fingerprint({"width": 3}, [other], {"side": 224}),
        fingerprint({"width": 3}, [weights, other], {"side": 224}),
    }
    monkeypatch.setattr(module, "TOKENS_VERSION", module.TOKENS_VERSION + 1)
    prints.add(fingerprint({"width": 3}, [weights], {"side": 224}))
    assert len(prints) == 6


def test_name_and_place_of_the_weights_do_not_matter(weights, tmp_path):
    before = fingerprint({}, [weights], {})
    assert fingerprint({}, [weights.rename(tmp_path / "renamed")], {}) == before


def test_weights_are_read_once(weights, monkeypatch):
    first = weights_hash(weights)
    monkeypatch.setattr(module, "_hash_bytes", lambda _: pytest.fail("read again"))
    assert weights_hash(weights) == first


def test_changed_weights_are_read_again(weights):
    before = weights_hash(weights)
    weights.write_bytes(b"other bytes!")  # of the same length
    os.utime(weights, ns=(1, 1))
    assert weights_hash(weights) != before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"weights": 3}', b"[" * 100_000])
def test_a_damaged_memory_only_costs_another_reading(weights, damage):
    before = weights_hash(weights)
    backbones_file().write_bytes(damage)
    assert weights_hash(weights) == before
    assert weights_hash(weights) == before


@pytest.mark.parametrize("entry", [None, 3, [], {}, {"stamp": None, "hash": "x"}, {"stamp": [1, 2]}])
def test_a_foreign_entry_counts_as_none(weights, entry):
    from imgrank.backbone.fingerprint import remember

    before = weights_hash(weights)
    remember(f"weights {weights}", entry)
    assert weights_hash(weights) == before


def test_without_a_cache_folder_it_works_all_the_same(weights, tmp_path, monkeypatch):
    before = weights_hash(weights)
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "a file"))
    assert weights_hash(weights) == before
