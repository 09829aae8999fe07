"""A sidecar gets three properties, once, and keeps everything else."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import xml.dom.minidom
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.actions.xmp_edit import HIERARCHY, OURS, SUBJECT, XMP, rating, tag, untag
from imgrank.actions.xmp_tree import RDF, read
from tests.actions.sidecars import sidecar

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
    pyexiv2 = pytest.importorskip("pyexiv2", exc_type=ImportError, reason="pyexiv2 is not installed")
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


ONE_LINE = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"{rdf}'
    "</x:xmpmeta>"
)
DESCRIBED = (
    '><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:imgrank="https://imgrank.github.io/ns/1.0/"{more}</rdf:RDF>'
)
PACKET = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
OURS_BEFORE = ' xmp:Rating="2" imgrank:rank="3" imgrank:score="0.1"'


@pytest.mark.parametrize(
    "rdf",
    [
        "/>",
        "></rdf:RDF>",
        DESCRIBED.format(more="><xmp:Rating/></rdf:Description>"),
        DESCRIBED.format(more="><xmp:Rating/><imgrank:rank/></rdf:Description>"),
        DESCRIBED.format(more=OURS_BEFORE + "/>"),
        DESCRIBED.format(more=OURS_BEFORE + "></rdf:Description>"),
        DESCRIBED.format(more=OURS_BEFORE + "/><rdf:Description rdf:about=''/>"),
    ],
)
def test_a_sidecar_on_one_line_stays_xml(rdf):
    content = tag(ONE_LINE.format(rdf=rdf).encode(), 7, -0.25, 3)
    xml.dom.minidom.parseString(content)
    assert values(content, XMP, "Rating") == ["3"] and values(content, OURS, "rank") == ["7"]
    assert tag(content, 7, -0.25, 3) == content


def test_what_others_put_into_our_element_stays():
    ours = tag(LIGHTROOM, 1, 0.5, 5)
    start = ours.rindex(b"<rdf:Description")
    keywords = b"<dc:subject xmlns:dc='http://purl.org/dc/elements/1.1/'><rdf:Bag><rdf:li>Molly</rdf:li></rdf:Bag></dc:subject>"
    edited = ours[:start] + ours[start:].replace(b"/>", b">" + keywords + b"</rdf:Description>", 1)
    content = tag(edited, 7, -0.25, 3)
    assert keywords in content and values(content, OURS, "rank") == ["7"] and values(content, XMP, "Rating") == ["3"]


def test_what_a_picture_was_made_of_keeps_its_stars():
    nested = b"<rdf:Bag><rdf:li><rdf:Description xap:Rating='1'/></rdf:li></rdf:Bag>"
    before = LIGHTROOM.replace(b"<!-- kept -->", b"<xap:Nested>" + nested + b"</xap:Nested>")
    assert nested in tag(before, 1, 0.5, 5)
    other = LIGHTROOM.replace(
        b"</rdf:RDF>",
        b"<rdf:Description rdf:about='uuid:2' xmlns:xap='http://ns.adobe.com/xap/1.0/' xap:Rating='1'/></rdf:RDF>",
    )
    other = other.replace(b'rdf:about=""', b'rdf:about="uuid:1"')
    assert b"about='uuid:2' xmlns:xap='http://ns.adobe.com/xap/1.0/' xap:Rating='1'" in tag(other, 1, 0.5, 5)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_a_sidecar_that_says_another_encoding_is_refused(encoding):
    with pytest.raises(ValueError, match="UTF-8"):
        tag(f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + LIGHTROOM, 1, 0.5, 5)


def without_ours(content):
    """The bytes before, as our element is the last of RDF; where RDF was empty, it is again."""
    found = re.search(rb'<rdf:Description rdf:about=""[^<]*imgrank:score="-0.25"/>\n(?=</rdf:RDF>)', content)
    return content[: found.start()] + content[found.end() :]


def test_three_hundred_sidecars_keep_every_byte_that_is_not_ours():
    draw = random.Random(20263)
    for _ in range(300):
        made = sidecar(draw)
        content = tag(made.whole.encode(), 7, -0.25, 3)
        kept = (
            made.kept.replace("/></x:xmpmeta>", ">\n</rdf:RDF></x:xmpmeta>")
            if "</rdf:RDF>" not in made.kept
            else made.kept
        )
        kept = kept[:-2] + ">\n</rdf:RDF>" if "</rdf:RDF>" not in kept else kept
        assert without_ours(content).decode() == kept, made.whole


def test_three_hundred_sidecars_read_by_exiv2(tmp_path):
    pyexiv2 = pytest.importorskip("pyexiv2", exc_type=ImportError, reason="pyexiv2 is not installed")
    pyexiv2.set_log_level(4)
    draw = random.Random(20264)

    def read(content):
        begins = content if content.startswith((b"<?xpacket", b"<x:xmpmeta")) else PACKET + content
        (tmp_path / "a.xmp").write_bytes(begins)  # exiv2 knows XMP by how it begins
        with pyexiv2.Image(str(tmp_path / "a.xmp")) as image:
            return image.read_xmp()

    ours = ("Xmp.xmp.Rating", "Xmp.imgrank.rank", "Xmp.imgrank.score")
    beside = ("Xmp.imgrank.stars", "Xmp.imgrank.starsBefore")
    for _ in range(300):
        made = sidecar(draw)
        before, after = read(made.whole.encode()), read(tag(made.whole.encode(), 7, -0.25, 3))
        assert [after.pop(name) for name in ours] == ["3", "7", "-0.25"], made.whole
        after = {name: value for name, value in after.items() if name not in beside}
        assert after == {name: value for name, value in before.items() if name not in ours}, made.whole


SUBJECTS = [
    "",
    "<dc:subject/>",
    "<dc:subject><rdf:Bag/></dc:subject>",
    "<dc:subject><rdf:Bag></rdf:Bag></dc:subject>",
    "<dc:subject><rdf:Bag><rdf:li>cat</rdf:li></rdf:Bag></dc:subject>",
    "<dc:subject>\n <rdf:Bag>\n  <rdf:li>Molly &amp; me</rdf:li>\n  <rdf:li>cat</rdf:li>\n </rdf:Bag>\n</dc:subject>",
    "<dc:subject><rdf:Seq><rdf:li>cat</rdf:li><!-- kept --></rdf:Seq></dc:subject>",
]
HIERARCHIES = ["", "<lr:hierarchicalSubject><rdf:Bag><rdf:li>pets|cat</rdf:li></rdf:Bag></lr:hierarchicalSubject>"]


def packet(subject, hierarchy, stars=""):
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"'
    first = f'<rdf:Description rdf:about="" xmlns:xmp="{XMP}" {spaces}{stars}>'
    return ONE_LINE.format(rdf=f">{first}{subject}{hierarchy}</rdf:Description></rdf:RDF>").encode()


keywords = st.one_of(st.just("cat"), st.text(st.characters(exclude_categories=("Cs",)), max_size=20))


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize("subject", SUBJECTS)
@settings(max_examples=20, deadline=None)
@given(st.lists(keywords, min_size=1, max_size=3))
def test_keywords_are_merged_never_doubled_and_taken_away(subject, hierarchy, given_ones):
    before = packet(subject, hierarchy)
    content = before
    for keyword in given_ones:
        content = tag(content, 7, -0.25, 3, keyword)
        assert tag(content, 7, -0.25, 3, keyword) == content
        assert content.count(b"<!-- kept -->") == before.count(b"<!-- kept -->")
    old, new = read(before), read(content)
    cleaned = [" ".join("".join(c for c in each if c.isprintable() or c.isspace()).split()) for each in given_ones]
    wanted = dict.fromkeys(filter(None, cleaned))
    assert new.items(SUBJECT) == list(dict.fromkeys((*old.items(SUBJECT), *wanted)))
    ours = list(dict.fromkeys("imgrank|" + each.replace("|", "/") for each in wanted))
    assert new.items(HIERARCHY) == [*old.items(HIERARCHY), *ours]
    back = untag(content)
    assert read(back).items(SUBJECT) == old.items(SUBJECT) and read(back).items(HIERARCHY) == old.items(HIERARCHY)
    if old.items(SUBJECT) or not subject:
        assert back == before


def test_a_sidecar_of_ours_alone_may_go():
    assert untag(tag(tag(None, 1, 0.5, 5, "a cat"), 2, 0.1, 1, "a dog")) == b""
    assert untag(LIGHTROOM) == LIGHTROOM


@pytest.mark.parametrize("before", [LIGHTROOM, DIGIKAM, packet(*"  ")])
def test_untag_brings_the_stars_of_before_back(before):
    content = tag(tag(before, 1, 0.5, 5), 2, 0.25, 4)
    assert values(untag(content), XMP, "Rating") == values(before, XMP, "Rating")
    assert not values(untag(content), OURS, "rank") and untag(untag(content)) == untag(content)


def test_stars_that_somebody_gave_since_stay():
    content = tag(LIGHTROOM, 1, 0.5, 5).replace(b'xap:Rating="5"', b'xap:Rating="3"')
    assert values(untag(content), XMP, "Rating") == ["3"]
    assert values(untag(tag(content, 2, 0.5, 1)), XMP, "Rating") == ["3"]


def test_what_an_older_imgrank_wrote_goes_too():
    older = LIGHTROOM.replace(b'xap:Rating="2"', b'xap:Rating="2" xmlns:imgrank="%b" imgrank:rank="3"' % OURS.encode())
    assert not values(untag(older), XMP, "Rating") and not values(untag(older), OURS, "rank")


@pytest.mark.parametrize("subject", ["<dc:subject>cat</dc:subject>", "<dc:subject>cat<rdf:Bag/></dc:subject>"])
def test_keywords_that_are_no_list_are_left_as_they_are(subject):
    with pytest.raises(ValueError, match="keywords"):
        tag(packet(subject, ""), 1, 0.5, 5, "dog")
    assert subject.encode() in tag(packet(subject, ""), 1, 0.5, 5)
    with pytest.raises(ValueError, match="keywords"):
        tag(packet("", "", ' dc:subject="cat"'), 1, 0.5, 5, "dog")


@pytest.mark.soak
def test_three_hundred_sidecars_read_by_exiftool(tmp_path):
    """Keywords and stars are those that were asked for, and all else is read as before; and again without tags."""
    if not shutil.which("exiftool"):
        pytest.skip("exiftool is not installed")
    draw = random.Random(20265)
    for folder in ("before", "after", "untagged"):
        (tmp_path / folder).mkdir()
    for number in range(300):
        content = sidecar(draw).whole.encode()
        content = content if content.startswith((b"<?xpacket", b"<x:xmpmeta")) else PACKET + content
        tagged = tag(content, 7, -0.25, 3, "a cat")
        (tmp_path / "before" / f"{number:03d}.xmp").write_bytes(content)
        (tmp_path / "after" / f"{number:03d}.xmp").write_bytes(tagged)
        (tmp_path / "untagged" / f"{number:03d}.xmp").write_bytes(untag(tagged) or content)

    def read(folder):
        command = ["exiftool", "-json", "-G1", "-struct", "-XMP:all", "-Warning", str(tmp_path / folder)]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return {os.path.basename(each.pop("SourceFile")): each for each in found}

    old, new, back = read("before"), read("after"), read("untagged")
    own = ("XMP-imgrank:", "XMP-xmp:Rating", "XMP-dc:Subject", "XMP-lr:HierarchicalSubject")

    def others(said):
        return {name: value for name, value in said.items() if not name.startswith(own)}

    readable = {name for name, said in old.items() if not any("Warning" in key for key in said)}
    print(f"\nexiftool reads {len(readable)} of 300 sidecars; of the others it says that they do not close")
    assert len(old) == len(new) == 300 and len(readable) > 150
    for name, said in ((name, said) for name, said in new.items() if name in readable):
        subjects = old[name].get("XMP-dc:Subject", [])
        subjects = subjects if isinstance(subjects, list) else [subjects]
        assert (said["XMP-xmp:Rating"], said["XMP-lr:HierarchicalSubject"]) == (3, ["imgrank|a cat"]), name
        assert said["XMP-dc:Subject"] == [*subjects, "a cat"], name
        assert others(said) == others(old[name]) == others(back[name]), name
        assert back[name].get("XMP-dc:Subject") == old[name].get("XMP-dc:Subject"), name
        assert not any(key.startswith("XMP-imgrank") for key in back[name]), name


@pytest.mark.soak
def test_three_hundred_sidecars_with_keywords_read_by_exiv2(tmp_path):
    if not shutil.which("exiv2"):
        pytest.skip("exiv2 is not installed")
    draw = random.Random(20266)
    for number in range(300):
        content = sidecar(draw).whole.encode()
        content = content if content.startswith((b"<?xpacket", b"<x:xmpmeta")) else PACKET + content
        for name, each in (("before", content), ("after", tag(content, 7, -0.25, 3, "a cat"))):
            (tmp_path / f"{name}{number}.xmp").write_bytes(each)

        def read(name, number=number):
            command = ["exiv2", "-PXkv", str(tmp_path / f"{name}{number}.xmp")]
            lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
            return dict(line.split(maxsplit=1) if " " in line.strip() else (line, "") for line in lines)

        old, new = read("before"), read("after")
        assert new["Xmp.xmp.Rating"] == "3" and new["Xmp.lr.hierarchicalSubject"] == "imgrank|a cat"
        assert new["Xmp.dc.subject"] == ", ".join(filter(None, (old.get("Xmp.dc.subject", ""), "a cat")))
        ours = ("Xmp.imgrank.", "Xmp.xmp.Rating", "Xmp.dc.subject")
        kept = {key: value for key, value in old.items() if not key.startswith(ours)}
        assert {key: new.get(key) for key in kept} == kept
