"""Where tags go: each program's own convention, for RAW and the rest, and nothing that is there is hidden."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from dataclasses import replace

import pytest

from imgrank.actions.records import KeywordOn
from imgrank.actions.run import act, prepare
from imgrank.actions.undo import undo
from imgrank.paths import from_here
from tests.actions.trees import contents, fill, planned, ranked, request, snapshot
from tests.faults.actions.driver import XMP

NONE, OWN, SHARED = (), ("DSC_1.NEF.xmp",), ("DSC_1.xmp",)
CASES = [
    (["DSC_1.NEF"], NONE, {"DSC_1.xmp", "DSC_1.NEF.xmp"}),
    (["DSC_1.NEF"], SHARED, {"DSC_1.xmp"}),
    (["DSC_1.NEF"], OWN, {"DSC_1.xmp", "DSC_1.NEF.xmp"}),
    (["DSC_1.NEF"], SHARED + OWN, {"DSC_1.xmp", "DSC_1.NEF.xmp"}),
    (["DSC_1.JPG"], NONE, {"DSC_1.JPG.xmp"}),
    (["DSC_1.JPG"], SHARED, {"DSC_1.xmp"}),
    (["DSC_1.JPG"], ("DSC_1.jpg.xmp",), {"DSC_1.jpg.xmp"}),
    (["DSC_1.JPG", "DSC_1.NEF"], NONE, {"DSC_1.xmp", "DSC_1.NEF.xmp", "DSC_1.JPG.xmp"}),
    (["DSC_1.JPG", "DSC_1.NEF"], SHARED, {"DSC_1.xmp", "DSC_1.JPG.xmp"}),
    (["DSC_1.JPG", "DSC_1.NEF"], OWN, {"DSC_1.xmp", "DSC_1.NEF.xmp", "DSC_1.JPG.xmp"}),
]


@pytest.mark.parametrize("ranked", ["first", "all"])
@pytest.mark.parametrize(("pictures", "there", "tagged"), CASES)
def test_each_convention_that_some_program_reads(tmp_path, pictures, there, tagged, ranked):
    folder = fill(tmp_path, *pictures, *there)
    for name in there:
        (folder / name).write_bytes(XMP)
    before = snapshot(folder)
    outcome = act(planned(folder, pictures if ranked == "all" else pictures[:1], "tag", keyword="a cat"))
    assert not outcome.left_alone
    after = contents(snapshot(folder))
    assert {name for name, content in after.items() if b"imgrank|a cat" in content} == tagged
    assert set(after) == {*pictures, *tagged, *there}
    assert all(after[name] == before[name][0] for name in pictures)
    assert not undo().left_alone and snapshot(folder) == before


def test_a_jpeg_that_is_chosen_tags_the_raw_of_its_shot(tmp_path):
    folder = fill(tmp_path, "DSC_1.NEF", "DSC_1.JPG")
    act(planned(folder, ["DSC_1.JPG"], "tag"))
    assert b'Rating="1"' in (folder / "DSC_1.xmp").read_bytes()


def test_a_sidecar_of_another_shot_is_left(tmp_path):
    folder = fill(tmp_path, "a.CR2", "a.NEF")
    plan = planned(folder, ["a.CR2", "a.NEF"], "tag")
    made = {os.path.basename(change.target): os.path.basename(change.source) for change in plan.changes}
    assert made == {"a.CR2.xmp": "a.CR2", "a.NEF.xmp": "a.NEF", "a.xmp": "a.CR2"}
    assert "another image" in plan.left_out[0].sentence and not act(plan).left_alone


@pytest.mark.parametrize("program", ["exiftool", "exiv2"])
def test_programs_read_stars_and_keywords(tmp_path, program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    folder = fill(tmp_path, "DSC_1.NEF", "DSC_1.JPG")
    act(planned(folder, ["DSC_1.JPG"], "tag", keyword="Köln & <Bonn>"))
    for path in folder.glob("*.xmp"):
        command = {
            "exiftool": ["exiftool", "-s3", "-XMP-xmp:Rating", "-XMP-dc:Subject", "-XMP-lr:HierarchicalSubject"],
            "exiv2": ["exiv2", "-PXv"],
        }[program]
        out = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
        assert {"1", "Köln & <Bonn>", "imgrank|Köln & <Bonn>"} <= set(out)


def test_untag_takes_the_sidecars_of_ours_away(tmp_path):
    folder = fill(tmp_path, "DSC_1.NEF", "DSC_1.JPG", "b.jpg")
    (folder / "b.jpg.xmp").write_bytes(XMP)
    before = snapshot(folder)
    act(planned(folder, ["DSC_1.JPG", "b.jpg"], "tag", keyword="a cat"))
    plan = planned(folder, ["DSC_1.JPG", "b.jpg"], "untag")
    assert act(plan).done == 4
    after = snapshot(folder)
    assert set(after) == set(before) and b"imgrank" not in after["b.jpg.xmp"][0]
    assert not planned(folder, ["DSC_1.JPG", "b.jpg"], "untag").changes
    undo()
    undo()
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    ("on", "with_it"), [("every", "abc"), ("relevant", "ab"), ("fitting", "a")], ids=lambda each: each
)
def test_a_keyword_goes_to_the_pictures_that_it_is_meant_for_and_stars_to_all(tmp_path, on, with_it):
    folder = fill(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    images = ranked(folder, ["a.jpg", "b.jpg", "c.jpg"])
    images[1] = replace(images[1], fits=False)
    images[2] = replace(images[2], relevant=False, fits=False)
    act(prepare(images, request("tag", keyword="a cat", keyword_on=KeywordOn(on)), images))
    written = {name: (folder / f"{name}.jpg.xmp").read_bytes() for name in "abc"}
    assert "".join(name for name, text in written.items() if b"a cat" in text) == with_it
    assert all(b"xmp:Rating" in text for text in written.values())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_that_stands_as_a_sidecar_is_left_as_it_is(tmp_path):
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    os.mkfifo(folder / "a.jpg.xmp")
    pipe = os.open(folder / "a.jpg.xmp", os.O_RDWR)
    os.write(pipe, XMP)
    end = threading.Timer(2, os.close, [pipe])  # who waits for its end reads it
    end.start()
    plan = planned(folder, ["a.jpg", "b.jpg"], "tag", keyword="a cat")
    assert [os.path.basename(change.source) for change in plan.changes] == ["b.jpg"]
    assert [problem.sentence for problem in plan.left_out] == [
        f"{from_here(str(folder / 'a.jpg.xmp'))} is left as it is: it is not a regular file."
    ]
    end.join()
