"""What holds for every test."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from imgrank import Ranker

# One thread an operation: with small tensors two threads wait for each other longer than they sum, on a busy machine
# by far. Tests about threads set their number themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Where the tests run in the background, Ctrl-C may be ignored from birth, and each process they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine takes what time it takes. And what is landed is judged by the same examples each time: a law that holds
# but for a tie of rounded numbers would else fail once in a thousand runs, for whoever comes then. The long runs, or
# `--hypothesis-profile "by chance"`, look for new ones.
_NO_CLOCK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("by chance", _NO_CLOCK)
settings.register_profile("the same each time", _NO_CLOCK, derandomize=True)
settings.load_profile("the same each time")

# Files are dealt out in this order: those whose tests fork come first, for a fork costs the more the more memory this
# process holds, and it grows from file to file; then the longest, that no worker is left with one of them at the end.
FIRST = (
    "faults/actions",
    "training/test_train.py",
    "docs/test_commands.py",
    "engine/test_ray.py",
    "browser/test_open_outside.py",
    "browser/test_open.py",
    "browser/test_open_more.py",
    "browser/test_open_states.py",
    "cli/test_sort.py",
    "engine/test_processors.py",
    "index/test_store_of_objects.py",
    "faults/images/test_sort.py",
    "backbone/test_families.py",
)


@pytest.fixture(autouse=True)
def _ctrl_c_ends_a_test() -> Iterator[None]:
    """A command that was run in this process leaves Ctrl-C to the system, as the end of a process does."""
    yield
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "soak":
        settings.load_profile("by chance")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # else files with few tests come last, be they ever so long


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path.relative_to(Path(__file__).parent).as_posix()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test draws does not depend on the tests that ran before it in this process."""
    random.seed(0)
    for name, seed in (("numpy", "random.seed"), ("torch", "manual_seed")):
        if name in sys.modules:
            attrgetter(seed)(sys.modules[name])(0)


def pytest_collection_finish() -> None:
    """What is imported by now stays: no collection of garbage need look at it again, nor write to it after a fork."""
    gc.collect()
    gc.freeze()


def _turn(file: str) -> int:
    return next((turn for turn, name in enumerate(FIRST) if file.startswith(name)), len(FIRST))


@pytest.fixture(scope="session", autouse=True)
def trash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test touches the user's trash: all have one of their own, set before anything reads where it is."""
    folder = tmp_path_factory.mktemp("xdg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        yield folder / "Trash"


@pytest.fixture(scope="session", autouse=True)
def _no_word_of_what_takes_long() -> Iterator[None]:
    """A command says on a slow machine what it says on a quick one; the line about what takes long has tests."""
    from imgrank.cli import terminal

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "LONG", 3600.0)
        yield


@pytest.fixture(scope="module", autouse=True)
def _home_of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches what the user keeps: each file of tests has a cache, adapters and a history of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGRANK_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for one test."""
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def ranker() -> Iterator[Ranker]:
    """`mini`, with the rankers that ship."""
    from imgrank import Ranker

    with Ranker() as made:
        yield made
