"""How often English is taken for another language, and how many sentences of others are found.

    python benchmarks/languages.py --data ../shared/data

English are the wishes of the tables of sentences, of which only the first three were looked at, and the captions of
val. Other languages stand in `other_languages.csv`; the rule was made with a look at those that are `seen` there.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from imgrank.scoring.languages import seems_english

HERE = Path(__file__).parent
TABLES = ("sentences", "sentences_new", "sentences_third", "sentences_fourth", "sentences_fifth")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(name: str, sentences: Sequence[str]) -> str:
    """How many of these are taken for another language than English."""
    other = sum(not seems_english(sentence) for sentence in sentences)
    return f"{name}: {other} of {len(sentences)}, {other / len(sentences):.2%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    print("Taken for another language than English")
    for name in TABLES:
        print(told(f"{name}.csv", [row["sentence"] for row in rows_of(HERE / f"{name}.csv")]))
    captions = rows_of(args.data / "captions" / "captions.csv")
    print(told("captions of val", [row["caption"] for row in captions if row["split"] == "val"]))
    others: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows_of(HERE / "other_languages.csv"):
        for language in (row["language"], "together"):
            others[language, row["seen"]].append(row["sentence"])
    for (language, seen), sentences in sorted(others.items()):
        print(told(f"{language}, {'seen' if seen == 'yes' else 'fresh'}", sentences))


if __name__ == "__main__":
    main()
