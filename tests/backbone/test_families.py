"""Every family of models that open_clip builds goes the whole way with random weights.

The tests' models are small; `pytest -m soak` takes the real sizes.
"""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from imgrank.backbone.load import load_backbone
from imgrank.backbone.names import CONFIG_FILE
from imgrank.backbone.sentences import build_text_tower
from imgrank.backbone.towers import Architecture, build, quiet_and_safe
from imgrank.ranker import Ranker
from imgrank.training import TrainingOptions, train

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
SIGLIP_TEXT = {
    **TEXT,
    "vocab_size": 64,
    "no_causal_mask": True,
    "proj_bias": True,
    "pool_type": "last",
    "norm_kwargs": {"eps": 1e-06},
    "act_kwargs": {"approximate": "tanh"},
    "tokenizer_kwargs": {"clean": "canonicalize"},
}
FAMILIES = {
    "vit": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "patch_size": 8, "layers": 1, "width": 32, "head_width": 16},
        "text_cfg": TEXT,
    },
    "siglip2": {
        "embed_dim": 96,
        "custom_text": True,
        "init_logit_bias": -10,
        "vision_cfg": {"image_size": 160, "timm_model_name": "test_vit4", "timm_pool": "map", "timm_proj": "none"},
        "text_cfg": SIGLIP_TEXT,
    },
    "perception": {
        "embed_dim": 48,
        "custom_text": True,
        "vision_cfg": {
            "image_size": 128,
            "timm_model_name": "small_pe_core",
            "timm_pool": "map",
            "timm_proj": None,
        },
        "text_cfg": TEXT,
    },
    "mobileclip2": {
        "embed_dim": 24,
        "custom_text": True,
        "vision_cfg": {"image_size": 64, "timm_model_name": "fastvit_mci0", "timm_pool": "avg", "timm_proj": None},
        "text_cfg": {**TEXT, "no_causal_mask": True},
    },
    "convnext": {
        "embed_dim": 24,
        "vision_cfg": {"timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear", "image_size": 96},
        "text_cfg": TEXT,
    },
    "resnet": {  # as RN50, whose sentences are narrower than the space of pictures
        "embed_dim": 64,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8},
        "text_cfg": TEXT,
    },
}
REAL = ["ViT-B-32-256", "ViT-B-16-SigLIP2", "PE-Core-B-16", "MobileCLIP2-S0", "convnext_base_w", "RN50"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Random weights of each family, made when first asked for, which open_clip knows by `family-NAME`."""
    return Files(tmp_path_factory.mktemp("families"))


class Files(dict):
    def __init__(self, folder):
        self.folder = folder

    def __missing__(self, family):
        config = FAMILIES[family]
        if family == "siglip2":
            tokenizer = _own_tokenizer(self.folder / "tokenizer")
            config = {**config, "text_cfg": {**config["text_cfg"], "hf_tokenizer_name": str(tokenizer)}}
        self[family] = _made(f"family-{family}", config, self.folder)
        return self[family]


def _own_tokenizer(folder):
    """A tokenizer of Hugging Face's with letters for tokens, among them letters that no English word has."""
    transformers = pytest.importorskip("transformers", reason="needs the extra languages")
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    letters = ["<pad>", "<eos>", "<unk>", *"abcdefghijklmnopqrstuvwxyzßäöü猫老人ねこкот"]
    own = Tokenizer(models.WordLevel({letter: n for n, letter in enumerate(dict.fromkeys(letters))}, "<unk>"))
    own.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    own.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=own, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    return folder


def _made(name, config, folder):
    from safetensors.torch import save_file

    (folder / f"{name}.json").write_text(json.dumps(config))
    with quiet_and_safe():
        import open_clip

        _know_small_perception()
        open_clip.add_model_config(folder / f"{name}.json")
        torch.manual_seed(0)
        model = open_clip.create_model(name)
    for key, tensor in model.state_dict().items():
        if "running" in key or "bn" in key:
            tensor.uniform_(0.5, 1.5) if tensor.is_floating_point() else None
    weights = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, weights)
    return weights


