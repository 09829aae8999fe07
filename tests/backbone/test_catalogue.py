import pytest

from imgrank.backbone.catalogue import catalogue, known_rate, measure_rate, read_published
from imgrank.backbone.download import cached_weights
from imgrank.backbone.names import CHOICES, parse_name, pretrained


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
