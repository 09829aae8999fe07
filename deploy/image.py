"""Check deploy/Dockerfile: build it with docker, podman or buildah and look at what came out; or, with --steps, run
its steps in an empty environment of this machine, and reckon the size of the image.

    python deploy/image.py            # where no builder answers, it says so and passes
    python deploy/image.py --steps
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "deploy" / "Dockerfile"
LARGEST = 1_000_000_000  # bytes
BASE = 130_000_000  # of python:3.12-slim-bookworm, unpacked
HERE = ("/opt/imgrank", "/src", "/tmp/home", "/tmp/tokens")  # folders of the build that --steps puts elsewhere


def instructions(recipe: str) -> list[tuple[str, str]]:
    """The steps of the first stage, in order: (RUN, command) and so on."""
    text = re.sub(r"^#.*\n", "", recipe, flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    found = [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]
    stages = [number for number, (word, _) in enumerate(found) if word == "FROM"]
    return found[stages[0] + 1 : stages[1]]


def run_steps() -> int:
    """Run the first stage here; the bytes of what it leaves."""
    with tempfile.TemporaryDirectory() as folder:
        environment, at = dict(os.environ), folder

        def placed(text: str) -> str:
            for path in HERE:
                text = re.sub(rf"(?<![\w/.]){re.escape(path)}(?![\w-])", f"{folder}{path}", text)
            return text

        for path in HERE:
            Path(folder + path).parent.mkdir(parents=True, exist_ok=True)
        for word, rest in instructions(RECIPE.read_text()):
            if word == "ARG":
                name, _, value = rest.partition("=")
                environment.setdefault(name, value)
            elif word == "ENV":
                name, _, value = placed(rest).partition("=")
                environment[name] = value.replace("$PATH", environment["PATH"])
            elif word == "WORKDIR":
                at = placed(rest)
            elif word == "COPY":
                copy_sources(Path(folder + "/src"))
            elif word == "RUN" and not rest.startswith("apt-get"):
                print("$", rest, flush=True)
                subprocess.run(["sh", "-ec", placed(rest)], cwd=at, env=environment, check=True)
        return sum(file.lstat().st_size for file in Path(folder + "/opt/imgrank").rglob("*") if not file.is_dir())


def copy_sources(out: Path) -> None:
    """What .dockerignore lets through."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], out / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)


def builder() -> str | None:
    """The first program that builds images here and answers."""
    for name in ("docker", "podman"):
        if shutil.which(name) and not subprocess.run([name, "info"], capture_output=True, check=False).returncode:
            return name
    return None


def build(program: str) -> int:
    """Build the image, sort with it as nobody in particular, and give its bytes."""
    subprocess.run([program, "build", "--tag", "imgrank", "--file", str(RECIPE), str(ROOT)], check=True)
    photos = f"{ROOT / 'examples' / 'photos'}:/pictures:ro"
    plain = [program, "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--volume", photos]
    asked = [*plain, "--tmpfs", "/home/imgrank/.imgrank:uid=1000", "imgrank", "sort", ".", "a cat", "--top", "1"]
    first = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    if not re.search(r"(cat|kitten)\.jpg", first):
        raise SystemExit(f"no cat came first: {first}")
    user = [*plain, "--entrypoint", "id", "imgrank", "-u"]
    if subprocess.run(user, check=True, capture_output=True, text=True).stdout.strip() == "0":
        raise SystemExit("the image runs as root")
    size = [program, "image", "inspect", "--format", "{{.Size}}", "imgrank"]
    return int(subprocess.run(size, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Build or run, print the size, and fail where it is too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", action="store_true", help="run the steps here, without an image")
    if parser.parse_args().steps:
        made = run_steps()
        size = made + BASE
        print(f"{made / 1e6:.0f} MB, and {BASE / 1e6:.0f} MB of the base image: {size / 1e6:.0f} MB")
    elif program := builder():
        size = build(program)
        print(f"the image: {size / 1e6:.0f} MB")
    else:
        print("not built: neither docker nor podman answers here; --steps runs its steps without them")
        return
    if size > LARGEST:
        sys.exit(f"more than {LARGEST / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
