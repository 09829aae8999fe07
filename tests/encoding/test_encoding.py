"""Files to stored tokens: every readable picture gets its own, on a processor and on a GPU, whatever ends the run."""

from __future__ import annotations

import pytest
from PIL import Image

from imgrank.backbone.contract import Preprocessing
from imgrank.discover import discover
from imgrank.encoding import encode_files
from imgrank.errors import BackboneError
from imgrank.store import open_store
from imgrank.tokens import PackedTokens, TokenShape

SHAPE = TokenShape(tokens=1, width=1, embedding=1)
PICTURES = 150


class Tower:
    """Its embedding is the mean of a picture; where it says that it is a GPU, it runs as one would."""

    name, fingerprint, shape, text_width = "fake", "0123456789abcdef", SHAPE, 1
    preprocessing = Preprocessing(4, (0.0,) * 3, (1.0,) * 3, "bicubic")

    def __init__(self, device: str, batch_size: int = 16) -> None:
        self.device, self.batch_size = device, batch_size
        self.batches: list[int] = []

    def encode_images(self, pixels):
        self.batches.append(len(pixels))
        packed = PackedTokens.empty(len(pixels), SHAPE)
        packed.embedding[:, 0] = pixels.mean(axis=(1, 2, 3))
        return packed

    def encode_sentence(self, sentence):
        raise NotImplementedError

    def kinds(self, sentence):
        return None


class Broken(Tower):
    def encode_images(self, pixels):
        raise BackboneError("no room")


@pytest.fixture
def files(tmp_path):
    for number in range(PICTURES):
        Image.new("RGB", (5, 5), (number, number, number)).save(tmp_path / f"{number:03}.png")
    (tmp_path / "0300.png").write_bytes(b"broken")
    (tmp_path / "copy.png").write_bytes((tmp_path / "007.png").read_bytes())
    return discover([str(tmp_path)]).files


@pytest.fixture
def store():
    with open_store(Tower.fingerprint, SHAPE, cache=False, note=pytest.fail) as opened:
        yield opened


def _values(encoded, store):
    return store.read(encoded.digests).packed.embedding[:, 0].astype(int).tolist()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("batch_size", [16, 50, 512])
def test_every_picture_gets_its_own_tokens_in_input_order(files, store, device, batch_size):
    tower = Tower(device, batch_size)
    encoded = encode_files(files, tower, store, lambda _: None)
    assert _values(encoded, store) == [*range(PICTURES), 7]
    assert [item.path.rsplit("/")[-1][-8:] for item in encoded.skipped] == ["0300.png"]
    assert not encoded.partial
    assert all(size % batch_size == 0 for size in tower.batches[:-1])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_is_stored_is_not_encoded_again(files, store, device):
    encode_files(files, Tower(device), store, lambda _: None)
    tower = Tower(device)
    again = encode_files(files, tower, store, lambda _: None)
    assert tower.batches == []
    assert again.fresh == 0
    assert len(again.files) == PICTURES + 1


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_fault_of_the_tower_goes_on_up(files, store, device):
    with pytest.raises(BackboneError, match="no room"):
        encode_files(files, Broken(device), store, lambda _: None)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_an_interrupted_run_keeps_what_was_done(files, store, device):
    def stop(progress):
        if progress.done == 140:
            raise KeyboardInterrupt

    encoded = encode_files(files, Tower(device), store, stop)
    assert encoded.partial
    values = _values(encoded, store)
    assert 0 < len(values) < PICTURES
    assert values == list(range(len(values)))
    assert encoded.fresh == len(values)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_an_interruption_before_anything_is_done_goes_on_up(files, store, device):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_files(files, Tower(device), store, stop)
