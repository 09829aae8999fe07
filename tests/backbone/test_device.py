import subprocess
import sys

import pytest
import torch

from imgrank.backbone import load as module
from imgrank.backbone.load import choose_device, has_bf16
from imgrank.errors import BackboneError


@pytest.fixture
def no_gpu_works(monkeypatch):
    monkeypatch.setattr(module, "_cuda_fault", lambda: "this PyTorch was built without CUDA")
    monkeypatch.setattr(module, "_mps_fault", lambda: "this PyTorch was built without MPS")
    monkeypatch.setattr(module, "_nvidia_is_here", lambda: False)
    monkeypatch.setattr(module, "_is_apple_silicon", lambda: False)


def test_auto_takes_the_processor_without_a_word_where_there_is_no_gpu(no_gpu_works):
    notes = []
    assert choose_device("auto", notes.append) == "cpu"
    assert notes == []


@pytest.mark.parametrize("present", ["_nvidia_is_here", "_is_apple_silicon"])
def test_a_gpu_that_is_there_and_not_used_is_explained_in_one_line(no_gpu_works, monkeypatch, present):
    monkeypatch.setattr(module, present, lambda: True)
    notes = []
    assert choose_device("auto", notes.append) == "cpu"
    assert len(notes) == 1
    assert "built without" in notes[0]
    assert "\n" not in notes[0]


@pytest.mark.parametrize("works", ["cuda", "mps"])
def test_auto_takes_the_gpu_that_works(no_gpu_works, monkeypatch, works):
    monkeypatch.setattr(module, f"_{works}_fault", lambda: "")
    assert choose_device("auto") == works
    assert choose_device(works) == works
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_a_device_asked_for_by_name_that_does_not_work_is_an_error_with_its_reason(no_gpu_works, wanted):
    with pytest.raises(BackboneError, match=f"{wanted}.*built without"):
        choose_device(wanted)


def test_an_unknown_device_is_refused():
    with pytest.raises(BackboneError, match=r"'gpu'.*auto, cpu, cuda, mps"):
        choose_device("gpu")


@pytest.mark.skipif(
    bool(torch.version.cuda or torch.version.hip) or sys.platform == "darwin", reason="this PyTorch must be asked"
)
def test_a_pytorch_for_processors_alone_is_told_without_importing_it():
    program = "from imgrank.backbone.load import choose_device as c; import sys; print(c(), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cpu", "False"]


def test_a_pytorch_without_cuda_says_so(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    assert "without CUDA" in module._cuda_fault()


@pytest.mark.parametrize(
    ("flags", "expected"), [({"avx512f", "avx2"}, False), ({"avx512f", "avx512_bf16"}, True), (set(), False)]
)
def test_bf16_is_read_from_the_processors_flags(monkeypatch, flags, expected):
    monkeypatch.setattr(module, "_processor_flags", lambda: flags)
    assert has_bf16("cpu") is expected
    assert has_bf16("mps") is False
