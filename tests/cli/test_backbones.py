import pytest
import typer
from typer.testing import CliRunner

from imgrank.backbone import catalogue
from imgrank.backbone.catalogue import CatalogueEntry
from imgrank.cli.backbones import backbones

ENTRIES = [
    CatalogueEntry("mini", True, 44_000_000, False, None, "Apache-2.0"),
    CatalogueEntry("ViT-B-32/openai", False, 605_120_000, True, 0.6332, "MIT", "small"),
    CatalogueEntry("RN50/yfcc15m", False, 0, True, None),
]


pytestmark = pytest.mark.usefixtures("home")


def _run(monkeypatch, *arguments):
    monkeypatch.setattr(catalogue, "catalogue", lambda: ENTRIES)
    app = typer.Typer()
    app.command()(backbones)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_each_backbone_is_a_line_with_what_is_known_of_it(monkeypatch):
    assert _run(monkeypatch) == [
        "mini\ton disk\t44 MB\t\t\tApache-2.0\t",
        "ViT-B-32/openai\t\t~605 MB\t63.3%\tsmall\tMIT\t",
        "RN50/yfcc15m\t\t\t\t\t\t",
    ]


def test_the_list_can_be_narrowed(monkeypatch):
    assert [line.split("\t")[0] for line in _run(monkeypatch, "vit")] == ["ViT-B-32/openai"]
    assert [line.split("\t")[0] for line in _run(monkeypatch, "--on-disk")] == ["mini"]
    assert [line.split("\t")[0] for line in _run(monkeypatch, "small")] == ["ViT-B-32/openai"]


def test_a_terminal_gets_those_that_are_advised_and_all_by_all(monkeypatch):
    few, every = (_on_terminal(monkeypatch, *arguments) for arguments in ([], ["--all"]))
    assert "small" in few and "RN50" not in few and "1 more" in few
    assert "RN50/yfcc15m" in every and "ViT-B-32/openai" in every


@pytest.mark.parametrize("arguments", [["dinov2"], ["RN50", "--on-disk"]])
def test_an_empty_list_says_so(monkeypatch, capsys, arguments):
    said = [*_run(monkeypatch, *arguments), *capsys.readouterr().err.splitlines()]
    assert any(arguments[0] in line and "--all" in line for line in said)


def _on_terminal(monkeypatch, *arguments):
    from imgrank.cli import backbones as module

    class Terminal:
        isatty = staticmethod(lambda: True)

    class Sys:
        stdout = Terminal

    monkeypatch.setattr(module, "sys", Sys)
    return "\n".join(_run(monkeypatch, *arguments))
