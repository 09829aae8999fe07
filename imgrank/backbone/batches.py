"""Feeds a tower batches of one fixed size, and smaller ones after it ran out of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from imgrank.errors import BackboneError
from imgrank.parallel import map_on_cores
from imgrank.tokens import SMALLEST_SCALE, PackedTokens, joined

Pixels = npt.NDArray[np.uint8]
Forward = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

FIRST_BATCH = {"cpu": 16, "mps": 32, "cuda": 64}
LARGEST_BATCH = 512
SHARE_OF_MEMORY = 0.5  # of what a GPU has free: other programs may want some, and memory is never used without gaps
MOST_LANES = 16
ROUNDS = 2


class Memory(Protocol):
    """What is asked of a GPU's memory, in bytes."""

    def free(self) -> int:
        """How much nobody holds now."""
        ...

    def taken_by(self, work: Callable[[], object]) -> int:
        """The most that `work` holds at once."""
        ...


class BatchRunner:
    """Runs pixels (N, side, side, 3) through `forward`, always `size` pictures at once.

    Kernels are picked by shape: a picture keeps its tokens whatever its batch mates only while the batch
    keeps its size, so the last one is filled up by repeating its last picture. A GPU's first batch is tried out
    to see how large `size` may be; memory that does not suffice after all halves it for good. With `lanes`
    several batches run side by side on the processor, one core each: no core waits for another after each layer.
    The last `moments` rows of the tokens that `forward` gives are no places (see `imgrank.tokens`).
    """

    def __init__(self, device: str, lanes: int = 1, memory: Memory | None = None, moments: int = 0) -> None:
        self.device = device
        self._moments = moments
        self.size = FIRST_BATCH[device]
        self._lanes = min(lanes, MOST_LANES) if device == "cpu" else 1
        self._untried = memory or (CudaMemory() if device == "cuda" else None)

    @property
    def at_once(self) -> int:
        """How many pictures a call does best with: several rounds side by side, so that an uneven end costs little."""
        return self.size * (ROUNDS * self._lanes if self._lanes > 1 else 1)

    def run(self, pixels: Pixels, forward: Forward) -> PackedTokens:
        """Tokens of N > 0 pictures, in their order.

        Raises BackboneError where the device has no room for even one picture, or the tokens are no numbers.
        """
        self._try_out(pixels[:1], forward)
        parts: list[PackedTokens] = []
        at = 0
        while at < len(pixels):
            rows = pixels[at : at + self.at_once]
            try:
                parts += self._side_by_side(rows, forward)
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            else:
                at += len(rows)
                continue
            self._halve()
        return joined(parts)

    def _side_by_side(self, rows: Pixels, forward: Forward) -> list[PackedTokens]:
        batches = [rows[at : at + self.size] for at in range(0, len(rows), self.size)]
        if self._lanes == 1:
            return [self._one(batch, forward) for batch in batches]
        return map_on_cores(lambda batch: self._one(batch, forward), batches)

    def _one(self, batch: Pixels, forward: Forward) -> PackedTokens:
        with torch.inference_mode():
            outputs = forward(torch.from_numpy(_fill(batch, self.size)).to(self.device))
            return packed_by_torch(*outputs, self._moments)[: len(batch)]

    def _try_out(self, picture: Pixels, forward: Forward) -> None:
        memory, self._untried = self._untried, None
        if memory is None:
            return
        try:
            taken = memory.taken_by(lambda: self._one(picture, forward))
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        else:
            self.size = fitting_size(self.size, taken, memory.free())

    def _halve(self) -> None:
        # Called outside the except block: the error's traceback would hold on to the tensors of the failed run.
        if self.size == 1:
            raise BackboneError(f"{self.device} has too little memory for even one picture; use --device cpu")
        self.size //= 2
        if self.device == "cuda":
            torch.cuda.empty_cache()


class CudaMemory:
    """The memory of the CUDA device in use."""

    def free(self) -> int:
        """Bytes that nobody holds, or torch holds without using them."""
        kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return int(torch.cuda.mem_get_info()[0] + kept)

    def taken_by(self, work: Callable[[], object]) -> int:
        """Bytes at the peak of `work`, above what was held before."""
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return int(torch.cuda.max_memory_allocated() - before)


def fitting_size(tried: int, taken: int, free: int) -> int:
    """The largest doubling of a batch of `tried` pictures, which took `taken` bytes, that fits well into `free`."""
    size = tried
    while 2 * size <= LARGEST_BATCH and taken * 2 * size / tried <= SHARE_OF_MEMORY * free:
        size *= 2
    return size


def packed_by_torch(tokens: torch.Tensor, embedding: torch.Tensor, moments: int = 0) -> PackedTokens:
    """What `imgrank.tokens.pack` makes of rows (B, P + M, D) and embedding (B, E), made where they are: a quarter of
    the bytes leave the device. Raises BackboneError on values that are not finite."""
    tokens, embedding = tokens.float(), embedding.float()
    if not bool(tokens.isfinite().all() & embedding.isfinite().all()):
        raise BackboneError("the backbone's weights are damaged or foreign: its tokens hold no finite numbers")
    scales = (tokens.abs().amax(-1) / 127).half().clamp_min(SMALLEST_SCALE)
    quantised = (tokens / scales.float().unsqueeze(-1)).round().clamp(-127, 127).to(torch.int8)
    return PackedTokens(quantised.cpu().numpy(), scales.cpu().numpy(), embedding.half().cpu().numpy(), moments)


def _fill(batch: Pixels, size: int) -> Pixels:
    if len(batch) == size:
        return np.ascontiguousarray(batch)  # torch takes no mirrored view
    return np.concatenate([batch, np.repeat(batch[-1:], size - len(batch), axis=0)])


def _is_out_of_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in text or "not enough memory" in text
