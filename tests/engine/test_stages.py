"""The stages of an index, one after another without an engine: what they make is what one machine makes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from imgrank.encode import Decoding
from imgrank.engine import on_ray
from imgrank.engine.on_ray import Decode, Encode, Todo, Write, chunked
from imgrank.errors import BackboneError
from imgrank.index.building import known_rows, missing, start_index
from imgrank.index.format import Manifest
from imgrank.index.locations import Location
from imgrank.index.sources import find_items
from tests.engine.test_guarding import POISON
from tests.engine.test_guarding import poisoned as poisoned
from tests.index.making import FakeBackbone, build, opened, picture, tokens, write_pictures

DECODE = Decode(Decoding.of(FakeBackbone(), 500.0, guarded=True))


@pytest.fixture(autouse=True)
def fake_backbone(monkeypatch):
    monkeypatch.setattr(on_ray, "load_backbone", lambda *_: FakeBackbone())
    monkeypatch.setattr(on_ray, "CHUNK", 5)


def run(source, out, batch=4, part=6, twice=False):
    """All stages over a source; with `twice`, each runs again on the same rows, as after a worker's death."""
    location = Location(out)
    manifest = start_index(location, FakeBackbone())
    known = known_rows(location)
    todo = [Todo(item, known.get(item.path)) for item in missing(find_items([str(source)]), known)]
    encode, write = Encode("fake", "cpu", manifest), Write(location, manifest)
    pictures = [DECODE(pa.table({"chunk": [chunk]})) for _, chunks in chunked(todo, 12) for chunk in chunks]
    made = [encode(rows) for rows in _split(pictures, batch)]
    written = [write(rows) for rows in _split(made, part)]
    if twice:
        written += [write(rows) for rows in _split(made, part)] + [write(rows) for rows in _split(made, part - 1)]
    return [row for table in written for row in table.to_pylist()]


def _split(tables, rows):
    whole = pa.concat_tables(tables) if tables else pa.table({})
    return [whole.slice(start, rows) for start in range(0, len(whole), rows)]


@pytest.mark.parametrize("batch", [1, 4, 100])
@pytest.mark.parametrize("twice", [False, True])
def test_the_index_is_that_of_one_machine(tmp_path, batch, twice):
    photos = write_pictures(tmp_path / "photos", 17)
    (photos / "broken.jpg").write_bytes(b"no picture")
    build(photos, tmp_path / "alone")
    run(photos, tmp_path / "spread", batch=batch, twice=twice)
    alone, spread = opened(tmp_path / "alone"), opened(tmp_path / "spread")
    assert tokens(spread) == tokens(alone)
    assert len(alone.paths) == 17
    assert spread.skipped == alone.skipped


def test_what_is_indexed_is_not_written_again(tmp_path):
    photos = write_pictures(tmp_path / "photos", 9)
    (photos / "broken.jpg").write_bytes(b"no picture")
    assert sum(row["rows"] for row in run(photos, tmp_path / "out")) == 10
    for number in (9, 10):
        (photos / f"img{number}.png").write_bytes(picture(number))
    assert {row["rows"] for row in run(photos, tmp_path / "out")} == {2}


def test_a_part_cut_off_is_made_again(tmp_path):
    photos = write_pictures(tmp_path / "photos", 9)
    run(photos, tmp_path / "out")
    whole = tokens(opened(tmp_path / "out"))
    part = next((tmp_path / "out").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-40])
    run(photos, tmp_path / "out")
    assert tokens(opened(tmp_path / "out")) == whole


def test_a_source_cut_off_is_named_and_the_others_are_read(tmp_path):
    photos = write_pictures(tmp_path / "photos", 6)
    rows = [{"image": file.read_bytes()} for file in sorted(photos.iterdir())]
    (tmp_path / "sources").mkdir()
    for name in ("a", "b"):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "sources" / f"{name}.parquet")
    cut = tmp_path / "sources" / "a.parquet"
    cut.write_bytes(cut.read_bytes()[:-30])
    run(tmp_path / "sources" / "*.parquet", tmp_path / "out")
    indexed = opened(tmp_path / "out")
    assert len(indexed.paths) == 6
    assert [bad.path for bad in indexed.skipped] == [str(cut)]


def test_a_picture_that_crashes_its_decoder_is_a_row_with_the_reason(tmp_path, poisoned):
    photos = write_pictures(tmp_path / "photos", 8)
    (photos / "img3.png").unlink()
    (photos / "img3.jpg").write_bytes(POISON)
    poisoned()
    run(photos, tmp_path / "out")
    indexed = opened(tmp_path / "out")
    assert len(indexed.paths) == 7
    assert [bad.path for bad in indexed.skipped] == [str(photos / "img3.jpg")]


def test_a_worker_with_other_weights_makes_no_tokens():
    with pytest.raises(BackboneError, match="same weights"):
        Encode("fake", "cpu", Manifest("fake", "f" * 16, 1, FakeBackbone.shape))
