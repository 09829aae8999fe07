"""`imgrank label` as typed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from typer import Typer
from typer.testing import CliRunner

import imgrank.ranker
import imgrank.web.server
from imgrank.cli import browser, label
from imgrank.errors import LabelsError, UsageError
from imgrank.web.controller import Controller
from tests.web.making import FakeRanker, photos

RUN = CliRunner()
APP = Typer()
APP.command()(label.label)
SERVER = """
import sys
from pathlib import Path
from imgrank.web.server import serve
from tests.web.making import make_controller
serve(make_controller(Path(sys.argv[1])), 0, lambda address: print(address, flush=True))
print("ended", flush=True)
"""


@pytest.fixture
def controllers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Controller]:
    """What would have been served, where the user stands in an empty folder beside the photographs."""
    made: list[Controller] = []

    def serve(controller: Controller, port: int, on_ready: object) -> None:
        made.append(controller)
        on_ready(f"http://127.0.0.1:{port}/?token=t")

    photos(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(imgrank.ranker, "Ranker", lambda *_: FakeRanker())
    monkeypatch.setattr(imgrank.web.server, "serve", serve)
    return made


def test_no_open_prints_the_address_and_answers_go_into_the_folder_one_stands_in(
    controllers: list[Controller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser.webbrowser, "open", lambda _: pytest.fail("a browser was opened"))
    result = RUN.invoke(APP, ["photos", "older person", "--no-open", "--port", "8123"])
    assert result.stdout == "http://127.0.0.1:8123/?token=t\n"
    assert controllers[0].settings.mode == "pairs"
    assert (tmp_path / "labels.csv").read_text() == "left,right,query,preferred\n"


def test_no_browser_gets_the_token_where_no_file_can_lead_it_there(
    controllers: list[Controller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_bytes(b"")
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(browser.webbrowser, "open", lambda _: pytest.fail("a browser was opened"))
    result = RUN.invoke(APP, ["photos", "older person"])
    assert result.stdout == "http://127.0.0.1:0/?token=t\n"
    assert "no browser could be opened; open the address above yourself." in result.stderr


def test_the_browser_is_led_to_the_address_by_a_file_and_is_told_no_token(
    controllers: list[Controller], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browse(url: str) -> bool:
        assert url.startswith("file:") and "token" not in url
        opened.append(Path(unquote(urlparse(url).path)).read_text())
        return True

    monkeypatch.setattr(browser.webbrowser, "open", browse)
    RUN.invoke(APP, ["photos", "older person"])
    assert len(opened) == 1 and "http://127.0.0.1:0/?token=t" in opened[0]


def test_values_have_a_unit_and_a_range(controllers: list[Controller]) -> None:
    typed = ["photos", "age", "--values", "--unit", "years", "--range", "90", "1", "--labels", "a.csv", "--no-open"]
    RUN.invoke(APP, typed)
    [controller] = controllers
    assert (controller.settings.mode, controller.settings.unit, controller.settings.low, controller.settings.high) == (
        "values",
        "years",
        1.0,
        90.0,
    )
    assert Path("a.csv").read_text() == "image,query,value\n"


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["photos"],
        ["photos", "x", "--values", "--stars"],
        ["nowhere", "x"],
        ["photos", "x", "--range", "1", "5"],
        ["photos", "x", "--values", "--range", "nan", "1"],
        ["photos", "x", "--values", "--range", "-inf", "1e400"],
        ["photos", "x", "--stars", "--unit", "years"],
        ["photos", "x", "--report", "labels.csv"],
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(controllers: list[Controller], typed: list[str]) -> None:
    assert isinstance(RUN.invoke(APP, [*typed, "--no-open"]).exception, UsageError)
    assert not controllers


def test_the_report_names_agreement_contradictions_and_circles(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(
        "left,right,query,preferred,person\n"
        "a.jpg,b.jpg,old,left,Ann\nb.jpg,c.jpg,old,left,Ann\nc.jpg,a.jpg,old,left,Ann\n"
        "b.jpg,a.jpg,old,right,Bob\nb.jpg,a.jpg,old,left,Bob\n"
    )
    told = RUN.invoke(APP, ["--report", str(file)]).stdout
    for part in ('"old"', "Ann: 3 answers", "100%", "a.jpg > b.jpg > c.jpg > a.jpg", "Ann and Bob", "lines 5, 6"):
        assert part in told, told


def test_a_report_on_something_else_says_so(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("image,query,value\na.jpg,old,3\n")
    assert isinstance(RUN.invoke(APP, ["--report", str(file)]).exception, UsageError)
    assert isinstance(RUN.invoke(APP, ["--report", str(tmp_path / "none.csv")]).exception, LabelsError)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("number", [signal.SIGINT])
def test_ctrl_c_ends_the_server_in_peace(tmp_path: Path, number: int) -> None:
    photos(tmp_path / "photos")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (0, "ended\n", "")
