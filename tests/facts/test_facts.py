"""What is read of a picture beside its pixels, and when it is read."""

from __future__ import annotations

import os
import threading
from datetime import datetime

import pytest

from imgrank.choices import Orientation
from imgrank.facts import Facts, FactsReader, Taken, facts_of, reading
from imgrank.facts.records import doubt_of, parse_time
from imgrank.paths import facts_file
from imgrank.store import clear, prune, store_info
from tests.facts.making import age, exif, packet, picture

NOON = datetime(2023, 5, 6, 12, 0, 0)


pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif"])
def test_exif_and_xmp_are_read_whatever_the_format(tmp_path, extension):
    path = picture(
        tmp_path / f"a.{extension}",
        exif=exif("2023:05:06 12:00:00", "25", "+02:00", Make="Canon", Model="Canon EOS R6"),
        xmp=packet('xmp:Rating="4"', ("sea", "süß")),
    )
    (facts,) = facts_of([path])
    assert facts.taken == Taken(NOON.replace(microsecond=250_000), 120)
    assert (facts.doubt, facts.camera, facts.width, facts.height) == ("", "Canon EOS R6", 60, 40)
    if extension != "png":  # Pillow writes no XMP there
        assert (facts.rating, facts.keywords) == (4, ("sea", "süß"))


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize(("turned", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60))])
def test_the_size_is_that_of_the_upright_picture(tmp_path, extension, turned, size):
    (facts,) = facts_of([picture(tmp_path / f"a.{extension}", exif=exif(Orientation=turned))])
    assert (facts.width, facts.height) == size


def test_orientation_has_a_square_between_its_two():
    lies = [Facts(width=width, height=1000).orientation for width in (990, 1010, 1500, 700)]
    assert lies == [Orientation.square] * 2 + [Orientation.landscape, Orientation.portrait]
    assert Facts().orientation is None


@pytest.mark.parametrize(
    ("maker", "model", "camera"),
    [
        ("Canon", "Canon EOS R6", "Canon EOS R6"),
        ("NIKON CORPORATION", "NIKON D750", "NIKON D750"),
        ("SONY", "ILCE-7M3", "SONY ILCE-7M3"),
        (" Apple\0\0", "iPhone 12 ", "Apple iPhone 12"),
        ("", "KODAK", "KODAK"),
        ("Holga", "", "Holga"),
    ],
)
def test_a_camera_is_named_once(tmp_path, maker, model, camera):
    assert facts_of([picture(tmp_path / "a.jpg", exif=exif(Make=maker, Model=model))])[0].camera == camera


@pytest.mark.parametrize(
    ("text", "local", "offset"),
    [
        ("2023:05:06 12:00:00", NOON, None),
        ("2023-05-06T12:00:00.5-03:30", NOON.replace(microsecond=500_000), -210),
        ("2023-05-06T12:00Z", NOON, 0),
        ("2023/05/06 12:00:00", NOON, None),
        ("2023:05:05 24:00:00", datetime(2023, 5, 6), None),
        ("2023-05", datetime(2023, 5, 1), None),
        ("2023-05-06T12:00:00+99:00", NOON, None),
    ],
)
def test_times_are_read_as_cameras_and_programs_write_them(text, local, offset):
    assert parse_time(text) == Taken(local, offset)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "    :  :     :  :  ",
        "0000:00:00 00:00:00",
        "2023:13:45 99:99:99",
        "yesterday",
        "2023:02:30 10:00:00",
        "٢٠٢٣",
    ],
)
def test_garbage_is_no_time(text):
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("local", "doubt"),
    [
        (datetime(1970, 1, 1), "a clock that was not set"),
        (datetime(1980, 1, 1, 0, 0, 7), "a clock that was not set"),
        (datetime(23, 5, 6), "a date before photography"),
        (datetime(2099, 1, 1), "a date in the future"),
        (datetime(1962, 7, 14), ""),
        (datetime(2023, 5, 6, 20), ""),  # a clock east of here
    ],
)
def test_what_cannot_be_a_time_of_taking_is_doubted(local, doubt):
    assert doubt_of(Taken(local), now=NOON) == doubt


