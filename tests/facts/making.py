"""Pictures with EXIF and sidecars as cameras and programs write them."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import ExifTags, Image

BASE = ExifTags.Base
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" {attributes}>'
    "<dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def packet(attributes: str = "", keywords: tuple[str, ...] = ()) -> bytes:
    return XMP.format(attributes=attributes, keywords="".join(f"<rdf:li>{each}</rdf:li>" for each in keywords)).encode()


def exif(
    taken: str | None = None, fraction: str | None = None, offset: str | None = None, **tags: object
) -> Image.Exif:
    made = Image.Exif()
    sub = made.get_ifd(ExifTags.IFD.Exif)
    for tag, value in (
        (BASE.DateTimeOriginal, taken),
        (BASE.SubsecTimeOriginal, fraction),
        (BASE.OffsetTimeOriginal, offset),
    ):
        if value is not None:
            sub[tag] = value
    for name, value in tags.items():
        made[BASE[name]] = value
    return made


def picture(
    path: Path, size: tuple[int, int] = (60, 40), colour: str = "teal", old: bool = True, **options: object
) -> Path:
    """A picture file; `old` sets its time back, so that what is read of it may be kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    if old:
        age(path)
    return path


def age(path: Path) -> None:
    os.utime(path, (1_600_000_000, 1_600_000_000))
