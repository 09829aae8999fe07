"""A sidecar gets three properties, once, and keeps everything else."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from imgrank.actions.xmp import OURS, RDF, XMP, rating, tag

LIGHTROOM = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xap="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xap:Rating="2" xap:Label="a &gt; b">
   <!-- kept --><dc:subject><rdf:Bag><rdf:li>cat</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""
DIGIKAM = LIGHTROOM.replace(b'xap:Rating="2" ', b"").replace(
    b"<!-- kept -->", b"<xap:Rating>3</xap:Rating><!-- kept -->"
)
MODERN = LIGHTROOM.replace(b"xap:", b"xmp:").replace(b":xap", b":xmp")


def values(content, uri, name):
    found = []
    for element in ET.fromstring(content).iter():
        found += [element.text] if element.tag == f"{{{uri}}}{name}" else []
        found += [element.attrib[f"{{{uri}}}{name}"]] if f"{{{uri}}}{name}" in element.attrib else []
    return found


@pytest.mark.parametrize("before", [None, LIGHTROOM, DIGIKAM])
def test_each_property_stands_once(before):
    content = tag(tag(before, 1, 0.5, 5), 7, -0.25, 3)
    assert values(content, XMP, "Rating") == ["3"]
    assert values(content, OURS, "rank") == ["7"] and values(content, OURS, "score") == ["-0.25"]


@pytest.mark.parametrize("before", [None, LIGHTROOM, DIGIKAM])
def test_tagging_twice_is_tagging_once(before):
    assert tag(tag(before, 1, 0.5, 5), 7, -0.25, 3) == tag(before, 7, -0.25, 3)


@pytest.mark.parametrize("before", [LIGHTROOM, DIGIKAM])
def test_everything_else_is_kept(before):
    content = tag(before, 1, 0.5, 5)
    assert b"<!-- kept --><dc:subject><rdf:Bag><rdf:li>cat</rdf:li></rdf:Bag></dc:subject>" in content
    assert values(content, XMP, "Label") == ["a > b"]
    assert len(ET.fromstring(content).findall(f".//{{{RDF}}}Description")) == 2


@pytest.mark.parametrize(
    "before", [None, LIGHTROOM, DIGIKAM, LIGHTROOM.replace(b"xap:", b"xmp:").replace(b":xap", b":xmp")]
)
def test_exiv2_reads_it_as_digikam_and_darktable_do(tmp_path, before):
    pyexiv2 = pytest.importorskip("pyexiv2", exc_type=ImportError)
    (tmp_path / "a.xmp").write_bytes(tag(before, 3, 0.25, 4))
    with pyexiv2.Image(str(tmp_path / "a.xmp")) as sidecar:
        read = sidecar.read_xmp()
    assert (read["Xmp.xmp.Rating"], read["Xmp.imgrank.rank"], read["Xmp.imgrank.score"]) == ("4", "3", "0.25")
    assert before is None or (read["Xmp.xmp.Label"], read["Xmp.dc.subject"]) == ("a > b", ["cat"])


@pytest.mark.parametrize(
    "bad", [b"", b"<a/>", b"<a", b'<!DOCTYPE a [<!ENTITY x "y">]><a/>', LIGHTROOM.decode().encode("utf-16")]
)
def test_what_is_no_xmp_is_refused(bad):
    with pytest.raises(ValueError):
        tag(bad, 1, 0.5, 5)


def test_a_fifth_of_the_pictures_for_each_star():
    assert [rating(p) for p in (0, 19.9, 20, 50, 79, 80, 100)] == [1, 1, 2, 3, 4, 5, 5]
