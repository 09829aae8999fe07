"""Ctrl-C and SIGTERM: what was done is printed and marked, and the exit code says it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

# A pipeline that waits to be stopped, in place of the real one: what the command line makes of it is tested here.
PROGRAM = """
import sys, time, types
from imgrank.cli import terminal
from imgrank.records import RankedImage, Ranking

terminal.LONG = 3600.0

class Ranker:
    def __init__(self, *_, **__): pass
    def __enter__(self): return self
    def __exit__(self, *_): pass

    def rank(self, sources, sentence, **_):
        partial = False
        try:
            print("waiting", file=sys.stderr, flush=True)
            time.sleep(3600)
        except KeyboardInterrupt:
            if sentence == "nothing done": raise
            partial = True
        return Ranking(sentence, (RankedImage(1, 0.5, 100.0, "a.jpg"),), (), "mini", "0" * 16, "zero-shot", None, None,
                       True, "cpu", 1, 0.1, partial)

sys.modules["imgrank.ranker"] = types.SimpleNamespace(Ranker=Ranker)
from imgrank.cli.app import main
main()
"""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals reach a child process on POSIX alone")


def stopped(signal_number, *words, program=PROGRAM):
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stderr.readline() == b"waiting\n"
    process.send_signal(signal_number)
    stdout, stderr = process.communicate(timeout=300)
    return process.returncode, stdout, stderr


@posix_only
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_done_is_printed_and_marked_partial(signal_number):
    code, stdout, stderr = stopped(signal_number, "sort", "photos", "a cat", "--format", "json")
    assert code == 130
    told = json.loads(stdout)
    assert told["partial"] is True
    assert [image["path"] for image in told["images"]] == ["a.jpg"]
    assert b"partial" in stderr


@posix_only
def test_a_partial_order_is_exit_130_even_under_strict():
    assert stopped(signal.SIGINT, "sort", "photos", "a cat", "--strict")[:2] == (130, b"a.jpg\n")


@posix_only
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_before_anything_was_done_is_one_line(signal_number):
    code, stdout, stderr = stopped(signal_number, "sort", "photos", "nothing done")
    assert (code, stdout) == (130, b"")
    assert stderr.count(b"\n") == 1
    assert b"Traceback" not in stderr


# Who presses Ctrl-C again does so while Python is on its way out.
AGAIN = "import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGINT)\n" + PROGRAM


@posix_only
@pytest.mark.parametrize("sentence", ["a cat", "nothing done"])
def test_ctrl_c_again_at_the_very_end_leaves_no_traceback(sentence):
    code, _, stderr = stopped(signal.SIGINT, "sort", "photos", sentence, program=AGAIN)
    assert code == -signal.SIGINT
    assert b"Traceback" not in stderr


# And who is quicker, while the first is being told.
AT_ONCE = """
import os, signal, sys

class Hasty:
    def __init__(self, stream): self.stream = stream
    def __getattr__(self, name): return getattr(self.stream, name)
    def write(self, text):
        self.stream.write(text)
        if "Interrupted" in text: os.kill(os.getpid(), signal.SIGINT)

sys.stderr = Hasty(sys.stderr)
""" + PROGRAM.replace(
    "from imgrank.cli.app import main\n",
    """
import imgrank.cli.app
imgrank.cli.app._prepare_streams = lambda: None
from imgrank.cli.app import main
""",
)


@posix_only
def test_ctrl_c_again_while_the_first_is_told_leaves_no_traceback():
    code, _, stderr = stopped(signal.SIGINT, "sort", "photos", "nothing done", program=AT_ONCE)
    assert (code, b"Interrupted." in stderr, b"Traceback" in stderr) == (130, True, False)


# Ctrl-C while what the command line is made of is still being imported.
IMPORTING = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "imgrank.cli.app":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["imgrank", "--version"]
runpy.run_module("imgrank", run_name="__main__")
"""


@posix_only
def test_ctrl_c_while_the_command_starts_leaves_no_traceback():
    done = subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""


@posix_only
def test_who_ignores_ctrl_c_still_does():
    """As with nohup, or a job that a script put into the background."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING],
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("imgrank ")


# A training that is stopped at once, or once its first ranker is saved, with or without a checkpoint of the network.
TRAINING = """
import sys
from pathlib import Path
from types import SimpleNamespace
from imgrank import training
from imgrank.adapter.registry import checkpoint_path
stopped = sys.argv.pop(1)

def train(labels, *, saved, **_):
    path = Path("made.safetensors")
    if stopped != "at once":
        saved(SimpleNamespace(path=path, seconds=1))
    if stopped == "checkpoint":
        checkpoint_path(path).touch()
    raise KeyboardInterrupt

training.train = train
from imgrank.cli.app import main
sys.argv[1:1] = ["train", "labels.csv", "--quiet"]
main()
"""


@pytest.mark.parametrize(
    ("stopped", "options", "told"),
    [
        (
            "at once",
            (),
            "no ranker was saved. To start again, run the same command; images that were encoded are kept.",
        ),
        ("at once", ("--no-cache",), "no ranker was saved. To start again, run the same command."),
        (
            "saved",
            (),
            "the first ranker is saved, made.safetensors; nothing of the network was kept yet; "
            "to train it, run the same command with --replace.",
        ),
        (
            "checkpoint",
            (),
            "the first ranker is saved, made.safetensors; to continue, run the same command with --resume.",
        ),
    ],
)
def test_a_training_that_is_stopped_says_what_was_kept_and_how_to_go_on(tmp_path, stopped, options, told):
    for number in range(8):
        (tmp_path / f"{number}.jpg").touch()
    rows = "".join(f"{number}.jpg,fluffier,{number}\n" for number in range(8))
    (tmp_path / "labels.csv").write_text(f"image,query,value\n{rows}")
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, stopped, *options], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (130, f"imgrank: Interrupted: {told}\n")
