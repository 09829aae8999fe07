"""What backbones there are, and how they are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.backbone.catalogue import catalogue, known_rate, measure_rate, read_published
from imgrank.backbone.download import cached_weights
from imgrank.backbone.names import CHOICES, BackboneName, close_matches, parse_name, pretrained
from imgrank.cli.backbones import larger_model
from imgrank.errors import BackboneError


def test_the_shipped_table_says_what_open_clip_says():
    """Of the weights that this version of open_clip knows; another version may know more."""
    known = pretrained()
    assert {row.name for row in read_published()} & set(known)
    for row in read_published():
        assert row.imagenet_top1 is None or 0 < row.imagenet_top1 < 0.9
        if row.name in known:
            assert (row.hub, row.url) == (known[row.name].get("hf_hub", ""), known[row.name]["url"])


def test_mini_comes_first_then_the_short_names_then_every_other_set_of_weights():
    entries = catalogue()
    assert [entry.short or entry.name for entry in entries[:4]] == ["mini", *CHOICES]
    assert {entry.name for entry in entries[1:]} >= set(pretrained())
    assert len({entry.name for entry in entries}) == len(entries)


@pytest.mark.parametrize("word", CHOICES)
def test_a_short_name_is_the_name_it_stands_for(word):
    assert parse_name(word) == parse_name(word.upper()) == parse_name(CHOICES[word])
    assert str(parse_name(word)) in pretrained()


def test_larger_short_names_are_larger_and_better():
    small, medium, best = catalogue()[1:4]
    assert small.size < medium.size < best.size
    assert small.imagenet_top1 < medium.imagenet_top1 < best.imagenet_top1
    assert {entry.licence for entry in (small, medium, best)} <= {"MIT", "Apache-2.0"}  # anyone may use them


def test_a_measured_rate_is_remembered(monkeypatch):
    from imgrank.backbone import catalogue

    monkeypatch.setattr(catalogue, "SECONDS", 0.0)
    assert known_rate("mini") is None
    rate = measure_rate("mini")
    assert known_rate("mini") == rate
    assert rate.images_per_second > 0


def test_weights_on_disk_are_seen_with_their_size(tmp_path):
    name = "ViT-B-32/laion2b_s34b_b79k"
    entry = next(entry for entry in catalogue() if entry.name == name)
    assert (entry.on_disk, entry.about) == (False, True)
    _store(tmp_path / "hub", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "open_clip_pytorch_model.bin", b"12345")
    entry = next(entry for entry in catalogue() if entry.name == name)
    assert (entry.on_disk, entry.about, entry.size) == (True, False, 5)


def _store(hub, repository, filename, content):
    """A file as the hub's cache keeps it."""
    folder = hub / f"models--{repository.replace('/', '--')}"
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc" / filename).write_bytes(content)


@pytest.mark.parametrize(
    ("hub_name", "stored"),
    [
        ("org/repo/", "open_clip_model.safetensors"),
        ("org/repo/", "open_clip_pytorch_model.bin"),
        ("org/repo/model.pt", "model.pt"),
        ("org/repo/model.bin", "model.safetensors"),
    ],
)
def test_files_of_a_hub_are_found_by_every_name_open_clip_takes(tmp_path, hub_name, stored):
    assert cached_weights({"hf_hub": hub_name}) is None
    _store(tmp_path / "hub", "org/repo", stored, b"x")
    found = cached_weights({"hf_hub": hub_name})
    assert found is not None
    assert found.name == stored


def test_files_from_an_address_are_found_in_open_clips_own_folder(tmp_path, monkeypatch):
    from imgrank.backbone import download

    monkeypatch.setattr(download, "URL_CACHE", str(tmp_path))
    config = {"url": "https://example.org/a/b/weights.pt", "hf_hub": ""}
    assert cached_weights(config) is None
    (tmp_path / "weights.pt").write_bytes(b"x")
    assert cached_weights(config) == tmp_path / "weights.pt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ViT-B-32/laion2b_s34b_b79k", BackboneName("ViT-B-32", tag="laion2b_s34b_b79k")),
        ("ViT-B/32/openai", BackboneName("ViT-B-32", tag="openai")),
        ("ViT-B-32/LAION2B-s34b-b79k", BackboneName("ViT-B-32", tag="laion2b_s34b_b79k")),
        ("RN50@weights.pt", BackboneName("RN50", file="weights.pt")),
        (r"RN50@C:\models\a@b.pt", BackboneName("RN50", file=r"C:\models\a@b.pt")),
        ("ViT-B/32@../x/y.safetensors", BackboneName("ViT-B-32", file="../x/y.safetensors")),
    ],
)
def test_both_forms_are_read(text, expected):
    assert parse_name(text) == expected


def test_the_home_folder_is_known_behind_the_name_of_a_model_where_no_shell_sees_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert parse_name("RN50@~/own.pt").file == f"{tmp_path}/own.pt"


@pytest.mark.parametrize("text", ["", "ViT-B-32", "/openai", "ViT-B-32/", "ViT-B-32@", "@file.pt", "mimi"])
def test_other_texts_are_refused(text):
    with pytest.raises(BackboneError, match="imgrank backbones") as refusal:
        parse_name(text)
    assert repr(text) in str(refusal.value)


WORD = st.text("abcXYZ019-_", min_size=1)


@given(model=WORD, tag=st.text("abc019_", min_size=1))
def test_a_name_reads_back_as_itself(model, tag):
    name = BackboneName(model, tag=tag)
    assert parse_name(str(name)) == name


def test_close_matches_disregard_case():
    assert close_matches("vit-b-23/OPENAI", ["ViT-B-32/openai", "RN50/openai"])[0] == "ViT-B-32/openai"
    assert close_matches("zzz", ["ViT-B-32/openai"]) == []


@pytest.mark.parametrize(
    ("sentence", "name"), [("a cat", "small"), ("猫", "medium"), ("...", "medium"), ("une photo floue", "medium")]
)
def test_whoever_asks_in_another_language_is_pointed_to_a_model_that_reads_it(sentence, name):
    assert f"--backbone {name} " in larger_model(sentence)
