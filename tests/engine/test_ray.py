"""A Ray cluster of two nodes on the loopback: what it makes is what one machine makes, whatever dies meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from imgrank import Ranker
from imgrank.engine.contract import Making, open_engine
from imgrank.engine.sorting import rank_indexes
from imgrank.index.locations import Location
from imgrank.index.sources import find_items
from imgrank.order import select
from tests.engine.making import make_index, printed
from tests.engine.test_guarding import CRASHED, PLUGIN, POISON
from tests.index.making import build, tokens
from tests.index.test_store_of_objects import busy as busy

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="no cluster to test with: Ray is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray's test cluster needs a Unix system"),
]
s3fs = pytest.importorskip("s3fs", reason="S3 needs s3fs")

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
MAKING = Making("mini", "cpu", 500.0)


@pytest.fixture(scope="module")
def cluster(busy, tmp_path_factory):
    """The address of two nodes with a core each, whose workers die of POISON and find S3 where moto serves it."""
    import ray
    from ray._raylet import Config
    from ray.cluster_utils import Cluster

    plugin = tmp_path_factory.mktemp("plugin")
    (plugin / "sitecustomize.py").write_text(PLUGIN.format(poison=POISON, hangs=False))
    settings = {
        "IMGRANK_HOME": str(tmp_path_factory.mktemp("home")),
        "PYTHONPATH": os.pathsep.join([str(plugin), *filter(None, sys.path)]),
        "OMP_NUM_THREADS": "1",
        "RAY_worker_niceness": "0",  # not 15: beside other tests its workers would hardly run
        "RAY_health_check_timeout_ms": "600000",  # a slow machine is no dead one
        "RAY_worker_register_timeout_seconds": "600",
        "RAY_memory_monitor_refresh_ms": "0",  # beside other tests memory may be short, through no fault of a worker
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",  # whoever reaches a cluster can run code on it
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        Config.initialize("")  # Ray read its settings when it was imported, perhaps before these
        node = {"num_cpus": 1, "object_store_memory": 400 << 20}
        try:
            nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
            nodes.add_node(**node)
        except Exception as error:  # noqa: BLE001 - Ray raises plain ones
            pytest.skip(f"Ray starts no cluster on this machine: {error}")
        yield nodes.address
        ray.shutdown()
        nodes.shutdown()


@pytest.fixture(scope="module")
def ranker(cluster):
    return Ranker()


def indexed(ranker, where):
    return ranker.open_index(str(where))


def build_on(cluster, source, out, workers=None):
    with open_engine("ray", cluster, workers) as engine:
        return engine.build(find_items([str(source)]), Location(out), MAKING, lambda _: None, lambda _: None)


def alone(ranker, source, out):
    build(source, out, ranker.backbone, part_rows=4096)
    return indexed(ranker, out)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Some photographs, and files that are none."""
    folder = tmp_path_factory.mktemp("photos")
    for path in sorted(PHOTOS.glob("*.jpg"))[:8]:
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    (folder / "poison.jpg").write_bytes(POISON)
    return folder


def test_two_nodes_make_the_index_and_the_order_of_one_machine(cluster, ranker, photos, tmp_path):
    import ray

    harmless = shutil.copytree(photos, tmp_path / "harmless", ignore=shutil.ignore_patterns("poison*"))
    one = alone(ranker, harmless, tmp_path / "alone")
    built = build_on(cluster, harmless, tmp_path / "spread")
    spread = indexed(ranker, tmp_path / "spread")
    assert (built.found, built.encoded, len(built.failed)) == (9, 8, 1)
    assert tokens(spread) == tokens(one)
    assert spread.skipped == one.skipped

    index = make_index(tmp_path / "large", ranker.backbone, 150, 12)
    whole = ranker.rank([index], "older person")
    with open_engine("ray", cluster) as engine:
        assert len([node for node in ray.nodes() if node["Alive"]]) == 2
        for top in (7, None):
            ordered = rank_indexes(ranker, engine, [index], "older person", top=top)
            assert printed(ordered.ranking, ordered.images) == printed(whole, select(whole.images, top=top))
            assert (ordered.ranking.skipped, ordered.ranking.notes) == (whole.skipped, whole.notes)


