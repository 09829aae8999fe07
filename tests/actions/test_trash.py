"""Into the trash goes what was chosen and what is its alone; and never by an order that may mean nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from imgrank.actions import lock, no_clobber
from imgrank.actions import trash as system_trash
from imgrank.actions.run import act
from imgrank.actions.undo import history, undo
from imgrank.cli import actions as cli
from imgrank.errors import ActionError
from tests.actions.moments import at
from tests.actions.test_cli import ranking, wanted
from tests.actions.trees import fill, planned, ranked, snapshot
from tests.faults.actions.forks import ended, start

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="throws into the trash of a Linux desktop")


def thrown(folder, names, among):
    return {os.path.basename(change.source) for change in planned(folder, names, "trash", among=among).changes}


def test_a_raw_picture_that_was_ranked_and_not_chosen_stays_with_what_is_its_own(tmp_path):
    folder = fill(tmp_path, "a.cr2", "a.cr2.xmp", "a.xmp", "a.json", "a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp")
    assert thrown(folder, ["a.jpg"], ["a.cr2", "b.jpg", "a.jpg"]) == {"a.jpg", "a.jpg.xmp"}
    assert thrown(folder, ["b.jpg", "a.jpg"], ["a.cr2", "b.jpg", "a.jpg"]) == {"a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp"}


def test_a_raw_picture_that_nobody_ranked_goes_with_its_twin(tmp_path):
    folder = fill(tmp_path, "a.cr2", "a.cr2.xmp", "a.xmp", "a.jpg", "a.aae")
    assert thrown(folder, ["a.jpg"], ["a.jpg"]) == set(os.listdir(folder))


def test_both_of_a_pair_take_all_with_them(tmp_path):
    folder = fill(tmp_path, "a.cr2", "a.cr2.xmp", "a.xmp", "a.jpg")
    assert thrown(folder, ["a.cr2", "a.jpg"], ["a.cr2", "a.jpg"]) == set(os.listdir(folder))


def test_what_belongs_to_a_picture_that_nobody_looked_at_stays(tmp_path):
    folder = fill(tmp_path, "a.jpg", "a.png", "a.xmp", "a.jpeg", "a.nef", "a.nef.xmp")
    assert thrown(folder, ["a.jpg"], ["a.jpg"]) == {"a.jpg"}


def test_what_stays_is_named(tmp_path):
    folder = fill(tmp_path, "a.cr2", "a.xmp", "a.jpg")
    (line,) = planned(folder, ["a.jpg"], "trash", among=["a.cr2", "a.jpg"]).notes
    assert "a.cr2" in line and "a.xmp" in line


def test_other_actions_keep_a_pair_together(tmp_path):
    folder = fill(tmp_path, "a.cr2", "a.xmp", "a.jpg")
    assert len(planned(folder, ["a.jpg"], "rename", among=["a.jpg", "a.cr2"]).changes) == 3


def doubtful(folder, **options):
    images = ranked(folder, ["a.jpg", "b.jpg"])
    asked = wanted(trash=True, chosen=True, **options)
    return cli.change_files(replace(ranking(images), confident=False), images[-1:], asked, None, print0=False)


def test_an_order_that_may_mean_nothing_throws_nothing_away(tmp_path, capsys):
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    before = snapshot(folder)
    with pytest.raises(ActionError, match=r"thrown away\. Nothing was changed") as refused:
        doubtful(folder)
    assert refused.value.exit_code == 1 and doubtful(folder, dry_run=True) == 0
    assert snapshot(folder) == before and "b.jpg" in capsys.readouterr().out
    assert doubtful(folder, yes=True) == 0 and os.listdir(folder) == ["a.jpg"]


def test_the_trash_replaces_nothing_in_itself(tmp_path, trash):
    """Not even a link that leads nowhere since it lies there: a name that others take for free."""
    folder = fill(tmp_path / "p", "a.jpg", "target.jpg")
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").symlink_to("target.jpg")
    lying_before = set(os.listdir(trash / "files")) if (trash / "files").is_dir() else set()
    for _ in range(2):
        act(planned(folder, ["a.jpg"], "trash"))
        (folder / "a.jpg").symlink_to("target.jpg")
    assert lying_before < set(os.listdir(trash / "files"))
    assert len(set(os.listdir(trash / "files")) - lying_before) == 2


def test_a_disk_without_a_trash_is_refused_before_anything_is_copied(tmp_path, monkeypatch):
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    before = snapshot(folder)
    monkeypatch.setattr(system_trash, "_existing", lambda _: "/proc")  # on another disk than any picture
    with pytest.raises(ActionError, match="no trash"):
        planned(folder, ["a.jpg"], "trash")
    assert snapshot(folder) == before


def lying(trash, stem):
    """The bytes of what lies in the trash under names that begin so."""
    return sorted(path.read_bytes() for path in (trash / "files").iterdir() if path.name.startswith(stem))


def put(path):
    return system_trash.put(str(path), no_clobber.identify(str(path)))


@pytest.mark.parametrize("point", ["noted", "thrown"])
def test_another_program_that_throws_the_same_name_away_at_that_moment_loses_nothing(
    tmp_path, trash, monkeypatch, point
):
    """It knows nothing of our lock: its home is another one."""
    ours, theirs = (fill(tmp_path / whose, f"{point}.jpg") / f"{point}.jpg" for whose in ("ours", "theirs"))
    ours.write_bytes(b"ours")
    theirs.write_bytes(b"theirs")

    def other():
        with monkeypatch.context() as patch:
            patch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
            put(theirs)

    at(1, point, other)
    put(ours)
    assert lying(trash, point) == [b"ours", b"theirs"]


def test_a_file_without_a_note_in_the_trash_is_not_replaced(tmp_path, trash):
    path = fill(tmp_path / "p", "bare.jpg") / "bare.jpg"
    at(1, "noted", lambda: (trash / "files" / "bare.jpg").write_bytes(b"bare"))
    put(path)
    assert lying(trash, "bare") == sorted([b"bare", b"bare.jpg" * 100])
    assert {note.name for note in (trash / "info").glob("bare*")} == {"bare 2.jpg.trashinfo"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows has not")
def test_runs_side_by_side_that_throw_same_names_away_lose_nothing(tmp_path, trash, monkeypatch):
    monkeypatch.setattr(lock, "_PATIENCE", 600.0)  # on a slow disk each may wait long for the others
    runs, names = 3, [f"side-{n}.jpg" for n in range(12)]
    folders = [fill(tmp_path / str(run), *names) for run in range(runs)]
    for run, folder in enumerate(folders):
        for name in names:
            (folder / name).write_bytes(f"{run} {name}".encode())
    before = snapshot(tmp_path)
    children = [start(lambda folder=folder: act(planned(folder, names, "trash"))) for folder in folders]
    assert [ended(child) for child in children] == [0] * runs
    assert lying(trash, "side-") == sorted(f"{run} {name}".encode() for run in range(runs) for name in names)
    for _ in range(runs):
        assert not undo().left_alone
    assert snapshot(tmp_path) == before


def test_a_name_too_long_for_a_note_is_shortened_in_the_trash(tmp_path):
    name = "\u00e9" * 125 + ".jpg"
    folder = fill(tmp_path / "p", name)
    before = snapshot(folder)
    assert act(planned(folder, [name], "trash")).done == 1 and not os.listdir(folder)
    assert not undo().left_alone and snapshot(folder) == before


def test_where_nothing_can_be_renamed_safely_nothing_is_thrown_away(tmp_path, trash, monkeypatch):
    """Undo could not bring it back there."""
    folder = fill(tmp_path / "p", "stuck.jpg")
    before = snapshot(folder)

    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(no_clobber, "_rename_by_kernel", lambda *_: False)
    monkeypatch.setattr(no_clobber, "link", refused)
    with pytest.raises(ActionError, match=r"\)\. Nothing was changed\.$"):
        act(planned(folder, ["stuck.jpg"], "trash"))
    assert not history()
    assert snapshot(folder) == before and not list(trash.glob("*/stuck*"))
