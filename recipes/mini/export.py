"""Step 5: the trained tower, its token projection and the text tower into one fp16 file.

    python recipes/mini/export.py --data ../shared/data --out build/mini --weights weights

The projection from a cell's 1472 numbers to a token's 320 needs no training: the directions that the
task heads read come first, then the principal components of what is left, on training pictures.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from data import read_samples
from safetensors.torch import save_file
from text import build_text_tower
from torch.nn import functional as F
from tower_data import TrainingData
from tower_model import TowerInTraining

from imgrank.backbone.fingerprint import TOKENS_VERSION
from imgrank.backbone.mini_image import ImageConfig
from imgrank.backbone.mini_text import ClassSense, SentenceHead

CAPTION_WEIGHT, CLASS_WEIGHT = 1.0, 0.7


@torch.inference_mode()
def cells_of(model: TowerInTraining, data: TrainingData, rows: np.ndarray) -> torch.Tensor:
    """(N, 16, C) of the given views, in units of the cell scale."""
    chunks = [model(data.hidden(rows[at : at + 64])).cells / model.cell_scale for at in range(0, len(rows), 64)]
    return torch.cat(chunks)


def token_projection(cells: torch.Tensor, directions: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (width, C) and bias (width,) on scaled cells.

    Rows are orthogonal directions; each is scaled to a deviation between 0.1 and 1 so that int8 keeps
    the small ones: task directions to 1, components to the square root of their share.
    """
    flat = cells.flatten(0, 1).double()
    mean = flat.mean(0)
    covariance = torch.cov((flat - mean).T) + torch.cov((cells.double().mean(1) - mean).T)
    tasks = torch.linalg.qr(directions.double().T).Q.T
    rest = torch.eye(len(mean), dtype=torch.double) - tasks.T @ tasks
    values, vectors = torch.linalg.eigh(rest @ covariance @ rest)
    components = vectors.T.flip(0)[: width - len(tasks)]
    shares = values.flip(0)[: len(components)].clamp(min=1e-12)
    basis = torch.cat([tasks, components])
    deviation = ((flat - mean) @ basis.T).std(0)
    target = torch.cat([torch.ones(len(tasks)), (shares / shares[0]).double().pow(0.25).clamp(min=0.1)])
    weight = basis * (target / deviation).unsqueeze(1)
    return weight.float(), (-weight @ mean).float()


