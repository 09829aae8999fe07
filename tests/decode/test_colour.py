"""A picture looks as its own profile says, in whatever kind of file and mode; without one nothing is changed."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from imgrank.decode import decode_bytes, measure_pixels, open_image
from imgrank.decode.colour import named_profile
from tests.decode.making import encoded, named, quarters
from tests.decode.profiles import SRGB, cmyk_profile, grey_profile, rgb_profile, swapped_profile

ASK_NOTHING = [b"", b"broken", b"\0" * 200, grey_profile(1.0), cmyk_profile(lambda *inks: (50, 0, 0))]
MEAN_SRGB = [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), rgb_profile()]
SWAPPED = quarters()[..., [1, 0, 2]]
RAMP = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))


def decoded(data: bytes, name: str) -> np.ndarray:
    return decode_bytes(data, name, 32, "bicubic").astype(int)


def as_srgb(linear: np.ndarray) -> np.ndarray:
    return 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("profile", [*MEAN_SRGB, *ASK_NOTHING])
def test_what_means_srgb_or_nothing_changes_no_bit(format_, profile):
    picture = Image.fromarray(quarters(90, 70))
    plain, with_profile = (encoded(picture, format_, icc_profile=given) for given in (None, profile))
    assert np.array_equal(decoded(plain, named(format_)), decoded(with_profile, named(format_)))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_that_names_the_channels_otherwise_is_followed(format_):
    data = encoded(Image.fromarray(SWAPPED), format_, icc_profile=swapped_profile())
    assert np.abs(decoded(data, named(format_)) - quarters()).mean() < (6 if format_ == "AVIF" else 4)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_and_palettes_have_colours_too(mode):
    picture = Image.fromarray(SWAPPED).quantize(16) if mode == "P" else Image.fromarray(SWAPPED).convert(mode)
    data = encoded(picture, "PNG", icc_profile=swapped_profile())
    assert np.abs(decoded(data, "a.png") - quarters()).max() < 6


def test_what_is_transparent_stays_white_in_any_profile():
    clear = Image.new("RGBA", (32, 32), (200, 30, 30, 0))
    clear.putpixel((3, 3), (0, 0, 0, 255))
    pixels = decoded(encoded(clear, "PNG", icc_profile=swapped_profile()), "a.png")
    assert pixels[10:, 10:].min() >= 254


def test_what_is_half_transparent_is_laid_on_white_as_it_looks():
    """Its colour is turned into sRGB first: laid on white before, it would come out otherwise."""
    picture = Image.new("RGBA", (32, 32), (64, 64, 64, 128))
    data = encoded(picture, "PNG", icc_profile=rgb_profile(curve=np.linspace(0, 1, 256)))
    expected = as_srgb(np.array(64 / 255)) * 128 / 255 + 127
    assert np.abs(decoded(data, "a.png") - expected).max() <= 2
    assert (
        np.abs(measure_pixels(data, "a.png", lambda luma: luma.rows(0, luma.height)).astype(int) - expected).max() <= 2
    )


def test_thumbnails_and_detail_follow_it_as_scores_do(tmp_path):
    data = encoded(Image.fromarray(SWAPPED), "PNG", icc_profile=swapped_profile())
    (tmp_path / "a.png").write_bytes(data)
    assert np.abs(np.asarray(open_image(str(tmp_path / "a.png"), 32)).astype(int) - quarters()).max() <= 2
    brightness = measure_pixels(data, "a.png", lambda luma: luma.rows(0, luma.height))
    assert np.abs(brightness.astype(int) - np.asarray(Image.fromarray(quarters()).convert("L"))).max() <= 2


def test_brightness_of_a_jpeg_follows_it():
    data = encoded(Image.fromarray(SWAPPED), "JPEG", icc_profile=swapped_profile())
    brightness = measure_pixels(data, "a.jpg", lambda luma: luma.rows(0, luma.height)).astype(int)
    assert np.abs(brightness - np.asarray(Image.fromarray(quarters()).convert("L"))).mean() < 4


def test_a_wide_gamut_grows_more_colourful():
    """Primaries further out than sRGB's: the same numbers mean stronger colours."""
    wide = rgb_profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
    dull = Image.new("RGB", (32, 32), (150, 110, 100))
    red, green, _ = decoded(encoded(dull, "PNG", icc_profile=wide), "a.png")[5, 5]
    assert red > 152
    assert green < 110


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_of_another_curve(mode):
    grey = Image.fromarray(RAMP.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(RAMP).convert(mode)
    data = encoded(grey, "PNG", icc_profile=grey_profile(1.0))
    expected = as_srgb(RAMP / 255)
    assert np.abs(decoded(data, "a.png")[..., 1] - expected).max() <= 2
    brightness = measure_pixels(data, "a.png", lambda luma: luma.rows(0, luma.height))
    assert np.abs(brightness - expected).max() <= 2


def test_grey_under_a_profile_of_colours():
    """Cameras and scanners write their colour profile into grey pictures as well."""
    data = encoded(Image.fromarray(RAMP), "PNG", icc_profile=rgb_profile(curve=np.linspace(0, 1, 256)))
    assert np.abs(decoded(data, "a.png")[..., 0] - as_srgb(RAMP / 255)).max() <= 2


@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
@pytest.mark.parametrize("side", [32, 700])
def test_inks_look_as_their_profile_says(format_, side):
    """These inks: cyan prints red, all others print black."""
    profile = cmyk_profile(lambda c, m, y, k: (0, 0, 0) if m + y + k else ((53, 80, 67) if c else (100, 0, 0)))
    inks = np.zeros((side, side, 4), np.uint8)
    inks[:, side // 2 :, 0] = 255
    data = encoded(Image.fromarray(inks, "CMYK"), format_, icc_profile=profile)
    pixels = decoded(data, named(format_))
    assert np.abs(pixels[:, :12] - 255).max() < 8
    assert np.abs(pixels[:, 20:] - (255, 0, 0)).max() < 24
    brightness = measure_pixels(data, named(format_), lambda luma: luma.rows(0, luma.height))
    assert np.abs(brightness[:, -side // 4 :].astype(int) - 76).max() < 16


def test_inks_without_a_profile_and_under_a_wrong_one_are_read():
    inks = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    for profile in (None, rgb_profile(SRGB[1]), b"x" * 400):
        assert np.abs(decoded(encoded(inks, "TIFF", icc_profile=profile), "a.tif") - (255, 0, 0)).max() < 3


def test_lab_is_read():
    srgb = ImageCms.createProfile("sRGB")
    lab = ImageCms.profileToProfile(Image.fromarray(quarters()), srgb, ImageCms.createProfile("LAB"), outputMode="LAB")
    data = encoded(lab, "TIFF")
    assert np.abs(decoded(data, "a.tif") - quarters()).max() < 10
    assert measure_pixels(data, "a.tif", lambda luma: luma.rows(0, 4)).shape == (4, 32)


# Colours that are named, without a profile


def nclx(picture: Image.Image, primaries: int, transfer: int) -> bytes:
    """An AVIF whose box `colr` names these."""
    data = encoded(picture, "AVIF", quality=100)
    at = data.index(b"colrnclx") + 8
    return data[:at] + bytes([0, primaries, 0, transfer]) + data[at + 4 :]


def cicp(picture: Image.Image, primaries: int, transfer: int) -> bytes:
    data = encoded(picture, "PNG")
    body = b"cICP" + bytes([primaries, transfer, 0, 1])
    return data[:33] + b"\0\0\0\4" + body + zlib.crc32(body).to_bytes(4, "big") + data[33:]


def camera(picture: Image.Image, space: int, rules: str) -> bytes:
    """A JPEG as cameras write it: the folder of interoperability stands within that of EXIF."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base.ColorSpace: space, ExifTags.IFD.Interop: {1: rules}})
    return encoded(picture, "JPEG", quality=98, exif=exif)


DULL = Image.new("RGB", (32, 32), (200, 80, 80))
P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


@pytest.mark.parametrize(("make", "name"), [(nclx, "a.avif"), (cicp, "a.png")])
@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (1, 1), (2, 2), (1, 18), (99, 99)])
def test_numbers_that_mean_srgb_or_nothing_change_no_bit(make, name, primaries, transfer):
    assert np.array_equal(decoded(make(DULL, primaries, transfer), name), decoded(make(DULL, 2, 2), name))


@pytest.mark.parametrize(("make", "name"), [(nclx, "a.avif"), (cicp, "a.png")])
def test_colours_that_are_named_by_number_are_those_of_the_same_profile(make, name):
    expected = decoded(encoded(DULL, "PNG", icc_profile=rgb_profile(*P3)), "a.png")
    assert np.abs(decoded(make(DULL, 12, 13), name) - expected).max() <= 3
    assert expected[0, 0, 0] > 210


def test_high_dynamic_range_is_shown_as_bright_as_paper():
    """The number of 203 cd/m2, which is white paper, is nearly white; what is brighter keeps an order."""
    grey = [
        decoded(nclx(Image.new("RGB", (32, 32), (n, n, n)), 9, 16), "a.avif").mean() for n in (40, 90, 148, 170, 190)
    ]
    assert 225 < grey[2] < 250 and grey == sorted(grey) and grey[1] < 130 and grey[4] >= 254


@pytest.mark.parametrize(("space", "rules"), [(2, "R98"), (0xFFFF, "R03")])
def test_a_camera_set_to_adobe_rgb_says_so_in_exif(space, rules):
    curve = np.linspace(0, 1, 1024) ** 2.2
    expected = decoded(encoded(DULL, "PNG", icc_profile=rgb_profile(*ADOBE, curve=curve)), "a.png")
    assert np.abs(decoded(camera(DULL, space, rules), "a.jpg") - expected).max() <= 4
    assert expected[0, 0, 0] > 215


@pytest.mark.parametrize(("space", "rules"), [(1, "R98"), (1, "R03"), (0xFFFF, "R98")])
def test_other_exif_changes_no_bit(space, rules):
    assert np.array_equal(
        decoded(camera(DULL, space, rules), "a.jpg"), decoded(encoded(DULL, "JPEG", quality=98), "a.jpg")
    )


def test_a_profile_is_believed_before_what_exif_says():
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = 2
    data = encoded(DULL, "JPEG", quality=98, exif=exif, icc_profile=MEAN_SRGB[0])
    assert np.array_equal(decoded(data, "a.jpg"), decoded(encoded(DULL, "JPEG", quality=98), "a.jpg"))


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_boxes_that_are_cut_off_name_nothing(cut):
    data = nclx(DULL, 12, 13)
    assert named_profile(data[:cut], "AVIF", DULL) is None or cut > data.index(b"nclx")
