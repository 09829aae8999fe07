"""Which picture of a file stands for it, and on what ground it is seen."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from imgrank.decode import DecodeError, decode_bytes, measure_pixels
from imgrank.decode.file_bytes import gif_sizes
from tests.decode.making import encoded, named, quarters


def decoded(data: bytes, name: str) -> np.ndarray:
    return decode_bytes(data, name, 32, "bicubic").astype(int)


def faded(strength: float, side: int = 32) -> Image.Image:
    return Image.blend(Image.new("RGB", (side, side)), Image.fromarray(quarters(side, side)), strength)


def animation(frames: list, format_: str) -> bytes:
    lossless = {} if format_ in ("GIF", "AVIF") else {"lossless": True}
    return encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=40, **lossless)


ANIMATED = ["GIF", "WEBP", "AVIF", "PNG"]


@pytest.mark.parametrize("format_", ANIMATED)
def test_what_fades_in_is_seen(format_):
    data = animation([faded(n / 10) for n in range(11)], format_)
    assert np.abs(decoded(data, named(format_)) - quarters()).mean() < 30


@pytest.mark.parametrize("format_", ANIMATED)
def test_the_first_frame_that_shows_something_stands(format_):
    first = Image.fromarray(np.ascontiguousarray(quarters()[::-1]))
    data = animation([first, *(faded(n / 4) for n in range(5))], format_)
    assert np.abs(decoded(data, named(format_)) - np.asarray(first).astype(int)).mean() < 12


@pytest.mark.parametrize("format_", ANIMATED)
def test_an_animation_of_nothing_is_read(format_):
    data = animation([Image.new("RGB", (32, 32), (n, n, n)) for n in range(5)], format_)
    assert decoded(data, named(format_)).max() < 12


@pytest.mark.parametrize("format_", ["GIF", "WEBP"])
def test_broken_frames_cost_nothing_but_themselves(format_):
    rng = np.random.default_rng(3)
    noise = [Image.fromarray(rng.integers(0, 90, (32, 32, 3), dtype=np.uint8)) for _ in range(5)]
    data = animation([faded(0), faded(1), *noise], format_)
    data = data[: int(len(data) * 0.8)] if format_ == "GIF" else data[:-900] + b"\xff" * 900
    assert np.abs(decoded(data, named(format_)) - quarters()).mean() < 12


def tiff_of(pages: list, types: list) -> bytes:
    """Pages one after the other, each saying by tag 254 what it is; None says nothing."""
    stream = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(stream, True) as file:
        for page, type_ in zip(pages, types, strict=True):
            page.save(file, "TIFF", tiffinfo={} if type_ is None else {254: type_})
            file.newFrame()
    return stream.getvalue()


SMALL, WHOLE = Image.new("RGB", (160, 120), "black"), Image.fromarray(quarters(800, 600))


@pytest.mark.parametrize(
    ("pages", "types"),
    [
        ([SMALL, WHOLE], [1, 0]),
        ([SMALL, WHOLE], [1, None]),
        ([SMALL, WHOLE], [None, None]),
        ([SMALL, SMALL, WHOLE], [1, 1, 0]),
        ([WHOLE, SMALL], [0, 1]),
        ([WHOLE, Image.new("RGB", (3000, 2000))], [2, 2]),  # pages of a document
        ([Image.fromarray(quarters(300, 200)), Image.new("RGB", (1200, 1200))], [None, None]),  # of another shape
        ([WHOLE.resize((160, 120))], [1]),
    ],
)
def test_a_thumbnail_is_not_the_picture(pages, types):
    assert np.abs(decoded(tiff_of(pages, types), "a.tif")[2:12, 2:12] - quarters()[2:12, 2:12].astype(int)).max() < 4


def logo(ink: tuple, mode: str = "RGBA") -> Image.Image:
    image = Image.new("RGBA", (32, 32), (*ink, 0))
    image.paste((*ink, 255), (8, 8, 24, 24))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("format_", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "P"),
        ("TIFF", "RGBA"),
        ("TIFF", "LA"),  # its palettes have no transparency
        ("WEBP", "RGBA"),  # and no other mode
    ],
)
def test_a_white_logo_on_transparency_is_seen(format_, mode):
    data = encoded(logo((255, 255, 255), mode), format_)
    pixels = decoded(data, named(format_))
    assert pixels[15, 15].min() > 250
    assert pixels[2, 2].max() < 5
    bright = measure_pixels(data, named(format_), lambda luma: luma.rows(0, luma.height))
    assert bright[15, 15] > 250 > 5 > bright[2, 2]


def test_every_other_picture_lies_on_white():
    clear = Image.new("RGBA", (32, 32), (255, 255, 255, 0))
    faint = Image.new("RGBA", (32, 32), (255, 255, 255, 20))
    opaque = Image.new("RGBA", (32, 32), (250, 250, 250, 255))
    for picture in (clear, faint, opaque):
        assert decoded(encoded(picture, "PNG"), "a.png").min() >= 249
    assert decoded(encoded(logo((0, 0, 0)), "PNG"), "a.png")[2, 2].min() == 255


def test_a_dark_spot_far_down_keeps_the_ground_white():
    page = Image.new("RGBA", (1500, 1500), (255, 255, 255, 0))
    page.paste((255, 255, 255, 255), (100, 100, 1400, 900))
    page.paste((0, 0, 0, 255), (700, 1300, 900, 1500))
    pixels = decoded(encoded(page, "PNG"), "a.png")
    assert pixels[10, 10].min() == pixels[0, 0].min() == 255


def gif(screen: tuple, *frames: tuple) -> bytes:
    """A GIF of a screen of this size, and of frames that each say another one and are wiped out."""
    plain = animation([Image.new("P", (8, 8), 1)], "GIF")
    start = plain.index(b",")
    frame = b"!\xf9\x04\x08\0\0\0\0" + b","
    whole = plain[:6] + struct.pack("<HH", *screen) + plain[10:start]
    return whole + b"".join(frame + struct.pack("<4H", 0, 0, *size) + plain[start + 9 : -1] for size in frames) + b";"


def test_a_gif_that_grows_is_measured_before_it_is_opened(monkeypatch):
    """Opening it would make 4 GB of one colour, and its second frame 17."""
    data = gif((8, 8), (65535, 65535), (65535, 65535))
    assert gif_sizes(data, 9) == [(65535, 65535)] * 2
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(DecodeError, match="too large: 65535 x 65535"):
        decoded(data, "a.gif")


def test_a_later_frame_that_grows_is_not_looked_at():
    """It would take 17 GB; the first, though blank, stands."""
    data = gif((8, 8), (8, 8), (65535, 65535), (8, 8))
    assert gif_sizes(data, 9) == [(8, 8), (65535, 65535), (65535, 65535)]
    assert decoded(data, "a.gif").shape == (32, 32, 3)


@pytest.mark.parametrize("cut", range(0, 90, 3))
def test_a_gif_that_is_cut_off_has_no_more_frames(cut):
    data = gif((8, 8), (9, 8), (8, 10))
    assert gif_sizes(data, 9) == [(9, 8), (9, 10)] and gif_sizes(data, 1) == [(9, 8)]
    assert len(gif_sizes(data[: len(data) - cut], 9)) <= 2
