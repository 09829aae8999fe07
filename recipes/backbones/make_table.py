"""Writes imgrank/backbone/published.csv: all weights that open_clip knows, their size and what was measured.

git clone https://github.com/mlfoundations/open_clip
python recipes/backbones/make_table.py open_clip/docs

Figures are zero-shot top-1 on ImageNet-1k: from open_clip's own docs/openclip_results.csv where it has the row, else
from the papers named below, and nothing where neither could be looked up. Parameters that no table of open_clip's gives
are counted, on torch's meta device.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import torch

from imgrank.backbone.catalogue import PUBLISHED_COLUMNS
from imgrank.backbone.catalogue import PublishedWeights as Row
from imgrank.backbone.names import pretrained
from imgrank.backbone.towers import quiet_and_safe

TARGET = Path(__file__).parents[2] / "imgrank" / "backbone" / "published.csv"

SIGLIP2 = {  # arXiv 2502.14786, as the models' cards and open_clip's README have it
    "ViT-B-16-SigLIP2": 78.2,
    "ViT-B-16-SigLIP2-256": 79.1,
    "ViT-B-16-SigLIP2-512": 81.2,
    "ViT-L-16-SigLIP2-256": 82.5,
    "ViT-SO400M-16-SigLIP2-256": 83.4,
    "ViT-SO400M-16-SigLIP2-384": 84.1,
    "ViT-SO400M-16-SigLIP2-512": 84.3,
    "ViT-gopt-16-SigLIP2-384": 85.0,
}
PERCEPTION = {  # arXiv 2504.13181, as open_clip's README has it
    "PE-Core-L-14-336": 83.5,
    "PE-Core-bigG-14-448": 85.4,
}
MOBILE = {  # arXiv 2311.17049 and TMLR 08/2025 (MobileCLIP2), as the models' cards have it
    "MobileCLIP-S1": 72.6,
    "MobileCLIP-S2": 74.4,
    "MobileCLIP2-S0": 71.5,
    "MobileCLIP2-S2": 77.2,
}
PAPERS = SIGLIP2 | PERCEPTION | MOBILE

LICENCES = (  # by how a tag begins, as the cards of the weights have it; nothing where they do not agree
    ("openai", "MIT"),
    ("laion", "MIT"),
    ("datacomp_", "MIT"),
    ("commonpool", "MIT"),
    ("webli", "Apache-2.0"),
    ("metaclip", "CC-BY-NC-4.0"),
    ("dfn", "Apple, research"),
    ("datacompdr", "Apple, research"),
)


def main(docs: Path) -> None:
    """Every row in open_clip's own order."""
    measured = {(row["name"], row["pretrained"]): row for row in _read(docs / "openclip_results.csv")}
    sizes = {row["model"]: float(row["mparams"]) for row in _read(docs / "model_profile.csv")}
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(PUBLISHED_COLUMNS)
        for name, config in pretrained().items():
            model, tag = name.rsplit("/", 1)
            row = measured.get((model, tag))
            accuracy = float(row["ImageNet 1k"]) if row else PAPERS[model] / 100 if model in PAPERS else None
            millions = float(row["params (M)"]) if row else sizes.get(model) or _counted(model)
            written = Row(name, millions, accuracy, _licence(model, tag), config.get("hf_hub", ""), config["url"])
            table.writerow(written.as_text())


def _licence(model: str, tag: str) -> str:
    if model.startswith("PE-Core"):
        return "Apache-2.0"
    return next((licence for begin, licence in LICENCES if tag.startswith(begin)), "")


def _counted(model: str) -> float:
    with quiet_and_safe(), torch.device("meta"):
        import open_clip

        built = open_clip.create_model(model, pretrained_hf=False, device="meta")
    return round(sum(each.numel() for each in built.parameters()) / 1e6, 2)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
