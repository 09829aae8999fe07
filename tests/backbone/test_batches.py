import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imgrank.backbone.batches import LARGEST_BATCH, BatchRunner, packed_by_torch, runner_of_large_towers
from imgrank.errors import BackboneError
from imgrank.tokens import pack


def _forward(room=10**9, seen=None):
    """A tower whose token is the picture's first value; it has room for so many pictures at once."""

    def forward(pixels):
        if seen is not None:
            seen.append(len(pixels))
        if len(pixels) > room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        value = pixels[:, 0, 0, :1].float()
        return value[:, None, :], value

    return forward


def _pixels(count):
    return np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40])
def test_every_batch_has_one_size_and_the_order_stays(count):
    seen = []
    packed = BatchRunner("cpu").run(_pixels(count), _forward(seen=seen))
    assert set(seen) == {16}
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(count))


def test_mirrored_pictures_are_pictures_too():
    mirrored = _pixels(17)[:, :, ::-1]
    np.testing.assert_array_equal(BatchRunner("cpu").run(mirrored, _forward()).embedding[:, 0], np.arange(17))


@pytest.mark.parametrize("room", [1, 3, 4, 8])
def test_out_of_memory_halves_the_batch_and_goes_on(room):
    runner = BatchRunner("cpu")
    packed = runner.run(_pixels(40), _forward(room))
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(40))
    assert runner.size <= room < runner.size * 2


def test_no_room_for_one_picture_is_an_error_of_ours():
    with pytest.raises(BackboneError, match="memory"):
        BatchRunner("cpu").run(_pixels(3), _forward(0))


def test_other_faults_are_not_taken_for_it():
    def forward(_):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        BatchRunner("cpu").run(_pixels(3), forward)


def test_weights_that_give_no_numbers_are_named():
    def forward(pixels):
        nothing = torch.full((len(pixels), 1), torch.nan)
        return nothing[:, None, :], nothing

    with pytest.raises(BackboneError, match="weights"):
        BatchRunner("cpu").run(_pixels(3), forward)


@pytest.mark.parametrize("count", [1, 16, 47, 100])
def test_batches_side_by_side_give_the_same_in_the_same_order(count):
    seen = []
    runner = BatchRunner("cpu", lanes=3)
    assert runner.at_once % 48 == 0
    packed = runner.run(_pixels(count), _forward(seen=seen))
    assert set(seen) == {16}
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(count))


@pytest.mark.parametrize("room", [1, 5, 8])
def test_out_of_memory_halves_batches_side_by_side_too(room):
    runner = BatchRunner("cpu", lanes=2)
    packed = runner.run(_pixels(70), _forward(room))
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(70))
    assert runner.size <= room < runner.size * 2


class _FakeMemory:
    """A GPU with `room` bytes, of which a picture takes 100."""

    def __init__(self, room):
        self.room, self.tried = room, 0

    def free(self):
        return self.room

    def taken_by(self, work):
        self.tried += 1
        work()
        return 16 * 100


@pytest.mark.parametrize(
    ("room", "size"), [(100, 16), (16 * 200, 16), (32 * 200, 32), (100 * 200, 64), (10**9, LARGEST_BATCH)]
)
def test_a_batch_is_as_large_as_the_memory_of_a_gpu_allows(room, size):
    memory, seen = _FakeMemory(room), []
    runner = BatchRunner("cpu", memory=memory)
    packed = runner.run(_pixels(40), _forward(seen=seen))
    runner.run(_pixels(40), _forward(seen=seen))
    assert memory.tried == 1
    assert runner.size == size
    assert set(seen[1:]) == {size}
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(40))


def test_a_gpu_too_small_for_the_first_try_goes_on_with_less():
    runner = BatchRunner("cpu", memory=_FakeMemory(10**9))
    packed = runner.run(_pixels(40), _forward(5))
    assert runner.size == 4
    np.testing.assert_array_equal(packed.embedding[:, 0], np.arange(40))


@given(
    arrays(np.float32, (2, 3, 5), elements=st.floats(-1e4, 1e4, width=32)),
    arrays(np.float32, (2, 4), elements=st.floats(-1, 1, width=32)),
)
def test_packing_by_torch_is_packing(tokens, embedding):
    ours = packed_by_torch(torch.from_numpy(tokens), torch.from_numpy(embedding))
    theirs = pack(tokens, embedding)
    np.testing.assert_array_equal(ours.quantised, theirs.quantised)
    np.testing.assert_array_equal(ours.scales, theirs.scales)
    np.testing.assert_array_equal(ours.embedding, theirs.embedding)


@pytest.mark.parametrize(("cores", "lanes"), [(1, 1), (2, 2), (4, 4), (8, 1)])
def test_large_towers_run_side_by_side_on_few_cores(cores, lanes, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    runner = runner_of_large_towers("cpu")
    assert runner.at_once == (runner.size * 2 * lanes if lanes > 1 else runner.size)
    assert runner_of_large_towers("mps").at_once == 32
