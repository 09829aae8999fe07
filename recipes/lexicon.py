"""Makes imgrank/scoring/lexicon.txt from WordNet 3.0: which words say the same, which stand opposite, what is a kind of
what.

    apt-get install wordnet-base
    python recipes/lexicon.py --wordnet /usr/share/wordnet

Kept are words that stand whole in the vocabulary of `mini`, which are the common ones, and all that name kinds of what
they name. A line is a word, the words near it (of one meaning, one family or one scale), its opposites and the numbers
of what it is a kind of; a line that begins with a digit says what one of those is a kind of itself.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
FILE = HERE / "imgrank" / "scoring" / "lexicon.txt"
SENSES = {"n": 2, "a": 2, "v": 1, "r": 1}  # the first are the common ones
POS = {"noun": "n", "adj": "a", "verb": "v", "adv": "r"}
NEAR = {"+", "=", "&", "\\"}  # of one family, the scale of an adjective, like it, made of it
WORD = re.compile(r"[a-z]{2,}(?: [a-z]+){0,2}")


@dataclass(frozen=True)
class Meaning:
    """A set of words that mean one thing, and its pointers: sign, meaning, word here and word there (0 for all)."""

    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, int, int], ...]


def meanings(folder: Path) -> dict[str, Meaning]:
    """All, by part of speech and number."""
    found = {}
    for name, pos in POS.items():
        for line in (folder / f"data.{name}").read_text(encoding="latin-1").splitlines():
            if line.startswith(" "):
                continue
            parts = line.split(" | ")[0].split()
            count = int(parts[3], 16)
            words = tuple(_plain(parts[4 + 2 * n]) for n in range(count))
            at = 4 + 2 * count
            pointers = []
            for n in range(int(parts[at])):
                sign, number, kind, which = parts[at + 1 + 4 * n : at + 5 + 4 * n]
                pointers.append((sign, kind.replace("s", "a") + number, *_both(which)))
            found[pos + parts[0]] = Meaning(words, tuple(pointers))
    return found


def _both(which: str) -> tuple[int, int]:
    """The words that a pointer leads from and to, written in hex digits, two for each."""
    here, there = bytes.fromhex(which)
    return here, there


def senses(folder: Path) -> dict[str, list[str]]:
    """The first meanings of each word, by part of speech."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, pos in POS.items():
        for line in (folder / f"index.{name}").read_text(encoding="latin-1").splitlines():
            if not line.startswith(" "):
                parts = line.split()
                numbers = parts[-int(parts[2]) :][: SENSES[pos]]
                found[_plain(parts[0])] += [pos + number for number in numbers]
    return found


def described(folder: Path) -> set[str]:
    """Words that mostly are adjectives, such as "pale", by how often each was met in tagged texts."""
    met: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in (folder / "cntlist.rev").read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        word, sense = key.split("%")
        met[_plain(word)]["a" if sense[0] in "35" else sense[0]] += int(count)
    return {word for word, by in met.items() if by["a"] > by["1"]}


def _plain(word: str) -> str:
    return word.split("(")[0].replace("_", " ").lower()


def near(word: str, of: list[str], known: dict[str, Meaning]) -> Iterator[str]:
    """Words of one meaning with it, of its family, and of its scale."""
    for number in of:
        meaning = known[number]
        yield from meaning.words
        for sign, to, here, there in meaning.pointers:
            if sign in NEAR and (not here or meaning.words[here - 1] == word):
                yield from known[to].words if not there else (known[to].words[there - 1],)


def opposite(word: str, of: list[str], known: dict[str, Meaning]) -> Iterator[str]:
    """Its own opposites; where it has none, those of the adjectives that it is like."""
    own = list(_opposites(word, of, known))
    if own:
        yield from own
        return
    for number in of:
        for sign, to, _, _ in known[number].pointers:
            if sign == "&":
                for like in known[to].words[:1]:
                    yield from _opposites(like, [to], known)


def _is_name(of: list[str], known: dict[str, Meaning]) -> bool:
    """Whether a word only names a single person or place."""
    return all(any(sign == "@i" for sign, *_ in known[number].pointers) for number in of)


def _terms(meaning: Meaning, vocabulary: set[str]) -> tuple[str, ...]:
    """Words of a meaning that a term of common words explains: "erythrocyte", "red blood cell"."""
    explained = any(" " in word and set(word.split()) <= vocabulary for word in meaning.words)
    return meaning.words if explained and any(" " not in word for word in meaning.words) else ()


def _opposites(word: str, of: list[str], known: dict[str, Meaning]) -> Iterator[str]:
    for number in of:
        for sign, to, here, there in known[number].pointers:
            if sign == "!" and known[number].words[here - 1] == word:
                yield known[to].words[there - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    folder = parser.parse_args().wordnet
    known, first, adjectives = meanings(folder), senses(folder), described(folder)
    vocabulary = set(
        json.loads((HERE / "weights" / "mini.tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    )
    common = {
        word for word in first if word in vocabulary and WORD.fullmatch(word) and not _is_name(first[word], known)
    }
    same = {one for word in common for number in first[word] for one in known[number].words}
    same |= {
        one
        for word in first
        for number in first[word][:1]
        if number[0] == "n"
        for one in _terms(known[number], vocabulary)
    }
    common |= {word for word in same if WORD.fullmatch(word) and word in first and not _is_name(first[word], known)}
    lines, wanted = [], set()
    for word in common:
        of = first[word]
        alike = sorted({one for one in near(word, of, known) if one in common} - {word})
        other = sorted({one for one in opposite(word, [n for n in of if n[0] in "ar"], known) if one in common})
        kinds = [number[1:] for number in of if number[0] == "n" and word not in adjectives]
        wanted |= set(kinds)
        if alike or other or kinds:
            lines.append("\t".join((word, ",".join(alike), ",".join(other), ",".join(_short(n) for n in kinds))))
    above = {
        n: [to[1:] for sign, to, _, _ in known["n" + n].pointers if sign in ("@", "@i")] for n in known_nouns(known)
    }
    while wanted:
        number = wanted.pop()
        if number in above:
            parents = above.pop(number)
            wanted |= set(parents)
            lines.append(f"{_short(number)}\t{','.join(map(_short, parents))}")
    FILE.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(len(common), "words,", len(lines), "lines,", FILE.stat().st_size, "bytes")


def known_nouns(known: dict[str, Meaning]) -> list[str]:
    return [number[1:] for number in known if number[0] == "n"]


def _short(number: str) -> str:
    return str(int(number))


if __name__ == "__main__":
    main()
