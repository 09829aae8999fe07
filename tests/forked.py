"""`imgrank` in a process of its own that need not begin from nothing.

Most of what a command costs is starting: Python, then torch. So a server imports them once, and forks for each command.
The forked process has the arguments, folder, environment and streams that it is given, and ends with an exit code like
any other. A test of how the process begins, of signals or of closed streams starts a real one instead.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[1]
SECONDS = 3600  # a hang ends then; a slow machine is none
PRELOADED = ("imgrank.cli.app", "imgrank.ranker", "imgrank.backbone.mini_image", "imgrank.training", "torch._dynamo")
HAS_FORK = hasattr(os, "fork") and hasattr(socket, "AF_UNIX")
SHIM = """\
#!{python} -IS
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server.sendmsg([len(asked).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
server.sendall(asked)
_, code = map(int, server.makefile().read().split())
os._exit(code if code >= 0 else 128 - code)
"""


def imgrank(*words, cwd=None, env=None, stdin=b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command as `subprocess.run` would with `capture_output`."""
    environment = dict(os.environ if env is None else env)
    if not HAS_FORK:
        command = [sys.executable, "-m", "imgrank", *map(str, words)]
        return subprocess.run(
            command, input=stdin, capture_output=True, cwd=cwd, env=environment, timeout=SECONDS, check=False
        )
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        given.write(stdin)
        given.seek(0)
        code = _ask(list(map(str, words)), str(cwd or os.getcwd()), environment, [given, out, errors])
        said = []
        for stream in (out, errors):
            stream.seek(0)
            said.append(stream.read())
    return subprocess.CompletedProcess(["imgrank", *words], code, *said)


def program(folder: Path) -> Path:
    """A folder for PATH whose `imgrank` has the server run it."""
    folder.mkdir()
    shim = folder / "imgrank"
    shim.write_text(SHIM.format(python=sys.executable, address=_server()), encoding="utf-8")
    shim.chmod(0o755)
    return folder


def _ask(words, cwd, environment, streams) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(_server())
        server.settimeout(SECONDS)
        asked = json.dumps([words, cwd, environment]).encode()
        rights = array.array("i", [stream.fileno() for stream in streams])
        server.sendmsg([len(asked).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        server.sendall(asked)
        child = None
        try:
            with server.makefile() as told:
                child = int(told.readline())
                return int(told.readline())
        except TimeoutError:
            if child is not None:
                os.kill(child, signal.SIGKILL)
            raise


@cache
def _server() -> str:
    """Where a server listens that ends with this process."""
    folder = tempfile.mkdtemp(prefix="imgrank-")  # not pytest's: the name of a socket must be short
    address = os.path.join(folder, "server")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", address],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert started.stdin is not None and started.stdout is not None
    atexit.register(started.stdin.close)
    assert started.stdout.readline() == b"ready\n", "the server that forks for commands did not start"
    return address


def _serve(address: str) -> None:
    """Fork for each who connects, until whoever started this has ended."""
    for name in PRELOADED:
        __import__(name)
    sys.modules["imgrank.cli.terminal"].LONG = SECONDS  # of a slow machine no line tells that it takes long
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        os.write(1, b"ready\n")
        if os.fork() == 0:
            os.read(0, 1)  # ends when the other end of standard input has gone
            os.unlink(address)
            os.rmdir(os.path.dirname(address))
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(0)
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """Run what is asked for in a child, and tell first its number, then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    begun, rights, *_ = connection.recvmsg(8, socket.CMSG_SPACE(3 * 4))
    streams = list(array.array("i", rights[0][2]))
    with connection.makefile("rb") as file:
        words, cwd, environment = json.loads(file.read(int.from_bytes(begun, "big")))
    child = os.fork()
    if child == 0:
        connection.close()
        os._exit(_run(words, cwd, environment, streams))
    connection.sendall(b"%d\n" % child)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % code)
    os._exit(0)


def _run(words: list[str], cwd: str, environment: dict[str, str], streams: list[int]) -> int:
    for at, stream in enumerate(streams):
        os.dup2(stream, at)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as `__main__` leaves it
    sys.argv = ["imgrank", *words]
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    from imgrank.cli.app import main

    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 (as Python itself would say it)
        traceback.print_exc()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 120  # as Python has it
    return code


def _stream(number: int, mode: str) -> TextIO:
    buffering = 1 if number == 2 else -1
    return open(number, mode, buffering, encoding="utf-8", errors="surrogateescape", closefd=False)


if __name__ == "__main__":
    _serve(sys.argv[1])