def test_a_doubtful_time_is_none_and_says_why(tmp_path):
    (unset,) = facts_of([picture(tmp_path / "a.jpg", exif=exif("1970:01:01 00:00:00"))])
    (absent,) = facts_of([picture(tmp_path / "b.jpg")])
    assert (unset.taken, unset.doubt) == (None, "a clock that was not set")
    assert (absent.taken, absent.doubt) == (None, "no date")


def test_a_clock_that_was_not_set_does_not_go_before_one_that_was(tmp_path):
    (facts,) = facts_of([picture(tmp_path / "a.jpg", exif=exif("1970:01:01 00:00:00", DateTime="2023:05:06 12:00:00"))])
    assert facts.taken == Taken(NOON)


def test_a_sidecar_goes_before_the_picture_field_by_field(tmp_path):
    path = picture(tmp_path / "a.jpg", exif=exif("2001:01:01 00:00:00"), xmp=packet('xmp:Rating="1"', ("old",)))
    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="5" exif:DateTimeOriginal="2023-05-06T12:00:00"'))
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="3"'))
    (facts,) = facts_of([path])
    assert (facts.rating, facts.taken, facts.keywords) == (3, Taken(NOON), ("old",))


def test_what_holds_no_picture_says_nothing_and_stops_nothing(tmp_path):
    paths = [tmp_path / name for name in ("empty.jpg", "cut.png", "text.webp", "gone.jpg", "noise.nef")]
    for path, content in zip(
        paths, (b"", b"\x89PNG\r\n\x1a\n\0\0", b"hello", None, b"II*\0\xff\xff\xff\xff"), strict=True
    ):
        if content is not None:
            path.write_bytes(content)
    assert facts_of(paths) == (Facts(),) * len(paths)


def test_a_header_is_read_once_and_again_only_when_the_file_changed(tmp_path, monkeypatch):
    path = picture(tmp_path / "a.jpg", exif=exif("2023:05:06 12:00:00"))
    first = facts_of([path])
    with monkeypatch.context() as patched:
        patched.setattr(reading, "read_header", lambda path: pytest.fail(f"{path} was read again"))
        assert facts_of([path]) == first
    picture(path, exif=exif("2020:01:01 00:00:00", Model="other"))
    assert facts_of([path])[0].taken == Taken(datetime(2020, 1, 1))


def test_a_sidecar_that_changed_is_read_again(tmp_path):
    path, sidecar = picture(tmp_path / "a.jpg"), tmp_path / "a.xmp"
    for stars in ("2", "4"):
        sidecar.write_bytes(packet(f'xmp:Rating="{stars}"', (stars * int(stars),)))
        age(sidecar)
        assert facts_of([path])[0].rating == float(stars)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_costs_reading_again_and_one_line(tmp_path, damage):
    path = picture(tmp_path / "a.jpg", exif=exif("2023:05:06 12:00:00"))
    facts_file().parent.mkdir(parents=True)
    facts_file().write_bytes(damage)
    notes = []
    reader = FactsReader(note=notes.append)
    files = [reading._as_file(path)]
    assert [reader.of(files)[0].taken for _ in range(2)] == [Taken(NOON)] * 2
    reader.close()
    assert len(notes) <= 1
    assert facts_of([path])[0].taken == Taken(NOON)  # and the next run begins anew


def test_without_a_cache_nothing_is_written(tmp_path):
    reader = FactsReader(cache=False)
    assert reader.of([reading._as_file(picture(tmp_path / "a.jpg"))])[0].width == 60
    assert not facts_file().exists()


def test_the_cache_counts_prunes_and_clears_what_was_read(tmp_path):
    paths = [picture(tmp_path / name, exif=exif("2023:05:06 12:00:00")) for name in ("a.jpg", "b.jpg")]
    facts_of(paths)
    assert store_info().bytes >= facts_file().stat().st_size > 0
    paths[1].unlink()
    prune()
    facts_of(paths[:1])
    clear()
    assert not facts_file().exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_that_stands_as_a_sidecar_is_not_waited_for(tmp_path):
    path = picture(tmp_path / "a.jpg")
    os.mkfifo(f"{path}.xmp")
    pipe = os.open(f"{path}.xmp", os.O_RDWR)
    os.write(pipe, packet('xmp:Rating="4"'))
    end = threading.Timer(2, os.close, [pipe])  # who waits for its end reads it
    end.start()
    (facts,) = facts_of([path])
    assert facts.rating is None
    end.join()
