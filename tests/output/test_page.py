"""The page as a file: what it says, what it may load, what it never carries, and what it never replaces."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import category
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgrank.cli.app import main
from imgrank.cli.outputs import check_page_options, save_page, typed
from imgrank.errors import UsageError
from imgrank.order import order
from imgrank.output.page import write_page
from imgrank.output.page.render import address, explain_command, scale_of, shell_command, shell_path, text
from imgrank.output.page.write import GENERATOR
from imgrank.records import Ranking, Unreadable

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other quoting and allows no such names")
HOSTILE = ['"><img src=x onerror=alert(1)>.png', "<script>alert(1)</script>.png".replace("/", "∕"), "a'b&amp;`$(x).png"]


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and its text outside style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] not in ("style", "script"):
            self.words += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def ranking_of(paths, **changes):
    images = order([float(len(paths) - n) for n in range(len(paths))], [str(path) for path in paths])
    plain = Ranking("a cat", images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 1.0)
    return replace(plain, **changes)


def pictures(folder: Path, names) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for n, name in enumerate(names):
        Image.new("RGB", (40, 30), (n * 40 % 256, 90, 160)).save(folder / name, "PNG")
    return [folder / name for name in names]


def page_of(ranking, path, *more, images=None, **options) -> Tags:
    write_page(ranking, ranking.images if images is None else images, str(path), *more, **options)
    return Tags(path.read_text(encoding="utf-8"))


@POSIX
def test_a_hostile_name_is_text_and_adds_no_markup(tmp_path):
    tame = page_of(ranking_of(pictures(tmp_path / "tame", ["a.png", "b.png", "c.png"])), tmp_path / "tame.html")
    wild = page_of(ranking_of(pictures(tmp_path / "wild", HOSTILE)), tmp_path / "wild.html")
    assert [tag for tag, _ in wild.tags] == [tag for tag, _ in tame.tags]
    assert [sorted(attributes) for _, attributes in wild.tags] == [sorted(attributes) for _, attributes in tame.tags]
    assert [img["alt"] for img in wild.all("img")[:3]] == HOSTILE
    for name in HOSTILE:
        assert name in wild.words


def test_hostile_words_everywhere_else_add_no_markup(tmp_path):
    paths, bad = pictures(tmp_path / "in", ["a.png", "b.png"]), "</script><script>alert(1)</script><b onx=1>'\""
    changes = {"query": bad, "notes": (bad,), "adapter": bad, "scorer": "adapter", "unit": bad, "backbone": bad}
    changes |= {"confident": False, "partial": True, "skipped": (Unreadable(bad, bad),)}
    page = page_of(ranking_of(paths, **changes), tmp_path / "x.html")
    assert len(page.all("script")) == 1
    assert not page.all("b")
    assert page.words.count(bad) >= 6


@given(st.text())
def test_escaped_text_reads_back_and_shows_all(words):
    shown = Tags(f'<p title="{text(words)}">{text(words)}</p>')
    assert [tag for tag, _ in shown.tags] == ["p"]
    assert shown.tags[0][1]["title"] == shown.words
    assert all(char.isprintable() or category(char) == "Zs" for char in shown.words)


@POSIX
@given(st.binary().filter(lambda name: 0 not in name))
def test_no_name_is_an_address_elsewhere(name):
    path = os.fsdecode(b"./" + name)
    shown = address(path, os.curdir)
    assert re.fullmatch(r"[A-Za-z0-9_.~/%-]*", shown)
    assert os.path.normpath(unquote_to_bytes(shown)) == os.path.normpath(os.fsencode(path))


def test_the_policy_allows_this_style_and_script_and_nothing_from_a_network(tmp_path):
    page = page_of(ranking_of(pictures(tmp_path / "in", ["a.png", "b.png"])), tmp_path / "x.html")
    html = (tmp_path / "x.html").read_text(encoding="utf-8")
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    names = r"http://www\.w3\.org/(2000/svg|1998/Math/MathML|1999/xhtml)"  # of kinds of elements; nothing is fetched
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(rf'"data:[^"]*"|// .*|{names}', "", html))
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]


@pytest.mark.parametrize("beside", [False, True])
def test_thumbnails_are_upright_small_and_carry_nothing_along(tmp_path, beside):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    (tmp_path / "in").mkdir()
    Image.new("RGB", (900, 600), "teal").save(tmp_path / "in" / "a.jpg", exif=exif, comment=b"SecretPlace")
    page = page_of(ranking_of([tmp_path / "in" / "a.jpg"]), tmp_path / "x.html", *[str(tmp_path / "t")] * beside)
    img = page.all("img")[0]
    if beside:
        data = (tmp_path / img["src"]).read_bytes()
    else:
        data = base64.b64decode(img["src"].removeprefix("data:image/webp;base64,"))
    small = Image.open(io.BytesIO(data))
    assert small.size == (160, 240) == (int(img["width"]), int(img["height"]))
    assert not dict(small.getexif()) and not {"exif", "xmp", "icc_profile"} & set(small.info)
    assert b"Secret" not in data
    assert img["loading"] == "lazy"


def test_rank_score_unit_scorer_doubt_and_reasons_are_said(tmp_path):
    paths = pictures(tmp_path / "in", ["a.png", "b.png"])
    changes = {"unit": "years", "adapter": "age", "scorer": "adapter", "confident": False}
    changes["skipped"] = (Unreadable("broken.jpg", "the JPEG image is cut off"),)
    page = page_of(ranking_of(paths, **changes), tmp_path / "x.html")
    for words in ("2.00 years", "age", "Not confident", "broken.jpg", "the JPEG image is cut off"):
        assert words in page.words
    assert all("alt" in img for img in page.all("img"))


def test_what_does_not_show_the_subject_stands_under_its_own_heading(tmp_path):
    paths = [str(path) for path in pictures(tmp_path / "in", ["a.png", "b.png", "c.png"])]
    images = order([3.0, 2.0, 1.0], paths, [True, False, True])
    page = page_of(ranking_of(paths, images=images), tmp_path / "x.html")
    assert page.words.index("c.png") < page.words.index("do not seem to show") < page.words.index("b.png")
    assert ["data-aside" in cell for cell in page.all("li")] == [False, False, True]


def test_a_picture_that_has_gone_leaves_its_place_and_the_reason(tmp_path):
    here, gone = pictures(tmp_path / "in", ["a.png", "b.png"])
    ranking = ranking_of([here, gone])
    gone.unlink()
    page = page_of(ranking, tmp_path / "x.html")
    assert "no thumbnail: it no longer exists" in page.words
    assert len(page.all("li")) == 2


def test_a_page_replaces_a_page_and_nothing_else(tmp_path):
    ranking = ranking_of(pictures(tmp_path / "in", ["a.png"]))
    out = tmp_path / "x.html"
    page_of(ranking, out)
    first = out.read_bytes()
    page_of(ranking, out)
    assert out.read_bytes() == first
    out.write_text("<p>my own notes</p>")
    with pytest.raises(UsageError, match="was not made by imgrank"):
        write_page(ranking, ranking.images, str(out))
    assert out.read_text() == "<p>my own notes</p>"
    with pytest.raises(UsageError, match="was not made by imgrank"):
        write_page(ranking, ranking.images, str(tmp_path / "in"))
    with pytest.raises(UsageError, match="does not exist"):
        write_page(ranking, ranking.images, str(tmp_path / "nowhere" / "x.html"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "x.html"]


def test_a_failure_in_the_middle_leaves_the_page_of_before(tmp_path):
    ranking = ranking_of(pictures(tmp_path / "in", ["a.png", "b.png"]))
    page_of(ranking, tmp_path / "x.html")
    before = (tmp_path / "x.html").read_bytes()

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_page(ranking, ranking.images, str(tmp_path / "x.html"), progress=stop)
    assert (tmp_path / "x.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "x.html"]
    assert GENERATOR.encode() in before


def test_no_pictures_or_equal_scores_leave_nothing_to_cut(tmp_path):
    paths = [str(path) for path in pictures(tmp_path / "in", ["a.png", "b.png"])]
    assert not page_of(ranking_of([]), tmp_path / "none.html").all("li")
    same = page_of(ranking_of(paths, images=order([1.0, 1.0], paths)), tmp_path / "same.html")
    assert not [field for field in same.all("input") if field["type"] == "range"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_the_scale_holds_every_score(scores):
    scale = scale_of(scores, None)
    assert scale.low <= min(scores) and max(scores) <= scale.high
    assert sum(scale.counts) in (0, len(scores))
    assert (scale.low == scale.high) == (sum(scale.counts) == 0) == (min(scores) == max(scores))


@POSIX
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "))))
def test_the_command_reads_back_as_the_words(words):
    command = shell_command(words)
    assert shlex.split(f"{command.before} --min-score 3{command.after}").count("--min-score") == 1 + words.count(
        "--min-score"
    )
    assert shlex.split(command.before + command.after) == words


@POSIX
@given(
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
)
def test_the_explaining_command_reads_back_as_picture_and_sentence(path, query):
    ended = ["--"] if query.startswith("-") else []  # without it, sort would take the sentence for an option
    command = explain_command(["imgrank", "sort", "in", *ended, query], query)
    words = shlex.split(command.before + shell_path(path) + command.after)
    assert words[:2] == ["imgrank", "explain"]
    assert os.path.normpath(words[-2]) == os.path.normpath(path) and words[-1] == query
    assert not words[-2].startswith("-")
    assert words[2:-2] == ended


def test_the_explaining_command_keeps_what_shapes_the_scores_and_a_likeness_has_none():
    typed_words = ["imgrank", "sort", "--adapter", "mine", "--backbone=big", "--top", "3", "in", "cosy"]
    assert explain_command(typed_words, "cosy").before == "imgrank explain --adapter mine --backbone=big "
    assert explain_command(["imgrank", "sort", "in", "--like", "a.png"], "like a.png") is None


def test_a_page_holds_the_word_for_each_picture_that_explains_it(tmp_path):
    paths = pictures(tmp_path / "in", ["plain.png", "two words.png"])
    page = page_of(ranking_of(paths), tmp_path / "x.html", command=["imgrank", "sort", "in", "a cat"])
    assert [cell.get("data-word") for cell in page.all("li")] == [shell_path(str(path)) for path in paths]
    assert {"data-before", "data-after"} <= set(page.all("template")[0])


def test_the_members_of_a_group_stand_behind_its_best_and_are_not_seen_without_a_script(tmp_path):
    paths = [str(path) for path in pictures(tmp_path / "in", ["a.png", "b.png", "c.png", "d.png"])]
    ranked = ranking_of(paths).images
    groups = [(0, 1, 3), (1, 1, 1), (0, 2, 3), (0, 3, 3)]
    images = [replace(i, group=g, group_rank=r, group_size=n) for i, (g, r, n) in zip(ranked, groups, strict=True)]
    ranking = ranking_of(paths, images=tuple(images))
    heads = [images[0], replace(images[1], rank=2)]
    page = page_of(ranking, tmp_path / "x.html", images=heads, members=images[2:][::-1])
    cells = page.all("li")
    assert [cell["data-group"] for cell in cells] == ["0", "0", "0", "1"]
    for mark in ("hidden", "data-member"):
        assert [mark in cell for cell in cells] == [False, True, True, False]
    assert re.findall(r"[a-d]\.png", page.words) == ["a.png", "c.png", "d.png", "b.png"]
    assert "2 of 3" in page.words and "×3" in page.words


@POSIX
def test_what_is_invisible_is_quoted_so_that_it_shows():
    assert shell_command(["a\nb'\udcff"]).before == r"$'a\U0000000ab\'\xff'"


def test_the_typed_command_loses_only_the_page_and_the_cut():
    words = ["sort", "in", "--page", "x.html", "--min-score=2", "--page-dir=t", "-r", "a cat"]
    assert typed(words) == ["imgrank", "sort", "in", "-r", "a cat"]
    ended = ["sort", "in", "--", "--page"]
    assert typed(ended) == ["imgrank", *ended]
    assert shell_command(typed(ended)).after == " -- --page"


@pytest.mark.parametrize(("page", "page_dir", "changes"), [(None, "t", False), ("x.html", None, True)])
def test_options_that_do_not_fit_together_are_refused_before_any_work(page, page_dir, changes):
    with pytest.raises(UsageError):
        check_page_options(page, page_dir, changes)


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["imgrank", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


def test_sort_writes_the_page_beside_its_usual_output(tmp_path, monkeypatch, capsys):
    ranking = ranking_of(pictures(tmp_path / "in", ["a.png", "b.png"]))

    class Ranker:
        def __init__(self, *_): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def rank(self, *_, **__):
            return ranking

    monkeypatch.setattr("imgrank.ranker.Ranker", Ranker)
    out = tmp_path / "x.html"
    assert run(monkeypatch, "sort", str(tmp_path / "in"), "a cat", "--page", str(out), "--min-score", "1.5") == 0
    assert capsys.readouterr().out.split() == [ranking.images[0].path]
    page = Tags(out.read_text(encoding="utf-8"))
    assert len(page.all("li")) == 1
    assert "--page" not in page.words and "--min-score" not in page.words


def test_sort_refuses_a_page_in_place_of_another_file_before_it_ranks(tmp_path, monkeypatch, capsys):
    (tmp_path / "notes.html").write_text("mine")
    monkeypatch.setattr("imgrank.ranker.Ranker", None)
    assert run(monkeypatch, "sort", str(tmp_path), "a cat", "--page", str(tmp_path / "notes.html")) == 2
    assert "was not made by imgrank" in capsys.readouterr().err
    assert (tmp_path / "notes.html").read_text() == "mine"


def test_a_page_of_thousands_inside_itself_is_advised_against(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("imgrank.cli.outputs.MANY", 1)
    ranking = ranking_of(pictures(tmp_path / "in", ["a.png", "b.png"]))
    for page_dir, advised in ((None, True), (str(tmp_path / "small"), False)):
        save_page(ranking, ranking.images, str(tmp_path / "x.html"), page_dir, quiet=False)
        assert ("--page-dir" in capsys.readouterr().err) == advised
