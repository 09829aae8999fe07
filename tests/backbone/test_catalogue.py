import pytest

from imgrank.backbone.catalogue import catalogue, pretrained, read_published
from imgrank.backbone.download import cached_weights


def test_the_published_table_names_weights_that_open_clip_has():
    assert set(read_published()) <= set(pretrained())
    assert all(0.5 < row.imagenet_top1 < 0.9 for row in read_published().values())


def test_mini_comes_first_and_every_set_of_weights_follows():
    entries = catalogue()
    assert entries[0].name == "mini"
    assert {entry.name for entry in entries[1:]} == set(pretrained())


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
