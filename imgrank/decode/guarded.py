"""Decoding in processes of their own: where a decoder crashes, hangs or eats all memory, it costs one picture.

A worker starts when the first such picture appears, is kept for the next one, and ends with its input.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypeVar

from PIL import Image

from imgrank.decode.budget import spend
from imgrank.decode.shrink import FULL_SIZE, Luma, Target
from imgrank.decode.sniff import HEIC, JXL
from imgrank.decode.unreadable import DecodeError

_T = TypeVar("_T")

_SECONDS_A_PICTURE = 60.0
_NEEDS = {HEIC: ("pi_heif", "pi-heif"), JXL: ("pillow_jxl", '"imgrank[jxl]"')}
# Not `-m`: it would look for modules in the current folder, which holds a stranger's files.
_START = "import sys; sys.path[:] = sys.argv[1:]; from imgrank.decode.worker import main; main()"


def read_guarded(data: bytes, kind: str, target: Target) -> Image.Image:
    """The picture in `data`, made into `target`. Raises DecodeError, also where the decoder died."""
    return _guarded(data, kind, target, False, lambda image: image)


def measure_guarded(data: bytes, kind: str, measure: Callable[[Luma], _T], max_megapixels: float) -> _T:
    """What `measure` makes of the picture in `data` at its full size. Raises as `read_guarded`."""
    target = Target(FULL_SIZE, False, "bicubic", max_megapixels)
    return _guarded(data, kind, target, True, lambda image: measure(Luma(image)))


def _guarded(data: bytes, kind: str, target: Target, in_grey: bool, use: Callable[[Image.Image], _T]) -> _T:
    library, package = _NEEDS.get(kind, ("", ""))
    if library and find_spec(library) is None:
        raise DecodeError(f"a {kind} image; to read it: pip install {package}")
    with ExitStack() as memory:
        return use(_ask_a_worker(_Request(data, kind, target, in_grey), memory))


def _ask_a_worker(request: _Request, memory: ExitStack) -> Image.Image:
    try:
        worker = _IDLE.take()
    except OSError as error:
        raise DecodeError(f"the {request.kind} decoder could not be started") from error
    try:
        return worker.ask(request, memory)
    except (OSError, ValueError) as error:
        worker.end()
        raise DecodeError(f"the {request.kind} decoder crashed on it or took too long") from error
    except BaseException:  # Ctrl-C as well: a worker in the middle of a picture is of no use
        if not worker.is_ready:
            worker.end()
        raise
    finally:
        if worker.is_ready:
            _IDLE.give(worker)


def end_idle_workers() -> None:
    """Let the workers that wait for a picture go."""
    _IDLE.end_all()


@dataclass(frozen=True, slots=True)
class _Request:
    """A picture, and what to make of it: RGB of `target`, or its brightness alone."""

    data: bytes
    kind: str
    target: Target
    in_grey: bool


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

    def ask(self, request: _Request, memory: ExitStack) -> Image.Image:
        """The picture; what it takes of the memory for pictures is held in `memory`.

        Raises DecodeError as the worker gives it; OSError or ValueError where the worker died or was too slow.
        """
        self.is_ready = False
        with _Watch(self._process.kill) as watch:
            head = {"bytes": len(request.data), "kind": request.kind, "target": asdict(request.target)}
            send(_pipe(self._process.stdin), {**head, "in_grey": request.in_grey}, request.data)
            answer = json.loads(_pipe(self._process.stdout).readline())
            while "cost" in answer:
                memory.close()  # it asks once it has let go of what it had
                with watch.paused():
                    memory.enter_context(spend(float(answer["cost"])))
                send(_pipe(self._process.stdin), {}, b"")
                answer = json.loads(_pipe(self._process.stdout).readline())
            if "reason" not in answer:
                pixels = _pipe(self._process.stdout).read(answer["bytes"])
                image = Image.frombytes(answer["mode"], tuple(answer["size"]), pixels)
        self.is_ready = True
        if "reason" in answer:
            raise DecodeError(answer["reason"])
        return image

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class _Watch:
    """Calls `stop` once the time for one picture is over; the time that it waits for memory does not count."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop, self._left = stop, _SECONDS_A_PICTURE

    def __enter__(self) -> _Watch:
        self._go()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @contextmanager
    def paused(self) -> Iterator[None]:
        self._timer.cancel()
        self._left -= time.monotonic() - self._started
        try:
            yield
        finally:
            self._go()

    def _go(self) -> None:
        self._started = time.monotonic()
        self._timer = threading.Timer(max(0.0, self._left), self._stop)
        self._timer.daemon = True
        self._timer.start()


class _Idle:
    """Workers that wait, shared by threads."""

    def __init__(self) -> None:
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()

    def take(self) -> _Worker:
        with self._lock:
            while self._workers:
                worker = self._workers.pop()
                if worker.is_alive:
                    return worker
                worker.end()
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
