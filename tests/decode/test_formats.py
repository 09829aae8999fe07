"""Every format, mode and orientation: what the pixels must be follows from how the file was made."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from imgrank.decode import DecodeError, decode_bytes, open_image, worker
from imgrank.decode.file_bytes import jxl_size
from imgrank.decode.raster import read_raster
from imgrank.decode.shrink import Target
from tests.decode.heic import heic
from tests.decode.making import (
    LOSSLESS,
    LOSSY,
    SIDE,
    dng,
    encoded,
    named,
    photoshop,
    quarters,
    tiff,
    without_alpha_size,
)
from tests.decode.profiles import swapped_profile

with contextlib.suppress(ImportError):
    import pillow_jxl  # noqa: F401 (it tells Pillow of itself)

pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # pytest undoes the filter that imgrank sets

EXIF_ORIENTATION = 0x0112
# What EXIF says the camera did: element k turns an upright picture into the stored one.
AS_STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def decoded(data: bytes, name: str = "picture.png") -> np.ndarray:
    return decode_bytes(data, name, SIDE, "bicubic").astype(int)


def differs(pixels: np.ndarray, expected: np.ndarray) -> float:
    """The mean absolute difference, leaving out where two colours meet."""
    inner = np.r_[2 : SIDE // 2 - 3, SIDE // 2 + 3 : SIDE - 2]
    return float(np.abs(pixels - expected.astype(int))[np.ix_(inner, inner)].mean())


@pytest.mark.parametrize("format_", LOSSLESS)
def test_lossless_formats_give_the_very_pixels(format_):
    data = encoded(Image.fromarray(quarters()), format_)
    assert np.array_equal(decoded(data, named(format_)), quarters())


@pytest.mark.parametrize("format_", LOSSY)
def test_lossy_formats_give_nearly_the_pixels(format_):
    data = encoded(Image.fromarray(quarters()), format_)
    assert differs(decoded(data, named(format_)), quarters()) < 4


@pytest.mark.parametrize("orientation", AS_STORED)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation_is_applied(format_, orientation):
    stored = np.ascontiguousarray(AS_STORED[orientation](quarters()))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    data = encoded(Image.fromarray(stored), format_, exif=exif)
    assert differs(decoded(data, named(format_)), quarters()) < 4


@pytest.mark.parametrize("orientation", AS_STORED)
def test_a_tall_picture_stays_tall_when_it_is_opened(tmp_path, orientation):
    stored = np.ascontiguousarray(AS_STORED[orientation](quarters(40, 120)))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    path = tmp_path / "tall.jpg"
    path.write_bytes(encoded(Image.fromarray(stored), "JPEG", exif=exif))
    image = open_image(str(path), 60)
    assert (image.mode, image.size) == ("RGB", (20, 60))


def test_a_small_picture_is_not_enlarged_when_it_is_opened(tmp_path):
    path = tmp_path / "small.png"
    path.write_bytes(encoded(Image.fromarray(quarters()), "PNG"))
    assert open_image(str(path), 500).size == (SIDE, SIDE)


@pytest.mark.parametrize("format_", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize(("width", "height"), [(400, 100), (100, 400), (777, 333)])
def test_the_picture_is_squashed_and_nothing_is_cropped(format_, width, height):
    data = encoded(Image.fromarray(quarters(width, height)), format_)
    assert differs(decoded(data, named(format_)), quarters()) < 6


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_extreme_shapes_keep_their_colour(format_, width, height):
    data = encoded(Image.new("RGB", (width, height), (128, 128, 128)), format_)
    assert np.abs(decoded(data, named(format_)) - 128).max() <= 2


# Modes


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "WEBP", "AVIF"])
def test_alpha_is_laid_over_white(format_):
    rgba = np.dstack([quarters(), np.full((SIDE, SIDE), 255, np.uint8)])
    rgba[: SIDE // 2, : SIDE // 2] = 0, 0, 0, 0
    rgba[: SIDE // 2, SIDE // 2 :] = 0, 0, 0, 51
    expected = quarters()
    expected[: SIDE // 2, : SIDE // 2] = 255
    expected[: SIDE // 2, SIDE // 2 :] = 204
    assert differs(decoded(encoded(Image.fromarray(rgba), format_), named(format_)), expected) < 4


def test_grey_with_alpha_is_laid_over_white():
    pixels = np.zeros((SIDE, SIDE, 2), np.uint8)
    pixels[SIDE // 2 :] = 90, 255
    expected = np.full((SIDE, SIDE, 3), 255)
    expected[SIDE // 2 :] = 90
    assert differs(decoded(encoded(Image.fromarray(pixels, "LA"), "PNG")), expected) <= 1


def test_transparent_colours_are_white():
    indexed = Image.fromarray(quarters()).quantize(4)
    red = indexed.getpixel((0, 0))
    expected = quarters()
    expected[: SIDE // 2, : SIDE // 2] = 255
    for data in (encoded(indexed, "PNG", transparency=red), encoded(indexed, "GIF", transparency=red)):
        assert differs(decoded(data), expected) < 4
    keyed = encoded(Image.fromarray(quarters()), "PNG", transparency=(220, 30, 40))
    assert differs(decoded(keyed), expected) <= 1


@pytest.mark.parametrize("format_", ["PNG", "BMP", "GIF", "TIFF"])
def test_palettes_give_their_colours(format_):
    data = encoded(Image.fromarray(quarters()).quantize(4), format_)
    assert differs(decoded(data, named(format_)), quarters()) < 4


@pytest.mark.parametrize("format_", ["PNG", "BMP", "GIF", "TIFF"])
def test_one_bit_is_black_and_white(format_):
    pixels = np.zeros((SIDE, SIDE), bool)
    pixels[SIDE // 2 :] = True
    expected = np.repeat((pixels * 255)[..., None], 3, axis=2)
    assert differs(decoded(encoded(Image.fromarray(pixels), format_), named(format_)), expected) <= 1


def test_grey_is_grey_in_all_channels():
    ramp = np.tile(np.arange(SIDE, dtype=np.uint8) * 8, (SIDE, 1))
    for format_ in ("PNG", "TIFF", "JPEG", "BMP"):
        expected = np.repeat(ramp[..., None], 3, axis=2)
        assert np.abs(decoded(encoded(Image.fromarray(ramp), format_), named(format_)) - expected).max() <= 3


def test_cmyk_gives_the_colours_that_were_meant():
    cmyk = Image.fromarray(quarters()).convert("CMYK")
    expected = np.asarray(cmyk.convert("RGB"))
    for format_ in ("JPEG", "TIFF"):  # Pillow writes JPEG with Adobe's marker, inverted as Adobe does
        data = encoded(cmyk, format_)
        assert (b"Adobe" in data) == (format_ == "JPEG")
        assert differs(decoded(data, named(format_)), expected) < 4


RAMP = np.tile(np.linspace(0, 1, SIDE), (SIDE, 1))
GREY_RAMP = np.repeat(np.rint(RAMP * 255)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("png, 16 bits", lambda: encoded(Image.fromarray((RAMP * 65535).astype(np.uint16)), "PNG")),
        ("tiff, 16 bits", lambda: tiff((RAMP * 65535).astype(np.uint16))),
        ("tiff, 16 bits of colour", lambda: tiff(np.dstack([(RAMP * 65535).astype(np.uint16)] * 3), photometric=2)),
        ("tiff, 32 bits", lambda: tiff((RAMP * 3_000_000).astype(np.int32), sample_format=2)),
        ("tiff, signed", lambda: tiff((RAMP * 4000 - 2000).astype(np.int32), sample_format=2)),
        ("tiff, float to 1", lambda: tiff(RAMP.astype(np.float32), sample_format=3)),
        ("tiff, float to 255", lambda: tiff((RAMP * 255).astype(np.float32), sample_format=3)),
        ("tiff, float to 65535", lambda: tiff((RAMP * 65535).astype(np.float32), sample_format=3)),
        ("tiff, float of any range", lambda: tiff((RAMP * 1e6 - 5e5).astype(np.float32), sample_format=3)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_deep_grey_is_scaled_and_not_clipped(name, data):
    assert np.abs(decoded(data(), "picture.tif") - GREY_RAMP).max() <= 2


def test_floats_that_are_no_numbers_do_no_harm():
    values = RAMP.astype(np.float32)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    pixels = decoded(tiff(values, sample_format=3), "picture.tif")
    assert np.abs(pixels[8:] - GREY_RAMP[8:]).max() <= 2


def test_the_first_frame_stands_for_an_animation():
    frames = [Image.fromarray(quarters()), Image.new("RGB", (SIDE, SIDE), "black")]
    for format_ in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        data = encoded(frames[0], format_, save_all=True, append_images=frames[1:])
        assert differs(decoded(data, named(format_)), quarters()) < 4


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK", "I;16", "F"])
def test_large_pictures_of_any_mode_are_averaged_like_rgb(mode):
    """Converted band by band: no seam may show, and the picture is the one that RGB would give."""
    grey = np.linspace(0, 255, 2100)[:, None] * 0.5 + np.linspace(0, 255, 2003)[None] * 0.5
    rounded = Image.fromarray(np.rint(grey).astype(np.uint8))
    if mode == "I;16":
        data = tiff((grey * 257).astype(np.uint16))
    elif mode == "F":
        data = tiff(grey.astype(np.float32), sample_format=3)
    else:
        data = encoded(rounded.convert(mode), "TIFF")
    reference = decoded(encoded(rounded.convert("RGB"), "TIFF"), "picture.tif")
    assert np.abs(decoded(data, "picture.tif") - reference).max() <= 2


def test_a_draft_looks_like_the_whole():
    """A JPEG many times the side is decoded small; the result is that of decoding it whole."""
    rng = np.random.default_rng(5)
    image = Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)).resize(
        (1600, 1200), Image.Resampling.BICUBIC
    )
    data = encoded(image, "JPEG")
    whole = Image.open(io.BytesIO(data)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    assert np.abs(decoded(data, "picture.jpg") - np.asarray(whole, int)).mean() < 2


@pytest.mark.parametrize(
    "profile", [b"", b"broken", b"\0" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
)
def test_any_colour_profile_is_survived(profile):
    data = encoded(Image.fromarray(quarters()), "PNG", icc_profile=profile)
    assert np.array_equal(decoded(data), quarters())


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + b"\xff" * 60, b"Exif\0\0" + b"x" * 500]
)
def test_broken_exif_is_survived(exif):
    for format_ in ("JPEG", "PNG", "WEBP"):
        data = encoded(Image.fromarray(quarters()), format_, exif=exif)
        assert differs(decoded(data, named(format_)), quarters()) < 4


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pixels_are_contiguous_bytes_of_the_side_asked_for(interpolation):
    pixels = decode_bytes(encoded(Image.fromarray(quarters(100, 50)), "PNG"), "a.png", 57, interpolation)
    assert pixels.shape == (57, 57, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


def test_a_wrong_extension_does_not_matter():
    for format_ in ("JPEG", "PNG", "GIF", "TIFF", "WEBP"):
        data = encoded(Image.fromarray(quarters()), format_)
        for name in ("a.jpg", "a.png", "a.heic", "a.tif", "a.bmp", "a"):
            assert differs(decoded(data, name), quarters()) < 4


# Formats of the extras


@pytest.mark.parametrize("orientation", [1, 6])
def test_heic(orientation):
    assert differs(decoded(heic(orientation), "photo.heic"), quarters()) < 6
    assert differs(decoded(heic(orientation), "misnamed.jpg"), quarters()) < 6


def test_photoshop_shows_what_was_saved_beside_its_layers():
    data = photoshop(quarters())
    assert np.array_equal(decoded(data, "a.psd"), quarters())
    assert np.array_equal(decoded(data, "misnamed.jpg"), quarters())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("depth", [8, 16, 32])
def test_photoshop_of_any_depth_and_size(depth, large, packed):
    light = quarters() / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    pixels = {8: quarters(), 16: quarters().astype(int) * 257, 32: linear}[depth]
    shown = decoded(photoshop(pixels, depth, large, packed), "a.psb" if large else "a.psd").astype(int)
    assert np.abs(shown - quarters()).max() <= 1


@pytest.mark.parametrize(
    ("mode", "pixels"), [(1, quarters()[..., :1]), (4, quarters()[..., [0, 1, 2, 0]]), (9, quarters())]
)
def test_photoshop_of_other_colours_looks_the_same_at_any_depth(mode, pixels):
    deep = decoded(photoshop(pixels.astype(int) * 257, 16, mode=mode), "a.psd").astype(int)
    assert np.abs(deep - decoded(photoshop(pixels, mode=mode), "a.psd")).max() <= 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("depth", [16, 32])
def test_photoshop_that_is_cut_off_anywhere_says_so(depth, packed):
    data = photoshop(np.zeros((8, 8, 3)), depth, large=True, packed=packed)
    for end in range(6, len(data), 37):
        with pytest.raises(DecodeError, match=r"cut off|damaged|cannot be read"):
            decoded(data[:end], "a.psb")


def test_photoshop_with_a_profile_and_a_bomb():
    body = struct.pack(">H", 0x040F) + b"\0\0" + struct.pack(">I", len(swapped_profile())) + swapped_profile()
    data = photoshop(quarters()[..., [1, 0, 2]].astype(int) * 257, 16)
    resources = b"8BIM" + body + b"\0" * (len(body) % 2)
    whole = data[:30] + struct.pack(">I", len(resources)) + resources + data[34:]
    assert np.abs(decoded(whole, "a.psd").astype(int) - quarters()).mean() < 4
    with pytest.raises(DecodeError, match="too large"):
        decoded(data[:14] + struct.pack(">II", 300_000, 300_000) + data[22:], "a.psd")


@pytest.mark.parametrize("name", ["a.jxl", "misnamed.jpg"])
@pytest.mark.parametrize("lossless", [True, False])
def test_jpeg_xl(name, lossless):
    pytest.importorskip("pillow_jxl", reason="needs the extra jxl")
    data = encoded(Image.fromarray(quarters(64, 64)), "JXL", lossless=lossless, quality=95)
    assert differs(decoded(data, name), quarters()) < 6


@pytest.mark.parametrize("size", [(8, 8), (256, 8), (40, 41), (513, 300), (16384, 1), (400, 300), (32, 18), (70000, 2)])
def test_the_size_of_a_jpeg_xl_stands_in_its_first_bytes(size):
    pytest.importorskip("pillow_jxl", reason="needs the extra jxl")
    data = encoded(Image.new("RGB", size), "JXL")
    assert jxl_size(data) == size
    assert jxl_size(data[:200]) == size
    assert jxl_size(b"\0\0\0\x0cJXL \r\n\x87\n") is None


def test_a_jpeg_xl_that_is_too_large_is_not_decoded():
    pytest.importorskip("pillow_jxl", reason="needs the extra jxl")
    with pytest.raises(DecodeError, match="too large"):
        decode_bytes(encoded(Image.new("L", (3000, 3000)), "JXL"), "a.jxl", SIDE, "bicubic", max_megapixels=9)


# A second decoder, for what Pillow lacks


def test_what_pillow_lacks_is_read_by_a_second_decoder_or_its_extra_is_named(monkeypatch):
    floats = tiff((quarters() / 255).astype(np.float32), photometric=2, sample_format=3)
    monkeypatch.setattr(worker, "has_second", lambda: False)
    with pytest.raises(DecodeError, match=r'pip install "imgrank\[vips\]"'):
        worker._read(floats, "TIFF", Target(SIDE, True, "bicubic", 500.0))
    pytest.importorskip("pyvips", reason="needs the extra vips")
    assert decoded(floats, "a.tif").shape == (SIDE, SIDE, 3)


def test_an_alpha_without_a_size_of_its_own_is_read_by_the_second_decoder():
    """As early encoders wrote it; libavif is strict about it."""
    pytest.importorskip("pyvips", reason="needs the extra vips")
    picture = Image.fromarray(quarters(64, 64)).convert("RGBA")
    picture.putalpha(Image.new("L", (64, 64), 250))
    data = without_alpha_size(encoded(picture, "AVIF", quality=95))
    with pytest.raises(DecodeError, match="cannot be read"):
        read_raster(data, "AVIF", Target(SIDE, True, "bicubic", 500.0))
    assert differs(decoded(data, "a.avif"), quarters()) < 6


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("photometric", "channels"), [(2, [0, 1, 2]), (5, [0, 1, 2, 0])])
def test_planes_of_16_bits_are_no_noise(order, photometric, channels):
    """Pillow takes them for planes of 8."""
    if photometric == 5:
        pytest.importorskip("pyvips", reason="needs the extra vips")
    pixels = (255 - quarters() if photometric == 5 else quarters())[..., channels]
    planes = [np.ascontiguousarray(plane).astype(f"{order}u2") * 257 for plane in pixels.transpose(2, 0, 1)]
    mode = "CMYK" if photometric == 5 else "RGB"
    plain = decoded(encoded(Image.frombytes(mode, (SIDE, SIDE), pixels.tobytes()), "TIFF"), "a.tif").astype(int)
    assert np.abs(decoded(in_planes(planes, order, photometric), "a.tif") - plain).max() <= 1


def in_planes(planes: list, order: str, photometric: int) -> bytes:
    """A TIFF of 16 bits, each colour by itself, not compressed."""
    height, width = planes[0].shape
    count, size = len(planes), 2 * height * width
    lists, data = 8 + 2 + 9 * 12 + 4, b"".join(plane.astype(f"{order}u2").tobytes() for plane in planes)
    start = lists + 10 * count
    short, long = 3, 4
    entries = [
        (256, short, 1, width),
        (257, short, 1, height),
        (258, short, count, lists + 8 * count),
        (259, short, 1, 1),
    ]
    entries += [(262, short, 1, photometric), (273, long, count, lists), (277, short, 1, count)]
    entries += [(279, long, count, lists + 4 * count), (284, short, 1, 2)]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    for tag, kind, number, value in entries:
        inline = f"{order}HHIHH" if kind == short and number == 1 else f"{order}HHII"
        head += struct.pack(inline, tag, kind, number, value, *([0] if kind == short and number == 1 else []))
    head += struct.pack(f"{order}I", 0)
    starts = [start + n * size for n in range(count)]
    return head + struct.pack(f"{order}{2 * count}I{count}H", *starts, *[size] * count, *[16] * count) + data


def test_a_cut_off_picture_is_not_tried_again(monkeypatch):
    """libvips fills in what is gone, and does not always say so."""
    monkeypatch.setattr(worker, "read_again", lambda *_: pytest.fail("tried again"))
    data = encoded(Image.fromarray(quarters(64, 64)), "TIFF")
    with pytest.raises(DecodeError, match="cut off"):
        worker._read(data[:-2000], "TIFF", Target(SIDE, True, "bicubic", 500.0))


def test_raw_is_developed_where_it_has_no_preview():
    pytest.importorskip("rawpy", reason="needs the extra raw")
    columns = decoded(dng(), "photo.dng").mean(axis=(0, 2))
    assert columns[-1] > columns[SIDE // 2] > columns[1]


def with_chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    """The PNG with one more chunk behind its header."""
    chunk = name + body
    return png[:33] + struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]


LONG = zlib.compress(b"x" * 3_000_000)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"zTXt", b"workflow\0\0" + LONG),
        (b"iTXt", b"workflow\0\1\0\0\0" + LONG),
        (b"iCCP", b"profile\0\0" + zlib.compress(b"\0" * 2_000_000)),
        (b"iCCP", b"profile\0\0no zlib"),
        (b"gAMA", b""),
        (b"eXIf", b"no exif"),
    ],
)
def test_metadata_of_any_length_and_soundness_leaves_the_pixels_of_a_png(name, body):
    data = with_chunk(encoded(Image.fromarray(quarters()), "PNG"), name, body)
    assert np.array_equal(decoded(data), quarters())


def test_a_png_is_turned_also_where_its_texts_are_too_long():
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    stored = Image.fromarray(np.ascontiguousarray(AS_STORED[6](quarters())))
    data = with_chunk(encoded(stored, "PNG", exif=exif), b"zTXt", b"workflow\0\0" + LONG)
    assert np.array_equal(decoded(data), quarters())


def test_broken_pixels_stay_broken_without_the_metadata():
    sound = with_chunk(encoded(Image.fromarray(quarters()), "PNG"), b"zTXt", b"workflow\0\0" + LONG)
    at = sound.index(b"IDAT") + 8
    with pytest.raises(DecodeError, match="damaged"):
        decoded(sound[:at] + bytes([sound[at] ^ 255]) + sound[at + 1 :])


def test_what_is_clear_in_16_bit_grey_is_white():
    values = np.full((SIDE, SIDE), 1000, np.uint16)
    values[: SIDE // 2] = 40000
    data = encoded(Image.fromarray(values), "PNG", transparency=1000)
    assert decoded(data)[SIDE // 2 + 4 :].min() == 255
    assert decoded(data)[: SIDE // 2 - 4].max() == round(40000 / 65535 * 255)


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded():
    usual = encoded(Image.fromarray(quarters()), "JPEG", progressive=True)
    assert differs(decoded(usual, "picture.jpg"), quarters()) < 4
    start = usual.rindex(b"\xff\xda")
    with pytest.raises(DecodeError, match="more than 200 scans"):
        decoded(usual[:-2] + 3000 * usual[start:-2] + usual[-2:], "picture.jpg")


def test_scans_are_counted_in_the_picture_alone():
    """Editors keep whole pictures in a JPEG's segments, and behind its end."""
    plain = encoded(Image.fromarray(quarters()), "JPEG")
    many = b"\xff\xda\0\2" * 500
    segment = b"\xff\xed" + struct.pack(">H", len(many) + 2) + many
    data = plain[:2] + segment + plain[2:] + many
    assert np.array_equal(decoded(data, "picture.jpg"), decoded(plain, "picture.jpg"))


def test_the_first_picture_of_an_mpo_stands_for_it():
    other = Image.fromarray(quarters()[::-1])
    data = encoded(Image.fromarray(quarters()), "MPO", save_all=True, append_images=[other], quality=95, subsampling=0)
    assert differs(decoded(data, "picture.mpo"), quarters()) < 4
