"""Which files are found, under which names, in which order."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.discover import discover, told_of_others
from imgrank.errors import UsageError
from imgrank.evaluation.report_formats import draw_panels
from imgrank.path_lists import list_entries
from imgrank.path_order import _natural, _natural_of_any
from tests.faults.actions.forks import as_nobody, ended, start

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only some users make symbolic links")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x" * len(name))


def entries(data: bytes, nul: bool = False) -> list[str]:
    return list_entries(data, nul, "on standard input")


def paths(*sources: str, **options) -> list[str]:
    return [file.path.replace(os.sep, "/") for file in discover(sources, **options).files]


def skipped(*sources: str, **options) -> dict[str, str]:
    return {item.path.replace(os.sep, "/"): item.reason for item in discover(sources, **options).skipped}


def test_a_folder_gives_its_pictures_under_the_path_as_given(folder):
    fill("photos/a.jpg", "photos/B.JPEG", "photos/notes.txt", "photos/sub/c.png")
    assert paths("photos") == ["photos/a.jpg", "photos/B.JPEG"]
    assert paths("./photos/") == ["./photos/a.jpg", "./photos/B.JPEG"]
    assert paths(str(folder / "photos")) == [f"{folder}/photos/a.jpg".replace(os.sep, "/"), f"{folder}/photos/B.JPEG"]


def test_size_and_time_are_those_of_the_file(folder):
    fill("a.jpg")
    os.utime("a.jpg", ns=(5, 1_234_567_890_000_000_000))
    (file,) = discover(["a.jpg"]).files
    assert (file.size, file.mtime_ns) == (5, 1_234_567_890_000_000_000)


def test_recursion_goes_down_only_when_asked(folder):
    fill("a.jpg", "sub/b.jpg", "sub/deep/c.jpg")
    assert paths(".") == ["./a.jpg"]
    assert paths(".", recursive=True) == ["./a.jpg", "./sub/b.jpg", "./sub/deep/c.jpg"]


@pytest.mark.parametrize(
    "extension", ["jpg", "JPG", "png", "webp", "tif", "tiff", "bmp", "gif", "avif", "jp2", "heic", "nef", "dng"]
)
def test_every_format_is_found_in_a_folder(folder, extension):
    fill(f"a.{extension}")
    assert paths(".") == [f"./a.{extension}"]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.jpg",
        "._a.jpg",
        ".thumbnails/a.jpg",
        "$RECYCLE.BIN/a.jpg",
        ".Trash-1000/a.jpg",
        "@eaDir/a.jpg",
        "#recycle/a.jpg",
        "__MACOSX/a.jpg",
    ],
)
def test_what_systems_keep_beside_pictures_is_left_out(folder, name):
    fill(f"photos/{name}", "photos/good.jpg")
    assert paths("photos", recursive=True) == ["photos/good.jpg"]
    assert skipped("photos", recursive=True) == {}
    assert paths("photos/**") == ["photos/good.jpg"]


def test_the_plot_of_a_ranker_that_was_saved_beside_pictures_is_none_of_them(folder):
    fill("cat.jpg", "fluffy.safetensors")
    for name in ("fluffy.training.png", "mine.training.png"):
        draw_panels([[lambda axes: axes.plot([1, 2])]], Path(name))
    assert paths(".") == ["./cat.jpg", "./mine.training.png"]
    assert paths("fluffy.training.png") == ["fluffy.training.png"]


def test_a_picture_that_is_called_like_a_plot_is_found(folder):
    fill("cat.safetensors", "cat.training.png", "folder.safetensors/x", "folder.training.png")
    Image.new("RGB", (4, 4)).save("cat.training.png")
    assert paths(".") == ["./cat.training.png", "./folder.training.png"]


def test_a_plot_that_is_no_png_can_be_drawn(folder):
    draw_panels([[lambda axes: axes.plot([1, 2])]], Path("plot.svg"))
    assert Path("plot.svg").stat().st_size


def test_what_is_named_is_taken_even_where_a_folder_would_leave_it_out(folder):
    fill(".hidden/a.jpg", "._b.jpg", "scan.dat")
    assert paths(".hidden", "._b.jpg", "scan.dat") == ["._b.jpg", ".hidden/a.jpg", "scan.dat"]


def test_order_is_natural_and_ignores_the_order_of_sources(folder):
    fill("img10.jpg", "img2.jpg", "IMG1.jpg", "b/img3.jpg", "a/img20.jpg")
    expected = ["a/img20.jpg", "b/img3.jpg", "IMG1.jpg", "img2.jpg", "img10.jpg"]
    assert paths("img10.jpg", "b", "img2.jpg", "a", "IMG1.jpg") == expected
    assert paths("a", "IMG1.jpg", "img10.jpg", "img2.jpg", "b") == expected


def test_a_file_reached_twice_counts_once(folder):
    fill("photos/a.jpg")
    assert paths("photos/a.jpg", "photos", "./photos", str(folder / "photos"), "photos/*.jpg") == ["photos/a.jpg"]


def test_globs_that_the_shell_left_are_expanded(folder):
    fill("a1.jpg", "a2.jpg", "b.png", "sub/a3.jpg", "sub/deep/a4.jpg", "notes.txt")
    assert paths("a*.jpg") == ["a1.jpg", "a2.jpg"]
    assert paths("*") == ["a1.jpg", "a2.jpg", "b.png", "sub/a3.jpg"]
    assert paths("**/*.jpg") == ["a1.jpg", "a2.jpg", "sub/a3.jpg", "sub/deep/a4.jpg"]
    assert paths("sub/**/a?.jpg") == ["sub/a3.jpg", "sub/deep/a4.jpg"]
    assert paths("**/deep/*") == ["sub/deep/a4.jpg"]
    assert paths("s*/**") == ["sub/a3.jpg", "sub/deep/a4.jpg"]


def test_a_name_that_looks_like_a_glob_is_taken_literally_where_it_exists(folder):
    fill("a[1].jpg", "a1.jpg")
    assert paths("a[1].jpg") == ["a[1].jpg"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_list_on_standard_input(folder, ending):
    fill("a.jpg", "b c.jpg", "sub/d.jpg")
    listed = ending.join([b"b c.jpg", b"", b"a.jpg", b"sub", b""])
    assert paths(listed=entries(listed)) == ["a.jpg", "b c.jpg", "sub/d.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_list_separated_by_nul_may_hold_any_name(folder):
    fill("new\nline.jpg")
    assert paths(listed=entries(b"new\nline.jpg\0", True)) == ["new\nline.jpg"]


def test_a_nul_list_without_the_option_is_explained(folder):
    with pytest.raises(UsageError, match="-0"):
        discover((), listed=entries(b"a.jpg\0b.jpg\0"))


def test_folders_that_are_not_entered_are_counted(folder):
    fill("photos/notes.txt", "photos/sub/c.png", "photos/other/d.png")
    assert discover(["photos"]).subfolders == 2
    assert discover(["photos"], recursive=True).subfolders == 0


def test_entries_of_a_list_that_are_missing_are_skipped_by_name(folder):
    fill("a.jpg")
    found = discover((), listed=entries(b"a.jpg\ngone.jpg\n*.jpg\n"))
    assert [file.path for file in found.files] == ["a.jpg"]
    assert [item.path for item in found.skipped] == ["*.jpg", "gone.jpg"]


def test_a_source_that_does_not_exist_names_what_is_close(folder):
    fill("photos/a.jpg")
    with pytest.raises(UsageError, match=r'no file or folder "photo"; did you mean "photos"\?'):
        discover(["photo"])
    with pytest.raises(UsageError, match=r'No file matches "\*.gif"'):
        discover(["*.gif"])


@pytest.mark.parametrize("source", ["", "nul\0byte.jpg", "x" * 5000, "no/such/place.jpg", "esc\x1b[31m.jpg"])
def test_impossible_sources_are_usage_errors_in_printable_words(folder, source):
    with pytest.raises(UsageError) as caught:
        discover([source])
    assert str(caught.value).isprintable()


@needs_links
def test_links_are_followed_once_and_the_real_name_wins(folder):
    fill("real/a.jpg", "other/b.jpg")
    os.symlink("a.jpg", "real/0-link.jpg")
    os.symlink("../other", "real/linked")
    os.symlink("..", "real/up")
    assert paths("real", recursive=True) == ["real/a.jpg", "real/linked/b.jpg"]
    assert paths(".", recursive=True) == ["./other/b.jpg", "./real/a.jpg"]
    assert paths("real/**") == ["real/a.jpg", "real/linked/b.jpg"]


@needs_links
def test_links_that_lead_nowhere_are_named(folder):
    os.mkdir("photos")
    os.symlink("gone", "photos/nowhere.jpg")
    os.symlink("loop.jpg", "photos/loop.jpg")
    reasons = skipped("photos")
    assert reasons == {
        "photos/nowhere.jpg": "a broken link",
        "photos/loop.jpg": "a link that leads back to itself",
    }
    assert skipped("photos/nowhere.jpg", "photos/loop.jpg") == reasons


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no pipes in folders")
def test_pipes_and_folders_named_like_pictures_are_never_opened(folder):
    os.mkfifo("pipe.jpg")
    os.mkdir("folder.jpg")
    assert skipped(".") == {"./pipe.jpg": "a pipe, not an image", "./folder.jpg": "a folder, not an image"}
    assert skipped("pipe.jpg") == {"pipe.jpg": "a pipe, not an image"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_folder_that_cannot_be_read_is_named_and_passed_by(folder):
    fill("a.jpg", "closed/b.jpg")

    def look():
        as_nobody()
        found = discover(["."], recursive=True)
        assert [file.path for file in found.files] == ["./a.jpg"]
        assert [(item.path, item.reason) for item in found.skipped] == [
            ("./closed", "the folder cannot be read: permission denied")
        ]

    os.chmod(".", 0o755)
    os.chmod("closed", 0)
    try:
        assert ended(start(look)) == 0
    finally:
        os.chmod("closed", 0o700)


def test_a_folder_that_refuses_is_named_and_passed_by(folder, monkeypatch):
    fill("a.jpg", "closed/b.jpg")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert paths(".", recursive=True) == ["./a.jpg"]
    assert skipped(".", recursive=True)[os.path.join(".", "closed").replace(os.sep, "/")].endswith("permission denied")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes as a name")
@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=40).filter(lambda name: not set(name) & set(b"/\0\n") and name[:1] != b"."))
def test_any_bytes_survive_as_a_name(tmp_path_factory, name):
    folder = os.fsencode(tmp_path_factory.mktemp("names"))
    path = os.path.join(folder, name + b".jpg")
    with open(path, "wb"):
        pass
    for found in (discover([os.fsdecode(folder)]), discover((), listed=entries(path + b"\n"))):
        assert [os.fsencode(file.path) for file in found.files] == [path]


@given(st.text(st.characters(codec="ascii"), max_size=20) | st.from_regex(r"[a-c_ .0-9]{0,12}", fullmatch=True))
def test_plain_names_have_the_key_that_natsort_gives_them(name):
    assert _natural(name) == _natural_of_any(name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("nul", [False, True])
def test_a_list_as_windows_writes_it(folder, encoding, nul):
    fill("e/cat.jpg", "e/\u00e9.jpg", "other.jpg")
    text = "e/cat.jpg\r\ne/\u00e9.jpg\r\n"
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    if nul and encoding == "utf-8-sig":
        text = text.replace("\r\n", "\0")
    assert paths(listed=entries(mark + text.encode(encoding), nul)) == ["e/cat.jpg", "e/\u00e9.jpg"]


TEXTS = ["e/cat.jpg\r\n", "e/cat.jpg\n", "e/\u732b.jpg"]
BARE = [text.encode(order) for text in TEXTS for order in ("utf-16-le", "utf-16-be")]


@pytest.mark.parametrize("data", [*BARE, b"\xff\xfea"])
@pytest.mark.parametrize("nul", [False, True])
def test_a_list_in_utf16_without_its_mark_or_cut_off_is_refused(folder, data, nul):
    fill("e/cat.jpg")
    with pytest.raises(UsageError, match="save it as UTF-8"):
        paths(listed=entries(data, nul))


def test_short_names_ended_by_nul_are_no_utf16(folder):
    fill("a/1.jpg", "b/2.jpg")
    assert paths(listed=entries(b"a\0b\0", True)) == ["a/1.jpg", "b/2.jpg"]


def test_a_list_of_lines_read_by_nul_is_explained(folder):
    fill("a.jpg", "b.jpg", "c\nd.jpg")
    with pytest.raises(UsageError, match=r"separated by line ends.*leave out -0"):
        entries(b"a.jpg\nb.jpg\n", True)
    assert paths(listed=entries(b"c\nd.jpg", True)) == ["c\nd.jpg"]


@pytest.mark.parametrize("pattern", ["trip [2024]/*.jpg", "trip [2024]/**/*.jpg", "./trip [2024]/a*.jpg"])
def test_brackets_in_the_name_of_a_folder_are_no_pattern(folder, pattern):
    fill("trip [2024]/a.jpg", "trip 2/b.jpg")
    assert [os.path.basename(path) for path in paths(pattern)] == ["a.jpg"]


def test_a_deep_tree_is_in_the_order_of_its_folders(folder):
    deep = "/".join(["d"] * 400)
    fill(f"{deep}/2.jpg", f"{deep}/10.jpg", "d/1.jpg", "d/d10/1.jpg", "d/d2/1.jpg")
    assert paths("d", recursive=True) == [
        "d/1.jpg",
        f"{deep}/2.jpg",
        f"{deep}/10.jpg",
        "d/d2/1.jpg",
        "d/d10/1.jpg",
    ]


# What is no picture, or one that is not read


def test_what_is_no_picture_is_counted_by_kind(folder):
    fill("a.jpg", "b.mp4", "c.MP4", "d.pdf", "e.txt", "f.xmp", "sub/g.mov", ".hidden.mp4")
    assert discover(["."]).others == ((".mp4", 2), (".pdf", 1))
    assert dict(discover(["."], recursive=True).others) == {".mp4": 2, ".pdf": 1, ".mov": 1}
    assert discover(["a.jpg"]).others == ()
    assert skipped(".") == {}


@pytest.mark.parametrize(
    ("others", "line"),
    [
        ((), ()),
        (((".mp4", 9), (".pdf", 3)), "12 files are videos or documents and were ignored: 9 .mp4, 3 .pdf"),
        (((".mp4", 1200), (".mov", 2)), "1,202 files are videos and were ignored: 1,200 .mp4, 2 .mov"),
        (((".zip", 1),), "1 file is not an image and was ignored: 1 .zip"),
        (
            ((".mp4", 2), (".wav", 1), (".pdf", 1)),
            "4 files are videos, sounds or documents and were ignored: 2 .mp4, 1 .wav, 1 .pdf",
        ),
    ],
)
def test_what_was_not_looked_at_is_told_in_one_line(others, line):
    assert told_of_others(others) == (line if line == () else (line,))


def test_pictures_of_kinds_that_are_not_read_are_skipped_by_name(folder):
    fill("a.jpg", "drawing.svg", "layers.XCF")
    assert paths(".") == ["./a.jpg"]
    assert skipped(".") == {
        "./drawing.svg": "an unsupported image format (.svg)",
        "./layers.XCF": "an unsupported image format (.xcf)",
    }
