"""Every command that a page shows is run, and prints what the page says.

Blocks marked `console` show `$ command` and its output, those marked `sh` commands alone, `python` a program.
The blocks of one page run in order in one new folder that holds the example photographs. Their `imgrank` is forked
from a process that has imported it, but for the first of all, which begins as a user's does. In a shown output
`...` stands for anything. `<!-- not run: reason -->` on the line before a block keeps it from being run.
"""

from __future__ import annotations

import doctest
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import forked
from tests.docs.pages import PAGES, ROOT, RUNNABLE, Block, Step, blocks, steps

SECONDS = 600  # a page may train
OUTSIDE = dict(os.environ)  # read once: pytest changes its own variables while pages are walked in threads


def _environment(folder: Path) -> dict[str, str]:
    programs = [folder / ".home" / "programs", Path(sys.executable).parent]
    return {
        **OUTSIDE,
        "PATH": os.pathsep.join([*map(str, programs), OUTSIDE["PATH"]]),
        "IMGRANK_HOME": str(folder / ".home"),
        "COLUMNS": "100",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }


def _run(command: str, folder: Path) -> tuple[int, str, str]:
    """Run one command with a terminal as its standard output, as the reader would: (status, output, errors)."""
    pty = pytest.importorskip("pty", reason="the pages are shown on a Unix terminal")
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-ec", command],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=(errors := (folder / ".stderr").open("w+", encoding="utf-8")),
    )
    os.close(writer)
    output = b"".join(iter(lambda: _read(reader), b""))
    os.close(reader)
    status = process.wait(SECONDS)
    errors.seek(0)
    return status, output.decode("utf-8", "replace").replace("\r\n", "\n"), errors.read()


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # Linux says so when the last writer has gone
        return b""


def fault(step: Step, folder: Path) -> str | None:
    """What is wrong with a step when it is run in `folder`, or None."""
    status, output, errors = _run(step.command, folder)
    if status != 0:
        return f"exit {status}\n{output}{errors}"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if step.shown is not None and not doctest.OutputChecker().check_output(step.shown, output + errors, flags):
        return f"printed\n{output}{errors}"
    return None


def _to_run(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in RUNNABLE and block.reason is None]


@pytest.fixture(scope="module")
def read_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the example photographs, so that not every page encodes them and measures their sharpness."""
    folder = tmp_path_factory.mktemp("read-before")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for sentence in ("a cat", "sharpest photo"):
        assert fault(Step(f'imgrank sort examples/photos "{sentence}"', None), folder) is None
    return folder / ".home" / "cache"


def _with_programs(folder: Path) -> Path:
    """A folder for a page. Not made in a thread: the first program starts the server, once and in this environment."""
    (folder / ".home").mkdir()
    if forked.HAS_FORK:
        forked.program(folder / ".home" / "programs")
    return folder


def _walk(page: Path, folder: Path, read_before: Path) -> str | None:
    """The first fault of a page whose commands are run in `folder`, or None."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(read_before, folder / ".home" / "cache")
    for block in _to_run(page):
        for step in steps(block):
            wrong = fault(step, folder)
            if wrong is not None:
                return f"{page.name}:{block.line}: {step.command}\n{wrong}"
    return None


@pytest.fixture(scope="module")
def walks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, read_before: Path
) -> Iterator[dict[Path, Future[str | None]]]:
    """Walks of all pages that are asked for, two at a time: much of each is waiting."""
    asked = [item.callspec.params["page"] for item in request.session.items if "walks" in item.fixturenames]
    folders = {page: _with_programs(tmp_path_factory.mktemp("page")) for page in asked}
    with ThreadPoolExecutor(2) as pool:
        yield {page: pool.submit(_walk, page, folder, read_before) for page, folder in folders.items()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="the pages are written for a Unix shell")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if _to_run(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_commands_of_a_page_do_what_it_says(page: Path, walks: dict[Path, Future[str | None]]) -> None:
    wrong = walks[page].result()
    assert wrong is None, wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_block_that_shows_the_command_line_is_one_that_is_run(page: Path) -> None:
    for block in blocks(page):
        if block.language not in RUNNABLE:
            typed = [line for line in block.text.splitlines() if line.startswith(("$ ", "imgrank ", "pip install"))]
            assert not typed, f"{page.name}:{block.line} shows {typed[0]!r}: mark the block `console` or `sh`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_block_that_is_not_run_says_why(page: Path) -> None:
    for block in blocks(page):
        assert block.reason is None or len(block.reason.split()) > 2, f"{page.name}:{block.line}"