@pytest.mark.soak
def test_a_picture_that_crashes_its_decoder_ends_no_worker(cluster, ranker, photos, tmp_path):
    built = build_on(cluster, photos, tmp_path / "spread")
    assert built.encoded == 8
    assert {Path(bad.path).name: bad.reason for bad in built.failed}["poison.jpg"] == CRASHED


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="workers are found by /proc")
@pytest.mark.parametrize("stage", ["MapWorker(MapBatches(Encode))", "MapBatches(Decode)"])
def test_a_worker_that_was_killed_costs_no_row(cluster, ranker, tmp_path, stage):
    many = tmp_path / "photos"
    many.mkdir()
    for number in range(12):
        for path in sorted(PHOTOS.glob("*.jpg")):
            (many / f"{number}-{path.name}").write_bytes(path.read_bytes() + bytes([number]))
    killer = _Killer(f"ray::{stage}")
    killer.start()
    built = build_on(cluster, many, tmp_path / "spread", workers=1)
    killer.join()
    assert killer.killed
    assert built.found == len(list(many.iterdir()))
    assert tokens(indexed(ranker, tmp_path / "spread")) == tokens(alone(ranker, many, tmp_path / "alone"))


@pytest.mark.soak
def test_a_store_that_is_busy_now_and_then(cluster, ranker, busy, photos, tmp_path):
    system = s3fs.S3FileSystem()
    system.mkdir("lake")
    for path in sorted(photos.glob("*.jpg")):
        if path.name != "poison.jpg":
            system.put(str(path), f"lake/photos/{path.name}")
    busy.moody = True
    try:
        built = build_on(cluster, "s3://lake/photos", "s3://lake/tokens")
        assert busy.refused
        whole = ranker.rank(["s3://lake/tokens"], "a cat")
        with open_engine("ray", cluster) as engine:
            ordered = rank_indexes(ranker, engine, ["s3://lake/tokens"], "a cat")
            assert printed(ordered.ranking, ordered.images) == printed(whole, whole.images)
    finally:
        busy.moody = False
    assert (built.encoded, len(built.failed), len(whole.images)) == (8, 1, 8)


@pytest.mark.soak
def test_the_commands_of_the_page(cluster, ranker, photos, tmp_path):
    def run(*words):
        command = [sys.executable, "-m", "imgrank", *map(str, words)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    harmless = shutil.copytree(photos, tmp_path / "photos", ignore=shutil.ignore_patterns("poison*"))
    run("index", harmless, "--out", "tokens", "--engine", "ray", "--address", cluster)
    for words in (["--top", "3"], ["--format", "json", "--bottom", "2"], ["--format", "table"]):
        spread = run("sort", "tokens", "a cat", "--engine", "ray", "--address", cluster, *words)
        plain = run("sort", "tokens", "a cat", *words)
        assert _without_time(spread) == _without_time(plain)


def _without_time(text):
    return [line for line in text.splitlines() if "seconds" not in line and " images/s" not in line]


class _Killer(threading.Thread):
    """Ends the first process of this name that it sees at work, a moment after."""

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True)
        self._name, self.killed = name.encode(), False

    def run(self) -> None:
        until = time.time() + 240
        while not self.killed and time.time() < until:
            for entry in Path("/proc").glob("[0-9]*"):
                try:
                    name = (entry / "cmdline").read_bytes().rstrip(b"\0 ")
                    ours = os.environ["RAY_AUTH_TOKEN"].encode() in (entry / "environ").read_bytes()
                    if name == self._name and ours:
                        time.sleep(0.3)
                        os.kill(int(entry.name), signal.SIGKILL)
                        self.killed = True
                        break
                except OSError:
                    continue
            time.sleep(0.02)
