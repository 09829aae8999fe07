import numpy as np
import pytest
import torch

from imgrank.backbone.batches import BatchRunner
from imgrank.errors import BackboneError


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
