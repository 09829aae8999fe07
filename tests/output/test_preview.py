"""The order on a terminal, a picture beside each rank."""

from __future__ import annotations

import io
import os
import re

import pytest
from PIL import Image
from rich.console import Console

from imgrank.choices import Format
from imgrank.cli.outputs import check_preview as check_asked
from imgrank.errors import UsageError
from imgrank.order import order
from imgrank.output import preview
from imgrank.output.preview import HEIGHT, WIDTH, HalfBlocks, check_preview, write_preview
from imgrank.records import Ranking


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def colours(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)


def ranking_of(folder, names, unit=None):
    paths = [str(folder / name) for name in names]
    for n, path in enumerate(paths):
        Image.new("RGB", (40, 30), (200, 10, 90 * n)).save(path, "PNG")
    images = order([float(len(paths) - n) for n in range(len(paths))], paths, [n < 2 for n in range(len(paths))])
    return Ranking("a cat", images, (), "mini", "0" * 16, "zero-shot", None, unit, True, "cpu", 0, 1.0)


def shown(ranking):
    stream = Terminal()
    write_preview(ranking, ranking.images, stream)
    return stream.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="Rich asks the Windows console, not the stream, for its colours")
def test_each_rank_stands_beside_its_picture_in_its_colours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = shown(ranking_of(tmp_path.relative_to(tmp_path), ["a.png", "b.png", "c.png"], "years"))
    assert text.index("3.00 years") < text.index("a.png") < text.index("2.00 years") < text.index("b.png")
    assert "3 images" in text
    drawn = [tuple(map(int, colour)) for colour in re.findall(r"38;2;(\d+);(\d+);(\d+)", text)]
    for n in range(3):
        assert any(abs(red - 200) + abs(green - 10) + abs(blue - 90 * n) < 20 for red, green, blue in drawn)
    assert text.count("▀") >= 3 * WIDTH


def test_no_control_character_of_a_name_and_no_markup_gets_through(tmp_path, monkeypatch):
    ranking = ranking_of(tmp_path, ["a.png"], "[red]u[/red]\x1b]0;owned\x07")
    if os.name != "nt":
        monkeypatch.chdir(tmp_path)
        ranking = ranking_of(tmp_path.relative_to(tmp_path), ["[b]\x1b]0;owned\x07.png"], "[red]u[/red]")
        assert "[b]\\x1b]0;owned\\x07.png" in shown(ranking)
    assert "\x1b]0" not in shown(ranking)
    assert "[red]u[/red]" in shown(ranking)


def test_a_picture_that_has_gone_leaves_its_place_and_the_reason(tmp_path):
    ranking = ranking_of(tmp_path, ["a.png", "b.png"])
    os.remove(ranking.images[0].path)
    text = " ".join(shown(ranking).split())
    assert "no thumbnail" in text
    assert "b.png" in text


@pytest.mark.parametrize("size", [(1, 1), (240, 1), (1, 240), (240, 160), (60, 240)])
def test_any_shape_fits_its_place_and_keeps_its_proportions(size):
    lines = Console(width=200, color_system="truecolor").render_lines(HalfBlocks(Image.new("RGB", size)), pad=False)
    width, height = sum(part.cell_length for part in lines[0]), len(lines)
    assert 1 <= width <= WIDTH and 1 <= height <= HEIGHT
    assert abs(width * size[1] - 2 * height * size[0]) <= 2 * max(size)


def test_pixels_are_drawn_where_textual_image_finds_them(tmp_path, monkeypatch):
    renderable = pytest.importorskip("textual_image.renderable", reason="textual-image is not installed")
    from textual_image._terminal import CellSize

    monkeypatch.setattr(renderable, "Image", renderable.SixelImage)
    monkeypatch.setattr("textual_image.renderable.sixel.get_cell_size", lambda: CellSize(10, 20))
    for stream in ("__stdin__", "__stdout__"):
        monkeypatch.setattr(f"sys.{stream}", Terminal())
    text = shown(ranking_of(tmp_path, ["a.png", "b.png"]))
    assert text.count("\x1bP") == 2
    assert "▀" not in text
    for size in [(240, 160), (60, 240), (240, 60)]:
        lines = Console(width=200).render_lines(preview._drawing()(Image.new("RGB", size)), pad=False)
        width, height = lines[0][0].cell_length, len(lines) - 1
        assert width == WIDTH or height == HEIGHT
        assert width <= WIDTH and height <= HEIGHT


def test_a_pipe_is_refused_with_the_way_out():
    with pytest.raises(UsageError, match="needs a terminal"):
        check_preview(io.StringIO())


def test_a_terminal_without_colours_is_refused(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(UsageError, match="colors"):
        check_preview(Terminal())


@pytest.mark.parametrize(
    ("fmt", "print0", "changes"), [(Format.json, False, False), (None, True, False), (None, False, True)]
)
def test_what_writes_for_scripts_or_changes_files_does_not_go_with_it(fmt, print0, changes):
    with pytest.raises(UsageError, match="--preview"):
        check_asked(fmt, print0, changes)


def test_half_blocks_where_standard_input_is_no_terminal(monkeypatch):
    monkeypatch.setattr("sys.__stdin__", io.StringIO())
    assert preview._drawing() is HalfBlocks
