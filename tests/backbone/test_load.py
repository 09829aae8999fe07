"""A name that cannot be used gets one clear line; a name that was used once is known without open_clip."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from imgrank.backbone import catalogue, names, resolve
from imgrank.backbone import load as module
from imgrank.backbone.load import choose_device, has_bf16, load_backbone
from imgrank.errors import BackboneError


def _refusal(name):
    with pytest.raises(BackboneError) as refusal:
        load_backbone(name, "cpu").encode_sentence("a dog")
    text = str(refusal.value)
    assert "\n" not in text
    assert text[0].isupper()
    assert text.endswith(".")
    return text


@pytest.mark.parametrize(
    ("asked", "close"),
    [
        ("mediun", "medium"),
        ("ViT-B-32", "ViT-B-32/datacomp_xl_s13b_b90k"),  # of the weights that there are the most accurate
        ("siglip2", "ViT-B-16-SigLIP2/webli"),
        ("Mini", "mini"),
        ("ViT-B-99@own.pt", "ViT-B-32@own.pt"),
        ("ViT-B-23/laion2b_s34b_b79k", "ViT-B-32/laion2b_s34b_b79k"),
        ("vit-b-32/openai", "ViT-B-32/openai"),
        ("ViT-B-32/laion2b_s34b_b79", "ViT-B-32/laion2b_s34b_b79k"),
        ("convnext_larg_d_320/laion2b_s29b_b131k_ft", "convnext_large_d_320/laion2b_s29b_b131k_ft"),
        ("RN50/laion2b", "RN50/"),
        ("VitB32", "ViT-B-32/"),
        ("minni", "mini"),
    ],
)
def test_a_wrong_name_or_tag_names_close_ones(asked, close):
    text = _refusal(asked)
    assert asked in text
    assert close in text.split("did you mean ")[1]

    assert len(text) < 350
    assert "`imgrank backbones --all`" in text


@pytest.mark.parametrize("asked", ["dinov2", "", "   ", "clip and more"])
def test_a_name_that_nothing_is_near_gets_the_recommended_ones(asked):
    assert "mini, small, medium and best" in _refusal(asked)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("There is no file or folder", ["/nowhere/model", "./model", "~/model", "..\\model", "own.safetensors"]),
        ("no open_clip_config.json", [".", "models", "models/clip"]),
        ("such as ViT-B-32@weights.pt", ["weights.pt"]),
        ("hf-hub:OWNER/NAME", ["hf-hub:one"]),
    ],
)
def test_a_path_is_never_taken_for_a_name(said, asked, tmp_path, monkeypatch):
    (tmp_path / "weights.pt").write_bytes(b"weights")
    (tmp_path / "models" / "clip").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for text in asked:
        assert said in _refusal(text)


def test_a_short_name_is_refused_by_that_name_and_its_full_one():
    assert "The backbone small (ViT-B-32-256/datacomp_s34b_b86k) cannot be used: " in _refusal("small")


def test_a_missing_package_is_said_before_anything_is_downloaded(monkeypatch):
    from imgrank.backbone import resolve

    monkeypatch.setattr(resolve, "find_spec", lambda _: None)
    monkeypatch.setattr(resolve, "fetch_weights", lambda *_: pytest.fail("downloaded"))
    assert "imgrank[languages]" in _refusal("medium")


def test_offline_says_so_and_what_is_on_disk(monkeypatch):
    monkeypatch.setattr(catalogue, "on_disk", lambda: ["mini", "RN50/openai"])
    text = _refusal("ViT-B-32/laion2b_s34b_b79k")
    assert "HF_HUB_OFFLINE" in text
    assert "On disk: mini, RN50/openai." in text


def test_a_download_that_finds_no_way_is_offline_too(monkeypatch):
    from huggingface_hub import constants

    from imgrank.backbone import download

    def fail(_):
        try:
            raise ConnectionError("no route to host")
        except ConnectionError:
            raise FileNotFoundError("Failed to download file") from None

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(download, "is_reachable", lambda _: True)
    monkeypatch.setattr(download, "_download", fail)
    assert "cannot reach the server" in _refusal("ViT-B-32/laion2b_s34b_b79k")


def test_without_a_network_no_download_is_tried(monkeypatch):
    import socket

    from huggingface_hub import constants

    from imgrank.backbone import download

    def refuse(*_, **__):
        raise socket.gaierror("name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(download.urllib.request, "getproxies", dict)
    monkeypatch.setattr(download, "_download", lambda _: pytest.fail("tried"))
    assert "cannot reach the server" in _refusal("ViT-B-32/laion2b_s34b_b79k")


def test_a_download_is_announced_once_and_used(tiny_models, monkeypatch, tmp_path):
    from huggingface_hub import constants

    from imgrank.backbone import download

    notes = []
    tag = {"hf_hub": "nobody/tiny/", "mean": (0.5,) * 3, "std": (0.5,) * 3, "interpolation": "bilinear"}
    for each in (names, resolve):
        monkeypatch.setattr(each, "pretrained", lambda: {"tiny-vit/mine": tag})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(download, "is_reachable", lambda _: True)
    monkeypatch.setattr(download, "_download", lambda _: str(tiny_models["tiny-vit"]))
    backbone = load_backbone("tiny-vit/mine", "cpu", notes.append)
    assert notes == ["downloading tiny-vit/mine; this happens once"]
    assert backbone.preprocessing.mean == (0.5, 0.5, 0.5)
    assert backbone.preprocessing.interpolation == "bilinear"
    again = load_backbone("tiny-vit/mine", "cpu", notes.append)
    assert len(notes) == 1
    assert again.fingerprint == backbone.fingerprint


def test_a_missing_file_is_named(tiny_models):
    assert "there is no file nowhere.pt" in _refusal("tiny-vit@nowhere.pt")


def test_a_file_of_another_kind_is_refused(tmp_path, tiny_models):
    (tmp_path / "notes.txt").write_text("hello")
    assert "not one of .safetensors" in _refusal(f"tiny-vit@{tmp_path / 'notes.txt'}")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".bin"])
@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 5000])
def test_a_file_of_rubbish_is_one_line(tmp_path, tiny_models, suffix, content):
    file = tmp_path / f"weights{suffix}"
    file.write_bytes(content)
    assert ("damaged" if content else "the file is empty") in _refusal(f"tiny-vit@{file}")


def test_a_truncated_file_is_one_line(tmp_path, tiny_models):
    file = tmp_path / "weights.safetensors"
    file.write_bytes(tiny_models["tiny-vit"].read_bytes()[:-100])
    assert "damaged" in _refusal(f"tiny-vit@{file}")


def test_weights_of_another_model_are_one_line(tiny_models):
    assert "another model" in _refusal(f"tiny-vit@{tiny_models['tiny-resnet']}")


class _Evil:
    def __reduce__(self):
        return (open, ("evil.txt", "w"))


@pytest.mark.parametrize("trick", [_Evil(), {"a": (torch.Size, _Evil())}])
def test_a_pickle_never_runs(tmp_path, tiny_models, monkeypatch, trick):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.pt").write_bytes(pickle.dumps(trick))
    torch.save(trick, tmp_path / "zipped.pt")
    _refusal("tiny-vit@weights.pt")
    _refusal("tiny-vit@zipped.pt")
    assert not (tmp_path / "evil.txt").exists()


def test_the_same_weights_as_pickle_give_the_same_tokens(tmp_path, tiny_models, random_pixels):
    from safetensors.torch import load_file

    torch.save(load_file(tiny_models["tiny-vit"]), tmp_path / "weights.pt")
    safe, pickled = (load_backbone(f"tiny-vit@{f}", "cpu") for f in (tiny_models["tiny-vit"], tmp_path / "weights.pt"))
    pixels = random_pixels(2, 36)
    np.testing.assert_array_equal(safe.encode_images(pixels).quantised, pickled.encode_images(pixels).quantised)
    assert safe.fingerprint != pickled.fingerprint  # it is taken over bytes


def test_a_copied_file_keeps_the_fingerprint_and_a_changed_one_does_not(tmp_path, tiny_models):
    from safetensors.torch import load_file, save_file

    first = load_backbone(f"tiny-vit@{tiny_models['tiny-vit']}", "cpu").fingerprint
    copy = shutil.copy(tiny_models["tiny-vit"], tmp_path / "copy.safetensors")
    assert load_backbone(f"tiny-vit@{copy}", "cpu").fingerprint == first
    tensors = load_file(copy)
    tensors["logit_scale"] += 1
    save_file(tensors, copy)
    assert load_backbone(f"tiny-vit@{copy}", "cpu").fingerprint != first


def test_a_known_backbone_is_loaded_again_without_open_clip(tiny_models):
    name = f"tiny-vit@{tiny_models['tiny-vit']}"
    first = load_backbone(name, "cpu")
    script = (
        "import sys; from imgrank.backbone.load import load_backbone; "
        f"b = load_backbone({name!r}, 'cpu'); print(b.fingerprint, b.shape.width, b.text_width); "
        "print([m for m in ('open_clip', 'timm', 'torchvision', 'huggingface_hub') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.split("\n")[:2] == [f"{first.fingerprint} 32 32", "[]"]


def test_a_model_whose_pictures_are_not_square_is_refused(tiny_models, monkeypatch):
    config = {"vision_cfg": {"image_size": [32, 64]}, "text_cfg": {}}
    monkeypatch.setattr(resolve, "read_config", lambda _: config)
    assert "square images only" in _refusal(f"tiny-vit@{tiny_models['tiny-vit']}")


def test_a_tokenizer_that_is_not_there_is_found_out_at_once(tiny_models, monkeypatch):
    config = {"vision_cfg": {}, "text_cfg": {"hf_tokenizer_name": "nobody/nothing"}}
    monkeypatch.setattr(resolve, "read_config", lambda _: config)

    def fail(*_):
        raise ImportError("transformers")

    monkeypatch.setattr(resolve, "load_tokenizer", fail)
    assert "imgrank[languages]" in _refusal(f"tiny-vit@{tiny_models['tiny-vit']}")


def test_a_wrong_name_is_refused_without_torch_and_open_clip():
    """It answers at once, for nothing heavy is imported to look."""
    code = (
        "import sys\n"
        "from imgrank.backbone.names import check_backbone\n"
        "from imgrank.errors import BackboneError\n"
        "try: check_backbone('ViT-B-23/openai')\n"
        "except BackboneError as error: print('ViT-B-32/openai' in str(error))\n"
        "print([m for m in ('torch', 'open_clip', 'timm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]


def test_the_light_lists_are_open_clips_own(tiny_models):
    import open_clip

    assert names.models() == open_clip.list_models()
    code = "from imgrank.backbone.names import models, pretrained; print(len(models()), len(pretrained()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        str(sum(not name.startswith(("tiny-", "family-")) for name in open_clip.list_models())),
        str(len(open_clip.list_pretrained())),
    ]


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
