import typer
from typer.testing import CliRunner

from imgrank.backbone import catalogue
from imgrank.backbone.catalogue import CatalogueEntry
from imgrank.cli.backbones import backbones

ENTRIES = [
    CatalogueEntry("mini", True, 44_000_000, False, None),
    CatalogueEntry("ViT-B-32/openai", False, 605_120_000, True, 0.6332),
    CatalogueEntry("RN50/yfcc15m", False, 0, True, None),
]


def _run(monkeypatch, *arguments):
    monkeypatch.setattr(catalogue, "catalogue", lambda: ENTRIES)
    app = typer.Typer()
    app.command()(backbones)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_each_backbone_is_a_line_with_what_is_known_of_it(monkeypatch):
    assert _run(monkeypatch) == [
        "mini\ton disk\t44 MB\t",
        "ViT-B-32/openai\t\t~605 MB\t63.3%",
        "RN50/yfcc15m\t\t\t",
    ]


def test_the_list_can_be_narrowed(monkeypatch):
    assert [line.split("\t")[0] for line in _run(monkeypatch, "vit")] == ["ViT-B-32/openai"]
    assert [line.split("\t")[0] for line in _run(monkeypatch, "--on-disk")] == ["mini"]
