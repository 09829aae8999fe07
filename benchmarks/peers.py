"""imgrank beside what else indexes pictures with CLIP, in one run on this machine: same random weights, same pictures.

    python benchmarks/peers.py [--small] [--only imgrank,loop] [--keep DIR]

ViT-B-32-256, which rclip ships. Each peer is installed from PyPI into a virtual environment of its own, and runs in
processes of its own: `imgrank sort`; rclip's own command on its own runtime, its files of weights made from the same
numbers; clip-retrieval's inference, index and query; and the loop that users write, open_clip with a DataLoader. Cold
is from the command's start to the end of a folder never seen, loading included; a further question is a fresh process.
The processor should have nothing else to do: the load before and after stands in the table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve()
MODEL = "ViT-B-32-256"
QUESTIONS = ("a dog on a beach", "a red car in the snow")
BATCH = 64
CPU_TORCH = ("torch<2.14", "torchvision<0.29")  # as imgrank asks for; else pip takes CUDA's, of several gigabytes
PACKAGES = {
    "imgrank": [str(HERE.parents[1])],
    "imgrank in bf16": [],
    "imgrank in float32": [],
    "rclip": ["rclip"],
    "clip-retrieval": ["clip-retrieval", "setuptools<81", *CPU_TORCH],
    "loop": ["open-clip-torch", *CPU_TORCH],
}
ENVIRONMENTS = {"imgrank in bf16": "imgrank", "imgrank in float32": "imgrank"}


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds by the clock, and its largest memory with its children's, in bytes."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where a peer works: its Python, the weights, the pictures, and a folder for all it writes."""

    python: Path
    weights: Path
    pictures: Path
    work: Path
    inside: bool = False

    @property
    def bin(self) -> Path:
        return self.python.parent


Commands = Callable[[Location, str], list[list[str]]]


def imgrank(place: Location, question: str, precision: str = "auto") -> list[list[str]]:
    name = f"{MODEL}@{place.weights}"
    command = [str(place.bin / "imgrank"), "sort", str(place.pictures), question, "--backbone", name]
    return [[*command, "--precision", precision, "--format", "paths", "--quiet"]]


def rclip(place: Location, question: str) -> list[list[str]]:
    return [[str(place.bin / "rclip"), "--filepath-only", question]]


def clip_retrieval(place: Location, question: str) -> list[list[str]]:
    out = place.work / "embeddings"
    driver = [str(place.python), str(HERE), "--driver"]
    steps = [] if out.exists() else [[*driver, "retrieval-index", str(place.weights), str(place.pictures), str(out)]]
    return [*steps, [*driver, "retrieval-query", str(place.weights), str(out), question]]


def loop(place: Location, question: str) -> list[list[str]]:
    out = place.work / "embeddings.npy"
    driver = [str(place.python), str(HERE), "--driver"]
    steps = [] if out.exists() else [[*driver, "loop-index", str(place.weights), str(place.pictures), str(out)]]
    return [*steps, [*driver, "loop-query", str(place.weights), str(out), question]]


PEERS: dict[str, Commands] = {
    "imgrank": imgrank,
    "imgrank in bf16": lambda place, question: imgrank(place, question, "bf16"),
    "imgrank in float32": lambda place, question: imgrank(place, question, "float32"),
    "rclip": rclip,
    "clip-retrieval": clip_retrieval,
    "loop": loop,
}


