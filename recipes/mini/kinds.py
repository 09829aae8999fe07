"""The table of kinds: which of the 1,000 classes each noun of WordNet 3.0 stands for.

    python recipes/mini/kinds.py --wordnet /usr/share/wordnet --weights weights

Reads the files `data.noun`, `index.noun` and `cntlist.rev` of WordNet 3.0 (Debian: wordnet-base). A noun stands for the
classes below those of its senses that people use it in: senses above a class that make up at least a tenth of the
uses of the most used of them. A noun that hardly ever means such a thing ("bank", "match") is left out, and so is one
that says something else about pictures ("light", "pattern").
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imgrank.backbone.towers import ensure_importable

ensure_importable()
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES  # noqa: E402 (torchvision must be importable first)
from timm.data import ImageNetInfo  # noqa: E402 (likewise)

RARE_SENSE = 0.1  # of the uses of the most used sense that stands above a class
RARE_NOUN = 0.1  # of all uses of a noun, those in such senses
RARE_CLASS = 0.02  # the same for a noun that names a class itself
ALSO = {  # young animals stand beside their kinds in WordNet, not below them; and what children say
    "dog": ("puppy", "pup", "doggy", "doggie"),
    "cat": ("kitten", "kitty"),
    "horse": ("foal", "pony"),
    "sheep": ("lamb",),
    "duck": ("duckling",),
    "pig": ("piglet",),
    "rabbit": ("bunny",),
    "bear": ("bear cub",),
    "lion": ("lion cub",),
}
TOO_GENERAL = """
entity, physical entity, abstraction, thing, object, whole, matter, causal agent, artifact, living thing,
organism, instrumentality, substance, unit, psychological feature, attribute, relation, group, measure,
communication
"""
OF_PICTURES = """
light, solid, good, article, medium, pattern, product, mixture, component, protection, shade, game, course,
control, stage, sweet, design, display, figure, form, shape, point, top, spot, site, area, level, line, support,
structure, head, ear, arm, production, creation, establishment, covering, formation, natural object, plant part,
plant structure, reproductive structure
"""


@dataclass(frozen=True)
class Noun:
    """A noun, and its senses (offsets into `data.noun`), the most used first."""

    name: str
    senses: tuple[str, ...]


def read_parents(wordnet: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """By synset: the synsets above it, and the first of its names."""
    parents, names = {}, {}
    for fields in _lines(wordnet / "data.noun"):
        words = int(fields[3], 16)
        names[fields[0]] = fields[4].replace("_", " ")
        first = 5 + 2 * words
        pointers = [fields[first + 4 * n : first + 4 * n + 4] for n in range(int(fields[first - 1]))]
        parents[fields[0]] = [target for kind, target, speech, _ in pointers if kind in ("@", "@i") and speech == "n"]
    return parents, names


def read_nouns(wordnet: Path) -> list[Noun]:
    return [
        Noun(fields[0].replace("_", " "), tuple(fields[int(fields[3]) + 6 :]))
        for fields in _lines(wordnet / "index.noun")
    ]


def read_uses(wordnet: Path) -> dict[tuple[str, int], int]:
    """How often a noun was used in its n-th sense, from 0, in the texts that WordNet counted."""
    uses = {}
    for line in (wordnet / "cntlist.rev").read_text().splitlines():
        key, number, count = line.split()
        noun, sense = key.split("%")
        if sense.startswith("1:"):
            uses[noun.replace("_", " "), int(number) - 1] = int(count)
    return uses


def classes_below(parents: dict[str, list[str]], classes: list[str]) -> dict[str, frozenset[int]]:
    """By synset: the classes (numbers) that it is, or stands above."""
    below: dict[str, set[int]] = defaultdict(set)
    for number, synset in enumerate(classes):
        above, open_ones = {synset}, [synset]
        while open_ones:
            fresh = set(parents[open_ones.pop()]) - above
            above |= fresh
            open_ones += fresh
        for one in above:
            below[one].add(number)
    return {synset: frozenset(numbers) for synset, numbers in below.items()}


def classes_of(
    noun: Noun, below: dict[str, frozenset[int]], own: frozenset[str], uses: dict[tuple[str, int], int]
) -> frozenset[int]:
    """The classes that a noun stands for; none where it mostly means something else."""
    counts = [uses.get((noun.name, n), 0) for n in range(len(noun.senses))]
    depicted = [n for n, sense in enumerate(noun.senses) if sense in below]
    most = max((counts[n] for n in depicted), default=0)
    meant = [n for n in depicted if counts[n] >= RARE_SENSE * most]
    share = sum(counts[n] + 1 for n in meant) / sum(count + 1 for count in counts)
    least = RARE_CLASS if any(noun.senses[n] in own for n in meant) else RARE_NOUN
    if noun.name in _names(OF_PICTURES) or share < least:
        return frozenset()
    return frozenset().union(*(below[noun.senses[n]] for n in meant))


def _with_published_names(found: dict[str, frozenset[int]]) -> dict[str, frozenset[int]]:
    """The table with the names under which the classes were asked for elsewhere ("fire salamander")."""
    published = {name.casefold(): number for number, name in enumerate(IMAGENET_CLASSNAMES)}
    return found | {
        name: found.get(name, frozenset()) | {number}
        for name, number in published.items()
        if name not in _names(OF_PICTURES)
    }


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(text.split()).split(", "))


def _lines(file: Path) -> Iterator[list[str]]:
    """The fields of each line behind the licence, without the gloss."""
    for line in file.read_text().splitlines():
        if not line.startswith("  "):
            yield line.split(" | ")[0].split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    args = parser.parse_args()
    parents, names = read_parents(args.wordnet)
    classes = [synset.removeprefix("n") for synset in ImageNetInfo().label_names()]
    below = {s: found for s, found in classes_below(parents, classes).items() if names[s] not in _names(TOO_GENERAL)}
    uses = read_uses(args.wordnet)
    found = {noun.name: classes_of(noun, below, frozenset(classes), uses) for noun in read_nouns(args.wordnet)}
    found = {name: numbers for name, numbers in found.items() if numbers}
    found = _with_published_names(found)
    found = {also: found[name] for name, names in ALSO.items() if name in found for also in names} | found
    nodes = sorted({tuple(sorted(numbers)) for numbers in found.values()})
    number_of = {node: number for number, node in enumerate(nodes)}
    content = {"nodes": nodes, "names": {name: number_of[tuple(sorted(numbers))] for name, numbers in found.items()}}
    target = args.weights / "mini.kinds.json"
    target.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=True), encoding="utf-8")
    print(f"{len(found)} nouns, {len(nodes)} sets of classes, {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
