"""HEIC and RAW are decoded in processes of their own: their libraries can crash, and the run must go on.

A worker starts when the first such picture appears, is kept for the next one, and ends with its input.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypeVar

from PIL import Image

from imgrank.decode.budget import BUDGET
from imgrank.decode.luma import Luma
from imgrank.decode.reasons import DecodeError
from imgrank.decode.sniff import HEIC
from imgrank.decode.target import FULL_SIZE, Target

_T = TypeVar("_T")

_SECONDS_A_PICTURE = 60.0
_RAW_COST = 0.15
_HEIC_PIXELS = 200e6
_HEADER_BYTES = 1 << 20
# Not `-m`: it would look for modules in the current folder, which holds a stranger's files.
_START = "import sys; sys.path[:] = sys.argv[1:]; from imgrank.decode.worker import main; main()"


def read_guarded(data: bytes, kind: str, target: Target) -> Image.Image:
    """The HEIC or RAW picture in `data`, made into `target`. Raises DecodeError, also where the decoder died."""
    return _guarded(data, kind, target, lambda image: image)


def look_guarded(data: bytes, kind: str, look: Callable[[Luma], _T], max_megapixels: float) -> _T:
    """What `look` makes of the HEIC or RAW picture in `data` at its full size. Raises as `read_guarded`."""
    target = Target(FULL_SIZE, False, "bicubic", max_megapixels)
    return _guarded(data, kind, target, lambda image: look(Luma(image)))


def _guarded(data: bytes, kind: str, target: Target, use: Callable[[Image.Image], _T]) -> _T:
    library, extra = ("pillow_heif", "heic") if kind == HEIC else ("rawpy", "raw")
    if find_spec(library) is None:
        raise DecodeError(f'a {kind} picture; to read it: pip install "imgrank[{extra}]"')
    with BUDGET.spend(_cost(data, kind)):
        return use(_ask_a_worker(data, kind, target))


def _ask_a_worker(data: bytes, kind: str, target: Target) -> Image.Image:
    try:
        worker = _IDLE.take()
    except OSError as error:
        raise DecodeError(f"the {kind} decoder could not be started") from error
    try:
        return worker.ask(data, kind, target)
    except (OSError, ValueError) as error:
        worker.end()
        raise DecodeError(f"the {kind} decoder crashed on it or took too long") from error
    except BaseException:
        if not worker.is_ready:
            worker.end()
        raise
    finally:
        if worker.is_ready:
            _IDLE.give(worker)


def _cost(data: bytes, kind: str) -> float:
    """The part of the budget that a worker will need; a HEIC says its sizes in boxes called ispe."""
    if kind != HEIC:
        return _RAW_COST
    boxes = [found.end() + 4 for found in re.finditer(b"ispe", data[:_HEADER_BYTES])]
    pixels = [int.from_bytes(data[at : at + 4], "big") * int.from_bytes(data[at + 4 : at + 8], "big") for at in boxes]
    return max(pixels, default=0) / _HEIC_PIXELS


def end_idle_workers() -> None:
    """Let the workers that wait for a picture go."""
    _IDLE.end_all()


class _Worker:
    """One process that decodes a picture at a time. `is_ready` is True between pictures."""

    def __init__(self) -> None:
        package_root = str(Path(__file__).resolve().parents[2])
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
            [sys.executable, "-c", _START, package_root, *filter(None, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
        )
        self.is_ready = True

    def ask(self, data: bytes, kind: str, target: Target) -> Image.Image:
        """Raises DecodeError as the worker gives it; OSError or ValueError where the worker died."""
        self.is_ready = False
        watchdog = threading.Timer(_SECONDS_A_PICTURE, self._process.kill)
        watchdog.start()
        try:
            request = {"bytes": len(data), "kind": kind, "target": asdict(target)}
            send(_pipe(self._process.stdin), request, data)
            answer = _pipe(self._process.stdout)
            head = json.loads(answer.readline())
            if "reason" not in head:
                image = Image.frombytes("RGB", tuple(head["size"]), answer.read(head["bytes"]))
        finally:
            watchdog.cancel()
        self.is_ready = True
        if "reason" in head:
            raise DecodeError(head["reason"])
        return image

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class _Idle:
    """Workers that wait, shared by threads."""

    def __init__(self) -> None:
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()

    def take(self) -> _Worker:
        with self._lock:
            if self._workers:
                return self._workers.pop()
        return _Worker()

    def give(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.append(worker)

    def end_all(self) -> None:
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()


def send(stream: IO[bytes], head: dict[str, object], body: bytes) -> None:
    """One message between the two processes: a line of JSON, then bytes."""
    stream.write(json.dumps(head).encode() + b"\n")
    stream.write(body)
    stream.flush()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise OSError("the worker has no pipe")
    return stream


_IDLE = _Idle()
atexit.register(end_idle_workers)
