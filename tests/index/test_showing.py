"""What is shown, linked and listed for the rows of an index: only what is a file, and as it was indexed."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from dataclasses import replace

import pytest

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from imgrank.output.export import write_export
from imgrank.output.page import write_page
from imgrank.output.thumbnails import thumbnails
from imgrank.records import places_of
from imgrank.showing import as_html, standing_of
from tests.index.making import build, opened, picture, write_pictures
from tests.output.test_page import Tags, ranking_of


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Where an index is made: deep enough for `..` to lead to a picture that is not its own."""
    folder = tmp_path / "ours" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "ours" / "victim.png").write_bytes(picture(1))
    monkeypatch.chdir(folder)
    return folder


def order_of(source, *more):
    build(source, "tokens")
    index = os.path.abspath("tokens")
    return replace(ranking_of([*opened("tokens").paths, *more]), indexes=(index,))


def page_of(ranking, path) -> Tags:
    write_page(ranking, ranking.images, str(path), standing=standing_of(ranking, ranking.images))
    return Tags(path.read_text(encoding="utf-8"))


def links(page):
    return [a.get("href") for a in page.all("a") if "id" not in a]


def contained(kind):
    """A container whose row would lead to the victim if it were taken for a path."""
    if kind == "parquet":
        pq.write_table(pa.table({"image": [picture(1)]}), "rows.parquet")
        return "rows.parquet"
    content = picture(1)
    with tarfile.open("shard.tar", "w") as tar:
        member = tarfile.TarInfo("../../victim.png")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return "shard.tar"


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_a_part_of_a_container_is_linked_to_no_file_and_shows_none(here, kind):
    order = order_of(contained(kind))
    page = page_of(order, here / "order.html")
    assert links(page) == [None] and not page.all("img")[:-1] and "part of a container" in page.words
    assert all("data-word" not in li for li in page.all("li"))
    assert "part of a container" in as_html(order)
    assert order.images[0].path in page.words or order.images[0].path in str(page.tags)


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_a_list_calls_it_what_the_index_does_and_a_playlist_leaves_it_out(here, kind):
    order = order_of(contained(kind))
    standing = standing_of(order, order.images)
    assert write_export(order, order.images, "list.m3u8", standing) == 0
    assert write_export(order, order.images, "list.csv", standing) == 1
    assert order.images[0].path in (here / "list.csv").read_text() and str(here) not in (here / "list.csv").read_text()


def test_from_another_folder_the_page_shows_the_pictures_that_were_indexed(here, tmp_path, monkeypatch):
    write_pictures(here / "photos", 2)
    order = order_of("photos")
    theirs = tmp_path / "theirs"
    shutil.copytree(here / "photos", theirs / "photos")
    monkeypatch.chdir(theirs)
    page = page_of(order, theirs / "order.html")
    assert [os.path.normpath(theirs / link) for link in links(page)] == [
        str(here / image.path) for image in order.images
    ]
    assert write_export(order, order.images, "list.csv", standing_of(order, order.images)) == 2
    assert str(here / "photos" / "img0.png") in (theirs / "list.csv").read_text()


def test_a_picture_that_was_changed_is_not_shown_for_the_one_that_was_scored(here):
    write_pictures(here / "photos", 2)
    order = order_of("photos")
    (here / "photos" / "img0.png").write_bytes(picture(7))
    small = list(thumbnails(places_of(order.images, standing_of(order, order.images))))
    assert [bool(one.data) for one in small] == [False, True] and "changed after" in small[0].fault


def test_files_beside_an_index_are_shown_as_ever(here):
    write_pictures(here / "photos", 1)
    order = order_of("photos", "../victim.png")
    assert links(page_of(order, here / "order.html")) == ["photos/img0.png", "../victim.png"]


def test_an_address_is_listed_and_one_of_this_machine_is_not(here):
    """As a hostile index may hold it."""
    order = ranking_of(["https://example.com/a.jpg", "file:///etc/a.jpg", "plain.jpg"])
    from imgrank.records import Standing

    standing = {path.path: Standing(path.path, None, "an address") for path in order.images[:2]}
    assert write_export(order, order.images, "list.m3u8", standing) == 2
    assert "file:" not in (here / "list.m3u8").read_text()
