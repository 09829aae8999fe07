"""Tags inside pictures: pixels and all that is not ours stay, exiftool and exiv2 read them, and undo is exact."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.actions.embed import exiftool, jpeg, pictures, png, webp
from imgrank.actions.embed.delta import decode
from imgrank.actions.embed.pictures import same_pixels
from imgrank.actions.run import act
from imgrank.actions.undo import undo
from imgrank.actions.xmp_edit import tag, untag
from tests.actions.pictures import BY_EXIFTOOL, HERE, XMP, image, jpeg_with, saved, with_iptc
from tests.actions.trees import planned, snapshot

needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
needs_exiv2 = pytest.mark.skipif(not shutil.which("exiv2"), reason="exiv2 is not installed")
ALL = [*HERE, *(pytest.param(name, marks=needs_exiftool) for name in BY_EXIFTOOL)]
BOXED = (".avif", ".heic", ".hif")  # without XMP again, exiftool leaves its boxes as they came out


def made(folder, name):
    path = folder / name
    path.write_bytes((HERE | BY_EXIFTOOL)[name]())
    return path


def pixels(content):
    """Every frame as it is decoded."""
    if b"heic" in content[8:32]:
        heif = pytest.importorskip("pi_heif", reason="pi-heif is not installed")
        return [bytes(frame.data) for frame in heif.open_heif(content)]
    with Image.open(io.BytesIO(content)) as opened:
        frames = []
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            frames.append(opened.convert("RGBA").tobytes())
        return frames


@pytest.mark.parametrize("name", ALL)
def test_pixels_stay_and_undo_gives_back_every_byte(tmp_path, name):
    path = made(tmp_path / "", name)
    before = path.read_bytes(), snapshot(tmp_path)
    outcome = act(planned(tmp_path, [name], "tag", embed=True, keyword="a cat"))
    assert outcome.done == 1 and not outcome.left_alone and [each.name for each in tmp_path.iterdir()] == [name]
    assert path.read_bytes() != before[0] and pixels(path.read_bytes()) == pixels(before[0])
    after = path.read_bytes()
    back = undo()
    assert snapshot(tmp_path) == before[1] and not back.left_alone
    assert not undo(back.run).left_alone and path.read_bytes() == after
    assert not undo().left_alone and snapshot(tmp_path) == before[1]


@needs_exiftool
@pytest.mark.parametrize("name", ALL)
def test_exiftool_reads_what_was_written_and_all_else_as_before(tmp_path, name):
    path = made(tmp_path, name)

    def read():
        out = subprocess.run(["exiftool", "-json", "-a", "-G1", "-n", path], capture_output=True, check=True).stdout
        (found,) = json.loads(out)
        own = ("System:", "ExifTool:", "XMP-", "File:FileSize", "WebP", "RIFF:", "Meta:", "QuickTime:MediaData")
        return found, {key: value for key, value in found.items() if not key.startswith(own)}

    _, before = read()
    had = ["Molly"] if b"Molly" in path.read_bytes() or name == "compressed.png" else []
    had += ["Zürich"] if name == "iptc.jpg" else []
    act(planned(tmp_path, [name], "tag", embed=True, keyword="a cat"))
    found, after = read()
    subjects = found["XMP-dc:Subject"]
    assert (subjects if isinstance(subjects, list) else [subjects]) == [*had, "a cat"]
    assert found["XMP-xmp:Rating"] == 1 and found["XMP-lr:HierarchicalSubject"] == "imgrank|a cat"
    moved = ("Offset", "Start", "Length", "IFD0:ExifByteOrder", "ApplicationNotes", "File:FileType")
    assert {k: v for k, v in after.items() if not any(m in k for m in moved)} == {
        k: v for k, v in before.items() if not any(m in k for m in moved)
    }


@needs_exiv2
@pytest.mark.parametrize("name", [name for name in HERE if not name.endswith(("mpo", "animated.png"))])
def test_exiv2_reads_what_was_written(tmp_path, name):
    path = made(tmp_path, name)
    act(planned(tmp_path, [name], "tag", embed=True, keyword="a cat"))
    command = ["exiv2", "-PXkv", "-g", "Rating", "-g", "ubject", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Xmp.xmp.Rating" in out and "imgrank|a cat" in out and "a cat" in out


@pytest.mark.parametrize("name", ALL)
def test_untag_takes_ours_away_and_leaves_what_was_there(tmp_path, name):
    path = made(tmp_path, name)
    before = pictures.packet_in(str(path))
    content = path.read_bytes()
    act(planned(tmp_path, [name], "tag", embed=True, keyword="a cat"))
    act(planned(tmp_path, [name], "untag", embed=True))
    after = pictures.packet_in(str(path))
    if before is None and name != "iptc.jpg":
        assert after is None
        assert path.suffix.lower() in (".webp", ".tiff", *BOXED) or path.read_bytes() == content
    elif before is not None:
        assert b"Molly" in after and b"a cat" not in after and b"imgrank:" not in after and b'Rating="2"' in after
    assert pixels(path.read_bytes()) == pixels(content)
    assert not planned(tmp_path, [name], "untag", embed=True).changes


def test_untag_alone_says_what_stays_inside(tmp_path):
    made(tmp_path, "plain.jpg")
    act(planned(tmp_path, ["plain.jpg"], "tag", embed=True))
    plan = planned(tmp_path, ["plain.jpg"], "untag")
    assert not plan.changes and "plain.jpg" in plan.notes[0]


def test_without_exiftool_others_get_a_sidecar_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(exiftool, "program", lambda: None)
    made(tmp_path, "plain.tif")
    plan = planned(tmp_path, ["plain.tif"], "tag", embed=True)
    assert [Path(change.target).name for change in plan.changes] == ["plain.tif.xmp"]
    assert any("exiftool" in note for note in plan.notes)


def test_a_sidecar_that_is_there_is_kept_up_to_date_with_the_picture(tmp_path):
    made(tmp_path, "plain.jpg")
    (tmp_path / "plain.jpg.xmp").write_bytes(XMP)
    plan = planned(tmp_path, ["plain.jpg"], "tag", embed=True)
    assert sorted(Path(change.target).name for change in plan.changes) == ["plain.jpg", "plain.jpg.xmp"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no picture", "not a JPEG"),
        (b"\xff\xd8\xff\xe0\xff\xff", "damaged"),
        (jpeg_with(saved("JPEG", xmp=XMP), 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), "twice"),
        (jpeg_with(saved("JPEG"), 0xE1, b"http://ns.adobe.com/xap/1.0/\0<a/>"), "RDF"),
        (jpeg_with(saved("JPEG"), 0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + XMP), "second part"),
        (saved("JPEG", xmp=XMP.replace(b"Molly", b"M" * 64_800)), "longer"),
    ],
)
def test_what_cannot_be_written_without_harm_is_left_and_named(tmp_path, content, reason):
    (tmp_path / "a.jpg").write_bytes(content)
    plan = planned(tmp_path, ["a.jpg"], "tag", embed=True, keyword="a cat")
    assert not plan.changes and reason in plan.left_out[0].sentence
    assert (tmp_path / "a.jpg").read_bytes() == content


def test_links_and_read_only_pictures_are_left(tmp_path):
    made(tmp_path, "plain.jpg").chmod(0o444)
    (tmp_path / "link.jpg").symlink_to("plain.jpg")
    plan = planned(tmp_path, ["plain.jpg", "link.jpg"], "tag", embed=True)
    assert not plan.changes and len(plan.left_out) == 2


def test_a_picture_that_changes_before_its_turn_is_left_alone(tmp_path):
    path = made(tmp_path, "plain.jpg")
    plan = planned(tmp_path, ["plain.jpg"], "tag", embed=True)
    path.write_bytes(saved("JPEG", image(90)))
    outcome = act(plan)
    assert outcome.left_alone and path.read_bytes() == saved("JPEG", image(90))


def test_keywords_in_a_picture_are_not_hidden_by_a_new_sidecar(tmp_path):
    (tmp_path / "a.jpg").write_bytes(with_iptc(saved("JPEG"), "Molly"))
    act(planned(tmp_path, ["a.jpg"], "tag", keyword="a cat"))
    sidecar = (tmp_path / "a.jpg.xmp").read_bytes()
    assert b"<rdf:li>Molly</rdf:li><rdf:li>a cat</rdf:li></rdf:Bag></dc:subject>" in sidecar
    assert b"Molly" in untag(sidecar) and b"a cat" not in untag(sidecar)


KINDS = {"JPEG": jpeg, "PNG": png, "WEBP": webp}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_gives_a_reason_or_keeps_the_pixels(kind, data):
    module, content = KINDS[kind], bytearray(saved(kind, xmp=XMP) if kind != "PNG" else HERE["compressed.png"]())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, min(len(content) - 1, 400)))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2, 40]))])
    try:
        packet = module.packet_of(content)
        changed = module.with_packet(content, tag(packet, 1, 0.5, 5, "a cat"))
    except ValueError:
        return
    assert module.pixels_of(changed) == module.pixels_of(content)
    assert module.packet_of(changed) == tag(packet, 1, 0.5, 5, "a cat")


@pytest.mark.parametrize("behind", [False, True])
def test_the_index_of_several_pictures_is_kept_right(behind):
    """Sizes and places of the second picture, with XMP before the index or behind it."""
    plain = saved("MPO", save_all=True, append_images=[image(90)])
    content = jpeg.with_packet(plain, XMP)
    if behind:
        at = plain.index(b"\xff\xdb")
        changed = bytearray(jpeg_with(plain, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
        jpeg._set_index(plain, changed, at, len(changed) - len(plain))
        content = bytes(changed)
    for packet in (XMP, XMP + b" " * 999, b""):
        assert pixels(jpeg.with_packet(content, packet)) == pixels(plain) and len(pixels(plain)) == 2
    assert jpeg.with_packet(content, b"") == plain


def test_a_delta_is_small(tmp_path):
    path = made(tmp_path, "xmp.jpg")
    path.write_bytes(path.read_bytes() + bytes(1_000_000))
    patch = pictures.edited(str(path), lambda before: tag(before, 1, 0.5, 5))
    assert patch is not None and len(patch.delta) < 4000 and decode(patch.delta).parts


def _boxed(data: bytes) -> bytes:
    return (16).to_bytes(4, "big") + b"ftypavif\0\0\0\0" + (8 + len(data)).to_bytes(4, "big") + b"mdat" + data


@pytest.mark.parametrize(
    ("after", "same"),
    [(b"pixels", True), (b"pixels<x:xmpmeta/>", True), (b"", False), (b"pix", False), (b"pixels and more", False)],
)
def test_pixels_of_a_box_are_the_same_only_where_xmp_alone_came_or_went(after, same):
    for one, other in ((_boxed(b"pixels"), _boxed(after)), (_boxed(after), _boxed(b"pixels"))):
        assert same_pixels(one, other) == same
