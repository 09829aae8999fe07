"""`imgrank label` with the pictures of its folder one click away: they are read when somebody goes there."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.web.viewer.app import LabelPage
from imgrank.web.viewer.room import OpenSettings, Room
from tests.web.making import make_controller, photos, served, until
from tests.web.viewing import new_ranker


def test_pictures_are_read_when_somebody_goes_there_and_again_where_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path / "photos")
    controller = make_controller(tmp_path)
    room = Room(OpenSettings(str(folder)), new_ranker)
    page, start, failed = LabelPage(controller, room), room.start, list[bool]()

    def start_at_second() -> None:
        if not failed:
            failed.append(True)
            raise RuntimeError("can't start new thread")
        start()

    monkeypatch.setattr(room, "start", start_at_second)
    try:
        with served(page) as client:
            assert client.ask("/state").json()["pictures_at"] == "pictures/" and not failed
            refused = client.ask("/pictures/state")
            assert refused.status == 500 and "cannot begin more work" in refused.json()["error"]
            assert client.ask("/pictures/state").status == 200
            until(lambda: client.ask("/pictures/state").json()["count"] == 12, 120)
    finally:
        page.close()