def _know_small_perception():
    """Give timm a Perception Encoder of two layers by a name: the smallest of Meta's has twelve."""
    from timm.models import create_model, register_model

    def small_pe_core(**given):
        small = {"img_size": 128, "ref_feat_shape": (8, 8), "embed_dim": 96, "depth": 2}
        return create_model("vit_pe_core_tiny_patch16_384", **small, **given)

    register_model(small_pe_core)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A dozen pictures of several proportions."""
    folder, make = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(12):
        height, width = make.integers(40, 160, 2)
        shade = make.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(shade).resize((int(width), int(height))).save(folder / f"{number:02}.png")
    return sorted(folder.glob("*.png"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_built_encoded_trained_on_saved_and_asked(family, files, pictures, tmp_path):
    name = f"family-{family}@{files[family]}"
    labels = tmp_path / "labels.csv"
    rows = [f"{path},how light,{number}" for number, path in enumerate(pictures)]
    labels.write_text("\n".join(["image,query,value", *rows]))
    options = TrainingOptions(epochs=1, fold_epochs=1, always=True, mirror=False)
    trained = train(labels, backbone=name, out=tmp_path / "own.safetensors", options=options)
    with Ranker(name, str(trained.path)) as ranker:
        ranking = ranker.rank([str(path) for path in pictures], "how light")
    assert len(ranking.images) == len(pictures)
    assert ranking.scorer == "adapter"
    assert len({image.score for image in ranking.images}) > 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sentence_needs_the_text_tower_alone_and_gets_the_same_tokens(family, files, monkeypatch):
    alone, whole = (load_backbone(f"family-{family}@{files[family]}", "cpu") for _ in range(2))
    said = alone.encode_sentence("a cat on grass")
    assert "_model" not in vars(alone)
    monkeypatch.setattr(whole, "_text_alone", lambda: None)
    expected = whole.encode_sentence("a cat on grass")
    assert "_model" in vars(whole)
    np.testing.assert_allclose(said.tokens, expected.tokens, atol=1e-5)
    np.testing.assert_allclose(said.embedding, expected.embedding, atol=1e-5)


def test_a_text_tower_that_fits_no_file_is_left_to_the_whole_model(files):
    assert build_text_tower(FAMILIES["vit"], False, files["siglip2"]) is None
    assert build_text_tower({**FAMILIES["vit"], "text_cfg": {**TEXT, "new": 1}}, False, files["vit"]) is None


def test_the_branches_of_mobileclip_become_one_and_say_the_same(files):
    """Trained with several branches side by side; as one convolution it is the same function, and quicker."""
    with quiet_and_safe():
        import open_clip

        plain = open_clip.create_model("family-mobileclip2", pretrained=str(files["mobileclip2"])).eval()
    merged = build(Architecture("family-mobileclip2"), files["mobileclip2"])
    pixels = torch.rand(2, 3, 64, 64)
    count = [sum(isinstance(m, torch.nn.BatchNorm2d) for m in model.visual.modules()) for model in (plain, merged)]
    assert count[1] < count[0]
    with torch.inference_mode():
        told, expected = (model.encode_image(pixels, normalize=True) for model in (merged, plain))
    torch.testing.assert_close(told, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("sentence", ["猫", "老人 ねこ", "кот", "größe"])
def test_other_languages_reach_the_tokenizer_unchanged(sentence, files):
    backbone = load_backbone(f"family-siglip2@{files['siglip2']}", "cpu")
    ids = backbone._tokenizer(sentence).ids[0].tolist()
    inner = backbone._tokenizer._tokenize.tokenizer
    letters = inner.convert_ids_to_tokens([one for one in ids if one])
    assert "".join(letters[: letters.index("<eos>")]) == sentence.replace(" ", "<unk>")


def _as_folder(family, files, folder):
    folder.mkdir()
    config = {"model_cfg": FAMILIES[family], "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    (folder / "open_clip_model.safetensors").write_bytes(files[family].read_bytes())
    return folder


@pytest.mark.parametrize("prefix", ["", "local-dir:"])
def test_a_folder_is_a_backbone(prefix, files, tmp_path, random_pixels):
    folder = _as_folder("vit", files, tmp_path / "model")
    backbone = load_backbone(f"{prefix}{folder}", "cpu")
    assert backbone.preprocessing.mean == (0.5, 0.5, 0.5)
    by_name = load_backbone(f"family-vit@{files['vit']}", "cpu")
    assert backbone.fingerprint != by_name.fingerprint  # other means and deviations
    assert backbone.shape == by_name.shape
    assert backbone.encode_images(random_pixels(2, 32)).shape == backbone.shape
    np.testing.assert_array_equal(
        backbone.encode_sentence("a cat").embedding, by_name.encode_sentence("a cat").embedding
    )


def test_a_repository_of_a_hub_is_a_backbone_once_it_is_on_disk(files, tmp_path, random_pixels):
    from imgrank.errors import BackboneError

    with pytest.raises(BackboneError, match="not on disk"):
        load_backbone("hf-hub:someone/model", "cpu")
    snapshot = tmp_path / "hub" / "models--someone--model" / "snapshots" / "abc"
    (snapshot.parents[1] / "refs").mkdir(parents=True)
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    snapshot.parent.mkdir()
    _as_folder("vit", files, snapshot)
    backbone = load_backbone("hf-hub:someone/model", "cpu")
    assert backbone.name == "hf-hub:someone/model"
    assert backbone.encode_images(random_pixels(1, 32)).shape == backbone.shape
    assert len(backbone.encode_sentence("a cat").tokens) == 4


@pytest.mark.parametrize(
    ("damage", "said"),
    [("config", "an open_clip config"), ("weights", "no weights"), ("folder", "open_clip_config.json")],
)
def test_a_folder_that_is_no_model_is_said_in_one_line(damage, said, files, tmp_path):
    from imgrank.errors import BackboneError

    folder = _as_folder("vit", files, tmp_path / "model")
    if damage == "config":
        (folder / CONFIG_FILE).write_text("{")
    elif damage == "weights":
        (folder / "open_clip_model.safetensors").unlink()
    else:
        (folder / CONFIG_FILE).unlink()
    with pytest.raises(BackboneError, match=said) as refusal:
        load_backbone(f"local-dir:{folder}", "cpu")
    assert "\n" not in str(refusal.value)


def test_the_whole_grid_is_kept_where_it_is_asked_for(files, random_pixels):
    name = f"family-perception@{files['perception']}"
    pooled, whole = load_backbone(name, "cpu"), load_backbone(f"{name}+grid", "cpu")
    assert (pooled.shape.tokens, whole.shape.tokens) == (49, 8 * 8)
    assert pooled.fingerprint != whole.fingerprint
    pixels = random_pixels(1, pooled.preprocessing.side)
    few, many = (one.encode_images(pixels).tokens()[0] for one in (pooled, whole))
    np.testing.assert_allclose(few.mean(axis=0), many.mean(axis=0), atol=np.abs(many).max() / 50)


@pytest.mark.soak
@pytest.mark.parametrize("model", REAL)
def test_a_model_of_real_size(model, tmp_path, random_pixels, monkeypatch):
    from safetensors.torch import save_file

    from imgrank.backbone import resolve

    with quiet_and_safe():
        import open_clip

        built = open_clip.create_model(model, pretrained_hf=False)
    weights = tmp_path / "random.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in built.state_dict().items()}, weights)
    del built
    monkeypatch.setattr(resolve, "_check_tokenizer", lambda *_: None)
    backbone = load_backbone(f"{model}@{weights}", "cpu")
    packed = backbone.encode_images(random_pixels(2, backbone.preprocessing.side))
    assert packed.shape == backbone.shape
    if "SigLIP" not in model:
        assert backbone.encode_sentence("older person").embedding.shape == (backbone.shape.embedding,)
        assert "_text_tower" in vars(backbone)
