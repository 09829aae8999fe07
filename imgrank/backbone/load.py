"""A name to a backbone, on the device that was asked for or is there."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from imgrank.backbone.contract import Backbone
from imgrank.backbone.names import MINI, read_name
from imgrank.errors import BackboneError


def load_backbone(name: str, device: str = "auto", note: Callable[[str], None] = lambda _: None) -> Backbone:
    """The backbone of a name in any form of `imgrank.backbone.names`, on device auto|cpu|cuda|mps. Builds no tower yet.

    `note` gets single lines for the user: a download that starts, a GPU that is not used, a precision that is slow
    there. Raises BackboneError for a name, file or device that cannot be used.
    """
    chosen = choose_device(device, note)
    if name != MINI:
        return _load_open_clip(name, chosen, note)
    from imgrank.backbone.mini import load_mini

    return load_mini(chosen)


def _load_open_clip(text: str, device: str, note: Callable[[str], None]) -> Backbone:
    from imgrank.backbone.open_clip_backbone import OpenClipBackbone
    from imgrank.backbone.open_clip_facts import recall_facts, remember_facts

    name = read_name(text)
    if name.bf16 and not has_bf16(device):
        note(f"{name} asks for bfloat16, which {device} does not have in hardware: new images take long")
    facts = recall_facts(name)
    if facts is None:
        from imgrank.backbone.resolve import resolve

        facts = resolve(name, note)
        remember_facts(name, facts)
    if name.bf16:
        facts = replace(facts, fingerprint=_bf16_fingerprint(facts.fingerprint))
    return OpenClipBackbone(name, facts, device)


def _bf16_fingerprint(exact: str) -> str:
    from imgrank.backbone.fingerprint import fingerprint

    return fingerprint({"of": exact, "precision": "bf16"}, [], {})


DEVICES = ("auto", "cpu", "cuda", "mps")
WITHOUT_CUDA = "this PyTorch was built without CUDA (see pytorch.org for the build that has it)"
WITHOUT_MPS = "this PyTorch was built without Apple's MPS"


def choose_device(wanted: str = "auto", note: Callable[[str], None] = lambda _: None) -> str:
    """Turn auto|cpu|cuda|mps into cpu, cuda or mps.

    Where `auto` falls back to the processor although a GPU is there, `note` gets one line that says why.
    Raises BackboneError for another word, or where the device asked for cannot be used.
    """
    if wanted not in DEVICES:
        raise BackboneError(f"There is no device {wanted!r}; choose one of {', '.join(DEVICES)}.")
    if wanted == "cpu":
        return "cpu"
    if wanted == "auto":
        return _best_device(note)
    reason = _cuda_fault() if wanted == "cuda" else _mps_fault()
    if reason:
        raise BackboneError(f"The device {wanted!r} cannot be used: {reason}.", "Use {device} cpu or auto.")
    return wanted


def has_bf16(device: str) -> bool:
    """Whether bfloat16 is done in hardware there; where it is not, it is several times slower than float32."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_capability() >= (8, 0)
    return device == "cpu" and bool({"avx512_bf16", "amx_bf16", "bf16", "FEAT_BF16"} & _processor_flags())


def _best_device(note: Callable[[str], None]) -> str:
    cuda_fault = _cuda_fault()
    if not cuda_fault:
        return "cuda"
    mps_fault = _mps_fault()
    if not mps_fault:
        return "mps"
    if _nvidia_is_here():
        note(f"the NVIDIA GPU of this machine is not used: {cuda_fault}")
    elif _is_apple_silicon():
        note(f"the GPU of this Mac is not used: {mps_fault}")
    return "cpu"


def _cuda_fault() -> str:
    """Why CUDA cannot be used, or nothing where it can."""
    if _says_it_has_no_cuda():
        return WITHOUT_CUDA
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        return WITHOUT_CUDA
    if not torch.cuda.is_available():
        if _nvidia_is_here():
            return f"its driver does not work with this PyTorch, built for CUDA {torch.version.cuda}"
        return "no NVIDIA GPU answers"
    try:
        torch.zeros(1, device="cuda").add_(1).item()
    except RuntimeError as error:
        return f"{torch.cuda.get_device_name()} fails a first sum ({str(error).splitlines()[0]})"
    return ""


def _mps_fault() -> str:
    """Why Apple's GPU cannot be used, or nothing where it can."""
    if platform.system() != "Darwin":
        return WITHOUT_MPS
    import torch

    if not torch.backends.mps.is_built():
        return WITHOUT_MPS
    return "" if torch.backends.mps.is_available() else "MPS needs Apple silicon and macOS 12.3 or later"


def _says_it_has_no_cuda() -> bool:
    """Read where PyTorch notes how it was built: importing it would take longer than a question."""
    spec = find_spec("torch")
    if "torch" in sys.modules or spec is None or spec.origin is None:
        return False
    try:
        noted = Path(spec.origin).with_name("version.py").read_text("utf-8")
    except OSError:
        return False
    found = dict(re.findall(r"^(cuda|hip)\b[^=\n]*=\s*(\S+)", noted, re.MULTILINE))
    return found == {"cuda": "None", "hip": "None"}


def _nvidia_is_here() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _is_apple_silicon() -> bool:
    return sys.platform == "darwin" and platform.machine() == "arm64"


def _processor_flags() -> set[str]:
    if sys.platform == "darwin":
        return {"FEAT_BF16"} if _sysctl("hw.optional.arm.FEAT_BF16") == "1" else set()
    try:
        info = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return set()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", info, re.MULTILINE)
    return set(found.group(1).split()) if found else set()


def _sysctl(name: str) -> str:
    try:
        command = ["/usr/sbin/sysctl", "-n", name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 (fixed words)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
