"""A page that was written is named, as is a picture of explain."""

from __future__ import annotations

import pytest

from imgrank.cli import outputs


@pytest.mark.parametrize(("quiet", "said"), [(False, "imgrank: wrote order.html\n"), (True, "")])
def test_a_page_that_was_written_is_named(monkeypatch, capsys, quiet, said):
    monkeypatch.setattr("imgrank.output.page.write_page", lambda *_, **__: None)
    monkeypatch.setattr("imgrank.showing.standing_of", lambda *_: None)
    outputs.save_page(None, (), "order.html", None, quiet)
    assert capsys.readouterr().err == said