def refit_classifier(
    model: TowerInTraining, data: TrainingData, rows: np.ndarray, cells: torch.Tensor, held_out: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of a classifier that reads the ImageNet tower's classes off the tuned features.

    Ridge on what the present classifier gets wrong of the ImageNet tower's logits; its strength is the one
    with the least error on held-out pictures, among which is leaving the classifier as it is.
    """
    layer = model.trunk.classifier
    features = _pooled(model, cells)
    missed = _missed(data, rows, layer(features))
    middle = features.mean(0)
    gram = (features - middle).T @ (features - middle)
    right = (features - middle).T @ (missed - missed.mean(0))
    tested = _pooled(model, cells_of(model, data, held_out))
    wanted = _missed(data, held_out, layer(tested))
    found = []
    for strength in (1e-3, 1e-2, 1e-1, 1.0, 1e6):
        change = torch.linalg.solve(gram + strength * gram.diagonal().mean() * torch.eye(len(gram)), right)
        bias = missed.mean(0) - middle @ change
        error = (tested @ change + bias - wanted).square().mean().item()
        found.append((error, strength, change, bias))
        print(f"classifier, ridge {strength:g}: held-out error {error:.4f} (was {wanted.square().mean():.4f})")
    _, _, change, bias = min(found, key=lambda item: item[0])
    return layer.weight + change.T, layer.bias + bias


def _pooled(model: TowerInTraining, cells: torch.Tensor) -> torch.Tensor:
    return (cells[..., :1280] * model.cell_scale[:1280]).mean(1)


def _missed(data: TrainingData, rows: np.ndarray, logits: torch.Tensor) -> torch.Tensor:
    """(N, 1000): the ImageNet tower's centred logits less ours."""
    wanted = torch.from_numpy(data.logits[rows].astype(np.float32))
    return (wanted - wanted.mean(1, keepdim=True)) - (logits - logits.mean(1, keepdim=True))


def image_state(model: TowerInTraining, weight: torch.Tensor, bias: torch.Tensor) -> dict[str, torch.Tensor]:
    """The image tower's tensors by their shipped names."""
    state = {f"trunk.{name}": tensor for name, tensor in model.trunk.state_dict().items()}
    state |= {f"readouts.{name}": tensor for name, tensor in model.readouts.state_dict().items()}
    state |= {f"caption_head.{name}": tensor for name, tensor in model.caption_head.state_dict().items()}
    state["project.weight"], state["project.bias"] = weight / model.cell_scale, bias
    total = (CAPTION_WEIGHT**2 + CLASS_WEIGHT**2) ** 0.5
    state["block_weights"] = torch.tensor([CAPTION_WEIGHT, CLASS_WEIGHT]) / total
    return state


def sentence_head(model: TowerInTraining, out: Path) -> SentenceHead:
    """The corrected sentence space and the int8 table of class names."""
    text = np.load(out / "text.npz")
    anchors = F.normalize(torch.from_numpy(text["name"]) + torch.from_numpy(text["bare_name"]), dim=-1)
    head = SentenceHead(anchors.shape[1], len(anchors), 1000, ClassSense())
    scale = anchors.abs().amax(1) / 127
    head.load_state_dict(
        {
            "text_map": model.text_map.detach(),
            "names.scale": scale,
            "names.weight": (anchors / scale.unsqueeze(1)).round().to(torch.int8),
            "name_class": torch.from_numpy(text["name_class"]).to(torch.int16),
        }
    )
    return head


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    parser.add_argument("--without", default="", help="the set that the tower has never seen")
    args = parser.parse_args()
    config = ImageConfig()
    data = TrainingData(args.out, read_samples(args.data), args.without)
    model = TowerInTraining(config)
    model.load_state_dict(torch.load(args.out / "refit.pt", weights_only=True))
    model.eval()
    rng = np.random.default_rng(0)
    plain = np.flatnonzero((data.split == "train") & (data.view == 0))
    rows = np.sort(rng.choice(plain, 4000, replace=False))
    heads = (model.mean_heads, model.density_heads, model.bin_heads)
    directions = torch.cat([head.weight for head in heads]).detach()
    cells = cells_of(model, data, rows)
    weight, bias = token_projection(cells, directions, config.width)
    with torch.inference_mode():
        scenes = np.flatnonzero((data.split == "train") & np.isin(data.source, ("captions", "quality")))
        scenes = np.sort(rng.choice(scenes, 6000, replace=False))
        held_out = np.concatenate([data.rows("val", "captions"), data.rows("val", "quality")])
        classifier = refit_classifier(model, data, scenes, cells_of(model, data, scenes), held_out)
    model.trunk.classifier.weight.data, model.trunk.classifier.bias.data = classifier

    text, tokenizer = build_text_tower()
    head = sentence_head(model, args.out)
    parts = {"image": image_state(model, weight, bias), "text": text.state_dict(), "sentence": head.state_dict()}
    tensors = {f"{part}.{name}": _shipped(t) for part, state in parts.items() for name, t in state.items()}
    facts = {
        "tokens_version": TOKENS_VERSION,
        "image": asdict(config),
        "text": asdict(text.config),
        "sentence": {"names": len(head.names.get_buffer("scale")), "sense": asdict(head.sense)},
        "vision_cfg": {"timm_model_name": "tf_efficientnet_lite0", "image_size": config.side},
    }
    args.weights.mkdir(exist_ok=True)
    save_file(tensors, str(args.weights / "mini.safetensors"), {"imgrank.backbone": json.dumps(facts)})
    (args.weights / "mini.safetensors").chmod(0o644)
    tokenizer.save(str(args.weights / "mini.tokenizer.json"), pretty=False)
    print(f"{(args.weights / 'mini.safetensors').stat().st_size / 1e6:.1f} MB")


def _shipped(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().contiguous()
    return tensor.half() if tensor.is_floating_point() else tensor


if __name__ == "__main__":
    main()