def main() -> None:
    """Install, run, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="32 pictures: figures mean nothing")
    parser.add_argument("--only", default=",".join(PEERS), help="names of rows, by commas")
    parser.add_argument("--keep", type=Path, help="keep environments, weights and pictures here for the next run")
    parser.add_argument("--here", action="store_true", help="imgrank and the loop in this Python: no size is told")
    parser.add_argument("--driver", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.driver:
        DRIVERS[given.driver[0]](*given.driver[1:])
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = (given.keep or Path(temporary)).resolve()
        weights, pictures = make_weights(home), make_pictures(home, 32 if given.small else 1000)
        wanted = [name for name in PEERS if name in given.only.split(",")]
        print("| | images/s, cold | a further question | memory | installed | load |\n|---|--:|--:|--:|--:|--:|")
        for name in wanted:
            print(measured(name, home, weights, pictures, given.here), flush=True)


def measured(name: str, home: Path, weights: Path, pictures: Path, here: bool) -> str:
    """One row; where a peer does not install or run, the row says why."""
    load = os.getloadavg()[0]
    try:
        inside = here and (name == "loop" or name.startswith("imgrank"))
        python = Path(sys.executable) if inside else environment(home, name)
        work = home / "work" / name.replace(" ", "-")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        place = Location(python, weights, pictures, work, inside)
        if name == "rclip":
            give_rclip_its_files(home, weights, work / "rclip")
        first = [run(command, place) for command in PEERS[name](place, QUESTIONS[0])]
        count = len(list(pictures.iterdir()))
        if name in ("clip-retrieval", "loop"):  # indexing is a process of its own there
            first = first[:1]
        again = [run(command, place) for command in PEERS[name](place, QUESTIONS[1])]
    except (subprocess.CalledProcessError, OSError) as error:
        lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return f"| {name} | did not run: {lines[-1][:100] if lines else error} | | | | |"
    rate, later = count / sum(one.seconds for one in first), sum(one.seconds for one in again)
    memory = max(one.memory for one in [*first, *again]) / 1e9
    size = "" if inside else f"{installed_bytes(python) / 1e9:.2f} GB"
    loads = f"{load:.1f} to {os.getloadavg()[0]:.1f}"
    return f"| {name} | {rate:.1f} | {later:.2f} s | {memory:.2f} GB | {size} | {loads} |"


def run(command: Sequence[str], place: Location) -> Run:
    """A process with its own caches; its output is thrown away, its complaints are kept for the row."""
    own = {
        **{name: value for name, value in os.environ.items() if place.inside or name != "PYTHONPATH"},
        "IMGRANK_HOME": str(place.work / "home"),
        "RCLIP_DATADIR": str(place.work / "rclip"),
        "HF_HUB_OFFLINE": "1",
    }
    with tempfile.TemporaryFile("w+") as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=place.pictures, env=own, stdout=subprocess.DEVNULL, stderr=complaints, stdin=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, stderr=complaints.read())
    return Run(seconds, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def environment(home: Path, name: str) -> Path:
    """The Python of a virtual environment that holds one peer and what it needs."""
    name = ENVIRONMENTS.get(name, name)
    folder = home / "environments" / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True, text=True)
        install = [python, "-m", "pip", "install", "-q", "--no-compile", *PACKAGES[name]]
        subprocess.run(install, check=True, capture_output=True, text=True)
        (folder / "done").touch()
    return python


def installed_bytes(python: Path) -> int:
    """Of all packages but pip itself, without what Python compiles of them."""
    packages = next(python.parents[1].glob("lib*/python*/site-packages"), python.parents[1] / "Lib" / "site-packages")
    kept = (
        path
        for path in packages.rglob("*")
        if "__pycache__" not in path.parts and path.relative_to(packages).parts[0] != "pip" and path.is_file()
    )
    return sum(path.stat().st_size for path in kept if not path.is_symlink())


def make_weights(home: Path) -> Path:
    """The model with random weights, once."""
    path = home / "weights" / f"{MODEL}.safetensors"
    if not path.exists():
        import torch
        from safetensors.torch import save_file

        from imgrank.backbone.towers import quiet_and_safe

        path.parent.mkdir(parents=True, exist_ok=True)
        with quiet_and_safe():
            import open_clip

            torch.manual_seed(0)
            model = open_clip.create_model(MODEL)
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
    return path


def make_pictures(home: Path, count: int) -> Path:
    """JPEGs of 1024 x 768, as phones send them: each its own bytes, decoded as any."""
    folder = home / f"pictures-{count}"
    if not folder.exists():
        import numpy as np
        from pictures import paste_together, photographs

        partial = folder.with_suffix(".partial")
        partial.mkdir(parents=True, exist_ok=True)
        photos, rng = photographs(), np.random.default_rng(0)
        made = [paste_together(photos, (1024, 768), rng) for _ in range(min(count, 64))]
        for number in range(count):
            made[number % len(made)].save(partial / f"{number:05}.jpg", quality=88, comment=str(number).encode())
        partial.rename(folder)
    return folder


def give_rclip_its_files(home: Path, weights: Path, data: Path) -> None:
    """rclip's two ONNX files in float32, made from the same weights, and its vocabulary.

    Exporting needs the packages onnx and onnxscript; they are installed beside this Python, not into it.
    """
    made = home / "onnx"
    if not (made / "textual.onnx").exists():
        extra = home / "exporting"
        install = [sys.executable, "-m", "pip", "install", "-q", "--target", extra, "onnx", "onnxscript", "--no-deps"]
        needs = ["ml_dtypes", "onnx_ir", "protobuf"]
        subprocess.run([*install, *needs], check=True, capture_output=True, text=True)
        command = [sys.executable, HERE, "--driver", "export", weights, made]
        paths = os.pathsep.join([str(extra), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        own = {**os.environ, "PYTHONPATH": paths}
        subprocess.run(command, check=True, capture_output=True, text=True, env=own)
    target = data / "ViT-B-32-256-datacomp_s34b_b86k"
    target.mkdir(parents=True)
    for file in made.glob("*.onnx*"):
        shutil.copy(file, target)
    (data / "tokenizer").mkdir()
    shutil.copy(made / "bpe_simple_vocab_16e6.txt.gz", data / "tokenizer")


# What follows runs in the peers' own environments, and imports nothing of this repository's.


def export(weights: str, out: str) -> None:
    import torch

    from imgrank.backbone.towers import quiet_and_safe

    with quiet_and_safe():
        import open_clip

        model = open_clip.create_model(MODEL, pretrained=weights).eval()
        Path(out).mkdir(parents=True, exist_ok=True)
        vocabulary = Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
    shutil.copy(vocabulary, out)
    parts = {
        "visual.onnx": (model.visual, torch.zeros(2, 3, 256, 256)),
        "textual.onnx": (_Text(model), torch.zeros(2, 77, dtype=torch.long)),
    }
    for name, (part, example) in parts.items():
        torch.onnx.export(
            part, (example,), str(Path(out) / name), input_names=["input"], output_names=["output"], dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},), external_data=False,
        )  # fmt: skip


def _Text(model: object) -> object:  # noqa: N802 (a module, made where torch is)
    import torch

    class Text(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.model.encode_text(ids)

    return Text()


def loop_index(weights: str, pictures: str, out: str) -> None:
    import numpy as np
    import torch
    from torch.utils.data import DataLoader

    open_clip = _plain_open_clip()
    model, _, preprocess = open_clip.create_model_and_transforms(MODEL, pretrained=weights)
    loader = DataLoader(
        _Folder(sorted(Path(pictures).iterdir()), preprocess), batch_size=BATCH, num_workers=os.cpu_count() or 1
    )
    with torch.no_grad():
        parts = [torch.nn.functional.normalize(model.eval().encode_image(batch), dim=-1).numpy() for batch in loader]
    np.save(out, np.concatenate(parts))


def loop_query(weights: str, kept: str, question: str) -> None:
    import numpy as np
    import torch

    open_clip = _plain_open_clip()
    model = open_clip.create_model(MODEL, pretrained=weights).eval()
    with torch.no_grad():
        text = torch.nn.functional.normalize(model.encode_text(open_clip.get_tokenizer(MODEL)([question])), dim=-1)
    print(np.argsort(-(np.load(kept) @ text[0].numpy()))[:10])


class _Folder:
    """As users write it: open it, and give it to open_clip's own preprocessing."""

    def __init__(self, paths: list[Path], preprocess: Callable[[object], object]) -> None:
        self.paths, self.preprocess = paths, preprocess

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> object:
        from PIL import Image

        return self.preprocess(Image.open(self.paths[index]).convert("RGB"))


