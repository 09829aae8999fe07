"""`imgrank open` over HTTP: orders, plans, undo, what comes and goes, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgrank.actions import run as actions
from imgrank.actions.apply import Stop
from imgrank.actions.records import Outcome, Plan
from imgrank.actions.undo import undo
from imgrank.cli.mistakes import with_remedy
from imgrank.order import order
from imgrank.ranker import Ranker
from imgrank.records import Progress, Term
from imgrank.web.viewer import indexing
from imgrank.web.viewer.orders import Placer
from imgrank.web.viewer.room import Room
from imgrank.web.viewer.watching import Watch
from imgrank.web.words import sentence_of
from tests.web.making import Client, until
from tests.web.viewing import EXAMPLES, NAMES, finished, names_in_order, numbers_of, opened, pictures, put, tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pictures(tmp_path / "photos")


def planned(client: Client, action: str, *names: str, **more: Any) -> dict[str, Any]:
    plan = client.ask("/plan", {"action": action, "numbers": numbers_of(client, *names), **more}).json()
    assert "plan" in plan, plan
    return plan  # type: ignore[no-any-return]  # JSON


def applied(client: Client, plan: dict[str, Any]) -> dict[str, Any]:
    told = client.ask("/apply", {"plan": plan["plan"]}).json()
    return finished(client, told["job"]["number"])


def test_what_lies_in_subfolders_is_shown_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    pictures(folder / "spring")
    with opened(folder) as (room, client):
        assert (client.ask("/state").json()["count"], client.ask("/state").json()["subfolders"]) == (0, False)
        assert client.ask("/subfolders", {}).json()["subfolders"]
        until(lambda: client.ask("/state").json()["count"] == 8)
        assert set(names_in_order(client)) == {f"spring/{name}.jpg" for name in NAMES}
        put(EXAMPLES / "owl.jpg", folder / "spring" / "late.jpg")
        until(lambda: client.ask("/state").json()["count"] == 9)
        assert room.settings.recursive


def test_a_sentence_that_is_too_long_is_refused_wherever_it_is_asked(folder: Path) -> None:
    long = "cat " * 300
    with opened(folder) as (_, client):
        number = numbers_of(client, "cat.jpg")[0]
        for answer in (
            client.ask("/order", {"sentence": long}),
            client.ask("/order", {"terms": [{"text": long, "weight": 1}]}),
            client.ask(f"/why/words/{number}?sentence={long.replace(' ', '%20')}"),
        ):
            assert answer.status == 400 and "at most 1,000 characters" in answer.json()["error"]


def test_undo_takes_back_what_was_done_last_and_the_history_offers_what_can_be(folder: Path) -> None:
    with opened(folder) as (_, client):
        first = applied(client, planned(client, "copy", "cat.jpg", folder="one"))["run"]
        second = applied(client, planned(client, "copy", "dog.jpg", folder="two"))["run"]
        assert client.ask("/state").json()["undo"]["run"] == second
        number, last = 2, first
        for _ in range(2):  # taken back, and done again
            client.ask("/undo", {"run": last})
            number += 1
            last = finished(client, number)["run"]
        assert client.ask("/state").json()["undo"]["run"] == first
        client.ask("/undo", {"run": first})
        finished(client, number + 1)
        told = {past["run"]: past for past in client.ask("/history").json()}
        assert told[last]["state"] == "undone" and not told[last]["can_undo"] and told[second]["can_undo"]


def test_what_was_done_says_where_to_and_what_was_undone_says_what(folder: Path) -> None:
    with opened(folder) as (_, client):
        done = applied(client, planned(client, "copy", "cat.jpg", folder="one"))
        assert done["said"] == f"1 file copied to {folder / 'one'}."
        client.ask("/undo", {"run": done["run"]})
        assert finished(client, 2)["said"].startswith(f"Run {done['run']}, copy: ")


def test_an_order_is_that_of_sort(folder: Path) -> None:
    with opened(folder) as (_, client):
        for sentence in ("a cat", "a bird", "older person", "sunset", "no people", "a cat and no dog"):
            with Ranker("mini", "auto", "cpu") as ranker:
                ranking = ranker.rank([folder], sentence)
            told = client.ask("/order", {"sentence": sentence}).json()
            assert names_in_order(client, sentence=sentence) == [os.path.basename(each.path) for each in ranking.images]
            assert told["scores"] == [each.score for each in ranking.images]
            assert told["relevant"] == sum(each.relevant for each in ranking.images)
            assert told["fits"] == [each.relevant and each.fits for each in ranking.images]
            assert (told["scorer"], told["adapter"], told["confident"]) == (
                ranking.scorer,
                ranking.adapter,
                ranking.confident,
            )


def test_what_asks_for_full_size_is_measured_and_then_as_sort_has_it(folder: Path) -> None:
    with opened(folder) as (_, client):
        told = client.ask("/order", {"sentence": "sharp photo"}).json()
        if told["measuring"]:
            until(lambda: not client.ask("/order", {"sentence": "sharp photo"}).json()["measuring"])
        with Ranker("mini", "auto", "cpu") as ranker:
            ranking = ranker.rank([folder], "sharp photo")
        assert ranking.scorer == "detail"
        assert names_in_order(client, sentence="sharp photo") == [
            os.path.basename(each.path) for each in ranking.images
        ]


def test_without_a_sentence_they_stand_by_name_and_like_a_picture_that_one_is_first(folder: Path) -> None:
    with opened(folder) as (_, client):
        assert names_in_order(client) == sorted(os.listdir(folder))
        [parrot] = numbers_of(client, "parrot.jpg")
        assert names_in_order(client, terms=[{"picture": parrot}])[0] == "parrot.jpg"
        assert client.ask("/state").json()["sentences"] == []


@pytest.mark.parametrize("action", ["copy", "move", "rename", "tag", "trash"])
def test_what_was_done_is_taken_back_to_the_byte(folder: Path, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(folder.parent / "data"))
    before = tree(folder.parent)
    with opened(folder) as (_, client):
        plan = planned(client, action, "cat.jpg", "dog.jpg", "owl.jpg", sentence="a cat", folder="../out")
        assert tree(folder) == {name.removeprefix("photos/"): data for name, data in before.items()}
        assert plan["count"] == 3 and len(plan["changes"]) == 3
        job = applied(client, plan)
        assert (job["fault"], job["left_alone"]) == ("", [])
        assert tree(folder.parent) != before
        undo = client.ask("/state").json()["undo"]
        assert undo["run"] == job["run"]
        told = client.ask("/undo", {"run": undo["run"]}).json()
        assert finished(client, told["job"]["number"])["fault"] == ""
        assert {name: data for name, data in tree(folder.parent).items() if not name.startswith("data")} == before
        assert client.ask("/state").json()["undo"] is None


def test_a_renamed_picture_keeps_its_number_and_a_moved_one_goes(folder: Path) -> None:
    with opened(folder) as (_, client):
        [cat, dog] = numbers_of(client, "cat.jpg", "dog.jpg")
        applied(client, planned(client, "rename", "cat.jpg", sentence="a cat"))
        until(lambda: client.ask("/pictures").json()["names"][cat] == "1-cat.jpg")
        applied(client, planned(client, "move", "dog.jpg", folder="../out"))
        until(lambda: client.ask("/pictures").json()["names"][dog] is None)
        assert client.ask(f"/picture/small/{dog}").status == 404
        assert client.ask(f"/picture/small/{cat}").status == 200


def test_a_plan_is_good_once(folder: Path) -> None:
    with opened(folder) as (_, client):
        plan = planned(client, "copy", "cat.jpg", folder="../out")
        applied(client, plan)
        for name in (plan["plan"], "", "x", None, 3):
            again = client.ask("/apply", {"plan": name})
            assert again.status == 400 and "error" in again.json()
        assert os.listdir(folder.parent / "out") == ["cat.jpg"]


def test_a_plan_that_comes_while_files_are_changed_waits_for_the_end_of_that(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, really = threading.Event(), actions.act

    def slow(*args: Any, **more: Any) -> Outcome:
        go_on.wait(600)
        return really(*args, **more)

    monkeypatch.setattr(actions, "act", slow)
    with opened(folder) as (_, client):
        first, second = (planned(client, "copy", name, folder="../out") for name in ("cat.jpg", "dog.jpg"))
        job = client.ask("/apply", {"plan": first["plan"]}).json()["job"]
        for _ in range(2):
            refused = client.ask("/apply", {"plan": second["plan"]})
            assert refused.status == 400 and "being changed already" in refused.json()["error"]
        go_on.set()
        finished(client, job["number"])
        applied(client, second)
    assert sorted(os.listdir(folder.parent / "out")) == ["cat.jpg", "dog.jpg"]


def test_an_end_in_the_middle_of_a_change_says_how_far_it_was_and_what_leads_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, really = threading.Event(), actions.act

    def slow(plan: Plan, *, progress: Any, stop: Stop) -> Outcome:
        def report(now: Progress) -> None:
            begun.set()
            until(lambda: stop.asked)
            progress(now)

        return really(plan, progress=report, stop=stop)

    monkeypatch.setattr(actions, "act", slow)
    before = tree(folder)
    with opened(folder) as (room, client):
        client.ask("/apply", {"plan": planned(client, "rename", "cat.jpg", "dog.jpg")["plan"]})
        assert begun.wait(120)
        job = room.close()
        assert job is not None and job.error is not None
        assert re.search(r"after 1 of 2 changes\. imgrank undo \d+ puts files back", with_remedy(job.error))
        assert re.search(r"after 1 of 2 changes\. “Undo run \d+” puts files back", sentence_of(job.error))
        assert room.close() is None
    undo()
    assert tree(folder) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are no UTF-8")
def test_a_folder_whose_name_is_no_text_is_shown_and_changed_like_any_other(tmp_path: Path) -> None:
    folder = pictures(tmp_path / os.fsdecode(b"h\xe9"), ("cat", "dog", "owl"))
    before = tree(folder)
    with opened(folder) as (_, client):
        for action in ("copy", "move", "rename", "tag"):
            plan = planned(client, action, "cat.jpg", folder="out")
            assert plan["folder"] in (None, f"{tmp_path}/h\\xe9/out")
            job = applied(client, plan)
            assert (job["fault"], job["left_alone"]) == ("", [])
            finished(client, client.ask("/undo", {"run": job["run"]}).json()["job"]["number"])
            assert tree(folder) == before
            until(lambda: "cat.jpg" in client.ask("/pictures").json()["names"])


def test_only_pictures_that_are_there_can_be_acted_on(folder: Path) -> None:
    before = tree(folder.parent)
    with opened(folder) as (_, client):
        for numbers in ([99], [-1], [True], ["0"], [1.5], [10**400], [0, 99], [], "0", None, {}):
            told = client.ask("/plan", {"action": "trash", "numbers": numbers})
            assert told.status == 400 and told.json()["error"].endswith("."), numbers
        for action in ("symlink", "hardlink", "rm", "", None, 1):
            assert client.ask("/plan", {"action": action, "numbers": [0]}).status == 400
        assert client.ask("/plan", {"action": "copy", "numbers": [0], "folder": " "}).status == 400
        assert client.ask("/plan", {"action": "copy", "numbers": [0], "folder": "a\0b"}).status == 400
        assert client.ask("/plan", {"action": "copy", "numbers": [0], "folder": "cat.jpg"}).status == 400
        for half in ({"action": "move", "folder": "\ud800"}, {"action": "rename", "template": "{rank}\ud800"}):
            assert client.ask("/plan", half | {"numbers": [0]}).status == 400
    assert tree(folder.parent) == before


@pytest.mark.parametrize("template", ["." + "{rank}{ext}", "x" * 300 + "{rank}{ext}", "{rank}?{ext}"])
def test_what_a_plan_is_refused_for_is_mended_by_what_stands_on_the_page(folder: Path, template: str) -> None:
    with opened(folder) as (_, client):
        told = client.ask("/plan", {"action": "rename", "numbers": [0], "template": template})
        assert told.status == 400 and "“New names”" in told.json()["error"] and "--" not in told.json()["error"]


def test_folders_of_names_are_parted_by_slashes_on_every_system(folder: Path) -> None:
    (folder / "below").mkdir()
    shutil.copy(EXAMPLES / "boats.jpg", folder / "below")
    with opened(folder, recursive=True) as (_, client):
        assert "below/boats.jpg" in client.ask("/pictures").json()["names"]


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_link_that_leads_out_of_the_folder_is_not_shown(folder: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "boats.jpg", tmp_path / "secret.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    with opened(folder) as (_, client):
        assert "link.jpg" not in client.ask("/pictures").json()["names"]
        [cat] = numbers_of(client, "cat.jpg")
        (folder / "cat.jpg").unlink()
        (folder / "cat.jpg").symlink_to(tmp_path / "secret.jpg")
        assert client.ask(f"/picture/full/{cat}").status == 404
        assert client.ask("/plan", {"action": "trash", "numbers": [cat]}).status == 400


def test_a_run_elsewhere_cannot_be_taken_back_here(folder: Path, tmp_path: Path) -> None:
    other = pictures(tmp_path / "other", ("cat",))
    with opened(other) as (_, client):
        elsewhere = applied(client, planned(client, "rename", "cat.jpg", sentence="a cat"))["run"]
    with opened(folder) as (_, client):
        assert client.ask("/history").json() == []
        for run in (elsewhere, 10**6, -1, "1", None, True):
            assert client.ask("/undo", {"run": run}).status == 400
            assert client.ask("/finish", {"run": run}).status == 400
    assert os.listdir(other) == ["1-cat.jpg"]


def test_a_mix_is_that_of_the_library(folder: Path) -> None:
    with opened(folder) as (_, client), Ranker("mini", "auto", "cpu") as ranker:
        [cat, dog] = numbers_of(client, "cat.jpg", "dog.jpg")
        terms = [{"text": "grass", "weight": -0.5}, {"picture": cat, "weight": 2}]
        told = client.ask("/order", {"sentence": "an animal", "terms": terms}).json()
        mix = ranker.rank(
            [folder],
            "an animal",
            minus=[Term("grass", weight=0.5)],
            plus=[Term(picture=str(folder / "cat.jpg"), weight=2)],
        )
        assert told["scores"] == [each.score for each in mix.images]
        assert [(term["text"], term["weight"]) for term in told["terms"]] == [
            (term.text, term.weight) for term in sorted(mix.terms, key=lambda term: [1.0, -0.5, 2.0].index(term.weight))
        ]
        scale = client.ask("/order", {"between": [cat, dog]}).json()
        assert scale["scores"] == [
            each.score for each in ranker.rank([folder], between=(folder / "cat.jpg", folder / "dog.jpg")).images
        ]


def test_no_trained_ranker_answers_where_the_words_alone_are_wanted(folder: Path) -> None:
    with opened(folder) as (_, client), Ranker("mini", "none", "cpu") as ranker:
        asked = {"sentence": "older person", "terms": [{"text": "newer car", "weight": 1}]}
        trained, told = client.ask("/order", asked).json(), client.ask("/order", asked | {"by": "words"}).json()
        assert {term["scorer"] for term in trained["terms"]} == {"adapter"}
        assert {term["scorer"] for term in told["terms"]} == {"zero-shot"}
        assert told["scores"] == [
            each.score for each in ranker.rank([folder], "older person", plus=["newer car"]).images
        ]
        [cat] = numbers_of(client, "cat.jpg")
        why = f"/why/words/{cat}?sentence=older+person"
        said, of_words = (" ".join(client.ask(f"{why}{by}").json()["said"]) for by in ("", "&by=words"))
        assert "mini-adapter" in said and "mini-adapter" not in of_words


def test_files_that_come_change_and_go_are_seen_on_a_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watch, "start", lambda _: None)  # which may see some of it before
    with opened(folder) as (_, client):
        shutil.copy(EXAMPLES / "boats.jpg", folder)
        (folder / "cat.jpg").unlink()
        (folder / "broken.jpg").write_bytes(b"no picture")
        client.ask("/look", {})
        until(lambda: "boats.jpg" in names_in_order(client) and "cat.jpg" not in names_in_order(client))
        until(lambda: client.ask("/state").json()["indexing"]["stage"] == "idle")
        state = client.ask("/state").json()
        assert state["indexing"]["news"] == "1 picture came, 1 picture went." and state["skipped"] == 1
        assert client.ask("/skipped").json()[0][0] == "broken.jpg"
        shutil.copy(EXAMPLES / "boats.jpg", folder / "broken.jpg")
        client.ask("/look", {})
        until(lambda: client.ask("/state").json()["skipped"] == 0)
        assert "broken.jpg" in names_in_order(client)


def test_what_the_page_changes_while_the_folder_is_looked_at_is_no_news(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, really = threading.Event(), threading.Event(), indexing.discover

    def slow(*args: Any, **more: Any) -> Any:
        found = really(*args, **more)
        begun.set()
        go_on.wait(600)
        return found

    monkeypatch.setattr(Watch, "start", lambda _: None)
    with opened(folder) as (room, client):
        monkeypatch.setattr(indexing, "discover", slow)
        client.ask("/look", {})
        assert begun.wait(120)
        put(EXAMPLES / "boats.jpg", folder / "boats.jpg")
        room.indexer.look(tell=False)
        go_on.set()
        until(lambda: "boats.jpg" in names_in_order(client))
        until(lambda: client.ask("/state").json()["indexing"]["stage"] == "idle")
        assert client.ask("/state").json()["indexing"]["news"] == ""


def test_a_file_that_comes_is_noticed_by_itself(folder: Path) -> None:
    with opened(folder) as (_, client):
        put(EXAMPLES / "boats.jpg", folder / "boats.jpg")
        until(lambda: "boats.jpg" in names_in_order(client))
        until(lambda: client.ask("/state").json()["indexing"]["news"] == "1 picture came.")


def test_facts_and_stars(folder: Path) -> None:
    exif = Image.Exif()
    exif[272], exif.get_ifd(0x8769)[36867] = "Cam <b>", "2021:05:06 07:08:09"
    Image.open(EXAMPLES / "boats.jpg").save(folder / "boats.jpg", exif=exif)
    with opened(folder) as (_, client):
        [boats, cat] = numbers_of(client, "boats.jpg", "cat.jpg")
        until(lambda: len(client.ask("/facts").json()["taken"]) == 9)
        told = client.ask("/facts").json()
        assert told["taken"][boats] == "2021-05-06T07:08:09" and told["cameras"] == ["Cam <b>"]
        assert (told["camera"][boats], told["camera"][cat], told["orientation"][boats]) == (0, None, "landscape")
        for numbers, stars in (([cat], 6), ([99], 3), ([cat], -1), ([cat], "3"), ([cat], None), ("x", 3)):
            assert client.ask("/rate", {"numbers": numbers, "stars": stars}).status == 400
        assert client.ask("/rate", {"numbers": [cat], "stars": 4}).json()["facts"] > told["version"]
        assert client.ask("/facts").json()["stars"][cat] == 4
        applied(client, planned(client, "tag", "cat.jpg", sentence="a dog", keyword="pets"))
        written = (folder / "cat.jpg.xmp").read_text()
        assert 'Rating="4"' in written and "pets" in written


def test_the_sentence_is_a_keyword_of_those_alone_that_show_it(folder: Path) -> None:
    with opened(folder) as (_, client):
        everything = names_in_order(client)
        cats = planned(client, "tag", *everything, sentence="a cat", keyword=None, chosen=False)
        older = planned(client, "tag", *everything, sentence="older person", keyword=None, chosen=False)
        by_name = planned(client, "tag", *everything, keyword=None, chosen=False)
        one = planned(client, "tag", "cat.jpg", sentence="a cat", keyword=None)
        applied(client, cats)
        named = [path.name for path in folder.glob("*.xmp") if "<rdf:li>a cat</rdf:li>" in path.read_text()]
        assert "cat.jpg.xmp" in named and "boats.jpg.xmp" not in named and len(named) < len(everything)
        assert any(note.startswith(f"{len(named)} of {len(everything)} images fit") for note in cats["notes"])
        assert any("no keyword is added" in note for note in older["notes"])
        assert not any("keyword" in note for note in (*by_name["notes"], *one["notes"]))
        applied(client, planned(client, "tag", *everything, sentence="a cat", keyword="pets", chosen=False))
        assert all("<rdf:li>pets</rdf:li>" in path.read_text() for path in folder.glob("*.xmp"))


def test_a_folder_that_goes_and_comes_back(folder: Path) -> None:
    with opened(folder) as (_, client):
        folder.rename(folder.parent / "away")
        client.ask("/look", {})
        until(lambda: "not there" in client.ask("/state").json()["indexing"]["fault"])
        assert names_in_order(client) == []
        (folder.parent / "away").rename(folder)
        client.ask("/look", {})
        until(lambda: len(names_in_order(client)) == 8)
        assert client.ask("/state").json()["indexing"]["fault"] == ""


def test_a_picture_is_shown_upright_and_without_what_a_camera_wrote(folder: Path) -> None:
    exif = Image.Exif()
    exif[274], exif[270] = 6, "secret place"
    Image.open(EXAMPLES / "boats.jpg").save(folder / "turned.jpg", exif=exif)
    wide = Image.open(EXAMPLES / "boats.jpg").size
    with opened(folder) as (_, client):
        [number] = numbers_of(client, "turned.jpg")
        for size in ("small", "medium", "large", "screen", "full"):
            body = client.ask(f"/picture/{size}/{number}").body
            shown = Image.open(io.BytesIO(body))
            assert (shown.width < shown.height) == (wide[0] > wide[1])
            assert b"secret" not in body and not shown.getexif()
        assert client.ask(f"/facts/{number}").json()["Dimensions"] == f"{wide[1]} × {wide[0]}"


def test_lists_for_other_programs(folder: Path) -> None:
    with opened(folder) as (_, client):
        asked = {"sentence": "a cat", "numbers": numbers_of(client, "dog.jpg", "cat.jpg")}
        paths = client.ask("/export", {"form": "paths", **asked}).body.decode()
        assert paths == f"{folder}/cat.jpg\n{folder}/dog.jpg\n"
        rows = list(csv.reader(io.StringIO(client.ask("/export", {"form": "csv", **asked}).body.decode())))
        assert rows[0] == ["rank", "score", "percentile", "path"] and rows[1][3].endswith("cat.jpg")
        told = json.loads(client.ask("/export", {"form": "json", **asked}).body)
        assert told["query"] == "a cat" and told["images"][0]["rank"] == 1
        assert client.ask("/export", {"form": "exe", **asked}).status == 400


def test_image_models_are_listed_with_their_cost(room: tuple[Room, Client]) -> None:
    models = room[1].ask("/models").json()
    assert {"mini", "small", "medium", "best"} <= {model["name"] for model in models}
    assert [model["name"] for model in models if model["present"]] == ["mini"]


def test_why_is_told_and_drawn(folder: Path) -> None:
    with opened(folder) as (_, client):
        [cat] = numbers_of(client, "cat.jpg")
        told = client.ask(f"/why/words/{cat}?sentence=a+cat")
        assert told.status == 200 and told.json()["said"]
        assert Image.open(io.BytesIO(client.ask(f"/why/map/{cat}?sentence=a+cat").body)).format == "JPEG"
        [dog] = numbers_of(client, "dog.jpg")
        like = client.ask(f"/why/words/{cat}?picture={dog}").json()["said"]
        assert "like dog.jpg" in like[0] and "similarity to the image" in like[0]
        scale = client.ask(f"/why/words/{cat}?picture={dog}&picture={cat}").json()["said"]
        assert "from dog.jpg to cat.jpg" in scale[0] and str(folder) not in "".join(scale)
        for query in (
            f"{cat}?picture=999",
            f"{cat}?picture=x",
            f"{cat}?picture={dog}&sentence=x",
            f"{cat}",
            "999?sentence=a+cat",
            "x?sentence=a+cat",
        ):
            assert client.ask(f"/why/words/{query}").status == 400


@pytest.mark.parametrize(
    "question",
    [
        {"sentence": 3},
        {"sentence": "x" * 5000},
        {"terms": [{"picture": -1}]},
        {"terms": [{"text": "x", "weight": "1"}]},
        {"terms": [{"picture": 10**400}]},
        {"terms": [{"text": "x", "weight": 10**400}]},
        {"between": [0]},
        {"sentence": "a cat", "by": "ranker"},
        {"sentence": "a cat", "by": 1},
        {"terms": 3},
        {"terms": [3]},
        {"terms": [{"picture": 77}]},
        {"sentence": "\ud800"},
    ],
)
def test_what_is_no_question_is_refused_in_a_sentence(room: tuple[Room, Client], question: dict[str, Any]) -> None:
    told = room[1].ask("/order", question)
    assert told.status == 400 and told.json()["error"].endswith(".")


def test_pausing_is_told(room: tuple[Room, Client]) -> None:
    assert room[1].ask("/pause", {"paused": True}).status == 200
    assert room[1].ask("/pause", {"paused": False}).status == 200


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, Client]]:
    with opened(pictures(tmp_path_factory.mktemp("opened") / "photos")) as both:
        yield both


PLACER = Placer()
ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, -0.0, 0.5, 1.0, -3.25]), st.booleans(), st.text("aB10/._é", max_size=6)),
    max_size=30,
    unique_by=lambda row: row[2],
)


@given(ROWS)
def test_places_are_those_of_sort(rows: list[tuple[float, bool, str]]) -> None:
    scores, relevant, paths = ([row[n] for row in rows] for n in range(3))
    places = PLACER.places(np.array(scores, float), np.array(relevant, bool), paths)
    assert [paths[row] for row in places] == [image.path for image in order(scores, paths, relevant)]
