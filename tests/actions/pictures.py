"""Small real pictures of every kind that tags can be written into, some with what other programs left in them."""

from __future__ import annotations

import io

from PIL import Image, PngImagePlugin

from tests.decode.heic import heic

XMP = b"""<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'
 xmp:Rating='2'><dc:subject><rdf:Bag><rdf:li>Molly</rdf:li></rdf:Bag></dc:subject></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end='w'?>"""


def image(turn=0):
    colours = Image.linear_gradient("L").resize((48, 32)).rotate(turn)
    return Image.merge(
        "RGB", (colours, colours.transpose(Image.Transpose.FLIP_LEFT_RIGHT), colours.point(lambda v: 255 - v))
    )


def saved(kind, picture=None, **more):
    stream = io.BytesIO()
    (picture or image()).save(stream, kind, **more)
    return stream.getvalue()


def exif():
    data = Image.Exif()
    data[0x010F], data[0x0132] = "Camera", "2024:05:06 07:08:09"
    return data


def jpeg_with(content, marker, body):
    """A JPEG with one more segment before its tables."""
    at = content.index(b"\xff\xdb")
    return content[:at] + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body + content[at:]


def with_iptc(content, *keywords):
    """A JPEG with keywords in the form of older programs."""
    records = b"\x1c\x01\x5a\x00\x03\x1b%G" + b"".join(
        b"\x1c\x02\x19" + len(word.encode()).to_bytes(2, "big") + word.encode() for word in keywords
    )
    block = b"8BIM\x04\x04\x00\x00" + len(records).to_bytes(4, "big") + records + b"\0" * (len(records) % 2)
    return jpeg_with(content, 0xED, b"Photoshop 3.0\0" + block)


def png_text():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "kept")
    return text


def png_with_compressed_xmp():
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    return saved("PNG", pnginfo=text)


HERE = {
    "plain.jpg": lambda: saved("JPEG"),
    "exif.jpg": lambda: saved("JPEG", exif=exif()),
    "xmp.jpg": lambda: saved("JPEG", exif=exif(), xmp=XMP),
    "iptc.jpg": lambda: with_iptc(saved("JPEG"), "Molly", "Zürich"),
    "progressive.JPEG": lambda: saved("JPEG", progressive=True, comment=b"kept"),
    "more-behind.jpg": lambda: saved("JPEG") + b"motion photo",
    "several.mpo": lambda: saved("MPO", save_all=True, append_images=[image(90)]),
    "plain.png": lambda: saved("PNG"),
    "text.png": lambda: saved("PNG", pnginfo=png_text()),
    "compressed.png": png_with_compressed_xmp,
    "animated.png": lambda: saved("PNG", save_all=True, append_images=[image(90)]),
    "plain.webp": lambda: saved("WEBP"),
    "lossless.webp": lambda: saved("WEBP", image().convert("RGBA"), lossless=True),
    "xmp.webp": lambda: saved("WEBP", xmp=XMP, exif=exif()),
    "animated.webp": lambda: saved("WEBP", save_all=True, append_images=[image(90)]),
}
BY_EXIFTOOL = {
    "plain.tif": lambda: saved("TIFF"),
    "pages.tiff": lambda: saved("TIFF", save_all=True, append_images=[image(90)], compression="tiff_lzw"),
    "plain.avif": lambda: saved("AVIF"),
    "plain.heic": heic,
    "turned.HIF": lambda: heic(6),
}
