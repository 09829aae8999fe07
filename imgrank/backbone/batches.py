"""Feeds a tower batches of one fixed size, and smaller ones after it ran out of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch.nn import functional

from imgrank.backbone.contract import Pixels
from imgrank.backbone.windows import Window, Windows
from imgrank.errors import BackboneError
from imgrank.parallel import map_on_cores
from imgrank.tokens import SMALLEST_SCALE, PackedTokens, joined

Forward = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
WindowForward = Callable[[torch.Tensor, Sequence[Window]], tuple[torch.Tensor, torch.Tensor]]
_T = TypeVar("_T")
Tower = TypeVar("Tower", bound=torch.nn.Module)

FIRST_BATCH = {"cpu": 16, "mps": 32, "cuda": 64}
LARGEST_BATCH = 512
SHARE_OF_MEMORY = 0.5  # of what a GPU has free: other programs may want some, and memory is never used without gaps
MOST_LANES = 16
FEW_CORES = 4  # of a large tower, whose weights more lanes would each read from memory
ROUNDS = 2


class DeviceMemory(Protocol):
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

    def __init__(self, device: str, lanes: int = 1, memory: DeviceMemory | None = None, moments: int = 0) -> None:
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
        self._try_out(lambda: self._one(pixels[:1], forward))
        return joined(self._in_batches(len(pixels), lambda rows: self._one(pixels[rows], forward)))

    def run_windows(self, windows: Windows, forward: WindowForward) -> PackedTokens:
        """The same of pictures that are seen in squares: what the squares of one say is put together."""
        self._try_out(lambda: self._squares(windows, slice(0, 1), forward))
        parts = self._in_batches(len(windows.pixels), lambda rows: self._squares(windows, rows, forward))
        tokens, embedding = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
        owners = torch.from_numpy(windows.owners).to(tokens.device)
        count = int(windows.owners[-1]) + 1
        whole = torch.zeros(count, *tokens.shape[1:], device=tokens.device).index_add_(0, owners, tokens)
        mean = torch.zeros(count, embedding.shape[1], device=tokens.device).index_add_(0, owners, embedding)
        return packed_by_torch(whole, functional.normalize(mean, dim=-1), self._moments)

    def _in_batches(self, count: int, one: Callable[[slice], _T]) -> list[_T]:
        """What `one` makes of each batch of `count` rows; a batch is halved where memory does not suffice."""
        parts: list[_T] = []
        at = 0
        while at < count:
            end = min(at + self.at_once, count)
            batches = [slice(start, min(start + self.size, end)) for start in range(at, end, self.size)]
            try:
                parts += [one(batch) for batch in batches] if self._lanes == 1 else map_on_cores(one, batches)
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            else:
                at = end
                continue
            self._halve()
        return parts

    def _one(self, batch: Pixels, forward: Forward) -> PackedTokens:
        with torch.inference_mode():
            outputs = forward(torch.from_numpy(_fill(batch, self.size)).to(self.device))
            return packed_by_torch(*outputs, self._moments)[: len(batch)]

    def _squares(self, windows: Windows, rows: slice, forward: WindowForward) -> tuple[torch.Tensor, torch.Tensor]:
        batch, places = windows.pixels[rows], list(windows.places[rows])
        filled = places + places[-1:] * (self.size - len(places))
        with torch.inference_mode():
            pixels = torch.from_numpy(_fill(batch, self.size)).to(self.device)
            tokens, embedding = forward(pixels, filled)
            return tokens[: len(batch)].float(), embedding[: len(batch)].float()

    def _try_out(self, one_picture: Callable[[], object]) -> None:
        memory, self._untried = self._untried, None
        if memory is None:
            return
        try:
            taken = memory.taken_by(one_picture)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        else:
            self.size = fitting_size(self.size, taken, memory.free())

    def _halve(self) -> None:
        # Called outside the except block: the error's traceback would hold on to the tensors of the failed run.
        if self.size == 1:
            raise BackboneError(f"{self.device} has too little memory for even one image.", "Use {device} cpu.")
        self.size //= 2
        if self.device == "cuda":
            torch.cuda.empty_cache()


def runner_of_large_towers(device: str) -> BatchRunner:
    """Batches side by side on a processor of few cores, while pictures are decoded on them as well."""
    cores = torch.get_num_threads()
    return BatchRunner(device, lanes=cores if cores <= FEW_CORES else 1)


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
        raise BackboneError(
            "the weights of the backbone are damaged or of another model: they give values that are not finite numbers"
        )
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


def channels_last(tower: Tower) -> Tower:
    """The tower, its weights in the order in which convolutions are quickest."""
    # torch takes this call, which its stubs do not know
    return tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]  # torch declares no form of it
