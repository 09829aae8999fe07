"""What is in the wheel: the package, its types, its weights with their cards, and no picture of anyone."""

from __future__ import annotations

import zipfile
from email import message_from_string
from pathlib import Path, PurePosixPath

import pytest
from hatchling.builders.wheel import WheelBuilder

from imgrank import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    [built] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return zipfile.ZipFile(built)


def _metadata(wheel: zipfile.ZipFile) -> dict[str, list[str]]:
    message = message_from_string(wheel.read(f"imgrank-{__version__}.dist-info/METADATA").decode("utf-8"))
    return {key: message.get_all(key, []) for key in message}


def test_it_holds_every_module_and_the_marker_of_types(wheel: zipfile.ZipFile) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "imgrank").rglob("*.py")}
    assert modules | {"imgrank/py.typed"} <= set(wheel.namelist())


def test_it_holds_every_file_of_the_pages(wheel: zipfile.ZipFile) -> None:
    static = ROOT / "imgrank" / "web" / "static"
    files = {path.relative_to(ROOT).as_posix() for path in static.rglob("*") if path.is_file()}
    assert {name for name in files if not name.endswith(".d.ts")} <= set(wheel.namelist())


def test_it_holds_the_backbone_that_needs_no_network(wheel: zipfile.ZipFile) -> None:
    assert {"imgrank/weights/mini.safetensors", "imgrank/weights/mini.tokenizer.json"} <= set(wheel.namelist())


def test_it_holds_every_shipped_weight_unchanged(wheel: zipfile.ZipFile) -> None:
    for path in (ROOT / "weights").rglob("*"):
        if path.is_file():
            assert wheel.read(f"imgrank/{path.relative_to(ROOT).as_posix()}") == path.read_bytes(), path.name


def test_every_shipped_weight_has_a_card_that_states_its_terms() -> None:
    for path in (ROOT / "weights").glob("*.safetensors"):
        card = path.with_suffix(".md")
        assert card.is_file(), f"{path.name} has no card"
        assert (
            "licen" in card.read_text(encoding="utf-8").lower() or "terms" in card.read_text(encoding="utf-8").lower()
        )


def test_it_holds_no_pictures_no_tests_and_nothing_unforeseen(wheel: zipfile.ZipFile) -> None:
    files = [PurePosixPath(name) for name in wheel.namelist()]
    assert {path.parts[0] for path in files} == {"imgrank", f"imgrank-{__version__}.dist-info"}
    kinds = {path.suffix for path in files if path.parts[0] == "imgrank"}
    assert kinds <= {".py", ".typed", ".safetensors", ".json", ".md", ".csv", ".html", ".css", ".js", ".svg", ".txt"}
    assert {path.name for path in files if path.suffix == ".txt" and path.parts[0] == "imgrank"} == {
        "lexicon.txt",
        "lexicon.license.txt",
    }


def test_it_carries_its_licence_and_says_what_it_is_for(wheel: zipfile.ZipFile) -> None:
    metadata = _metadata(wheel)
    assert metadata["License-Expression"] == ["Apache-2.0"]
    assert f"imgrank-{__version__}.dist-info/licenses/LICENSE" in wheel.namelist()
    assert {"heic", "raw", "test", "dev"} <= set(metadata["Provides-Extra"])


def test_it_installs_one_command(wheel: zipfile.ZipFile) -> None:
    entries = wheel.read(f"imgrank-{__version__}.dist-info/entry_points.txt").decode("utf-8")
    assert entries.split() == ["[console_scripts]", "imgrank", "=", "imgrank.__main__:main"]
