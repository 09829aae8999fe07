"""What the page about clusters shows: for SLURM, run by a stand-in; for Kubernetes, checked against its schemas where
they are installed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imgrank import Ranker
from tests.docs.pages import ROOT, blocks
from tests.index.making import build, tokens

pytest.importorskip("pyarrow", reason="an index needs pyarrow")
yaml = pytest.importorskip("yaml", reason="manifests are YAML")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SLURM runs on Unix systems")

PAGE = ROOT / "docs" / "how-to" / "run-on-a-cluster.md"
SHARES = 2  # in place of the page's 64
# What SLURM does with an array: the command of --wrap once for each number, in a shell of its own.
SBATCH = """#!{python}
import os, re, subprocess, sys
options = dict(re.match("--([a-z-]+)=?(.*)", word).groups() for word in sys.argv[1:-1])
first, last = map(int, (options["array"] + "-" + options["array"]).split("-")[:2])
assert sys.argv[-2] == "--wrap"
for number in range(first, last + 1):
    task = {{**os.environ, "SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_TASK_COUNT": str(last - first + 1)}}
    subprocess.run(["sh", "-c", sys.argv[-1]], env=task, check=True)
"""


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in sorted((ROOT / "examples" / "photos").glob("*.jpg"))[:7]:
        shutil.copy(path, folder)
    return folder


def smaller(text, photos):
    """The page's command with pictures and an index here, and fewer shares."""
    text = text.replace("s3://mine/shards/*.tar", str(photos)).replace("s3://mine/", f"{photos.parent}/")
    return text.replace("0-63", f"0-{SHARES - 1}").replace("0..63", f"0..{SHARES - 1}").replace("/64", f"/{SHARES}")


def run(command, folder, programs):
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "IMGRANK_HOME": str(folder / "home")}
    done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def whole(photos, tmp_path):
    """What the index of one machine holds."""
    with Ranker(cache=False) as ranker:
        build(photos, tmp_path / "alone", ranker.backbone)
    return tokens_in(tmp_path / "alone")


def tokens_in(index):
    with Ranker(cache=False) as ranker:
        return tokens(ranker.open_index(str(index)))


def array():
    """The page's command that submits an array, and the one that merges what it made."""
    (block,) = [block for block in blocks(PAGE) if block.text.startswith("sbatch ")]
    return block.text


def test_a_slurm_array_makes_the_index_of_one_machine(photos, whole, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sbatch").write_text(SBATCH.format(python=sys.executable))
    (programs / "sbatch").chmod(0o755)
    command = smaller(array(), photos)
    run(command, tmp_path, programs)
    assert tokens_in(tmp_path / "tokens") == whole
    # A task whose work is gone is submitted again by its number.
    before = tokens_in(tmp_path / "tokens-1")
    shutil.rmtree(tmp_path / "tokens-1")
    submit = command[: command.index("imgrank index merge")]
    run(submit.replace(f"--array=0-{SHARES - 1}", "--array=1"), tmp_path, programs)
    assert tokens_in(tmp_path / "tokens-1") == before


def manifests():
    found = [block for block in blocks(PAGE) if block.language == "yaml"]
    return {manifest["kind"]: manifest for block in found for manifest in yaml.safe_load_all(block.text)}


def test_a_pod_of_the_job_does_what_a_task_of_the_array_does():
    (container,) = manifests()["Job"]["spec"]["template"]["spec"]["containers"]
    (wrapped,) = re.findall("'(imgrank .*)'", array())
    task = shlex.split(wrapped.replace("$SLURM_ARRAY_TASK_ID", "7"))
    pod = [word for one in container["args"] for word in one.replace("$(JOB_COMPLETION_INDEX)", "7").split("=", 1)]
    assert ["imgrank", *pod] == task
    assert f"--array=0-{manifests()['Job']['spec']['completions'] - 1}" in array()


def test_kubernetes_takes_the_manifests():
    validate = pytest.importorskip("kubernetes_validate", reason="the schemas of Kubernetes are not installed").validate
    shown = manifests()
    assert shown.keys() == {"Job", "RayJob"}
    version = "1.30"
    validate(shown["Job"], version, strict=True)
    cluster = shown["RayJob"]["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "worker"}, **group["template"]}
        validate(pod, version, strict=True)
    assert re.fullmatch("imgrank index build .+", shown["RayJob"]["spec"]["entrypoint"])
