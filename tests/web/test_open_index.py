"""`imgrank open INDEX` over HTTP: orders as for its pictures, only files that stand as indexed, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

from imgrank.errors import UsageError
from imgrank.web.viewer.room import OpenSettings, Room
from tests.web.making import Client
from tests.web.viewing import EXAMPLES, index_of, names_in_order, new_ranker, numbers_of, opened, pictures, tree

Opened = tuple[Room, Client]
NAMES = ("cat", "dog", "owl", "house")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs, one of them in a tar file, and an index; then one is changed and one goes."""
    folder = tmp_path_factory.mktemp("here")
    pictures(folder / "photos", NAMES)
    index_of(folder / "photos", folder / "index", in_tar="parrot")
    (folder / "photos" / "dog.jpg").write_bytes((folder / "photos" / "cat.jpg").read_bytes())
    (folder / "photos" / "owl.jpg").unlink()
    return folder


@pytest.fixture(scope="module")
def both(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGRANK_HOME", str(tmp_path_factory.mktemp("home")))
        with opened(here / "index") as both:
            yield both


def number(client: Client, stem: str) -> int:
    return next(n for n, name in enumerate(client.ask("/pictures").json()["names"]) if name.endswith(f"{stem}.jpg"))


def test_it_is_ordered_as_sort_orders_it(both: Opened, here: Path) -> None:
    client = both[1]
    with new_ranker("auto", "mini") as ranker:
        for sentence in ("a bird", "older person"):
            images = ranker.rank([here / "index"], sentence).images
            assert names_in_order(client, sentence=sentence) == [image.path for image in images]
            told = client.ask("/order", {"sentence": sentence}).json()
            assert told["scores"] == pytest.approx([image.score for image in images])
    state = client.ask("/state").json()
    assert state["index"] and state["count"] == 5 and state["indexing"]["stage"] == "idle"


def test_a_row_is_shown_only_where_its_file_stands_as_it_was_indexed(both: Opened) -> None:
    client = both[1]
    for size in ("small", "screen", "full"):
        assert client.ask(f"/picture/{size}/{number(client, 'cat')}").status == 200
        assert client.ask(f"/picture/{size}/{number(client, 'parrot')}").status == 200  # from the tar file
        for stem, why in (("dog", "changed after"), ("owl", "no longer exists")):
            refused = client.ask(f"/picture/{size}/{number(client, stem)}")
            assert refused.status == 415 and why.lower() in refused.body.decode().lower()
    assert client.ask("/picture/small/99").status == 404


def test_a_file_that_is_changed_while_it_is_open_is_not_shown_any_more(tmp_path: Path) -> None:
    index_of(pictures(tmp_path / "photos", ("cat", "dog")), tmp_path / "index")
    with opened(tmp_path / "index") as (_, client):
        cat = f"/picture/small/{number(client, 'cat')}"
        assert client.ask(cat).status == 200
        shutil.copy(tmp_path / "photos" / "dog.jpg", tmp_path / "photos" / "cat.jpg")
        assert client.ask(cat).status == 415


def test_members_are_shown_while_their_file_stands_as_it_was_indexed(tmp_path: Path) -> None:
    index_of(pictures(tmp_path / "photos", ("cat",)), tmp_path / "index", in_tar="parrot")
    tar = tmp_path / "index.tar"
    whole = tar.read_bytes()
    with opened(tmp_path / "index") as (room, client):
        parrot = number(client, "parrot")
        assert room.library.place(parrot) == str(tar)
        at = whole.index((EXAMPLES / "parrot.jpg").read_bytes())
        tar.write_bytes(whole[: at + 1000] + b"?" + whole[at + 1001 :])
        refused = client.ask(f"/picture/small/{parrot}")
        assert refused.status == 415 and "changed after it was indexed" in refused.body.decode()
        assert "changed after" in client.ask(f"/facts/{parrot}").json()["Not shown"]
        tar.unlink()
        refused = client.ask(f"/picture/small/{parrot}")
        assert refused.status == 415 and "index.tar that holds it is not found" in refused.body.decode()
        tar.write_bytes(whole)
        assert client.ask(f"/picture/small/{parrot}").status == 200
        copy = room.library.file(parrot)
        assert copy is not None and Path(copy.path).read_bytes() == (EXAMPLES / "parrot.jpg").read_bytes()
    assert not Path(copy.path).exists()


REFUSED = [
    *(("plan", {"action": action, "numbers": [0], "folder": "out"}) for action in ("copy", "move", "rename", "tag")),
    ("plan", {"action": "trash", "numbers": [0]}),
    ("apply", {"plan": "x"}),
    ("undo", {"run": 1}),
    ("finish", {"run": 1}),
    ("rate", {"numbers": [0], "stars": 3}),
    ("teach", {"sentence": "cosier", "numbers": [0, 1, 2]}),
    ("model", {"name": "mini"}),
]


@pytest.mark.parametrize(("wish", "body"), REFUSED)
def test_what_changes_anything_is_refused_with_the_reason(
    both: Opened, here: Path, wish: str, body: dict[str, object]
) -> None:
    before = tree(here)
    refused = both[1].ask(f"/{wish}", body)
    assert refused.status == 400 and refused.json()["error"] == both[1].ask("/state").json()["refused"][wish]
    assert "index" in refused.json()["error"] and tree(here) == before


def test_groups_are_by_folder_or_refused(both: Opened) -> None:
    client = both[1]
    told = client.ask("/groups/folder").json()
    assert not told["pending"] and len(set(told["groups"])) == 2  # the folder, and the tar file
    for rule in ("similar", "burst", "day"):
        refused = client.ask(f"/groups/{rule}")
        assert refused.status == 400 and "does not hold" in refused.json()["error"]


def test_what_needs_the_file_of_a_row_that_has_none_says_why(both: Opened) -> None:
    client = both[1]
    dog = number(client, "dog")
    for refused in (
        client.ask("/order", {"terms": [{"picture": dog}]}),
        client.ask("/reveal", {"number": dog}),
        client.ask(f"/why/words/{dog}?sentence=a%20bird"),
    ):
        assert refused.status == 400 and "changed after" in refused.json()["error"]
    for stem in ("cat", "parrot"):
        shown = number(client, stem)
        assert client.ask("/order", {"terms": [{"picture": shown}]}).json()["numbers"][0] == shown
    assert client.ask(f"/why/words/{number(client, 'parrot')}?sentence=a%20bird").status == 200
    assert "Not shown" not in client.ask(f"/facts/{number(client, 'parrot')}").json()


def test_facts_are_those_of_the_index(both: Opened) -> None:
    client = both[1]
    about = client.ask(f"/facts/{number(client, 'owl')}").json()
    assert about["Name"] == "owl.jpg" and "×" in about["Dimensions"] and about["Not shown"]
    assert set(client.ask("/facts").json()["orientation"]) <= {"landscape", "portrait", "square"}
    assert client.ask("/facts/99").status == 404


def test_an_order_by_what_is_measured_at_full_size_does_not_wait_for_it(both: Opened) -> None:
    assert not both[1].ask("/order", {"sentence": "sharp photo"}).json()["measuring"]


def test_looking_again_reads_nothing_twice(both: Opened) -> None:
    client = both[1]
    version = client.ask("/state").json()["version"]
    assert client.ask("/look", {}).status == 200
    assert numbers_of(client, *client.ask("/pictures").json()["names"]) == list(range(5))
    assert client.ask("/state").json()["version"] == version


def test_an_index_of_another_image_model_is_told_of_at_once(here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "index", tmp_path / "index")
    manifest = tmp_path / "index" / "imgrank-index.json"
    with new_ranker("auto", "mini") as ranker:
        manifest.write_text(manifest.read_text().replace(ranker.backbone.fingerprint, "0" * 16))
    with pytest.raises(UsageError, match="holds tokens of backbone"):
        Room(OpenSettings(str(tmp_path / "index")), new_ranker)
