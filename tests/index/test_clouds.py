"""Google's and Azure's stores, as emulators serve them on the loopback: an index there is the index of a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest

from imgrank.index.items import SourceItem
from imgrank.index.locations import Location
from imgrank.index.merging import merge
from imgrank.index.pictures import read_bytes
from imgrank.index.sources import Shard, find_items
from tests.index.making import build, expected, opened, ordered, picture, tokens, write_pictures
from tests.index.test_sources import shard_of

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # anybody's: Azurite's


@pytest.fixture(scope="module", params=["gs", "az"])
def bucket(request, tmp_path_factory):
    """An empty bucket's URL."""
    with pytest.MonkeyPatch.context() as patch:
        yield from (_google if request.param == "gs" else _azure)(patch, tmp_path_factory.mktemp("store"))


def _google(patch, _):
    gcsfs = pytest.importorskip("gcsfs", reason="Google's store needs gcsfs")
    emulator = pytest.importorskip("gcp_storage_emulator.server", reason="gcp-storage-emulator is not installed")
    port = free_port()
    patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    patch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    gcsfs.GCSFileSystem.clear_instance_cache()
    # Its thread is no daemon: left running, it would keep the test run from ending.
    with emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket="pictures"):
        wait_for(port)
        yield "gs://pictures"
    gcsfs.GCSFileSystem.clear_instance_cache()


def _azure(patch, folder):
    adlfs = pytest.importorskip("adlfs", reason="Azure's store needs adlfs")
    command = shutil.which("azurite-blob")
    if command is None:
        pytest.skip("no Azure to test with: azurite-blob is not on the path (npm install -g azurite)")
    port = free_port()
    options = ["--blobPort", str(port), "--location", str(folder), "--silent", "--skipApiVersionCheck"]
    server = subprocess.Popen([command, *options, "--disableTelemetry"], stdout=subprocess.DEVNULL)
    patch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
        f"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;",
    )
    adlfs.AzureBlobFileSystem.clear_instance_cache()
    try:
        wait_for(port)
        adlfs.AzureBlobFileSystem(connection_string=os.environ["AZURE_STORAGE_CONNECTION_STRING"]).mkdir("pictures")
        yield "az://pictures"
    finally:
        adlfs.AzureBlobFileSystem.clear_instance_cache()
        server.kill()
        server.wait()


def test_a_cloud_holds_pictures_and_index(bucket, tmp_path):
    from imgrank.index.remote import file_system

    photos = write_pictures(tmp_path / "photos", 8)
    system = file_system(bucket)
    for path in photos.iterdir():
        system.pipe_file(f"{bucket}/photos/{path.name}", path.read_bytes())
    system.pipe_file(f"{bucket}/shards/000.tar", shard_of(tmp_path).read_bytes())

    build(f"{bucket}/photos", f"{bucket}/tokens")
    found = tokens(opened(f"{bucket}/tokens"))
    assert {path.rsplit("/", 1)[1]: held for path, held in found.items()} == {
        path.rsplit("/", 1)[1]: held for path, held in expected(photos).items()
    }
    assert build(f"{bucket}/photos/*.png", f"{bucket}/tokens").added == 0

    for n in range(2):
        build(f"{bucket}/photos", f"{bucket}/tokens-{n}", shard=Shard(n, 2))
    assert merge(Location(f"{bucket}/merged"), [Location(f"{bucket}/tokens-{n}") for n in range(2)]).images == 8
    assert ordered(opened(f"{bucket}/merged")) == ordered(opened(f"{bucket}/tokens"))

    items = [item for item in find_items([f"{bucket}/shards/*.tar"]) if isinstance(item, SourceItem)]
    assert [read_bytes(item) for item in items] == [picture(n) for n in range(3)]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def wait_for(port: int) -> None:
    until = time.time() + 600
    while time.time() < until:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the emulator did not start")
