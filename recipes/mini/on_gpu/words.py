"""What is said of the items, as tensors: sentence vectors, and which phrase is true of which item."""

from __future__ import annotations

from pathlib import Path

import torch
from items import Item
from text import build_text_tower, class_names, sentence_vectors
from torch.nn import functional as F

OWN = -1  # the need of a caption: it is true of its own picture alone


def vectors_of(sentences: list[str], device: str) -> torch.Tensor:
    """(N, 384) sentence vectors of unit length, by the published text tower."""
    tower, tokenizer = build_text_tower()
    return torch.from_numpy(sentence_vectors(tower.to(device), tokenizer, sentences, batch=1024)).to(device)


class Words:
    """Phrases of all items in one row of memory, and what each needs to be true."""

    def __init__(self, items: list[Item], device: str) -> None:
        self.device = device
        sentences: dict[str, int] = {}
        needs: dict[frozenset[str], int] = {}
        tag_sets: dict[frozenset[str], int] = {}
        pictures: dict[Path, int] = {}
        vector, need, first, count = [], [], [], []
        for item in items:
            first.append(len(vector))
            count.append(len(item.described.phrases))
            for phrase in item.described.phrases:
                vector.append(sentences.setdefault(phrase.words, len(sentences)))
                own = any(tag.startswith("picture ") for tag in phrase.needs)
                need.append(OWN if own else needs.setdefault(phrase.needs, len(needs)))
        self.sentences = list(sentences)
        self.vectors = vectors_of(self.sentences, device)
        self.vector, self.need, self.first, self.count = (
            torch.tensor(column, device=device) for column in (vector, need, first, count)
        )
        tags = [tag_sets.setdefault(_shared(item), len(tag_sets)) for item in items]
        self.tags = torch.tensor(tags, device=device)
        self.picture = torch.tensor([pictures.setdefault(i.path, len(pictures)) for i in items], device=device)
        self.holds = _subsets(list(needs), list(tag_sets), device)

    def draw(self, rows: torch.Tensor) -> torch.Tensor:
        """One phrase of each item."""
        chance = torch.rand(len(rows), device=self.device)
        return self.first[rows] + (chance * self.count[rows]).long()

    def true_of(self, rows: torch.Tensor, phrases: torch.Tensor, owners: torch.Tensor) -> torch.Tensor:
        """(items, phrases): whether each phrase holds of each item; `owners` are whom phrases were drawn for."""
        need = self.need[phrases]
        general = self.holds[need.clamp(min=0)][:, self.tags[rows]].T
        own = self.picture[rows][:, None] == self.picture[owners][None]
        return torch.where((need == OWN)[None], own, general | own)


def _subsets(needs: list[frozenset[str]], tag_sets: list[frozenset[str]], device: str) -> torch.Tensor:
    """(needs, tag sets): whether all that is needed is there."""
    columns: dict[str, int] = {}
    for tags in (*needs, *tag_sets):
        for tag in tags:
            columns.setdefault(tag, len(columns))

    def table(sets: list[frozenset[str]]) -> torch.Tensor:
        rows = torch.tensor([row for row, tags in enumerate(sets) for _ in tags])
        places = torch.tensor([columns[tag] for tags in sets for tag in tags])
        made = torch.zeros(len(sets), len(columns))
        made[rows, places] = 1
        return made.to(device)

    wanted = table(needs)
    return wanted @ table(tag_sets).T >= wanted.sum(1, keepdim=True)


def _shared(item: Item) -> frozenset[str]:
    """Tags without the one that is the picture's own: few sets of them, then."""
    return frozenset(tag for tag in item.described.tags if not tag.startswith("picture "))


def class_vectors(device: str) -> torch.Tensor:
    """(1000, 384): the mean vector of each class's names."""
    names, owners = class_names()
    vectors = vectors_of([f"a photo of a {name}" for name in names], device)
    sums = torch.zeros(1000, vectors.shape[1], device=device)
    return F.normalize(sums.index_add_(0, torch.from_numpy(owners).to(device), vectors), dim=-1)
