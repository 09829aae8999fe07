"""Pictures of the page: upright, without metadata, and of this folder alone."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from imgrank.web.prepare import Album
from tests.web.making import photos


def shown(jpeg: bytes | None) -> Image.Image:
    assert jpeg is not None
    return Image.open(io.BytesIO(jpeg))


def test_thumbnails_hold_no_metadata_and_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    path = tmp_path / "a.jpg"
    Image.new("RGB", (60, 20), "red").save(path, exif=exif, comment=b"my address", icc_profile=b"profile", dpi=(72, 72))
    album = Album(str(tmp_path), [str(path)])
    jpeg = album.jpeg(album.name(str(path)), 240)
    image = shown(jpeg)
    assert image.size == (20, 60)
    assert not image.getexif() and not set(image.info) & {"exif", "comment", "icc_profile", "dpi"}
    assert jpeg is not None and b"address" not in jpeg and b"Exif" not in jpeg


def test_no_side_is_longer_than_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (900, 300)).save(path)
    album = Album(str(tmp_path), [str(path)])
    assert shown(album.jpeg(album.name(str(path)), 240)).size == (240, 80)


def test_names_tell_nothing_and_differ_between_runs(tmp_path: Path) -> None:
    path = str(next(photos(tmp_path / "photos", 1).iterdir()))
    names = {Album(str(tmp_path), [path]).name(path) for _ in range(4)}
    assert len(names) == 4
    assert all(len(name) >= 16 and "photo" not in name for name in names)


def test_what_is_no_picture_any_more_is_not_there(tmp_path: Path) -> None:
    path = next(photos(tmp_path / "photos", 1).iterdir())
    album = Album(str(tmp_path), [str(path)])
    path.write_bytes(b"<script>alert(1)</script>")
    assert album.jpeg(album.name(str(path)), 240) is None
    path.unlink()
    assert album.jpeg(album.name(str(path)), 240) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_leads_out_of_the_folder_is_left_out_also_when_it_comes_later(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 2)
    secret = next(photos(tmp_path / "secret", 1).iterdir())
    (folder / "link.png").symlink_to(secret)
    album = Album(str(folder), [str(path) for path in folder.iterdir()])
    assert album.outside == (str(folder / "link.png"),)
    assert str(folder / "link.png") not in album
    swapped = folder / "photo 0.png"
    swapped.unlink()
    swapped.symlink_to(secret)
    assert album.jpeg(album.name(str(swapped)), 240) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 1)
    (tmp_path / "here").symlink_to(tmp_path / "photos")
    path = str(tmp_path / "here" / "photo 0.png")
    album = Album(str(tmp_path / "here"), [path])
    assert not album.outside and album.jpeg(album.name(path), 240)
