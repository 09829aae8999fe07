"""Long runs: the largest pictures that may be decoded, and mutation of every format without end."""

import json
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.decode import DecodeError, decode_bytes
from tests.decode.making import encoded, named, quarters
from tests.faults.images.corpus import FORMATS
from tests.faults.images.test_corpus import CHILD

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore::UserWarning")]


@pytest.mark.parametrize(
    ("format_", "mode", "side", "options"),
    [
        ("PNG", "RGB", 15_000, {}),
        ("PNG", "RGBA", 15_000, {}),
        ("PNG", "P", 15_000, {}),
        ("TIFF", "CMYK", 15_000, {"compression": "tiff_lzw"}),
        ("TIFF", "F", 11_300, {"compression": "tiff_adobe_deflate"}),
        ("JPEG", "RGB", 22_000, {}),
        ("JPEG", "RGB", 14_000, {"progressive": True}),
        ("WEBP", "RGB", 8_600, {"lossless": True, "method": 0}),
        ("JPEG2000", "RGB", 7_700, {}),
        ("AVIF", "RGB", 9_900, {"speed": 10}),
    ],
)
def test_several_of_the_largest_at_once_stay_under_two_gigabytes(tmp_path, format_, mode, side, options):
    image = Image.new(mode, (side, side), 1)
    (tmp_path / named(format_)).write_bytes(encoded(image, format_, **options))
    for copy in range(3):
        (tmp_path / f"{copy}{named(format_)}").write_bytes((tmp_path / named(format_)).read_bytes())
    run = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, timeout=600, check=True)
    report = json.loads(run.stdout)
    assert report["good"] == 4
    assert report["peak"] < 2e9


SEEDS = {format_: encoded(Image.fromarray(quarters(24, 16)), format_) for format_ in FORMATS}


@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=8), st.integers(0, 8)), min_size=1, max_size=6),
)
def test_any_damage_gives_pixels_or_a_reason(format_, edits):
    data = bytearray(SEEDS[format_])
    for at, inserted, removed in edits:
        start = at % (len(data) + 1)
        data[start : start + removed] = inserted
    try:
        pixels = decode_bytes(bytes(data), named(format_), 16, "bicubic", max_megapixels=20)
    except DecodeError as error:
        assert error.reason.isprintable()
    else:
        assert pixels.shape == (16, 16, 3)
