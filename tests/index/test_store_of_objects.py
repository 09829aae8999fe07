"""An object store, busy now and then: S3 as moto serves it on the loopback, every third request answered 503."""

from __future__ import annotations

import threading

import pytest
from xxhash import xxh3_64_hexdigest

from imgrank.index.items import SourceItem
from imgrank.index.locations import Location
from imgrank.index.merging import merge
from imgrank.index.pictures import read_bytes
from imgrank.index.remote import retried
from imgrank.index.sources import Shard, find_items
from tests.index.making import build, expected, opened, ordered, picture, tokens, write_pictures
from tests.index.test_sources import shard_of

pytest.importorskip("pyarrow", reason="an index needs pyarrow")
s3fs = pytest.importorskip("s3fs", reason="S3 needs s3fs")
moto = pytest.importorskip("moto.server", reason="no S3 to test with: moto[server] is not installed")


class Busy:
    """The store as a web application that turns away every third request."""

    def __init__(self) -> None:
        self.app = moto.DomainDispatcherApplication(moto.create_backend_app)
        self.asked = self.refused = 0
        self.moody = False

    def __call__(self, environ, start_response):
        self.asked += 1
        if self.moody and self.asked % 3 == 0:
            self.refused += 1
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"]
        return self.app(environ, start_response)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    from werkzeug.serving import make_server

    busy = Busy()
    server = make_server("127.0.0.1", 0, busy, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield busy
        s3fs.S3FileSystem.clear_instance_cache()
    server.shutdown()


@pytest.fixture
def bucket(busy, tmp_path, request):
    """A bucket with the pictures of a folder beside it, and the folder."""
    photos = write_pictures(tmp_path / "photos", 8)
    system = s3fs.S3FileSystem()
    # The same each time: which shard an image falls to is by its URL.
    name = f"bucket-{xxh3_64_hexdigest(request.node.name.encode())}"
    system.mkdir(name)
    system.put(str(photos), f"{name}/photos", recursive=True)
    system.put(str(shard_of(tmp_path)), f"{name}/shards/000.tar")
    busy.moody, busy.refused = True, 0
    yield f"s3://{name}", photos
    busy.moody = False


def test_pictures_of_a_busy_store_make_the_index_of_the_folder(bucket, busy, tmp_path):
    url, photos = bucket
    build(f"{url}/photos", f"{url}/tokens")
    found = tokens(opened(f"{url}/tokens"))
    assert busy.refused > 0
    assert {path.rsplit("/", 1)[1]: held for path, held in found.items()} == {
        path.rsplit("/", 1)[1]: held for path, held in expected(photos).items()
    }
    assert build(f"{url}/photos", f"{url}/tokens").added == 0


def test_shards_and_merging_in_a_busy_store(bucket, tmp_path):
    url, _ = bucket
    build(f"{url}/photos", tmp_path / "whole")
    for n in range(2):
        build(f"{url}/photos", f"{url}/tokens-{n}", shard=Shard(n, 2))
    shards = [Location(f"{url}/tokens-{n}") for n in range(2)]
    assert merge(Location(f"{url}/merged"), shards).images == 8
    assert ordered(opened(f"{url}/merged")) == ordered(opened(tmp_path / "whole"))


def test_globs_and_tar_files_in_a_store(bucket):
    url, _ = bucket
    assert len(list(find_items([f"{url}/photos/img[12].png"]))) == 2
    items = list(find_items([f"{url}/shards/*.tar"]))
    assert [item.path for item in items] == [f"{url}/shards/000.tar/{n:03}.png" for n in range(3)]
    assert [read_bytes(item) for item in items if isinstance(item, SourceItem)] == [picture(n) for n in range(3)]


def test_a_part_that_is_cut_off_in_a_store_is_made_again(bucket, busy):
    url, _ = bucket
    build(f"{url}/photos", f"{url}/tokens")
    whole = ordered(opened(f"{url}/tokens"))
    location = Location(f"{url}/tokens")
    part = location.path(location.parts()[0])
    system = s3fs.S3FileSystem()
    system.pipe_file(part, system.cat_file(part)[:-50])
    assert build(f"{url}/photos", f"{url}/tokens").encoded == 4
    assert ordered(opened(f"{url}/tokens")) == whole


def test_what_passes_is_tried_again_and_what_stays_is_not(monkeypatch):
    monkeypatch.setattr("imgrank.index.remote._FIRST_WAIT", 0)
    answers = [OSError("503 Slow Down"), ConnectionResetError(), b"here"]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert retried(ask) == b"here"
    answers += [FileNotFoundError(), b"never asked"]
    with pytest.raises(FileNotFoundError):
        retried(ask)
    answers[:] = [OSError("busy")] * 50
    with pytest.raises(OSError, match="busy"):
        retried(ask)
    assert len(answers) > 40
