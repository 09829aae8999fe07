"""Feeds a tower batches of one fixed size, and smaller ones after it ran out of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

from imgrank.errors import BackboneError
from imgrank.tokens import PackedTokens, pack

Pixels = npt.NDArray[np.uint8]
Forward = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

FIRST_BATCH = {"cpu": 16, "mps": 32, "cuda": 64}


class BatchRunner:
    """Runs pixels (N, side, side, 3) through `forward`, always `size` pictures at once.

    Kernels are picked by shape: a picture keeps its tokens whatever its batch mates only while the batch
    keeps its size, so the last one is filled up by repeating its last picture. Memory that does not
    suffice halves `size` for good.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.size = FIRST_BATCH[device]

    def run(self, pixels: Pixels, forward: Forward) -> PackedTokens:
        """Tokens of N > 0 pictures, in their order.

        Raises BackboneError where the device has no room for even one picture, or the tokens are no numbers.
        """
        parts = list(self._parts(pixels, forward))
        tokens, embeddings = (np.concatenate(part) for part in zip(*parts, strict=True))
        try:
            return pack(tokens, embeddings)
        except ValueError as error:
            raise BackboneError(f"the backbone's weights are damaged or foreign: its {error}") from error

    def _parts(self, pixels: Pixels, forward: Forward) -> Iterator[tuple[npt.NDArray[np.float32], ...]]:
        at = 0
        while at < len(pixels):
            batch = pixels[at : at + self.size]
            try:
                outputs = forward(torch.from_numpy(_fill(batch, self.size)).to(self.device))
                part = tuple(output[: len(batch)].float().cpu().numpy() for output in outputs)
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            else:
                yield part
                at += len(batch)
                continue
            self._halve()

    def _halve(self) -> None:
        # Called outside the except block: the error's traceback would hold on to the tensors of the failed run.
        if self.size == 1:
            raise BackboneError(f"{self.device} has too little memory for even one picture; use --device cpu")
        self.size //= 2
        if self.device == "cuda":
            torch.cuda.empty_cache()


def _fill(batch: Pixels, size: int) -> Pixels:
    return np.concatenate([batch, np.repeat(batch[-1:], size - len(batch), axis=0)])


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in str(error).lower()
