"""Reading and decoding in a child process: a picture that crashes its decoder becomes a row with that reason.

Without it such a picture would take its worker along, the engine would run the same task on the next worker, and
so on to the last.
"""

from __future__ import annotations

import atexit
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from imgrank.index.format import IndexRow
from imgrank.index.items import SourceItem
from imgrank.index.pictures import Item, Prepared, prepare

CRASHED = "its decoder crashed on it, or took too long"
TOGETHER = 32  # pictures that a child is handed at once
_SECONDS_A_PICTURE = 60.0
_READERS = 8
_LENGTH = 8  # bytes of a message's length
# Not `-m`: it would look for modules in the current folder, which may hold a stranger's files.
_START = "import sys; sys.path[:] = sys.argv[1:]; from imgrank.engine.guarding import serve; serve()"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How pictures are decoded, as `imgrank.index.pictures.prepare` takes it."""

    side: int
    interpolation: str
    max_megapixels: float
    crop: bool = False


def prepare_guarded(items: Sequence[Item], decoding: Decoding, seconds: float = _SECONDS_A_PICTURE) -> list[Prepared]:
    """`prepare` for each item, in order. Never raises for a picture, nor ends with one.

    When the child dies, or answers nothing for `seconds` and a second a picture, each picture gets a child of its
    own; one that ends that too is a row with the reason.
    """
    done: list[Prepared] = []
    for start in range(0, len(items), TOGETHER):
        some = items[start : start + TOGETHER]
        answer = _CHILD.ask(some, decoding, seconds)
        done += answer if answer is not None else [_alone(item, decoding, seconds) for item in some]
    return done


def serve() -> None:
    """The child: answer each request until standard input ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not garble the answers
    with ThreadPoolExecutor(_READERS) as threads:
        while (request := _receive(requests)) is not None:
            items, decoding = pickle.loads(request)  # noqa: S301 - from our own parent, over a pipe
            read = partial(
                prepare,
                side=decoding.side,
                interpolation=decoding.interpolation,
                max_megapixels=decoding.max_megapixels,
                crop=decoding.crop,
            )
            _send(answers, pickle.dumps(list(threads.map(read, items)), pickle.HIGHEST_PROTOCOL))


def _alone(item: Item, decoding: Decoding, seconds: float) -> Prepared:
    answer = _CHILD.ask([item], decoding, seconds)
    if answer is not None:
        return answer[0]
    size, mtime_ns = (item.size, item.mtime_ns) if isinstance(item, SourceItem) else (None, None)
    return Prepared(IndexRow(item.path, None, size, mtime_ns, error=CRASHED), None)


class _Child:
    """One process, started when first asked, and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, items: Sequence[Item], decoding: Decoding, seconds: float) -> list[Prepared] | None:
        """What the child makes of the items; None where it died or was too slow."""
        with self._lock:
            process = self._process = self._process or _started()
            assert process.stdin is not None and process.stdout is not None
            watchdog = threading.Timer(seconds + len(items), process.kill)
            watchdog.start()
            try:
                _send(process.stdin, pickle.dumps((list(items), decoding)))
                answer = _receive(process.stdout)
            except OSError:
                answer = None
            finally:
                watchdog.cancel()
            if answer is None:
                self._end()
                return None
            made: list[Prepared] = pickle.loads(answer)  # noqa: S301 - from our own child, over a pipe
            return made

    def end(self) -> None:
        """Let the child go."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _started() -> subprocess.Popen[bytes]:
    package_root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
        [sys.executable, "-c", _START, package_root, *filter(None, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _send(stream: IO[bytes], body: bytes) -> None:
    stream.write(len(body).to_bytes(_LENGTH, "big") + body)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message, None where there is no more, or only half of one."""
    head = stream.read(_LENGTH)
    length = int.from_bytes(head, "big")
    body = stream.read(length) if len(head) == _LENGTH else b""
    return body if len(head) == _LENGTH and len(body) == length else None


_CHILD = _Child()
atexit.register(_CHILD.end)