def _plain_open_clip() -> object:
    """open_clip; where torch and torchvision come from different builds, with what the latter lacks declared."""
    import torch

    try:
        import torchvision  # noqa: F401 (whether it loads is asked)
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        globals()["_declared"] = library
    import open_clip

    return open_clip


def _retrieval_name(weights: str) -> str:
    """all_clip splits at the last slash: the weights go by a name without one."""
    os.chdir(Path(weights).parent)
    return f"open_clip:{MODEL}/{Path(weights).name}"


def retrieval_index(weights: str, pictures: str, out: str) -> None:
    _plain_open_clip()
    from clip_retrieval.clip_index import clip_index
    from clip_retrieval.clip_inference.main import main as inference

    name = _retrieval_name(weights)
    inference(
        pictures, out, clip_model=name, enable_text=False, batch_size=BATCH, num_prepro_workers=os.cpu_count() or 1
    )
    clip_index(out, f"{out}/index")


def retrieval_query(weights: str, out: str, question: str) -> None:
    _plain_open_clip()
    import faiss
    import torch
    from all_clip import load_clip

    model, _, tokenizer = load_clip(_retrieval_name(weights), use_jit=False, device="cpu")
    with torch.no_grad():
        text = torch.nn.functional.normalize(model.encode_text(tokenizer([question])), dim=-1).numpy()
    print(faiss.read_index(str(Path(out) / "index" / "image.index")).search(text, 10))


DRIVERS = {
    "export": export,
    "loop-index": loop_index,
    "loop-query": loop_query,
    "retrieval-index": retrieval_index,
    "retrieval-query": retrieval_query,
}

if __name__ == "__main__":
    main()
