"""What an index holds, however it came about: each picture once, and the tokens that one machine would have made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.detail.measure import DETAIL_VERSION, WIDTH
from imgrank.errors import IndexFault, UsageError
from imgrank.index.format import part_name
from imgrank.index.locations import Location
from imgrank.index.merging import fill_store, merge
from imgrank.index.sources import Shard
from imgrank.store import open_store
from tests.index.making import FakeBackbone, build, expected, opened, ordered, picture, tokens, write_pictures

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

KILLED = """
import os, signal, sys
from tests.index.making import FakeBackbone, build
class Killed(FakeBackbone):
    def encode_images(self, pixels):
        if self.encoded >= 12:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_images(pixels)
build(sys.argv[1], sys.argv[2], Killed())
"""


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def photos(tmp_path):
    return write_pictures(tmp_path / "photos", 20)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "tokens"


def store():
    return open_store(FakeBackbone.fingerprint, FakeBackbone.shape, note=lambda _: None)


def test_an_index_holds_what_was_encoded_bit_for_bit(photos, out):
    built = build(photos, out)
    assert (built.added, built.encoded, built.known) == (20, 20, 0)
    assert tokens(opened(out)) == expected(photos)


def test_no_index_begins_in_a_folder_of_images(photos, out):
    """Whoever ranked that folder would be answered by the index, and miss each image that is added later."""
    with pytest.raises(UsageError, match="photos contains images"):
        build(photos, photos)
    out.mkdir()
    (out / "notes.txt").touch()
    assert build(photos, out).added == 20


def test_what_is_indexed_is_not_encoded_again(photos, out):
    build(photos, out)
    (photos / "new.png").write_bytes(picture(50))
    backbone = FakeBackbone()
    assert build(photos, out, backbone).added == backbone.encoded == 1
    assert tokens(opened(out)) == expected(photos)


@settings(max_examples=12, deadline=None)
@given(count=st.integers(1, 25), shards=st.integers(1, 5), part_rows=st.integers(1, 9), merged=st.booleans())
def test_any_number_of_shards_gives_the_order_of_one_machine(count, shards, part_rows, merged):
    with tempfile.TemporaryDirectory() as folder:
        photos = write_pictures(Path(folder, "photos"), count)
        (photos / "bad.png").write_bytes(b"no picture")
        (photos / "gone.png").symlink_to("nowhere")
        build(photos, Path(folder, "whole"))
        locations = [Path(folder, str(n)) for n in range(shards)]
        for n, location in enumerate(locations):
            build(photos, location, shard=Shard(n, shards), part_rows=part_rows)
        if merged:
            merge(Location(Path(folder, "merged")), list(map(Location, locations)), part_rows=part_rows)
            locations = [Path(folder, "merged")]
        assert ordered(opened(*locations)) == ordered(opened(Path(folder, "whole")))


def test_shards_that_share_one_place_are_one_index(photos, out):
    for n in range(3):
        build(photos, out, shard=Shard(n, 3))
    assert tokens(opened(out)) == expected(photos)


def test_merging_again_adds_nothing_and_overlap_counts_once(photos, tmp_path):
    build(photos, tmp_path / "a")
    build(photos, tmp_path / "b", shard=Shard(0, 2))
    for _ in range(2):
        assert merge(Location(tmp_path / "out"), [Location(tmp_path / "a"), Location(tmp_path / "b")]).images == 20
        assert len(Location(tmp_path / "out").parts()) == 1
    assert tokens(opened(tmp_path / "out")) == expected(photos)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_goes_on_where_it_stood(photos, out):
    done = subprocess.run([sys.executable, "-c", KILLED, str(photos), str(out)], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    before = len(tokens(opened(out)))
    assert 0 < before < 20
    assert build(photos, out).encoded == 20 - before
    assert tokens(opened(out)) == expected(photos)


def test_ctrl_c_keeps_what_is_done(photos, out):
    def stop(progress):
        if progress.done == 10:
            raise KeyboardInterrupt

    built = build(photos, out, progress=stop)
    assert built.partial
    assert built.added == len(tokens(opened(out))) == 10
    assert build(photos, out).encoded == 10


def test_a_part_that_is_cut_off_is_named_and_its_rows_are_made_again(photos, out):
    build(photos, out)
    whole = ordered(opened(out))
    part = out / Location(out).parts()[1]
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.raises(IndexFault, match=part.name):
        opened(out)
    notes: list[str] = []
    assert build(photos, out, note=notes.append).encoded == 4
    assert part.name in notes[0]
    assert ordered(opened(out)) == whole
    assert tokens(opened(out)) == expected(photos)


@pytest.mark.parametrize("location", range(1, 10))
def test_a_flipped_bit_is_never_taken_for_tokens(photos, out, location):
    build(photos, out)
    part = out / Location(out).parts()[0]
    whole = part.read_bytes()
    at = len(whole) * location // 10
    part.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        found = tokens(opened(out))
    except IndexFault as error:
        assert part.name in str(error)
    else:
        assert found == expected(photos)


def test_a_bad_picture_is_a_row_with_its_reason_until_it_is_mended(photos, out):
    (photos / "bad.png").write_bytes(b"no picture")
    built = build(photos, out)
    assert [Path(one.path).name for one in built.failed] == ["bad.png"]
    (bad,) = opened(out).skipped
    assert "not an image" in bad.reason
    parts = Location(out).parts()
    assert build(photos, out).added == 0
    assert Location(out).parts() == parts
    (photos / "bad.png").write_bytes(picture(77))
    assert build(photos, out).encoded == 1
    assert opened(out).skipped == ()
    assert tokens(opened(out)) == expected(photos)


def test_a_picture_that_changed_has_its_new_tokens(photos, out):
    build(photos, out)
    (photos / "img4.png").write_bytes(picture(60))
    assert build(photos, out).encoded == 1
    assert tokens(opened(out)) == expected(photos)


def test_a_row_that_could_not_be_read_never_hides_one_that_was(photos, out, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{photos}/img1.png\n", encoding="utf-8")
    build(listed, out)
    (photos / "img1.png").rename(tmp_path / "away.png")
    build(listed, out)
    assert list(tokens(opened(out))) == [f"{photos}/img1.png"]


def test_the_store_fills_the_index_and_the_index_the_store(photos, out, tmp_path):
    with store() as kept:
        build(photos, out, store=kept)
    backbone = FakeBackbone()
    with store() as kept:
        assert build(photos, tmp_path / "second", backbone, store=kept).added == 20
    assert backbone.encoded == 0
    assert tokens(opened(tmp_path / "second")) == expected(photos)
    os.environ["IMGRANK_HOME"] = str(tmp_path / "elsewhere")
    with store() as kept:
        assert fill_store(Location(out), kept, FakeBackbone.fingerprint, "fake") == 20
    with store() as kept:
        assert build(photos, tmp_path / "third", backbone, store=kept).added == 20
    assert backbone.encoded == 0
    assert tokens(opened(tmp_path / "third")) == expected(photos)
    assert rows(tmp_path / "third") == rows(out) == rows(tmp_path / "second")


def test_a_filled_store_believes_no_file_that_is_another(photos, out, tmp_path):
    build(photos, out)
    (photos / "img3.png").write_bytes(picture(70))
    with store() as kept:
        fill_store(Location(out), kept, FakeBackbone.fingerprint, "fake")
    with store() as kept:
        build(photos, tmp_path / "second", store=kept)
    assert tokens(opened(tmp_path / "second")) == expected(photos)


def test_a_filled_store_takes_no_neighbour_of_the_same_name_size_and_time_for_its_own(tmp_path, monkeypatch):
    """An index of relative paths, used from another folder."""
    made = {}
    for folder, color in (("ours", (200, 30, 10)), ("theirs", (30, 200, 10))):
        (tmp_path / folder / "photos").mkdir(parents=True)
        made[folder] = tmp_path / folder / "photos" / "a.bmp"
        Image.new("RGB", (8, 8), color).save(made[folder])
        os.utime(made[folder], ns=(10**18, 10**18))
    monkeypatch.chdir(tmp_path / "ours")
    build("photos", tmp_path / "first")
    monkeypatch.chdir(tmp_path / "theirs")
    with store() as kept:
        assert fill_store(Location(tmp_path / "first"), kept, FakeBackbone.fingerprint, "fake") == 1
        build("photos", tmp_path / "second", store=kept)
    assert tokens(opened(tmp_path / "second")) == expected("photos")


def details(indexed):
    blocks = list(indexed.blocks())
    return dict(zip(indexed.paths, (row.tobytes() for block in blocks for row in block.detail), strict=True))


def test_detail_is_kept_beside_the_tokens_and_goes_through_merging(photos, out, tmp_path):
    whole_tokens = expected(photos)
    (photos / "bad.png").write_bytes(b"no picture")
    build(photos, out, detail=True)
    whole = opened(out)
    assert whole.detailed and len(details(whole)) == 20
    assert tokens(whole) == whole_tokens
    for n in range(2):
        build(photos, tmp_path / str(n), shard=Shard(n, 2), detail=True)
    merge(Location(tmp_path / "merged"), [Location(tmp_path / "0"), Location(tmp_path / "1")], part_rows=3)
    assert details(opened(tmp_path / "merged")) == details(whole)
    some = list(whole.paths)[5:9]
    assert [row.tobytes() for row in whole.read(some).detail] == [details(whole)[path] for path in some]


def test_an_index_goes_on_with_detail_or_without_it(photos, out, tmp_path):
    build(photos, out, detail=True)
    (photos / "new.png").write_bytes(picture(50))
    with store() as kept:
        assert build(photos, out, store=kept).encoded == 1
    assert len(details(opened(out))) == 21
    build(photos, tmp_path / "plain")
    with pytest.raises(UsageError, match="without measurements"):
        build(photos, tmp_path / "plain", detail=True)
    assert not opened(out, tmp_path / "plain").detailed
    assert [block.detail for block in opened(out, tmp_path / "plain").blocks()].count(None) > 0
    with pytest.raises(UsageError, match="does not"):
        merge(Location(out), [Location(tmp_path / "plain")])
    merge(Location(tmp_path / "both"), [Location(out), Location(tmp_path / "plain")])
    assert not opened(tmp_path / "both").detailed


def build_with_older_detail(photos, where, monkeypatch):
    """As an imgrank did that measured fewer numbers of a picture."""
    with monkeypatch.context() as then:
        then.setattr("imgrank.encode.measure", lambda picture: np.zeros(WIDTH - 2, np.float32))
        then.setattr("imgrank.index.layout.WIDTH", WIDTH - 2)
        for module in ("building", "format"):
            then.setattr(f"imgrank.index.{module}.DETAIL_VERSION", DETAIL_VERSION - 1, raising=False)
        build(photos, where, detail=True)


def test_detail_of_another_version_is_left_unread_and_not_mixed(photos, out, tmp_path, monkeypatch):
    build_with_older_detail(photos, out, monkeypatch)
    assert not opened(out).detailed
    assert tokens(opened(out)) == expected(photos)
    with pytest.raises(UsageError, match="another imgrank version"):
        build(photos, out, detail=True)
    (photos / "new.png").write_bytes(picture(50))
    assert build(photos, out).encoded == 1
    build(photos, tmp_path / "today", detail=True)
    merge(Location(tmp_path / "both"), [Location(out), Location(tmp_path / "today")])
    for where in (out, tmp_path / "both"):
        assert not opened(where).detailed
        assert tokens(opened(where)) == expected(photos)
    with pytest.raises(UsageError, match="does not"):
        merge(Location(tmp_path / "today"), [Location(out)])


def test_tokens_that_left_the_store_meanwhile_are_made_again(photos, out, monkeypatch):
    with store() as kept:
        build(photos, out.with_name("first"), store=kept)
    backbone = FakeBackbone()
    with store() as kept:
        read = kept.read

        def without_some(digests, *rest):
            found = read(digests, *rest)
            found.missing[::4] = True
            return found

        monkeypatch.setattr(kept, "read", without_some)
        assert build(photos, out, backbone, store=kept).added == 20
    assert backbone.encoded == 5
    assert tokens(opened(out)) == expected(photos)


def rows(out):
    from imgrank.index.building import known_rows

    return known_rows(Location(out))


def test_rows_say_size_and_hash(photos, out):
    build(photos, out)
    row = rows(out)[str(photos / "img4.png")]
    assert (row.width, row.height, row.size) == (12, 6, len(picture(4)))
    assert row.digest and row.mtime_ns == (photos / "img4.png").stat().st_mtime_ns


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text on this system")
def test_names_that_are_no_text_survive(photos, out):
    with open(os.fsencode(photos) + b"/caf\xe9.png", "wb") as file:
        file.write(picture(33))
    build(photos, out)
    assert tokens(opened(out)) == expected(photos)


def test_another_backbone_is_one_sentence(photos, out):
    build(photos, out)

    class Other(FakeBackbone):
        name, fingerprint = "other", "f" * 16

    with pytest.raises(UsageError, match=r"backbone fake \(0123456789abcdef\), and other is f{16}"):
        build(photos, out, Other())


def test_a_place_without_index_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="is not an index"):
        opened(tmp_path)


def test_the_same_rows_have_the_same_name(photos, out):
    build(photos, out, part_rows=100)
    known = list(rows(out).values())
    assert Location(out).parts() == [part_name(known)]
    assert part_name(known[1:]) != part_name(known)
